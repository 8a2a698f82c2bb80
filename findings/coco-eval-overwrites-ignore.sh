#!/usr/bin/env bash
# pycocotools 2.0.11: COCOeval overwrites the "ignore" of an annotation.
#
# Expectation: an annotation with "ignore": 1 is neither counted as missed nor as found. COCOeval itself reads the key, and
# data sets and converters write it for people that should not be evaluated.
# Behaviour: the value that was read is replaced by that of "iscrowd" on the next line, also in the annotations that the
# caller holds. Only "iscrowd": 1 or, for keypoints, "num_keypoints": 0 makes an annotation ignored.
# Output seen: AP 0.505 for one person found of two, with "ignore": 1 at the second as well as without; 1.0 with "iscrowd": 1.
# Afterwards "ignore" is 0 in the caller's annotation.
# Where it matters: subsets of COCO for pose estimation that mark small, occluded or unlabelled people by "ignore" report a lower
# AP than their authors intend.
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


def person(number, x, **more):
    step = np.linspace(0, 1, 17)
    points = np.stack([x + 80 * (step - 0.5), 150 + 80 * ((7 * step) % 1 - 0.5), np.full(17, 2)], axis=1)
    annotation = {
        "id": number, "image_id": 1, "category_id": 1, "iscrowd": 0, "area": 6400.0, "num_keypoints": 17,
        "bbox": [x - 40, 110, 80, 80], "keypoints": points.ravel().tolist(),
    }
    return {**annotation, **more}


def evaluate(**more):
    """AP of a result for the first of two people, and the second annotation's "ignore" afterwards."""
    truth = COCO()
    truth.dataset = {
        "images": [{"id": 1, "width": 640, "height": 480}],
        "categories": [{"id": 1, "name": "person"}],
        "annotations": [person(1, 150), person(2, 450, **more)],
    }
    truth.createIndex()
    found = {"image_id": 1, "category_id": 1, "keypoints": person(1, 150)["keypoints"], "score": 0.9}
    run = COCOeval(truth, truth.loadRes([found]), "keypoints")
    run.evaluate()
    run.accumulate()
    run.summarize()
    return round(float(run.stats[0]), 3), int(truth.dataset["annotations"][1]["ignore"])


with contextlib.redirect_stdout(io.StringIO()):
    seen = {"plain": evaluate(), "ignore": evaluate(ignore=1), "iscrowd": evaluate(iscrowd=1)}
print("AP, ignore afterwards:", seen)
expected = {"plain": (0.505, 0), "ignore": (0.505, 0), "iscrowd": (1.0, 1)}
raise SystemExit(0 if seen == expected else "changed: ignore acts otherwise now")
PY
"$work/venv/bin/python" "$work/show.py"
