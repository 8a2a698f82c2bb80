"""One file from the network to the disk: resumed, checked, and under its name only when it is whole.

What has come lies in NAME.part, and what the server said of it in NAME.part.json. A kill at any byte loses nothing: the
next call asks for the rest (Range), on the condition that the file is still the same (If-Range). A server that ignores
ranges, or has another file by now, makes the file start anew.
"""

import fcntl
import hashlib
import json
import os
import random
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

import requests
import urllib3

from bench.errors import DataError
from bench.fetch.http import content_range, reason, retry_after, short, validator
from bench.fetch.retry import Passing, Patience, Refused, Unanswered
from bench.fetch.sources import RemoteFile

CHUNK = 1 << 20
# Answers that another try may change; every other refusal is final for its address.
PASSING = frozenset({408, 425, 429, 500, 502, 503, 504})


class Arrived(NamedTuple):
    """A whole file, as it came."""

    path: Path
    size: int
    sha256: str
    address: str


Progress = Callable[[int], object]


def download(
    file: RemoteFile,
    target: Path,
    *,
    known_sha256: str | None = None,
    patience: Patience | None = None,
    progress: Progress = lambda count: None,
) -> Arrived:
    """Bring a file to `target`, from its first address that works.

    `known_sha256` is what an earlier download had, where the publisher states no hash. `progress` hears of bytes
    gained (and, negative, of those thrown away). Proxies are taken from the environment. Raises `DataError` when no
    address works, naming what each answered; the part that came stays and is resumed next time.
    """
    patience = patience or Patience()
    target.parent.mkdir(parents=True, exist_ok=True)
    part = target.with_name(target.name + ".part")
    answers = []
    with requests.Session() as session, _alone(part) as stream:
        for address in file.addresses:
            one = _Transfer(file, address, part, stream, known_sha256, patience, progress, session)
            try:
                digest = one.run()
            except Refused as refusal:
                answers.append(f"{address}: {refusal}")
                continue
            os.fsync(stream.fileno())
            size = stream.seek(0, os.SEEK_END)
            os.replace(part, target)
            one.notes.unlink(missing_ok=True)
            return Arrived(target, size, digest, address)
    raise DataError(
        f"{file.name} could not be fetched: "
        + "; ".join(answers)
        + ("; run the same command again to go on," if _begun(part) else ";")
        + " --data-root takes it from a folder that has it"
    )


def _begun(part: Path) -> bool:
    return part.exists() and part.stat().st_size > 0


@contextmanager
def _alone(part: Path) -> Iterator[BinaryIO]:
    """The part file, opened for appending by this process only."""
    with part.open("a+b") as stream:
        try:
            fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise _busy(part) from None
        if not part.exists() or not os.path.samestat(part.stat(), os.fstat(stream.fileno())):
            raise _busy(part)  # the other one has just finished
        try:
            yield stream
        finally:
            stream.flush()
            if part.exists() and not part.stat().st_size:
                part.unlink()


def _busy(part: Path) -> DataError:
    return DataError(f"{part} is being written by another fetch; wait for it and ask again")


