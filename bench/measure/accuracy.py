"""Metrics from stored predictions, by the official evaluators. Percent everywhere.

Predictions are COCO result entries: `image_id`, `category_id`, `keypoints` [x1, y1, score1, x2, ...]
in pixels of the original image, `score`. For MPII `image_id` is the position of the person in the annotation file.
"""

import contextlib
import io
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bench.bootstrap import Matches
from bench.datasets.files import read_json
from bench.errors import DataError
from bench.schema import PCKH_JOINTS, DatasetName

Prediction = Mapping[str, Any]
COCO_FIGURES = ("AP", "AP50", "AP75", "AP_M", "AP_L", "AR", "AR50", "AR75", "AR_M", "AR_L")
CROWDPOSE_FIGURES = (
    "AP", "AP50", "AP75", "AR", "AR50", "AR75", "AP_easy", "AP_medium", "AP_hard",
)  # fmt: skip
CROWDPOSE_SIGMAS = (
    np.array([0.79, 0.79, 0.72, 0.72, 0.62, 0.62, 1.07, 1.07, 0.87, 0.87, 0.89, 0.89, 0.79, 0.79])
    / 10
)
# MPII joint order: ankle, knee, hip (right), hip, knee, ankle (left), pelvis, thorax, neck, head top,
# wrist, elbow, shoulder (right), shoulder, elbow, wrist (left).
_MPII_PAIRS = {
    "head": (9, 9), "shoulder": (12, 13), "elbow": (11, 14), "wrist": (10, 15),
    "hip": (2, 3), "knee": (1, 4), "ankle": (0, 5),
}  # fmt: skip


def coco_metrics(annotations: Path, predictions: Sequence[Prediction]) -> dict[str, float]:
    """COCO keypoint AP and AR, the ten figures of pycocotools, in percent.

    Entries carry no `bbox`: with one, pycocotools would take the area of a detection from the box and not from its
    keypoints, which shifts AP_M and AP_L.
    """
    if not predictions:
        return dict.fromkeys(COCO_FIGURES, 0.0)
    evaluation = _coco_evaluation(annotations, predictions)
    with contextlib.redirect_stdout(io.StringIO()):
        evaluation.accumulate()
        evaluation.summarize()
    return _percent(COCO_FIGURES, evaluation.stats)


def coco_matches(annotations: Path, predictions: Sequence[Prediction]) -> Matches:
    """Which detections found whom, image by image: what the paired bootstrap of two runs draws from."""
    return Matches.of(_coco_evaluation(annotations, predictions))


def _coco_evaluation(annotations: Path, predictions: Sequence[Prediction]) -> Any:
    """pycocotools' COCOeval after `evaluate()`."""
    from pycocotools.coco import COCO
    from pycocotools.cocoeval import COCOeval

    data = _annotations(annotations)
    _known_images(data, predictions)
    with contextlib.redirect_stdout(io.StringIO()):
        truth = COCO()
        truth.dataset = data
        truth.createIndex()
        evaluation = COCOeval(truth, truth.loadRes([dict(p) for p in predictions]), "keypoints")
        evaluation.evaluate()
    return evaluation


def crowdpose_metrics(annotations: Path, predictions: Sequence[Prediction]) -> dict[str, float]:
    """CrowdPose AP and AR with easy, medium and hard by crowd index, in percent."""
    from xtcocotools.coco import COCO
    from xtcocotools.cocoeval import COCOeval

    if not predictions:
        return dict.fromkeys(CROWDPOSE_FIGURES, 0.0)
    _known_images(_annotations(annotations), predictions)
    with contextlib.redirect_stdout(io.StringIO()):
        truth = COCO(str(annotations))
        found = truth.loadRes([dict(p) for p in predictions])
        evaluation = COCOeval(truth, found, "keypoints_crowd", CROWDPOSE_SIGMAS, use_area=False)
        evaluation.params.useSegm = None
        evaluation.evaluate()
        evaluation.accumulate()
        evaluation.summarize()
    return _percent(CROWDPOSE_FIGURES, evaluation.stats)


def _annotations(path: Path) -> dict[str, Any]:
    data = read_json(path)
    wanted = ("images", "annotations", "categories")
    missing = [key for key in wanted if not isinstance(data, dict) or key not in data]
    if missing:
        raise DataError(f"{path} is no COCO annotation file: it has no {', '.join(missing)}")
    return dict(data)


