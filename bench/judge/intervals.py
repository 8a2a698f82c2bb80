"""Intervals: the values that a rounded number allows, and arithmetic on them.

Both ends belong to an interval: a printed 75.8 is [75.75, 75.85], since whether 75.85 becomes 75.8 or 75.9 depends on
how ties are rounded, which no paper says.

An operation gives every value that its operands can give, and no other, as long as no operand occurs twice
(`bench.judge.claims.arithmetic.Evaluation.number` handles those that do).
"""

from collections.abc import Iterable
from dataclasses import dataclass

from bench.catalog.numbers import Number

TINY = 1e-9


@dataclass(frozen=True, slots=True)
class Interval:
    """Closed interval [low, high]; a point if both are equal."""

    low: float
    high: float

    @classmethod
    def point(cls, value: float) -> "Interval":
        return cls(value, value)

    @classmethod
    def around(cls, value: float, radius: float) -> "Interval":
        return cls(value - radius, value + radius)

    @classmethod
    def printed(cls, number: Number | None) -> "Interval":
        """What the digits of a printed number allow. Raises TypeError without a number."""
        if number is None:
            raise TypeError("the cell holds no number")
        return cls.around(number.value, number.half_step)

    @classmethod
    def hull(cls, parts: Iterable["Interval"]) -> "Interval":
        """The smallest interval that holds all of `parts` (at least one)."""
        listed = list(parts)
        return cls(min(p.low for p in listed), max(p.high for p in listed))

    @property
    def is_point(self) -> bool:
        return self.high - self.low <= TINY * max(1.0, min(abs(self.low), abs(self.high)))

    def __contains__(self, value: float) -> bool:
        slack = TINY * max(1.0, abs(value))
        return self.low - slack <= value <= self.high + slack

    def __add__(self, other: "Interval") -> "Interval":
        return Interval(self.low + other.low, self.high + other.high)

    def __sub__(self, other: "Interval") -> "Interval":
        return Interval(self.low - other.high, self.high - other.low)

    def __neg__(self) -> "Interval":
        return Interval(-self.high, -self.low)

    def __mul__(self, other: "Interval") -> "Interval":
        ends = [a * b for a in (self.low, self.high) for b in (other.low, other.high)]
        return Interval(min(ends), max(ends))

    def __truediv__(self, other: "Interval") -> "Interval":
        """Raises ZeroDivisionError if `other` holds zero."""
        if other.low <= 0.0 <= other.high:
            raise ZeroDivisionError(
                f"division by [{other.low:g}, {other.high:g}], which holds zero"
            )
        return self * Interval(1.0 / other.high, 1.0 / other.low)

    def __abs__(self) -> "Interval":
        if self.low >= 0.0:
            return self
        if self.high <= 0.0:
            return -self
        return Interval(0.0, max(-self.low, self.high))

    def below(self, other: "Interval") -> bool:
        """Every value here is below every value there.

        Two rounded numbers that only touch (75.8 and 75.9 at 75.85) count as different: no number rounds to both.
        """
        slack = TINY * max(1.0, min(abs(self.high), abs(other.low)))
        if self.is_point or other.is_point:
            return self.high < other.low - slack
        return self.high <= other.low + slack

    def at_most(self, other: "Interval") -> bool:
        """No value here is above any value there; both intervals are closed, so that a shared end is allowed."""
        return self.high <= other.low + TINY * max(1.0, min(abs(self.high), abs(other.low)))

    def inside(self, other: "Interval") -> bool | None:
        """True if every value here is in `other`, False if none is, None where only some are."""
        if self.low in other and self.high in other:
            return True
        return None if self.meets(other) else False

    def meets(self, other: "Interval") -> bool:
        """Some value is in both; where both are more than points, touching is not enough."""
        return not (self.below(other) or other.below(self))

    def within(self, other: "Interval") -> "Interval":
        """The part inside `other`; the nearest point of `other` if there is none."""
        low, high = max(self.low, other.low), min(self.high, other.high)
        return (
            Interval(low, high)
            if low <= high
            else Interval.point(min(max(low, other.low), other.high))
        )


def smallest(parts: list[Interval]) -> Interval:
    """The minimum of independent numbers."""
    return Interval(min(p.low for p in parts), min(p.high for p in parts))


def largest(parts: list[Interval]) -> Interval:
    """The maximum of independent numbers."""
    return Interval(max(p.low for p in parts), max(p.high for p in parts))


def total(parts: list[Interval]) -> Interval:
    return sum(parts, Interval.point(0.0))


def count(parts: list[Interval]) -> Interval:
    return Interval.point(float(len(parts)))


def range_of(parts: list[Interval]) -> Interval:
    """Largest minus smallest of independent numbers, exactly: [0, 0] for a single one."""
    low = max(0.0, max(p.low for p in parts) - min(p.high for p in parts))
    pairs = [a.high - b.low for i, a in enumerate(parts) for j, b in enumerate(parts) if i != j]
    return Interval(low, max(pairs, default=0.0))


def positions(
    parts: list[Interval], largest_first: bool, *, printed: bool = False
) -> tuple[int, ...]:
    """Every 1-based position at which the extreme may be. Ends that touch may tie, but for printed numbers.

    Not an interval: of [75.0, 70.0, 75.0] the largest is the first or the third, and never the second. Of the printed
    75.8 and 75.9 it is the second, since no number rounds to both.
    """
    signed = parts if largest_first else [-p for p in parts]
    if printed:
        return tuple(n for n, one in enumerate(signed, 1) if not any(map(one.below, signed)))
    floor = max(p.low for p in signed)
    slack = TINY * max(1.0, abs(floor))
    return tuple(number for number, one in enumerate(signed, 1) if one.high >= floor - slack)
