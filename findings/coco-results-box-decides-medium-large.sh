#!/usr/bin/env bash
# pycocotools 2.0.11: a "bbox" beside the keypoints of a result changes AP_medium and AP_large of the keypoints.
#
# Expectation: in the evaluation of keypoints, results are ranked by score and compared by OKS; a box that is stored with
# them is not looked at.
# Behaviour: COCO.loadRes tells the kind of results by the first entry and looks for "bbox" before "keypoints". With a box,
# the area of a result is the box's; without, that of the smallest rectangle around its keypoints. An unmatched result
# outside of the range of areas is not counted, so the same keypoints and scores give another AP_medium and AP_large. AP, AP50
# and AP75 do not change.
# Output seen: AP_medium 0.5 without a box and 1.0 with the detector's padded box; AP 0.5 both times.
# Where it matters: top-down methods whose result files keep the detector's box (padded or not) are compared in tables with
# methods whose files do not; adding a box by oneself, to evaluate boxes too, changes published figures.
# Exit status 1 if the behaviour is another one.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -q --disable-pip-version-check 'pycocotools==2.0.11' 'numpy==2.2.6' >&2
cat > "$work/show.py" <<'PY'
import contextlib
import io

import numpy as np
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval


def person(x, y):
    """17 points inside a square with sides of 80 pixels around (x, y)."""
    step = np.linspace(0, 1, 17)
    return np.stack([x + 80 * (step - 0.5), y + 80 * ((7 * step) % 1 - 0.5)], axis=1)


def evaluate(boxes):
    here, elsewhere = person(150, 150), person(450, 300)
    low, high = here.min(axis=0), here.max(axis=0)
    truth = COCO()
    truth.dataset = {
        "images": [{"id": 1, "width": 640, "height": 480}],
        "categories": [{"id": 1, "name": "person"}],
        "annotations": [
            {
                "id": 1, "image_id": 1, "category_id": 1, "iscrowd": 0, "area": 6400.0, "num_keypoints": 17,
                "bbox": [*low, *(high - low)], "keypoints": np.c_[here, np.full(17, 2)].ravel().tolist(),
            }
        ],
    }
    truth.createIndex()
    results = [
        {"image_id": 1, "category_id": 1, "keypoints": np.c_[points, np.ones(17)].ravel().tolist(), "score": score}
        for points, score in ((elsewhere, 0.9), (here, 0.8))
    ]
    for result, box in zip(results, boxes):
        result["bbox"] = box
    run = COCOeval(truth, truth.loadRes(results), "keypoints")
    run.evaluate()
    run.accumulate()
    run.summarize()
    return [round(float(run.stats[k]), 3) for k in (0, 3)]


with contextlib.redirect_stdout(io.StringIO()):
    without = evaluate([])
    padded = evaluate([[400, 250, 100, 100], [100, 100, 100, 100]])  # 1.25 times the person, as top-down methods crop
print(f"AP, AP_medium: {without} without boxes, {padded} with boxes")
raise SystemExit(0 if without == [0.5, 0.5] and padded == [0.5, 1.0] else "changed: boxes act otherwise now")
PY
"$work/venv/bin/python" "$work/show.py"
