"""Printed numbers, and what their digits allow."""

import functools
import math
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


SCALES = {"K": 1e3, "M": 1e6, "G": 1e9, "B": 1e9, "T": 1e12}
_SUFFIX = re.compile(r"\d\s*([KMGBT])")
_NUMBER = re.compile(r"[-+−]?\d[\d,]*(?:\.\d+)?|[-+−]?\.\d+")


@functools.cache
def parse_number(printed: str) -> Number | None:
    """The first number of a printed cell: 5.0 for '5.0M (↓85%)', None for '-'."""
    found = _NUMBER.search(printed)
    if not found:
        return None
    digits = found.group().replace(",", "").replace("−", "-")
    return Number(float(digits), len(digits.partition(".")[2]))


def suffix(printed: str) -> str | None:
    """The K, M, G, B or T behind a printed count."""
    found = _SUFFIX.search(printed)
    return found[1] if found else None


def in_unit(number: Number, printed: str, unit: str) -> Number:
    """A printed count in its column's unit: 950K is 0.950 in M, so that it is less than 1.2M."""
    own, wanted = suffix(printed), unit[:1].upper()
    if own is None or wanted not in SCALES:
        return number
    power = round(math.log10(SCALES[own] / SCALES[wanted]))
    return Number(number.value * 10.0**power, number.decimals - power) if power else number
