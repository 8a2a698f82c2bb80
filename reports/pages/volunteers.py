"""What volunteers could run: untested values by the claims that a GPU-hour settles."""

from dataclasses import dataclass
from typing import Any

from bench.judge.cost import ASSUMPTION
from bench.judge.untested import SEEDS, Job, Package, Untested

DAY = 24.0


@dataclass(frozen=True)
class Day:
    """What one GPU does in `limit` hours: lines of the list, their GPU-hours together, and the claims they settle."""

    limit: float
    packages: tuple[Package, ...]
    hours: float
    claims: int


def day(untested: Untested, limit: float = DAY) -> Day:
    """Lines from the top that still fit and settle something more; a job of two lines is done once.

    A line whose jobs are all in another one that was chosen is not listed.
    """
    done: dict[Job, float] = {}
    chosen: list[Package] = []
    settled = 0
    for one in untested.packages:
        if one.hours is None or any(job.kind == "time" for job in one.jobs):
            continue
        tried = done | {job: job.hours or 0.0 for job in one.jobs}
        claims = len(untested.settles(tried))
        if sum(tried.values()) <= limit and claims > settled:
            done, settled = tried, claims
            chosen.append(one)
    whole = [one for one in chosen if not any(set(one.jobs) < set(other.jobs) for other in chosen)]
    return Day(limit, tuple(whole), sum(done.values()), settled)


def volunteers(untested: Untested) -> dict[str, Any]:
    """What the page shows. others: jobs that no claim waits for."""
    packages = untested.packages
    claimed = {job for one in packages for job in one.jobs}
    return {
        "untested": untested,
        "day": day(untested),
        "packages": packages,
        "others": [job for job in untested.jobs if job not in claimed],
        "tested": sum(map(len, untested.jobs.values())),
        "seeds": SEEDS,
        "assumption": ASSUMPTION,
    }