@dataclass
class _Transfer:
    """One file from one address."""

    file: RemoteFile
    address: str
    part: Path
    stream: BinaryIO
    known_sha256: str | None
    patience: Patience
    progress: Progress
    session: requests.Session

    def __post_init__(self) -> None:
        self.notes = self.part.with_name(self.part.name + ".json")
        self.hash = hashlib.sha256()
        self.have = 0
        self.total = self.file.size
        self.pieced = False  # put together from several answers: if it is wrong, once more in one

    def run(self) -> str:
        """The whole file's SHA-256. Raises `Refused` when this address will not bring it."""
        self._take_up()
        fruitless = 0
        while True:
            before = self.have
            try:
                if not self._whole():
                    self._attempt()
                wrong = self._wrong()
                if wrong is None:
                    return self.hash.hexdigest()
                pieced = self.pieced
                self._start_anew()
                if not pieced:
                    raise Refused(wrong)
            except Passing as problem:
                fruitless = 0 if self.have > before else fruitless + 1
                nobody = isinstance(problem, Unanswered) and not self.have
                allowed = self.patience.unanswered if nobody else self.patience.tries
                if fruitless >= min(allowed, self.patience.tries):
                    raise Refused(f"{problem} ({fruitless} tries)") from None
                self._wait(problem.wait, fruitless)

    def _wait(self, asked: float | None, fruitless: int) -> None:
        if asked is not None and asked > self.patience.longest_wait:
            raise Refused(f"the server asks to wait {asked:.0f} s; run the same command then")
        backoff = min(self.patience.wait * 2.0**fruitless, self.patience.longest_wait)
        self.patience.sleep(asked if asked is not None else backoff * random.uniform(0.5, 1.0))

    # ------------------------------------------------------------ what is there

    def _take_up(self) -> None:
        """Hash what an earlier attempt left; what cannot be continued is thrown away."""
        self.stream.seek(0)
        while chunk := self.stream.read(CHUNK):
            self._count(chunk)
        self.pieced = self.have > 0
        condition, told = self._condition(), self._said().get("total")
        self.total = self.total or (told if condition else None)
        too_long = self.total is not None and self.have > self.total
        if self.have and (too_long or not (condition or self._checked_in_the_end())):
            self._start_anew()

    def _said(self) -> dict[str, Any]:
        """What the server said of the part, if it came from this address."""
        try:
            said = json.loads(self.notes.read_bytes())
        except (OSError, ValueError):
            return {}
        return said if isinstance(said, dict) and said.get("address") == self.address else {}

    def _condition(self) -> str | None:
        """The strong validator by which the server knows whether its file is still the same."""
        value = self._said().get("validator")
        return value if isinstance(value, str) else None

    def _checked_in_the_end(self) -> bool:
        """Is the whole file's hash known, so that pieces of different files cannot pass?"""
        return bool(self.file.sha256 or self.known_sha256)

    def _start_anew(self) -> None:
        self.progress(-self.have)
        self.stream.seek(0)
        self.stream.truncate()
        self.notes.unlink(missing_ok=True)
        self.hash, self.have, self.total = hashlib.sha256(), 0, self.file.size
        self.pieced = False

    def _count(self, chunk: bytes) -> None:
        self.hash.update(chunk)
        self.have += len(chunk)
        self.progress(len(chunk))

    def _whole(self) -> bool:
        return self.total is not None and self.have == self.total

    def _wrong(self) -> str | None:
        """What separates the file from what was published or came first; None if nothing does."""
        got, file = self.hash.hexdigest(), self.file
        if file.sha256 and got != file.sha256:
            return f"SHA-256 is {got}, published is {file.sha256}"
        if file.sha256_starts and not got.startswith(file.sha256_starts):
            return f"SHA-256 is {got}, published is {file.sha256_starts}..."
        if self.known_sha256 and got != self.known_sha256:
            return f"SHA-256 is {got}, the first download had {self.known_sha256}"
        return None

    # ------------------------------------------------------------ one request

    def _attempt(self) -> None:
        """Ask for what is missing and write it. Raises `Passing` or `Refused`."""
        headers = {"Accept-Encoding": "identity"}
        if self.have:
            headers["Range"] = f"bytes={self.have}-"
            if condition := self._condition():
                headers["If-Range"] = condition
        try:
            limits = (self.patience.connect, self.patience.silence)
            with self.session.get(
                self.address, headers=headers, stream=True, timeout=limits
            ) as reply:
                self._judge(reply)
                self._read(reply)
        except (requests.exceptions.InvalidURL, requests.exceptions.TooManyRedirects) as error:
            raise Refused(str(error)) from None
        except (requests.RequestException, urllib3.exceptions.HTTPError) as error:
            cause = getattr(error.args[0] if error.args else None, "reason", None)
            if isinstance(cause, urllib3.exceptions.NewConnectionError):
                raise Unanswered(short(error)) from None
            inner = error.args[1] if len(error.args) > 1 else None
            broke = isinstance(inner, urllib3.exceptions.IncompleteRead)
            raise Passing(self._broke() if broke else short(error)) from None

    def _judge(self, reply: requests.Response) -> None:
        """Make the part ready for this answer's body, or raise."""
        status = reply.status_code
        if status == HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE and self.have:
            self._start_anew()
            raise Passing("the part did not fit the server's file", wait=0.0)
        if status in PASSING:
            raise Passing(reason(reply), retry_after(reply))
        if status not in (HTTPStatus.OK, HTTPStatus.PARTIAL_CONTENT):
            raise Refused(reason(reply))
        if "html" in reply.headers.get("Content-Type", "") and not self.file.name.endswith("html"):
            raise Refused("the server sends a web page instead of the file")
        if status == HTTPStatus.PARTIAL_CONTENT and self.have:
            self._judge_piece(reply)
            return
        if self.have:  # ranges are ignored, or the file has changed
            self._start_anew()
        length = reply.headers.get("Content-Length", "")
        told = int(length) if length.isdecimal() and len(length) < 20 else None
        if self.file.size and told not in (None, self.file.size):
            raise Refused(f"the file has {told} bytes, published are {self.file.size}")
        self.total = self.file.size or told
        self._note(reply)

    def _judge_piece(self, reply: requests.Response) -> None:
        """Is this the rest of the same file? A server may heed Range and not If-Range."""
        first, total = content_range(reply)
        before, now = self._condition() or "", validator(reply) or ""
        other = before[:1] == now[:1] == '"' and before != now
        if first != self.have or other or (self.total and total and total != self.total):
            self._start_anew()
            raise Passing("the server sends another piece than was asked for", wait=0.0)
        self.total, self.pieced = self.total or total, True

    def _note(self, reply: requests.Response) -> None:
        notes = {"address": self.address, "validator": validator(reply), "total": self.total}
        self.notes.write_text(json.dumps(notes))

    def _read(self, reply: requests.Response) -> None:
        """Append the body as it arrives. Raises `Passing` where it breaks off or crawls."""
        begun, gained = time.monotonic(), 0
        while chunk := reply.raw.read1(CHUNK):
            if self.total is not None and self.have + len(chunk) > self.total:
                self._start_anew()
                raise Passing("the server sends more bytes than it announced")
            self.stream.write(chunk)
            self._count(chunk)
            gained += len(chunk)
            passed = time.monotonic() - begun
            if passed > self.patience.slow_after:
                if gained < self.patience.slowest * passed:
                    raise Passing(f"only {gained / passed:.0f} bytes a second")
                begun, gained = time.monotonic(), 0
        self.stream.flush()
        if self.total is None:  # the server never said how much there is
            self.total = self.have
        if self.have < self.total:
            raise Passing(self._broke())

    def _broke(self) -> str:
        return f"the connection broke after {self.have} of {self.total or 'an unknown number of'} bytes"
