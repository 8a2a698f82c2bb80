"""Download of one file: resumed, verified, and renamed to its final name only when it is complete.

The data received so far are in NAME.part, the server's headers in NAME.part.json. A kill at any byte loses nothing: the
next call asks for the rest (Range), provided that the file is still the same (If-Range). If the server ignores ranges,
or its file has changed, the download starts over.
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
from bench.fetch.http import content_range, retry_after, short_message, status_text, validator
from bench.fetch.retry import NoResponse, PermanentError, RetryPolicy, TransientError
from bench.fetch.sources import RemoteFile

CHUNK = 1 << 20
# Statuses that another attempt may change; any other error is permanent for its address.
TRANSIENT_STATUS = frozenset({408, 425, 429, 500, 502, 503, 504})


class Downloaded(NamedTuple):
    """A complete, verified file."""

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
    retry: RetryPolicy | None = None,
    progress: Progress = lambda count: None,
) -> Downloaded:
    """Download a file to `target`, from its first address that works.

    known_sha256: hash of an earlier download, where the publisher gives none. progress: called with the bytes received
    (negative for bytes discarded). Proxies are taken from the environment. Raises `DataError` with the error of each
    address if none works; the partial file is kept and resumed next time.
    """
    retry = retry or RetryPolicy()
    target.parent.mkdir(parents=True, exist_ok=True)
    part = _part_of(target)
    errors = []
    with requests.Session() as session, _locked(part) as stream:
        for address in file.addresses:
            one = _Transfer(file, address, part, stream, known_sha256, retry, progress, session)
            try:
                digest = one.run()
            except PermanentError as error:
                errors.append(f"{address}: {error}")
                continue
            os.fsync(stream.fileno())
            size = stream.seek(0, os.SEEK_END)
            os.replace(part, target)
            one.notes.unlink(missing_ok=True)
            return Downloaded(target, size, digest, address)
    raise DataError(
        f"{file.name} could not be downloaded: "
        + "; ".join(errors)
        + ("; run it again to resume the download" if partial_size(target) else "")
        + "; --data-root links it from a folder that has it"
    )


def _part_of(target: Path) -> Path:
    return target.with_name(target.name + ".part")


def partial_size(target: Path) -> int:
    """Bytes of an interrupted download to `target`; 0 if there is none."""
    part = _part_of(target)
    return part.stat().st_size if part.is_file() else 0


@contextmanager
def _locked(part: Path) -> Iterator[BinaryIO]:
    """The partial file, opened for appending by this process only."""
    with part.open("a+b") as stream:
        try:
            fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise _in_use(part) from None
        if not part.exists() or not os.path.samestat(part.stat(), os.fstat(stream.fileno())):
            raise _in_use(part)  # the other process has just finished
        try:
            yield stream
        finally:
            stream.flush()
            if part.exists() and not part.stat().st_size:
                part.unlink()


def _in_use(part: Path) -> DataError:
    return DataError(f"{part} is being written by another fetch; wait for it and run again")


@dataclass
class _Transfer:
    """One file from one address."""

    file: RemoteFile
    address: str
    part: Path
    stream: BinaryIO
    known_sha256: str | None
    retry: RetryPolicy
    progress: Progress
    session: requests.Session

    def __post_init__(self) -> None:
        self.notes = self.part.with_name(self.part.name + ".json")
        self.hash = hashlib.sha256()
        self.have = 0
        self.total = self.file.size
        self.resumed = False  # put together from several responses: if the hash is wrong, try once in one piece

    def run(self) -> str:
        """SHA-256 of the complete file. Raises `PermanentError` if this address does not give it."""
        self._resume()
        failures = 0
        while True:
            before = self.have
            try:
                if self.total is None or self.have != self.total:
                    self._attempt()
                digest = self.hash.hexdigest()
                error = self.file.hash_error(digest, self.known_sha256)
                if error is None:
                    return digest
                resumed = self.resumed
                self._restart()
                if not resumed:
                    raise PermanentError(error)
            except TransientError as problem:
                failures = 0 if self.have > before else failures + 1
                unreachable = isinstance(problem, NoResponse) and not self.have
                allowed = self.retry.connect_attempts if unreachable else self.retry.attempts
                if failures >= min(allowed, self.retry.attempts):
                    raise PermanentError(f"{problem} ({failures} attempts)") from None
                self._wait(problem.wait, failures)

    def _wait(self, asked: float | None, failures: int) -> None:
        if asked is not None and asked > self.retry.max_wait:
            raise PermanentError(f"the server asks to wait {asked:.0f} s; run it again then")
        wait = min(self.retry.backoff * 2.0**failures, self.retry.max_wait)
        self.retry.sleep(asked if asked is not None else wait * random.uniform(0.5, 1.0))

    # ------------------------------------------------------------ the partial file

    def _resume(self) -> None:
        """Hash what an earlier attempt left; discard it if it cannot be continued."""
        self.stream.seek(0)
        while chunk := self.stream.read(CHUNK):
            self._add(chunk)
        self.resumed = self.have > 0
        condition = self._condition()
        self.total = self.total or (self._read_notes().get("total") if condition else None)
        too_long = self.total is not None and self.have > self.total
        # without a validator, only a known hash keeps pieces of different files from being accepted
        verifiable = condition or self.file.sha256 or self.known_sha256
        if self.have and (too_long or not verifiable):
            self._restart()

    def _read_notes(self) -> dict[str, Any]:
        """The server's headers for the partial file, if it came from this address."""
        try:
            notes = json.loads(self.notes.read_bytes())
        except (OSError, ValueError):
            return {}
        return notes if isinstance(notes, dict) and notes.get("address") == self.address else {}

    def _condition(self) -> str | None:
        """The validator by which the server decides whether its file is still the same (If-Range)."""
        value = self._read_notes().get("validator")
        return value if isinstance(value, str) else None

    def _restart(self) -> None:
        self.progress(-self.have)
        self.stream.seek(0)
        self.stream.truncate()
        self.notes.unlink(missing_ok=True)
        self.hash, self.have, self.total = hashlib.sha256(), 0, self.file.size
        self.resumed = False

    def _add(self, chunk: bytes) -> None:
        self.hash.update(chunk)
        self.have += len(chunk)
        self.progress(len(chunk))

    # ------------------------------------------------------------ one request

    def _attempt(self) -> None:
        """Request what is missing and write it. Raises `TransientError` or `PermanentError`."""
        headers = {"Accept-Encoding": "identity"}
        if self.have:
            headers["Range"] = f"bytes={self.have}-"
            if condition := self._condition():
                headers["If-Range"] = condition
        try:
            limits = (self.retry.connect_timeout, self.retry.read_timeout)
            with self.session.get(
                self.address, headers=headers, stream=True, timeout=limits
            ) as reply:
                self._check(reply)
                self._read(reply)
        except (requests.exceptions.InvalidURL, requests.exceptions.TooManyRedirects) as error:
            raise PermanentError(str(error)) from None
        except (requests.RequestException, urllib3.exceptions.HTTPError) as error:
            cause = getattr(error.args[0] if error.args else None, "reason", None)
            if isinstance(cause, urllib3.exceptions.NewConnectionError):
                raise NoResponse(short_message(error)) from None
            inner = error.args[1] if len(error.args) > 1 else None
            broken = isinstance(inner, urllib3.exceptions.IncompleteRead)
            raise TransientError(self._broken() if broken else short_message(error)) from None

    def _check(self, reply: requests.Response) -> None:
        """Prepare the partial file for this response's body, or raise."""
        status = reply.status_code
        if status == HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE and self.have:
            self._restart()
            raise TransientError("the partial file does not fit the server's file", wait=0.0)
        if status in TRANSIENT_STATUS:
            raise TransientError(status_text(reply), retry_after(reply))
        if status not in (HTTPStatus.OK, HTTPStatus.PARTIAL_CONTENT):
            raise PermanentError(status_text(reply))
        if "html" in reply.headers.get("Content-Type", "") and not self.file.name.endswith("html"):
            raise PermanentError("the server sends a web page instead of the file")
        if status == HTTPStatus.PARTIAL_CONTENT and self.have:
            self._check_range(reply)
            return
        if self.have:  # the server ignores ranges, or the file has changed
            self._restart()
        length = reply.headers.get("Content-Length", "")
        size = int(length) if length.isdecimal() and len(length) < 20 else None
        if self.file.size and size not in (None, self.file.size):
            raise PermanentError(f"the file has {size} bytes, expected {self.file.size}")
        self.total = self.file.size or size
        notes = {"address": self.address, "validator": validator(reply), "total": self.total}
        self.notes.write_text(json.dumps(notes))

    def _check_range(self, reply: requests.Response) -> None:
        """Check that this is the rest of the same file: a server may support Range but not If-Range."""
        first, total = content_range(reply)
        before, now = self._condition() or "", validator(reply) or ""
        changed = before[:1] == now[:1] == '"' and before != now
        if first != self.have or changed or (self.total and total and total != self.total):
            self._restart()
            raise TransientError("the server sends another range than requested", wait=0.0)
        self.total, self.resumed = self.total or total, True

    def _read(self, reply: requests.Response) -> None:
        """Append the body as it arrives. Raises `TransientError` if it breaks off or is too slow."""
        start, gained = time.monotonic(), 0
        while chunk := reply.raw.read1(CHUNK):
            if self.total is not None and self.have + len(chunk) > self.total:
                self._restart()
                raise TransientError("the server sends more bytes than it announced")
            self.stream.write(chunk)
            self._add(chunk)
            gained += len(chunk)
            elapsed = time.monotonic() - start
            if elapsed > self.retry.speed_window:
                if gained < self.retry.min_speed * elapsed:
                    raise TransientError(f"only {gained / elapsed:.0f} bytes a second")
                start, gained = time.monotonic(), 0
        self.stream.flush()
        if self.total is None:  # the server did not give a size
            self.total = self.have
        if self.have < self.total:
            raise TransientError(self._broken())

    def _broken(self) -> str:
        return f"the connection broke after {self.have} of {self.total or 'an unknown number of'} bytes"
