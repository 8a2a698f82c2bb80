"""Stand-ins appear for what is missing, never for what is there, and refuse to be used."""

import os
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

import model_zoo
from model_zoo import compat

ROOT = Path(__file__).parents[2]
MISSING_EXTENSION = "raise ModuleNotFoundError(\"No module named 'mmcv._ext'\", name='mmcv._ext')"
NEEDS_OPERATORS = """
import torch
for name in ("nms", "qnms"):
    if not torch._C._dispatch_has_kernel(f"torchvision::{name}"):
        raise RuntimeError(f"operator torchvision::{name} does not exist")
loaded = True
"""


def run_with_packages(folder, packages, code):
    """Runs `code` in a new process in which `packages` {path: source} come first on the path."""
    for path, source in packages.items():
        file = folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(source)
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code)],
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(folder), str(ROOT)])},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.split()


def test_nothing_is_done_where_everything_is_present(tmp_path):
    present = {
        "mmcv/__init__.py": "",
        "mmcv/ops/__init__.py": "class MultiScaleDeformableAttention: real = True",
        "mmdet/__init__.py": "real = True",
        "mmdet/utils.py": "ConfigType = dict\ndef reduce_mean(x): return x",
        "torchvision/__init__.py": "real = True",
    }
    code = """
        from model_zoo import compat
        print(len(compat.install()), len(compat.installed()))
        import sys, mmcv.ops, mmdet.utils, torchvision
        print(mmcv.ops.MultiScaleDeformableAttention.real, mmdet.utils.reduce_mean(5))
        print(torchvision.real)
        print("torch" in sys.modules)
    """
    expected = ["0", "0", "True", "5", "True", "False"]
    assert run_with_packages(tmp_path, present, code) == expected


def test_stand_ins_raise_and_name_the_package(tmp_path):
    absent = {
        "mmcv/__init__.py": "",
        "mmcv/ops/__init__.py": MISSING_EXTENSION,
        "torchvision/__init__.py": NEEDS_OPERATORS,
    }
    code = """
        import sys
        from importlib.machinery import PathFinder
        real = PathFinder.find_spec
        PathFinder.find_spec = lambda name, *a: None if name == "mmdet" else real(name, *a)
        from model_zoo import MissingPackage, compat
        print(*sorted(compat.install()))
        assert compat.install() == compat.installed()
        import torch, torchvision
        from mmcv.ops import MultiScaleDeformableAttention
        from mmdet.utils import ConfigType, reduce_mean
        assert torchvision.loaded and not isinstance(object(), MultiScaleDeformableAttention)
        box, score = torch.zeros(1, 4), torch.zeros(1)
        uses = {
            "mmcv": [MultiScaleDeformableAttention, lambda: MultiScaleDeformableAttention.forward,
                     lambda: sys.modules["mmcv.ops"].nms],
            "mmdet": [ConfigType, lambda: reduce_mean(1), lambda: sys.modules["mmdet"].apis],
            "torchvision": [lambda: torch.ops.torchvision.nms(box, score, 0.5)],
        }
        for package, calls in uses.items():
            for use in calls:
                try:
                    use()
                except MissingPackage as error:
                    print(f"'{package}'" in str(error) and "install" in str(error))
    """
    expected = ["mmcv.ops", "mmdet", "torchvision"] + ["True"] * 7
    assert run_with_packages(tmp_path, absent, code) == expected


def test_a_broken_installation_is_not_hidden(tmp_path):
    broken = {
        "mmcv/__init__.py": "",
        "mmcv/ops/__init__.py": "raise ImportError('undefined symbol')",
        "torchvision/__init__.py": "",
    }
    code = """
        from model_zoo import compat
        try:
            compat.install()
        except ImportError as error:
            print(type(error).__name__, str(error).replace(" ", "-"))
    """
    assert run_with_packages(tmp_path, broken, code) == ["ImportError", "undefined-symbol"]


def test_guarded_imports_of_mmpose_still_see_the_piece_as_missing():
    model_zoo.register()
    if "mmcv.ops" not in compat.installed():
        pytest.skip("the real mmcv is installed")
    from mmpose.models.necks import posewarper_neck

    assert posewarper_neck.has_mmcv_full is False
