#!/usr/bin/env bash
# xtcocotools 1.14.3: after summarize() with keypoints_crowd, the evaluator holds the hard images alone; a second call prints their AP.
# 
# Expectation: summarize() prints what accumulate() found and changes nothing, as for the other kinds of evaluation.
# Behaviour: for AP easy, medium and hard it sets params.imgIds and evaluates three times, the hard images last, and leaves
# it so. evalImgs, eval["precision"], eval["recall"] and params.imgIds are those of the hard images; without a hard image they
# are empty.
# Output seen: the first call gives AP 0.752 of two images, the second 0.505; 2 images are evaluated before it, 1 after it.
# Where it matters: CrowdPose. Precision-recall curves, matches for error analysis, or a second summary in a notebook, taken from
# the evaluator after the printed table, are of the hard images, and nothing says so. They have to be copied before.
# Exit status 1 if the behaviour is another one.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
pip() { "$work/venv/bin/pip" install -q --disable-pip-version-check "$@" >&2; }
pip 'numpy==1.26.4' 'xtcocotools==1.14.3'
cat > "$work/show.py" <<'PY'
import contextlib
import io
import json
import sys

import numpy as np
from xtcocotools.coco import COCO
from xtcocotools.cocoeval import COCOeval


def person(x, y):
    """14 points inside a square with sides of 80 pixels around (x, y)."""
    step = np.linspace(0, 1, 14)
    return np.stack([x + 80 * (step - 0.5), y + 80 * ((7 * step) % 1 - 0.5)], axis=1)


truth, results = sys.argv[1:]
annotations, found = [], []
for image, x in ((1, 100), (1, 300), (2, 100), (2, 300)):  # of image 2, which is a hard one, one person is found
    points = person(x, 150)
    low, high = points.min(axis=0), points.max(axis=0)
    identity = len(annotations) + 1
    annotations.append(
        {
            "id": identity, "image_id": image, "category_id": 1, "iscrowd": 0, "num_keypoints": 14,
            "bbox": [*low, *(high - low)], "keypoints": np.c_[points, np.full(14, 2)].ravel().tolist(),
        }
    )
    keypoints = np.c_[points, np.ones(14)].ravel().tolist()
    found.append({"image_id": image, "category_id": 1, "keypoints": keypoints, "score": 1.0 - 0.1 * identity})
images = [{"id": n, "width": 640, "height": 480, "crowdIndex": index} for n, index in ((1, 0.1), (2, 0.9))]
with open(truth, "w") as file:
    json.dump({"images": images, "categories": [{"id": 1, "name": "person"}], "annotations": annotations}, file)
with open(results, "w") as file:
    json.dump(found[:3], file)
seen = []
with contextlib.redirect_stdout(io.StringIO()):
    people = COCO(truth)
    run = COCOeval(people, people.loadRes(results), "keypoints_crowd", np.full(14, 0.079), use_area=False)
    run.evaluate()
    run.accumulate()
    for _ in range(2):
        before = len({one["image_id"] for one in run.evalImgs if one})
        run.summarize()
        seen.append((before, round(float(run.stats[0]), 3)))
print("images evaluated before, AP:", seen)
raise SystemExit(0 if seen == [(2, 0.752), (1, 0.505)] else "changed: the summary leaves something else now")
PY
"$work/venv/bin/python" -W ignore "$work/show.py" "$work/truth.json" "$work/results.json"
