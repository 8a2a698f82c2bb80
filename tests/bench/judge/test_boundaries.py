"""Intervals, statistics and tolerances exactly at their boundaries: each test kills mutants that others let live.

Expected values are written out or follow from scipy's distributions, not from the module under test.
"""

import ast
import math
from types import SimpleNamespace

import pytest
from scipy.stats import norm, t

from bench.judge.claims.choice import mixed
from bench.judge.claims.on_results import _comparisons
from bench.judge.intervals import TINY, Interval, count, positions, range_of, total
from bench.judge.statistics import (
    Estimate,
    Spread,
    against_printed,
    propagate,
    slope,
    summarise,
)
from bench.judge.tolerance import equal_within, floor, released

point = Interval.point


def test_a_cell_without_a_number_gives_no_interval() -> None:
    with pytest.raises(TypeError, match=r"^the cell holds no number$"):
        Interval.printed(None)


def test_slack_grows_with_large_numbers_and_not_below_one() -> None:
    assert 1e6 + 5e-4 in Interval(0.0, 1e6)
    assert 1e6 + 2e-3 not in Interval(0.0, 1e6)
    assert 0.5 + 1.5 * TINY not in Interval(0.0, 0.5)
    assert not point(1e6).below(point(1e6 + 5e-4))
    assert point(0.5).below(point(0.5 + 1.5 * TINY))
    assert point(1e6 + 5e-4).at_most(point(1e6))
    assert not point(0.5 + 1.5 * TINY).at_most(point(0.5))
    assert positions([point(1e6), point(1e6 - 5e-4)], True) == (1, 2)
    assert positions([point(0.5), point(0.5 - 1.5 * TINY)], True) == (1,)


def test_what_differs_by_the_slack_itself_is_equal() -> None:
    assert -TINY in point(0.0)
    assert TINY in point(0.0)
    assert not point(0.0).below(point(TINY))
    assert Interval(-1.0, TINY).below(Interval(0.0, 1.0))
    assert point(TINY).at_most(point(0.0))
    assert positions([point(0.0), point(-TINY)], True) == (1, 2)


@pytest.mark.parametrize("zero", [Interval(0.0, 1.0), Interval(-1.0, 0.0)])
def test_an_end_at_zero_is_no_divisor(zero) -> None:
    with pytest.raises(ZeroDivisionError, match="which holds zero"):
        Interval(1.0, 2.0) / zero


def test_absolute_values_of_either_sign_and_of_both() -> None:
    assert abs(Interval(0.5, 0.8)) == Interval(0.5, 0.8)
    assert abs(Interval(-0.8, -0.5)) == Interval(0.5, 0.8)
    assert abs(Interval(-0.8, 0.5)) == Interval(0.0, 0.8)
    assert abs(Interval(-0.5, 0.8)) == Interval(0.0, 0.8)


def test_range_total_and_count_of_few() -> None:
    one = Interval(2.0, 5.0)
    assert range_of([one]) == Interval(0.0, 0.0)
    assert range_of([one, Interval(7.0, 8.0)]) == Interval(2.0, 6.0)
    assert total([]) == point(0.0)
    assert total([one, one]) == Interval(4.0, 10.0)
    assert count([one, one, one]) == point(3.0)


def test_the_part_within_another_or_its_nearest_point() -> None:
    allowed = Interval(1.0, 2.0)
    assert Interval(0.0, 1.5).within(allowed) == Interval(1.0, 1.5)
    assert Interval(1.5, 3.0).within(allowed) == Interval(1.5, 2.0)
    assert Interval(3.0, 4.0).within(allowed) == point(2.0)
    assert Interval(-1.0, 0.0).within(allowed) == point(1.0)
    assert Interval.hull([point(3.0), point(-1.0), point(2.0)]) == Interval(-1.0, 3.0)


def estimate(low: float, high: float) -> Estimate:
    return Estimate((low + high) / 2, (low, high), None)


