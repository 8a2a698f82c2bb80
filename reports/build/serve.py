"""A local look at the site that rebuilds when something changes: for people who edit templates or papers.

Only this machine can reach it (127.0.0.1), and only files of the site are served.
"""

import threading
from collections.abc import Callable, Iterable
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from bench.errors import ReproPoseError
from reports.build.writer import MANIFEST, SiteError

HOST = "127.0.0.1"
EVERY = 0.5
WATCHED = (".html", ".xml", ".svg", ".css", ".js", ".yaml", ".md", ".json", ".jsonl", ".py")


class Handler(SimpleHTTPRequestHandler):
    """Files of one folder, never cached; asked by another name than this machine's, it refuses."""

    def __init__(self, *args: Any, tell: Callable[[str], None], **options: Any) -> None:
        self.tell = tell
        super().__init__(*args, **options)

    def send_head(self) -> Any:
        """Refuse foreign host names, so that no web page can read the site through the browser."""
        host = self.headers.get("Host", "").rsplit(":", 1)[0]
        if host not in (HOST, "localhost"):
            self.send_error(403, "only 127.0.0.1 and localhost are served")
            return None
        return super().send_head()

    def list_directory(self, path: Any) -> None:
        self.send_error(404, "no page here")

    def end_headers(self) -> None:
        self.send_header("Cache-Control", "no-store")
        super().end_headers()

    def log_message(self, format: str, *args: Any) -> None:
        self.tell(format % args)


def state(folders: Iterable[Path]) -> dict[str, tuple[int, int]]:
    """File -> time and size, of everything below the folders that a page may depend on."""
    found = {}
    for folder in folders:
        for path in folder.rglob("*"):
            if path.suffix in WATCHED and path.is_file():
                stat = path.stat()
                found[str(path)] = (stat.st_mtime_ns, stat.st_size)
    return found


class Server:
    """Builds, serves, and builds again when a watched file changes.

    rebuild: makes the site and returns what to tell. An error of it is told, and the last good site stays.
    """

    def __init__(
        self,
        out: Path,
        rebuild: Callable[[], str],
        watch: Iterable[Path],
        *,
        port: int = 8000,
        tell: Callable[[str], None] = print,
    ) -> None:
        self.out, self.rebuild, self.watch, self.tell = out, rebuild, list(watch), tell
        self.stopped = threading.Event()
        handler = partial(Handler, directory=str(out), tell=tell)
        try:
            self.server = ThreadingHTTPServer((HOST, port), handler)
        except (OSError, OverflowError) as error:
            raise SiteError(
                f"port {port} on {HOST} cannot be used: {error}; name another with --port"
            ) from None

    @property
    def address(self) -> str:
        return f"http://{HOST}:{self.server.server_port}/"

    def run(self) -> None:
        """Serve until `stop` or Ctrl-C."""
        before = state(self.watch)
        self._build()
        if not (self.out / MANIFEST).is_file():
            self.server.server_close()
            raise SiteError(f"{self.out}: there is no site to serve; mend the error above")
        thread = threading.Thread(target=self.server.serve_forever, daemon=True)
        thread.start()
        self.tell(f"{self.address} (stop with Ctrl-C)")
        try:
            while not self.stopped.wait(EVERY):
                now = state(self.watch)
                if now != before:
                    before = now
                    self._build()
        except KeyboardInterrupt:
            self.tell("stopped")
        finally:
            self.server.shutdown()
            self.server.server_close()

    def stop(self) -> None:
        self.stopped.set()

    def _build(self) -> None:
        try:
            self.tell(self.rebuild())
        except ReproPoseError as error:
            self.tell(f"not rebuilt: {error}")
