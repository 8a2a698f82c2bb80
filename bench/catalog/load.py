"""Papers as validated objects, read from `bench/papers/<paper>/*.yaml`.

Every mistake is reported with file and line. Nothing here imports torch.
"""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from pydantic import ValidationError

from bench.catalog.schema import Cell, Claim, Paper, Run, Table
from bench.catalog.yaml_lines import line_of, read_yaml
from bench.errors import LedgerError, UnknownName

PAPERS = Path(__file__).parents[1] / "papers"


_FILES = {"tables": "tables.yaml", "runs": "runs.yaml", "claims": "claims.yaml"}


def load_paper(folder: Path) -> Paper:
    """Read one paper's folder. Raises `LedgerError` with one line per mistake."""
    head = folder / "paper.yaml"
    data = read_yaml(head)
    if not isinstance(data, dict):
        raise LedgerError(f"{head}:1: expected a mapping with id, title, authors, venue, year")
    for key, name in _FILES.items():
        if (folder / name).is_file():
            data[key] = read_yaml(folder / name) or ({} if key == "runs" else [])
    notes = sorted(folder.glob("NOTES*.md"), key=lambda path: len(path.name))
    data["notes"] = "\n".join(path.read_text(encoding="utf-8") for path in notes)
    try:
        return Paper.model_validate(data)
    except ValidationError as error:
        raise LedgerError("\n".join(_explain(folder, error))) from None


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
    """All papers, and lookups by name."""

    papers: dict[str, Paper]
    folders: dict[str, Path]

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

    def cells(self, paper: str | None = None, table: str | None = None) -> Iterator[Cell]:
        """Cells in printed order, of everything, one paper, or one table of it."""
        for owner, printed in self.tables.values():
            if paper not in (None, owner.id) or table not in (None, printed.table):
                continue
            for row in printed.rows:
                for column, text in zip(printed.columns, row.cells, strict=True):
                    yield Cell(owner.id, printed, row, column, text)

    @cached_property
    def cell_index(self) -> dict[tuple[str, str, str, str], Cell]:
        """(paper, table, row, column) -> cell."""
        return {(c.paper, c.table.table, c.row.key, c.column.key): c for c in self.cells()}

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

    def model_of(self, cell: Cell) -> str | None:
        """The zoo model that counts and timings of this cell are about, or None."""
        if cell.column.model or cell.row.model:
            return cell.column.model or cell.row.model
        return self.run(cell.run).config if cell.run else None


def load_catalog(*extra: Path) -> Catalog:
    """All papers of the project and of `extra` folders (also REPROPOSE_PAPERS, ':'-separated)."""
    roots = [
        PAPERS,
        *extra,
        *map(Path, filter(None, os.environ.get("REPROPOSE_PAPERS", "").split(":"))),
    ]
    folders = sorted({f.parent for root in roots for f in root.glob("*/paper.yaml")})
    papers = {folder: load_paper(folder) for folder in folders}
    ordered = sorted(papers.items(), key=lambda item: (item[1].order, item[1].id))
    _check_references([(folder, paper) for folder, paper in ordered])
    return Catalog(
        papers={paper.id: paper for _, paper in ordered},
        folders={paper.id: folder for folder, paper in ordered},
    )


def _check_references(papers: list[tuple[Path, Paper]]) -> None:
    """Names that cross files: papers and runs are unique, every named run exists."""
    runs: dict[str, Path] = {}
    problems = []
    ids = [paper.id for _, paper in papers]
    problems += [
        f"paper id '{one}' is used by two folders" for one in {i for i in ids if ids.count(i) > 1}
    ]
    for folder, paper in papers:
        for run in paper.runs:
            if run in runs:
                problems.append(f"{folder / 'runs.yaml'}: run '{run}' is also in {runs[run]}")
            runs[run] = folder / "runs.yaml"
    for folder, paper in papers:
        problems += [
            f"{folder / 'runs.yaml'}: run '{key}' names an unknown run '{other}'"
            for key, run in paper.runs.items()
            for other in (run.start, run.nearest)
            if other and other not in runs
        ]
        for number, table in enumerate(paper.tables):
            named: list[tuple[str, int, str, list[str]]] = [
                ("columns", i, c.key, [c.run] if c.run else []) for i, c in enumerate(table.columns)
            ] + [
                ("rows", i, r.key, [*([r.run] if r.run else []), *r.runs.values()])
                for i, r in enumerate(table.rows)
            ]
            for place, position, key, names in named:
                for unknown in (name for name in names if name not in runs):
                    line = line_of(folder / "tables.yaml", (number, place, position))
                    problems.append(
                        f"{folder / 'tables.yaml'}:{line}: table {table.table}, '{key}' names unknown run "
                        f"'{unknown}'; add it to runs.yaml or correct the name"
                    )
    if problems:
        raise LedgerError("\n".join(problems))
