"""What a cell carries: run, model, protocol, and the keys it is found by."""

import pytest

from bench.catalog.cells import sizes_of
from bench.errors import UnknownName


def test_a_cell_carries_run_model_and_protocol(tiny) -> None:
    cell = tiny.cell_index["tinypaper", "1", "tiny-a", "ap"]
    assert (cell.run, cell.model) == ("tiny-a-coco", "tiny-a")
    assert cell.protocol == {
        "split": "coco-val2017",
        "boxes": "detector-56.4",
        "input_size": "256×192",
        "flip_test": "yes",
        "machine": "Tesla T4",
    }
    assert cell.key == ("tinypaper", "1", "tiny-a", "ap")
    assert cell.name == "tinypaper-1/tiny-a/ap"


def test_a_row_without_a_run_may_name_a_model(tiny) -> None:
    rival = tiny.cell_index["tinypaper", "1", "rival", "params"]
    assert (rival.run, rival.model) == (None, "rival-w32")
    other = tiny.cell_index["tinypaper", "1", "other", "ap"]
    assert (other.run, other.model) == (None, None)


def test_rows_hold_the_cells_in_printed_order(tiny) -> None:
    _, table = tiny.table("tinypaper-1")
    rows = tiny.rows["tinypaper-1"]
    assert list(rows) == [row.key for row in table.rows]
    for row in table.rows:
        assert tuple(cell.printed for cell in rows[row.key]) == row.cells
    assert list(tiny.cells("tinypaper", "1")) == [cell for row in rows.values() for cell in row]


def test_another_run_brings_its_own_model(tiny) -> None:
    cell = tiny.cell_index["tinypaper", "1", "tiny-a", "ap"]
    other = tiny.with_run(cell, "tiny-b-coco")
    assert (other.run, other.model, other.name) == ("tiny-b-coco", "tiny-b", cell.name)
    with pytest.raises(UnknownName, match="did you mean: tiny-b-coco"):
        tiny.with_run(cell, "tiny-b-cocoa")


@pytest.mark.parametrize(
    ("text", "sizes"),
    [("256×192", (192, 256)), ("192 x 256", (192, 256)), ("384", None), ("8x8", None)],
)
def test_sizes_are_read_in_either_order(text, sizes) -> None:
    assert sizes_of(text) == sizes
