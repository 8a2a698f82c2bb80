"""Start stages as jobs, on this machine or through Slurm, and know how they are.

Every job is written down in `work/jobs/<session>/jobs.jsonl` before its end is waited for, so that another shell, or
the same command after an interruption, finds it.
"""

import contextlib
import json
import os
import shlex
import subprocess
import time
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

import psutil
import submitit

from bench.errors import EnvironmentProblem
from bench.files import write_atomically
from bench.pipeline.cluster import Cluster, Resources
from bench.pipeline.jobs import StageJob, ended_at, exit_of

FOREVER_MIN = 60 * 24 * 365
_EXPECTED = "expected.json"
UNKNOWN_H = 16.0  # with the margin of 1.5 a day, the limit of many partitions


class Job(NamedTuple):
    """A submitted stage: its job's number, the session's folder, who runs it, and when it was submitted (seconds)."""

    stage: str
    number: str
    folder: Path
    executor: str
    submitted: float

    @property
    def exit(self) -> int | None:
        """How the stage ended; None while it has not."""
        return exit_of(self.folder, self.stage)

    @property
    def ended(self) -> float | None:
        """When it ended (seconds)."""
        return ended_at(self.folder, self.stage)


class Session:
    """Submits stages with the settings of one command."""

    def __init__(self, root: Path, cluster: Cluster, tier: str) -> None:
        """root: the checkout. Raises `EnvironmentProblem` if Slurm is asked for and not there."""
        self.root, self.cluster, self.tier = root, cluster, tier
        now = datetime.now(UTC).strftime("%Y%m%dT%H%M%S")
        self.folder = _jobs(root) / f"{now}-{os.getpid()}"
        self._children: list[tuple[tuple[str, ...], submitit.Job[None]]] = []
        try:
            self._executor = submitit.AutoExecutor(
                self.folder, cluster=cluster.executor, slurm_max_num_timeout=cluster.requeues
            )
        except RuntimeError as error:
            raise EnvironmentProblem(
                f"{error}; `--executor slurm` needs sbatch, srun and squeue on the path of a login node"
            ) from None

    def submit(
        self, stages: Iterable[str], hours: Mapping[str, float], after: Iterable[Job] = ()
    ) -> list[Job]:
        """Submit stages that may all start once the jobs `after` succeeded; those of equal shape as one array.

        hours: expected duration of each stage; a stage without one is given `UNKNOWN_H` and the same margin.
        """
        shapes: dict[tuple[Resources, int], list[str]] = {}
        for stage in stages:
            wanted = self.cluster.of(stage)
            minutes = _minutes(wanted.time or 1.5 * hours.get(stage, UNKNOWN_H))
            shapes.setdefault((wanted, minutes), []).append(stage)
        jobs: list[Job] = []
        for (wanted, minutes), members in shapes.items():
            self._ask_for(wanted, minutes, after)
            packs = [self._job(pack, wanted) for pack in self._packed(members, wanted)]
            with self._executor.batch() if len(packs) > 1 else contextlib.nullcontext():
                started = [self._executor.submit(pack) for pack in packs]
            self._children += [(pack.stages, job) for pack, job in zip(packs, started, strict=True)]
            jobs += [
                Job(stage, job.job_id, self.folder, self.cluster.executor, time.time())
                for pack, job in zip(packs, started, strict=True)
                for stage in pack.stages
            ]
        self._record(jobs)
        return jobs

    def _job(self, stages: tuple[str, ...], wanted: Resources) -> StageJob:
        shared = {"nodes": wanted.nodes, "processes": wanted.processes}
        return StageJob(self.root, stages, self.folder, self.tier, **shared)

    def _packed(self, stages: list[str], wanted: Resources) -> Iterator[tuple[str, ...]]:
        size = 1 if wanted.nodes * wanted.processes > 1 else self.cluster.pack
        for first in range(0, len(stages), size):
            yield tuple(stages[first : first + size])

    def _ask_for(self, wanted: Resources, minutes: int, after: Iterable[Job]) -> None:
        if self.cluster.executor == "local":
            visible = os.environ.get("CUDA_VISIBLE_DEVICES")
            keep = (
                "unset CUDA_VISIBLE_DEVICES"
                if visible is None
                else f"export CUDA_VISIBLE_DEVICES={shlex.quote(visible)}"
            )  # submitit would hide the GPUs
            self._executor.update_parameters(
                timeout_min=FOREVER_MIN, local_setup=[keep, *self.cluster.setup]
            )
            return
        first = {job.number: None for job in after}
        extra = {"requeue": True, "kill-on-invalid-dep": "yes"}
        self._executor.update_parameters(
            timeout_min=minutes,
            nodes=wanted.nodes,
            tasks_per_node=1,
            cpus_per_task=wanted.cpus,
            **({"gpus_per_node": wanted.gpus} if wanted.gpus else {}),
            slurm_mem=wanted.memory.rstrip("B") if wanted.memory else None,
            slurm_partition=wanted.partition,
            slurm_account=wanted.account,
            slurm_qos=wanted.qos,
            slurm_constraint=wanted.constraint,
            slurm_exclusive=wanted.exclusive or None,
            slurm_array_parallelism=self.cluster.parallel or 256,
            slurm_setup=[
                f"export PYTHONPATH={shlex.quote(str(self.root))}${{PYTHONPATH:+:$PYTHONPATH}}",
                *self.cluster.setup,
            ],
            slurm_dependency=f"afterok:{':'.join(first)}" if first else None,
            slurm_additional_parameters=extra,
        )

    def _record(self, jobs: list[Job]) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        with (self.folder / "jobs.jsonl").open("a") as file:
            for job in jobs:
                file.write(json.dumps([job.stage, job.number, job.executor, job.submitted]) + "\n")

    def expect(self, hours: Mapping[str, float]) -> None:
        """Write down all that is to be run, with its expected hours (0: not known), for `repropose status`."""
        write_atomically(self.folder / _EXPECTED, json.dumps(dict(hours)).encode())

    def stop(self) -> None:
        """End the jobs of this machine that still run, and wait for that; those of Slurm go on without us."""
        if self.cluster.executor == "slurm":
            return
        ended = {job.stage for job in recorded(self.root) if job.exit is not None}
        for stages, job in self._children:
            if not ended.issuperset(stages):
                job.cancel(check=False)
        until = time.monotonic() + 30
        while not all(job.done() for _, job in self._children) and time.monotonic() < until:
            time.sleep(0.05)


