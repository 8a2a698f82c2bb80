"""An accuracy measured under the printed protocol, against the printed figure.

Trainings: the printed figure is one draw of the authors' training, and so are ours. The difference D of our mean from
it has the deviation sd sqrt(1 + 1/n), with sd never below the documented floor; half of the last digit is added.

reproduced         two one-sided tests at 5 % put D inside the margin of equality (`tolerance.equal_within`)
better, deviates   else, if the 99 % interval of D excludes 0, there are three trainings or more, and the paper states
                   all that matters
inconclusive       else; and always with one training, which shows nothing of what another would give

At 95 % one such word in seven would be wrong, since most printed figures are reproduced and wide seeds seldom decide
(docs/judge-calibration.md).

Released weights are no draw: the authors' own network agrees within `tolerance.released`, or it does not.
"""

from collections.abc import Sequence
from statistics import fmean
from typing import NamedTuple

from bench.catalog.numbers import Number
from bench.judge.records import VerdictName
from bench.judge.statistics import EQUIVALENCE, LEVEL, against_printed
from bench.judge.tolerance import equal_within, floor, released

TINY = 1e-9
APART = 0.99  # level of the interval that must exclude 0
FEWEST = 3  # trainings that may differ from a printed figure beyond chance


class Compared(NamedTuple):
    """A verdict and its reason."""

    verdict: VerdictName
    reason: str


def judge_released(metric: str, number: Number, value: float, unstated: str = "") -> Compared:
    """The authors' own network, evaluated here."""
    difference = value - number.value
    allowed = number.half_step + released(metric)
    words = f"{difference:+.2f} points; allowed ±{allowed:.2f}"
    if abs(difference) <= allowed + TINY:
        return Compared("reproduced", _joined(words, unstated))
    return _apart(difference, words, unstated)


def judge_trainings(
    metric: str, number: Number, values: Sequence[float], unstated: str = ""
) -> Compared:
    """Our trainings at full size. `unstated`: what the paper does not state and we had to choose."""
    if len(values) == 1:
        return Compared("inconclusive", _joined(_one_training(metric, number, values[0]), unstated))
    difference = fmean(values) - number.value
    low, high = _widened(values, number, metric, APART)
    inner = _widened(values, number, metric, EQUIVALENCE)
    margin = equal_within(metric)
    words = (
        f"{difference:+.2f} points [{low:+.2f}, {high:+.2f}] at {APART:.0%}, {len(values)} seeds, "
        "the printed figure as one draw"
    )
    beyond_chance = len(values) >= FEWEST and (low > TINY or high < -TINY)
    if inner[0] >= -margin - TINY and inner[1] <= margin + TINY:
        words += f"; equal within ±{margin:g}"
        if beyond_chance:
            words += ", though not by chance alone"
        return Compared("reproduced", _joined(words, unstated))
    if beyond_chance:
        return _apart(difference, words, unstated)
    words += f"; neither equal within ±{margin:g} nor different beyond chance"
    return Compared("inconclusive", _joined(words, unstated))


def _widened(
    values: Sequence[float], number: Number, metric: str, level: float
) -> tuple[float, float]:
    """The interval of D at a level, with half of the last printed digit on either side."""
    found = against_printed(values, number.value, floor(metric, "full"), level)
    low, high = found.interval or (found.value, found.value)
    return low - number.half_step, high + number.half_step


def _apart(difference: float, words: str, unstated: str) -> Compared:
    if unstated:
        return Compared("inconclusive", _joined(words, unstated))
    return Compared("better" if difference > 0 else "deviates", words)


def _one_training(metric: str, number: Number, value: float) -> str:
    """What one training leaves open, and what three would say if they agreed as well as trainings can."""
    _, chance = _widened([number.value], number, metric, LEVEL)
    _, far = _widened([number.value] * 3, number, metric, APART)
    _, near = _widened([number.value] * 3, number, metric, EQUIVALENCE)
    difference = value - number.value
    fits = "consistent with" if abs(difference) <= chance + TINY else "further than chance from"
    return (
        f"{difference:+.2f} points; one training: {fits} the printed figure (±{chance:.2f} with the documented "
        f"deviation between seeds); three that agree would decide within ±{equal_within(metric) - near:.2f} "
        f"or beyond ±{far:.2f}"
    )


def _joined(*words: str) -> str:
    return "; ".join(filter(None, words))
