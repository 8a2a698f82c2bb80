"""Ranks under uncertainty, by hand and by brute force."""

import math

from hypothesis import given
from hypothesis import strategies as st

from reports.views.ranking import Span, ranks

NUMBERS = st.floats(-100, 100).map(lambda value: round(value, 1))


@given(st.lists(st.tuples(NUMBERS, st.integers(0, 30)), max_size=15), st.booleans())
def test_a_rank_counts_those_certainly_above_and_certainly_below(
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
