"""`repropose doctor`: is everything here that the commands need, and if not, how to mend it."""

import importlib
import shutil
import subprocess
import sys
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, Literal, NamedTuple

from bench.datasets.splits import FILES, dataset_folder
from bench.paths import ROOT, workspace

State = Literal["ok", "note", "fault"]


class Finding(NamedTuple):
    """One line of the answer; only a fault makes the exit status 1."""

    state: State
    what: str
    mend: str = ""


def examine() -> Iterator[Finding]:
    """All checks, cheapest first."""
    yield _python()
    yield from _tools()
    yield from _versions()
    yield from _imports()
    yield _disk()
    yield _gpu()
    yield from _data()


def _python() -> Finding:
    found = ".".join(map(str, sys.version_info[:3]))
    if (3, 11) <= sys.version_info[:2] <= (3, 12):
        return Finding("ok", f"Python {found}")
    return Finding(
        "fault", f"Python {found}", "needs 3.11 or 3.12: set PYTHON=... and run `make setup`"
    )


def _tools() -> Iterator[Finding]:
    for tool, mend in (
        ("git", "install git"),
        ("cc", "install a C compiler (Debian: build-essential)"),
    ):
        where = shutil.which(tool)
        yield (
            Finding("ok", f"{tool}: {where}")
            if where
            else Finding("fault", f"{tool}: missing", mend)
        )


def _versions() -> Iterator[Finding]:
    """Installed packages against ci/constraints.txt."""
    pins = ROOT / "ci" / "constraints.txt"
    wanted = dict(
        line.split("==")
        for line in pins.read_text().splitlines()
        if "==" in line and line[0] != "#"
    )
    other, missing = [], []
    for name, pin in wanted.items():
        try:
            found = version(name).split("+")[0]
        except PackageNotFoundError:
            missing.append(name)
            continue
        if found != pin:
            other.append(f"{name} {found} (pinned {pin})")
    if missing:
        yield Finding("fault", f"not installed: {', '.join(missing)}", "run `make setup`")
    if other:
        yield Finding(
            "note",
            f"other versions than tested: {'; '.join(other)}",
            "`make setup` in a fresh .venv",
        )
    if not missing and not other:
        yield Finding("ok", f"{len(wanted)} packages as pinned")


def _imports() -> Iterator[Finding]:
    """Compiled packages load against the installed NumPy, and stock MMPose imports."""
    for name in ("torch", "cv2", "pycocotools._mask", "xtcocotools._mask"):
        yield _import(
            name, "built for another NumPy? reinstall it: remove .venv/.ready, run `make setup`"
        )
    try:
        import model_zoo
        from model_zoo import compat

        model_zoo.register()
    except Exception as error:  # a doctor reports whatever it meets
        yield Finding("fault", f"MMPose does not import: {error}", "run `make setup`")
        return
    yield Finding("ok", f"MMPose {version('mmpose')} imports")
    missing = compat.installed()
    if "mmcv.ops" in missing:
        yield Finding(
            "note", "mmcv-lite: no compiled operators; grid-sample versions are used instead"
        )
    else:
        yield Finding("ok", "mmcv with compiled operators")
    if "torchvision" in missing:
        yield Finding(
            "note", "torchvision's compiled operators do not load; no model here needs them"
        )


def _import(name: str, mend: str) -> Finding:
    try:
        module: Any = importlib.import_module(name)
    except Exception as error:  # a doctor reports whatever it meets
        return Finding("fault", f"{name} does not import: {error}", mend)
    return Finding("ok", f"{name} {getattr(module, '__version__', '')}".strip())


def _disk() -> Finding:
    free = shutil.disk_usage(workspace()).free / 2**30
    if free < 2:
        return Finding(
            "fault", f"{free:.1f} GB free", "the smoke tier needs 2 GB, COCO 60 GB: free some"
        )
    return Finding("ok", f"{free:.0f} GB free (smoke needs 2, COCO 60)")


def _gpu() -> Finding:
    import torch

    if torch.cuda.is_available():
        return Finding("ok", f"GPU: {torch.cuda.get_device_name(0)}, CUDA {torch.version.cuda}")
    if (
        shutil.which("nvidia-smi")
        and not subprocess.run(["nvidia-smi"], capture_output=True).returncode
    ):
        return Finding(
            "fault",
            f"a GPU is here, but torch {torch.__version__} cannot use it",
            "install the CUDA build of the pinned torch into .venv",
        )
    return Finding("note", "no GPU: smoke runs and counts work, lab and full training want one")


def _data() -> Iterator[Finding]:
    for dataset, files in FILES.items():
        where = dataset_folder(dataset, "full")
        missing = [name for name in files if not (where / name).is_file()]
        if missing:
            yield Finding(
                "note",
                f"{dataset} at {_short(where)}: {len(missing)} of {len(files)} annotation files missing",
                "needed for the full tier only; see README, 'Real data'",
            )
        else:
            yield Finding("ok", f"{dataset} at {_short(where)}")


def _short(path: Path) -> str:
    return str(path.relative_to(workspace()))
