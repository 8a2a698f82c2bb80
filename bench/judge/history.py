"""The history of verdicts: a file to which every change of a cell's or claim's verdict is appended.

    history/verdicts.jsonl   one line per change, each with the SHA-256 of the line before
    history/state.json       what was recorded last of every cell and claim; what the next judgement is compared with

Both are in the workspace and outlive `make clean`. In a checkout the history begins as a copy of the committed one in
reports/measured/history; `repropose history --accept` makes the workspace's the committed one. The first line is a
baseline: it counts the verdicts found, and later changes start from there. `bench.judge.recorder` writes it.
"""

import hashlib
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Literal, NamedTuple

from pydantic import Field, ValidationError

from bench.catalog.load import Catalog
from bench.catalog.schema import Strict
from bench.errors import DataError, UnknownName
from bench.files import parse_json, read_bytes
from bench.judge.changes import Cause, Standing, State
from bench.paths import ROOT, checkout, workspace

LINES, STATE = "verdicts.jsonl", "state.json"
COMMITTED = ROOT / "reports" / "measured" / "history"


class Entry(Strict):
    """One line: a change of one cell or claim, or a baseline with the numbers of verdicts by kind.

    number: 1, 2, ... date: UTC. name: the address of a cell, 'paper/id' of a claim. before, after: None where it was
    not there. previous: SHA-256 of the line before.
    """

    number: int
    date: datetime
    commit: str
    dirty: bool
    kind: Literal["baseline", "cell", "claim"]
    paper: str = ""
    name: str = ""
    before: Standing | None = None
    after: Standing | None = None
    why: tuple[Cause, ...] = ()
    counts: dict[str, dict[str, int]] = Field({})
    previous: str

    @property
    def line(self) -> bytes:
        """As it is in the file, without its end."""
        return self.model_dump_json(exclude_none=True, exclude_defaults=True).encode()

    @property
    def day(self) -> str:
        return self.date.date().isoformat()


def folder() -> Path:
    """Where the workspace's history is, or will be."""
    return workspace() / "history"


def start() -> Path | None:
    """The committed history, from which that of a checkout begins; None in a workspace of its own."""
    return COMMITTED if workspace() == checkout() and (COMMITTED / LINES).is_file() else None


def read(where: Path | None = None) -> tuple[Entry, ...]:
    """Every line, oldest first; of the workspace by default, or of what it begins from.

    Raises `DataError` that names the first line that is damaged, or was changed or removed after it was written. Where
    the state is missing, nothing tells whether that happened to the last line: see `check`.
    """
    where = where or _present()
    state = _state(where)  # before the lines: who records meanwhile writes it after them
    lines = Lines.of(where)
    if state:
        _position(where, lines, state)
    return lines.entries


def _present() -> Path:
    own = folder()
    return own if (own / LINES).is_file() else start() or own


class Lines(NamedTuple):
    """The bytes of the file, its lines as entries, and the digest of each line."""

    content: bytes
    entries: tuple[Entry, ...]
    digests: tuple[str, ...]

    @classmethod
    def of(cls, where: Path) -> "Lines":
        path = where / LINES
        content = read_bytes(path)

    try:
        parse_json(content, str(path))
        return State.model_validate_json(content)
    except DataError as error:
        why = str(error)
    except ValidationError:
        why = f"{path}: not a state of the history of this version"
    raise DataError(
        f"{why}; restore it from a backup or from git, or delete it: the next `repropose site` then appends a new "
        "baseline"
    )


def _position(where: Path, lines: Lines, state: State) -> int:
    """How many lines there were when the state was written. Raises `DataError` if its last line is not there."""
    if state.head not in lines.digests:
        last = max(1, len(lines.entries))
        raise _damaged(where / LINES, last, "lines at the end were removed or changed")
    return lines.digests.index(state.head)
