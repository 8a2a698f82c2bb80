"""Comparing two snapshots: verdicts that changed, values that moved, claims that changed."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from pydantic import ValidationError

from bench.catalog.cells import CellKey
from bench.errors import DataError
from bench.files import parse_json, read_bytes
from bench.judge.records import ClaimVerdict, Snapshot, Verdict
from reports.build.writer import SiteError
from reports.views.claim_words import phrase_of
from reports.views.words import SILENT, VERDICTS, Word


def word_of(verdict: Verdict) -> Word:
    return VERDICTS.get(verdict.verdict) or SILENT[verdict.verdict]


@dataclass(frozen=True)
class Change:
    """One cell before and after; None if a snapshot does not contain it."""

    place: CellKey
    before: Verdict | None
    after: Verdict | None

    @property
    def flipped(self) -> bool:
        """Whether the verdict changed, or the cell was added or removed."""
        return not (self.before and self.after and self.before.verdict == self.after.verdict)

    @property
    def moved(self) -> float | None:
        """Change of the value measured here; None unless both snapshots have one."""
        before, after = (one.value if one else None for one in (self.before, self.after))
        return None if before is None or after is None else after - before

    @property
    def words(self) -> tuple[str, str]:
        """The verdict before and after."""
        before, after = (
            word_of(one).label if one else "not in the snapshot"
            for one in (self.before, self.after)
        )
        return before, after


@dataclass(frozen=True)
class ClaimChange:
    """One claim whose judgement on values measured here changed."""

    paper: str
    after: ClaimVerdict
    before: str

    @property
    def words(self) -> tuple[str, str]:
        return self.before, phrase_of(self.after).label


@dataclass(frozen=True)
class Comparison:
    """What changed from one snapshot to the next."""

    before: Snapshot
    after: Snapshot
    changes: tuple[Change, ...]
    claims: tuple[ClaimChange, ...]

    @property
    def flipped(self) -> tuple[Change, ...]:
        return tuple(change for change in self.changes if change.flipped)

    @property
    def moved(self) -> tuple[Change, ...]:
        """Cells with the same verdict and another value, the largest change first."""
        same = [c for c in self.changes if not c.flipped and c.moved]
        return tuple(sorted(same, key=lambda c: -abs(c.moved or 0)))


def compare(before: Snapshot, after: Snapshot) -> Comparison:
    """Everything that differs between two snapshots; cells are matched by address."""
    return Comparison(before, after, tuple(_changes(before, after)), tuple(_claims(before, after)))


def to_json(snapshot: Snapshot) -> str:
    """A snapshot as JSON; verdicts are sorted by address, so that equal snapshots give equal bytes."""
    verdicts = sorted(snapshot.verdicts, key=lambda v: v.key)
    return (
        snapshot.model_copy(update={"verdicts": tuple(verdicts)}).model_dump_json(indent=1) + "\n"
    )


def read(path: Path) -> Snapshot:
    """A snapshot that `to_json` wrote. Raises `SiteError` if it is not one."""
    try:
        content = read_bytes(path)
        parse_json(content, path.name)
        return Snapshot.model_validate_json(content)
    except DataError as error:
        raise SiteError(f"{path}: cannot be read: {error}") from None
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        where = " > ".join(map(str, first["loc"])) or "the file"
        raise SiteError(
            f"{path}: not a snapshot of this version: {where}: {first['msg']}; "
            "give the snapshot.json of an earlier site"
        ) from None


def _changes(before: Snapshot, after: Snapshot) -> Iterable[Change]:
    old, new = before.by_cell, after.by_cell
    for place in sorted({*old, *new}):
        change = Change(place, old.get(place), new.get(place))
        if change.flipped or change.moved:
            yield change


def _claims(before: Snapshot, after: Snapshot) -> Iterable[ClaimChange]:
    old = {(c.paper, c.claim.id): phrase_of(c).label for c in before.claims}
    for claim in after.claims:
        was = old.get((claim.paper, claim.claim.id), "not in the snapshot")
        if was != phrase_of(claim).label:
            yield ClaimChange(claim.paper, claim, was)
