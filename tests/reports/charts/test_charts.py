"""Axes, Pareto fronts and curves, checked by hand or by brute force."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.results.records import AccuracyResult
from reports.charts.axes import Axis, Centred
from reports.charts.curves import curve_charts, losses
from reports.charts.scatter import pareto
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
def test_every_value_and_tick_is_within_the_axis(values: list[float], log: bool) -> None:
    axis = Axis.of("x", values, 10.0, 90.0, log=log)
    assert all(10 <= axis.pixel(v) <= 90 for v in values)
    assert all(10 <= at <= 90 for at, _ in axis.ticks)


@given(st.lists(st.floats(-99.9, 1e4), min_size=1))
def test_a_centred_axis_keeps_signs_and_order(values: list[float]) -> None:
    axis = Centred.around_zero("x", values, 10.0, 350.0)
    assert all(10 <= axis.pixel(v) <= 350 for v in values)
    ordered = [axis.pixel(v) for v in sorted(values)]
    assert ordered == sorted(ordered)
    ticks = {text: at for at, text in axis.ticks}
    assert ticks["0 %"] == axis.pixel(0.0)
    places = sorted(ticks.values())
    assert all(b - a >= 36 for a, b in itertools.pairwise(places))


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


def curve(stored: object) -> AccuracyResult:
    _, _, store = make()
    result = store.accuracies()[0].result
    return result.model_copy(update={"training": {"loss": stored}})


def test_a_curve_starts_and_ends_at_its_first_and_last_loss() -> None:
    steps = [[5 * i, 0.5 / 2**i] for i in range(7)]
    (chart,) = curve_charts("run", [curve(steps)])
    assert (chart.lines[0].first, chart.lines[0].last) == (0.5, 0.5 / 64)
    points = [tuple(map(float, p.split())) for p in chart.lines[0].path[1:].split("L")]
    assert len(points) == 7
    assert (
        list(curve_charts("run", [curve(steps[:6])])) == []
    )  # six points are read faster as numbers
    assert points[1] == pytest.approx(
        ((points[0][0] + points[2][0]) / 2, (points[0][1] + points[2][1]) / 2), abs=0.11
    )


@pytest.mark.parametrize(
    "stored", [None, "x", [], [[1]], [["a", "b"]], [[1, float("nan")]], [[1, 2]], {"a": 1}]
)
def test_a_malformed_curve_gives_no_chart(stored: object) -> None:
    assert list(curve_charts("run", [curve(stored)])) == []
    assert len(losses(curve(stored))) < 2
