#!/usr/bin/env bash
# xtcocotools 1.14.3: a person whose annotation has a negative id is never found, and the right detection counts as false.
# 
# Expectation: an annotation's id is any integer that is unique; AP does not depend on it.
# Behaviour: the matrix of matches is filled with -1 for "no match", and a match stores the annotation's id there; every id
# below 0 is then read as no match. (pycocotools 2.0.11 does the same with the id 0; there negative ids are right, and here 0 is.)
# Output seen: two people, both found: AP 1.0 with the ids 1 and 2 or 0 and 2, 0.252 with -1 and 2, 0.0 with -5 and -6.
# Where it matters: files put together from several sources that mark their own people with negative ids (hard negatives,
# pseudo labels, people added later), hashes taken as signed integers. MMPose evaluates every data set of COCO's layout by
# xtcocotools, so that its AP and that of pycocotools differ for one file, without a message from either.
# Exit status 1 if the behaviour is another one.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
pip() { "$work/venv/bin/pip" install -q --disable-pip-version-check "$@" >&2; }
pip 'numpy==1.26.4' 'xtcocotools==1.14.3' 'pycocotools==2.0.8'
cat > "$work/show.py" <<'PY'
import contextlib
import io

import numpy as np
import pycocotools.coco
import pycocotools.cocoeval
import xtcocotools.coco
import xtcocotools.cocoeval

def person(x, y):
    """17 points inside a square with sides of 80 pixels around (x, y)."""
    step = np.linspace(0, 1, 17)
    return np.stack([x + 80 * (step - 0.5), y + 80 * ((7 * step) % 1 - 0.5)], axis=1)


def ap(ids, package):
    people, results = package.coco.COCO(), []
    annotations = []
    for number, identity in enumerate(ids):
        points = person(100 + 150 * number, 150)
        low, high = points.min(axis=0), points.max(axis=0)
        annotations.append(
            {
                "id": identity, "image_id": 1, "category_id": 1, "iscrowd": 0, "area": 6400.0, "num_keypoints": 17,
                "bbox": [*low, *(high - low)], "keypoints": np.c_[points, np.full(17, 2)].ravel().tolist(),
            }
        )
        keypoints = np.c_[points, np.ones(17)].ravel().tolist()
        results.append({"image_id": 1, "category_id": 1, "keypoints": keypoints, "score": 0.9 - 0.1 * number})
    people.dataset = {
        "images": [{"id": 1, "width": 640, "height": 480}],
        "categories": [{"id": 1, "name": "person"}],
        "annotations": annotations,
    }
    people.createIndex()
    run = package.cocoeval.COCOeval(people, people.loadRes(results), "keypoints")
    run.evaluate()
    run.accumulate()
    run.summarize()
    return round(float(run.stats[0]), 3)


with contextlib.redirect_stdout(io.StringIO()):
    seen = {str(ids): (ap(ids, xtcocotools), ap(ids, pycocotools)) for ids in ([1, 2], [0, 2], [-1, 2], [-5, -6])}
print("ids: AP by xtcocotools, by pycocotools:", seen)
expected = {"[1, 2]": (1, 1), "[0, 2]": (1, 0.252), "[-1, 2]": (0.252, 1), "[-5, -6]": (0, 1)}
raise SystemExit(0 if seen == expected else "changed: ids act otherwise now")
PY
"$work/venv/bin/python" -W ignore "$work/show.py"
