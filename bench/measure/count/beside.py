"""Public counters beside our exact count, as rows of a table: `repropose count NETWORK --with ...`."""

from collections.abc import Iterator
from typing import Any

import model_zoo
from bench.measure.count.model_counts import forward_only, parameters, record
from bench.measure.count.processes import count_publicly
from bench.measure.count.rules import macs
from bench.results.public_counts import ToolCount

COLUMNS = ("network", "counter", "version", "setting", "GMACs", "prints", "parameters", "note")


def beside(name: str, counters: list[str]) -> Iterator[dict[str, Any]]:
    """The exact count of a zoo model, then every setting of every counter, each with its own figure and unit.

    GMACs: multiply-accumulates in 1e9. prints: the counter's own figure in G, where its unit is another one. A counter
    that fails or is not installed is a row whose note says why. Raises `model_zoo.UnknownModel`.
    """
    import torch

    with torch.device("meta"):
        model = model_zoo.build_model(name)
    width, height = model_zoo.input_size(name)
    image = (1, 3, height, width)
    exact = macs(record(model, image))
    counted = parameters(model)
    fixed = counted["position_embedding"]
    note = f"parameters with {fixed:,} of a fixed position embedding" if fixed else ""
    yield _row(name, "exact", "", "", exact / 1e9, None, counted["total"], note)
    forward_only(model)
    for one in count_publicly(model, image, counters):
        yield _public(name, one, exact)


def _public(name: str, one: ToolCount, exact: int) -> dict[str, Any]:
    prints, note = None, one.failed or ""
    if one.operations is not None and one.macs is not None:
        prints = one.operations / 1e9 if one.per_mac == 2 else None
        note = f"{100.0 * (one.macs / exact - 1.0):+.1f} %"
    given = None if one.macs is None else one.macs / 1e9
    return _row(name, one.counter, one.version, one.setting, given, prints, one.parameters, note)


def _row(*values: Any) -> dict[str, Any]:
    return dict(zip(COLUMNS, values, strict=True))
