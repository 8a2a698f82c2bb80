"""One process at a time: the second waits or is told who works there; a killed one leaves nothing that blocks."""

import json
import os
import re
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from bench.errors import EnvironmentProblem
from bench.locks import Holder, alone, holder_of, started
from bench.pipeline.checkout import alone_in_checkout

pytestmark = pytest.mark.process
HOLDS = (
    "import sys\nfrom pathlib import Path\nfrom bench.locks import alone\n"
    "with alone(Path(sys.argv[1]), 'this'):\n"
    "    print('held', flush=True)\n    sys.stdin.read()"
)


@contextmanager
def another(lock: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A process that holds a lock until its standard input ends."""
    command = [sys.executable, "-c", HOLDS, str(lock)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout
        assert process.stdout.readline() == b"held\n"
        try:
            yield process
        finally:
            process.kill()


def test_the_second_is_told_process_command_and_time(tmp_path):
    lock = tmp_path / "deep" / "a.lock"
    with another(lock) as other:
        said = (
            rf"this: process {other.pid} \(-c .*\) since 20\d\d-.*works there; wait until it ends"
        )
        with pytest.raises(EnvironmentProblem, match=said), alone(lock, "this"):
            pytest.fail("two at once")
    with alone(lock, "this"):
        assert holder_of(lock).pid == os.getpid()
        assert holder_of(lock).alive
    assert holder_of(lock) is None


def test_the_second_waits_where_it_may_and_says_so_once(tmp_path):
    lock = tmp_path / "a.lock"
    said: list[str] = []
    with another(lock) as other:
        threading.Timer(0.7, other.kill).start()
        with alone(lock, "this", wait=True, say=said.append):
            assert other.wait() == -9
    assert len(said) == 1
    assert re.match(rf"this: waiting for process {other.pid} ", said[0])


def test_what_a_killed_process_left_is_recognised_and_blocks_nobody(tmp_path):
    lock = tmp_path / "a.lock"
    with another(lock) as other:
        other.kill()
        other.wait()
    left = holder_of(lock)
    assert left.pid == other.pid
    assert not left.alive
    reused = left._replace(pid=os.getpid(), started=started(os.getpid()) + 1)
    assert not reused.alive, "the number was given to another process"
    lock.write_text(json.dumps(reused._asdict()))
    with alone(lock, "this"):
        pass


@pytest.mark.parametrize("content", [b"", b"\xff", b"[1]", b'{"pid": 1}', b'{"x": 2}'])
def test_a_damaged_note_names_nobody_and_blocks_nobody(tmp_path, content):
    lock = tmp_path / "a.lock"
    lock.write_bytes(content)
    assert holder_of(lock) is None
    with alone(lock, "this"):
        pass


def test_a_forked_worker_does_not_keep_the_lock(tmp_path):
    """Data workers of a training that was killed live on for some seconds."""
    code = HOLDS.replace(
        "    print",
        "    import os, time\n    if not os.fork(): time.sleep(5); os._exit(0)\n    print",
    )
    lock = tmp_path / "a.lock"
    command = [sys.executable, "-c", code, str(lock)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as other:
        other.stdout.readline()
        other.kill()
        other.wait()
        begun = time.monotonic()
        with alone(lock, "this"):
            assert time.monotonic() - begun < 4


def test_a_folder_that_cannot_be_written_is_named(tmp_path):
    (tmp_path / "file").write_text("")
    refused = pytest.raises(EnvironmentProblem, match=r"a\.lock: cannot be written")
    with refused, alone(tmp_path / "file" / "a.lock", "this"):
        pass


@pytest.fixture
def checkout(tmp_path) -> Path:
    (tmp_path / ".dvc" / "tmp").mkdir(parents=True)
    return tmp_path


def test_a_second_repro_in_one_checkout_is_refused(checkout):
    with another(checkout / "work" / ".repro.lock") as other:
        refused = pytest.raises(EnvironmentProblem, match=rf"repro.* process {other.pid} ")
        with refused, alone_in_checkout(checkout):
            pytest.fail("two at once")


def test_what_a_killed_repro_left_running_is_waited_for(checkout, capsys):
    with subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"]) as orphan:
        note = {"write": {"a": {"pid": orphan.pid, "cmd": "dvc repro"}}, "read": {}}
        (checkout / ".dvc/tmp/rwlock").write_text(json.dumps(note))
        threading.Timer(0.3, orphan.kill).start()
        with alone_in_checkout(checkout):
            assert orphan.poll() is not None
    assert f"waiting for process {orphan.pid}, which works here already" in capsys.readouterr().err


def test_dvc_s_list_is_removed_where_a_number_belongs_to_another_process_now(checkout):
    file = checkout / ".dvc/tmp/rwlock"
    file.write_text(json.dumps({"write": {"a": {"pid": os.getpid(), "cmd": "dvc repro"}}}))
    os.utime(file, (1e9, 1e9))  # long before this process began
    with alone_in_checkout(checkout):
        assert not file.exists()


def test_a_holder_is_named_in_one_line():
    assert str(Holder(7, "repropose measure x", "2026-01-01 10:00:00")) == (
        "process 7 (repropose measure x) since 2026-01-01 10:00:00"
    )
