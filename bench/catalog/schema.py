"""The shape of a paper as data: tables, rows, columns, runs, claims.

Everything is immutable and validated on creation; `bench.catalog.load` adds file and line to errors.
"""

from collections import Counter
from typing import Annotated, Any, Literal

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    field_validator,
    model_validator,
)
from pydantic_core import PydanticCustomError

from bench.catalog.numbers import parse_number
from bench.catalog.place import Located
from bench.catalog.quantities import METRICS
from bench.catalog.registration import Registrable

Slug = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$")]
Text = Annotated[str, StringConstraints(min_length=1, strip_whitespace=True)]
Tier = Literal["smoke", "lab", "full"]
Origin = Literal["own", "rerun", "quoted"]
Layout = Literal["coco", "mpii", "crowdpose"]
DatasetName = Literal["coco", "coco-scenes", "mpii", "crowdpose"]


def layout(dataset: DatasetName) -> Layout:
    """The file format and evaluation of a data set: "coco-scenes" is COCO in whole images, no detector needed."""
    return "coco" if dataset == "coco-scenes" else dataset


TIERS: tuple[Tier, ...] = ("smoke", "lab", "full")


class Strict(BaseModel):
    """A strict record: unknown fields are errors, nothing changes after creation."""

    model_config = ConfigDict(extra="forbid", frozen=True)


# ---------------------------------------------------------------- the paper, as printed


class Column(Strict):
    """One printed column. `metric` is None for settings (input size, backbone, number of layers)."""

    key: Slug
    label: Text
    metric: str | None = None
    unit: str | None = Field(None, description="as printed; the metric's own unit if left out")
    rule: str | None = Field(None, description="FLOPs: the counting rule the paper used")
    model: str | None = Field(None, description="zoo model, where one row shows several")
    run: str | None = Field(None, description="run, where the columns and not the rows differ")

    @model_validator(mode="after")
    def _known_metric(self) -> "Column":
        if self.metric is not None and self.metric not in METRICS:
            raise ValueError(f"unknown metric '{self.metric}'; known are: {', '.join(METRICS)}")
        return self

    @property
    def kind(self) -> Literal["accuracy", "count", "speed", "measure", "setting"]:
        return METRICS[self.metric].kind if self.metric else "setting"

    @property
    def shown_unit(self) -> str:
        if self.unit is not None:
            return self.unit
        return METRICS[self.metric].unit if self.metric else ""


class Row(Strict):
    """One printed row; `cells` are separated by ' | ' in the order of the table's columns."""

    key: Slug
    label: Text
    cells: tuple[str, ...]
    group: str | None = Field(None, description="printed heading above the row")
    origin: Origin
    origins: dict[str, Origin] = Field({}, description="columns whose origin differs")
    source: str | None = Field(None, description="where a quoted row comes from")
    run: Slug | None = None
    runs: dict[str, Slug] = Field({}, description="columns with a run of their own")
    metric: str | None = Field(
        None, description="what the numbers measure, if not what the columns say"
    )
    model: str | None = Field(None, description="zoo model for counts and speed, without a run")
    method: Slug | None = Field(None, description="key in methods.yaml, if the label is ambiguous")
    why_no_run: str | None = None
    rule: str | None = Field(
        None, description="FLOPs counting rule of this row, if not the column's"
    )
    protocol: dict[str, str] = Field({}, description="what differs from the table's protocol")

    @model_validator(mode="before")
    @classmethod
    def _split(cls, data: Any) -> Any:
        if isinstance(data, dict) and isinstance(data.get("cells"), str):
            data = {**data, "cells": tuple(cell.strip() for cell in data["cells"].split("|"))}
        return data

    @model_validator(mode="after")
    def _accounted_for(self) -> "Row":
        if self.origin == "own" and not self.run:
            raise ValueError(f"row '{self.key}' is the paper's own method but names no run")
        if self.origin == "quoted" and not self.source:
            raise ValueError(f"row '{self.key}' is quoted but names no source")
        if self.metric is not None and self.metric not in METRICS:
            raise ValueError(f"unknown metric '{self.metric}'; known are: {', '.join(METRICS)}")
        if not self.run and not self.model and not self.why_no_run:
            raise ValueError(
                f"row '{self.key}' names neither a run nor a model; give the reason in why_no_run"
            )
        return self


class Table(Strict):
    """One printed table."""

    table: Annotated[str, StringConstraints(pattern=r"^\d+[a-z]?$")]
    title: Text = Field(description="what it shows, in our words")
    page: int
    split: Text = Field(description="data set and split, e.g. coco-val2017")
    protocol: dict[str, str] = {}
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    note: str | None = None

    @property
    def splits(self) -> list[str]:
        """The splits that its rows are about, in their order."""
        return list(dict.fromkeys(row.protocol.get("split", self.split) for row in self.rows))

    @model_validator(mode="after")
    def _rectangular(self) -> "Table":
        for kind, parts in (("column", self.columns), ("row", self.rows)):
            times = Counter(part.key for part in parts)
            if twice := sorted(key for key in times if times[key] > 1):
                raise ValueError(f"table {self.table} has {kind} '{twice[0]}' twice")
        known = {c.key for c in self.columns}
        for number, row in enumerate(self.rows):
            problem = ""
            if len(row.cells) != len(self.columns):
                problem = (
                    f"row '{row.key}' has {len(row.cells)} cells, "
                    f"table {self.table} has {len(self.columns)} columns"
                )
            elif unknown := sorted({*row.origins, *row.runs} - known):
                problem = f"row '{row.key}' mentions unknown column '{unknown[0]}'"
            if problem:
                raise PydanticCustomError(
                    "row", "{problem}", {"problem": problem, "at": ("rows", number)}
                )
        return self


