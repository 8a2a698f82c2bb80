"""Seeds, differences, ties, against scipy and hand counts."""

import math

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from scipy import stats

from bench.judge.statistics import Spread, pooled_spread, propagate, summarise

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
def test_the_difference_of_two_runs_is_welchs_test(one, two) -> None:
    assume(np.std(one) > 0.01 and np.std(two) > 0.01)
    found = propagate(lambda v: v[0] - v[1], [one, two])
    wanted = stats.ttest_ind(one, two, equal_var=False, alternative="greater")
    assert found.confidence == pytest.approx(1 - wanted.pvalue, abs=1e-6)
    low, high = stats.ttest_ind(one, two, equal_var=False).confidence_interval(0.95)
    assert found.interval == pytest.approx((low, high), abs=1e-4)


def test_a_single_seed_borrows_the_spread_of_others_or_stays_open() -> None:
    alone = propagate(lambda v: v[0] - v[1], [[40.0], [35.0]])
    assert alone == (5.0, None, None)
    assert alone.above() is None
    borrowed = propagate(lambda v: v[0] - v[1], [[40.0], [35.0]], Spread(0.5, 10))
    radius = stats.t.ppf(0.975, 20) * 0.5 * math.sqrt(2)
    assert borrowed.interval == pytest.approx((5 - radius, 5 + radius))
    assert borrowed.above() is True
    assert borrowed.above(margin=4.5) is None


def test_spread_is_pooled_by_degrees_of_freedom() -> None:
    assert pooled_spread([[1.0], [2.0]]) is None
    found = pooled_spread([[1.0, 3.0], [5.0, 5.0, 5.0], [9.0]])
    assert found == (pytest.approx(math.sqrt(2 / 3)), 3)
