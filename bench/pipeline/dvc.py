"""DVC as a child process, in the checkout that is given as `root`."""

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import voluptuous
import yaml

_STOPPED = 128 + int(signal.SIGTERM)  # exit status of what SIGTERM ended

# DVC that SIGTERM does not stop at once: it writes its locks and dvc.lock in place, and a preempted job that stopped
# there would leave half a file, which every other job of the checkout fails on. The stage's command, which is told to
# stop too, ends; DVC notes that, and then starts nothing more.
_DVC = f"""import signal, sys
stopped = []
signal.signal({int(signal.SIGTERM)}, lambda *_: stopped.append(True))
sys.addaudithook(lambda event, _: stopped and event == "subprocess.Popen" and sys.exit({_STOPPED}))
sys.argv[0] = "dvc"
from dvc.cli import main
sys.exit(main(sys.argv[1:]))"""
# What DVC 3.67 says of such a file; with no reason given where its locks were set aside while it ran.
_FILE_BROKEN = re.compile(
    r"Unable to read RWLock-file|RWLock-file .* format error|structure is corrupted"
    r"|dvc\.lock' (is invalid|validation failed)|^ERROR: failed to reproduce '[^']+': *$",
    re.MULTILINE,
)
_TOLD = re.compile(r"^ERROR: failed to reproduce .*exited with (-15|143)$", re.MULTILINE)


def run_dvc(
    root: Path, *arguments: str, extra: dict[str, str] | None = None, **options: Any
) -> subprocess.CompletedProcess[str]:
    """Run DVC. Its stages call `repropose`: the one of this Python's environment comes first.

    extra: environment variables beside those of this process.
    """
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
    environment = {**os.environ, **(extra or {}), "PATH": path}
    command = [sys.executable, "-c", _DVC, *arguments]
    return subprocess.run(command, cwd=root, env=environment, **options)


def is_busy(said: str) -> bool:
    """Whether DVC refused to work since another of its processes holds what it needs."""
    return "is being blocked by" in said


def log_of(root: Path, stage: str) -> Path:
    """What a stage printed when it last ran."""
    return root / "work" / "logs" / f"{stage}.log"


def run_stage(root: Path, stage: str, extra: dict[str, str] | None = None) -> int:
    """One stage without those it needs, its output in its log; the exit status, 143 if the stage was told to stop.

    One thread unless OMP_NUM_THREADS says otherwise, since jobs share the cores. What a killed DVC left half-written
    is mended, and the stage run again.
    """
    for _ in range(3):  # others of the checkout may find the same file and mend it
        status = _run_stage(root, stage, extra)
        said = log_of(root, stage).read_text("utf-8", "replace") if status else ""
        if not _FILE_BROKEN.search(said):
            break
        mend(root)
    return _STOPPED if _TOLD.search(said) else status


def _run_stage(root: Path, stage: str, extra: dict[str, str] | None) -> int:
    log = log_of(root, stage)
    log.parent.mkdir(parents=True, exist_ok=True)
    one = ("--wait-for-lock", "repro", "--single-item", stage)
    with log.open("w") as stream:
        variables = {"OMP_NUM_THREADS": os.environ.get("OMP_NUM_THREADS", "1"), **(extra or {})}
        return run_dvc(
            root, *one, extra=variables, stdout=stream, stderr=subprocess.STDOUT
        ).returncode


def mend(root: Path) -> None:
    """Set aside, in `work`, what a DVC killed at its writing left half-written, which DVC refuses to read.

    Nothing is lost with them: the list of locks is of processes, and results are found again by their keys.
    """
    from dvc.lock import make_lock  # half a second that only a failed stage needs
    from dvc.schema import COMPILED_LOCKFILE_SCHEMA

    def lockfile(text: str) -> object:
        return COMPILED_LOCKFILE_SCHEMA(yaml.safe_load(text))

    for name, parse, guard in (
        (".dvc/tmp/rwlock", json.loads, ".dvc/tmp/rwlock.lock"),
        ("dvc.lock", lockfile, ".dvc/tmp/lock"),
    ):
        file = root / name
        if _whole(file, parse):
            continue
        with make_lock(str(root / guard), tmp_dir=str(root / ".dvc/tmp"), wait=True):
            if not _whole(file, parse):
                file.replace(root / "work" / f"{file.name}.broken")


def _whole(file: Path, parse: Callable[[str], object]) -> bool:
    try:
        return isinstance(parse(file.read_text("utf-8")), dict)
    except FileNotFoundError:
        return True
    except (ValueError, yaml.YAMLError, voluptuous.Invalid):
        return False


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
