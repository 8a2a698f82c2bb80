"""How far a reproduced value may be from the printed one, and why.

Counts have no tolerance: they are exact, and must round to the printed digits.

Accuracies have the rounding of the printed digits plus, in points:

* released weights: the network is the authors' own; what remains is the resize and warp arithmetic, the decoder and
  library versions. Re-evaluations of one checkpoint with different frameworks usually agree within 0.1 to 0.2 AP.
* one training or several: two standard deviations from seed to seed, if this project has measured them for the tier,
  data set and metric (at least two degrees of freedom), and at most twice the documented value, so that widely
  scattered seeds do not reproduce everything; else the documented value. COCO AP on 5,000 images
  varies by roughly 0.1 to 0.15 (one standard deviation) between seeds; metrics over fewer people or at a single
  threshold (AP_M, AP_L, AP75, one joint) vary about twice as much.

Speeds have 10 %: clocks, drivers and cooling differ even between two cards of one type.
"""

from bench.catalog.schema import PCKH_JOINTS
from bench.judge.statistics import Spread
from bench.results.records import Evidence

SPEED = 0.10
RELEASED, TRAINED = 0.2, 0.3
WIDE = {"AP75", "AP_M", "AP_L", "AP_hard", "AR75", "AR_M", "AR_L", "PCKh@0.1", "PCKh@0.11"}
WIDE |= {f"PCKh_{joint}" for joint in PCKH_JOINTS}


def tolerance(metric: str, evidence: Evidence, spread: Spread | None = None) -> float:
    """Points by which an accuracy may differ, beyond the rounding of the printed digits."""
    narrow = RELEASED if evidence == "released-weights" else TRAINED
    documented = 2.0 * narrow if metric in WIDE else narrow
    if evidence != "released-weights" and spread is not None and spread.freedom > 1:
        return min(2.0 * spread.deviation, 2.0 * documented)
    return documented
