"""One pipeline at a time in a checkout."""

import re
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil

from bench.locks import alone
from bench.pipeline.cluster import Executor
from bench.pipeline.watch import say


@contextmanager
def alone_in_checkout(root: Path, executor: Executor = "local") -> Iterator[None]:
    """Run the pipeline alone: a second `repropose repro` is told who works here (`EnvironmentProblem`).

    What a killed one left running on this machine is waited for; jobs of Slurm are found again (`Watch`).
    """
    with alone(root / "work" / ".repro.lock", f"`repropose repro` in {root}"):
        told: set[int] = set()
        while executor == "local" and (running := _running_dvc(root / ".dvc" / "tmp" / "rwlock")):
            for pid in running.keys() - told:
                say(f"waiting for process {pid}, which works here already: {running[pid]}")
            told |= running.keys()
            time.sleep(1.0)
        yield


def _running_dvc(file: Path) -> dict[int, str]:
    """Processes that hold outputs in DVC's own list -> their commands.

    DVC asks only whether a process of that number exists. Where all such are younger than the list, their numbers were
    given again, and the list is that of a run that was killed: it is removed.
    """
    try:
        written = file.stat().st_mtime
        text = file.read_text()
    except FileNotFoundError:
        return {}
    running = {}
    others = False
    for pid in map(int, re.findall(r'"pid": (\d+)', text)):
        with suppress(psutil.NoSuchProcess):
            process = psutil.Process(pid)
            if process.create_time() <= written + 1 and process.status() != "zombie":
                running[pid] = " ".join(process.cmdline())[:200]
            else:
                others = True
    if others and not running:
        file.unlink(missing_ok=True)
    return running
