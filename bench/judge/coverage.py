"""Coverage: per table, the cells, their runs, the evidence behind them, the verdicts."""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from itertools import chain
from typing import Any

from bench.catalog.cells import Cell, CellKey
from bench.catalog.load import Catalog
from bench.catalog.schema import Table
from bench.errors import CatalogError
from bench.judge.evidence import Measurements
from bench.judge.records import Snapshot, Verdict
from bench.paths import config_files


def coverage(
    measurements: Measurements, snapshot: Snapshot, zoo: Collection[str] | None = None
) -> list[dict[str, Any]]:
    """One record per table, and rows without run or model with the reason why.

    `with_run` and `with_model` count what the paper's files name; `with_runnable` counts cells whose run (accuracies)
    or model (counts, speeds) has its config in `zoo` (default: the existing files); `missing_configs` lists the rest.
    `verdicts` counts the papers' own and re-run cells, `verdicts_quoted` those quoted from elsewhere.
    Raises `CatalogError` if a printed cell has no verdict: nothing is silently missing.
    """
    zoo = config_files() if zoo is None else zoo
    verdicts, catalog = snapshot.by_cell, measurements.catalog
    return [
        {
            "paper": paper.id,
            "table": table.table,
            "title": table.title,
            "rows": len(table.rows),
            **_cells(measurements, list(catalog.cells(paper.id, table.table)), verdicts, zoo),
            "rows_without_run": _rows_without_run(table),
        }
        for paper, table in catalog.tables.values()
    ]


def _cells(
    measurements: Measurements,
    cells: list[Cell],
    verdicts: Mapping[CellKey, Verdict],
    zoo: Collection[str],
) -> dict[str, Any]:
    if unjudged := [c.key for c in cells if c.key not in verdicts]:
        raise CatalogError(f"{'/'.join(unjudged[0])} has no verdict; judge the whole catalog again")
    numbers = [c for c in cells if c.number is not None]
    needed = [(c.row.key, m) for c in numbers if (m := _needed(measurements.catalog, c))]
    missing: dict[str, list[str]] = {}
    for row, model in dict.fromkeys(needed):
        if model not in zoo:
            missing.setdefault(row, []).append(model)
    evidence = [{m.evidence for m in measurements.of(c) if m.values} for c in numbers]
    return {
        "cells": len(cells),
        "numbers": len(numbers),
        "with_run": sum(c.run is not None for c in numbers),
        "with_model": sum(c.model is not None for c in numbers),
        "with_runnable": sum(model in zoo for _, model in needed),
        "missing_configs": missing,
        "with_evidence": sum(map(bool, evidence)),
        "evidence": dict(sorted(Counter(chain.from_iterable(evidence)).items())),
        "verdicts": _counted(verdicts[c.key] for c in cells if c.origin != "quoted"),
        "verdicts_quoted": _counted(verdicts[c.key] for c in cells if c.origin == "quoted"),
    }


def _counted(verdicts: Iterable[Verdict]) -> dict[str, int]:
    return dict(sorted(Counter(verdict.verdict for verdict in verdicts).items()))


def _needed(catalog: Catalog, cell: Cell) -> str | None:
    """The zoo config needed to measure this cell; None if the paper's files name none."""
    if cell.column.kind in ("count", "speed"):
        return cell.model
    return catalog.run(cell.run).config if cell.run else None


def _rows_without_run(table: Table) -> dict[str, str]:
    """Row -> why it has none."""
    if any(column.run for column in table.columns):
        return {}
    return {
        row.key: row.why_no_run or f"model {row.model}: counts and speed only"
        for row in table.rows
        if row.run is None
    }
