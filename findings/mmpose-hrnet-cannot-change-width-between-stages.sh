#!/usr/bin/env bash
# MMPose 1.3.2: HRNet builds with a stage whose branches have other widths than those of the stage before, and cannot run.
#
# Expectation: extra.stageN.num_channels are free; the transition between two stages has a convolution for every branch whose width
# changes (HRNet's definition, and the network builds it).
# Behaviour: forward gives every transition the last branch of the stage before instead of the branch of its own resolution. That is
# right for the branch that is new and wrong for the others, which are only used when a width changes. The standard networks
# never change one, so that it goes unnoticed. The parameters and most FLOPs counters' module lists look right.
# Output seen: stages (16, 32) and (24, 48, 96): built, then "expected input ... to have 16 channels, but got 32 channels instead".
# Where it matters: searched, scaled or pruned HRNets, and small versions for tests; with widths that happen to fit nothing is
# raised, and a finer branch is computed from a coarser one.
# Exit status 1 if the behaviour is another one.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
pip() { "$work/venv/bin/pip" install -q --disable-pip-version-check "$@" >&2; }
pip 'torch==2.13.0' 'numpy==2.2.6' 'setuptools==80.9.0' 'munkres==1.1.4' 'json_tricks==3.17.3' 'scipy==1.16.2' 'matplotlib==3.10.6'
pip 'addict==2.4.0' 'pyyaml==6.0.3' 'yapf==0.40.1' 'termcolor==3.1.0' 'rich==14.1.0' 'packaging==25.0' 'opencv-python-headless==4.12.0.88' 'pillow==11.3.0'
pip --no-deps 'mmengine==0.10.7' 'mmcv-lite==2.2.0' 'mmpose==1.3.2'
cat > "$work/show.py" <<'PY'
import torch
from mmpose.models.backbones.hrnet import HRNet


def stage(block, *widths):
    return {
        "num_modules": 1, "num_branches": len(widths), "block": block,
        "num_blocks": (1,) * len(widths), "num_channels": widths,
    }


def run(third, fourth):
    network = HRNet(
        extra={
            "stage1": stage("BOTTLENECK", 16), "stage2": stage("BASIC", 16, 32),
            "stage3": stage("BASIC", *third), "stage4": stage("BASIC", *fourth),
        }
    )
    try:
        return [tuple(one.shape) for one in network(torch.zeros(1, 3, 64, 64))]
    except RuntimeError as error:
        return str(error)


usual = run((16, 32, 64), (16, 32, 64, 128))
wider = run((24, 48, 96), (24, 48, 96, 192))
print("same widths:", usual)
print("wider third stage:", wider)
expected = usual == [(1, 16, 16, 16)] and isinstance(wider, str) and "to have 16 channels, but got 32" in wider
raise SystemExit(0 if expected else "changed: HRNet runs otherwise now")
PY
"$work/venv/bin/python" -W ignore "$work/show.py"
