#!/usr/bin/env bash
# ultralytics 8.4.190: predictions that are all right get an mAP of 0.995, and every other AP differs from COCO's, too.
#
# Expectation: mAP50-95(Pose) of a validation is the AP of COCO's evaluation, but for the matching: 1.0 if everything is right.
# Behaviour: ap_per_class appends the point (1, 0) to precision over recall and integrates it by trapezoids over 101 recalls; COCO
# takes the mean of the precisions at these. The last half step is lost: 1 - 0.01 / 2.
# Output seen: 50 right predictions of 50 people: 0.995 at every threshold.
# Where it matters: tables that put the mAP of an Ultralytics validation beside AP of pycocotools; a network that is
# perfect on a small test set seems to miss something. pycocotools on the saved predictions.json gives COCO's figure.
# Exit status 1 if the behaviour is another one.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
pip() { "$work/venv/bin/pip" install -q --disable-pip-version-check "$@" >&2; }
pip 'torch==2.13.0' 'numpy==2.2.6' 'setuptools==80.9.0' 'opencv-python-headless==4.12.0.88' 'pyyaml==6.0.3' 'requests==2.32.5' 'psutil==7.1.0'
pip 'matplotlib==3.10.6' 'pillow==11.3.0' 'polars==1.35.2' 'scipy==1.16.2'
pip --no-deps 'torchvision==0.28.0' 'ultralytics==8.4.190' 'ultralytics-thop==2.2.3'
export YOLO_CONFIG_DIR=$work YOLO_OFFLINE=true
cat > "$work/show.py" <<'PY'
import torch

try:
    import torchvision  # noqa: F401
except RuntimeError:  # its compiled operators, of which none is used here, need PyTorch's build from the same place
    operators = torch.library.Library("torchvision", "DEF")
    for name in ("nms", "qnms"):
        operators.define(f"{name}(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")

import numpy as np
from ultralytics.utils.metrics import ap_per_class

right = np.ones((50, 10), bool)  # 50 predictions at the thresholds 0.5 to 0.95
people = np.zeros(50)
ap = ap_per_class(right, np.linspace(0.9, 0.1, 50), people, people)[5]
print("AP at each threshold:", np.round(ap, 6).tolist())
raise SystemExit(0 if np.allclose(ap, 0.995, atol=1e-6) else "changed: AP is integrated otherwise now")
PY
"$work/venv/bin/python" -W ignore "$work/show.py"
