"""A few kills of quick commands, and a disk that is full at every change of a file: nothing is torn, all is finished.

`tests/benchmarks/kill_campaign.py` does the same to every command, DVC and its stages, hundreds of times.
"""

import errno
import os
import resource
import signal
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

pytestmark = [pytest.mark.process]
SLOW = pytest.mark.skipif(
    not os.environ.get("REPROPOSE_SLOW"), reason="a minute each: set REPROPOSE_SLOW=1"
)
NAMES = [pytest.param(name, marks=SLOW if name in ("export", "site") else ()) for name in QUICK]


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
