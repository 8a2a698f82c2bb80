"""Wait for what another thread or process does."""

import time
from collections.abc import Callable


def wait_for(what: str, reached: Callable[[], object], seconds: float = 10.0) -> None:
    """Look every tenth of a second. Raises `AssertionError` that says `what` was waited for."""
    end = time.monotonic() + seconds
    while not reached():
        assert time.monotonic() < end, f"waited {seconds:.0f} s for {what}"
        time.sleep(0.1)
