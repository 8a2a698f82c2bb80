#!/usr/bin/env bash
# MMEngine 0.10.7: a `paramwise_cfg` of one entry makes one optimiser group of each parameter.
#
# Expectation: `paramwise_cfg=dict(custom_keys={"head": dict(lr_mult=10)})` makes two groups, one for each set of settings, as
# hand-written groups do; PyTorch then updates all parameters of a group in a few calls (foreach).
# Behaviour: DefaultOptimWrapperConstructor appends a group for every parameter that is trained, with its own copy of the settings,
# also where the settings of all are equal. The updates are equal to the bit, but PyTorch goes through the groups one by one.
# Output seen: 120 parameters: 120 groups, 2 different settings; same weights after 25 steps; a step takes 4 to 6 times as long.
# Where it matters: detectors and transformers, whose configs nearly always have `paramwise_cfg` (a smaller rate or no decay for
# some layers): QueryPose has 413 groups, and joining those of equal settings took its optimiser from 63 to 40 ms a step on a CPU.
# Optimiser states in checkpoints have as many groups, so joined ones do not load into them.
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
import logging
import time

import torch
from mmengine.optim import build_optim_wrapper
from torch import nn


def network() -> nn.ModuleDict:
    torch.manual_seed(0)
    part = {name: nn.Sequential(*(nn.Linear(32, 32) for _ in range(30))) for name in ("body", "head")}
    return nn.ModuleDict(part)


def by_mmengine(model):
    optimizer = dict(type="AdamW", lr=1e-3, weight_decay=1e-4, foreach=True)
    paramwise = dict(custom_keys={"head": dict(lr_mult=10.0)})
    return build_optim_wrapper(model, dict(optimizer=optimizer, paramwise_cfg=paramwise)).optimizer


def by_hand(model):
    groups = [dict(params=model["body"].parameters()), dict(params=model["head"].parameters(), lr=1e-2)]
    return torch.optim.AdamW(groups, lr=1e-3, weight_decay=1e-4, foreach=True)


logging.disable(logging.INFO)
torch.set_num_threads(1)
models, optimizers, took = [], [], []
for make in (by_mmengine, by_hand):
    model = network()
    optimizer = make(model)
    generator = torch.Generator().manual_seed(1)
    for step in range(25):
        for parameter in model.parameters():
            parameter.grad = torch.randn(parameter.shape, generator=generator)
        begun = time.process_time()
        optimizer.step()
        used = time.process_time() - begun + (used if step > 5 else 0.0)
    took.append(used)
    models.append(model)
    optimizers.append(optimizer)
groups = optimizers[0].param_groups
settings = {(group["lr"], group["weight_decay"]) for group in groups}
parameters = len(list(models[0].parameters()))
same = all(torch.equal(one, two) for one, two in zip(models[0].parameters(), models[1].parameters()))
print(f"{parameters} parameters, {len(groups)} groups, {len(settings)} different settings, by hand {len(optimizers[1].param_groups)}")
print(f"weights equal: {same}; a step takes {took[0] / took[1]:.1f} times as long")
raise SystemExit(0 if len(groups) == parameters == 120 and len(settings) == 2 and same else "changed: groups are made otherwise now")
PY
"$work/venv/bin/python" -W ignore "$work/show.py"
