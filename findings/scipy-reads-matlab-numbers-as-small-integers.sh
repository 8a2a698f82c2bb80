#!/usr/bin/env bash
# SciPy 1.16.2: loadmat returns MATLAB's double arrays as 8-bit or 16-bit unsigned integers where their values are whole.
# 
# Expectation: a variable of class double comes back as float64.
# Behaviour: MATLAB and Octave store whole numbers in the smallest integer type that holds them, as a compression that their
# class (double) undoes. loadmat returns the stored type, unless mat_dtype=True. Differences then wrap around.
# Output seen: x1 = 200 and x2 = 120 come back as uint8, x2 - x1 is 176 instead of -80; with mat_dtype=True it is -80.
# Where it matters: mpii_human_pose_v1_u12_1.mat and other annotations in .mat files have whole pixel positions next to
# fractions: the type of "x1" changes from person to person. Head sizes from y2 - y1, distances, normalised positions are wrong for
# some people, and right for those with a fraction.
# Exit status 1 if the behaviour is another one.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
pip() { "$work/venv/bin/pip" install -q --disable-pip-version-check "$@" >&2; }
pip 'scipy==1.16.2' 'numpy==2.2.6'
cat > "$work/show.py" <<'PY'
import io
import struct

import numpy as np
from scipy.io import loadmat


def element(kind, raw):
    return struct.pack("<II", kind, len(raw)) + raw + bytes(-len(raw) % 8)


def double(name, value):
    """A variable of class double (6) with one whole number, stored as uint8 (2), as MATLAB and Octave write it."""
    parts = [struct.pack("<II", 6, 0), struct.pack("<ii", 1, 1), name.encode(), bytes([value])]
    return element(14, b"".join(element(kind, raw) for kind, raw in zip((6, 5, 1, 2), parts)))


file = b"MATLAB 5.0 MAT-file".ljust(124) + struct.pack("<H", 0x0100) + b"IM" + double("x1", 200) + double("x2", 120)
plain, exact = (loadmat(io.BytesIO(file), mat_dtype=same) for same in (False, True))
seen = [(one["x1"].dtype.name, float((one["x2"] - one["x1"])[0, 0])) for one in (plain, exact)]
print("type of x1 and x2 - x1:", seen[0], "with mat_dtype=True:", seen[1])
raise SystemExit(0 if seen == [("uint8", 176), ("float64", -80)] else "changed: whole numbers are read otherwise now")
PY
"$work/venv/bin/python" -W ignore "$work/show.py"
