#!/usr/bin/env bash
# thop 0.1.1: profile leaves total_ops and total_params in the state_dict of the network for every layer whose class it does not know.
# 
# Expectation: after profile the network is as before. (0.0.31 left entries for all layers; this version removes them.)
# Behaviour: the buffers are removed where a counting rule was applied, and stay at all other leaf modules: nn.Flatten, nn.GELU,
# nn.Identity, nn.Dropout2d, an embedding, any layer of the user's own.
# Output seen: the state_dict of Conv2d, ReLU, Flatten, GELU, Linear has "2.total_ops", "2.total_params" and the same of GELU; a
# new network of the same class refuses it: "Unexpected key(s) in state_dict".
# Where it matters: training scripts that print the FLOPs first, as most do, save checkpoints that load strictly only into
# networks that were profiled, too, or lose the check with strict=False.
# Exit status 1 if the behaviour is another one.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
pip() { "$work/venv/bin/pip" install -q --disable-pip-version-check "$@" >&2; }
pip 'torch==2.13.0' 'numpy==2.2.6' 'setuptools==80.9.0' 'thop==0.1.1.post2209072238'
cat > "$work/show.py" <<'PY'
import torch
from thop import profile
from torch import nn


def network():
    return nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU(), nn.Flatten(), nn.GELU(), nn.Linear(144, 2))


profiled = network()
profile(profiled, (torch.zeros(1, 3, 8, 8),), verbose=False)
added = sorted(profiled.state_dict().keys() - network().state_dict().keys())
try:
    network().load_state_dict(profiled.state_dict())
    loads = True
except RuntimeError as error:
    loads = "Unexpected key(s)" not in str(error)
print("added to the state_dict:", added, "loads into a new network:", loads)
expected = added == [f"{layer}.{what}" for layer in (2, 3) for what in ("total_ops", "total_params")] and not loads
raise SystemExit(0 if expected else "changed: other entries stay now")
PY
"$work/venv/bin/python" -W ignore "$work/show.py"
