"""Figures that others measured for printed cells: authors later, libraries, users (`third_party.yaml`).

A record whose rows are all of one paper lies in that paper's folder; one that several papers share lies beside the
folders, so that no figure is written twice.
"""

import datetime
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Annotated, Literal

from pydantic import (
    Field,
    FiniteFloat,
    StringConstraints,
    TypeAdapter,
    ValidationError,
    model_validator,
)

from bench.catalog.cells import Cell, CellKey
from bench.catalog.numbers import Number, parse_number
from bench.catalog.quantities import METRICS
from bench.catalog.schema import Slug, Strict, Text
from bench.catalog.yaml_lines import line_of, mistakes, read_yaml
from bench.errors import CatalogError

MeasuredBy = Literal["authors", "library", "user"]
Difference = Literal[
    "split",
    "boxes",
    "input_size",
    "flip_test",
    "scales",
    "decoder",
    "metric_definition",
    "flop_counting",
    "hardware",
    "architecture",
    "backbone",
    "pretraining",
    "training_data",
    "framework",
    "schedule",
    "printed_value",
    "unknown",
]
Address = Annotated[str, StringConstraints(pattern=r"^[a-z0-9-]+:\d+[a-z]?/[a-z0-9-]+/[a-z0-9-]+$")]
#: Value / printed figure: a share for percent; seconds for milliseconds, M for G and the like.
_SCALES = {"accuracy": (1.0, 100.0), "measure": (1.0, 0.01)}
_ELSE = (1.0, 100.0, 1000.0, 0.001)
_STATED = (
    *("split", "boxes", "input_size", "flip_test", "scales", "decoding"),
    *("weights", "schedule", "library_version", "hardware"),
)
_CLOSE = 1e-5


class Source(Strict):
    """Where a figure stands: a file of a GitHub repository at a commit, or an issue of it."""

    repository: Annotated[str, StringConstraints(pattern=r"^[\w-][\w.-]*/[\w-][\w.-]*$")]
    path: Annotated[str, StringConstraints(pattern=r"^[\w@+-][\w@+. /-]*$")] | None = None
    commit: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{40}$")] | None = None
    issue: int | None = Field(None, ge=1)
    accessed: datetime.date

    @model_validator(mode="after")
    def _one_place(self) -> "Source":
        if (self.issue is None) != bool(self.path and self.commit):
            raise ValueError("a source is either a path with its commit, or an issue")
        if ".." in f"{self.repository}/{self.path}":
            raise ValueError("a repository or path does not contain '..'")
        return self


class ThirdParty(Strict):
    """One figure of others, on the paper's scale and in the unit of its metric."""

    id: Slug
    cells: dict[Address, FiniteFloat] = Field(min_length=1, description="printed cell -> value")
    model: Text | None = Field(None, description="as the source names it")
    metric: str
    value: FiniteFloat = Field(ge=0)
    unit: Text | None = None
    printed: Text = Field(description="the figure as the source prints it")
    also: dict[str, FiniteFloat] = Field({}, description="further metrics of the same evaluation")
    measured_by: MeasuredBy
    source: Source
    date: datetime.date
    line_since: datetime.date | None = Field(
        None, description="the figure has stood there since, at least"
    )
    protocol: dict[str, Text] = Field({}, description="as stated by the source")
    params: Text | None = None
    flops: Text | None = None
    latency: Text | None = None
    differs: tuple[Difference, ...] = Field((), description="known differences to the cells")
    note: Text | None = None

    @model_validator(mode="after")
    def _consistent(self) -> "ThirdParty":
        for name in (self.metric, *self.also):
            if name not in METRICS:
                raise ValueError(f"unknown metric '{name}'; known are: {', '.join(METRICS)}")
        number = parse_number(self.printed)
        if number is None or self._scale(number) is None:
            raise ValueError(f"value {self.value:g} is not what '{self.printed}' says")
        if wrong := [
            a for a, v in self.cells.items() if v not in (self.value, *self.also.values())
        ]:
            raise ValueError(f"cell '{wrong[0]}' has a value that is neither `value` nor in `also`")
        return self

    @model_validator(mode="after")
    def _stated(self) -> "ThirdParty":
        """Known keys only: a misspelt one would count as not stated. Nothing is read before it is there."""
        if wrong := next((key for key in self.protocol if key not in _STATED), None):
            raise ValueError(f"unknown protocol key '{wrong}'; known are: {', '.join(_STATED)}")
        if self.date > self.source.accessed:
            raise ValueError(f"date {self.date} is after its access on {self.source.accessed}")
        return self

    def _scale(self, printed: Number) -> float | None:
        for scale in _SCALES.get(METRICS[self.metric].kind, _ELSE):
            if abs(printed.value * scale - self.value) <= _CLOSE * abs(self.value):
                return scale
        return None

    @property
    def half_step(self) -> float:
        """Half of the last digit that the source prints, on the paper's scale."""
        number = parse_number(self.printed)
        scale = self._scale(number) if number else None
        return number.half_step * scale if number and scale else 0.0

    def value_of(self, metric: str) -> float | None:
        """The figure for a metric; None if this evaluation does not have it."""
        return self.value if metric == self.metric else self.also.get(metric)


def key_of(address: str) -> CellKey:
    """'transpose:2/hrnet-w32/ap' -> paper, table, row, column."""
    paper, _, rest = address.partition(":")
    table, row, column = rest.split("/")
    return paper, table, row, column


def load_third_party(
    files: Mapping[Path, str | None], cells: Mapping[CellKey, Cell]
) -> list[ThirdParty]:
    """Records of all files, in their order. files: path -> the paper of its folder, None beside the folders.

    Raises `CatalogError` with one line per mistake: malformed records, ids given twice, cells that do not exist or are
    not of this metric, records in the wrong folder.
    """
    found: list[ThirdParty] = []
    problems: list[str] = []
    for path, paper in files.items():
        try:
            records = TypeAdapter(list[ThirdParty]).validate_python(read_yaml(path) or [])
        except ValidationError as error:
            problems += mistakes(path, error)
            continue
        for position, record in enumerate(records):
            for problem in _misplaced(record, paper, cells):
                problems.append(f"{path}:{line_of(path, (position,))}: '{record.id}' {problem}")
        found += records
    times = Counter(record.id for record in found)
    problems += [
        f"third_party.yaml: id '{one}' is given {n} times" for one, n in times.items() if n > 1
    ]
    if problems:
        raise CatalogError("\n".join(problems))
    return found


def _misplaced(
    record: ThirdParty, paper: str | None, cells: Mapping[CellKey, Cell]
) -> Iterator[str]:
    for address, value in record.cells.items():
        cell = cells.get(key_of(address))
        if cell is None:
            yield f"names unknown cell '{address}'; `repropose cells --json` lists them"
        elif cell.metric is None:
            yield f"names cell '{address}', which is a setting"
        elif record.value_of(cell.metric or "") != value:
            yield f"gives {value:g} for cell '{address}', but has another value for {cell.metric}"
    yield from _wrong_folder({key_of(address)[0] for address in record.cells}, paper)


def _wrong_folder(named: Iterable[str], paper: str | None) -> Iterator[str]:
    papers = sorted(named)
    if paper is None and len(papers) == 1:
        yield f"is about {papers[0]} alone; move it to papers/{papers[0]}/third_party.yaml"
    elif paper is not None and papers != [paper]:
        yield f"is about {', '.join(papers)}; move it to papers/third_party.yaml, which they share"
