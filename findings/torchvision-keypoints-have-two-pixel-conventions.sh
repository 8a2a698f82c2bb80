#!/usr/bin/env bash
# torchvision 0.28.0, transforms.v2: a keypoint is a pixel's index in flips and a position between pixel edges in rotations and resizes.
# 
# Expectation: an image and its KeyPoints, transformed together, stay together: a keypoint on a pixel's centre is there afterwards.
# Behaviour: horizontal_flip takes x to W - 1 - x: pixel centres are whole numbers. rotate and affine turn keypoints about (W / 2, H / 2),
# resize multiplies by the ratio of the sizes: centres are at halves. No convention fits all, so that keypoints drift from the
# image by up to a pixel of the result.
# Output seen: of a spot at (20, 30) in 72x96, keypoint minus spot is (0, 0) after both flips, (1, 1) after rotate(180), which is the
# same image, (-0.5, -0.5) after resizing to twice the size.
# Where it matters: training of pose networks with RandomRotation, RandomAffine, Resize or RandomResizedCrop: labels have a bias that
# depends on the angle, and flipped images another one; with heatmaps of a quarter of the size a pixel of the crop is a quarter cell.
# Exit status 1 if the behaviour is another one.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
pip() { "$work/venv/bin/pip" install -q --disable-pip-version-check "$@" >&2; }
pip 'torch==2.13.0' 'numpy==2.2.6' 'pillow==11.3.0'
pip --no-deps 'torchvision==0.28.0'
cat > "$work/show.py" <<'PY'
import torch

try:
    import torchvision  # noqa: F401
except RuntimeError:  # its compiled operators, of which none is used here, need PyTorch's build from the same place
    operators = torch.library.Library("torchvision", "DEF")
    for name in ("nms", "qnms"):
        operators.define(f"{name}(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
from torchvision import tv_tensors
from torchvision.transforms.v2 import functional as F

HEIGHT, WIDTH, SPOT = 96, 72, (20.0, 30.0)
y, x = torch.meshgrid(torch.arange(HEIGHT), torch.arange(WIDTH), indexing="ij")
image = tv_tensors.Image(torch.exp(-((x - SPOT[0]) ** 2 + (y - SPOT[1]) ** 2) / 18.0)[None])
keypoint = tv_tensors.KeyPoints(torch.tensor([SPOT]), canvas_size=(HEIGHT, WIDTH))


def off(transform):
    """Keypoint minus the spot's centre after the transform, in pixels of the result."""
    after, moved = transform(image)[0], transform(keypoint)[0]
    rows, columns = torch.meshgrid(*map(torch.arange, after.shape), indexing="ij")
    centre = [float((axis * after).sum() / after.sum()) for axis in (columns, rows)]
    return [round(float(a) - b, 1) + 0.0 for a, b in zip(moved, centre)]


seen = {
    "flips": off(lambda one: F.vertical_flip(F.horizontal_flip(one))),
    "rotate(180)": off(lambda one: F.rotate(one, 180.0)),
    "twice the size": off(lambda one: F.resize(one, [2 * HEIGHT, 2 * WIDTH])),
}
print("keypoint minus image:", seen)
expected = {"flips": [0, 0], "rotate(180)": [1, 1], "twice the size": [-0.5, -0.5]}
raise SystemExit(0 if seen == expected else "changed: keypoints and images move otherwise now")
PY
"$work/venv/bin/python" -W ignore "$work/show.py"
