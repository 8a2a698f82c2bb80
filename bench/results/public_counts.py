"""What public counters return for networks of the zoo: facts with versions, committed for the judge and the site.

`python -m tests.benchmarks.public_counters` writes the file. The networks were counted as they are built at that time:
a count says something about a network only while its exact count is still the same (`PublicCounts.about`).
"""

import re
from collections.abc import Mapping
from pathlib import Path

from pydantic import Field, ValidationError

from bench.catalog.schema import Strict
from bench.errors import ResultError
from bench.files import parse_json
from bench.results.records import CountResult

FILE = "public_counts.json"
#: The year in which a version was released: a paper cannot have used a younger one.
RELEASED = {
    "torch 2.13.0": 2026,
    "fvcore 0.1.5": 2022,
    "thop 0.0.31": 2020,
    "thop 0.1.1": 2022,
    "ptflops 0.7.5": 2025,
    "torchinfo 1.8.0": 2023,
    "torchprofile 0.0.4": 2021,
    "torchprofile 0.1.0": 2026,
    "calflops 0.3.2": 2024,
    "mmengine 0.10.7": 2025,
    "mmcv 2.2.0": 2024,
}


class ToolCount(Strict):
    """What one counter in one version and setting returns for one network, or why it returns nothing."""

    counter: str
    version: str
    setting: str
    operations: int | None = Field(None, description="in the counter's own unit")
    per_mac: int = Field(1, description="what it gives for one multiply-accumulate: 1 or 2")
    parameters: int | None = Field(None, description="None if it does not count them")
    failed: str | None = Field(None, description="its error in one line")

    @property
    def macs(self) -> float | None:
        """Its operations as multiply-accumulates."""
        return None if self.operations is None else self.operations / self.per_mac

    @property
    def name(self) -> str:
        """'thop 0.1.1' of version 0.1.1-2209072238."""
        return f"{self.counter} {re.split(r'-|[.]post', self.version)[0]}"


class PublicCounts(Strict):
    """All counters on one network, beside its exact counts."""

    models: tuple[str, ...] = Field(description="zoo models that are this network")
    input_size: tuple[int, int] = Field(description="width, height in pixels")
    macs: int = Field(description="exact multiply-accumulates")
    parameters: int = Field(description="exact number, fixed position embeddings included")
    counts: tuple[ToolCount, ...]

    def about(self, counted: CountResult) -> bool:
        """Whether this is still the network of an exact count."""
        exact = (self.input_size, self.macs, self.parameters)
        return exact == (counted.input_size, counted.macs, counted.parameters.get("total"))


class CountedNetworks(Strict):
    """The whole file: every network once."""

    format: int = 1
    versions: dict[str, str] = Field(description="packages that decide the counts -> version")
    networks: tuple[PublicCounts, ...]


def read_public_counts(folder: Path) -> Mapping[str, PublicCounts]:
    """By zoo model; empty without a file. Raises `DataError` or `ResultError` for an invalid one."""
    path = folder / FILE
    if not path.is_file():
        return {}
    try:
        found = CountedNetworks.model_validate(parse_json(path.read_bytes(), path.name))
    except ValidationError as error:
        first = str(error).splitlines()[0]
        raise ResultError(
            f"{path} is invalid ({first}); write it again with `python -m tests.benchmarks.public_counters`"
        ) from None
    return {model: one for one in found.networks for model in one.models}
