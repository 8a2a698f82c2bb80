"""The local preview server."""

import http.client
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from bench.errors import CatalogError
from reports.build.serve import Server
from reports.build.writer import SiteError
from reports.site import build
from tests.factories import make


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


def wait_for(condition: Callable[[], bool]) -> None:
    for _ in range(100):
        if condition():
            return
        time.sleep(0.1)
    raise AssertionError("waited for 10 s")


@pytest.fixture
def running(tmp_path: Path) -> Iterator[Running]:
    one = Running(tmp_path)
    wait_for(lambda: any("Ctrl-C" in line for line in one.logged))
    yield one
    one.server.stop()
    one.thread.join(timeout=10)
    assert not one.thread.is_alive()


def test_a_changed_file_rebuilds_and_an_error_keeps_the_last_good_site(running: Running) -> None:
    assert "Method0" in running.get("/index.html")[1]
    assert running.get("/papers/paper1.html")[0] == 404
    running.papers = 2
    (running.watched / "a.yaml").write_text("changed")
    wait_for(lambda: running.get("/papers/paper1.html")[0] == 200)
    running.broken = True
    (running.watched / "a.yaml").write_text("broken now")
    wait_for(lambda: any("not rebuilt: a.yaml:1" in line for line in running.logged))
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
