"""Why a printed number differs: by hand, on a small paper whose numbers are changed for each case."""

import pytest

from bench.catalog.load import Catalog
from bench.catalog.methods import Method, Methods
from bench.catalog.numbers import Number
from bench.judge.evidence import Measurements
from bench.judge.explanations import size_of
from bench.judge.verdicts import judge_cell
from bench.results.index import ResultIndex

ONE_METHOD = Methods(methods={"tiny": Method(name="TinyPose", models=("tiny-a", "tiny-b"))})


def printing(tiny: Catalog, params: str, without: str = "") -> Catalog:
    """The tiny paper with `params` printed for tiny-b, a row left out, and A and B as one method of two sizes."""
    paper = tiny.papers["tinypaper"]
    table = paper.tables[0]
    rows = tuple(
        row.model_copy(update={"cells": (row.cells[0], params, *row.cells[2:])})
        if row.key == "tiny-b"
        else row
        for row in table.rows
        if row.key != without
    )
    changed = table.model_copy(update={"rows": rows})
    paper = paper.model_copy(update={"tables": (changed, *paper.tables[1:]), "claims": ()})
    return Catalog(papers={"tinypaper": paper}, folders=tiny.folders, methods=ONE_METHOD)


def explained(catalog, store, row, column, table="1"):
    measurements = Measurements(catalog, ResultIndex(store))
    cell = catalog.cell_index["tinypaper", table, row, column]
    return judge_cell(cell, measurements).explanation


@pytest.mark.parametrize(
    ("flops", "cause", "size", "words"),
    [
        ({"conv-linear": 8.2, "macs": 8.02}, "counting-rule", "large", "the rule macs (8.02)"),
        ({"conv-linear": 8.06, "macs": 8.5}, "cut-off", "last-digit", "8.06 begins with 8.0G"),
        ({"conv-linear": 8.3, "macs": 8.5}, "none", "large", "no explanation was found"),
    ],
)
def test_a_count_names_the_rule_that_returns_it_or_that_it_was_cut_off(
    tiny, fill, make, flops, cause, size, words
) -> None:
    counted = make.counted("tiny-a", 5_200_000).model_copy(update={"flops": flops})
    found = explained(tiny, fill(counted), "tiny-a", "flops")
    assert (found.cause, found.size) == (cause, size)
    assert words in found.words
    assert bool(found.returned) == (cause == "counting-rule")


def test_the_number_of_another_row_of_the_same_method_is_a_copied_one(tiny, fill, make) -> None:
    store = fill(make.counted("tiny-a", 5_200_000), make.counted("tiny-b", 6_500_000))
    found = explained(printing(tiny, "5.2M"), store, "tiny-b", "params")
    assert (found.cause, found.size) == ("copied", "large")
    assert found.words == ("5.2M is what TinyPose Table 1 prints for this method on coco-val2017")


def test_a_number_that_fits_this_network_as_well_as_the_other_is_not_called_copied(
    tiny, fill, make
) -> None:
    store = fill(make.counted("tiny-a", 5_350_000), make.counted("tiny-b", 5_290_000))
    assert explained(printing(tiny, "5.2M"), store, "tiny-b", "params").cause == "cut-off"


def test_a_count_at_another_input_size_that_no_table_prints(tiny, fill, make) -> None:
    larger = make.counted("tiny-a", 5_200_000, input_size=(288, 384))
    store = fill(larger, make.counted("tiny-b", 6_500_000))
    found = explained(printing(tiny, "5.2M", without="tiny-a"), store, "tiny-b", "params")
    assert found.cause == "input-size"
    assert "the count of tiny-a at 384x288 (5.2)" in found.words


def test_a_misprint_that_a_reader_noted(tiny, fill, make) -> None:
    store = fill(*(make.trained("tiny-a-coco", seed, 60.0, "full") for seed in range(3)))
    found = explained(tiny, store, "offset", "ap", table="2")
    assert found.cause == "misprint"
    assert "the text of Sec. 4 says 70.0" in found.words


def test_what_agrees_or_was_not_measured_needs_no_explanation(tiny, fill, make) -> None:
    store = fill(make.counted("tiny-a", 5_200_000), make.trained("tiny-a-coco", 0, 60.0, "full"))
    for row, column in (("tiny-a", "params"), ("tiny-b", "params"), ("tiny-a", "ap")):
        assert explained(tiny, store, row, column) is None


@pytest.mark.parametrize(
    ("printed", "decimals", "value", "size"),
    [
        (17.5, 1, 17.5502, "last-digit"),  # rounds to 17.6
        (120.3, 1, 120.177, "last-digit"),
        (3.61, 2, 3.5936, "small"),
        (100.0, 1, 98.0, "small"),
        (100.0, 1, 97.9, "large"),
        (35.3, 1, 15.76, "large"),
    ],
)
def test_the_size_of_a_difference(printed, decimals, value, size) -> None:
    assert size_of(Number(printed, decimals), value) == size