def _known_images(annotations: dict[str, Any], predictions: Sequence[Prediction]) -> None:
    """Raises `DataError` for a prediction of an image that the annotations do not have."""
    known = {image["id"] for image in annotations["images"]}
    strange = [p["image_id"] for p in predictions if p["image_id"] not in known]
    if strange:
        raise DataError(
            f"{len(strange)} predictions are of images that the annotations do not have, the first of {strange[0]!r}"
        )


def _percent(names: Sequence[str], figures: Sequence[float]) -> dict[str, float]:
    """Names to percent; pycocotools' -1 (nothing of that size in the data) is left out."""
    return {n: 100.0 * float(f) for n, f in zip(names, figures, strict=True) if f > -1}


def pckh(
    predicted: NDArray[np.float64],
    truth: NDArray[np.float64],
    head_size: NDArray[np.float64],
    visible: NDArray[np.bool_],
    threshold: float,
) -> NDArray[np.float64]:
    """PCKh per joint [K], percent: shares of visible joints within `threshold` head sizes.

    `predicted` and `truth` are [N, K, 2] in pixels of one image, `head_size` [N] pixels, `visible` [N, K].
    """
    distance = np.linalg.norm(predicted - truth, axis=2) / head_size[:, None]
    hits = ((distance <= threshold) & visible).sum(axis=0)
    return np.asarray(100.0 * hits / np.maximum(visible.sum(axis=0), 1))


def mpii_metrics(ground_truth: Path, predictions: Sequence[Prediction]) -> dict[str, float]:
    """PCKh@0.5 and @0.1, mean and per joint pair, as the official MPII evaluation does it.

    `ground_truth` is mpii_gt_val.mat. Predictions are 0-based pixels, the ground truth 1-based: one is
    added. A head is 0.6 of its box's diagonal. Pelvis and thorax do not count; the mean weighs joints
    by how often they are visible.
    """
    from scipy.io import loadmat
    from scipy.io.matlab import MatReadError

    if not ground_truth.is_file():
        raise DataError(f"{ground_truth} is missing; `repropose prepare mpii` puts it there")
    try:
        truth = loadmat(str(ground_truth))
    except (ValueError, OSError, MatReadError) as error:
        raise DataError(f"{ground_truth} is no readable .mat file: {error}") from None
    positions = np.transpose(truth["pos_gt_src"], (2, 0, 1)).astype(float)
    visible = truth["jnt_missing"].T == 0
    boxes = truth["headboxes_src"].astype(float)
    head_size = 0.6 * np.linalg.norm(boxes[1] - boxes[0], axis=0)
    predicted = _by_position(predictions, len(positions))
    scores = {t: pckh(predicted, positions, head_size, visible, t) for t in (0.5, 0.1)}
    weight = visible.sum(axis=0).astype(float)
    weight[6:8] = 0.0
    weight /= weight.sum()
    figures = {"PCKh": float(scores[0.5] @ weight), "PCKh@0.1": float(scores[0.1] @ weight)}
    for joint in PCKH_JOINTS:
        figures[f"PCKh_{joint}"] = float(scores[0.5][list(_MPII_PAIRS[joint])].mean())
    return figures


def _by_position(predictions: Sequence[Prediction], count: int) -> NDArray[np.float64]:
    found = {int(p["image_id"]): p["keypoints"] for p in predictions}
    missing = sorted(set(range(count)) - set(found))
    if missing or len(found) != count:
        raise DataError(
            f"MPII predictions cover {len(found)} of {count} people; first missing position: "
            f"{missing[0] if missing else 'none, but there are strangers'}"
        )
    rows = np.array([found[i] for i in range(count)], dtype=float).reshape(count, 16, 3)
    return np.asarray(rows[:, :, :2] + 1.0)


def evaluate(
    dataset: DatasetName, truth: Path, predictions: Sequence[Prediction]
) -> dict[str, float]:
    """Every figure of a data set's own evaluation, in percent."""
    if dataset == "coco":
        return coco_metrics(truth, predictions)
    if dataset == "crowdpose":
        return crowdpose_metrics(truth, predictions)
    return mpii_metrics(truth, predictions)
