"""A process that kills itself at its n-th change of a file: what `kill_campaign` starts.

Changes are seen through Python's audit events: opening for writing, renaming, removing, making folders, truncating.
"""

import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

_CHANGES = {
    *("os.rename", "os.remove", "os.mkdir", "os.rmdir", "os.truncate", "os.link", "os.symlink"),
    *("shutil.rmtree", "shutil.copyfile", "shutil.move"),
}


def changes(folder: Path, act: Callable[[int], None]) -> None:
    """From now on call `act` with 1, 2, ... just before every change of a file below `folder`. It cannot be undone."""
    below, count = str(folder), 0

    def watch(event: str, arguments: tuple[Any, ...]) -> None:
        nonlocal count
        if event == "open":
            path, mode, flags = arguments
            writes = flags & (os.O_WRONLY | os.O_RDWR) if flags else "w" in str(mode)
            found = [path] if writes else []
        else:
            found = list(arguments) if event in _CHANGES else []
        if any(isinstance(one, str | os.PathLike) and str(one).startswith(below) for one in found):
            count += 1
            act(count)

    sys.addaudithook(watch)


def in_child(work: Callable[[], None], log: Path) -> int:
    """Run `work` in a fork, its output in `log`; the exit status, or minus the signal that ended it."""
    sys.stdout.flush()
    sys.stderr.flush()
    if pid := os.fork():
        return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    status = 1
    try:
        handle = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        for stream in (1, 2):
            os.dup2(handle, stream)
        sys.stdout, sys.stderr = (open(stream, "w", closefd=False) for stream in (1, 2))  # noqa: SIM115
        work()
        status = 0
    except SystemExit as error:
        status = error.code if isinstance(error.code, int) else int(error.code is not None)
    except BaseException:
        import traceback

        traceback.print_exc()
        status = 70
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)


def kill_self(at: int) -> Callable[[int], None]:
    """For `changes`: SIGKILL at the change of this number."""

    def act(count: int) -> None:
        if count == at:
            os.kill(os.getpid(), signal.SIGKILL)

    return act
