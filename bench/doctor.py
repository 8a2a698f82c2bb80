"""What `repropose doctor` checks: tools, packages, disk, GPU and data, each with a fix."""

import importlib
import shutil
import subprocess
import sys
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, version
from typing import Any, Literal, NamedTuple

from bench.datasets.splits import FILES, dataset_folder
from bench.paths import ROOT, checkout, workspace
from bench.results.provenance import GIT_FIX, repository

State = Literal["ok", "note", "error"]


class Finding(NamedTuple):
    """One line of the output; only an error makes the exit status 1."""

    state: State
    what: str
    fix: str = ""


def examine() -> Iterator[Finding]:
    """All checks, cheapest first."""
    yield _python()
    yield from _tools()
    yield from _repository()
    yield from _versions()
    yield from _imports()
    yield _disk()
    yield _gpu()
    yield from _data()


def _check(good: bool, what: str, fix: str) -> Finding:
    return Finding("ok", what) if good else Finding("error", what, fix)


def _python() -> Finding:
    found = f"Python {'.'.join(map(str, sys.version_info[:3]))}"
    good = (3, 11) <= sys.version_info[:2] <= (3, 12)
    return _check(good, found, "set PYTHON to Python 3.11 or 3.12 and run `make setup`")


def _tools() -> Iterator[Finding]:
    compiler = "install a C compiler (Debian: build-essential)"
    for tool, fix in (("git", "install git"), ("cc", compiler)):
        where = shutil.which(tool)
        yield _check(bool(where), f"{tool}: {where or 'missing'}", fix)


def _repository() -> Iterator[Finding]:
    """Whether results can name the commit they are of."""
    found = repository()
    if found.problem:
        what = f"{found.problem}: results name no commit"
        more = "" if found.top else ", and `make repro` (DVC) needs a repository"
        yield Finding("note" if found.top else "error", what + more, GIT_FIX)
    elif found.top:
        yield Finding("ok", f"commit {found.commit[:9]}{' and changes' if found.dirty else ''}")


def _versions() -> Iterator[Finding]:
    """Installed packages against ci/constraints.txt of the checkout."""
    if checkout() is None:
        yield Finding("note", f"installed in {ROOT}: pinned versions are not checked")
        return
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
        yield Finding("error", f"not installed: {', '.join(missing)}", "run `make setup`")
    if other:
        what = f"versions other than the tested ones: {'; '.join(other)}"
        yield Finding("note", what, "run `make setup` in a new .venv")
    if not missing and not other:
        yield Finding("ok", f"{len(wanted)} packages as pinned")


def _imports() -> Iterator[Finding]:
    """Compiled packages load against the installed NumPy, and stock MMPose imports."""
    for name in ("torch", "cv2", "pycocotools._mask", "xtcocotools._mask"):
        yield _import(name)
    try:
        import model_zoo
        from model_zoo import compat

        model_zoo.register()
    except Exception as error:  # report whatever goes wrong
        yield Finding("error", f"MMPose does not import: {error}", "run `make setup`")
        return
    yield Finding("ok", f"MMPose {version('mmpose')} imports")
    missing = compat.installed()
    lite = "mmcv-lite: no compiled operators; versions in PyTorch are used instead"
    full = Finding("ok", "mmcv with compiled operators")
    yield Finding("note", lite) if "mmcv.ops" in missing else full
    if "torchvision" in missing:
        broken = "torchvision's compiled operators do not load; no model here needs them"
        yield Finding("note", broken)


def _import(name: str) -> Finding:
    try:
        module: Any = importlib.import_module(name)
    except Exception as error:  # report whatever goes wrong
        fix = "missing, or built for another NumPy: remove .venv/.ready and run `make setup`"
        return Finding("error", f"{name} does not import: {error}", fix)
    return Finding("ok", f"{name} {getattr(module, '__version__', '')}".strip())


def _disk() -> Finding:
    free = shutil.disk_usage(workspace()).free / 2**30
    return _check(free >= 2, f"{free:.1f} GB free (smoke needs 2, COCO 60)", "free disk space")


def _gpu() -> Finding:
    try:
        import torch
    except ImportError:
        return Finding("note", "GPU not checked: PyTorch does not import")
    if torch.cuda.is_available():
        return Finding("ok", f"GPU: {torch.cuda.get_device_name(0)}, CUDA {torch.version.cuda}")
    driver = shutil.which("nvidia-smi")
    if driver and not subprocess.run([driver], capture_output=True).returncode:
        unused = f"torch {torch.__version__} cannot use the GPU of this machine"
        return Finding("error", unused, "install the CUDA build of the pinned torch into .venv")
    return Finding("note", "no GPU: smoke runs and counts work, lab and full training need one")


def _data() -> Iterator[Finding]:
    fix = "only the full tier needs them: `repropose fetch --list` shows the sources"
    for dataset, files in FILES.items():
        where = dataset_folder(dataset, "full")
        missing = sum(not (where / name).is_file() for name in files)
        what = f"{dataset} at {where.relative_to(workspace())}"
        if missing:
            what += f": {missing} of {len(files)} annotation files missing"
        yield Finding("note", what, fix) if missing else Finding("ok", what)
