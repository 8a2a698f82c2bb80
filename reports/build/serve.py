"""A local preview of the site that rebuilds on changes, for people who edit templates or papers.

It listens on this machine only (127.0.0.1) and serves nothing but files of the site.
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
    """Files of one folder, never cached; requests with another host name than this machine's are refused."""

    def __init__(self, *args: Any, log: Callable[[str], None], **options: Any) -> None:
        self.log = log
        super().__init__(*args, **options)

    def send_head(self) -> Any:
        """Refuse foreign host names, so that no web page can read the site through the browser."""
        host = self.headers.get("Host", "").rsplit(":", 1)[0]
        if host not in (HOST, "localhost"):
            self.send_error(403, "only 127.0.0.1 and localhost are served")
            return None
        if not self.inside(self.translate_path(self.path)):
            self.send_error(404, "no page here")
            return None
        return super().send_head()

    def inside(self, path: str) -> bool:
        """Whether a file is one of the site, also where a link leads elsewhere."""
        try:
            return Path(path).resolve().is_relative_to(Path(self.directory).resolve())
        except (OSError, ValueError, RuntimeError):  # a null byte, a link in a circle
            return False

    def list_directory(self, path: Any) -> None:
        self.send_error(404, "no page here")

    def end_headers(self) -> None:
        self.send_header("Cache-Control", "no-store")
        super().end_headers()

    def log_message(self, format: str, *args: Any) -> None:
        self.log(format % args)


def state(folders: Iterable[Path]) -> dict[str, tuple[int, int]]:
    """File -> modification time and size, for every file below the folders that a page may depend on."""
    files = (path for folder in folders for path in folder.rglob("*") if path.suffix in WATCHED)
    stats = {str(path): path.stat() for path in files if path.is_file()}
    return {name: (stat.st_mtime_ns, stat.st_size) for name, stat in stats.items()}


class Server:
    """Builds and serves the site, and rebuilds it when a watched file changes.

    rebuild: builds the site and returns a message to log. Its errors are logged, and the last good site stays.
    """

    def __init__(
        self,
        out: Path,
        rebuild: Callable[[], str],
        watch: Iterable[Path],
        *,
        port: int = 8000,
        log: Callable[[str], None] = print,
    ) -> None:
        self.out, self.rebuild, self.watch, self.log = out, rebuild, list(watch), log
        self.stopped = threading.Event()
        handler = partial(Handler, directory=str(out), log=log)
        try:
            self.server = ThreadingHTTPServer((HOST, port), handler)
        except (OSError, OverflowError) as error:
            raise SiteError(
                f"port {port} on {HOST} cannot be used: {error}; choose another with --port"
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
            raise SiteError(f"{self.out}: there is no site to serve; fix the error above")
        thread = threading.Thread(target=self.server.serve_forever, daemon=True)
        thread.start()
        self.log(f"{self.address} (stop with Ctrl-C)")
        try:
            while not self.stopped.wait(EVERY):
                now = state(self.watch)
                if now != before:
                    before = now
                    self._build()
        except KeyboardInterrupt:
            self.log("stopped")
        finally:
            self.server.shutdown()
            self.server.server_close()

    def stop(self) -> None:
        self.stopped.set()

    def _build(self) -> None:
        try:
            self.log(self.rebuild())
        except ReproPoseError as error:
            self.log(f"not rebuilt: {error}")
