#!/usr/bin/env bash
# MMEngine 0.10.7: Runner.load_checkpoint cuts any character after "module" from the names of weights.
#
# Expectation: the default of revise_keys removes the prefix "module." that DataParallel puts in front, as the function
# mmengine.runner.load_checkpoint does with the pattern ^module\. .
# Behaviour: the method of the same name on Runner, which load_from and resume of the test and training tools use, has the default
# ^module. with an open dot: "modules.0.weight" becomes ".0.weight", "module_list.0.weight" becomes "list.0.weight". strict is False
# by default, so that the weights are left out with a logged warning.
# Output seen: of a network with a submodule "module_list" the function loads the weights, the method leaves them out.
# Where it matters: networks whose top-level submodule begins with "module" ("module_list", "modules_0"; such names come
# with code taken over from elsewhere) are evaluated with random weights by the tools, and rightly by the function.
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
from mmengine.model import BaseModel
from mmengine.runner import Runner, load_checkpoint
from torch import nn


class Network(BaseModel):
    def __init__(self):
        super().__init__()
        self.add_module("module_list", nn.ModuleList([nn.Linear(2, 2)]))

    def forward(self, inputs, data_samples=None, mode="tensor"):
        return self.module_list[0](inputs)


def same(one, other):
    return torch.equal(one.module_list[0].weight, other.module_list[0].weight)


folder = Path(tempfile.mkdtemp())
trained = Network()
torch.save({"state_dict": trained.state_dict()}, folder / "weights.pth")
by_function, by_method = Network(), Network()
load_checkpoint(by_function, str(folder / "weights.pth"))
Runner(model=by_method, work_dir=str(folder / "run"), log_level="ERROR").load_checkpoint(str(folder / "weights.pth"))
seen = {"function": same(trained, by_function), "method": same(trained, by_method)}
print("weights of 'module_list.0' are loaded:", seen)
raise SystemExit(0 if seen == {"function": True, "method": False} else "changed: the names are cut otherwise now")
PY
"$work/venv/bin/python" -W ignore "$work/show.py"
