"""Papers as validated objects, read from `bench/papers/<paper>/*.yaml`.

Every mistake is reported with file and line. Nothing here imports torch.
"""

import logging
import os
from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path

from pydantic import ValidationError

from bench.catalog.cells import Cell, CellKey, row_protocol
from bench.catalog.methods import Method, Methods, load_methods, wrong_methods
from bench.catalog.place import Place
from bench.catalog.same_config import SameConfig, load_same_config, unknown_runs
from bench.catalog.schema import Claim, Column, Paper, Row, Run, Table
from bench.catalog.third_party import ThirdParty, load_third_party
from bench.catalog.yaml_lines import line_of, read_yaml
from bench.errors import CatalogError, DataError, UnknownName
from bench.files import read_text

PAPERS = Path(__file__).parents[1] / "papers"
_FILES = {"tables": "tables.yaml", "runs": "runs.yaml", "claims": "claims.yaml"}


def load_paper(folder: Path) -> Paper:
    """Read one paper's folder. Raises `CatalogError` with one line per mistake."""
    head = folder / "paper.yaml"
    data = read_yaml(head)
    if not isinstance(data, dict):
        raise CatalogError(f"{head}:1: expected a mapping with id, title, authors, venue, year")
    for key, name in _FILES.items():
        if (folder / name).is_file():
            data[key] = read_yaml(folder / name) or ({} if key == "runs" else [])
    notes = sorted(folder.glob("NOTES*.md"), key=lambda path: len(path.name))
    data["notes"] = "\n".join(map(_text, notes))
    try:
        return Paper.model_validate(data)
    except ValidationError as error:
        raise CatalogError("\n".join(_explain(folder, error))) from None


def _text(path: Path) -> str:
    try:
        return read_text(path)
    except DataError as error:
        raise CatalogError(str(error)) from None


def _explain(folder: Path, error: ValidationError) -> Iterator[str]:
    for item in error.errors(include_url=False):
        location = (*item["loc"], *item.get("ctx", {}).get("at", ()))
        in_file = bool(location) and location[0] in _FILES
        path = folder / (_FILES[str(location[0])] if in_file else "paper.yaml")
        line = line_of(path, location[1:] if in_file else location)
        where = " > ".join(str(step) for step in location) or "the file"
        message = item["msg"].removeprefix("Value error, ")
        got = item["input"]
        shown = f" (got {got!r})" if isinstance(got, str | int | float | bool) else ""
        yield f"{path}:{line}: {where}: {message}{shown}"


