"""What can go wrong, as one tree.

ReproPoseError              everything the command line reports in one line, exit status 2
├── CatalogError            a paper's file is malformed or names something that does not exist
├── UnknownName             no model, table, run, paper, tier or data set has this name
├── DataError               annotations, images or predictions are missing or malformed
│   └── ChangedData         generated data are no longer as they were generated
├── WeightsError            a checkpoint is corrupt, unsafe or of another model
├── ResultError             a stored result is unreadable, of a newer format, or inconsistent
├── TrainingFailed          a training cannot go on: memory, or a loss that is no number; its result says `failed`
└── EnvironmentProblem      a package, a compiler, disk space or a device is missing

A message says what was given, what is allowed, and what to do next.
"""

import difflib
from collections.abc import Iterable


class ReproPoseError(Exception):
    """Base of all errors that a user can fix."""


class CatalogError(ReproPoseError):
    """A paper's file is malformed or names something that does not exist."""


class UnknownName(ReproPoseError):
    """An unknown name; the message lists what is allowed, nearest first."""

    def __init__(self, kind: str, name: str, allowed: Iterable[str], hint: str = "") -> None:
        names = sorted(set(allowed))
        near = difflib.get_close_matches(name, names, n=5, cutoff=0.5)
        listed = ", ".join(near or names[:12]) or "none"
        lead = "did you mean" if near else "known names"
        more = "" if near or len(names) <= 12 else f" and {len(names) - 12} more"
        super().__init__(
            f"unknown {kind} '{name}'; {lead}: {listed}{more}. {hint}".rstrip(". ") + "."
        )


class DataError(ReproPoseError):
    """Annotations, images or predictions are missing or malformed."""


class ChangedData(DataError):
    """Generated data are no longer as they were generated."""


class WeightsError(ReproPoseError):
    """A checkpoint is corrupt, unsafe to read, or belongs to another model."""


class ResultError(ReproPoseError):
    """A stored result is unreadable, of a newer format, or inconsistent."""


class TrainingFailed(ReproPoseError):
    """A training cannot go on: its memory does not suffice, or its loss is not a number."""


class EnvironmentProblem(ReproPoseError):
    """A package, a compiler, disk space or a device is missing."""
