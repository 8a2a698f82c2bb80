"""What would test a printed value: command, tier, estimated hours, what it would settle."""

from typing import NamedTuple

from bench.catalog.cells import Cell
from bench.judge.untested import Job, Untested
from reports.views.words import number, plural


class Work(NamedTuple):
    """The job that a printed value waits for. values: printed values it tests; alone: claims it settles by itself;
    waiting: claims that wait for it, alone or among others."""

    job: Job
    values: int
    alone: int
    waiting: int

    @property
    def settles(self) -> str:
        """'tests 5 printed values; settles 2 claims alone, and 7 with other jobs'."""
        words = [f"tests {plural(self.values, 'printed value')}"]
        if self.alone:
            words.append(f"settles {plural(self.alone, 'claim')} alone")
        if others := self.waiting - self.alone:
            words.append(f"{plural(others, 'claim')} with other jobs")
        return "; ".join(words)


def work_of(untested: Untested, cell: Cell) -> Work | None:
    """None for a cell that is tested, or that nothing here can test."""
    job = untested.job_of(cell)
    if job is None:
        return None
    return Work(job, len(untested.jobs[job]), *untested.waiting.get(job, (0, 0)))


def hours(job: Job) -> str:
    """'about 46 GPU-hours for 3 seeds', 'minutes on a CPU'."""
    if job.kind == "count":
        return "minutes on a CPU"
    if job.hours is None:
        return "hours not estimated"
    several = f" for {job.seeds} seeds" if job.seeds > 1 else ""
    return f"about {rounded(job.hours)} GPU-hours{several}"


def rounded(value: float) -> str:
    """Two digits: an estimate has no more."""
    return number(float(f"{value:.2g}"), 1)
