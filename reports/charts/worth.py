"""Which charts are drawn: those that say more than a sentence or a short table. The rule of the whole site."""

from collections.abc import Iterable

#: Fewer different places than this are read faster as numbers.
LEAST_PLACES = 7


def says_something(places: Iterable[object], left_out: int = 0) -> bool:
    """Whether marks at these places are worth a chart: values on one spot count once, and at most as many as there are
    marks may be left out of it."""
    marks = list(places)
    return len(set(marks)) >= LEAST_PLACES and left_out <= len(marks)
