"""A local server with faults: dropped connections, false sizes, errors, slow data, changed files."""

import email.utils
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass
class Served:
    """One file and how it is served. Counts in `faults` go down with each request that meets the fault."""

    content: bytes
    etag: str | None = '"one"'
    modified: str | None = None
    ranges: bool = True
    heeds_if_range: bool = True
    length: int | None = None  # a false Content-Length
    says_length: bool = True
    kind: str = "application/octet-stream"
    drop_after: list[int] = field(default_factory=list)  # bytes until each connection breaks
    answers: list[tuple[int, dict[str, str]]] = field(default_factory=list)  # refusals, first
    trickle: float = 0.0  # seconds between single bytes
    changes_to: bytes | None = None  # the content after the first request
    requests: list[dict[str, str]] = field(default_factory=list)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        latency = self.server.latency  # type: ignore[attr-defined]
        time.sleep(latency)
        served = self.server.files.get(self.path)  # type: ignore[attr-defined]
        if served is None:
            self._refuse(404, {})
            return
        served.requests.append({k.lower(): v for k, v in self.headers.items()})
        if served.answers:
            self._refuse(*served.answers.pop(0))
            return
        self._serve(served)

    def _refuse(self, status: int, headers: dict[str, str]) -> None:
        self.send_response(status)
        for key, value in headers.items():
            self.send_header(key, value)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def _serve(self, served: Served) -> None:
        content, first, status = served.content, 0, 200
        wanted = self.headers.get("Range", "")
        condition = self.headers.get("If-Range")
        same = condition in (None, served.etag, served.modified) or not served.heeds_if_range
        if wanted and served.ranges and same:
            first, status = int(wanted.removeprefix("bytes=").rstrip("-")), 206
            if first >= len(content):
                self._refuse(416, {"Content-Range": f"bytes */{len(content)}"})
                return
        body = content[first:]
        self.send_response(status)
        self.send_header("Content-Type", served.kind)
        if status == 206:
            self.send_header("Content-Range", f"bytes {first}-{len(content) - 1}/{len(content)}")
        if served.says_length:
            length = len(body) if served.length is None else served.length
            self.send_header("Content-Length", str(length))
        else:
            self.send_header("Connection", "close")
        for name, value in (("ETag", served.etag), ("Last-Modified", served.modified)):
            if value:
                self.send_header(name, value)
        self.end_headers()
        self._send(served, body)
        self.close_connection = True
        if served.changes_to is not None:
            served.content, served.changes_to = served.changes_to, None
            served.etag = '"two"' if served.etag else None

    def _send(self, served: Served, body: bytes) -> None:
        if served.drop_after:
            body = body[: served.drop_after.pop(0)]
        if not served.trickle:
            self.wfile.write(body)
            return
        try:
            for place in range(len(body)):
                self.wfile.write(body[place : place + 1])
                time.sleep(served.trickle)
        except OSError:
            return  # the client closed the connection

    def log_message(self, *_: Any) -> None:
        pass


class _Quiet(ThreadingHTTPServer):
    daemon_threads = True
    latency = 0.0

    def handle_error(self, *_: Any) -> None:
        pass  # a client that closes the connection is part of the test


class Server:
    """Files by path; `address` of a path on this machine."""

    def __init__(self, http: ThreadingHTTPServer) -> None:
        self.http = http
        self.files: dict[str, Served] = {}
        http.files = self.files  # type: ignore[attr-defined]

    def put(self, path: str, content: bytes, **how: Any) -> Served:
        self.files[f"/{path}"] = Served(content, **how)
        return self.files[f"/{path}"]

    def address(self, path: str) -> str:
        return f"http://127.0.0.1:{self.http.server_port}/{path}"


@contextmanager
def serving(latency: float = 0.0) -> Iterator[Server]:
    http = _Quiet(("127.0.0.1", 0), _Handler)
    http.latency = latency
    thread = threading.Thread(target=http.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield Server(http)
    finally:
        http.shutdown()
        http.server_close()
        thread.join()


def http_date(seconds_from_now: float) -> str:
    return email.utils.formatdate(time.time() + seconds_from_now, usegmt=True)
