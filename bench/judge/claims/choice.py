"""Which measurements a claim is judged on: one kind of evidence, one machine, one set of data for all its cells."""

from collections.abc import Iterable, Mapping

from bench.catalog.cells import Cell
from bench.judge.claims.counts import Chosen
from bench.judge.evidence import DATA, Measurement, Measurements
from bench.judge.protocol import UNSTATED

Cells = Mapping[str, Cell]
#: Of every cell, the measurement from every source.
Sources = Mapping[str, Mapping[str, Measurement]]
SAME = (
    *(*DATA, "split", "boxes", "flip_test", "evaluator"),
    *("decoding", "trained_on", "input_size", "opencv"),
)
#: May differ between methods, unless the paper fixes them.
OF_THE_METHOD = ("decoding", "trained_on", "input_size")


def choices(cells: Cells, measurements: Measurements) -> list[Chosen] | str:
    """For every cell the measurements from the sources that cover all, best first; or why there are none.

    Several seeds come before one training, which decides nothing; then strong evidence before weak.
    """
    kinds = sorted({cell.column.kind for cell in cells.values()})
    if len(kinds) > 1:
        return f"mixes {' and '.join(kinds)} in one number; each is judged separately"
    usable = _usable(cells, measurements)
    if isinstance(usable, str):
        return usable
    if not cells:
        return [{}]
    first, *others = usable.values()
    common = [source for source in first if all(source in sources for sources in others)]
    found = [{name: usable[name][source] for name in cells} for source in common]
    alike = [one for one in found if not mixed(cells, one)]
    if alike:
        return sorted(alike, key=lambda one: _weakest(one.values()))
    return next((mixed(cells, one) for one in found), _apart(cells, usable))


def _usable(cells: Cells, measurements: Measurements) -> Sources | str:
    usable: dict[str, dict[str, Measurement]] = {}
    missing: list[str] = []
    stale: list[str] = []
    for name, cell in cells.items():
        found = [m for m in measurements.of(cell) if m.values and not m.differs]
        fresh = [m for m in found if not m.stale]
        if not fresh:
            (stale if found else missing).append(name)
        usable[name] = {}
        for one in fresh:  # the best of each source
            usable[name].setdefault(one.source, one)
    if missing:
        return f"not measured: {some(missing)}"
    if stale:
        return f"measured before its code or configuration changed: {some(stale)}"
    return usable


def _weakest(measured: Iterable[Measurement]) -> tuple[bool, tuple[float, ...]]:
    found = list(measured)
    return any(one.one_training for one in found), max(one.rank for one in found)


def some(names: list[str]) -> str:
    """The first three names, and how many more there are."""
    return ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")


def mixed(cells: Cells, chosen: Chosen) -> str:
    """Which protocol key differs although the paper's own do not; empty if none."""
    for key in SAME:
        measured = {one.protocol.get(key, "") for one in chosen.values()}
        printed = {cell.protocol.get(key, "") for cell in cells.values()}
        if key in OF_THE_METHOD and printed <= {"", UNSTATED}:
            continue
        if len(measured) > 1 and len(printed) < 2:
            return f"measured under different protocols: {key} is {' and '.join(sorted(measured))}"
    return ""


def _apart(cells: Cells, usable: Sources) -> str:
    """Why no source covers all cells: other kinds of evidence, other machines, or other data."""
    kinds = [{_kind(one): one for one in reversed([*s.values()])} for s in usable.values()]
    for kind in kinds[0]:
        if all(kind in found for found in kinds):
            same = {name: found[kind] for name, found in zip(usable, kinds, strict=True)}
            if words := mixed(cells, same):
                return words
    return "no single kind of evidence, on one machine, covers all its cells"


def _kind(measured: Measurement) -> str:
    return measured.source if measured.tier is None else measured.tier
