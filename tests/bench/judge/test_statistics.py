"""Seeds, differences, ties, against scipy and hand counts."""

import math

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from scipy import stats

from bench.judge.statistics import Spread, against_printed, propagate, summarise

samples = st.lists(st.integers(0, 1000).map(lambda n: n / 10), min_size=2, max_size=6)


@given(samples)
def test_a_seed_interval_is_students(values) -> None:
    found = summarise(values)
    if found.spread == 0:
        assert found.interval == (found.mean, found.mean)
        return
    wanted = stats.t.interval(0.95, len(values) - 1, np.mean(values), stats.sem(values))
    assert found.interval == pytest.approx(wanted)


def test_one_seed_has_no_interval_and_none_no_mean() -> None:
    assert summarise([71.0]) == (71.0, None, None, 1)
    with pytest.raises(ValueError, match="no values"):
        summarise([])


@given(samples, samples)
def test_the_difference_of_two_runs_is_welchs_test_or_wider(one, two) -> None:
    """Wider only where one of the two alone would have a wider interval: more seeds of the other must not hurt."""
    assume(np.std(one) > 0.01 and np.std(two) > 0.01)
    found = propagate(lambda v: v[0] - v[1], [one, two])
    welch = stats.ttest_ind(one, two, equal_var=False).confidence_interval(0.95)
    middle = np.mean(one) - np.mean(two)
    radii = [stats.t.ppf(0.975, len(v) - 1) * stats.sem(v) for v in (one, two)]
    radius = max(*radii, welch.high - middle)
    assert found.interval == pytest.approx((middle - radius, middle + radius), abs=1e-4)


def test_the_confidence_is_that_of_the_widest_interval() -> None:
    one, two = [40.0, 41.0, 42.0], [38.0, 38.5, 39.0, 37.5]
    found = propagate(lambda v: v[0] - v[1], [one, two])
    welch = stats.ttest_ind(one, two, equal_var=False, alternative="greater").pvalue
    alone = stats.t.sf(found.value / stats.sem(one), 2)
    assert found.confidence == pytest.approx(1 - max(welch, alone), abs=1e-6)


def test_borrowed_degrees_of_freedom_count_once() -> None:
    """Two single seeds that borrow one deviation of 2 degrees of freedom have 2 together and not 4."""
    found = propagate(lambda v: v[0] - v[1], [[49.0], [40.0]], Spread(2.0, 2))
    assert found.interval == pytest.approx((-3.17, 21.17), abs=0.005)
    assert found.confidence == pytest.approx(0.957, abs=0.0005)
    assert found.above() is None


def test_a_single_seed_has_the_documented_spread_or_no_interval() -> None:
    alone = propagate(lambda v: v[0] - v[1], [[40.0], [35.0]])
    assert alone == (5.0, None, None, "")
    assert alone.above() is None
    borrowed = propagate(lambda v: v[0] - v[1], [[40.0], [35.0]], Spread(0.5))
    radius = stats.norm.ppf(0.975) * 0.5 * math.sqrt(2)
    assert borrowed.interval == pytest.approx((5 - radius, 5 + radius))
    assert borrowed.above() is True
    assert borrowed.above(margin=4.5) is None


@given(samples, samples, st.floats(0.01, 3.0))
def test_no_interval_is_narrower_than_the_documented_spread_makes_it(one, two, deviation) -> None:
    found = propagate(lambda v: v[0] - v[1], [one, two], Spread(deviation))
    least = stats.norm.ppf(0.975) * deviation * math.sqrt(1 / len(one) + 1 / len(two))
    low, high = found.interval
    assert high - low >= 2 * least - 1e-9
    printed = against_printed(one, 50.0, Spread(deviation)).interval
    assert printed[1] - printed[0] >= 2 * 1.959 * deviation * math.sqrt(1 + 1 / len(one))


def test_the_printed_figure_is_one_more_draw() -> None:
    values = [75.7, 76.4, 77.1]
    found = against_printed(values, 75.8, Spread(0.15))
    radius = stats.t.ppf(0.975, 2) * 0.7 * math.sqrt(4 / 3)
    assert found.interval == pytest.approx((0.6 - radius, 0.6 + radius))
    one = against_printed([76.2], 75.8, Spread(0.15)).interval
    assert one == pytest.approx(
        (0.4 - 1.96 * 0.15 * math.sqrt(2), 0.4 + 1.96 * 0.15 * math.sqrt(2)), abs=1e-4
    )


def test_numbers_of_one_training_vary_together() -> None:
    """AP and AR of the same three trainings: their difference hardly varies, though each does."""
    ap, ar = [70.0, 72.0, 74.0], [75.0, 77.1, 78.9]
    apart = propagate(lambda v: v[1] - v[0], [ap, ar])
    together = propagate(lambda v: v[1] - v[0], [ap, ar], numbers=[("run", "AP"), ("run", "AR")])
    wanted = stats.t.interval(0.95, 2, 5.0, stats.sem([5.0, 5.1, 4.9]))
    assert together.interval == pytest.approx(wanted)
    assert together.interval[0] > apart.interval[0]
    mean = propagate(lambda v: (v[0] + v[1]) / 2, [ap, ap], numbers=[("run", "AP"), ("run", "AP")])
    assert mean.interval == pytest.approx(propagate(lambda v: v[0], [ap]).interval, abs=1e-6)


@given(samples, samples, st.integers(2, 4), st.floats(0.0, 2.0))
def test_more_seeds_of_the_same_values_never_widen_an_interval(one, two, times, deviation) -> None:
    """Welch's alone would: of 2 and 2 seeds, 20 copies of one of them."""
    before = propagate(lambda v: v[0] - v[1], [one, two], Spread(deviation))
    for more in ([one * times, two], [one, two * times], [one * times, two * times]):
        after = propagate(lambda v: v[0] - v[1], more, Spread(deviation))
        assert after.value == pytest.approx(before.value, abs=1e-9)
        assert (
            after.interval[1] - after.interval[0] <= before.interval[1] - before.interval[0] + 1e-9
        )
    printed, again = (against_printed(v, 50.0, Spread(deviation)) for v in (one, one * times))
    assert again.interval[0] >= printed.interval[0] - 1e-9


@given(samples, samples, st.floats(-50, 50), st.floats(0.1, 10))
def test_shifting_and_scaling_shift_and_scale_the_interval(one, two, shift, scale) -> None:
    plain = propagate(lambda v: v[0] - v[1], [one, two], Spread(0.15))
    moved = [[scale * (x + shift) for x in v] for v in (one, two)]
    found = propagate(lambda v: v[0] - v[1], moved, Spread(scale * 0.15))
    assert found.interval == pytest.approx([scale * end for end in plain.interval], abs=1e-4)
    assert found.confidence == pytest.approx(plain.confidence, abs=1e-6)
