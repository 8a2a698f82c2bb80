"""Axes of charts: from values to pixels, linear or logarithmic, with round tick values."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from reports.views.words import number

#: Pixels of the plotting area; templates/charts.html uses the same numbers.
LEFT, RIGHT, TOP, BOTTOM = 64.0, 700.0, 16.0, 388.0


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
            step = _nice_step(self.high - self.low, 7)
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
