"""Work divided among forked processes."""

import os
import signal
import threading
import time
from pathlib import Path

import pytest

from bench.forks import divided
from bench.locks import folder_alone, started
from tests.waiting import wait_for

pytestmark = pytest.mark.process


@pytest.fixture(autouse=True)
def one_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever threads other tests left."""
    monkeypatch.setattr(threading, "active_count", lambda: 1)


def test_results_come_in_the_order_of_the_jobs_from_several_processes():
    found = divided(lambda job: (job * job, os.getpid()), range(101), least=10, processes=3)
    assert [square for square, _ in found] == [job * job for job in range(101)]
    assert len({process for _, process in found}) == 3


@pytest.mark.parametrize(("jobs", "least"), [(19, 10), (0, 10)])
def test_few_jobs_stay_in_this_process(jobs, least):
    found = divided(lambda job: os.getpid(), range(jobs), least=least, processes=3)
    assert set(found) <= {os.getpid()}


def test_a_process_with_other_threads_is_not_forked(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.undo()
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


@pytest.mark.parametrize("long", [1, 10**6])
def test_a_process_that_is_killed_while_it_sends_is_replaced(long: int, monkeypatch):
    """Of a long answer the beginning is there."""
    ours = os.getpid()

    class Fatal:
        def __reduce__(self) -> tuple[type[str], tuple[str]]:
            if os.getpid() != ours:
                os.kill(os.getpid(), signal.SIGKILL)
            return str, ("",)

    found = divided(lambda job: ("x" * long, Fatal()), range(40), least=10, processes=2)
    assert len(found) == 40


def test_a_fork_whose_parent_is_killed_ends_though_nobody_reads_what_it_has(tmp_path: Path):
    """And with it the lock that it inherited."""
    forks = tmp_path / "forks"
    parent = os.fork()
    if not parent:
        ours = os.getpid()

        def work(job: int) -> str:
            if os.getpid() == ours:
                time.sleep(60)
            forks.write_text(str(os.getpid()))
            return "x" * 10**5

        with folder_alone(tmp_path / "alone"):
            divided(work, range(40), least=10, processes=2)
        os._exit(0)
    wait_for("the fork", forks.exists)
    time.sleep(0.5)  # by then it is sending
    os.kill(parent, signal.SIGKILL)
    os.waitpid(parent, 0)
    fork = int(forks.read_text())
    wait_for("its end", lambda: started(fork) is None)
    with folder_alone(tmp_path / "alone"):
        pass
