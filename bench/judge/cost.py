"""What a measurement that is missing would cost: GPU hours, estimated from counted operations and the schedule.

Estimates, not measurements: multiply-accumulates of one image (counted), times 3 for a training step (forward, and
twice that backward), times the images of the schedule, divided by `PER_SECOND`. Loading and augmenting images,
validation and start-up are left out, so that a training on too few CPU cores takes longer.
"""

from collections.abc import Mapping
from typing import Any

from bench.catalog.config_values import config_values
from bench.catalog.schema import Tier
from bench.results.index import ResultIndex

#: Multiply-accumulates a second that one GPU is assumed to sustain.
PER_SECOND = 10e12
ASSUMPTION = (
    "assumes one GPU that sustains 10 T multiply-accumulates a second, 20 TFLOP/s: 30 % of the 67 TFLOP/s that NVIDIA "
    "states for FP32 on an H100 or H200. No such training has been timed here; expect a factor of 2 either way"
)
TRAINING_STEP = 3.0
#: Seconds of one smoke training with its evaluation on one core (AMD EPYC), by the folder of its config: CPU time in a
#: `make repro` of November 2026 (`tests/benchmarks/predicted_times.py`), the median of TransPose's 13, the mean of the
#: two of LightPose, LOFR and QueryPose, TFPose's one. Baselines: as TransPose.
SMOKE_SECONDS: Mapping[str, float] = {
    "baselines": 55.0,
    "lightpose": 134.0,
    "lofr": 91.0,
    "querypose": 244.0,
    "tfpose": 183.0,
    "transpose": 55.0,
}
SMALL_ASSUMPTION = {
    "smoke": "else usual ones of the family (one core of an AMD EPYC), times this machine's pace so far",
    "lab": f"else from counted operations of the full network and the lab schedule; {ASSUMPTION}",
}
#: Hours of a job that hardly computes: starting, reading the data.
LEAST = 0.1
#: People (crops) in one epoch, by annotation file. COCO train2017: those with keypoints. MPII: the usual split.
#: CrowdPose: 12,000 of 20,000 images with 80,000 people (Li et al., CVPR 2019, abstract), taken in proportion.
PEOPLE: Mapping[str, int] = {
    "annotations/person_keypoints_train2017.json": 149_813,
    "annotations/mpii_train.json": 22_246,
    "annotations/mpii_trainval.json": 25_204,
    "annotations/mmpose_crowdpose_trainval.json": 48_000,
}
#: Boxes of an evaluation: the usual COCO detector's 104,125 boxes, twice with the flip test.
EVALUATED = 2 * 104_125


def schedule(model: str, tier: Tier) -> Mapping[str, Any]:
    """`max_iters` or `max_epochs` of a zoo model at a tier; empty if its files do not say."""
    config = config_values(model)
    found: Mapping[str, Any] = (config if tier == "full" else config.get(tier, {})).get(
        "train_cfg", {}
    )
    return found


def training_images(config: Mapping[str, Any]) -> int | None:
    """Images that one training at full size passes through the network; None if its files do not say."""
    planned, loader = config.get("train_cfg", {}), config.get("train_dataloader", {})
    if (iterations := planned.get("max_iters")) is not None:
        batch = loader.get("total_batch_size")
        return batch and int(iterations * batch)
    people = PEOPLE.get(loader.get("dataset", {}).get("ann_file", ""))
    epochs = planned.get("max_epochs")
    return None if epochs is None or people is None else int(epochs * people)


def training_hours(model: str, index: ResultIndex) -> float | None:
    """GPU hours of one training of a zoo model, one seed; None if it is not counted or its schedule not known."""
    images = training_images(config_values(model))
    return None if images is None else _hours(model, index, TRAINING_STEP * images)


def lab_hours(model: str, index: ResultIndex, people: int) -> float | None:
    """Hours of one training at lab size, of `people` crops or images an epoch; None if that is not known.

    From the operations at full size, of which a lab network has less: an upper bound.
    """
    planned = schedule(model, "lab")
    if "max_epochs" in planned:
        return _hours(model, index, TRAINING_STEP * planned["max_epochs"] * people)
    batch = config_values(model).get("lab", {}).get("train_dataloader", {}).get("total_batch_size")
    steps = planned.get("max_iters")
    return _hours(model, index, TRAINING_STEP * steps * batch) if steps and batch else None


def evaluation_hours(model: str, index: ResultIndex) -> float | None:
    """GPU hours to evaluate weights of a zoo model on the validation split; None if it is not counted."""
    return _hours(model, index, EVALUATED)


def _hours(model: str, index: ResultIndex, images: float) -> float | None:
    if model not in index.counts:
        return None
    return LEAST + index.counts[model].result.macs * images / PER_SECOND / 3600.0
