"""What one job of the local machine or of Slurm does: stages side by side, each written down when it ends.

submitit stores a job by reference to this module, starts it where there is room and, after a preemption or at the end
of its time, starts it again; a training then goes on from its last checkpoint.
"""

import os
import shlex
import subprocess
import sys
import time
import warnings
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import submitit
from submitit.helpers import DelayedSubmission

from bench.errors import ReproPoseError
from bench.files import write_atomically
from bench.pipeline.dvc import run_stage

# submitit 1.5.3 imports pkg_resources when it is first used, which says that it is deprecated
warnings.filterwarnings("ignore", "pkg_resources is deprecated")

TORCHRUN = "REPROPOSE_TORCHRUN"
# Slurm kills what is preempted within its KillWait or GraceTime; a job that is told so waits for it this long.
PATIENCE_S = 300


class StageFailed(ReproPoseError):
    """A stage of the job failed: tells Slurm that what depends on the job must not start."""


class StageJob:
    """Stages of the checkout `root` that one job runs side by side.

    folder: where each stage's exit status is written. nodes, processes: machines that share one training, and
    processes on each. tier: of the run, for the machines beside the first.
    """

    def __init__(
        self,
        root: Path,
        stages: tuple[str, ...],
        folder: Path,
        tier: str,
        *,
        nodes: int,
        processes: int,
    ) -> None:
        self.root, self.stages, self.folder, self.tier = root, stages, folder, tier
        self.nodes, self.processes = nodes, processes

    def __call__(self) -> None:
        """Run the stages. Raises `StageFailed` if one fails, after all have ended."""
        here = submitit.JobEnvironment()
        extra = self._torchrun(here)
        if here.node:
            self._help(extra)
            return
        with ThreadPoolExecutor(len(self.stages)) as pool:
            ended = list(pool.map(lambda one: run_stage(self.root, one, extra), self.stages))
        if here.cluster == "slurm" and any(_killed(status) for status in ended):
            time.sleep(PATIENCE_S)  # told to stop: a requeued job runs its stages again
        for stage, status in zip(self.stages, ended, strict=True):
            write_exit(self.folder, stage, status)
        if any(ended):
            raise StageFailed(f"failed: {self.stages}, exit statuses {ended}")

    def checkpoint(self) -> DelayedSubmission:
        """The same again: what was trained so far is in the work folder."""
        return DelayedSubmission(self)

    def _torchrun(self, here: submitit.JobEnvironment) -> dict[str, str]:
        """How `repropose measure` starts several processes: torchrun's options in an environment variable."""
        if self.nodes * self.processes == 1:
            return {}
        port = 20000 + int(here.job_id.partition("_")[0]) % 20000
        options = [f"--nnodes={self.nodes}", f"--nproc-per-node={self.processes}"]
        if self.nodes > 1:
            options += ["--rdzv-backend=c10d", f"--rdzv-id={here.job_id}"]
            options += [f"--rdzv-endpoint={here.hostnames[0]}:{port}"]
        return {TORCHRUN: shlex.join(options)}

    def _help(self, extra: dict[str, str]) -> None:
        """Take part in the training that the first machine's stage starts, until that stage has ended."""
        (stage,) = self.stages
        command = ["measure", stage.removeprefix("run@"), "--tier", self.tier]
        process = subprocess.Popen(
            [sys.executable, "-m", "bench.cli", *command],
            cwd=self.root,
            env={**os.environ, **extra},
        )
        while process.poll() is None:
            if exit_of(self.folder, stage) is not None:
                process.terminate()
            time.sleep(1.0)


def _killed(status: int) -> bool:
    """Whether SIGTERM ended a stage or DVC itself."""
    return status in (-15, 143)


def write_exit(folder: Path, stage: str, status: int) -> None:
    """Note that a stage ended, and how."""
    write_atomically(_exit(folder, stage), str(status).encode())


def exit_of(folder: Path, stage: str) -> int | None:
    """How a stage ended; None while it has not."""
    try:
        return int(_exit(folder, stage).read_text())
    except FileNotFoundError:
        return None


def ended_at(folder: Path, stage: str) -> float | None:
    """When a stage ended (seconds); None while it has not."""
    file = _exit(folder, stage)
    return file.stat().st_mtime if file.exists() else None


def _exit(folder: Path, stage: str) -> Path:
    return folder / f"{stage}.exit"