def test_above_and_below_a_margin_or_neither() -> None:
    assert estimate(0.5, 1.5).above() is True
    assert estimate(0.0, 1.0).above() is None
    assert estimate(-2.0, -0.5).above() is False
    assert estimate(-1.0, 0.0).above() is None
    assert estimate(1.5, 2.0).above(1.0) is True
    assert estimate(0.5, 2.0).above(1.0) is None
    assert estimate(-2.0, -1.5).above(1.0) is False
    assert estimate(-2.0, -1.0).above(1.0) is None
    assert estimate(-2.0, -0.5).above(1.0) is None
    assert Estimate(5.0, None, None).above() is None


def test_a_summary_has_its_seeds_deviation_and_interval() -> None:
    with pytest.raises(ValueError, match=r"^no values to summarise$"):
        summarise([])
    assert summarise([4.0]) == (4.0, None, None, 1)
    mean, spread, interval, seeds = summarise([1.0, 2.0, 6.0])
    assert (mean, seeds) == (3.0, 3)
    assert spread == pytest.approx(math.sqrt(7.0))
    radius = t.ppf(0.975, 2) * math.sqrt(7.0 / 3)
    assert interval == pytest.approx((3.0 - radius, 3.0 + radius))
    wide = summarise([1.0, 2.0, 6.0], Spread(100.0)).interval
    assert wide[1] - 3.0 == pytest.approx(norm.ppf(0.975) * 100.0 / math.sqrt(3))


def test_a_printed_figure_is_one_more_draw() -> None:
    one = against_printed([71.0], 70.0, Spread(1.0))
    radius = norm.ppf(0.975) * math.sqrt(2.0)
    assert one.value == 1.0
    assert one.interval == pytest.approx((1.0 - radius, 1.0 + radius))
    assert one.confidence == pytest.approx(norm.cdf(1.0 / math.sqrt(2.0)))
    two = against_printed([70.0, 72.0], 73.0, Spread(1.0))
    own = math.sqrt(2.0) * math.sqrt(1.5)
    assert two.interval[1] + 2.0 == pytest.approx(t.ppf(0.975, 1) * own)
    tails = (t.cdf(-2.0 / own, 1), norm.cdf(-2.0 / math.sqrt(1.5)))
    assert two.confidence == pytest.approx(max(tails))
    narrow = against_printed([71.0], 70.0, Spread(1.0), level=0.9)
    assert narrow.interval[1] - 1.0 == pytest.approx(norm.ppf(0.95) * math.sqrt(2.0))
    few = against_printed([71.0], 70.0, Spread(1.0, 4.0))
    assert few.interval[1] - 1.0 == pytest.approx(t.ppf(0.975, 4) * math.sqrt(2.0))


def test_welch_of_two_networks_but_never_below_one_of_them() -> None:
    samples = [[10.0, 12.0, 14.0], [5.0, 5.5, 6.0, 6.5]]
    found = propagate(lambda v: v[0] - v[1], samples)
    variances = (4.0 / 3, (5.0 / 12) / 4)
    freedom = sum(variances) ** 2 / (variances[0] ** 2 / 2 + variances[1] ** 2 / 3)
    welch = t.ppf(0.975, freedom) * math.sqrt(sum(variances))
    alone = t.ppf(0.975, 2) * math.sqrt(variances[0])
    assert found.value == 6.25
    assert found.interval[1] - 6.25 == pytest.approx(max(welch, alone))


def test_all_that_borrow_the_deviation_add_to_the_variance() -> None:
    found = propagate(lambda v: v[0] - v[1] - v[2], [[0.0, 10.0, 20.0], [9.0], [8.0]], Spread(10.0))
    variance, freedom = 100.0 / 3 + 2 * 100.0, 2 * 7.0**2  # of 700 / 3, of which 100 / 3 with two
    assert found.interval[1] + 7.0 == pytest.approx(t.ppf(0.975, freedom) * math.sqrt(variance))


