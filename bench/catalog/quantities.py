"""What a column can measure: metrics with their kind, unit and better direction."""

from collections.abc import Mapping
from typing import Literal, NamedTuple

MetricKind = Literal["accuracy", "count", "speed", "measure"]


class Metric(NamedTuple):
    """What a column measures: its kind, unit, and which direction is better."""

    kind: MetricKind
    unit: str
    better: Literal["higher", "lower"]


def _points(*names: str) -> dict[str, Metric]:
    return {name: Metric("accuracy", "%", "higher") for name in names}


PCKH_JOINTS = ("head", "shoulder", "elbow", "wrist", "hip", "knee", "ankle")
METRICS: Mapping[str, Metric] = {
    **_points("AP", "AP50", "AP75", "AP_M", "AP_L", "AR", "AR50", "AR75", "AR_M", "AR_L"),
    **_points("AP_easy", "AP_medium", "AP_hard", "AP_box", "AP_kpt"),
    **_points("PCKh", "PCKh@0.1", "PCKh@0.11", *(f"PCKh_{joint}" for joint in PCKH_JOINTS)),
    "params": Metric("count", "M", "lower"),
    "flops": Metric("count", "G", "lower"),
    "fps": Metric("speed", "frames/s", "higher"),
    "latency": Metric("speed", "ms", "lower"),
    "response": Metric("measure", "", "higher"),
}
