#!/usr/bin/env bash
# MMEngine 0.10.7: load_checkpoint and Runner.load_checkpoint leave weights of another shape out, where PyTorch raises an error.
# 
# Expectation: strict=False, the default, forgives names that are missing or too many, as in torch.nn.Module.load_state_dict; a
# weight of another shape is an error there with strict=False, too.
# Behaviour: MMEngine has its own load_state_dict, which logs all mismatches together as one warning and goes on; the layer
# keeps its random weights.
# Output seen: a head of 17 keypoints into one of 14: PyTorch raises RuntimeError, MMEngine returns, and the head is unchanged.
# Where it matters: tools/test.py of MMPose with the checkpoint of another data set (COCO's 17 keypoints, MPII's 16, CrowdPose's 14),
# heatmap size or number of queries evaluates a random head and prints an AP; the warning is in the log between those for names.
# Exit status 1 if the behaviour is another one.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
pip() { "$work/venv/bin/pip" install -q --disable-pip-version-check "$@" >&2; }
pip 'torch==2.13.0' 'numpy==2.2.6' 'setuptools==80.9.0'
pip 'addict==2.4.0' 'pyyaml==6.0.3' 'yapf==0.40.1' 'termcolor==3.1.0' 'rich==14.1.0' 'packaging==25.0' 'opencv-python-headless==4.12.0.88' 'matplotlib==3.10.6'
pip --no-deps 'mmengine==0.10.7'
cat > "$work/show.py" <<'PY'
import tempfile
from pathlib import Path

import torch
from mmengine.runner import load_checkpoint
from torch import nn

torch.manual_seed(0)
trained, network = (nn.ModuleDict({"head": nn.Conv2d(4, keypoints, 1)}) for keypoints in (17, 14))
file = Path(tempfile.mkdtemp()) / "weights.pth"
torch.save({"state_dict": trained.state_dict()}, file)
before = network["head"].weight.clone()
try:
    network.load_state_dict(trained.state_dict(), strict=False)
    pytorch = "returns"
except RuntimeError:
    pytorch = "raises"
load_checkpoint(network, str(file), map_location="cpu")
same = torch.equal(before, network["head"].weight)
print(f"PyTorch {pytorch}, MMEngine returns; head unchanged: {same}")
raise SystemExit(0 if pytorch == "raises" and same else "changed: other shapes are treated otherwise now")
PY
"$work/venv/bin/python" -W ignore "$work/show.py"
