"""How far a reproduced value may be from the printed one, and why (docs/judging.md has the sources in full).

Counts have no tolerance: they are exact, and must round to the printed digits.

Trainings vary from seed to seed. What few seeds show of it may be too small by chance, so that no interval is
narrower than with the floors below: standard deviations, in points, and for measures between 0 and 1 in their unit.

* full: COCO AP on 5,000 images varies by roughly 0.1 to 0.15 between seeds of one published recipe;
* smoke: this project's own trainings, twenty networks that learnt with three or five seeds each (the tables of
  bench/papers/*/NOTES.md), have 2.0 AP pooled over 52 degrees of freedom; LOFR's response has 0.06;
* lab: not measured yet with several seeds. Half of smoke until it is: 160 times as many crops in a training, of 16
  times as many people, leave less to chance, but more than the full schedule does.

Metrics over fewer people or at a single threshold (AP_M, AP_L, AP75, one joint) vary about twice as much.

Two trainings are called equal within half a point (a whole one for the metrics that vary twice as much): the
claimed gains that cells can decide go down to 0.5 AP, and three seeds with the floor of 0.15 can still show it.
Measures: 0.05.

Released weights are the authors' own network; what remains is the resize and warp arithmetic, the decoder and
library versions. Re-evaluations of one checkpoint with different frameworks usually agree within 0.1 to 0.2 AP.

Speeds have 10 %: clocks, drivers and cooling differ even between two cards of one type.
"""

from collections.abc import Mapping

from bench.catalog.quantities import METRICS, PCKH_JOINTS
from bench.catalog.schema import Tier
from bench.judge.statistics import Spread

SPEED = 0.10
RELEASED = 0.2
FLOORS: Mapping[Tier, tuple[float, float]] = {  # of points, of measures
    "full": (0.15, 0.01),
    "lab": (1.0, 0.03),
    "smoke": (2.0, 0.06),
}
EQUAL: tuple[float, float] = (0.5, 0.05)
WIDE = {"AP75", "AP_M", "AP_L", "AP_hard", "AR75", "AR_M", "AR_L", "PCKh@0.1", "PCKh@0.11"}
WIDE |= {f"PCKh_{joint}" for joint in PCKH_JOINTS}


def floor(metric: str, tier: Tier) -> Spread:
    """The least standard deviation from seed to seed that is believed of a metric at a tier."""
    return Spread(_scaled(metric, FLOORS[tier]))


def equal_within(metric: str) -> float:
    """The margin within which two full trainings are called equal, in the metric's unit."""
    return _scaled(metric, EQUAL)


def released(metric: str) -> float:
    """How far a re-evaluation of released weights may be from what its authors printed, beyond rounding."""
    return _scaled(metric, (RELEASED, RELEASED / 100.0))


def _scaled(metric: str, of: tuple[float, float]) -> float:
    if metric in METRICS and METRICS[metric].kind == "measure":
        return of[1]
    return of[0] * (2.0 if metric in WIDE else 1.0)
