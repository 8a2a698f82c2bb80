"""Downloads from a server with every known fault: the right bytes under the final name, or none."""

import hashlib
import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from bench.errors import DataError
from bench.fetch.download import download
from bench.fetch.retry import RetryPolicy
from bench.fetch.sources import RemoteFile
from tests.bench.fetch.faulty import Server, http_date, serving

CONTENT = random.Random(7).randbytes(300_000)
SHA256 = hashlib.sha256(CONTENT).hexdigest()
OTHER = random.Random(8).randbytes(300_000)


class Naps(list[float]):
    """Records the waits without waiting."""

    def policy(self, **changes: Any) -> RetryPolicy:
        return RetryPolicy(**{"read_timeout": 5.0, "sleep": self.append, **changes})


@pytest.fixture
def naps() -> Naps:
    return Naps()


def remote(server: Server, *paths: str, **known: Any) -> RemoteFile:
    addresses = tuple(server.address(path) for path in paths or ("a.bin",))
    return RemoteFile(name="a.bin", addresses=addresses, **known)


def left(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def part(folder: Path, content: bytes, server: Server, validator: str | None = '"one"') -> None:
    """What an interrupted download leaves behind."""
    (folder / "a.bin.part").write_bytes(content)
    notes = {"address": server.address("a.bin"), "validator": validator, "total": len(CONTENT)}
    (folder / "a.bin.part.json").write_text(json.dumps(notes))


def test_a_complete_file_arrives_and_nothing_else_is_left(server, tmp_path):
    served = server.put("a.bin", CONTENT)
    counted: list[int] = []
    came = download(remote(server), tmp_path / "a.bin", progress=counted.append)
    assert (tmp_path / "a.bin").read_bytes() == CONTENT
    assert (came.size, came.sha256, came.address) == (len(CONTENT), SHA256, server.address("a.bin"))
    assert left(tmp_path) == {"a.bin"}
    assert sum(counted) == len(CONTENT)
    assert served.requests[0]["accept-encoding"] == "identity"


def test_a_dropped_connection_is_resumed_where_it_broke(server, tmp_path, naps):
    served = server.put("a.bin", CONTENT, drop_after=[100_000, 50_000, 0, 149_999])
    counted: list[int] = []
    download(remote(server), tmp_path / "a.bin", retry=naps.policy(), progress=counted.append)
    assert (tmp_path / "a.bin").read_bytes() == CONTENT
    ranges = [r.get("range") for r in served.requests]
    assert ranges == [None, "bytes=100000-", "bytes=150000-", "bytes=150000-", "bytes=299999-"]
    assert {r["if-range"] for r in served.requests[1:]} == {'"one"'}
    assert sum(counted) == len(CONTENT)


@pytest.mark.parametrize("length", [0, 1, 8191, 150_000, len(CONTENT) - 1, len(CONTENT)])
def test_a_part_of_any_length_is_completed(length, server, tmp_path):
    server.put("a.bin", CONTENT)
    part(tmp_path, CONTENT[:length], server)
    assert download(remote(server), tmp_path / "a.bin").sha256 == SHA256
    assert left(tmp_path) == {"a.bin"}


@pytest.mark.process
def test_a_killed_process_is_continued_by_the_next(tmp_path, monkeypatch):
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    with serving() as server:
        served = server.put("a.bin", CONTENT[:20_000], trickle=0.0001)
        code = (
            "import sys; from pathlib import Path; from bench.fetch.sources import RemoteFile;"
            "from bench.fetch.download import download;"
            "download(RemoteFile(name='a.bin', addresses=[sys.argv[1]]), Path(sys.argv[2]))"
        )
        target = tmp_path / "a.bin"
        child = subprocess.Popen([sys.executable, "-c", code, server.address("a.bin"), str(target)])
        deadline = time.monotonic() + 10
        while not (
            (half := target.with_name("a.bin.part")).is_file() and half.stat().st_size > 4000
        ):
            assert time.monotonic() < deadline, "the download never began"
            time.sleep(0.01)
        os.kill(child.pid, signal.SIGKILL)
        child.wait()
        assert not target.exists()
        size = half.stat().st_size
        assert 0 < size < 20_000
        served.trickle = 0.0
        assert download(remote(server), target).size == 20_000
        assert served.requests[-1]["range"] == f"bytes={size}-"
    assert target.read_bytes() == CONTENT[:20_000]


def test_a_server_that_ignores_ranges_restarts_the_file(server, tmp_path, naps):
    server.put("a.bin", CONTENT, ranges=False, drop_after=[100_000])
    assert download(remote(server), tmp_path / "a.bin", retry=naps.policy()).sha256 == SHA256


@pytest.mark.parametrize("heeds", [True, False])
def test_a_file_that_changed_meanwhile_is_never_mixed_with_the_old_one(
    heeds, server, tmp_path, naps
):
    served = server.put(
        "a.bin", OTHER, changes_to=CONTENT, drop_after=[70_000], heeds_if_range=heeds
    )
    assert download(remote(server), tmp_path / "a.bin", retry=naps.policy()).sha256 == SHA256
    assert len(served.requests) == (2 if heeds else 3)


def test_a_change_of_length_is_noticed_without_any_validator_if_the_hash_is_known(
    server, tmp_path, naps
):
    server.put("a.bin", OTHER[:-5], changes_to=CONTENT, drop_after=[70_000], etag=None)
    file = remote(server, sha256=SHA256)
    assert download(file, tmp_path / "a.bin", retry=naps.policy()).sha256 == SHA256


def test_without_validator_and_hash_a_part_is_not_trusted(server, tmp_path, naps):
    served = server.put("a.bin", CONTENT, etag=None)
    part(tmp_path, OTHER[:70_000], server, validator=None)
    assert download(remote(server), tmp_path / "a.bin").sha256 == SHA256
    assert "range" not in served.requests[0]


def test_a_date_of_change_serves_where_there_is_no_strong_etag(server, tmp_path, naps):
    date = http_date(-1000)
    served = server.put("a.bin", CONTENT, etag='W/"x"', modified=date, drop_after=[70_000])
    assert download(remote(server), tmp_path / "a.bin", retry=naps.policy()).sha256 == SHA256
    assert served.requests[1]["if-range"] == date


def test_a_corrupt_part_is_found_by_the_hash_and_downloaded_again(server, tmp_path):
    served = server.put("a.bin", CONTENT)
    part(tmp_path, OTHER[:70_000], server)
    assert download(remote(server, sha256=SHA256), tmp_path / "a.bin").sha256 == SHA256
    assert len(served.requests) == 2


@pytest.mark.parametrize(
    "known",
    [{"sha256": SHA256}, {"sha256_starts": SHA256[:8]}, {"size": len(CONTENT) + 1}],
    ids=["hash", "first digits", "size"],
)
def test_wrong_bytes_never_get_the_final_name(known, server, tmp_path):
    server.put("a.bin", OTHER)
    with pytest.raises(DataError, match=r"a\.bin could not be downloaded: .*(expected|published)"):
        download(remote(server, **known), tmp_path / "a.bin")
    assert left(tmp_path) == set()


def test_what_differs_from_the_first_download_is_rejected(server, tmp_path):
    server.put("a.bin", OTHER)
    with pytest.raises(DataError, match=f"that of the first download was {SHA256}"):
        download(remote(server), tmp_path / "a.bin", known_sha256=SHA256)
    assert left(tmp_path) == set()


def test_a_file_shorter_than_announced_is_incomplete(server, tmp_path, naps):
    served = server.put("a.bin", CONTENT, length=len(CONTENT) + 10, ranges=False)
    message = r"connection broke after 300000 of 300010 bytes.*run it again to resume the download"
    with pytest.raises(DataError, match=message):
        download(remote(server), tmp_path / "a.bin", retry=naps.policy(attempts=3))
    assert len(served.requests) >= 3
    assert "a.bin" not in left(tmp_path)


def test_a_file_longer_than_announced_is_found_by_the_hash(server, tmp_path, naps):
    server.put("a.bin", CONTENT, length=1000, ranges=False)
    with pytest.raises(DataError, match=f"the published one is {SHA256}"):
        download(remote(server, sha256=SHA256), tmp_path / "a.bin", retry=naps.policy())
    assert left(tmp_path) == set()


def test_no_length_at_all_works_where_the_hash_or_the_size_is_known(server, tmp_path, naps):
    server.put("a.bin", CONTENT, says_length=False, drop_after=[70_000])
    file = remote(server, size=len(CONTENT), sha256=SHA256)
    assert download(file, tmp_path / "a.bin", retry=naps.policy()).sha256 == SHA256


@pytest.mark.parametrize("status", [403, 404, 410])
def test_the_next_address_is_used_where_the_first_fails(status, server, tmp_path, naps):
    first = server.put("a.bin", b"", answers=[(status, {})] * 9)
    server.put("mirror", CONTENT)
    came = download(remote(server, "a.bin", "mirror"), tmp_path / "a.bin", retry=naps.policy())
    assert came.address == server.address("mirror")
    assert len(first.requests) == 1
    assert naps == []


def test_a_mirror_resumes_what_the_first_address_started(server, tmp_path, naps):
    first = server.put("a.bin", CONTENT, drop_after=[100_000])
    mirror = server.put("mirror", CONTENT, etag='"elsewhere"')
    first.answers, first.drop_after = [], [100_000]
    file = remote(server, "a.bin", "mirror", sha256=SHA256)
    first_answers = iter([[], [(404, {})]])
    first.answers = next(first_answers)
    retry = RetryPolicy(sleep=lambda _: first.answers.extend([(404, {})]))
    assert download(file, tmp_path / "a.bin", retry=retry).sha256 == SHA256
    assert mirror.requests[0]["range"] == "bytes=100000-"
    assert "if-range" not in mirror.requests[0]


def test_the_error_of_each_address_is_named(server, tmp_path):
    with pytest.raises(DataError) as caught:
        download(remote(server, "a.bin", "mirror"), tmp_path / "a.bin")
    assert str(caught.value).count("the server answers 404 Not Found") == 2
    assert server.address("mirror") in str(caught.value)
    assert "to resume" not in str(caught.value)  # nothing was received
    assert left(tmp_path) == set()


@pytest.mark.parametrize("status", [429, 503])
def test_retry_after_is_obeyed_in_seconds_and_as_a_date(status, server, tmp_path, naps):
    answers = [
        (status, {"Retry-After": "7"}),
        (status, {"Retry-After": http_date(30)}),
        (status, {}),
        (status, {"Retry-After": "soon"}),
    ]
    server.put("a.bin", CONTENT, answers=answers)
    download(remote(server), tmp_path / "a.bin", retry=naps.policy())
    assert naps[0] == 7.0
    assert 25 < naps[1] <= 30
    assert 4.0 <= naps[2] <= 8.0  # doubles with each fruitless try, shortened at random
    assert 8.0 <= naps[3] <= 16.0


def test_a_server_that_asks_for_hours_is_not_asked_again(server, tmp_path, naps):
    server.put("a.bin", CONTENT, answers=[(503, {"Retry-After": "7200"})])
    with pytest.raises(DataError, match="asks to wait 7200 s; run it again then"):
        download(remote(server), tmp_path / "a.bin", retry=naps.policy())
    assert naps == []


def test_attempts_are_counted_since_the_last_byte(server, tmp_path, naps):
    served = server.put("a.bin", CONTENT, drop_after=[10_000] * 12)
    download(remote(server), tmp_path / "a.bin", retry=naps.policy(attempts=2))
    assert len(served.requests) == 13
    server.put("b.bin", CONTENT, answers=[(503, {})] * 9)
    with pytest.raises(DataError, match=r"503 .*\(2 attempts\)"):
        download(remote(server, "b.bin"), tmp_path / "b", retry=naps.policy(attempts=2))


def test_a_slow_connection_is_dropped_and_its_data_kept(server, tmp_path):
    served = server.put("a.bin", CONTENT[:2000], trickle=0.01)

    def heal(_: float) -> None:
        served.trickle = 0.0

    retry = RetryPolicy(speed_window=0.1, min_speed=5000.0, sleep=heal)
    download(remote(server), tmp_path / "a.bin", retry=retry)
    assert served.requests[1]["range"].startswith("bytes=")
    assert (tmp_path / "a.bin").read_bytes() == CONTENT[:2000]


def test_a_read_timeout_is_one_clear_line(tmp_path, monkeypatch):
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    with serving(latency=0.4) as server:
        server.put("a.bin", CONTENT)
        retry = RetryPolicy(read_timeout=0.05, attempts=2, sleep=lambda _: None)
        with pytest.raises(DataError, match=r"[Rr]ead timed out"):
            download(remote(server), tmp_path / "a.bin", retry=retry)


def test_an_unreachable_server_is_one_clear_line(tmp_path, naps):
    file = RemoteFile(name="a.bin", addresses=("http://127.0.0.1:9/a.bin",))
    with pytest.raises(DataError, match="Connection refused") as caught:
        download(file, tmp_path / "a.bin", retry=naps.policy())
    assert len(naps) == 2  # no response: fewer attempts
    assert "0x" not in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_login_page_is_rejected(server, tmp_path):
    server.put("a.bin", b"<html>please sign in</html>", kind="text/html; charset=utf-8")
    with pytest.raises(DataError, match="a web page instead of the file"):
        download(remote(server), tmp_path / "a.bin")
    assert left(tmp_path) == set()


def test_two_fetches_do_not_write_the_same_part(server, tmp_path):
    server.put("a.bin", CONTENT)
    refused: list[str] = []

    def again(count: int) -> None:
        if not refused:
            with pytest.raises(DataError, match="written by another fetch") as caught:
                download(remote(server), tmp_path / "a.bin")
            refused.append(str(caught.value))

    download(remote(server), tmp_path / "a.bin", progress=again)
    assert refused
    assert (tmp_path / "a.bin").read_bytes() == CONTENT


def test_the_proxy_of_the_environment_is_used(server, tmp_path, monkeypatch):
    """A plain proxy gets the whole address in the request line."""
    whole = "http://data.invalid/a.bin"
    server.files[whole] = server.put("unused", CONTENT)
    monkeypatch.setenv("http_proxy", server.address("").rstrip("/"))
    came = download(RemoteFile(name="a.bin", addresses=(whole,)), tmp_path / "a.bin")
    assert came.sha256 == SHA256
