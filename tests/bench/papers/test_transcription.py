"""Every printed table is found again, cell by cell, in the text of its paper."""

from collections.abc import Iterator

import pytest

from bench.catalog.load import load_catalog
from bench.catalog.schema import Paper, Table
from tests.bench.papers.printed import differences, paper_texts, plain

CATALOG = load_catalog()


def _text(paper: Paper) -> str:
    folder = paper_texts()
    if folder is None:
        pytest.skip("no paper texts: set REPROPOSE_SHARED or put shared next to the checkout")
    assert paper.text, f"{paper.id} names no text"
    return (folder / paper.text).read_text(encoding="utf-8")


@pytest.mark.parametrize("name", CATALOG.tables)
def test_each_row_is_in_its_line_of_the_printed_table(name: str) -> None:
    paper, table = CATALOG.table(name)
    assert differences(_text(paper), table) == []


def _spoilt(table: Table) -> Iterator[tuple[str, Table]]:
    """The table with one digit changed, with a row dropped, and with two rows swapped."""
    rows = list(table.rows)
    number = next(n for n, row in enumerate(rows) if any("." in cell for cell in row.cells))
    row = rows[number]
    place = next(n for n, cell in enumerate(row.cells) if "." in cell)
    digit = row.cells[place][-1] if row.cells[place][-1].isdigit() else "."
    wrong = row.cells[place].replace(digit, "77", 1)
    cells = (*row.cells[:place], wrong, *row.cells[place + 1 :])
    changed = row.model_copy(update={"cells": cells})
    for what, kept in (
        ("a changed digit", [*rows[:number], changed, *rows[number + 1 :]]),
        ("a dropped row", rows[:number] + rows[number + 1 :]),
        ("swapped rows", rows[::-1]),
    ):
        yield what, table.model_copy(update={"rows": tuple(kept)})


@pytest.mark.parametrize("name", [n for n in CATALOG.tables if n != "lightpose-1"])
def test_a_damaged_table_is_noticed(name: str) -> None:
    paper, table = CATALOG.table(name)
    for what, spoilt in _spoilt(table):
        assert differences(_text(paper), spoilt), f"{what} of {name} went unnoticed"


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        (r"5.0M ($\downarrow 85\%$)", "5.0M(↓85%)"),
        (r"$256 \times 192$", "256×192"),
        ("<b>71.8(+0.8%)</b>", "71.8(+0.8%)"),
        ("DyMLP _{channel}", "DyMLPchannel"),
        ("-", ""),
    ],
)
def test_markup_is_removed(written: str, expected: str) -> None:
    assert plain(written) == expected
