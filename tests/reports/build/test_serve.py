"""The local preview server."""

import http.client
import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from bench.errors import CatalogError
from reports.build.serve import Server
from reports.build.writer import SiteError
from reports.site import build
from tests.factories import make
from tests.waiting import wait_for


class Running:
    """A server on a free port in a thread, with the lines it logged."""

    def __init__(self, folder: Path) -> None:
        self.logged: list[str] = []
        self.broken = False
        self.papers = 1
        self.watched = folder / "watched"
        self.watched.mkdir()
        (self.watched / "a.yaml").write_text("one")
        self.server = Server(
            folder / "site", self.rebuild, [self.watched], port=0, log=self.logged.append
        )
        self.thread = threading.Thread(target=self.server.run)
        self.thread.start()

    def rebuild(self) -> str:
        if self.broken:
            raise CatalogError("a.yaml:1: nonsense")
        return str(build(*make(papers=self.papers, rows=2), self.server.out))

    def get(self, path: str, host: str = "127.0.0.1") -> tuple[int, str]:
        port = self.server.server.server_port
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
        connection.request("GET", path, headers={"Host": f"{host}:{port}"})
        response = connection.getresponse()
        text = response.read().decode("utf-8", "replace")
        connection.close()
        return response.status, text


@pytest.fixture
def running(tmp_path: Path) -> Iterator[Running]:
    one = Running(tmp_path)
    wait_for("its address", lambda: any("Ctrl-C" in line for line in one.logged))
    yield one
    one.server.stop()
    one.thread.join(timeout=10)
    assert not one.thread.is_alive()


def test_a_changed_file_rebuilds_and_an_error_keeps_the_last_good_site(running: Running) -> None:
    assert "Method0" in running.get("/index.html")[1]
    assert running.get("/papers/paper1.html")[0] == 404
    running.papers = 2
    (running.watched / "a.yaml").write_text("changed")
    wait_for("the new page", lambda: running.get("/papers/paper1.html")[0] == 200)
    running.broken = True
    (running.watched / "a.yaml").write_text("broken now")
    wait_for("the error", lambda: any("not rebuilt: a.yaml:1" in line for line in running.logged))
    assert running.get("/papers/paper1.html")[0] == 200


def test_the_server_listens_on_this_machine_only_and_serves_only_the_site(running: Running) -> None:
    assert running.server.server.server_address[0] == "127.0.0.1"
    assert running.get("/index.html", host="evil.example")[0] == 403
    assert running.get("/../watched/a.yaml")[0] == 404
    assert running.get("/tables/")[0] == 404


def test_a_taken_port_is_reported_with_the_option_to_choose_another(
    running: Running, tmp_path: Path
) -> None:
    port = running.server.server.server_port
    with pytest.raises(SiteError, match=f"port {port} .*--port"):
        Server(tmp_path / "other", str, [], port=port)


SECRET = "secret of the watched folder"
TRAVERSALS = [
    *("../watched/a.yaml", "/../watched/a.yaml", "//../watched/a.yaml", "./../watched/a.yaml"),
    *(
        "..%2fwatched%2fa.yaml",
        "..%2Fwatched/a.yaml",
        "%2e%2e/watched/a.yaml",
        "%2e%2e%2fwatched%2fa.yaml",
    ),
    *("..%252fwatched%252fa.yaml", "%252e%252e%252fwatched%252fa.yaml", "..%c0%afwatched/a.yaml"),
    *(
        "%c0%ae%c0%ae/watched/a.yaml",
        "..%5cwatched%5ca.yaml",
        "..\\watched\\a.yaml",
        "..%u2215watched/a.yaml",
    ),
    *(
        "....//watched/a.yaml",
        "..;/watched/a.yaml",
        "index.html/../../watched/a.yaml",
        "tables/../../watched/a.yaml",
    ),
    *(
        "%00../watched/a.yaml",
        "../watched/a.yaml%00.html",
        "..%ef%bc%8fwatched/a.yaml",
        "．．/watched/a.yaml",
    ),
    *(
        "file:///etc/passwd",
        "/etc/passwd",
        "//etc/passwd",
        "/%2fetc/passwd",
        "C:/Windows/win.ini",
        "~/x",
    ),
    *(
        "?../watched/a.yaml",
        "#../watched/a.yaml",
        "link.yaml",
        "folder/a.yaml",
        "/" + "../" * 40 + "etc/passwd",
    ),
]


def ask(running: Running, line: bytes, host: str = "127.0.0.1") -> bytes:
    """The answer to a request line as it is, which a client's library would not send."""
    with socket.create_connection(("127.0.0.1", running.server.server.server_port), 5) as sent:
        sent.sendall(line + b"\r\nHost: " + host.encode() + b"\r\nConnection: close\r\n\r\n")
        return b"".join(iter(lambda: sent.recv(65536), b""))


def test_no_traversal_of_any_encoding_leaves_the_site(running: Running) -> None:
    (running.watched / "a.yaml").write_text(SECRET)
    (running.server.out / "link.yaml").symlink_to(running.watched / "a.yaml")
    (running.server.out / "folder").symlink_to(running.watched)
    for path in TRAVERSALS:
        for start in ("", "/"):
            for method in ("GET", "HEAD"):
                line = f"{method} {start}{path} HTTP/1.1".encode()
                answer = ask(running, line)
                assert SECRET.encode() not in answer, line
                assert b"root:" not in answer, line
                status = answer.split(b" ", 2)[1:2]
                shown = b"200" in status and b"<!doctype html" in answer.lower()[:3000]
                assert shown or status != [b"200"] or path[0] in "?#", (line, answer[:200])


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example", "", "[::1]", "0.0.0.0"])
def test_another_host_name_is_refused(running: Running, host: str) -> None:
    assert b" 403 " in ask(running, b"GET /index.html HTTP/1.1", host).split(b"\r\n")[0]


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS", "PATCH", "TRACE"])
def test_only_reading_is_answered(running: Running, method: str) -> None:
    assert b" 501 " in ask(running, f"{method} /index.html HTTP/1.1".encode()).split(b"\r\n")[0]
