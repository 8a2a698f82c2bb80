"""Metrics from stored predictions, by the official evaluators. Percent everywhere.

Predictions are COCO result entries: `image_id`, `category_id`, `keypoints` [x1, y1, score1, x2, ...]
in pixels of the original image, `score`. For MPII `image_id` is the position of the person in the annotation file.
"""

import contextlib
import io
from collections.abc import Mapping, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from bench.catalog.schema import PCKH_JOINTS, DatasetName, Layout, Tier, layout
from bench.datasets.keypoints import COCO_17, CROWDPOSE_14, MPII_16
from bench.datasets.prepare import subset_of
from bench.errors import DataError
from bench.evaluate.error_diagnosis import diagnose, diagnose_mpii
from bench.evaluate.ground_truth import MpiiTruth, annotations_of, mpii_truth
from bench.evaluate.matches import Matches
from bench.evaluate.oks import with_fast_oks
from bench.evaluate.per_person import People
from bench.files import read_json
from bench.results.locations import MATCHES, PEOPLE
from bench.results.records import Diagnosis

Prediction = Mapping[str, Any]
COCO_FIGURES = ("AP", "AP50", "AP75", "AP_M", "AP_L", "AR", "AR50", "AR75", "AR_M", "AR_L")
CROWDPOSE_FIGURES = (
    "AP", "AP50", "AP75", "AR", "AR50", "AR75", "AP_easy", "AP_medium", "AP_hard",
)  # fmt: skip
EVALUATORS: dict[Layout, str] = {
    "coco": f"pycocotools {version('pycocotools')}",
    "crowdpose": f"xtcocotools {version('xtcocotools')}",
    "mpii": "PCKh, 1-based, 0.6 head box diagonal",
}
SPLITS: dict[Layout, str] = {
    "coco": "coco-val2017",
    "mpii": "mpii-val",
    "crowdpose": "crowdpose-test",
}
CROWDPOSE_SIGMAS = (
    np.array([0.79, 0.79, 0.72, 0.72, 0.62, 0.62, 1.07, 1.07, 0.87, 0.87, 0.89, 0.89, 0.79, 0.79])
    / 10
)
# MPII joint order: ankle, knee, hip (right), hip, knee, ankle (left), pelvis, thorax, neck, head top,
# wrist, elbow, shoulder (right), shoulder, elbow, wrist (left).
_HRNET_01 = float(np.arange(0, 0.5 + 0.01, 0.01)[11])
_MPII_PAIRS = {
    "head": (9, 9), "shoulder": (12, 13), "elbow": (11, 14), "wrist": (10, 15),
    "hip": (2, 3), "knee": (1, 4), "ankle": (0, 5),
}  # fmt: skip


class Evaluation(NamedTuple):
    """All that one evaluation tells: the figures, the errors behind them, each person, each match (COCO only)."""

    metrics: dict[str, float]
    diagnosis: Diagnosis
    people: People
    matches: Matches | None

    def save(self, result: Path) -> None:
        """People and matches, next to the result file `result`."""
        self.people.save(result.with_suffix(PEOPLE))
        if self.matches:
            self.matches.save(result.with_suffix(MATCHES))


def evaluated_on(dataset: DatasetName, tier: Tier, fingerprint: str) -> dict[str, str]:
    """The part of a protocol that the data and the evaluator decide."""
    form = layout(dataset)
    return {
        "data": f"{form}-real" if tier == "full" else f"{dataset}-synthetic",
        "split": SPLITS[form] if tier == "full" else "synthetic",
        **({"subset": subset} if (subset := subset_of(dataset, tier)) else {}),
        "fingerprint": fingerprint,
        "evaluator": EVALUATORS[form],
    }


def examine(dataset: Layout, truth: Path, predictions: Sequence[Prediction]) -> Evaluation:
    """Every figure of a data set's own evaluation, in percent, and what stands behind them."""
    if dataset == "mpii":
        return _examine_mpii(truth, predictions)
    if dataset == "crowdpose":
        crowd = crowdpose_evaluation(truth, predictions)
        told = diagnose(crowd, CROWDPOSE_14, CROWDPOSE_SIGMAS, use_area=False)
        return Evaluation(_figures(CROWDPOSE_FIGURES, crowd), *told, matches=None)
    evaluation = coco_evaluation(truth, predictions)
    told = diagnose(evaluation, COCO_17, evaluation.params.kpt_oks_sigmas)
    matches = Matches.of(evaluation)
    return Evaluation(_figures(COCO_FIGURES, evaluation), *told, matches)


def evaluate(dataset: Layout, truth: Path, predictions: Sequence[Prediction]) -> dict[str, float]:
    """Every figure of a data set's own evaluation, in percent."""
    if dataset == "coco":
        return coco_metrics(truth, predictions)
    if dataset == "crowdpose":
        return crowdpose_metrics(truth, predictions)
    return mpii_metrics(truth, predictions)


def coco_metrics(annotations: Path, predictions: Sequence[Prediction]) -> dict[str, float]:
    """COCO keypoint AP and AR, the ten figures of pycocotools, in percent.

    With a `bbox` in its first entry, pycocotools takes the area of a detection from the box and not from its
    keypoints, which shifts AP_M and AP_L; top-down models' entries carry none.
    """
    return _figures(COCO_FIGURES, coco_evaluation(annotations, predictions))


