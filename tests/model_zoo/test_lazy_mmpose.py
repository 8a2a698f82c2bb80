"""What is imported on demand is all that MMPose has, and little of it is imported."""

import subprocess
import sys

HEAVY = ("matplotlib.figure", "scipy.stats._stats_py", "pandas")
ALL = """
import importlib, pkgutil, warnings
warnings.simplefilter("ignore")
from model_zoo import compat, lazy_mmpose
compat.install()
named = {}
for home, registry, name, module in lazy_mmpose.registered("mmpose"):
    named.setdefault((home, registry), set()).add(name)
import mmpose, mmengine.registry, mmpose.registry
for part in ("models", "datasets", "codecs", "evaluation", "engine", "visualization", "models.task_modules"):
    importlib.import_module(f"mmpose.{part}")
for (home, registry), names in named.items():
    if registry == "INFERENCERS":
        continue
    entries = getattr(importlib.import_module(home), registry)._module_dict
    theirs = {n for n, kind in entries.items() if getattr(kind, "__module__", "").startswith("mmpose")}
    assert theirs <= names, (registry, theirs ^ names)
    assert names <= set(entries), (registry, names - set(entries))
"""
ONE = f"""
import sys, warnings
warnings.simplefilter("ignore")
import model_zoo
model_zoo.build_model("transpose-r-a4", tier="smoke")
from mmpose.datasets import CocoDataset
from mmpose.models.utils import check_and_update_config
assert CocoDataset.__name__ == "CocoDataset" and callable(check_and_update_config)
assert not [name for name in {HEAVY} if name in sys.modules]
assert "mmpose.models.backbones.vipnas_resnet" not in sys.modules
from scipy.stats import truncnorm
assert -1 <= truncnorm.rvs(-1, 1, size=()) <= 1
"""
WHOLE = """
import warnings
warnings.simplefilter("ignore")
import model_zoo.register_all
from mmpose.registry import MODELS, DATASETS
assert len(MODELS._module_dict) > 100
assert dict.__contains__(MODELS._module_dict, "QueryPose")
assert dict.__contains__(DATASETS._module_dict, "CropBatches")
"""


def passes(code):
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_the_index_names_what_mmpose_registers():
    passes(ALL)


def test_a_model_imports_its_parts_only_and_what_is_put_off_works():
    passes(ONE)


def test_register_all_imports_everything():
    passes(WHOLE)
