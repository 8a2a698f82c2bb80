"""Counts of one column that are printed in thousands, millions and billions are compared in one unit."""

import pytest

from bench.catalog.load import Catalog
from bench.catalog.numbers import Number, in_unit
from bench.judge.claims.on_paper import judge_claim
from bench.judge.evidence import Measurements
from bench.judge.verdicts import judge_cell
from bench.results.index import ResultIndex
from tests.bench.judge.claims.test_trained import claim
from tests.factories import Memory, counted


@pytest.fixture
def small(tiny: Catalog) -> Catalog:
    """The tiny paper with 950K parameters of A next to 6.5M of B."""
    paper = tiny.papers["tinypaper"]
    first, *others = paper.tables
    rows = tuple(
        row.model_copy(update={"cells": tuple(c.replace("5.2M", "950K") for c in row.cells)})
        for row in first.rows
    )
    tables = (first.model_copy(update={"rows": rows}), *others)
    papers = {"tinypaper": paper.model_copy(update={"tables": tables})}
    return Catalog(papers=papers, folders=tiny.folders)


@pytest.mark.parametrize(
    ("printed", "unit", "value", "decimals"),
    [("950K", "M", 0.95, 3), ("5.2M", "M", 5.2, 1), ("1.2B", "M", 1200.0, -2), ("8.9 G", "GFLOPs", 8.9, 1),
     ("5.2M", "", 5.2, 1), ("5.2", "M", 5.2, 1)],
)  # fmt: skip
def test_a_printed_count_in_its_columns_unit(printed, unit, value, decimals) -> None:
    number = Number(float(printed.rstrip("KMGB ")), len(printed.rstrip("KMGB ").partition(".")[2]))
    assert in_unit(number, printed, unit) == (pytest.approx(value), decimals)


def test_thousands_are_less_than_millions(small) -> None:
    results = {"a": counted("tiny-a", 950_400), "b": counted("tiny-b", 6_500_000)}
    measurements = Measurements(small, ResultIndex(Memory(results)))
    a, b = "[1/tiny-a/params]", "[1/tiny-b/params]"
    found = judge_claim("tinypaper", claim(f"{a} < {b}"), measurements)
    assert (found.on_paper.holds, found.on_reproduced.holds) == ("holds", "holds")
    found = judge_claim("tinypaper", claim(f"times({b}, {a})", "6.84"), measurements)
    assert (found.on_paper.holds, found.on_reproduced.holds) == ("holds", "holds")
    verdict = judge_cell(small.cell_index["tinypaper", "1", "tiny-a", "params"], measurements)
    assert (verdict.verdict, verdict.shown, verdict.value) == ("reproduced", "0.950", 0.9504)
