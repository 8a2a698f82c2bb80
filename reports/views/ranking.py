"""Ranks under uncertainty: a rank is a range where the values do not resolve the order."""

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from typing import NamedTuple

EPSILON = 1e-9


class Span(NamedTuple):
    """A value and the interval that contains the true one; the ends are infinite if nothing is known."""

    value: float
    low: float
    high: float


class Rank(NamedTuple):
    """Best and worst rank that the values allow, from 1."""

    first: int
    last: int

    @property
    def text(self) -> str:
        return str(self.first) if self.first == self.last else f"{self.first}–{self.last}"


def ranks(spans: Sequence[Span], *, higher_is_better: bool = True) -> list[Rank]:
    """The rank of every span: one is above another only if their intervals do not overlap.

    Intervals that only touch (75.8 and 75.9, both rounded) do not overlap; equal exact values share a rank.
    """
    if not higher_is_better:
        spans = [Span(-s.value, -s.high, -s.low) for s in spans]
    lows = sorted(s.low for s in spans)
    highs = sorted(s.high for s in spans)
    found = []
    for span in spans:
        exact = span.high - span.low < EPSILON
        step = EPSILON if exact else -EPSILON
        above = len(spans) - bisect_left(lows, span.high + step)
        below = bisect_right(highs, span.low - step)
        found.append(Rank(above + 1, len(spans) - below))
    return found
