"""Our own time and memory for a queue of stub jobs: `python -m tests.benchmarks.measure_jobs [JOBS]`.

submitit and the processes it starts are left out: its executor is replaced by one whose jobs end at once.
"""

import contextlib
import resource
import sys
import tempfile
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from bench.pipeline import run, watch
from bench.pipeline.cluster import Cluster
from bench.pipeline.executors import Session
from bench.pipeline.jobs import StageJob, write_exit


class AtOnce:
    """Stands in for submitit's executor."""

    def __init__(self) -> None:
        self.number = 0

    def update_parameters(self, **_: Any) -> None:
        """Nothing to ask for."""

    def batch(self) -> Any:
        """An array is nothing special."""
        return contextlib.nullcontext()

    def submit(self, job: StageJob) -> Any:
        """The job has ended well."""
        self.number += 1
        for stage in job.stages:
            write_exit(job.folder, stage, 0)
        return SimpleNamespace(
            job_id=str(self.number), done=lambda: True, cancel=lambda check: None
        )


def main(jobs: int) -> None:
    """Print milliseconds for each job, and what the peak memory grew by."""
    root = Path(tempfile.mkdtemp())
    run.ROOT = root
    names = [f"run@r{number}" for number in range(jobs)]
    graph: dict[str, set[str]] = {name: set() for name in names}
    run._changed = lambda: set(names)
    watch.say = lambda line: None
    session = Session(root, Cluster(executor="local"), "smoke")
    session._executor = AtOnce()
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    wall, cpu = time.perf_counter(), time.process_time()
    failed = run._carry_out(graph, session, 16)
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    grew = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
    assert not failed
    print(
        f"{jobs} jobs: {1e3 * cpu / jobs:.2f} ms CPU, {1e3 * wall / jobs:.2f} ms wall each; +{grew:.1f} MB"
    )


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 1000)
