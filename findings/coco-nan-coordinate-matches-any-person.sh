#!/usr/bin/env bash
# pycocotools 2.0.11: a detection with one coordinate that is not a number matches a person at every OKS threshold.
# 
# Expectation: its OKS is not a number, so that it matches nobody, or the evaluator refuses it.
# Behaviour: COCOeval leaves a person out while `oks < threshold`, which is false for NaN. The detection is taken for a
# match at 0.5 and at 0.95, wherever its other keypoints are. faster-coco-eval 1.8.0 counts the same detection as a miss.
# Output seen: a detection 250 pixels off has AP 0; with a NaN for one of its 34 coordinates AP 1 by pycocotools, 0 by faster-coco-eval.
# Where it matters: decoders that give NaN for a flat heatmap (see mmpose-udp-decodes-flat-heatmap-to-nan.sh), divisions by a box without
# extent, overflow in half precision: a fault of the network raises its AP instead of lowering it. json.dump and json.load
# pass NaN on, so that it survives in result files.
# Exit status 1 if the behaviour is another one.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
pip() { "$work/venv/bin/pip" install -q --disable-pip-version-check "$@" >&2; }
pip 'pycocotools==2.0.11' 'numpy==2.2.6' 'faster-coco-eval==1.8.0'
cat > "$work/show.py" <<'PY'
import contextlib
import io

import faster_coco_eval
import numpy as np
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval

def person(x, y):
    """17 points inside a square with sides of 80 pixels around (x, y)."""
    step = np.linspace(0, 1, 17)
    return np.stack([x + 80 * (step - 0.5), y + 80 * ((7 * step) % 1 - 0.5)], axis=1)


def ap(broken, kind=COCO, evaluator=COCOeval):
    here, far = person(150, 150), person(400, 150)
    low, high = here.min(axis=0), here.max(axis=0)
    if broken:
        far[0, 0] = np.nan
    truth = {
        "images": [{"id": 1, "width": 640, "height": 480}],
        "categories": [{"id": 1, "name": "person"}],
        "annotations": [
            {
                "id": 1, "image_id": 1, "category_id": 1, "iscrowd": 0, "area": 6400.0, "num_keypoints": 17,
                "bbox": [*low, *(high - low)], "keypoints": np.c_[here, np.full(17, 2)].ravel().tolist(),
            }
        ],
    }
    people = kind()
    people.dataset = truth
    people.createIndex()
    keypoints = np.c_[far, np.ones(17)].ravel().tolist()
    found = people.loadRes([{"image_id": 1, "category_id": 1, "keypoints": keypoints, "score": 0.9}])
    run = evaluator(people, found, "keypoints")
    run.evaluate()
    run.accumulate()
    run.summarize()
    return round(float(run.stats[0]), 6)


with contextlib.redirect_stdout(io.StringIO()):
    far, broken = ap(False), ap(True)
    other = ap(True, faster_coco_eval.COCO, faster_coco_eval.COCOeval_faster)
print(f"AP of a detection far off: {far}; with one NaN: {broken}, by faster-coco-eval {other}")
raise SystemExit(0 if (far, broken, other) == (0, 1, 0) else "changed: NaN acts otherwise now")
PY
"$work/venv/bin/python" -W ignore "$work/show.py"
