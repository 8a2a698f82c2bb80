"""How long to try, and the two ways in which an address can fail."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Patience:
    """How long to try. Seconds, except `tries`: attempts in a row that brought no byte; fewer if nobody answers."""

    tries: int = 6
    unanswered: int = 3
    connect: float = 15.0
    silence: float = 45.0
    wait: float = 1.0
    longest_wait: float = 300.0
    slow_after: float = 60.0
    slowest: float = 1024.0  # bytes a second, averaged over `slow_after`
    sleep: Callable[[float], None] = field(default=time.sleep)


class Passing(Exception):
    """It may work on the next try, after `wait` seconds if the server said so."""

    def __init__(self, message: str, wait: float | None = None) -> None:
        super().__init__(message)
        self.wait = wait


class Unanswered(Passing):
    """No connection came about: the host is not found, not there, or does not listen."""


class Refused(Exception):
    """This address will not do; another may."""
