"""Locks between processes: who works on a run, a data set or a checkout, and since when.

The kernel holds the lock and gives it back when its process ends in any way, so that none is stale after a kill. What
the file holds only names the process: the next one to take the lock overwrites it.
"""

import errno
import fcntl
import json
import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from bench.errors import EnvironmentProblem

_EVERY = 0.2  # seconds between tries
_REFUSED = (errno.EACCES, errno.EAGAIN)


class Holder(NamedTuple):
    """A process that holds a lock, or held it when it was killed. since: local time; started: ticks after boot."""

    pid: int
    command: str
    since: str
    started: int = 0

    def __str__(self) -> str:
        return f"process {self.pid} ({self.command}) since {self.since}"

    @property
    def alive(self) -> bool:
        """Whether it runs still: a process of its number that started when it did."""
        return started(self.pid) == self.started


def started(pid: int) -> int | None:
    """When a process started, in ticks after boot; None if there is none; 0 where the system does not say."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except FileNotFoundError:
        return None if Path("/proc/self/stat").exists() else 0
    state, *rest = stat.rpartition(")")[2].split()
    return None if state == "Z" else int(rest[18])


@contextmanager
def alone(
    path: Path, what: str, *, wait: bool = False, say: Callable[[str], None] | None = None
) -> Iterator[None]:
    """Hold the lock file `path`; `what` it protects, for messages.

    Where another process holds it: wait for that, once saying so through `say` (to standard error by default), or
    raise `EnvironmentProblem` that names process and time. Processes that this one forks do not hold it.
    """
    handle = _opened(path)
    try:
        told = False
        while not _taken(handle):
            holder = holder_of(path) or "another process"
            if not wait:
                raise EnvironmentProblem(
                    f"{what}: {holder} works there; wait until it ends, or end it, then run this again"
                )
            if not told:
                told = True
                (say or _to_stderr)(f"{what}: waiting for {holder}")
            time.sleep(_EVERY)
        _note(handle)
        yield
        os.ftruncate(handle, 0)
    finally:
        os.close(handle)


@contextmanager
def folder_alone(folder: Path) -> Iterator[None]:
    """Hold a folder, which is made if it is missing; another process that wants it waits. Raises OSError."""
    folder.mkdir(parents=True, exist_ok=True)
    handle = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def holder_of(path: Path) -> Holder | None:
    """Who is noted in a lock file; None if nobody is, or it cannot be read."""
    try:
        return Holder(**json.loads(path.read_bytes()))
    except (OSError, ValueError, TypeError):
        return None


def _opened(path: Path) -> int:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        return os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
    except OSError as error:
        raise EnvironmentProblem(
            f"{path}: cannot be written: {error.strerror}; nothing was changed. Allow access, then run it again"
        ) from None


def _taken(handle: int) -> bool:
    """Whether the lock is ours now. A lock of POSIX and not of BSD: a forked data worker must not inherit it."""
    try:
        fcntl.lockf(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        if error.errno in _REFUSED:
            return False
        raise EnvironmentProblem(
            f"the file system does not lock files ({error.strerror}); use another folder (REPROPOSE_WORKSPACE)"
        ) from None
    return True


def _note(handle: int) -> None:
    """Who holds it; on a full disk nobody is named."""
    command = " ".join([Path(sys.argv[0]).name, *sys.argv[1:]])[:200]
    holder = Holder(
        os.getpid(), command, time.strftime("%Y-%m-%d %H:%M:%S"), started(os.getpid()) or 0
    )
    os.ftruncate(handle, 0)
    try:
        os.pwrite(handle, json.dumps(holder._asdict()).encode(), 0)
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EDQUOT):
            raise


def _to_stderr(line: str) -> None:
    print(f"repropose: {line}", file=sys.stderr, flush=True)
