"""Work divided among forked processes, where that is safe: on Linux, while Python runs no other thread."""

import multiprocessing
import os
import signal
import sys
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from multiprocessing.connection import Connection
from multiprocessing.context import ForkProcess
from typing import TypeVar

J = TypeVar("J")
R = TypeVar("R")
#: Each process takes a copy of the memory that it touches.
MOST = 4


def divided(
    work: Callable[[J], R], jobs: Sequence[J], *, least: int, processes: int | None = None
) -> list[R]:
    """`[work(job) for job in jobs]`, the jobs dealt out like cards to this process and to forks of it.

    least: jobs that are worth one more process. processes: by default as many as cores, at most `MOST`. What `work`
    returns comes back through a pipe; what it changes in a fork is lost. The jobs of a fork that fails, or is killed,
    are done again here, so that errors are raised here. A fork ends once this process is gone.
    """
    number = len(jobs) // least
    if number < 2 or sys.platform != "linux" or threading.active_count() > 1:
        return [work(job) for job in jobs]
    number = min(number, processes or min(len(os.sched_getaffinity(0)), MOST))
    context = multiprocessing.get_context("fork")
    shares = [jobs[start::number] for start in range(number)]
    forks: list[tuple[ForkProcess, Connection]] = []
    try:
        for share in shares[1:]:
            ours, theirs = context.Pipe(duplex=False)
            kept = [ours, *(pipe for _, pipe in forks)]  # else a fork would wait for itself to read
            given = (theirs, kept, work, share, os.getpid())
            fork = context.Process(target=_fork, args=given, daemon=True)
            fork.start()
            theirs.close()
            forks.append((fork, ours))
        done = [[work(job) for job in shares[0]]]
        for share, (_, ours) in zip(shares[1:], forks, strict=True):
            sent: list[R] | None = _received(ours)
            done.append([work(job) for job in share] if sent is None else sent)
    finally:
        for fork, ours in forks:
            fork.terminate()
            fork.join()
            ours.close()
    return [done[place % number][place // number] for place in range(len(jobs))]


def _fork(
    pipe: Connection,
    others: Sequence[Connection],
    work: Callable[[J], R],
    jobs: Sequence[J],
    parent: int,
) -> None:
    """Do the jobs and send what they return; nothing if one fails, or if nobody is there to read it."""
    for one in (signal.SIGINT, signal.SIGTERM):  # what the parent does then is not for a fork
        signal.signal(one, signal.SIG_DFL)
    for other in others:
        other.close()
    found: list[R] = []
    for job in jobs:
        if os.getppid() != parent:
            return
        try:
            found.append(work(job))
        except Exception:
            return  # the parent does the job again, where the error is raised
    with suppress(BrokenPipeError):
        pipe.send(found)


def _received(pipe: Connection) -> list[R] | None:
    """What a fork sent; None if it failed, or was killed before it had sent all."""
    try:
        found: list[R] = pipe.recv()
    except (EOFError, OSError):
        return None
    return found
