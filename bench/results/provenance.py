"""Where and with what a result was made."""

import hashlib
import os
import platform
import subprocess
import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, NamedTuple

from bench.paths import ROOT, checkout
from bench.results.records import Provenance

PACKAGES = (
    "torch",
    "torchvision",
    "mmengine",
    "onedl-mmengine",
    "mmcv",
    "mmcv-lite",
    "onedl-mmcv",
    "mmpose",
    "numpy",
    "scipy",
    "opencv-python-headless",
    "opencv-python",
    "pycocotools",
    "xtcocotools",
)
_ELSEWHERE = {
    "GIT_DIR",
    "GIT_WORK_TREE",
    "GIT_INDEX_FILE",
    "GIT_COMMON_DIR",
    "GIT_OBJECT_DIRECTORY",
}
GIT_FIX = "clone the repository, or run `git init`, `git add --all` and `git commit` in this folder"


def versions() -> dict[str, str]:
    """Installed versions of everything a value can depend on."""
    found = {"python": platform.python_version()}
    for package in PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            continue
    return found


def hardware() -> dict[str, str]:
    """Processor, cores, memory and, once PyTorch is in use, accelerators of this machine."""
    facts = {
        "cpu": _cpu_name(),
        "cores": str(len(os.sched_getaffinity(0))),
        "memory": f"{os.sysconf('SC_PAGE_SIZE') * os.sysconf('SC_PHYS_PAGES') / 2**30:.0f} GiB",
    }
    torch = sys.modules.get("torch")
    if torch is None:
        return facts
    for index in range(torch.cuda.device_count()):
        facts[f"gpu{index}"] = torch.cuda.get_device_name(index)
    if torch.cuda.is_available():
        facts["cuda"] = str(torch.version.cuda)
    return facts


def _cpu_name() -> str:
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.is_file():
        for line in cpuinfo.read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


class Repository(NamedTuple):
    """The git repository of the checkout: its commit ('unknown' if it has none of this project), whether tracked files
    differ from it, and in one line what is unusual ('' if nothing is). top: its folder, None without a repository."""

    commit: str
    dirty: bool
    problem: str
    top: Path | None


def commit() -> tuple[str, bool]:
    """Commit of the checkout and whether tracked files differ from it; 'unknown' if no commit is this project's."""
    found = repository()
    return found.commit, found.dirty


def repository() -> Repository:
    """The checkout's own repository; a commit of a repository around it, or of GIT_DIR, is never taken for its own."""
    root = checkout()
    if root is None:  # an installed package: whatever repository is around it is another one
        return Repository("unknown", False, "", None)
    try:
        top = Path(_git(root, "rev-parse", "--show-toplevel"))
    except (OSError, subprocess.CalledProcessError) as error:
        why = (getattr(error, "stderr", "") or str(error)).strip().partition("\n")[0]
        return Repository(
            "unknown", False, f"{root} is no git repository that can be read ({why})", None
        )
    if top.resolve() != root.resolve():
        return Repository(
            "unknown", False, f"{root} lies inside another git repository, {top}", top
        )
    try:
        head = _git(root, "rev-parse", "--verify", "HEAD")
        _git(root, "cat-file", "-e", f"HEAD:{Path(__file__).relative_to(ROOT).as_posix()}")
        dirty = bool(_git(root, "status", "--porcelain", "--untracked-files=no"))
    except subprocess.CalledProcessError:
        return Repository("unknown", False, f"{root} has no commit that holds this project", top)
    return Repository(head, dirty, "", top)


def _git(root: Path, *arguments: str) -> str:
    """Output of git in the checkout, whatever repository its environment names (as in a hook of another one)."""
    own = {name: value for name, value in os.environ.items() if name not in _ELSEWHERE}
    answer = subprocess.run(
        ["git", *arguments], cwd=root, capture_output=True, text=True, check=True, env=own
    )
    return answer.stdout.strip()


def sha256(path: Path) -> str:
    """SHA-256 of a file, hexadecimal."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def provenance(*, inputs: Mapping[str, str] | None = None, **volatile: Any) -> Provenance:
    """What a result needs to be traced: commit, command, versions, hardware, digests of its inputs."""
    head, dirty = commit()
    return Provenance(
        commit=head,
        dirty=dirty,
        command=" ".join(["repropose", *sys.argv[1:]]),
        environment=versions(),
        hardware=hardware(),
        inputs=dict(inputs or {}),
        volatile={"date": datetime.now(UTC).isoformat(timespec="seconds"), **volatile},
    )
