"""What is covered: per table, the cells, their runs, the evidence behind them, the verdicts."""

from collections import Counter
from collections.abc import Collection
from typing import Any

from bench.catalog.load import Catalog
from bench.catalog.schema import Cell
from bench.errors import LedgerError
from bench.judge.evidence import Book
from bench.judge.records import Snapshot
from bench.paths import config_files


def coverage(
    catalog: Catalog, book: Book, snapshot: Snapshot, zoo: Collection[str] | None = None
) -> list[dict[str, Any]]:
    """One record per table, and rows without run or model with the reason why.

    `with_run` and `with_model` count what the paper's files name; `with_runnable` counts cells whose run (accuracies)
    or model (counts, speeds) has its config in `zoo` (default: the files there are); `missing_configs` lists the rest.
    Raises `LedgerError` if a printed cell has no verdict: nothing is silently missing.
    """
    verdicts = {(v.paper, v.table, v.row, v.column): v for v in snapshot.verdicts}
    zoo = config_files() if zoo is None else zoo
    records = []
    for paper, table in catalog.tables.values():
        cells = list(catalog.cells(paper.id, table.table))
        keys = [(paper.id, table.table, c.row.key, c.column.key) for c in cells]
        if unjudged := [key for key in keys if key not in verdicts]:
            raise LedgerError(
                f"{'/'.join(unjudged[0])} has no verdict; judge the whole catalog again"
            )
        numbers = [c for c in cells if c.number is not None]
        models = [(c.row.key, m) for c in numbers if (m := _needed(catalog, c)) is not None]
        missing: dict[str, list[str]] = {}
        for row, model in dict.fromkeys(models):
            if model not in zoo:
                missing.setdefault(row, []).append(model)
        evidence = Counter(
            kind for c in numbers for kind in {m.evidence for m in book.of(c) if m.values}
        )
        records.append(
            {
                "paper": paper.id,
                "table": table.table,
                "title": table.title,
                "rows": len(table.rows),
                "cells": len(cells),
                "numbers": len(numbers),
                "with_run": sum(c.run is not None for c in numbers),
                "with_model": sum(catalog.model_of(c) is not None for c in numbers),
                "with_runnable": sum(model in zoo for _, model in models),
                "missing_configs": missing,
                "with_evidence": sum(any(m.values for m in book.of(c)) for c in numbers),
                "evidence": dict(sorted(evidence.items())),
                "verdicts": dict(sorted(Counter(verdicts[key].verdict for key in keys).items())),
                "rows_without_run": {
                    row.key: row.why_no_run or f"model {row.model}: counts and speed only"
                    for row in table.rows
                    if row.run is None and not any(c.run for c in table.columns)
                },
            }
        )
    return records


def _needed(catalog: Catalog, cell: Cell) -> str | None:
    """The zoo config that measuring this cell takes; None if the paper's files name none."""
    if cell.column.kind in ("count", "speed"):
        return catalog.model_of(cell)
    return catalog.run(cell.run).config if cell.run else None
