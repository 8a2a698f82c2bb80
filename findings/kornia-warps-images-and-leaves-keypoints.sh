#!/usr/bin/env bash
# kornia 0.9.0: RandomThinPlateSpline, RandomElasticTransform and RandomFisheye move the image and leave its keypoints.
#
# Expectation: with data_keys=["input", "keypoints"] keypoints follow the image, or a transform that cannot do that refuses.
# Behaviour: keypoints come back as they were, without a warning. (Flips, rotations, affine and perspective transforms move both.)
# Output seen: with each of the three the image changes and the keypoint does not move; with an affine transform both do.
# Where it matters: heavier augmentations for pose networks, taken from a recipe for classification: labels are wrong by
# some pixels, differently for each sample, which looks like noise in the losses and costs AP at high thresholds.
# Exit status 1 if the behaviour is another one.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
pip() { "$work/venv/bin/pip" install -q --disable-pip-version-check "$@" >&2; }
pip 'torch==2.13.0' 'numpy==2.2.6' 'setuptools==80.9.0' 'packaging==25.0'
pip --no-deps 'kornia==0.9.0' 'kornia-rs==0.2.0'
cat > "$work/show.py" <<'PY'
import kornia.augmentation as K
import torch

HEIGHT, WIDTH, SPOT = 96, 72, (20.0, 30.0)
y, x = torch.meshgrid(torch.arange(HEIGHT), torch.arange(WIDTH), indexing="ij")
image = torch.exp(-((x - SPOT[0]) ** 2 + (y - SPOT[1]) ** 2) / 18.0)[None, None]
fisheye = torch.tensor([-0.3, 0.3]), torch.tensor([-0.3, 0.3]), torch.tensor([0.9, 1.0])
transforms = {
    "thin-plate spline": K.RandomThinPlateSpline(p=1.0),
    "elastic": K.RandomElasticTransform(p=1.0),
    "fisheye": K.RandomFisheye(*fisheye, p=1.0),
    "affine": K.RandomAffine((30.0, 30.0), p=1.0),
}
seen = {}
for name, transform in transforms.items():
    torch.manual_seed(0)
    both = K.AugmentationSequential(transform, data_keys=["input", "keypoints"])
    after, keypoint = both(image, torch.tensor([[SPOT]]))
    changed = bool((after - image).abs().max() > 0.1)
    seen[name] = changed, keypoint[0, 0].tolist() != list(SPOT)
    print(name, "image changed: {}, keypoint moved: {}".format(*seen[name]))
expected = [(True, False)] * 3 + [(True, True)]
raise SystemExit(0 if list(seen.values()) == expected else "changed: keypoints move otherwise now")
PY
"$work/venv/bin/python" -W ignore "$work/show.py"