def crowdpose_metrics(annotations: Path, predictions: Sequence[Prediction]) -> dict[str, float]:
    """CrowdPose AP and AR with easy, medium and hard by crowd index, in percent."""
    return _figures(CROWDPOSE_FIGURES, crowdpose_evaluation(annotations, predictions))


def coco_evaluation(annotations: Path, predictions: Sequence[Prediction]) -> Any:
    """pycocotools' COCOeval after `evaluate()`, its OKS computed for all detections of an image at once."""
    from pycocotools.coco import COCO
    from pycocotools.cocoeval import COCOeval

    data = annotations_of(annotations, "coco")
    _known_images(data, predictions)
    with contextlib.redirect_stdout(io.StringIO()):
        truth = COCO()
        truth.dataset = data
        truth.createIndex()
        evaluation = with_fast_oks(COCOeval)(truth, _loaded(truth, predictions), "keypoints")
        evaluation.evaluate()
    return evaluation


def crowdpose_evaluation(annotations: Path, predictions: Sequence[Prediction]) -> Any:
    """xtcocotools' COCOeval for crowded scenes after `evaluate()`."""
    from xtcocotools.coco import COCO
    from xtcocotools.cocoeval import COCOeval

    _known_images(annotations_of(annotations, "crowdpose"), predictions)
    with contextlib.redirect_stdout(io.StringIO()):
        truth = COCO(str(annotations))
        found = _loaded(truth, predictions)
        evaluation = with_fast_oks(COCOeval)(
            truth, found, "keypoints_crowd", CROWDPOSE_SIGMAS, use_area=False
        )
        evaluation.params.useSegm = None
        evaluation.evaluate()
    return evaluation


def _loaded(truth: Any, predictions: Sequence[Prediction]) -> Any:
    """The evaluator's own view of predictions; of none at all too, which pycocotools cannot load."""
    if predictions:
        return truth.loadRes([dict(p) for p in predictions])
    nothing = type(truth)()
    nothing.dataset = {**truth.dataset, "annotations": []}
    nothing.createIndex()
    return nothing


def _figures(names: Sequence[str], evaluation: Any) -> dict[str, float]:
    """Names to percent; the evaluator's -1 (nothing of that size in the data) is left out."""
    with contextlib.redirect_stdout(io.StringIO()):
        evaluation.accumulate()
        evaluation.summarize()
    pairs = zip(names, evaluation.stats, strict=True)
    return {name: 100.0 * float(figure) for name, figure in pairs if figure > -1}


def _known_images(annotations: dict[str, Any], predictions: Sequence[Prediction]) -> None:
    """Raises `DataError` for a prediction of an image that the annotations do not have."""
    known = {image["id"] for image in annotations["images"]}
    strange = [p["image_id"] for p in predictions if p["image_id"] not in known]
    if strange:
        raise DataError(
            f"{len(strange)} predictions are of images that the annotations do not have, the first of {strange[0]!r}"
        )


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

    `ground_truth` is mpii_gt_val.mat. Pelvis and thorax do not count; the mean weighs joints by how often they are
    labelled. PCKh@0.11 is what HRNet's code and its heirs print as Mean@0.1: the twelfth of the thresholds 0, 0.01, ...
    """
    truth = mpii_truth(ground_truth)
    return _mpii_figures(truth, _by_position(predictions, len(truth.heads)))


def _mpii_figures(truth: MpiiTruth, predicted: NDArray[np.float64]) -> dict[str, float]:
    joints, labelled, heads = truth
    scores = {t: pckh(predicted, joints, heads, labelled, t) for t in (0.5, 0.1, _HRNET_01)}
    weight = labelled.sum(axis=0).astype(float)
    weight[6:8] = 0.0
    weight /= weight.sum()
    figures = {
        "PCKh": float(scores[0.5] @ weight),
        "PCKh@0.1": float(scores[0.1] @ weight),
        "PCKh@0.11": float(scores[_HRNET_01] @ weight),
    }
    for joint in PCKH_JOINTS:
        figures[f"PCKh_{joint}"] = float(scores[0.5][list(_MPII_PAIRS[joint])].mean())
    return figures


def _by_position(predictions: Sequence[Prediction], count: int) -> NDArray[np.float64]:
    """[count, 16, 2], one added: predictions are in 0-based pixels, MPII's truth is in 1-based ones."""
    found = {int(p["image_id"]): p["keypoints"] for p in predictions}
    missing = sorted(set(range(count)) - set(found))
    if missing or len(found) != count:
        raise DataError(
            f"MPII predictions cover {len(found)} of {count} people; first missing position: "
            f"{missing[0] if missing else 'none, but there are strangers'}"
        )
    rows = np.array([found[i] for i in range(count)], dtype=float).reshape(count, 16, 3)
    return np.asarray(rows[:, :, :2] + 1.0)


def _examine_mpii(ground_truth: Path, predictions: Sequence[Prediction]) -> Evaluation:
    truth = mpii_truth(ground_truth)
    predicted = _by_position(predictions, len(truth.heads))
    people = ground_truth.with_name("mpii_val.json")  # lists the same people, with their images
    images = [str(one["image"]) for one in read_json(people)] if people.is_file() else None
    if images is not None and len(images) != len(truth.heads):
        raise DataError(f"{people} lists {len(images)} people, {ground_truth} {len(truth.heads)}")
    diagnosis, everyone = diagnose_mpii(
        predicted, truth.joints, truth.heads, truth.labelled, MPII_16, images
    )
    return Evaluation(_mpii_figures(truth, predicted), diagnosis, everyone, None)
