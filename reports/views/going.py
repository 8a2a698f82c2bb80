"""What is being measured while a page is built."""

from typing import NamedTuple


class Going(NamedTuple):
    """running: names of stages; waiting: how many come after them."""

    running: tuple[str, ...] = ()
    waiting: int = 0

    def __bool__(self) -> bool:
        return bool(self.running or self.waiting)


NOTHING = Going()
