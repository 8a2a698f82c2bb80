#!/usr/bin/env bash
# thop 0.1.1 and ptflops 0.7.5 with mmcv-lite 2.2.0: layers built by MMCV's own classes count as nothing.
#
# Expectation: mmcv.cnn.bricks.wrappers.Conv2d and ConvTranspose2d are subclasses of PyTorch's layers and compute the same, so
# that a counter which knows nn.ConvTranspose2d counts them alike.
# Behaviour: both counters look layers up by their exact class. MMCV's build_conv_layer and build_upsample_layer, through
# which MMPose and the other OpenMMLab packages build their layers, return the subclasses for some types. thop then loses
# operations and parameters, ptflops the operations.
# Output seen: thop 262144 operations and 1032 parameters for nn.ConvTranspose2d(8, 8, 4, 2, 1), 0 and 0 for MMCV's; ptflops 67584
# and 0 operations, 1032 parameters for both.
# Where it matters: heads with deconvolutions (SimpleBaseline's in MMPose) lose most of their operations, and thop prints a third fewer
# parameters for SimpleBaseline-R50, without a warning.
# Exit status 1 if the behaviour is another one.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
pip() { "$work/venv/bin/pip" install -q --disable-pip-version-check "$@" >&2; }
pip 'torch==2.13.0' 'numpy==2.2.6' 'setuptools==80.9.0' 'thop==0.1.1.post2209072238' 'ptflops==0.7.5'
pip 'addict==2.4.0' 'pyyaml==6.0.3' 'yapf==0.40.1' 'termcolor==3.1.0' 'rich==14.1.0' 'packaging==25.0' 'opencv-python-headless==4.12.0.88' 'pillow==11.3.0'
pip --no-deps 'mmengine==0.10.7' 'mmcv-lite==2.2.0'
cat > "$work/show.py" <<'PY'
import torch
from mmcv.cnn.bricks import wrappers
from ptflops import get_model_complexity_info
from thop import profile
from torch import nn


def counts(kind):
    """Operations and parameters by thop, then by ptflops, of one upsampling layer on 8x8 positions."""
    def network():
        return nn.Sequential(kind(8, 8, 4, stride=2, padding=1))

    thop = profile(network(), (torch.zeros(1, 8, 8, 8),), verbose=False)
    ptflops = get_model_complexity_info(
        network(), (8, 8, 8), as_strings=False, print_per_layer_stat=False, backend="pytorch"
    )
    return [int(value) for value in (*thop, *ptflops)]


plain, mmcv = counts(nn.ConvTranspose2d), counts(wrappers.ConvTranspose2d)
print("operations and parameters by thop, by ptflops: PyTorch's", plain, "MMCV's", mmcv)
same = issubclass(wrappers.ConvTranspose2d, nn.ConvTranspose2d)
expected = plain == [262144, 1032, 67584, 1032] and mmcv == [0, 0, 0, 1032] and same
raise SystemExit(0 if expected else "changed: MMCV's layers count otherwise now")
PY
"$work/venv/bin/python" -W ignore "$work/show.py"
