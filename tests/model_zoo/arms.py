"""The resolved configs of runs, flat: what the tests of arms compare."""

import fnmatch
import functools
from collections.abc import Iterator
from typing import Any

from bench.catalog.load import Catalog, load_catalog
from bench.measure.run_config import config_digest, plain_config
from bench.paths import config_files

#: Copies of other entries: of the codec, of the loaders, of the network's own shape.
CARRIED = (
    *("train_pipeline*", "val_pipeline*", "val_dataloader*", "val_evaluator*", "expected_output*"),
    *(
        "model.head.decoder.*",
        "*.pipeline.*.encoder.*",
        "*.pipeline.*.input_size",
        "hrnet_w*",
        "steps.*",
    ),
)


@functools.cache
def catalog() -> Catalog:
    return load_catalog()


def runs() -> list[str]:
    """Every run whose model is in the zoo."""
    return [name for name, run in catalog().runs.items() if run.config in config_files()]


@functools.cache
def flat(run: str, tier: str) -> dict[str, str]:
    """Dotted key -> value of a run's resolved config, without copies of other entries."""
    leaves = _leaves(plain_config(catalog().run(run), tier).to_dict())
    return {k: v for k, v in leaves if not any(fnmatch.fnmatch(k, one) for one in CARRIED)}


def digest(run: str, tier: str) -> tuple[str, ...]:
    """What makes two runs one training: resolved config, data set, start weights."""
    entry = catalog().run(run)
    return config_digest(entry, tier), entry.dataset, entry.start or ""


def _leaves(node: Any, key: str = "") -> Iterator[tuple[str, str]]:
    if isinstance(node, dict) and node:
        for name, value in node.items():
            yield from _leaves(value, f"{key}.{name}" if key else str(name))
    elif isinstance(node, list | tuple) and any(isinstance(one, dict) for one in node):
        for number, value in enumerate(node):
            yield from _leaves(value, f"{key}.{number}")
    else:
        yield key, repr(list(node) if isinstance(node, tuple) else node)
