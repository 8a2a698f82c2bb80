"""Seeds and differences: how certain a measured number is.

Everything here is a pure function of numbers. Student's t comes from scipy; metrics are in points (0 to 100).

The half width of every interval is the largest of several: Student's t with the seeds' own deviation, which covers
95 % whatever the true deviation is, and a normal (or t) quantile with a deviation known from elsewhere, below which
no handful of seeds that happen to agree may lead (docs/judging.md).
"""

import math
from collections.abc import Callable, Hashable, Sequence
from statistics import fmean
from typing import NamedTuple

from scipy.special import ndtr, ndtri, stdtr, stdtrit

LEVEL = 0.95
EQUIVALENCE = 0.90  # two one-sided tests at 5 % each
Number = Callable[[Sequence[float]], float]
Error = tuple[float, float]  # a standard error and its degrees of freedom


class Summary(NamedTuple):
    """Several seeds of one measurement; `spread` and `interval` are None for a single seed."""

    mean: float
    spread: float | None
    interval: tuple[float, float] | None
    seeds: int


class Spread(NamedTuple):
    """Standard deviation from seed to seed that is known from elsewhere; documented ones have infinite freedom."""

    deviation: float
    freedom: float = math.inf


class Estimate(NamedTuple):
    """A measured value, the interval of its true value, the confidence that it is above zero, and what that covers.

    Print rounding is another thing: see `bench.judge.intervals.Interval`.
    """

    value: float
    interval: tuple[float, float] | None
    confidence: float | None
    covers: str = ""

    def above(self, margin: float = 0.0) -> bool | None:
        """True or False if the whole interval is above the margin (below minus the margin), else None."""
        if self.interval is None:
            return None
        if self.interval[0] > margin:
            return True
        return False if self.interval[1] < -margin else None


def _variance(values: Sequence[float]) -> float:
    middle = fmean(values)
    return math.fsum((v - middle) ** 2 for v in values) / (len(values) - 1)


def summarise(values: Sequence[float], spread: Spread | None = None) -> Summary:
    """Mean, sample standard deviation, and the interval of the mean, never narrower than with `spread`.

    Raises ValueError without any value. One value has neither deviation nor interval.
    """
    if not values:
        raise ValueError("no values to summarise")
    mean = fmean(values)
    if len(values) == 1:
        return Summary(mean, None, None, 1)
    found = propagate(lambda v: v[0], [values], spread)
    return Summary(mean, math.sqrt(_variance(values)), found.interval, len(values))


def against_printed(
    values: Sequence[float], printed: float, spread: Spread, level: float = LEVEL
) -> Estimate:
    """Mean of the seeds minus a printed figure, which is itself one draw of the same training.

    Both have one deviation, so that the variance of the difference is sd^2 (1 + 1/n). With a single seed only
    `spread` says how large sd is.
    """
    grow = math.sqrt(1.0 + 1.0 / len(values))
    errors: list[Error] = [(spread.deviation * grow, spread.freedom)]
    if len(values) > 1:
        errors.append((math.sqrt(_variance(values)) * grow, len(values) - 1))
    return _estimate(fmean(values) - printed, errors, level)


def propagate(
    function: Number,
    samples: Sequence[Sequence[float]],
    spread: Spread | None = None,
    *,
    level: float = LEVEL,
    numbers: Sequence[tuple[Hashable, Hashable]] | None = None,
) -> Estimate:
    """`function` of the means, with the uncertainty from the seeds of every argument.

    First-order error propagation with Welch-Satterthwaite degrees of freedom, but never narrower than the interval of
    any one argument by itself: Welch's alone can widen when seeds are added to one of two networks.

    numbers: training and metric behind each argument (default: all different). Arguments of one training vary together,
    seed by seed; of one training and metric they are one number.

    spread: the deviation of arguments with one seed, and the least of all others. Without it, one seed gives no
    interval and no confidence. Its degrees of freedom count once however many arguments borrow it.
    """
    means = [fmean(sample) for sample in samples]
    value = function(means)
    numbers = numbers or [(index, "") for index in range(len(samples))]
    groups: dict[Hashable, list[int]] = {}
    for index, (training, _) in enumerate(numbers):
        groups.setdefault(training, []).append(index)
    slopes = [slope(function, means, index) for index in range(len(means))]
    own: list[tuple[float, float]] = []  # variance and degrees of freedom
    borrowed, least = 0.0, 0.0
    for members in groups.values():
        seeds = len(samples[members[0]])
        reach = _reach([(numbers[i][1], slopes[i]) for i in members])
        least += reach**2 / seeds
        if seeds > 1:
            rows = zip(*(samples[i] for i in members), strict=True)
            joint = [
                math.fsum(slopes[i] * x for i, x in zip(members, r, strict=True)) for r in rows
            ]
            own.append((_variance(joint) / seeds, seeds - 1))
        elif spread is not None:
            borrowed += reach**2
        elif reach:
            return Estimate(value, None, None)
    if spread is None:
        return _estimate(value, _errors(own), level)
    terms = [*own, (borrowed * spread.deviation**2, spread.freedom)]
    floor = (math.sqrt(least) * spread.deviation, spread.freedom)
    return _estimate(value, [*_errors(terms), floor], level)


def _reach(steep: Sequence[tuple[Hashable, float]]) -> float:
    """The most that one deviation of every metric (name, slope) of a training can move the number."""
    summed: dict[Hashable, float] = {}
    for metric, one in steep:
        summed[metric] = summed.get(metric, 0.0) + one
    return math.fsum(map(abs, summed.values()))


def _errors(terms: Sequence[tuple[float, float]]) -> list[Error]:
    """Welch-Satterthwaite of all terms (variance, degrees of freedom), and each term by itself."""
    total = math.fsum(v for v, _ in terms)
    weight = math.fsum(v**2 / f for v, f in terms)
    freedom = total**2 / weight if weight > 0.0 else math.inf
    return [(math.sqrt(total), freedom), *((math.sqrt(v), f) for v, f in terms)]


def _estimate(value: float, errors: Sequence[Error], level: float) -> Estimate:
    """The widest interval and the least confidence that any of the errors gives."""
    radius = max(error * _quantile(freedom, 0.5 + level / 2) for error, freedom in errors)
    if radius <= 1e-12:
        return Estimate(value, (value, value), 0.5 if abs(value) <= 1e-12 else float(value > 0))
    tail = max(_tail(-abs(value) / e, freedom) for e, freedom in errors if e > 0.0)
    confidence = 1.0 - tail if value >= 0.0 else tail
    return Estimate(value, (value - radius, value + radius), confidence)


def _quantile(freedom: float, share: float) -> float:
    return float(ndtri(share) if math.isinf(freedom) else stdtrit(freedom, share))


def _tail(at: float, freedom: float) -> float:
    return float(ndtr(at) if math.isinf(freedom) else stdtr(freedom, at))


def slope(function: Number, at: Sequence[float], index: int) -> float:
    """Partial derivative of `function` in argument `index` at this point; 0.0 if it is tiny."""
    step = 1e-3
    up, down = list(at), list(at)
    up[index] += step
    down[index] -= step
    rise = (function(up) - function(down)) / (2 * step)
    return 0.0 if abs(rise) < 1e-9 else rise
