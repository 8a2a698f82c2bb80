"""Interval arithmetic against plain arithmetic on numbers inside the intervals."""

import operator

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bench.judge.intervals import Interval, largest, positions, range_of, smallest

numbers = st.floats(-1e3, 1e3)


@st.composite
def inside(draw, ends=numbers):
    """An interval and a number in it."""
    low, high = sorted((draw(ends), draw(ends)))
    return Interval(low, high), min(max(low + draw(st.floats(0, 1)) * (high - low), low), high)


@given(inside(), inside(), st.sampled_from([operator.add, operator.sub, operator.mul]))
def test_an_operation_holds_every_value_it_can_give(one, two, op) -> None:
    assert op(one[1], two[1]) in op(one[0], two[0])


@given(inside(), inside(st.floats(2e-3, 1e3)), st.booleans())
def test_a_quotient_holds_every_value_it_can_give(one, two, negative) -> None:
    span, value = two
    if negative:
        span, value = Interval(-span.high, -span.low), -value
    assert one[1] / value in one[0] / span


@given(inside())
def test_an_absolute_value_holds_every_value_it_can_give(one) -> None:
    assert abs(one[1]) in abs(one[0])


@given(st.lists(inside(), min_size=1, max_size=6))
@example([(Interval(0.0, 1.0), 0.0), (Interval(-1.0, 0.0), 0.0)])  # a tie at touching ends
@example([(Interval(-1.0, 0.0), 0.0), (Interval(0.0, 1.0), 0.0)])
def test_extremes_and_range_of_a_list_hold_every_value_they_can_give(parts) -> None:
    spans, values = [p[0] for p in parts], [p[1] for p in parts]
    assert min(values) in smallest(spans)
    assert max(values) in largest(spans)
    assert max(values) - min(values) in range_of(spans)
    assert values.index(max(values)) + 1 in positions(spans, True)
    assert values.index(min(values)) + 1 in positions(spans, False)


@given(inside(), inside())
def test_below_and_meets_exclude_each_other(one, two) -> None:
    a, b = one[0], two[0]
    assert a.meets(b) == b.meets(a)
    if a.below(b):
        assert one[1] <= two[1] + 1e-5
        assert not a.meets(b)


def test_no_number_rounds_to_two_printed_neighbours() -> None:
    assert Interval.around(75.8, 0.05).below(Interval.around(75.9, 0.05))
    assert Interval.around(75.8, 0.05).meets(Interval.around(75.83, 0.005))
    assert not Interval.around(75.8, 0.05).meets(Interval.around(75.7, 0.05))


@pytest.mark.parametrize("largest_first", [True, False])
def test_touching_ends_may_tie_for_the_extreme(largest_first: bool) -> None:
    touching = [Interval(0.0, 1.0), Interval(-1.0, 0.0)]
    assert positions(touching, largest_first) == (1, 2)
    first_only = (1,) if largest_first else (2,)
    assert positions(touching, largest_first, printed=True) == first_only
    alike = [Interval(0.0, 1.0), Interval(0.0, 1.0)]
    assert positions(alike, largest_first, printed=True) == (1, 2)
    apart = [Interval(0.1, 1.0), Interval(-1.0, 0.0)]
    assert positions(apart, largest_first) == (1 if largest_first else 2,)


@pytest.mark.parametrize("largest_first", [True, False])
def test_positions_are_a_set_without_what_lies_between(largest_first: bool) -> None:
    sign = 1.0 if largest_first else -1.0
    parts = [Interval.around(sign * value, 0.05) for value in (75.0, 70.0, 75.0)]
    assert positions(parts, largest_first) == (1, 3)


def test_an_interval_is_inside_outside_or_neither() -> None:
    allowed = Interval(1.0, 2.0)
    assert Interval(1.0, 2.0).inside(allowed) is True
    assert Interval(2.0, 3.0).inside(allowed) is False
    assert Interval(1.5, 2.5).inside(allowed) is None
    assert Interval(0.0, 3.0).inside(allowed) is None


def test_a_bound_is_closed_for_at_most_and_open_for_below() -> None:
    reach, bound = Interval(0.1, 0.3), Interval.point(0.3)
    assert reach.at_most(bound)
    assert not reach.below(bound)


def test_points_are_compared_exactly() -> None:
    assert not Interval.point(3.0).below(Interval.point(3.0))
    assert Interval.point(3.0).meets(Interval.point(3.0))
    assert Interval.point(3.0).below(Interval.point(4.0))


def test_division_by_an_interval_with_zero_is_an_error() -> None:
    with pytest.raises(ZeroDivisionError, match="holds zero"):
        Interval(1.0, 2.0) / Interval(-1.0, 1.0)
