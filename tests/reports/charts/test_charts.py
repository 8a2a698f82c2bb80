"""Numbers behind the charts: scales, ranks, fronts and curves, by hand or by brute force."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.results.records import AccuracyResult
from reports.charts.axes import Axis
from reports.charts.curves import curve_charts, losses
from reports.charts.scatter import pareto
from reports.views.ranking import Span, ranks
from tests.factories import make

NUMBERS = st.floats(-100, 100).map(lambda value: round(value, 1))


def test_an_axis_maps_its_ends_and_middle() -> None:
    axis = Axis("x", 0.0, 10.0, 100.0, 200.0)
    assert [axis.pixel(v) for v in (0, 5, 10)] == [100.0, 150.0, 200.0]
    assert [text for _, text in axis.ticks] == ["0", "2", "4", "6", "8", "10"]


def test_a_logarithmic_axis_puts_equal_ratios_at_equal_distances() -> None:
    axis = Axis("x", 1.0, 100.0, 0.0, 200.0, True)
    assert [axis.pixel(v) for v in (1, 10, 100)] == [0.0, 100.0, 200.0]
    assert [text for _, text in axis.ticks] == ["1", "2", "5", "10", "20", "50", "100"]


@given(st.lists(st.floats(0.001, 1e6), min_size=1), st.booleans())
def test_every_value_and_tick_lies_within_the_axis(values: list[float], log: bool) -> None:
    axis = Axis.of("x", values, 10.0, 90.0, log=log)
    assert all(10 <= axis.pixel(v) <= 90 for v in values)
    assert all(10 <= at <= 90 for at, _ in axis.ticks)


@given(st.lists(st.tuples(NUMBERS, NUMBERS), min_size=1, max_size=20))
def test_the_front_is_what_no_other_point_dominates(points: list[tuple[float, float]]) -> None:
    front = pareto(points)
    for index, (cost, value) in enumerate(points):
        better = [
            other
            for other in points
            if other[0] <= cost and other[1] >= value and other != (cost, value)
        ]
        assert (points[index] in [points[i] for i in front]) == (not better)


@given(st.lists(st.tuples(NUMBERS, st.integers(0, 30)), max_size=15), st.booleans())
def test_a_rank_counts_who_is_surely_above_and_surely_below(
    given_: list[tuple[float, int]], higher: bool
) -> None:
    spans = [Span(v, v - w / 10, v + w / 10) for v, w in given_]
    found = ranks(spans, higher_is_better=higher)

    def above(a: Span, b: Span) -> bool:
        low, high = (a.low, b.high) if higher else (-a.high, -b.low)
        if b.high - b.low < 1e-9:  # b is exact: a must be strictly above
            return low > high + 1e-9
        return low >= high - 1e-9

    for i, span in enumerate(spans):
        others = [s for j, s in enumerate(spans) if j != i]
        assert found[i].first == 1 + sum(above(other, span) for other in others)
        assert found[i].first <= found[i].last <= len(spans)


def test_ranks_by_hand() -> None:
    rounded = [Span(v, v - 0.05, v + 0.05) for v in (75.8, 75.8, 75.9)]
    assert [rank.text for rank in ranks(rounded)] == ["2–3", "2–3", "1"]
    exact = [Span(v, v, v) for v in (5.0, 5.0, 6.0)]
    assert [rank.text for rank in ranks(exact, higher_is_better=False)] == ["1–2", "1–2", "3"]
    one_seed = [Span(60.0, -math.inf, math.inf), Span(70.0, 69.0, 71.0), Span(50.0, 49.0, 51.0)]
    assert [rank.text for rank in ranks(one_seed)] == ["1–3", "1–2", "2–3"]


def curve(stored: object) -> AccuracyResult:
    _, _, store = make()
    result = store.accuracies()[0].result
    return result.model_copy(update={"training": {"loss": stored}})


def test_a_curve_starts_and_ends_at_its_first_and_last_loss() -> None:
    (chart,) = curve_charts("run", [curve([[0, 0.5], [10, 0.25], [20, 0.125]])])
    assert (chart.lines[0].first, chart.lines[0].last) == (0.5, 0.125)
    points = [tuple(map(float, p.split())) for p in chart.lines[0].path[1:].split("L")]
    assert len(points) == 3
    assert points[1] == pytest.approx(
        ((points[0][0] + points[2][0]) / 2, (points[0][1] + points[2][1]) / 2), abs=0.11
    )


@pytest.mark.parametrize(
    "stored", [None, "x", [], [[1]], [["a", "b"]], [[1, float("nan")]], [[1, 2]], {"a": 1}]
)
def test_a_malformed_curve_is_no_chart(stored: object) -> None:
    assert list(curve_charts("run", [curve(stored)])) == []
    assert len(losses(curve(stored))) < 2
