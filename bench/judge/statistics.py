"""Seeds and differences: how certain a measured ordering is.

Everything here is a pure function of numbers. Student's t comes from scipy; metrics are in points (0 to 100).
"""

import math
from collections.abc import Callable, Iterable, Sequence
from statistics import fmean
from typing import NamedTuple

from scipy.special import stdtr, stdtrit

LEVEL = 0.95


class Summary(NamedTuple):
    """Several seeds of one measurement; `spread` and `interval` are None for a single seed."""

    mean: float
    spread: float | None
    interval: tuple[float, float] | None
    seeds: int


class Spread(NamedTuple):
    """Seed-to-seed standard deviation, pooled over runs with several seeds, and its degrees of freedom."""

    deviation: float
    freedom: int


class Difference(NamedTuple):
    """A measured value, the interval of its true value, and the confidence that it is above zero."""

    value: float
    interval: tuple[float, float] | None
    confidence: float | None

    def above(self, margin: float = 0.0) -> bool | None:
        """True or False if the whole interval is above (below) the margin, else None."""
        if self.interval is None:
            return None
        if self.interval[0] > margin:
            return True
        return False if self.interval[1] < -margin else None


def _variance(values: Sequence[float]) -> float:
    middle = fmean(values)
    return math.fsum((v - middle) ** 2 for v in values) / (len(values) - 1)


def summarise(values: Sequence[float]) -> Summary:
    """Mean, sample standard deviation, and Student's t interval of the mean.

    Raises ValueError without any value. One value has neither spread nor interval.
    """
    if not values:
        raise ValueError("no values to summarise")
    mean = fmean(values)
    if len(values) == 1:
        return Summary(mean, None, None, 1)
    spread = math.sqrt(_variance(values))
    radius = float(stdtrit(len(values) - 1, 0.5 + LEVEL / 2)) * spread / math.sqrt(len(values))
    return Summary(mean, spread, (mean - radius, mean + radius), len(values))


def pooled_spread(groups: Iterable[Sequence[float]]) -> Spread | None:
    """Seed-to-seed deviation over all groups of two or more seeds; None if there is none."""
    several = [g for g in groups if len(g) > 1]
    freedom = sum(len(g) - 1 for g in several)
    if not freedom:
        return None
    total = math.fsum(_variance(g) * (len(g) - 1) for g in several)
    return Spread(math.sqrt(total / freedom), freedom)


def propagate(
    function: Callable[[Sequence[float]], float],
    samples: Sequence[Sequence[float]],
    spread: Spread | None = None,
) -> Difference:
    """`function` of the means, with the uncertainty from the seeds of every argument.

    First-order error propagation with Welch-Satterthwaite degrees of freedom: for `a - b` this is Welch's test. An
    argument with one seed borrows `spread`; without it the result has no interval and no confidence.
    """
    means = [fmean(s) for s in samples]
    value = function(means)
    terms: list[tuple[float, int]] = []
    for index, sample in enumerate(samples):
        steep = slope(function, means, index)
        if len(sample) > 1:
            terms.append((steep**2 * _variance(sample) / len(sample), len(sample) - 1))
        elif spread is not None:
            terms.append((steep**2 * spread.deviation**2, spread.freedom))
        elif steep != 0.0:
            return Difference(value, None, None)
    variance = math.fsum(v for v, _ in terms)
    if variance <= 1e-24:
        return Difference(value, (value, value), 0.5 if value == 0 else float(value > 0))
    freedom = variance**2 / math.fsum(v**2 / f for v, f in terms)
    error = math.sqrt(variance)
    radius = float(stdtrit(freedom, 0.5 + LEVEL / 2)) * error
    confidence = float(stdtr(freedom, value / error))
    return Difference(value, (value - radius, value + radius), confidence)


def slope(function: Callable[[Sequence[float]], float], at: Sequence[float], index: int) -> float:
    """Partial derivative of `function` in argument `index` at this point; 0.0 if it is tiny."""
    step = 1e-3
    up, down = list(at), list(at)
    up[index] += step
    down[index] -= step
    rise = (function(up) - function(down)) / (2 * step)
    return 0.0 if abs(rise) < 1e-9 else rise
