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
        content = read_bytes(path) if path.is_file() else b""
        entries: list[Entry] = []
        digests = [""]
        for number, line in enumerate(content.split(b"\n")[:-1], 1):
            entries.append(_entry(path, number, line, digests[-1]))
            digests.append(sha256_of(line))
        if content and not content.endswith(b"\n"):
            raise _damaged(path, len(entries) + 1, "it is cut off")
        return cls(content, tuple(entries), tuple(digests))


def _entry(path: Path, number: int, line: bytes, previous: str) -> Entry:
    try:
        found = Entry.model_validate_json(line)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        where = " > ".join(map(str, first["loc"]))
        raise _damaged(path, number, f"{where and f'{where}: '}{first['msg']}") from None
    if found.number != number:
        raise _damaged(
            path, number, f"it is numbered {found.number}: lines were removed or added before it"
        )
    if found.previous != previous:
        raise _damaged(path, number - 1, f"it was changed after line {number} was written")
    return found


def _damaged(path: Path, number: int, problem: str) -> DataError:
    return DataError(
        f"{path}:{number}: not a line of the history as it was written: {problem}. Nothing was recorded; restore "
        f"{LINES} and {STATE} from a backup or from git, or move both away to start a new history"
    )


def sha256_of(line: bytes) -> str:
    return hashlib.sha256(line).hexdigest()


def check(where: Path | None = None) -> tuple[Entry, ...]:
    """`read`, and that the state is there by which the last line is known. Raises `DataError`."""
    where = where or _present()
    entries = read(where)
    if entries and not (where / STATE).is_file():
        raise DataError(
            f"{where / STATE} is missing, so nothing tells whether the last line of {LINES} is as it was written; "
            "restore it from a backup or from git, or run `repropose site`, which appends a new baseline"
        )
    return entries


def select(entries: Sequence[Entry], name: str, catalog: Catalog) -> list[Entry]:
    """Changes of a paper, a table ('transpose-2'), a row, a cell or a claim ('transpose/id', 'id').

    Raises `UnknownName` for what is neither in the history nor in the catalog.
    """
    found = [one for one in entries if one.kind != "baseline" and _is_about(one, name)]
    if not found:
        known = {*catalog.papers, *catalog.tables, *(cell.name for cell in catalog.cells())}
        known |= {f"{cell.paper}-{cell.table.table}/{cell.row.key}" for cell in catalog.cells()}
        known |= {text for paper, c in catalog.claims() for text in (c.id, f"{paper}/{c.id}")}
        if name not in known:
            raise UnknownName("paper, table, cell or claim", name, known)
    return found


def _is_about(entry: Entry, name: str) -> bool:
    claim = entry.kind == "claim" and entry.name.endswith(f"/{name}")
    return name in (entry.paper, entry.name) or entry.name.startswith(f"{name}/") or claim


def last_state(where: Path, lines: Lines) -> State | None:
    """What was recorded last, also where a process ended between its lines and its state.

    None if nothing is there to compare with. Raises `DataError`.
    """
    found = _state(where)
    if found is None:
        return None
    standings = dict(found.standings)
    for entry in lines.entries[_position(where, lines, found) :]:
        if entry.after:
            standings[entry.name] = entry.after
        else:
            standings.pop(entry.name, None)
    return found.model_copy(update={"standings": standings})


def _state(where: Path) -> State | None:
    path = where / STATE
    if not path.is_file():
        return None
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
