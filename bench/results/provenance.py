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
from typing import Any

from bench.paths import ROOT, checkout
from bench.results.records import Provenance

PACKAGES = (
    "torch",
    "torchvision",
    "mmengine",
    "mmcv",
    "mmcv-lite",
    "mmpose",
    "numpy",
    "scipy",
    "opencv-python-headless",
    "opencv-python",
    "pycocotools",
    "xtcocotools",
)


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


def commit() -> tuple[str, bool]:
    """Commit of the checkout and whether tracked files differ from it; 'unknown' outside of one."""
    if checkout() is None:  # an installed package: whatever repository is around it is another one
        return "unknown", False
    try:
        head = _git("rev-parse", "HEAD")
        return head, bool(_git("status", "--porcelain", "--untracked-files=no"))
    except (OSError, subprocess.CalledProcessError):
        return "unknown", False


def _git(*arguments: str) -> str:
    command = ["git", *arguments]
    answer = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
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