def expected(root: Path) -> dict[str, float]:
    """Stages of the last command that have not ended well, with their expected hours (0: not known)."""
    files = sorted(_jobs(root).glob(f"*/{_EXPECTED}"))
    if not files:
        return {}
    hours: dict[str, float] = json.loads(files[-1].read_text())
    since = files[-1].stat().st_mtime
    ended = {job.stage for job in recorded(root) if job.exit == 0 and (job.ended or 0) >= since}
    return {stage: one for stage, one in hours.items() if stage not in ended}


def _jobs(root: Path) -> Path:
    return root / "work" / "jobs"


def _minutes(hours: float) -> int:
    """Whole minutes, coarse enough that runs of nearly equal length become one array."""
    minutes = max(10.0, hours * 60)
    step = 10 if minutes < 120 else 60
    return int(-(-minutes // step) * step)


def recorded(root: Path) -> list[Job]:
    """The newest job of every stage that was submitted from this checkout."""
    found: dict[str, Job] = {}
    for file in sorted(_jobs(root).glob("*/jobs.jsonl")):
        for line in file.read_text().splitlines():
            stage, number, executor, submitted = json.loads(line)
            found[stage] = Job(stage, number, file.parent, executor, submitted)
    return list(found.values())


def alive(jobs: Iterable[Job]) -> dict[str, str]:
    """Stage -> how its job is (running, waiting, ...), for the jobs that have not ended."""
    jobs = list(jobs)
    states = _queue() if any(job.executor == "slurm" for job in jobs) else {}
    found = {}
    for job in jobs:
        state = states.get(job.number) if job.executor == "slurm" else _process(job)
        if state:
            found[job.stage] = state
    return found


def _queue() -> dict[str, str]:
    """Number -> state of the jobs of this user that Slurm still knows as not ended.

    Asked of squeue, since sacct, which submitit asks, answers only where accounting is set up.
    """
    command = ["squeue", "--noheader", "--array", "--me", "--format=%i|%T"]
    answer = subprocess.run(command, capture_output=True, text=True)
    if answer.returncode:
        raise EnvironmentProblem(f"squeue failed: {answer.stderr.strip() or 'no reason given'}")
    ended = {"COMPLETED", "FAILED", "CANCELLED", "TIMEOUT", "NODE_FAIL", "OUT_OF_MEMORY"}
    pairs = (line.split("|") for line in answer.stdout.split())
    return {number: state.lower() for number, state in pairs if state not in ended}


def _process(job: Job) -> str | None:
    """'running' if the process of a local job is there; a later process with its number is none of ours."""
    with contextlib.suppress(psutil.Error):
        process = psutil.Process(int(job.number))
        if abs(process.create_time() - job.submitted) < 60 and process.status() != "zombie":
            return "running"
    return None
