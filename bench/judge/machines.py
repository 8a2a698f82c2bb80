"""Machines by name: the one a paper timed on, and whether a timing here is from the same one or the same class."""

import re
from collections.abc import Mapping

MACHINE_KEYS = ("machine", "gpu", "hardware", "device")
_MODELS = re.compile(r"[\W_]*(ti|super|laptop|mobile|max-q|d|ada)\b", re.IGNORECASE)
_CPU = re.compile(r"\b(cpus?|cores?|xeon|epyc|ryzen|threadripper|i[3579])\b", re.IGNORECASE)


def printed_machine(protocol: Mapping[str, str]) -> str | None:
    """The machine that a printed protocol names, such as "RTX 2080 Ti"; None if it names none."""
    return next((protocol[key] for key in MACHINE_KEYS if key in protocol), None)


def same_machine(printed: str | None, timed: str) -> bool:
    """Whether a timing is from the printed machine: "2080Ti" is in "NVIDIA GeForce RTX 2080 Ti", but no "RTX 2080" is.

    What follows the name must not make another product of it: a letter or digit more (V100S), or a word of `_MODELS`.
    """
    if not (name := _letters(printed or "")):
        return False
    spaced = r"[\W_]*".join(map(re.escape, name))
    found = re.search(rf"(?<![^\W_]){spaced}(?![^\W_])(?P<rest>.*)", timed, re.IGNORECASE)
    return found is not None and not _MODELS.match(found["rest"])


def is_cpu(printed: str | None) -> bool:
    """Whether a printed machine is a processor. One that is not named is taken for a GPU, as nearly all are."""
    return printed is not None and _CPU.search(printed) is not None


def _letters(text: str) -> str:
    return "".join(c for c in text.lower() if c.isalnum())
