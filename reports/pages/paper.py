"""The page of one paper: findings, claims, conflicts, misprints, coverage, notes.

Findings are sentences generated from the verdicts; none is written by hand.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from bench.catalog.schema import Misprint, Paper
from bench.judge.records import ClaimVerdict, Conflict, Snapshot
from reports.views.cell import CellView
from reports.views.claim_words import count_words, in_words, is_ours, phrase_of, summary
from reports.views.table import Judged, TableView, Tally
from reports.views.urls import paper_page
from reports.views.words import COMPARED, number, plural

#: `bench.judge.conflicts` also lists likely misprints; the page has a separate section for them.
MISPRINT = "likely misprint"
#: Kinds of values that findings report on, as named in their sentences.
REPORTED = {"params": "parameter", "flops": "FLOPs", "accuracy": "accuracy", "fps": "speed"}
KINDS = {
    "accuracy": "accuracy",
    "count": "parameters and FLOPs",
    "speed": "speed",
    "measure": "other metrics",
}


@dataclass(frozen=True)
class NamedCell:
    """A cell as a conflict or a misprint names it; `view` is None if the catalog does not contain it."""

    name: str
    view: CellView | None


@dataclass(frozen=True)
class ConflictView:
    """A quantity with two printed values, each with its cell."""

    conflict: Conflict
    places: tuple[tuple[NamedCell, str], ...]


@dataclass(frozen=True)
class Finding:
    """One sentence, the page that supports it, and its importance (larger is more important)."""

    text: str
    link: str
    weight: float


@dataclass(frozen=True)
class PaperView:
    """Everything that a paper page shows."""

    paper: Paper
    tables: tuple[TableView, ...]
    tally: Tally
    claims: tuple[ClaimVerdict, ...]
    unjudged: tuple[str, ...]
    conflicts: tuple[ConflictView, ...]
    misprints: tuple[tuple[NamedCell, Misprint], ...]
    coverage: tuple[tuple[str, Tally], ...]
    findings: tuple[Finding, ...]

    @property
    def claims_text(self) -> str:
        return summary(self.claims)


def named_cell(judged: Judged, name: str, paper: str) -> NamedCell:
    """The cell named 'paper-table/row/column', 'paper:table/row/column' or 'table/row/column'."""
    head, _, rest = name.partition("/")
    row, _, column = rest.partition("/")
    for table in (head.replace(":", "-", 1), f"{paper}-{head}"):
        if view := judged.tables.get(table):
            cells = (cell for one in view.rows if one.row.key == row for cell in one.cells)
            return NamedCell(name, next((c for c in cells if c.cell.column.key == column), None))
    return NamedCell(name, None)


def _conflicts(judged: Judged, snapshot: Snapshot, paper: str) -> Iterable[ConflictView]:
    """The conflicts that a cell of the paper takes part in."""
    for conflict in snapshot.conflicts:
        cells = [named_cell(judged, name, paper) for name in conflict.cells]
        own = any(cell.view and cell.view.cell.paper == paper for cell in cells)
        if own and not conflict.what.startswith(MISPRINT):
            yield ConflictView(conflict, tuple(zip(cells, conflict.printed, strict=False)))


def paper_view(judged: Judged, snapshot: Snapshot, paper: Paper) -> PaperView:
    """Everything about one paper."""
    cells = list(judged.cells(paper.id))
    claims = tuple(claim for claim in snapshot.claims if claim.paper == paper.id)
    known = {claim.claim.id for claim in claims}
    by_kind = [(name, Tally.of(c for c in cells if c.kind == kind)) for kind, name in KINDS.items()]
    conflicts = tuple(_conflicts(judged, snapshot, paper.id))
    return PaperView(
        paper=paper,
        tables=tuple(view for view in judged.tables.values() if view.paper.id == paper.id),
        tally=Tally.of(cells),
        claims=claims,
        unjudged=tuple(claim.claim for claim in paper.claims if claim.id not in known),
        conflicts=conflicts,
        misprints=tuple((named_cell(judged, m.cell, paper.id), m) for m in paper.misprints),
        coverage=tuple((name, tally) for name, tally in by_kind if tally.total),
        findings=findings(paper.id, cells, claims, len(conflicts), len(paper.misprints)),
    )


def findings(
    paper: str,
    cells: Sequence[CellView],
    claims: Sequence[ClaimVerdict],
    conflicts: int,
    misprints: int,
) -> tuple[Finding, ...]:
    """All findings on a paper, the most important first."""
    found = [
        *_value_findings(paper, cells),
        *_claim_findings(paper, claims),
        *_inconsistencies(paper, conflicts, misprints),
    ]
    return tuple(sorted(found, key=lambda f: -f.weight))


def _kind(cell: CellView) -> str:
    metric = cell.cell.metric
    return metric if metric in ("params", "flops", "fps") else cell.kind


def _value_findings(paper: str, cells: Sequence[CellView]) -> Iterable[Finding]:
    for kind, name in REPORTED.items():
        own = [c for c in cells if _kind(c) == kind and c.judged and c.cell.origin != "quoted"]
        if not own:
            continue
        compared = [c for c in own if c.word.key in COMPARED and c.word.key != "stale"]
        stale = sum(c.word.key == "stale" for c in own)
        link = f"{paper_page(paper)}#coverage"
        if stale:
            what = plural(stale, f"{name} value was", f"{name} values were")
            text = f"{what} measured before the code changed and must be measured again."
            yield Finding(text, link, 3)
        if not compared:
            if not stale:
                subject = (
                    f"None of its {len(own)} {name} values" if len(own) > 1 else f"Its {name} value"
                )
                verb = "has" if len(own) > 1 else "has not"
                text = f"{subject} {verb} been compared with a value from here yet."
                yield Finding(text, link, 1)
            continue
        agree = sum(c.word.key == "reproduced" for c in compared)
        text = (
            f"{agree} of {plural(len(compared), f'compared {name} value')} {_verb(agree, 'match')}"
        )
        better = sum(c.word.key == "better" for c in compared)
        more = f", {better} {_verb(better, 'are')} better" if better else ""
        undecided = sum(c.word.key == "inconclusive" for c in compared)
        more += f", {undecided} {_verb(undecided, 'are')} undecided" if undecided else ""
        yield Finding(f"{text}{more}.", link, 5)
        yield from _largest_deviation([c for c in compared if c.word.key == "deviates"], name)


def _largest_deviation(cells: Sequence[CellView], name: str) -> Iterable[Finding]:
    """The value that deviates most."""
    known = [
        (abs(c.verdict.difference), c)
        for c in cells
        if c.verdict and c.verdict.difference is not None
    ]
    if not known:
        return
    size, view = max(known, key=lambda pair: pair[0])
    cell = view.cell
    text = (
        f"{plural(len(cells), f'{name} value')} {'differs:' if len(cells) == 1 else 'differ, most of all'} "
        f"{cell.column.label} of “{cell.row.label}” in Table {cell.table.table}: "
        f"printed {cell.printed}, measured {view.here} here ({view.difference})."
    )
    yield Finding(text, view.link, 7 + min(size, 100) / 100)


def _claim_findings(paper: str, claims: Sequence[ClaimVerdict]) -> Iterable[Finding]:
    link = f"{paper_page(paper)}#claims"
    theirs = [claim for claim in claims if not is_ours(claim)]
    broken = [c for c in theirs if c.on_paper.holds == "fails"]
    if broken:
        text = f"{plural(len(broken), 'claim')} {_verb(len(broken), 'do')} not follow from the paper's own tables"
        yield Finding(text + _example(broken), link, 9)
    for key, weight in (("fails", 8), ("contradicts", 7)):
        against = [
            c for c in theirs if c.on_reproduced.holds == key and c.on_paper.holds != "fails"
        ]
        for word, _ in count_words(against):
            same = [claim for claim in against if phrase_of(claim) == word]
            text = f"On values measured here, {in_words(((word, len(same)),), 'claim')}"
            yield Finding(text + _example(same), link, weight)
    judged = [c for c in theirs if c.on_reproduced.holds != "open"]
    if judged:
        text = f"Of {plural(len(judged), 'claim')} judged on values measured here, {in_words(count_words(judged))}"
        still = len(theirs) - len(judged)
        more = f"; {number(still, 0)} more {_verb(still, 'are')} open" if still else ""
        yield Finding(f"{text}{more}.", link, 4)
    if ours := [claim for claim in claims if is_ours(claim)]:
        text = f"{plural(len(ours), 'claim')} with our threshold: {in_words(count_words(ours))}."
        yield Finding(text, link, 2)


def _verb(count: int, plural_form: str) -> str:
    """'holds' of one, 'hold' of several."""
    single = {"are": "is", "do": "does", "match": "matches"}.get(plural_form, f"{plural_form}s")
    return single if count == 1 else plural_form


def _example(claims: Sequence[ClaimVerdict]) -> str:
    """The end of a sentence on claims: the first of them."""
    text = claims[0].claim.claim
    end = "" if text.endswith((".", "!", "?")) else "."
    return f"{', for example' if len(claims) > 1 else ''}: {text}{end}"


def _inconsistencies(paper: str, conflicts: int, misprints: int) -> Iterable[Finding]:
    if conflicts:
        what = plural(conflicts, "quantity", "quantities")
        text = f"{what} {_verb(conflicts, 'are')} printed with two different values."
        yield Finding(text, f"{paper_page(paper)}#conflicts", 6)
    if misprints:
        text = f"{plural(misprints, 'cell')} {_verb(misprints, 'are')} likely misprinted."
        yield Finding(text, f"{paper_page(paper)}#misprints", 3)
