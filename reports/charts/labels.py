"""Texts in charts: shortened, and how much room they take."""

ADVANCE = 6.5  # pixels per letter at 11 px, enough for wide fonts


def shortened(text: str, most: int = 46) -> str:
    """At most `most` characters; the middle is left out, since names differ at both ends."""
    if len(text) <= most:
        return text
    tail = (most - 1) // 2
    return f"{text[: most - 1 - tail]}…{text[-tail:]}"


def room(text: str) -> float:
    """Width of a label in pixels."""
    return ADVANCE * len(text)