class Seeds(Strict):
    """Seeds of a run, per tier: at least one, each once, none negative."""

    smoke: tuple[int, ...] = (0,)
    lab: tuple[int, ...] = (0, 1, 2, 3, 4)
    full: tuple[int, ...] = (0,)

    @field_validator("smoke", "lab", "full")
    @classmethod
    def _usable(cls, seeds: tuple[int, ...]) -> tuple[int, ...]:
        if not seeds or len(set(seeds)) < len(seeds) or min(seeds) < 0 or max(seeds) >= 2**32:
            shown = ", ".join(map(str, seeds)) or "none"
            raise ValueError(
                f"seeds must be one or more different numbers from 0 to 4294967295, not {shown}"
            )
        return seeds


class SyntheticSet(Strict):
    """An entry of params.yaml: which synthetic people replace a data set at a tier."""

    kind: Literal["crops", "scenes"]
    difficulty: Literal["easy", "medium", "hard"]
    seed: int = Field(ge=0, lt=2**32)
    train: int = Field(ge=1, le=1_000_000)
    val: int = Field(ge=1, le=1_000_000)


class Run(Strict):
    """One thing to measure: a zoo config with options, on a data set, at every tier."""

    config: Text = Field(description="file stem in model_zoo/configs")
    dataset: DatasetName
    options: dict[str, Any] = Field({}, description="overrides of the config, dotted keys")
    seeds: Seeds = Seeds()
    start: Slug | None = Field(None, description="run whose trained weights this one starts from")
    released: Annotated[str, StringConstraints(pattern=r"^[\w.-]+\.pth$")] | None = Field(
        None, description="the authors' checkpoint of this run in data/full/weights, if any"
    )
    nearest: Slug | None = Field(
        None,
        description="run whose released weights are nearest to this one: shown, never compared",
    )
    note: str | None = None


class Claim(Located, Registrable, Strict):
    """A quantitative sentence as an expression over cells; `claimed` is None for yes-or-no."""

    id: Slug
    claim: Text = Field(description="short paraphrase, our words")
    expression: Text
    claimed: str | None = Field(None, description="the number as printed")
    rounding: Literal["nearest", "floor", "ceil", "about", "at-least", "at-most"] = "nearest"
    instead: dict[Slug, Slug] = Field(
        {},
        description="run of a cell -> run measured instead, for a plot without printed numbers; "
        "such a claim is open on paper",
    )
    threshold: Literal["paper", "ours"] = Field(
        "paper", description="whose the constants of the expression are; `note` gives our reason"
    )
    note: str | None = None

    @model_validator(mode="after")
    def _number(self) -> "Claim":
        if self.claimed is not None and parse_number(self.claimed) is None:
            raise ValueError(f"claim '{self.id}': claimed '{self.claimed}' contains no number")
        if self.threshold == "ours" and not self.note:
            raise ValueError(f"claim '{self.id}': give the reason for our threshold in `note`")
        return self


class Misprint(Strict):
    """A cell that is likely misprinted, and why."""

    cell: Text = Field(description="table/row/column")
    likely: str | None = Field(None, description="what was probably meant")
    reason: Text


class CountingRule(Strict):
    """How we know the rule by which a paper counts operations."""

    basis: Literal["stated", "public-tool", "fitted", "quoted-source"] = Field(
        description="stated: by the paper or its authors' published counter; public-tool: a public counter returns the "
        "printed values, `tool` names it; fitted: chosen because it returns printed values; quoted-source: that of the "
        "source the rows are quoted from, as far as it is known"
    )
    tool: Text | None = Field(None, description="public-tool: name, version and setting")
    reason: Text = Field(description="with section and page, or what it was fitted to")

    @model_validator(mode="after")
    def _tool_is_named(self) -> "CountingRule":
        if (self.basis == "public-tool") != (self.tool is not None):
            raise ValueError("basis public-tool names the counter in `tool`, no other basis does")
        return self


class Paper(Strict):
    """A paper: its tables, runs, claims and notes."""

    id: Slug
    order: int
    method: Text
    title: Text
    authors: Text
    venue: Text
    year: int
    arxiv: str | None = None
    code: str | None = None
    text: str | None = Field(None, description="file name in the folder of paper texts")
    network: Text | None = Field(None, description="how its network works, in our words")
    tables: tuple[Table, ...] = ()
    runs: dict[Slug, Run] = {}
    claims: tuple[Claim, ...] = ()
    timed_beside: tuple[Text, ...] = Field(
        (), description="zoo models timed with the paper's own, for ratios"
    )
    counting_rules: dict[Slug, CountingRule] = Field(
        {}, description="every rule that its tables name for operations -> how it is known"
    )
    misprints: tuple[Misprint, ...] = ()
    notes: str = ""

    @model_validator(mode="after")
    def _names_once(self) -> "Paper":
        named = {"table": [t.table for t in self.tables], "claim": [c.id for c in self.claims]}
        for kind, names in named.items():
            if twice := next((name for name in names if names.count(name) > 1), None):
                number = len(names) - 1 - names[::-1].index(twice)
                where = {"kind": kind, "name": twice, "at": (f"{kind}s", number)}
                raise PydanticCustomError("twice", "{kind} '{name}' is given twice", where)
        return self

    def misprint(self, *place: str) -> Misprint | None:
        """The known misprint of a cell, given as keys of table, row and column."""
        return next((one for one in self.misprints if one.cell == "/".join(place)), None)
