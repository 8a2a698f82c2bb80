#!/usr/bin/env bash
# MMPose 1.3.2: HRNet builds with a stage whose branches have other widths than those of the stage before, and cannot run.
#
# Expectation: extra.stageN.num_channels are free: the constructor builds a convolution at each transition for every branch whose
# width changes, and a configuration that builds can run.
# Behaviour: forward gives every transition the coarsest branch of the stage before instead of the branch of its own
# resolution. That is right for the branch that is new and wrong for the others, whose convolutions are used when a width
# changes only. The standard networks never change one.
# Output seen: stages (16, 32), (24, 48, 96): built, then "expected input ... to have 16 channels, but got 32 channels instead"; with
# widths that fit, (16, 16), (24, 24, 24): built, then "The size of tensor a (8) must match the size of tensor b (16)".
# Where it matters: searched, scaled or pruned HRNets and small versions for tests. The network's parameters look right, and all
# counters that look at modules alone would count it.
# Exit status 1 if the behaviour is another one.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
pip() { "$work/venv/bin/pip" install -q --disable-pip-version-check "$@" >&2; }
pip 'torch==2.13.0' 'numpy==2.2.6' 'setuptools==80.9.0' 'munkres==1.1.4' 'json_tricks==3.17.3' 'six==1.17.0' 'scipy==1.16.2' 'matplotlib==3.10.6'
pip 'addict==2.4.0' 'pyyaml==6.0.3' 'yapf==0.40.1' 'termcolor==3.1.0' 'rich==14.1.0' 'packaging==25.0' 'opencv-python-headless==4.12.0.88' 'pillow==11.3.0'
pip --no-deps 'mmengine==0.10.7' 'mmcv-lite==2.2.0' 'mmpose==1.3.2'
cat > "$work/show.py" <<'PY'
import sys
from unittest.mock import MagicMock

import torch

absences = "mmcv.ops mmdet mmdet.utils torchvision xtcocotools xtcocotools.coco xtcocotools.cocoeval xtcocotools.mask"
for absent in absences.split():  # imported for other networks, not used here
    sys.modules[absent] = MagicMock()
from mmpose.models.backbones.hrnet import HRNet


def stage(block, *widths):
    return {
        "num_modules": 1, "num_branches": len(widths), "block": block,
        "num_blocks": (1,) * len(widths), "num_channels": widths,
    }


def run(*widths):
    kinds = ("BOTTLENECK", "BASIC", "BASIC", "BASIC")
    stages = {f"stage{n}": stage(kind, *own) for n, (kind, own) in enumerate(zip(kinds, widths), 1)}
    network = HRNet(extra=stages)
    network.eval()  # returns None
    try:
        return [tuple(one.shape) for one in network(torch.zeros(1, 3, 64, 64))]
    except RuntimeError as error:
        return str(error)


usual = run((16,), (16, 32), (16, 32, 64), (16, 32, 64, 128))
wider = run((16,), (16, 32), (24, 48, 96), (24, 48, 96, 192))
fitting = run((16,), (16, 16), (24, 24, 24), (24, 24, 24, 24))
print("same widths:", usual, "wider third stage:", wider, "wider from equal widths:", fitting, sep="\n")
expected = usual == [(1, 16, 16, 16)] and "to have 16 channels, but got 32" in wider and "size of tensor a (8)" in fitting
raise SystemExit(0 if expected else "changed: HRNet runs otherwise now")
PY
"$work/venv/bin/python" -W ignore "$work/show.py"
