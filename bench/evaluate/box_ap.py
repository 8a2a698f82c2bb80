"""AP of predicted boxes, by pycocotools' detection evaluation."""

import contextlib
import io
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np


def box_ap(
    annotations: Mapping[str, Any], predictions: Sequence[Mapping[str, Any]]
) -> float | None:
    """COCO's AP^box in percent: IoU 0.50 to 0.95, people of every size, at most 100 boxes in an image.

    annotations: a COCO keypoint file's content; it is not changed. As in COCO's detection evaluation, every person
    counts, with labelled keypoints or without, and boxes in a crowd region (`iscrowd`) are ignored. Boxes are ranked by
    the entries' `score`; entries without a box detect nothing. None if no entry has a box, or nobody counts.
    """
    from pycocotools.coco import COCO
    from pycocotools.cocoeval import COCOeval

    boxes = [
        {key: one[key] for key in ("image_id", "category_id", "bbox", "score")}
        for one in predictions
        if one.get("bbox")
    ]
    if not boxes:
        return None
    with contextlib.redirect_stdout(io.StringIO()):
        truth = COCO()
        people = [dict(one) for one in annotations["annotations"]]  # the evaluator marks them
        truth.dataset = {**annotations, "annotations": people}
        truth.createIndex()
        evaluation = COCOeval(truth, truth.loadRes(boxes), "bbox")
        evaluation.params.areaRng, evaluation.params.areaRngLbl = [[0, 1e10]], ["all"]
        evaluation.evaluate()
        evaluation.accumulate()
    precision = evaluation.eval["precision"][..., 0, -1]
    counted = precision[precision > -1]
    return 100.0 * float(np.mean(counted)) if counted.size else None
