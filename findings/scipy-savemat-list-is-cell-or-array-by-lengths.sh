#!/usr/bin/env bash
# SciPy 1.16.2: savemat writes a list of arrays as a cell array, or as one numeric array if their shapes happen to be equal.
# 
# Expectation: a Python list becomes one kind of MATLAB variable, a cell array.
# Behaviour: the list goes through NumPy. Arrays of different shapes become a cell array with one cell each; arrays of equal shape
# are stacked into one numeric array with a further dimension, of which pred{2} is an error and pred(2) one number.
# Output seen: predictions of images with 1 and 2 people: a cell array of 1x2; with 2 and 2 people: double of 2x2x16x2.
# Where it matters: predictions handed to MATLAB evaluation code (MPII's, PoseTrack's) as a list with one array per image or per
# person: a file works, until all images have as many people. An object array (np.empty(n, object)) is always a cell array.
# Exit status 1 if the behaviour is another one.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
pip() { "$work/venv/bin/pip" install -q --disable-pip-version-check "$@" >&2; }
pip 'scipy==1.16.2' 'numpy==2.2.6'
cat > "$work/show.py" <<'PY'
import io

import numpy as np
from scipy.io import savemat, whosmat


def written(people):
    """Shape and class of the variable for images with so many people of 16 joints."""
    file = io.BytesIO()
    savemat(file, {"pred": [np.zeros((number, 16, 2)) for number in people]})
    return whosmat(file)[0][1:]


different, equal = written([1, 2]), written([2, 2])
print("1 and 2 people:", *different, "2 and 2 people:", *equal)
expected = different == ((1, 2), "cell") and equal == ((2, 2, 16, 2), "double")
raise SystemExit(0 if expected else "changed: lists are written otherwise now")
PY
"$work/venv/bin/python" -W ignore "$work/show.py"
