"""Printed cells in their place: the unit that is judged."""

import re
from collections.abc import Mapping
from functools import cache
from typing import NamedTuple

from bench.catalog.numbers import Number, in_unit, parse_number
from bench.catalog.schema import Column, Origin, Row, Table

CellKey = tuple[str, str, str, str]  # paper, table, row, column
_SIZE = re.compile(r"(\d{2,4})\s*[×xX*]\s*(\d{2,4})")


class Cell(NamedTuple):
    """One printed cell; the catalog makes it.

    run: whose result it shows, if any. model: the zoo model that counts and timings of it are about, if any.
    protocol: what the paper fixes for it.
    """

    paper: str
    table: Table
    row: Row
    column: Column
    printed: str
    run: str | None
    model: str | None
    protocol: Mapping[str, str]

    @property
    def number(self) -> Number | None:
        """The number in the cell, in the column's unit; None for settings and for cells the paper leaves empty."""
        column = self.column
        counted = column.kind == "count"
        return (
            _number(self.printed, column.shown_unit if counted else "") if column.metric else None
        )

    @property
    def origin(self) -> Origin:
        return self.row.origins.get(self.column.key, self.row.origin)

    @property
    def metric(self) -> str | None:
        """The metric's name; None for settings."""
        return self.column.metric and (self.row.metric or self.column.metric)

    @property
    def result_key(self) -> str:
        """The cell's metric in a result: "AP", or one key a column for a measure: "response/ear"."""
        metric = self.metric or ""
        return f"{metric}/{self.column.key}" if self.column.kind == "measure" else metric

    @property
    def rule(self) -> str | None:
        """The counting rule that the row or the column names; a row's is about operations only."""
        return (self.row.rule if self.metric == "flops" else None) or self.column.rule

    @property
    def key(self) -> CellKey:
        """Keys of paper, table, row and column."""
        return self.paper, self.table.table, self.row.key, self.column.key

    @property
    def name(self) -> str:
        """Readable address: 'transpose-2/transpose-r-a4/ap'."""
        return f"{self.paper}-{self.table.table}/{self.row.key}/{self.column.key}"


@cache
def _number(printed: str, unit: str) -> Number | None:
    """The number of a printed string, of a count in its column's unit."""
    number = parse_number(printed)
    return in_unit(number, printed, unit) if number and unit else number


def sizes_of(text: str) -> tuple[int, int] | None:
    """'256×192' -> (192, 256), smaller side first: papers print height x width, MMPose width x height."""
    found = _SIZE.search(text)
    return (min(pair), max(pair)) if found and (pair := (int(found[1]), int(found[2]))) else None


def row_protocol(table: Table, row: Row) -> dict[str, str]:
    """What the paper fixes for the cells of a row: table, then row, then a printed input size."""
    fixed = {"split": table.split, **table.protocol, **row.protocol}
    for column, text in zip(table.columns, row.cells, strict=True):
        is_input = column.metric is None and "input" in f"{column.key} {column.label}".lower()
        if is_input and sizes_of(text):
            fixed["input_size"] = text
    return fixed
