#!/usr/bin/env bash
# MMEngine 0.10.7: milestones of MultiStepLR are counted from its begin, not from the start of the training.
# 
# Expectation: "milestones: list of epoch indices": with milestones=[4] the learning rate drops when epoch 4 begins, whatever
# part of the training the schedule covers.
# Behaviour: a scheduler with begin=2 starts its own count there: the drop is at epoch 6. MMEngine's documentation of several
# schedulers in a row gives begin and end in epochs of the training, and the milestones beside them are not.
# Output seen: first epoch with the lower rate: 4 with begin=0, 6 with begin=2.
# Where it matters: a warm-up before the steps (LinearLR until begin) shifts all drops by its length. A paper's "drop at 170 and
# 200 of 210 epochs, after 20 epochs of warm-up" is trained with drops at 190 and never.
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
import torch
from mmengine.optim import MultiStepLR


def first_lower(begin):
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=1.0)
    schedule = MultiStepLR(optimizer, milestones=[4], begin=begin, end=10, by_epoch=True)
    for epoch in range(10):
        if optimizer.param_groups[0]["lr"] < 1:
            return epoch
        optimizer.step()
        schedule.step()
    return None


seen = {begin: first_lower(begin) for begin in (0, 2)}
print("begin: first epoch with the lower rate:", seen)
raise SystemExit(0 if seen == {0: 4, 2: 6} else "changed: milestones are counted otherwise now")
PY
"$work/venv/bin/python" -W ignore "$work/show.py"
