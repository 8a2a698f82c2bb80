"""Arguments of heads and layers that are a choice between names."""

from collections.abc import Iterable


def check_choice(what: str, given: str, allowed: Iterable[str]) -> None:
    """Raises `ValueError` with the allowed names if `given` is none of them."""
    if given not in allowed:
        raise ValueError(f"{what} is '{given}'; allowed are {', '.join(allowed)}")
