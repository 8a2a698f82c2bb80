"""One paper as the site shows it: claims, conflicts, misprints, coverage, notes."""

from collections import Counter
from dataclasses import dataclass

from bench.catalog.schema import Misprint, Paper
from bench.judge.records import ClaimVerdict, Conflict, Snapshot
from reports.pages.findings import Finding, findings
from reports.views.table import CellView, Judged, TableView, Tally
from reports.views.urls import cell_link
from reports.views.words import HOLDS, Word, plural

#: `bench.judge.conflicts` lists likely misprints too; they have a section of their own.
MISPRINT = "likely misprint"
KINDS = {
    "accuracy": "accuracy",
    "count": "parameters and FLOPs",
    "speed": "speed",
    "measure": "other measures",
}


@dataclass(frozen=True)
class CellName:
    """The name of a cell with its address on the site, if there is such a cell."""

    text: str
    link: str | None


@dataclass(frozen=True)
class ConflictView:
    """Two printed values of one quantity, each with the cell it stands in."""

    conflict: Conflict
    places: tuple[tuple[CellName, str], ...]


@dataclass(frozen=True)
class PaperView:
    """Everything one paper page shows."""

    paper: Paper
    tables: tuple[TableView, ...]
    tally: Tally
    claims: tuple[ClaimVerdict, ...]
    unjudged: tuple[str, ...]
    conflicts: tuple[ConflictView, ...]
    misprints: tuple[tuple[CellName, Misprint, CellView | None], ...]
    coverage: tuple[tuple[str, Tally], ...]
    findings: tuple[Finding, ...]

    @property
    def claim_counts(self) -> tuple[tuple[Word, int], ...]:
        """How the claims stand on the reproduced numbers."""
        found = Counter(c.on_reproduced.holds for c in self.claims)
        return tuple((word, found[key]) for key, word in HOLDS.items() if found[key])  # type: ignore[index]

    @property
    def claims_text(self) -> str:
        if not self.claims:
            return "no claims recorded"
        verbs = {"holds": "hold", "fails": "fail"}
        parts = ", ".join(
            f"{count} {word.label if count == 1 else verbs.get(word.key, word.label)}"
            for word, count in self.claim_counts
        )
        return f"{plural(len(self.claims), 'claim')}: {parts} on reproduced numbers"


def find_cell(judged: Judged, name: str, paper: str) -> CellView | None:
    """The cell called 'paper-table/row/column', 'paper:table/row/column' or 'table/row/column'."""
    head, _, rest = name.partition("/")
    row, _, column = rest.partition("/")
    owner, colon, number = head.partition(":")
    for table in (f"{owner}-{number}" if colon else head, f"{paper}-{head}"):
        if view := judged.tables.get(table):
            found = [
                c
                for r in view.rows
                if r.row.key == row
                for c in r.cells
                if c.cell.column.key == column
            ]
            return found[0] if found else None
    return None


def cell_name(judged: Judged, name: str, paper: str) -> CellName:
    """A cell's name with its link; without one if no such cell is known."""
    found = find_cell(judged, name, paper)
    if found is None:
        return CellName(name, None)
    cell = found.cell
    link = cell_link(cell.paper, cell.table.table, cell.row.key, cell.column.key)
    return CellName(cell.name, link)


def _conflict(judged: Judged, conflict: Conflict, paper: str) -> ConflictView:
    places = tuple(
        (cell_name(judged, cell, paper), printed)
        for cell, printed in zip(conflict.cells, conflict.printed, strict=False)
    )
    return ConflictView(conflict, places)


def _concerns(judged: Judged, conflict: Conflict, paper: str) -> bool:
    return any(
        found.cell.paper == paper
        for name in conflict.cells
        if (found := find_cell(judged, name, paper)) is not None
    )


def paper_view(judged: Judged, snapshot: Snapshot, paper: Paper) -> PaperView:
    """Collect what concerns one paper."""
    cells = list(judged.cells(paper.id))
    claims = tuple(claim for claim in snapshot.claims if claim.paper == paper.id)
    known = {claim.claim.id for claim in claims}
    by_kind = [(name, Tally.of(c for c in cells if c.kind == kind)) for kind, name in KINDS.items()]
    conflicts = tuple(
        _conflict(judged, conflict, paper.id)
        for conflict in snapshot.conflicts
        if not conflict.what.startswith(MISPRINT) and _concerns(judged, conflict, paper.id)
    )
    return PaperView(
        paper=paper,
        tables=tuple(view for view in judged.tables.values() if view.paper.id == paper.id),
        tally=Tally.of(cells),
        claims=claims,
        unjudged=tuple(claim.claim for claim in paper.claims if claim.id not in known),
        conflicts=conflicts,
        misprints=tuple(
            (
                cell_name(judged, misprint.cell, paper.id),
                misprint,
                find_cell(judged, misprint.cell, paper.id),
            )
            for misprint in paper.misprints
        ),
        coverage=tuple((name, tally) for name, tally in by_kind if tally.total),
        findings=findings(paper.id, cells, claims, len(conflicts), len(paper.misprints)),
    )
