"""DVC as a child process, in the checkout that is given as `root`."""

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any


def run_dvc(
    root: Path, *arguments: str, extra: dict[str, str] | None = None, **options: Any
) -> subprocess.CompletedProcess[str]:
    """Run DVC. Its stages call `repropose`: the one of this Python's environment comes first.

    extra: environment variables beside those of this process.
    """
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
    environment = {**os.environ, **(extra or {}), "PATH": path}
    command = [sys.executable, "-m", "dvc", *arguments]
    return subprocess.run(command, cwd=root, env=environment, **options)


def is_busy(said: str) -> bool:
    """Whether DVC refused to work since another of its processes holds what it needs."""
    return "is being blocked by" in said


def log_of(root: Path, stage: str) -> Path:
    """What a stage printed when it last ran."""
    return root / "work" / "logs" / f"{stage}.log"


def run_stage(root: Path, stage: str, extra: dict[str, str] | None = None) -> int:
    """One stage without those it needs, its output in its log; the exit status.

    One thread unless OMP_NUM_THREADS says otherwise, since jobs share the cores.
    """
    log = log_of(root, stage)
    log.parent.mkdir(parents=True, exist_ok=True)
    one = ("--wait-for-lock", "repro", "--single-item", stage)
    with log.open("w") as stream:
        variables = {"OMP_NUM_THREADS": os.environ.get("OMP_NUM_THREADS", "1"), **(extra or {})}
        return run_dvc(
            root, *one, extra=variables, stdout=stream, stderr=subprocess.STDOUT
        ).returncode


def progress(root: Path, stage: str) -> str:
    """The last thing a running stage said about itself; empty if it has said nothing."""
    try:
        with log_of(root, stage).open("rb") as stream:
            stream.seek(max(0, stream.seek(0, os.SEEK_END) - 4096))
            text = stream.read().decode("utf-8", "replace")
    except OSError:
        return ""
    lines = [line.strip() for line in re.split(r"[\r\n]", text) if line.strip()]
    return lines[-1][:100] if lines else ""
