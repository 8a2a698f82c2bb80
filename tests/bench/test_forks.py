"""Work divided among forked processes."""

import os
import signal
import threading
from pathlib import Path

import pytest

from bench.forks import divided

pytestmark = pytest.mark.process


def test_results_come_in_the_order_of_the_jobs_from_several_processes():
    found = divided(lambda job: (job * job, os.getpid()), range(101), least=10, processes=3)
    assert [square for square, _ in found] == [job * job for job in range(101)]
    assert len({process for _, process in found}) == 3


@pytest.mark.parametrize(("jobs", "least"), [(19, 10), (0, 10)])
def test_few_jobs_stay_in_this_process(jobs, least):
    found = divided(lambda job: os.getpid(), range(jobs), least=least, processes=3)
    assert set(found) <= {os.getpid()}


def test_a_process_with_other_threads_is_not_forked():
    done = threading.Event()
    other = threading.Thread(target=done.wait)
    other.start()
    try:
        found = divided(lambda job: os.getpid(), range(40), least=10, processes=3)
    finally:
        done.set()
        other.join()
    assert set(found) == {os.getpid()}


@pytest.mark.parametrize("place", [0, 1])
def test_an_error_in_any_process_is_raised_here(place):
    class Refused(Exception):
        def __init__(self, one: int, two: int) -> None:  # cannot be sent from a process to another
            super().__init__(f"{one} of {two}")

    def work(job: int) -> int:
        if job == place:
            raise Refused(job, 40)
        return job

    with pytest.raises(Refused, match=f"{place} of 40"):
        divided(work, range(40), least=10, processes=2)


def test_the_jobs_of_a_killed_process_are_done_here(tmp_path: Path):
    first, ours = tmp_path / "first", os.getpid()

    def work(job: int) -> int:
        if os.getpid() != ours and not first.exists():
            first.touch()
            os.kill(os.getpid(), signal.SIGKILL)
        return os.getpid()

    assert set(divided(work, range(40), least=10, processes=2)) == {ours}
    assert first.exists()
