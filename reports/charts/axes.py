"""Axes of charts: from values to pixels, linear, logarithmic or logarithmic to both sides of zero, with round ticks."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from reports.views.words import number

#: Pixels of a chart and of its plotting area. Narrow: at 360 pixels of a phone its text is read without scrolling.
WIDTH, HEIGHT = 360.0, 346.0
LEFT, RIGHT, TOP, BOTTOM = 44.0, 350.0, 30.0, 270.0


def _nice_step(span: float, wanted: int) -> float:
    """1, 2 or 5 times a power of ten, so that about `wanted` steps fill the span."""
    raw = span / wanted
    base = 10.0 ** math.floor(math.log10(raw))
    return base * next(factor for factor in (1, 2, 5, 10) if base * factor >= raw * (1 - 1e-9))


@dataclass(frozen=True)
class Axis:
    """From values to pixels; `start` and `end` are the pixels of `low` and `high`."""

    label: str
    low: float
    high: float
    start: float
    end: float
    logarithmic: bool = False

    @classmethod
    def of(
        cls, label: str, values: Sequence[float], start: float, end: float, *, log: bool = False
    ) -> "Axis":
        """An axis with a margin around the values. Raises ValueError if there are none."""
        low, high = min(values), max(values)
        if log and low > 0:
            margin = max(1.15, (high / low) ** 0.06)
            return cls(label, low / margin, high * margin, start, end, True)
        margin = 0.06 * (high - low) or max(0.5, 0.01 * abs(high))
        return cls(label, low - margin, high + margin, start, end)

    def pixel(self, value: float) -> float:
        """Position of a value, rounded to a tenth of a pixel."""
        low, high, at = self.low, self.high, value
        if self.logarithmic:
            low, high, at = math.log(low), math.log(high), math.log(value)
        return round(self.start + (at - low) / (high - low) * (self.end - self.start), 1)

    @property
    def ticks(self) -> list[tuple[float, str]]:
        """Pixel and text of every tick."""
        values = self._decades() if self.logarithmic else []
        if len(values) < 3:
            step = _nice_step(self.high - self.low, 6)
            first, last = math.ceil(self.low / step), math.floor(self.high / step)
            values = [i * step for i in range(first, last + 1)]
        return [(self.pixel(v), number(v)) for v in values]

    def _decades(self) -> list[float]:
        found = []
        for power in range(math.floor(math.log10(self.low)), math.ceil(math.log10(self.high)) + 1):
            found += [
                f * 10.0**power for f in (1, 2, 5) if self.low <= f * 10.0**power <= self.high
            ]
        return found


#: Of a centred axis in percent: to about this far from zero it is nearly linear.
UNIT = 1.0
_ROUND = [0.0] + [f * 10.0**power for power in range(4) for f in (1, 2, 5)]


@dataclass(frozen=True)
class Centred(Axis):
    """Percent around zero; far from it equal ratios are at equal distances (inverse hyperbolic sine)."""

    @classmethod
    def around_zero(
        cls, label: str, values: Sequence[float], start: float, end: float
    ) -> "Centred":
        """An axis from below the least value to above the largest, at least -2 to 2. Raises ValueError without any."""
        return cls(label, min(-2.0, 1.25 * min(values)), max(2.0, 1.25 * max(values)), start, end)

    def pixel(self, value: float) -> float:
        """Position of a percentage, rounded to a tenth of a pixel."""
        low, high, at = (math.asinh(one / UNIT) for one in (self.low, self.high, value))
        return round(self.start + (at - low) / (high - low) * (self.end - self.start), 1)

    @property
    def ticks(self) -> list[tuple[float, str]]:
        """Round percentages, those nearest to zero first, 36 pixels apart."""
        found: dict[float, str] = {}
        for value in sorted({sign * one for one in _ROUND for sign in (1.0, -1.0)}, key=abs):
            at = self.pixel(value)
            if self.low <= value <= self.high and all(abs(at - other) >= 36 for other in found):
                found[at] = f"{number(value)} %"
        return sorted(found.items())
