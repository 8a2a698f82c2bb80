"""Labels in charts: complete, distinct and not overlapping, as a real browser lays them out."""

from datetime import date
from pathlib import Path
from typing import Any

import pytest

from bench.catalog.load import load_catalog
from bench.judge.records import Snapshot
from bench.results.index import ResultIndex
from bench.results.store import Store
from reports.charts.curves import DASHES
from reports.charts.labels import shortened
from reports.charts.scatter import DotChart, dot_chart
from reports.views.table import Judged
from reports.views.words import fixed
from tests.reports.browser import Watched


@pytest.fixture(scope="module")
def charts(tmp_path_factory: pytest.TempPathFactory) -> dict[str, DotChart]:
    """The chart of every table of the real papers, nothing measured."""
    folder = tmp_path_factory.mktemp("nothing")
    nothing = ResultIndex(Store(folder / "results", folder / "measured"))
    empty = Snapshot(made=date(2026, 1, 1), verdicts=(), claims=(), conflicts=())
    tables = Judged(load_catalog(), empty, nothing).tables
    return {name: chart for name, view in tables.items() if (chart := dot_chart(view))}


def test_no_two_rows_of_a_papers_table_share_a_label(charts: dict[str, DotChart]) -> None:
    assert len(charts) > 20
    for name, chart in charts.items():
        labels = [dot.label for dot in chart.dots]
        assert sorted(set(labels)) == sorted(labels), name


def test_rows_of_one_name_are_distinguished_by_the_setting_that_differs(
    charts: dict[str, DotChart],
) -> None:
    labels = [dot.label for dot in charts["querypose-4"].dots]
    assert labels[-4:] == [
        f"QueryPose {backbone}" for backbone in ("ResNet50", "Swin-L", "HRNet-W32", "HRNet-W48")
    ]
    assert (
        charts["lightpose-2"].dots[0].label == "SimpleBase [9] ResNet-50 1/4"
    )  # no size: there is only one


def test_a_long_label_keeps_both_its_ends() -> None:
    assert shortened("abcdefghij", 10) == "abcdefghij"
    assert shortened("abcdefghijk", 10) == "abcde…hijk"
    assert len(shortened("x" * 99, 46)) == 46


def test_values_of_a_column_have_a_fixed_number_of_decimals() -> None:
    assert [fixed(value, 2) for value in (10.4, -0.001, -1234.5)] == [
        "10.40",
        "0.00",
        "−1\u202f234.50",
    ]


def boxes(page: Any, selector: str) -> list[dict[str, float]]:
    return list(
        page.locator(selector).evaluate_all(
            "all => all.map(e => e.getBoundingClientRect()).map(({left, right}) => ({left, right}))"
        )
    )


def test_no_label_of_a_chart_is_cut_off(
    watched: Watched, plain: Path, charts: dict[str, DotChart]
) -> None:
    """Measured in the browser's own font, with labels drawn as on the page."""
    page = watched.open(plain / "tables" / "paper0-1.html")
    [drawn] = boxes(page, "figure.chart svg")
    assert all(box["left"] >= drawn["left"] for box in boxes(page, "figure.chart svg text"))
    for chart in charts.values():
        write = """([labels, x]) => labels.map(label => {
          const text = document.querySelector('figure.chart svg text[text-anchor=end]');
          text.textContent = label;
          return x - text.getComputedTextLength();
        })"""
        left = page.evaluate(write, [[dot.label for dot in chart.dots], chart.axis.start - 8])
        assert min(left) > 0


def test_labels_of_the_front_overlap_no_mark_and_no_other_label(
    watched: Watched, plain: Path
) -> None:
    page = watched.open(plain / "plots.html")
    written = 0
    for chart in page.locator("figure.chart").element_handles():
        find = """(chart, what) => [...chart.querySelectorAll(what)].map(e => {
          const b = e.getBBox();
          return [b.x, b.x + b.width, b.y, b.y + b.height];
        })"""
        texts = chart.evaluate(find, "g > text")
        marks = chart.evaluate(find, "svg g > circle, svg g > rect")
        written += len(texts)
        for place, (left, right, top, bottom) in enumerate(texts):
            assert left >= 0
            assert right <= 720
            for other in marks + texts[place + 1 :]:
                overlap = min(right, other[1]) - max(left, other[0])
                depth = min(bottom, other[3]) - max(top, other[2])
                assert overlap < 1 or depth < 4  # 4 of the 14 pixels are line spacing
    assert written > 5


def test_six_seeds_are_dashed_apart() -> None:
    assert len(set(DASHES)) == len(DASHES) >= 6
