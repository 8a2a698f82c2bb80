"""What volunteers could run: untested values by the claims that a GPU-hour settles."""

from typing import Any

from bench.judge.cost import ASSUMPTION
from bench.judge.untested import SEEDS, Untested


def volunteers(untested: Untested) -> dict[str, Any]:
    """What the page shows. others: jobs that no claim waits for."""
    packages = untested.packages
    claimed = {job for one in packages for job in one.jobs}
    return {
        "untested": untested,
        "packages": packages,
        "others": [job for job in untested.jobs if job not in claimed],
        "tested": sum(map(len, untested.jobs.values())),
        "seeds": SEEDS,
        "assumption": ASSUMPTION,
    }
