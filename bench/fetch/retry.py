"""When to try again: the limits, and the two ways in which an address can fail."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field


@dataclass(frozen=True)
class RetryPolicy:
    """Limits of a download, in seconds where nothing else is said.

    attempts: consecutive attempts without a new byte. connect_attempts: the same where no server responds.
    backoff: first wait, doubled by each failure, up to max_wait. min_speed: bytes a second, averaged over speed_window.
    """

    attempts: int = 6
    connect_attempts: int = 3
    connect_timeout: float = 15.0
    read_timeout: float = 45.0
    backoff: float = 1.0
    max_wait: float = 300.0
    speed_window: float = 60.0
    min_speed: float = 1024.0
    sleep: Callable[[float], None] = field(default=time.sleep)


class TransientError(Exception):
    """The next attempt may work, after `wait` seconds if the server gave a number."""

    def __init__(self, message: str, wait: float | None = None) -> None:
        super().__init__(message)
        self.wait = wait


class NoResponse(TransientError):
    """No connection: the host is not found, not reachable, or does not listen."""


class PermanentError(Exception):
    """This address does not work; another may."""
