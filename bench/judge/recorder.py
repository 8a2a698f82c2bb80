"""Appends to the history of verdicts what changed since the last judgement (`bench.judge.history` reads it)."""

import json
import os
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

from bench.errors import DataError
from bench.files import write_atomically, write_if_changed
from bench.judge.changes import Difference, State, differences
from bench.judge.history import (
    COMMITTED,
    LINES,
    STATE,
    Entry,
    Lines,
    check,
    folder,
    last_state,
    sha256_of,
    start,
)
from bench.locks import folder_alone
from bench.results.provenance import commit


class Stamp(NamedTuple):
    """When, and with which code, a judgement was made."""

    date: datetime
    commit: str
    dirty: bool

    @classmethod
    def now(cls) -> "Stamp":
        """The current time, by which recordings are ordered, or SOURCE_DATE_EPOCH where set; the commit.

        Raises `DataError` if SOURCE_DATE_EPOCH is no date.
        """
        epoch = os.environ.get("SOURCE_DATE_EPOCH", "")
        try:
            date = datetime.fromtimestamp(int(epoch), UTC) if epoch else datetime.now(UTC)
        except (ValueError, OverflowError, OSError):
            raise DataError(
                f"SOURCE_DATE_EPOCH is {epoch!r}; give seconds since 1970, or unset it"
            ) from None
        return cls(date, *commit())


def record(
    state: State,
    where: Path | None = None,
    *,
    removals: bool = True,
    stamp: Callable[[], Stamp] = Stamp.now,
) -> tuple[Entry, ...]:
    """Append what changed since the last judgement; the whole history with it. Nothing changed: no byte is written.

    where: the folder; by default the workspace's, which begins as `history.start`. removals: see `differences`.
    Several processes may record at once: each waits for the one before and compares with what that recorded. Raises
    `DataError` for a damaged history.
    """
    begin = start() if where is None else None
    where = where or folder()
    with folder_alone(where):
        if begin and not (where / LINES).is_file():
            _copy(begin, where, STATE, LINES)  # without its state a history would begin anew
        lines = Lines.of(where)
        before = last_state(where, lines)
        found = list(differences(before, state, removals=removals)) if before else []
        bodies: list[dict[str, Any]] = [_body(one) for one in found]
        if before is None:
            bodies = [{"kind": "baseline", "counts": _counts(state)}]
        new = list(_chained(lines, bodies, stamp)) if bodies else []
        if new:
            added = b"".join(line + b"\n" for line in new)
            write_atomically(where / LINES, lines.content + added)
        head = sha256_of(new[-1]) if new else lines.digests[-1]
        kept = _kept(before, state, found) if before else state
        write_if_changed(where / STATE, _pack(kept.model_copy(update={"head": head})))
        return Lines.of(where).entries


def _body(change: Difference) -> dict[str, Any]:
    standing = change.after or change.before
    about = {"kind": standing.kind, "paper": standing.paper} if standing else {}
    return {**about, **change._asdict()}


def _chained(
    lines: Lines, bodies: list[dict[str, Any]], stamp: Callable[[], Stamp]
) -> Iterator[bytes]:
    """The lines to append; each holds the digest of the one before."""
    made, previous = stamp()._asdict(), lines.digests[-1]
    for number, body in enumerate(bodies, len(lines.entries) + 1):
        line = Entry(number=number, **made, **body, previous=previous).line
        previous = sha256_of(line)
        yield line


def _kept(before: State, now: State, found: list[Difference]) -> State:
    """What to compare with next: what was judged now, but for removals that do not count: these stand as before."""
    recorded = {one.name for one in found}
    stand = {
        name: old
        for name, old in before.standings.items()
        if name not in recorded and old.seen != now.standings[name].seen
    }
    shared = (
        before if stand else now
    )  # so that a later change of these is compared with all that they were made from
    return shared.model_copy(update={"standings": {**now.standings, **stand}})


def _counts(state: State) -> dict[str, dict[str, int]]:
    kinds: dict[str, Counter[str]] = {"cells": Counter(), "claims": Counter()}
    for one in state.standings.values():
        kinds[f"{one.kind}s"][one.verdict] += 1
    return {kind: dict(sorted(found.items())) for kind, found in kinds.items()}


def _pack(state: State) -> bytes:
    """JSON with one cell or claim a line, so that a difference can be read; their reasons are in the lines only."""
    shared = state.model_copy(update={"standings": {}}).model_dump_json().removesuffix("{}}")
    rows = (
        f"{json.dumps(name)}:{one.model_dump_json(exclude_defaults=True, exclude={'reason'})}"
        for name, one in sorted(state.standings.items())
    )
    return (shared + "{\n" + ",\n".join(rows) + "\n}}\n").encode()


def accept() -> Path:
    """Make the checkout's history the committed one, which has to be the beginning of it; where it is now.

    Raises `DataError` if there is nothing to accept, or the committed one has lines of its own.
    """
    own = folder()
    if not (own / LINES).is_file():
        raise DataError(f"{own / LINES} is missing; `repropose site` records a history first")
    with folder_alone(own):
        check(own)
        if not Lines.of(own).content.startswith(Lines.of(COMMITTED).content):
            raise DataError(
                f"{COMMITTED / LINES} has lines that {own / LINES} does not begin with; move {own} away and run "
                "`repropose site`: the changes are then recorded after the committed ones"
            )
        _copy(own, COMMITTED, LINES, STATE)
    return COMMITTED


def _copy(source: Path, target: Path, *names: str) -> None:
    for name in names:
        if (source / name).is_file():
            write_if_changed(target / name, (source / name).read_bytes())
