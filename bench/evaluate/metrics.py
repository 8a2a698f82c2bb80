"""Metrics from stored predictions, as the official evaluators give them. Percent everywhere.

Predictions are COCO result entries: `image_id`, `category_id`, `keypoints` [x1, y1, score1, x2, ...]
in pixels of the original image, `score`. For MPII, `image_id` is the position of the person in the annotation file.
"""

from collections.abc import Mapping, Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from bench.catalog.quantities import PCKH_JOINTS
from bench.catalog.schema import DatasetName, Layout, Tier, layout
from bench.datasets.annotations import Annotations, annotations_of
from bench.datasets.keypoints import KEYPOINTS
from bench.errors import DataError
from bench.evaluate.box_ap import box_ap
from bench.evaluate.cautions import cautions
from bench.evaluate.error_diagnosis import diagnose, diagnose_mpii
from bench.evaluate.figures import evaluate_entries
from bench.evaluate.ground_truth import MpiiTruth, mpii_truth
from bench.evaluate.instances import Prediction
from bench.evaluate.matches import Matches
from bench.evaluate.per_person import People
from bench.files import read_json
from bench.results.locations import MATCHES, PEOPLE
from bench.results.records import Diagnosis

# The values that the official evaluators print, in their order.
METRICS: dict[Layout, tuple[str, ...]] = {
    "coco": ("AP", "AP50", "AP75", "AP_M", "AP_L", "AR", "AR50", "AR75", "AR_M", "AR_L"),
    "crowdpose": ("AP", "AP50", "AP75", "AR", "AR50", "AR75", "AP_easy", "AP_medium", "AP_hard"),
}


def _installed(package: str) -> str:
    try:
        return f"{package} {version(package)}"
    except PackageNotFoundError:
        return f"{package} (not installed)"


EVALUATORS: dict[Layout, str] = {
    "coco": _installed("pycocotools"),
    "crowdpose": _installed("xtcocotools"),
    "mpii": "PCKh, 1-based, 0.6 head box diagonal",
}
SPLIT_NAMES: dict[Layout, str] = {
    "coco": "coco-val2017",
    "mpii": "mpii-val",
    "crowdpose": "crowdpose-test",
}
_HRNET_01 = float(np.arange(0, 0.5 + 0.01, 0.01)[11])
_MPII_NAMES = KEYPOINTS["mpii"].names
_MPII_COLUMNS = {  # "knee": right_knee and left_knee; "head": head_top
    joint: [k for k, name in enumerate(_MPII_NAMES) if joint in name.split("_")]
    for joint in PCKH_JOINTS
}


class Evaluation(NamedTuple):
    """The result of one evaluation: metrics, error diagnosis, every person, matches (COCO only).

    notes: what was repaired in the annotations, and what the figures depend on.
    """

    metrics: dict[str, float]
    diagnosis: Diagnosis
    people: People
    matches: Matches | None
    notes: tuple[str, ...] = ()

    def files(self) -> dict[str, bytes]:
        """People and matches as files beside a result: ending -> content."""
        matches = {MATCHES: self.matches.packed()} if self.matches else {}
        return {PEOPLE: self.people.packed(), **matches}


def evaluated_on(dataset: DatasetName, tier: Tier, fingerprint: str) -> dict[str, str]:
    """The part of a protocol that depends on the data and the evaluator."""
    from bench.datasets.prepare import subset_note

    form = layout(dataset)
    return {
        "data": f"{form}-real" if tier == "full" else f"{dataset}-synthetic",
        "split": SPLIT_NAMES[form] if tier == "full" else "synthetic",
        **({"subset": subset} if (subset := subset_note(dataset, tier)) else {}),
        "fingerprint": fingerprint,
        "evaluator": EVALUATORS[form],
    }


def evaluate_with_diagnosis(
    dataset: Layout,
    truth: Path,
    predictions: Sequence[Prediction],
    *,
    reference: bool = False,
    checked: Annotations | None = None,
) -> Evaluation:
    """Every metric of a data set's official evaluation, in percent, with the errors behind them.

    reference: by pycocotools or xtcocotools, many times slower. checked: what `truth` holds, if it was read.
    """
    if dataset == "mpii":
        return _mpii_with_diagnosis(truth, predictions)
    checked = checked or annotations_of(truth, dataset)
    found = evaluate_entries(dataset, checked.content, predictions, reference=reference)
    diagnosis, people = diagnose(found.evaluated, KEYPOINTS[dataset])
    matches = Matches.of(found.evaluated)
    noted = cautions(dataset, checked.content, predictions, found.evaluated, matches)
    return Evaluation(
        _metrics(dataset, found.figures, checked.content, predictions),
        diagnosis,
        people.renumbered(checked.original),
        matches if dataset == "coco" else None,
        (*checked.notes, *found.notes, *noted),
    )


