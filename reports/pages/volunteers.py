"""What volunteers could run: untested values by the claims that a GPU-hour settles, and what fits into a day."""

from dataclasses import dataclass
from typing import Any

from bench.judge.budget import chosen
from bench.judge.cost import ASSUMPTION
from bench.judge.records import ClaimVerdict
from bench.judge.untested import SEEDS, Job, Untested

#: Budgets of one GPU in hours.
BUDGETS = {"8 hours": 8.0, "a day": 24.0, "a week": 168.0}


@dataclass(frozen=True)
class Step:
    """One job of a plan. until: GPU-hours up to its end; claims: those that it settles with the jobs before it."""

    job: Job
    until: float
    claims: tuple[ClaimVerdict, ...]
    values: int


@dataclass(frozen=True)
class Plan:
    """What one GPU does in `limit` hours, in order."""

    name: str
    limit: float
    steps: tuple[Step, ...]

    @property
    def hours(self) -> float:
        return self.steps[-1].until if self.steps else 0.0

    @property
    def claims(self) -> int:
        return sum(len(step.claims) for step in self.steps)

    @property
    def values(self) -> int:
        return sum(step.values for step in self.steps)


def plan(untested: Untested, name: str, limit: float) -> Plan:
    """The jobs that settle most claims per hour within the limit, by the rule of `repropose plan --budget`; then, in
    the hours left, those that test most printed values per hour.

    Timing on the papers' own machines is left out, as is what nobody can say the length of.
    """
    needs = [set(needed) for _, needed in untested.needs]
    values = [{*untested.before(job), job} for job, cells in untested.jobs.items() for _ in cells]
    every = sorted(
        {job for needed in needs + values for job in needed},
        key=lambda job: (len(untested.before(job)), job),  # weights before what begins with them
    )
    hours = {job: job.hours if job.kind != "time" else None for job in every}
    first = chosen(hours, needs, limit)
    others = {job: cost for job, cost in hours.items() if job not in first}
    left = limit - sum(job.hours or 0.0 for job in first)
    steps: list[Step] = []
    done: list[Job] = []
    until = 0.0
    for job in first + chosen(others, values, left):
        before = untested.settles(done)
        done.append(job)
        until += job.hours or 0.0
        new = tuple(claim for claim in untested.settles(done) if claim not in before)
        steps.append(Step(job, until, new, len(untested.jobs.get(job, ()))))
    return Plan(name, limit, tuple(steps))


def volunteers(untested: Untested) -> dict[str, Any]:
    """What the page shows. others: jobs that no claim waits for."""
    packages = untested.packages
    claimed = {job for one in packages for job in one.jobs}
    return {
        "untested": untested,
        "plans": [plan(untested, name, limit) for name, limit in BUDGETS.items()],
        "packages": packages,
        "others": [job for job in untested.jobs if job not in claimed],
        "tested": sum(map(len, untested.jobs.values())),
        "seeds": SEEDS,
        "assumption": ASSUMPTION,
    }
