"""The official evaluators of COCO and CrowdPose, run in memory on checked annotations."""

import contextlib
import copy
import io
from collections.abc import Mapping, Sequence
from typing import Any

from bench.catalog.schema import Layout
from bench.datasets.keypoints import KEYPOINTS
from bench.evaluate.instances import Prediction, check_predictions


def official_evaluation(
    dataset: Layout, annotations: Mapping[str, Any], predictions: Sequence[Prediction]
) -> Any:
    """COCOeval of pycocotools (coco) or xtcocotools (crowdpose) after `evaluate()`.

    annotations: the content of `bench.datasets.annotations.annotations_of`; its entries get the evaluator's own marks.
    Raises `DataError` as `check_predictions`.
    """
    check_predictions(predictions, {image["id"] for image in annotations["images"]})
    with contextlib.redirect_stdout(io.StringIO()):
        evaluation = (_coco if dataset == "coco" else _crowdpose)(annotations, predictions)
        evaluation.evaluate()
    return evaluation


def _coco(annotations: Mapping[str, Any], predictions: Sequence[Prediction]) -> Any:
    from pycocotools.coco import COCO
    from pycocotools.cocoeval import COCOeval

    truth = _indexed(COCO, annotations)
    return COCOeval(truth, _loaded(truth, predictions), "keypoints")


def _crowdpose(annotations: Mapping[str, Any], predictions: Sequence[Prediction]) -> Any:
    from xtcocotools.coco import COCO
    from xtcocotools.cocoeval import COCOeval

    class InMemory(COCOeval):  # type: ignore[misc]
        """Takes the crowd index of each image from memory, where xtcocotools reads the annotation file again."""

        def split(self, gt_file: str, first: float, second: float) -> tuple[list[int], ...]:
            groups: tuple[list[int], ...] = ([], [], [])
            for image in self.cocoGt.dataset["images"]:
                index = image["crowdIndex"]
                groups[0 if index < first else 1 if index < second else 2].append(image["id"])
            return groups

        def get_type_result(self, first: float, second: float) -> list[float]:
            """AP of the three classes; leaves this evaluation as it is, which xtcocotools does not."""
            again = copy.copy(self)
            again.params = copy.copy(self.params)
            again.anno_file = ["", ""]
            return list(super(InMemory, again).get_type_result(first, second))

    truth = _indexed(COCO, annotations)
    sigmas = KEYPOINTS["crowdpose"].sigmas
    found = _loaded(truth, predictions)
    evaluation = InMemory(truth, found, "keypoints_crowd", sigmas, use_area=False)
    evaluation.params.useSegm = None
    return evaluation


def _indexed(kind: type, annotations: Mapping[str, Any]) -> Any:
    truth = kind()
    truth.dataset = dict(annotations)
    truth.createIndex()
    return truth


def _loaded(truth: Any, predictions: Sequence[Prediction]) -> Any:
    """Predictions as the evaluator loads them; also an empty list, which neither can load."""
    if predictions:
        return truth.loadRes([dict(p) for p in predictions])
    return _indexed(type(truth), {**truth.dataset, "annotations": []})