def evaluate(dataset: Layout, truth: Path, predictions: Sequence[Prediction]) -> dict[str, float]:
    """Every metric of a data set's official evaluation, in percent.

    COCO: with a `bbox` in its first entry, pycocotools takes the area of a detection from the box and not from its
    keypoints, which shifts AP_M and AP_L; top-down models' entries carry none. Entries with boxes also have an AP_box.
    """
    if dataset == "mpii":
        people = mpii_truth(truth)
        return _mpii_summary(people, _by_position(predictions, len(people.heads)))
    annotations = annotations_of(truth, dataset).content
    figures = evaluate_entries(dataset, annotations, predictions).figures
    return _metrics(dataset, figures, annotations, predictions)


def _metrics(
    dataset: Layout,
    figures: Sequence[float],
    annotations: Mapping[str, Any],
    predictions: Sequence[Prediction],
) -> dict[str, float]:
    """Name -> percent, without the evaluators' -1 (no person of that size in the data).

    Of the keypoints and, on COCO, of the boxes if there are any.
    """
    pairs = zip(METRICS[dataset], figures, strict=True)
    found = {name: 100.0 * float(value) for name, value in pairs if value > -1}
    boxes = box_ap(annotations, predictions) if dataset == "coco" else None
    return found if boxes is None else {**found, "AP_box": boxes}


def pckh(
    predicted: NDArray[np.float64],
    truth: NDArray[np.float64],
    head_size: NDArray[np.float64],
    visible: NDArray[np.bool_],
    threshold: float,
) -> NDArray[np.float64]:
    """PCKh per joint [K], percent: share of visible joints within `threshold` head sizes.

    `predicted` and `truth` are [N, K, 2] in pixels of one image, `head_size` [N] pixels, `visible` [N, K].
    """
    distance = np.linalg.norm(predicted - truth, axis=2) / head_size[:, None]
    hits = ((distance <= threshold) & visible).sum(axis=0)
    return np.asarray(100.0 * hits / np.maximum(visible.sum(axis=0), 1))


def _mpii_summary(truth: MpiiTruth, predicted: NDArray[np.float64]) -> dict[str, float]:
    """PCKh@0.5 and @0.1, mean and per joint pair, as in the official MPII evaluation.

    Pelvis and thorax do not count; the mean weights joints by how often they are labelled. PCKh@0.11 is what HRNet's
    code and its forks print as Mean@0.1: the twelfth of the thresholds 0, 0.01, ...
    """
    joints, labelled, heads = truth
    scores = {t: pckh(predicted, joints, heads, labelled, t) for t in (0.5, 0.1, _HRNET_01)}
    weight = labelled.sum(axis=0).astype(float)
    weight[[_MPII_NAMES.index(name) for name in ("pelvis", "thorax")]] = 0.0
    weight /= weight.sum()
    values = {
        "PCKh": float(scores[0.5] @ weight),
        "PCKh@0.1": float(scores[0.1] @ weight),
        "PCKh@0.11": float(scores[_HRNET_01] @ weight),
    }
    for joint in PCKH_JOINTS:
        values[f"PCKh_{joint}"] = float(scores[0.5][_MPII_COLUMNS[joint]].mean())
    return values


def _by_position(predictions: Sequence[Prediction], count: int) -> NDArray[np.float64]:
    """[count, 16, 2] plus one: predictions are in 0-based pixels, MPII's annotations in 1-based ones."""
    found = {int(p["image_id"]): p["keypoints"] for p in predictions}
    missing = sorted(set(range(count)) - set(found))
    if missing or len(found) != count:
        raise DataError(
            f"MPII predictions cover {len(found)} of {count} people; first missing position: "
            f"{missing[0] if missing else 'none, but some positions are unknown'}"
        )
    rows = np.array([found[i] for i in range(count)], dtype=float).reshape(count, 16, 3)
    return np.asarray(rows[:, :, :2] + 1.0)


def _mpii_with_diagnosis(ground_truth: Path, predictions: Sequence[Prediction]) -> Evaluation:
    truth = mpii_truth(ground_truth)
    predicted = _by_position(predictions, len(truth.heads))
    people = ground_truth.with_name("mpii_val.json")  # lists the same people, with their images
    images = [str(one["image"]) for one in read_json(people)] if people.is_file() else None
    if images is not None and len(images) != len(truth.heads):
        raise DataError(f"{people} lists {len(images)} people, {ground_truth} {len(truth.heads)}")
    diagnosis, everyone = diagnose_mpii(
        predicted, truth.joints, truth.heads, truth.labelled, images
    )
    return Evaluation(_mpii_summary(truth, predicted), diagnosis, everyone, None)
