"""Wait for jobs, and say how they are."""

import sys
import time
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType

from bench.pipeline.dvc import progress
from bench.pipeline.executors import Job, alive

# Seconds between two looks: of files on this machine, of Slurm's queue.
LOOK_S = {"local": 0.1, "slurm": 5.0}


class Watch:
    """The jobs of one command. running: stage -> job. failed: stages, in the order in which they failed."""

    def __init__(
        self,
        root: Path,
        todo: Iterable[str],
        recorded: Iterable[Job],
        hours: Mapping[str, float] = MappingProxyType({}),
    ) -> None:
        """todo: the stages to be run. recorded: jobs of earlier commands; those still alive are waited for.

        hours: expected of each stage, for the time left.
        """
        self.root, self.todo = root, set(todo)
        self._left = dict.fromkeys(self.todo, 0.0) | {k: hours[k] for k in hours if k in self.todo}
        earlier = [job for job in recorded if job.stage in self.todo and job.exit is None]
        there = alive(earlier)
        self.running = {job.stage: job for job in earlier if job.stage in there}
        for job in self.running.values():
            say(f"  goes on: {job.stage} (job {job.number}, {there[job.stage]})")
        self.failed: list[str] = []
        self._ended = 0
        self._since = time.monotonic()

    @property
    def left(self) -> list[str]:
        """Stages that have not ended."""
        return list(self._left)

    def started(self, jobs: Sequence[Job]) -> None:
        """Jobs that were just submitted."""
        for job in jobs:
            self.running[job.stage] = job
            number = f" (job {job.number})" if job.executor == "slurm" else ""
            say(f"  starting: {job.stage}{number}")

    def wait(self) -> list[str]:
        """Wait until at least one job ends; the stages that ended well."""
        missing: set[str] = set()
        while True:
            there = alive(self.running.values())
            ended = {stage: job.exit for stage, job in self.running.items()}
            # A job that is gone without a word counts as lost when it still is at the next look.
            lost = {
                stage for stage, status in ended.items() if status is None and stage not in there
            }
            well = [stage for stage, status in ended.items() if status == 0]
            badly = [stage for stage, status in ended.items() if status] + sorted(lost & missing)
            missing = lost
            if well or badly:
                break
            time.sleep(LOOK_S[next(iter(self.running.values())).executor])
        for stage in [*well, *badly]:
            self._report(stage, ended[stage])
        self.failed += badly
        return well

    def _report(self, stage: str, status: int | None) -> None:
        beside = len(self.running)
        job = self.running.pop(stage)
        self._left.pop(stage, None)
        self._ended += 1
        minutes = (time.monotonic() - self._since) / 60
        shown = stage if status == 0 else f"FAILED {stage}"
        if status is None:
            shown += f" (job {job.number} ended without a result: cancelled, killed, or what it needs failed)"
        elif status and (words := progress(self.root, stage)):
            shown += f": {words}"
        left = time_left(self._left, self.running.values(), beside)
        say(f"[{self._ended}/{len(self.todo)}] {shown} ({minutes:.1f} min{left})")


def time_left(hours: Mapping[str, float], running: Iterable[Job], beside: int) -> str:
    """', about 1.5 h left': of stages that have not ended, as many at a time as run now; empty if nothing is known.

    'more than' where the hours of some are not known (0).
    """
    now = time.time()
    done = sum(min((now - job.submitted) / 3600, hours.get(job.stage, 0.0)) for job in running)
    whole = (sum(hours.values()) - done) / max(beside, 1)
    longest = max(hours.values(), default=0.0) if whole > 0 else 0.0
    unit = f"{whole:.1f} h" if whole >= 1 else f"{60 * whole:.0f} min"
    about = "about" if all(hours.values()) else "more than"
    return f", {about} {unit} left" if longest else ""


def state_of(root: Path, job: Job, state: str | None) -> dict[str, str | int]:
    """One job as a row: stage, job, state (Slurm's while it lives), minutes since its submission, last words."""
    if state is None:
        ended = {None: "lost", 0: "done"}
        state = ended.get(job.exit, "failed")
    finished = state in ("lost", "done", "failed")
    now = job.ended if finished else time.time()
    minutes = "" if now is None else round((now - job.submitted) / 60)
    says = "" if state in ("done", "pending") else progress(root, job.stage)
    return {"stage": job.stage, "job": job.number, "state": state, "minutes": minutes, "says": says}


def say(line: str) -> None:
    """One line to the terminal, at once."""
    print(line, file=sys.stderr, flush=True)
