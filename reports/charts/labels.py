"""Texts in charts: shortened, and how much room they take."""

ADVANCE = 6.5  # pixels per letter at 11 px, enough for wide fonts


def shortened(text: str, most: int = 46) -> str:
    """At most `most` characters: the first word and as many of the last ones as fit, since methods differ in these."""
    if len(text) <= most:
        return text
    first, *words = text.split()
    tail: list[str] = []
    while words and len(" ".join([first, "…", words[-1], *tail])) <= most:
        tail.insert(0, words.pop())
    return " ".join([first, "…", *tail]) if tail else f"{text[: most - 1]}…"


def room(text: str) -> float:
    """Width of a label in pixels."""
    return ADVANCE * len(text)
