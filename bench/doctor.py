"""What `repropose doctor` checks: tools, packages, disk, GPU and data, each with a fix."""

import importlib
import importlib.util
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, Literal, NamedTuple

from packaging.version import Version

from bench.datasets.splits import FILES, dataset_folder
from bench.paths import ROOT, checkout, workspace
from bench.results.provenance import GIT_FIX, repository

State = Literal["ok", "note", "error"]
#: Maintained forks of OpenMMLab's lower layers -> the packages in whose place they stand, the version with which MMPose
#: 1.3.2 was imported here, what else is to be known.
FORKS = {
    "onedl-mmcv": (
        ("mmcv", "mmcv-lite"),
        "2.3.6",
        "published as source only; pip builds it alone, without PyTorch and so without compiled operators, unless "
        "--no-build-isolation is given",
    ),
    "onedl-mmengine": (("mmengine",), "0.10.12", "published as a wheel"),
}
_BOUND = re.compile(r"^(mm\w+_(?:minimum|maximum)_version) = '([^']+)'", re.MULTILINE)
_GENERIC = "missing, or built for another NumPy: remove .venv/.ready and run `make setup`"
#: What mends an import under the pinned NumPy, where it is known.
_MENDS = {
    "xtcocotools._mask": "its wheel for Python 3.11 was compiled against NumPy 1 and does not load under NumPy 2; "
    "build it here: pip install --no-deps --no-build-isolation --no-binary xtcocotools --force-reinstall xtcocotools"
}


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
    yield from _forks()
    yield from _bounds()
    yield from _imports()
    yield _disk()
    yield _gpu()
    yield from _data()


def _check(good: bool, what: str, fix: str) -> Finding:
    return Finding("ok", what) if good else Finding("error", what, fix)


def _python() -> Finding:
    found = f"Python {'.'.join(map(str, sys.version_info[:3]))}"
    good = (3, 11) <= sys.version_info[:2] <= (3, 13)
    return _check(good, found, "set PYTHON to Python 3.11, 3.12 or 3.13 and run `make setup`")


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
    replaced = {name for fork, (names, *_) in FORKS.items() if _version(fork) for name in names}
    for name, pin in wanted.items():
        found = _version(name)
        if found is None and name not in replaced:
            missing.append(name)
        elif found is not None and found != pin:
            other.append(f"{name} {found} (pinned {pin})")
    if missing:
        yield Finding("error", f"not installed: {', '.join(missing)}", "run `make setup`")
    if other:
        what = f"versions other than the tested ones: {'; '.join(other)}"
        yield Finding("note", what, "run `make setup` in a new .venv")
    if not missing and not other:
        yield Finding("ok", f"{len(wanted)} packages as pinned")


def _version(package: str) -> str | None:
    """Of an installed package, without a build such as "+cpu"; None if it is not installed."""
    try:
        return version(package).split("+")[0]
    except PackageNotFoundError:
        return None


def _forks() -> Iterator[Finding]:
    """Forks of OpenMMLab's lower layers: the tested versions, and never beside the original."""
    for fork, (originals, tested, known) in FORKS.items():
        found = _version(fork)
        if found is None:
            continue
        beside = [f"{name} {there}" for name in originals if (there := _version(name))]
        if beside:
            what = f"{fork} {found} and {', '.join(beside)} write the same files"
            yield Finding("error", what, "uninstall both, then install one of them")
        elif found == tested:
            yield Finding("ok", f"{fork} {found} in place of {originals[0]}: {known}")
        else:
            what = f"{fork} {found}: MMPose was tried with {tested}"
            yield Finding("note", what, f"pip install {fork}=={tested}")


def _bounds() -> Iterator[Finding]:
    """The versions of MMCV and MMEngine that the installed MMPose allows; outside of them it does not import."""
    spec = importlib.util.find_spec("mmpose")
    if spec is None or spec.origin is None:
        return
    bounds: dict[str, str] = dict(_BOUND.findall(Path(spec.origin).read_text("utf-8")))
    for name, packages in (
        ("mmcv", ("mmcv", "mmcv-lite", "onedl-mmcv")),
        ("mmengine", ("mmengine", "onedl-mmengine")),
    ):
        found = next((there for one in packages if (there := _version(one))), None)
        low, high = (bounds.get(f"{name}_{end}_version") for end in ("minimum", "maximum"))
        if found and low and high:
            inside = Version(low) <= Version(found) <= Version(high)
            what = f"{name} {found}: MMPose {_version('mmpose')} allows {low} to {high}"
            yield _check(inside, what, f"install {name} {low} to {high}, or run `make setup`")


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
    lite = "mmcv has no compiled operators; versions in PyTorch are used instead"
    full = Finding("ok", "mmcv with compiled operators")
    yield Finding("note", lite) if "mmcv.ops" in missing else full
    if "torchvision" in missing:
        broken = "torchvision's compiled operators do not load; no model here needs them"
        yield Finding("note", broken)


def _import(name: str) -> Finding:
    try:
        module: Any = importlib.import_module(name)
    except Exception as error:  # report whatever goes wrong
        built = isinstance(error, ImportError | ValueError) and "numpy" in str(error).lower()
        fix = _MENDS.get(name, _GENERIC) if built else _GENERIC
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
