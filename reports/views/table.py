"""One table as shown on the site: every printed cell with its verdict and evidence."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby

from bench.catalog.cells import Cell
from bench.catalog.load import Catalog
from bench.catalog.schema import TIERS, Paper, Row, Table
from bench.judge.elsewhere import reported_elsewhere
from bench.judge.history import Entry
from bench.judge.records import Snapshot, Verdict
from bench.judge.untested import Untested
from bench.judge.verdicts import CHANCE, wrong_by_chance
from bench.results.index import ResultIndex
from bench.results.records import AccuracyResult
from reports.views.cell import CellView
from reports.views.history import by_name
from reports.views.results import trace
from reports.views.words import (
    SILENT,
    VERDICTS,
    Word,
    counted,
)
from reports.views.work import work_of

#: Printed labels that name nothing by themselves.
UNNAMED = ("(blank)", "None")


@dataclass(frozen=True)
class RowView:
    """One printed row with its cells; `method`: the canonical name of what it shows."""

    row: Row
    model: str | None
    cells: tuple[CellView, ...]
    method: str | None = None

    @property
    def label(self) -> str:
        """The printed label; the method where that is a blank, a number, a mark or "None"."""
        named = any(c.isalpha() for c in self.row.label) and self.row.label not in UNNAMED
        return self.row.label if named else self.method or self.row.label


@dataclass(frozen=True)
class TableView:
    """One printed table; `groups` are its rows below their printed headings."""

    name: str
    paper: Paper
    table: Table
    groups: tuple[tuple[str | None, tuple[RowView, ...]], ...]

    @property
    def rows(self) -> tuple[RowView, ...]:
        return tuple(row for _, rows in self.groups for row in rows)

    @property
    def tally(self) -> "Tally":
        return Tally.of(cell for row in self.rows for cell in row.cells)

    @property
    def ticked(self) -> frozenset[str]:
        """Columns that print a tick or nothing: nothing means no."""
        printed: dict[str, set[str]] = {}
        for row in self.rows:
            for cell in row.cells:
                printed.setdefault(cell.cell.column.key, set()).add(cell.cell.printed or "")
        return frozenset(key for key, found in printed.items() if found - {""} == {"✓"})

    @property
    def elsewhere(self) -> bool:
        """Whether others reported figures for any cell."""
        return any(cell.elsewhere for row in self.rows for cell in row.cells)

    @property
    def chance(self) -> str:
        """How many verdicts chance alone may have made wrong."""
        return by_chance(cell.verdict for row in self.rows for cell in row.cells if cell.verdict)


def by_chance(verdicts: Iterable[Verdict]) -> str:
    """'By chance alone, up to 0.2 of the 4 verdicts that rest on no count may be wrong.'; empty without such."""
    wrong = wrong_by_chance(verdicts)
    if not wrong:
        return ""
    firm = round(wrong / CHANCE)
    what = "the verdict that rests" if firm == 1 else f"the {firm} firm verdicts that rest"
    return f"By chance alone, up to {wrong:.2g} of {what} on no count may be wrong."


#: Verdicts of cells for which nothing was measured here.
UNMEASURED = ("failed", "not-run", "quoted", "unjudged")


Counts = tuple[tuple[Word, int], ...]


def _count(cells: Iterable[CellView]) -> Counts:
    found = Counter(cell.word.key for cell in cells)
    words = [*VERDICTS.values(), SILENT["unjudged"]]
    return tuple((word, found[word.key]) for word in words if found[word.key])


@dataclass(frozen=True)
class Tally:
    """How many cells got which verdict, in the order of `VERDICTS`.

    counts: what the paper measured itself. quoted: what it prints from elsewhere, which says nothing of its own work.
    """

    counts: Counts
    quoted: Counts = ()

    @classmethod
    def of(cls, cells: Iterable[CellView]) -> "Tally":
        parts: dict[bool, list[CellView]] = {True: [], False: []}
        for cell in cells:
            if cell.judged or cell.word.key == "unjudged":
                parts[cell.cell.origin == "quoted"].append(cell)
        return cls(_count(parts[False]), _count(parts[True]))

    @property
    def total(self) -> int:
        return self.own + sum(count for _, count in self.quoted)

    @property
    def own(self) -> int:
        """Number of cells that are not quoted."""
        return sum(count for _, count in self.counts)

    @property
    def measured(self) -> int:
        """Number of cells whose verdict is based on a measurement, whatever its outcome."""
        both = (*self.counts, *self.quoted)
        return sum(count for word, count in both if word.key not in UNMEASURED)

    def count(self, *keys: str, quoted: bool = False) -> int:
        """Cells with any of these verdicts, among those that are quoted or those that are not."""
        among = self.quoted if quoted else self.counts
        return sum(count for word, count in among if word.key in keys)

    @property
    def lines(self) -> tuple[str, ...]:
        """'3 match, 2 untested' and 'quoted rows: 1 matches, 5 quoted'."""
        own = ", ".join(counted(n, word.label) for word, n in self.counts)
        quoted = ", ".join(counted(n, word.label) for word, n in self.quoted)
        return tuple(filter(None, (own, quoted and f"quoted rows: {quoted}"))) or ("no values",)

    @property
    def text(self) -> str:
        return "; ".join(self.lines)


def tier_and_seed(result: AccuracyResult) -> tuple[int, int]:
    """Sort key of results: the first seed at the largest tier comes last."""
    return TIERS.index(result.tier), -result.seed


class Judged:
    """The tables of a catalog with the verdicts of a snapshot, and how these changed."""

    def __init__(
        self,
        catalog: Catalog,
        snapshot: Snapshot,
        index: ResultIndex,
        history: Sequence[Entry] = (),
    ) -> None:
        self.catalog = catalog
        self.history = by_name(history)
        self.traces = {file: trace(one) for file, one in index.files.items()}
        self.verdicts = snapshot.by_cell
        self.elsewhere = reported_elsewhere(catalog)
        self.untested = Untested(catalog, snapshot, index)
        self.tables = {
            name: self._table(name, paper, table) for name, (paper, table) in catalog.tables.items()
        }

    def cells(self, paper: str | None = None) -> Iterable[CellView]:
        """All cells, or those of one paper, in printed order."""
        for view in self.tables.values():
            if paper in (None, view.paper.id):
                for row in view.rows:
                    yield from row.cells

    def _table(self, name: str, paper: Paper, table: Table) -> TableView:
        rows = [self._row(name, row) for row in table.rows]
        groups = groupby(rows, key=lambda view: view.row.group)
        return TableView(name, paper, table, tuple((title, tuple(own)) for title, own in groups))

    def _row(self, table: str, row: Row) -> RowView:
        run = self.catalog.runs.get(row.run) if row.run else None
        model = row.model or (run.config if run else None)
        cells = self.catalog.rows[table][row.key]
        method = self.catalog.method(cells[0])
        return RowView(row, model, tuple(map(self._cell, cells)), method.name if method else None)

    def _cell(self, cell: Cell) -> CellView:
        verdict = self.verdicts.get(cell.key)
        names = verdict.results if verdict else ()
        traces = tuple(self.traces[name] for name in names if name in self.traces)
        history = self.history.get(cell.name, ())
        elsewhere, work = self.elsewhere.get(cell.key, ()), work_of(self.untested, cell)
        return CellView.of(cell, verdict, traces, history, elsewhere, work)
