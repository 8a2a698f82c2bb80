"""Runs that are one and the same training below the full size (`bench/papers/same_config.yaml`).

Where the miniatures of two runs do not differ (a backbone that both replace by a smaller one, a schedule that only the
full size has), no claim can compare them there. The entries are data, so that the judge needs no config to know;
`tests/model_zoo/test_arms.py` compares them with the resolved configs.
"""

from collections.abc import Collection, Iterable
from itertools import chain
from pathlib import Path

from pydantic import Field, TypeAdapter, ValidationError

from bench.catalog.registration import RegisteredTier
from bench.catalog.schema import Slug, Strict, Text
from bench.catalog.yaml_lines import line_of, mistakes, read_yaml
from bench.errors import CatalogError


class SameConfig(Strict):
    """A group of runs with one resolved config, and why that is so."""

    tiers: tuple[RegisteredTier, ...] = Field(min_length=1)
    runs: tuple[Slug, ...] = Field(min_length=2)
    reason: Text


def load_same_config(paths: Iterable[Path]) -> tuple[SameConfig, ...]:
    """The entries of all files that exist. Raises `CatalogError` with file and line."""
    return tuple(chain.from_iterable(_load(path) for path in paths if path.is_file()))


def _load(path: Path) -> list[SameConfig]:
    try:
        return TypeAdapter(list[SameConfig]).validate_python(read_yaml(path) or [])
    except ValidationError as error:
        raise CatalogError("\n".join(mistakes(path, error))) from None


def unknown_runs(paths: Iterable[Path], known: Collection[str]) -> list[str]:
    """One line for each run named there that does not exist."""
    return [
        f"{path}:{line_of(path, (number,))}: unknown run '{run}'; correct the name or remove it"
        for path in paths
        if path.is_file()
        for number, entry in enumerate(_load(path))
        for run in entry.runs
        if run not in known
    ]
