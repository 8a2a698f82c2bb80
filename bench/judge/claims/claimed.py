"""What a claimed number allows, and whether the printed or exact values of its cells reach it."""

import math

from bench.catalog.numbers import parse_number
from bench.catalog.schema import Claim
from bench.judge.intervals import Interval

Truth = bool | None
#: Ends of the claimed range that belong to it whatever the rounding of ties: (lowest, highest).
CLOSED = {"floor": (True, False), "ceil": (False, True), "about": (True, True)}
CLOSED |= {"at-least": (True, False), "at-most": (False, True)}


def claimed_range(claim: Claim) -> Interval | None:
    """What the claimed number allows, by its rounding; None for yes-or-no claims.

    nearest: half of the last digit around it. floor, ceil: one last digit above, below. about: one last digit around
    it or 5 % of it, whichever is wider. at-least, at-most: the number itself as a bound.
    """
    number = parse_number(claim.claimed) if claim.claimed is not None else None
    if number is None:
        return None
    value, digit = number.value, 2.0 * number.half_step
    about = max(digit, 0.05 * abs(value))
    below, above = {
        "nearest": (digit / 2, digit / 2),
        "floor": (0.0, digit),
        "ceil": (digit, 0.0),
        "about": (about, about),
        "at-least": (0.0, math.inf),
        "at-most": (math.inf, 0.0),
    }[claim.rounding]
    return Interval(value - below, value + above)


def claimed_value(claim: Claim) -> float:
    """The claimed number. Raises ValueError for a yes-or-no claim."""
    number = parse_number(claim.claimed or "")
    if number is None:
        raise ValueError(f"claim '{claim.id}' claims no number")
    return number.value


def reaches(spans: list[Interval], claim: Claim, allowed: Interval) -> Truth:
    """Whether some value of the cells is in the claimed range: None if only where all of them are at their ends.

    Cells that give [0.1, 0.3] reach "at least 0.3" only if every one of them is a tie that rounds the other way: the
    print neither confirms nor refutes it. A number printed 0.3 next to one printed 0.2 is refuted, as any two
    neighbours.
    """
    if any(span.meets(allowed) for span in spans):
        return True
    ends = zip((allowed.low, allowed.high), CLOSED.get(claim.rounding, (False, False)), strict=True)
    touched = any(closed and end in span for end, closed in ends for span in spans)
    return None if touched else False
