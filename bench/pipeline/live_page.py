"""The leaderboard while results arrive: built again beside the trainings, for at most a tenth of the time."""

import threading
import time
from collections.abc import Callable, Sequence

from bench.pipeline.watch import say

#: Builds the site, given the names of the stages that run and how many come after them.
Build = Callable[[Sequence[str], int], object]
SHARE = 0.1


class LivePage:
    """Builds the site when it is asked to, in a thread; what is asked meanwhile is done once, later."""

    def __init__(self, build: Build | None) -> None:
        """build: None builds nothing."""
        self._build = build
        self._asked: tuple[Sequence[str], int] = (), 0
        self._wanted, self._stopped = threading.Event(), threading.Event()
        self._thread: threading.Thread | None = None

    def ask(self, running: Sequence[str], waiting: int) -> None:
        """The results have changed."""
        if self._build is None:
            return
        self._asked = running, waiting
        self._wanted.set()
        if self._thread is None:
            self._thread = threading.Thread(target=self._work, daemon=True)
            self._thread.start()

    def stop(self) -> None:
        """Build no more; waits for a build that has begun."""
        self._stopped.set()
        self._wanted.set()
        if self._thread:
            self._thread.join()

    def _work(self) -> None:
        while self._build and self._wanted.wait() and not self._stopped.is_set():
            self._wanted.clear()
            began = time.monotonic()
            running, waiting = self._asked
            try:
                self._build(running, waiting)
                say(f"leaderboard built: {len(running)} running, {waiting} to come")
            except Exception as error:
                say(f"the leaderboard could not be built: {error}")
            self._stopped.wait((time.monotonic() - began) * (1 / SHARE - 1))
