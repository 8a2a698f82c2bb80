#!/usr/bin/env bash
# pycocotools 2.0.11: with every detection right, AP is too low by one of the 101 recall steps for 10 of 100 possible recalls.
# 
# Expectation: AP is the mean precision at the recalls 0, 0.01, ..., 1. Without a false detection precision is 1 up to the
# recall that is reached, so that k of 100 people found give (k + 1) / 101.
# Behaviour: recall thresholds come from np.linspace, recalls from a division, and the two are compared as they are.
# linspace(0, 1, 101)[35] is 0.35000000000000003, 35 / 100 is 0.35: this step counts as not reached.
# Output seen: 35, 41, 47, 57, 69, 70, 82, 83, 94 and 95 of 100 people give k / 101, all others (k + 1) / 101. 34 and 35 people
# give the same AP, and the step from 35 to 36 is worth two.
# Where it matters: AP on subsets and classes of round sizes (100, 200, 1000 people), and own implementations that are
# checked against pycocotools: a comparison with a tolerance, or 0.01 * k as thresholds, gives another AP.
# Exit status 1 if the behaviour is another one.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
pip() { "$work/venv/bin/pip" install -q --disable-pip-version-check "$@" >&2; }
pip 'pycocotools==2.0.11' 'numpy==2.2.6'
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


def ap(found, of=100):
    points, people = person(100, 150), COCO()
    low, high = points.min(axis=0), points.max(axis=0)
    people.dataset = {
        "images": [{"id": n, "width": 640, "height": 480} for n in range(1, of + 1)],
        "categories": [{"id": 1, "name": "person"}],
        "annotations": [
            {
                "id": n, "image_id": n, "category_id": 1, "iscrowd": 0, "area": 6400.0, "num_keypoints": 17,
                "bbox": [*low, *(high - low)], "keypoints": np.c_[points, np.full(17, 2)].ravel().tolist(),
            }
            for n in range(1, of + 1)
        ],
    }
    people.createIndex()
    keypoints = np.c_[points, np.ones(17)].ravel().tolist()
    results = [{"image_id": n, "category_id": 1, "keypoints": keypoints, "score": 0.9} for n in range(1, found + 1)]
    run = COCOeval(people, people.loadRes(results), "keypoints")
    run.evaluate()
    run.accumulate()
    run.summarize()
    return float(run.stats[0])


with contextlib.redirect_stdout(io.StringIO()):
    steps = {found: round(ap(found) * 101, 6) - found for found in range(1, 101)}
short = [found for found, more in steps.items() if more == 0]
print("of 100 people found without a false detection, AP is a step too low at", short)
expected = short == [35, 41, 47, 57, 69, 70, 82, 83, 94, 95] and set(steps.values()) == {0, 1}
raise SystemExit(0 if expected else "changed: recall is compared otherwise now")
PY
"$work/venv/bin/python" -W ignore "$work/show.py"
