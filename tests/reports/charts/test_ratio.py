"""Ratio and cost charts: what is in them, which are drawn, and the files to keep."""

import csv
import io
from pathlib import Path
from xml.etree import ElementTree

import pytest

from bench.judge.records import Snapshot, Verdict
from bench.results.index import ResultIndex
from reports.charts.ratio import RatioChart, ratio_charts
from reports.charts.scatter import cost_charts
from reports.charts.worth import LEAST_PLACES, says_something
from reports.content import Site
from reports.site import build
from reports.views.boards import boards
from reports.views.table import Judged
from tests.factories import HOSTILE, make

SVG = "{http://www.w3.org/2000/svg}"


def charts(**changes: object) -> dict[str, RatioChart]:
    """Ten parameters, each 0.1 % more than the one before, with one verdict; `changes` of all verdicts."""
    snapshot, catalog, store = make(papers=1, tables=1)
    cells = {cell.key: cell for cell in catalog.cells()}
    verdicts = []
    for i, verdict in enumerate(snapshot.verdicts):
        number = cells[verdict.paper, verdict.table, verdict.row, verdict.column].number
        if number is None or verdict.column not in ("params", "ap"):
            continue
        fresh = {
            "verdict": "reproduced",
            "comparison": "exact",
            "value": number.value * (1 + i / 1e4),
        }
        verdicts.append(verdict.model_copy(update=fresh | changes))
    only = Snapshot(verdicts=tuple(verdicts), claims=(), conflicts=())
    found = ratio_charts(Judged(catalog, only, ResultIndex(store)))
    return {chart.key: chart for chart in found}


def test_a_chart_needs_enough_different_places() -> None:
    assert not says_something(range(LEAST_PLACES - 1))
    assert says_something(range(LEAST_PLACES))
    assert not says_something([1.0] * 100)
    assert says_something(range(10), left_out=10)
    assert not says_something(range(10), left_out=11)


def test_every_compared_value_is_a_mark_at_its_ratio_with_a_link_to_its_cell() -> None:
    chart = charts()["ratio-params"]
    assert len(chart.marks) == 10
    first = min(chart.marks, key=lambda mark: mark.percent)
    assert first.px == pytest.approx(chart.x.pixel(first.percent))
    assert {mark.link.partition("#")[0] for mark in chart.marks} == {"tables/paper0-1.html"}
    assert len({mark.link for mark in chart.marks}) == 10
    assert "printed 5.0M, here" in first.hover
    assert not any(mark.name for mark in chart.marks)  # none is 2 % off
    assert chart.summary == "10 values, 10 agree with the print"


def test_the_furthest_that_differ_are_named_and_no_two_marks_lie_on_each_other() -> None:
    chart = charts(verdict="deviates", value=4.0)["ratio-params"]
    named = [mark for mark in chart.marks if mark.name]
    assert len(named) == 3
    assert min(abs(mark.percent) for mark in named) >= max(
        abs(mark.percent) for mark in chart.marks if not mark.name
    )
    places = [(mark.px, mark.py) for mark in chart.marks]
    for i, (x, y) in enumerate(places):
        assert all(abs(x - u) >= 7 or abs(y - v) >= 7 for u, v in places[:i])


@pytest.mark.parametrize("verdict", ["stale", "not-comparable", "not-run", "quoted", "failed"])
def test_what_was_not_compared_or_is_stale_is_not_drawn(verdict: str) -> None:
    assert charts(verdict=verdict) == {}


@pytest.mark.parametrize("comparison", ["proxy", "unknown", None])
def test_accuracies_are_drawn_only_if_measured_as_the_paper_states(comparison: str | None) -> None:
    assert "ratio-accuracy" in charts()
    assert "ratio-accuracy" not in charts(comparison=comparison)


def test_equal_ratios_are_no_chart() -> None:
    snapshot, catalog, store = make(papers=1, tables=1)
    cells = {cell.key: cell for cell in catalog.cells()}

    def agreeing(one: Verdict) -> Verdict:
        number = cells[one.paper, one.table, one.row, one.column].number
        value = number.value if number else None
        return one.model_copy(update={"verdict": "reproduced", "value": value})

    exact = snapshot.model_copy(update={"verdicts": tuple(map(agreeing, snapshot.verdicts))})
    assert ratio_charts(Judged(catalog, exact, ResultIndex(store))) == []


def test_the_front_leaves_out_other_protocols_and_far_points_stay_in_the_data() -> None:
    shown = boards(Site(*make()).board)
    [section] = shown[0].sections
    key = ("AP", "printed")
    lines = [
        line for line in section.lines if key in line.values and ("params", "here") in line.values
    ]
    best, worst = lines[0], lines[-1]
    best.protocol["boxes"] = "ground-truth"
    worst.values[key].value = 3.0
    chart = cost_charts(shown)[0]
    [other] = [point for point in chart.points if point.label == best.name]
    assert other.apart
    assert not other.front
    assert [point.label for point in chart.below] == [worst.name]
    assert worst.name in [name for name, _, _ in chart.rows]
    assert chart.note.startswith("1 below")


def test_a_saved_chart_needs_no_other_file_and_its_links_lead_to_cells(plain: Path) -> None:
    files = sorted((plain / "files/charts").glob("*.svg"))
    assert len(files) >= 4
    for file in files:
        tree = ElementTree.parse(file).getroot()
        texts = [one.text for one in tree.iter(f"{SVG}text")]
        assert texts[0] == tree.find(f"{SVG}title").text  # type: ignore[union-attr]
        assert sum("ReproPose: " in str(one) for one in texts) == 1
        content = file.read_text("utf-8")
        assert "var(" not in content
        assert str(make()[0].made) in texts
        for link in tree.iter(f"{SVG}a"):
            target, _, anchor = link.attrib["href"].partition("#")
            page = (file.parent / target).resolve()
            assert f'id="{anchor}"' in page.read_text("utf-8")
            assert link.find(f"{SVG}title") is not None


def test_the_data_of_a_chart_is_csv_with_plain_numbers(plain: Path) -> None:
    read = csv.DictReader(io.StringIO((plain / "files/charts/ratio-params.csv").read_text()))
    rows = list(read)
    assert len(rows) > 10
    assert all(-100 < float(row["Here / printed − 1, %"]) < 100 for row in rows)
    assert all((plain / row["Page"].partition("#")[0]).is_file() for row in rows)


def test_hostile_text_stays_text_in_a_saved_chart(tmp_path: Path) -> None:
    site = build(*make(tables=1, text=HOSTILE), tmp_path).out
    files = list((site / "files/charts").glob("*.svg"))
    assert files
    for file in files:
        tree = ElementTree.parse(file).getroot()
        assert not list(tree.iter(f"{SVG}script"))
        assert {one.tag for one in tree.iter()} <= {
            SVG + name
            for name in [
                "svg",
                "title",
                "desc",
                "style",
                "rect",
                "text",
                "path",
                "g",
                "a",
                "circle",
            ]
        }
