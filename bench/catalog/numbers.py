"""Printed numbers, and what their digits allow."""

import re
from typing import NamedTuple


class Number(NamedTuple):
    """A printed number and what its digits allow: 75.8 means anything in [75.75, 75.85]."""

    value: float
    decimals: int

    @property
    def half_step(self) -> float:
        """Half of the last printed digit."""
        return 0.5 * 10.0**-self.decimals


_NUMBER = re.compile(r"[-+−]?\d[\d,]*(?:\.\d+)?|[-+−]?\.\d+")


def parse_number(printed: str) -> Number | None:
    """The first number of a printed cell: 5.0 for '5.0M (↓85%)', None for '-'."""
    found = _NUMBER.search(printed)
    if not found:
        return None
    digits = found.group().replace(",", "").replace("−", "-")
    return Number(float(digits), len(digits.partition(".")[2]))
