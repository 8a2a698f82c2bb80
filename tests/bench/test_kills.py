"""A few kills of quick commands, disks that are full or read-only: one line, nothing is torn, all is finished.

`tests/benchmarks/kill_campaign.py` does the same to every command, DVC and its stages, hundreds of times.
"""

import ctypes
import errno
import os
import resource
import shutil
import signal
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.benchmarks import kill_campaign
from tests.benchmarks.kill_campaign import (
    COMMANDS,
    QUICK,
    copied,
    log_of,
    lost,
    prepared,
    run,
    torn,
)
from tests.benchmarks.kill_hook import in_child

pytestmark = [pytest.mark.process]
#: Commands that can do their work without writing.
READS = ("evaluate", "verify", "judge", "history")
SLOW = pytest.mark.skipif(not os.environ.get("REPROPOSE_SLOW"), reason="slow: set REPROPOSE_SLOW=1")
CI = ("prepare", "submit", "table")
NAMES = [pytest.param(name, marks=() if name in CI else SLOW) for name in QUICK]
#: Those that need no training.
UNTRAINED = [
    pytest.param(name, marks=() if name in CI else (SLOW, pytest.mark.network))
    for name in COMMANDS
    if name not in ("gallery", "site again", "merge again")
]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The workspaces before each command are made once."""
    found = tmp_path_factory.mktemp("kills")
    kill_campaign.begin(found)
    return found


@pytest.fixture(scope="module")
def made() -> dict[str, Path]:
    return {}


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without trainings: what they leave is no other file than a submission's."""
    untrained = {name: (text, ("prepare",)) for name, (text, before) in COMMANDS.items() if before}
    monkeypatch.setattr(kill_campaign, "COMMANDS", {**COMMANDS, **untrained})


@pytest.mark.parametrize("name", NAMES)
def test_a_killed_command_is_finished_by_the_same_command(name, folder, made):
    base = prepared(folder, name, made)
    seen = list(kill_campaign.of_command(folder, base, name, 4))
    assert len(seen) >= 2
    assert [one for one in seen if one.faults] == []


@pytest.mark.parametrize("name", NAMES)
def test_a_full_disk_is_one_line_and_leaves_nothing_torn(name, folder, made):
    base, command = prepared(folder, name, made), COMMANDS[name][0]
    for at in (1, 2, 5, 13):
        here = copied(base, folder / "full")

        def act(count: int, at: int = at) -> None:
            if count >= at:
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

        ended, said = run(here, command, act), log_of(here)
        if at > 1 and ended == 0:  # it changes fewer files than that
            break
        assert ended == 2, said
        assert "No space left on device" in said
        assert "Traceback" not in said
        assert [*torn(here), *lost(base, here)] == []
        assert run(here, command) == 0, log_of(here)


@pytest.mark.parametrize("name", ["prepare", "export", "site"])
def test_eight_kilobytes_are_left(name, folder, made):
    """No file can grow beyond: a write in the middle of a file fails. The files of the other commands are smaller."""
    base, command = prepared(folder, name, made), COMMANDS[name][0]
    here = copied(base, folder / "small")

    def limited(count: int) -> None:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(
            resource.RLIMIT_FSIZE, (8192, resource.getrlimit(resource.RLIMIT_FSIZE)[1])
        )

    ended, said = run(here, command, limited), log_of(here)
    assert ended == 2, said
    assert "Traceback" not in said
    assert "File too large" in said
    assert [*torn(here), *lost(base, here)] == []
    assert run(here, command) == 0, log_of(here)


def mounts(*arguments: str) -> bool:
    return subprocess.run(["mount", *arguments], capture_output=True).returncode == 0


def apart() -> bool:
    """Mounts of this process are from now on its own: no other sees them, and they end with it."""
    libc, new_mounts = ctypes.CDLL(None, use_errno=True), 0x00020000
    return libc.unshare(new_mounts) == 0 and mounts("--make-rprivate", "/")


def with_mounts(work: Callable[[], None], log: Path) -> None:
    """Run checks in a child with mounts of its own; skip where those are not allowed."""

    def child() -> None:
        if not apart():
            raise SystemExit(77)
        work()

    if ended := in_child(child, log):
        if ended == 77:
            pytest.skip("mounting in a namespace of its own is not allowed here (it needs root)")
        pytest.fail(log.read_text())


def everything(folder: Path) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize("name", UNTRAINED)
def test_a_read_only_folder_is_one_line(name, folder, made):
    base, command = prepared(folder, name, made), COMMANDS[name][0]
    here = copied(base, folder / "readonly")
    before = everything(here)

    def work() -> None:
        assert mounts("--bind", str(here), str(here))
        assert mounts("-o", "remount,ro,bind", str(here))
        ended, said = run(here, command), log_of(here)
        if ended == 0:
            assert name in READS, f"{command} succeeded: {said}"
        else:
            assert ended == 2, said
            assert "Read-only file system" in said
            assert "Traceback" not in said
        assert everything(here) == before

    with_mounts(work, folder / "readonly.checks")
    assert run(here, command) == 0, log_of(here)


@pytest.mark.parametrize("name", UNTRAINED)
def test_a_disk_with_a_few_kilobytes_left_is_one_line(name, folder, made):
    """A tmpfs as large as the workspace and a little more: it is full in the middle of one write or another."""
    base, command = prepared(folder, name, made), COMMANDS[name][0]
    here = folder / "little"
    here.mkdir(exist_ok=True)

    def work() -> None:
        for left in (0, 8, 64, 512):
            assert mounts("-t", "tmpfs", "-o", "size=2g", "none", str(here))  # over the one before
            shutil.copytree(base, here, symlinks=True, dirs_exist_ok=True)
            found = os.statvfs(here)
            used = (found.f_blocks - found.f_bfree) * found.f_frsize // 1024
            assert mounts("-o", f"remount,size={used + left}k", str(here))
            ended, said = run(here, command), log_of(here)
            assert [*torn(here), *lost(base, here)] == []
            if ended == 0:  # it writes less
                assert left or name in READS, f"{command} succeeded: {said}"
                break
            assert ended == 2, said
            # `measure` asks for a gigabyte before it begins
            assert "No space left on device" in said or "less than 1 GB is free" in said
            assert "Traceback" not in said
            assert mounts("-o", "remount,size=2g", str(here))
            assert run(here, command) == 0, log_of(here)

    with_mounts(work, folder / "little.checks")