def test_numbers_of_one_training_vary_together() -> None:
    samples = [[10.0, 12.0, 14.0], [9.0, 11.0, 13.0]]

    def difference(v):
        return v[0] - v[1]

    together = propagate(difference, samples, numbers=[("a", "AP"), ("a", "AR")])
    assert together.interval == pytest.approx((1.0, 1.0))
    assert together.confidence == 1.0
    same = propagate(difference, [[10.0], [9.0]], Spread(3.0), numbers=[("a", "AP"), ("a", "AP")])
    assert same.interval == pytest.approx((1.0, 1.0), abs=1e-6)
    metrics = propagate(
        difference, [[10.0], [9.0]], Spread(3.0), numbers=[("a", "AP"), ("a", "AR")]
    )
    assert metrics.interval[1] - 1.0 == pytest.approx(norm.ppf(0.975) * 6.0)
    apart = propagate(difference, [[10.0], [9.0]], Spread(3.0))
    assert apart.interval[1] - 1.0 == pytest.approx(norm.ppf(0.975) * 3.0 * math.sqrt(2.0))
    assert propagate(difference, [[10.0], [9.0]]) == (1.0, None, None, "")


@pytest.mark.parametrize(("value", "confidence"), [(2.0, 1.0), (0.0, 0.5), (-2.0, 0.0)])
def test_without_any_deviation_a_value_is_certain(value: float, confidence: float) -> None:
    found = propagate(lambda v: v[0], [[value, value]])
    assert found == (value, (value, value), confidence, "")


def test_a_slope_is_a_derivative_and_a_tiny_one_is_none() -> None:
    assert slope(lambda v: v[0] ** 2 * v[1], [3.0, 5.0], 0) == pytest.approx(30.0)
    assert slope(lambda v: v[0] ** 2 * v[1], [3.0, 5.0], 1) == pytest.approx(9.0)
    assert slope(lambda v: 1e-10 * v[0], [1.0], 0) == 0.0
    assert slope(lambda v: 1e-8 * v[0], [1.0], 0) == pytest.approx(1e-8)


def test_tolerances_of_points_wide_metrics_and_measures() -> None:
    names = ("AP", "AP_M", "response")
    assert [released(name) for name in names] == pytest.approx([0.2, 0.4, 0.002])
    assert [equal_within(name) for name in names] == pytest.approx([0.5, 1.0, 0.05])
    for tier, found in (
        ("full", [0.15, 0.3, 0.01]),
        ("lab", [1.0, 2.0, 0.03]),
        ("smoke", [2.0, 4.0, 0.06]),
    ):
        assert [floor(name, tier).deviation for name in names] == pytest.approx(found)
        assert {floor(name, tier).freedom for name in names} == {math.inf}


def test_the_seeds_of_one_training_are_the_same_for_each_of_its_metrics() -> None:
    numbers = [("a", "AP"), ("a", "AR")]
    with pytest.raises(ValueError, match=r"shorter|longer"):
        propagate(lambda v: v[0] - v[1], [[1.0, 2.0], [1.0, 2.0, 3.0]], numbers=numbers)


def test_measured_protocols_may_differ_where_the_printed_ones_do() -> None:
    """`mixed` reads protocols only."""

    def each(*sizes: str):
        return {
            str(n): SimpleNamespace(protocol={"input_size": one}) for n, one in enumerate(sizes)
        }

    measured = each("64x48", "64x64")
    says = "measured under different protocols: input_size is 64x48 and 64x64"
    assert mixed(each("256x192", "256x256"), measured) == ""
    assert mixed(each("256x192", "256x192"), measured) == says
    assert mixed(each("", ""), measured) == ""  # the paper leaves it to the method
    assert mixed(each("256x192", "256x192"), each("64x48", "64x48")) == ""


def test_comparisons_below_a_not_are_counted_one_by_one() -> None:
    """The level of each depends on how many there are."""
    sentence = ast.parse("a > b or not (c > d and not e > f)", mode="eval").body
    assert [ast.unparse(one) for one in _comparisons(sentence)] == ["a > b", "c > d", "e > f"]