@dataclass(frozen=True)
class Catalog:
    """All papers, the identity of their methods, figures of others, and lookups by name."""

    papers: dict[str, Paper]
    folders: dict[str, Path]
    methods: Methods = field(default_factory=Methods)
    third_party: tuple[ThirdParty, ...] = ()
    same_config: tuple[SameConfig, ...] = ()

    @cached_property
    def tables(self) -> dict[str, tuple[Paper, Table]]:
        """'transpose-2' -> paper and table, in the order of papers and tables."""
        return {f"{p.id}-{t.table}": (p, t) for p in self.papers.values() for t in p.tables}

    @cached_property
    def runs(self) -> dict[str, Run]:
        return {key: run for paper in self.papers.values() for key, run in paper.runs.items()}

    @cached_property
    def run_papers(self) -> dict[str, str]:
        """Run -> the paper that defines it."""
        return {key: paper.id for paper in self.papers.values() for key in paper.runs}

    @cached_property
    def rows(self) -> dict[str, dict[str, tuple[Cell, ...]]]:
        """'transpose-2' -> row key -> the cells of that row, all in printed order."""
        return {
            name: {row.key: tuple(self._row_cells(paper, table, row)) for row in table.rows}
            for name, (paper, table) in self.tables.items()
        }

    def _row_cells(self, paper: Paper, table: Table, row: Row) -> Iterator[Cell]:
        protocol = row_protocol(table, row)
        for column, text in zip(table.columns, row.cells, strict=True):
            run = row.runs.get(column.key) or column.run or row.run
            model = self._model_of(column, row, run)
            yield Cell(paper.id, table, row, column, text, run, model, protocol)

    def _model_of(self, column: Column, row: Row, run: str | None) -> str | None:
        return column.model or row.model or (self.run(run).config if run else None)

    @cached_property
    def method_keys(self) -> dict[tuple[str, str], str | None]:
        """('transpose-2', row key) -> the row's method in `methods`; None if it shows none or it is not known."""
        found = {}
        for name, (_, table) in self.tables.items():
            for row in table.rows:
                model = self.run(row.run).config if row.run else None
                none = self.methods.reason_for_none(name, row.key)
                found[name, row.key] = None if none else self.methods.key_of(table, row, model)
        return found

    def method_key(self, cell: Cell) -> str | None:
        """The method of a cell's row."""
        return self.method_keys[f"{cell.paper}-{cell.table.table}", cell.row.key]

    @cached_property
    def by_method(self) -> dict[tuple[str | None, str | None], list[Cell]]:
        """(method, metric) -> its cells in printed order."""
        found: dict[tuple[str | None, str | None], list[Cell]] = {}
        for cell in self.cells():
            found.setdefault((self.method_key(cell), cell.metric), []).append(cell)
        return found

    def method(self, cell: Cell) -> Method | None:
        """The method of a cell's row, with its canonical name."""
        key = self.method_key(cell)
        return self.methods.methods[key] if key else None

    def with_run(self, cell: Cell, run: str) -> Cell:
        """The same cell with the result of another run, at whatever input size that has. Raises `UnknownName`."""
        protocol = {key: value for key, value in cell.protocol.items() if key != "input_size"}
        model = self._model_of(cell.column, cell.row, run)
        return cell._replace(run=run, model=model, protocol=protocol)

    def one_config(self, tier: str, runs: Collection[str]) -> SameConfig | None:
        """The entry of `same_config.yaml` that makes two of these runs one training at a tier, if there is one."""
        alike = (one for one in self.same_config if tier in one.tiers)
        return next((one for one in alike if len({*one.runs} & {*runs}) > 1), None)

    def cells(self, paper: str | None = None, table: str | None = None) -> Iterator[Cell]:
        """Cells in printed order, of everything, one paper, or one table of it."""
        for name, (owner, printed) in self.tables.items():
            if paper in (None, owner.id) and table in (None, printed.table):
                for cells in self.rows[name].values():
                    yield from cells

    @cached_property
    def cell_index(self) -> dict[CellKey, Cell]:
        """Cells by (paper, table, row, column)."""
        return {cell.key: cell for cell in self.cells()}

    def claims(self) -> Iterator[tuple[str, Claim]]:
        for paper in self.papers.values():
            for claim in paper.claims:
                yield paper.id, claim

    def table(self, name: str) -> tuple[Paper, Table]:
        """'transpose-2' -> paper and table; `UnknownName` lists the nearest names."""
        if name not in self.tables:
            raise UnknownName("table", name, self.tables)
        return self.tables[name]

    def run(self, name: str) -> Run:
        if name not in self.runs:
            raise UnknownName("run", name, self.runs, "`repropose runs` lists them all")
        return self.runs[name]


def load_catalog(*extra: Path) -> Catalog:
    """All papers of the project and of `extra` folders (also REPROPOSE_PAPERS, ':'-separated)."""
    named = os.environ.get("REPROPOSE_PAPERS", "").split(":")
    roots = [PAPERS, *extra, *map(Path, filter(None, named))]
    if missing := [root for root in roots if not root.is_dir()]:
        raise CatalogError(
            f"{missing[0]} is not a folder of papers; REPROPOSE_PAPERS names folders, separated by ':'"
        )
    folders = sorted({f.parent for root in roots for f in root.glob("*/paper.yaml")})
    papers = {folder: load_paper(folder) for folder in folders}
    ordered = sorted(papers.items(), key=lambda item: (item[1].order, item[1].id))
    shared = list(dict.fromkeys(root.resolve() for root in roots))  # a root may be given twice
    methods = load_methods(root / "methods.yaml" for root in shared)
    _check_references(ordered, methods)
    by_id = {p.id: folder for folder, p in ordered}
    alike = [root / "same_config.yaml" for root in shared]
    same = load_same_config(alike)
    catalog = Catalog({p.id: p for _, p in ordered}, by_id, methods, same_config=same)
    if unknown := unknown_runs(alike, catalog.runs):
        raise CatalogError("\n".join(unknown))
    figures: dict[Path, str | None] = {root / "third_party.yaml": None for root in shared}
    figures |= {folder / "third_party.yaml": paper for paper, folder in by_id.items()}
    existing = {path: paper for path, paper in figures.items() if path.is_file()}
    records = load_third_party(existing, catalog.cell_index)
    return replace(catalog, third_party=tuple(records))


def _check_references(papers: list[tuple[Path, Paper]], methods: Methods) -> None:
    """Names that cross files: papers and runs are unique, every named run and method exists."""
    runs: dict[str, Path] = {}
    ids = Counter(paper.id for _, paper in papers)
    problems = [f"paper id '{one}' is used by two folders" for one in ids if ids[one] > 1]
    for folder, paper in papers:
        for run in paper.runs:
            if run in runs:
                problems.append(f"{folder / 'runs.yaml'}: run '{run}' is also in {runs[run]}")
            runs[run] = folder / "runs.yaml"
    problems += _circles({key: run for _, paper in papers for key, run in paper.runs.items()})
    for folder, paper in papers:
        problems += [*_unknown_runs(folder, paper, runs), *_unknown_places(folder, paper)]
        problems += _rules_without_basis(folder, paper)
        problems += wrong_methods(methods, paper, folder / "tables.yaml")
    if problems:
        raise CatalogError("\n".join(problems))


def _circles(runs: Mapping[str, Run]) -> Iterator[str]:
    """One line for each run that starts, in the end, from itself."""
    for key, run in runs.items():
        chain = [key]
        while (start := run.start or "") in runs and start not in chain:
            chain.append(start)
            run = runs[start]
        if start == key:
            yield f"run '{key}' starts from itself: {' -> '.join([*chain, key])}; correct `start`"


def _unknown_runs(folder: Path, paper: Paper, known: Collection[str]) -> Iterator[str]:
    """One line for each run that is named by another run, a column or a row, and does not exist."""
    for key, run in paper.runs.items():
        for other in (run.start, run.nearest):
            if other and other not in known:
                yield f"{folder / 'runs.yaml'}: run '{key}' names an unknown run '{other}'"
    path = folder / "tables.yaml"
    for number, table in enumerate(paper.tables):
        named = [("columns", i, c.key, [c.run]) for i, c in enumerate(table.columns)]
        named += [("rows", i, r.key, [r.run, *r.runs.values()]) for i, r in enumerate(table.rows)]
        for part, position, key, runs in named:
            for unknown in (run for run in runs if run and run not in known):
                line = line_of(path, (number, part, position))
                yield (
                    f"{path}:{line}: table {table.table}, '{key}' names unknown run "
                    f"'{unknown}'; add it to runs.yaml or correct the name"
                )


def _unknown_places(folder: Path, paper: Paper) -> Iterator[str]:
    """One line for each place of a claim in a table that has no such row or column, or is on another page.

    Notes on standard error how many claims still have `where`, which release 0.1 wrote.
    """
    path = folder / "claims.yaml"
    tables = {table.table: table for table in paper.tables}
    for number, claim in enumerate(paper.claims):
        for place in claim.places:
            if place.table and (problem := _misplaced(place, tables.get(place.table))):
                yield f"{path}:{line_of(path, (number,))}: claim '{claim.id}': {problem}"
    if old := sum(claim.place is None for claim in paper.claims):
        logging.getLogger(__name__).warning(
            f"{path}: {old} of {len(paper.claims)} claims have `where`; write `place: {{page, section, paragraph, "
            "sentence}` (docs/papers.md); the next release no longer reads `where`"
        )


def _misplaced(place: Place, table: Table | None) -> str:
    """What is wrong with a place in a table; empty if nothing is."""
    if table is None:
        return f"its place is in table '{place.table}', which is not in tables.yaml"
    if place.page != table.page:
        return f"its place is on page {place.page}, and table {table.table} on page {table.page}"
    for kind, key, known in (
        ("row", place.row, [row.key for row in table.rows]),
        ("column", place.column, [column.key for column in table.columns]),
    ):
        if key and key not in known:
            return f"table {table.table} has no {kind} '{key}'; there are {', '.join(known)}"
    return ""


def _rules_without_basis(folder: Path, paper: Paper) -> Iterator[str]:
    """One line for each column or row whose counting rule paper.yaml does not account for."""
    path = folder / "tables.yaml"
    for number, table in enumerate(paper.tables):
        named = [("columns", i, c.key, c.rule) for i, c in enumerate(table.columns)]
        named += [("rows", i, r.key, r.rule) for i, r in enumerate(table.rows)]
        for part, position, key, rule in named:
            if rule and rule not in paper.counting_rules:
                line = line_of(path, (number, part, position))
                known = ", ".join(paper.counting_rules) or "no rule"
                yield (
                    f"{path}:{line}: table {table.table}, '{key}' counts by rule '{rule}', but counting_rules in "
                    f"{folder / 'paper.yaml'} has {known}; add it with basis (stated, public-tool, fitted, "
                    "quoted-source) and reason"
                )
