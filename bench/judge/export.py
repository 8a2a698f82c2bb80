"""Everything as plain records: for `--json`, for pandas, for other programs.

Each function gives a list of flat dictionaries with the field names that docs/scripting.md documents. `to_csv` and
`to_parquet` write all of them, one file per kind; nested fields become JSON text there.
"""

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bench.catalog.load import Catalog
from bench.errors import UnknownName
from bench.files import write_atomically
from bench.judge import elsewhere
from bench.judge.coverage import coverage
from bench.judge.evidence import Measurements
from bench.judge.history import Entry
from bench.judge.records import Snapshot
from bench.results.index import ResultIndex
from bench.results.records import CountResult

if TYPE_CHECKING:
    import pandas as pd

Records = list[dict[str, Any]]
RESULT_FIELDS = (
    *(
        "run",
        "tier",
        "seed",
        "evidence",
        "failed",
        "protocol",
        "metrics",
        "untrained",
        "constant_poses",
    ),
    *("group", "machine", "device", "precision", "batch", "timings"),
    *("model", "input_size", "parameters", "macs", "flops"),
)


def cells(catalog: Catalog, paper: str | None = None, table: str | None = None) -> Records:
    """Printed cells: `row` and `column` are the printed labels, `row_key` and `column_key` their keys.

    Raises `UnknownName` for an unknown paper or table.
    """
    if paper is not None and paper not in catalog.papers:
        raise UnknownName("paper", paper, catalog.papers)
    tables = {t.table for p, t in catalog.tables.values() if paper in (None, p.id)}
    if table is not None and table not in tables:
        raise UnknownName("table", table, tables)
    return [
        {
            "paper": c.paper,
            "table": c.table.table,
            "row": c.row.label,
            "row_key": c.row.key,
            "column": c.column.label,
            "column_key": c.column.key,
            "printed": c.printed,
            "number": c.number.value if c.number else None,
            "metric": c.metric,
            "unit": c.column.shown_unit,
            "origin": c.origin,
            "source": c.row.source if c.origin == "quoted" else None,
            "group": c.row.group,
            "run": c.run,
            "model": c.model,
            "method": method.name if (method := catalog.method(c)) else None,
            "split": c.table.split,
            "page": c.table.page,
            "protocol": dict(c.protocol),
        }
        for c in catalog.cells(paper, table)
    ]


def models(index: ResultIndex) -> Records:
    """Counted zoo models."""
    return [model(stored.result, stored.file) for stored in index.counts.values()]


def model(counted: CountResult, file: str | None = None) -> dict[str, Any]:
    """One zoo model; `file` is None if its count is not stored."""
    fields = {"input_size", "parameters", "macs", "flops"}
    return {"name": counted.model, **counted.model_dump(mode="json", include=fields), "file": file}


def runs(catalog: Catalog, index: ResultIndex) -> Records:
    """Every run: its seeds and command at each tier, the rows that show it, the tiers it was measured at."""
    rows: dict[str, list[str]] = {}
    for cell in catalog.cells():
        row = f"{cell.paper}-{cell.table.table}/{cell.row.key}"
        if cell.run and row not in rows.setdefault(cell.run, []):
            rows[cell.run].append(row)
    return [
        {
            "run": name,
            "paper": catalog.run_papers[name],
            "config": run.config,
            "dataset": run.dataset,
            "options": run.options,
            "tiers": {
                tier: {
                    "seeds": list(seeds),
                    "data": f"data/{tier}/{run.dataset}",
                    "command": f"repropose measure {name} --tier {tier}",
                }
                for tier, seeds in run.seeds
            },
            "rows": rows.get(name, []),
            "start": run.start,
            "released": run.released,
            "note": run.note,
            "measured": sorted(
                {s.result.tier for s in index.accuracies.get(name, []) if s.result.failed is None}
            ),
        }
        for name, run in catalog.runs.items()
    ]


def results(index: ResultIndex) -> Records:
    """One record per result file; the fields of other kinds are None."""
    records = []
    for one in index.files.values():
        data = one.result.model_dump(mode="json")
        source = data["provenance"]
        if isinstance(data.get("protocol"), str):
            data["protocol"] = {"timing": data["protocol"]}
        records.append(
            {
                "file": one.file,
                "kind": data["kind"],
                **{name: data.get(name) for name in RESULT_FIELDS},
                "commit": source["commit"],
                "dirty": source["dirty"],
                "command": source["command"],
                "date": source["volatile"].get("date"),
            }
        )
    return records


def verdicts(catalog: Catalog, snapshot: Snapshot) -> Records:
    """One record per cell, with its printed labels."""
    cells = ((one, catalog.cell_index[one.key]) for one in snapshot.verdicts)
    return [
        {
            **one.model_dump(mode="json"),
            "row": cell.row.label,
            "row_key": one.row,
            "column": cell.column.label,
            "column_key": one.column,
            "unit": cell.column.shown_unit,
            "origin": cell.origin,
            "run": cell.run,
        }
        for one, cell in cells
    ]


def claims(snapshot: Snapshot) -> Records:
    """Claims with both judgements; `where` is the place in words."""
    records = [(one.claim.where, one.model_dump(mode="json")) for one in snapshot.claims]
    return [
        {
            "paper": one.pop("paper"),
            "id": one["claim"]["id"],
            "where": where,
            **one.pop("claim"),
            **one,
        }
        for where, one in records
    ]


def conflicts(snapshot: Snapshot) -> Records:
    """Contradictions, likely misprints, impossible rows."""
    return [one.model_dump(mode="json") for one in snapshot.conflicts]


def history(entries: Iterable[Entry]) -> Records:
    """Recorded changes, newest first; baselines are left out."""
    fields = {"number", "date", "commit", "dirty", "kind", "paper", "name", "why"}
    found = newest_first(entries)
    return [{**one.model_dump(mode="json", include=fields), **_both(one)} for one in found]


def newest_first(entries: Iterable[Entry]) -> list[Entry]:
    """Changes without baselines, those of one recording in their order."""
    changes = [one for one in entries if one.kind != "baseline"]
    return sorted(changes, key=lambda one: one.date, reverse=True)


def _both(entry: Entry) -> dict[str, Any]:
    sides = {"before": entry.before, "after": entry.after}
    plain = {key: one.model_dump(mode="json") if one else None for key, one in sides.items()}
    last = entry.after or entry.before
    return {
        **{key: one["verdict"] if one else None for key, one in plain.items()},
        "reason": last.reason if last else "",
        "from": plain["before"],
        "to": plain["after"],
    }


def third_party(catalog: Catalog) -> Records:
    """Figures of others, one record per figure and printed cell that it is about."""
    return list(elsewhere.as_records(catalog))


def everything(measurements: Measurements, snapshot: Snapshot) -> dict[str, Records]:
    """All kinds by name."""
    catalog, index = measurements.catalog, measurements.index
    return {
        "cells": cells(catalog),
        "runs": runs(catalog, index),
        "models": models(index),
        "results": results(index),
        "claims": claims(snapshot),
        "conflicts": conflicts(snapshot),
        "coverage": coverage(measurements, snapshot),
        "verdicts": verdicts(catalog, snapshot),
        "third_party": third_party(catalog),
    }


def frame(records: Records, *columns: str) -> "pd.DataFrame":
    """A pandas table; nested fields as JSON text, judgements of claims as columns of their own.

    `columns` are there even if there is no record.
    """
    import pandas as pd

    plain = [{key: _plain(v) for key, v in _columns(one)} for one in records]
    return pd.DataFrame(plain, columns=list(columns) or None)


def _columns(record: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    for key, value in record.items():
        if key in ("on_paper", "on_reproduced"):
            yield from ((f"{key}_{inner}", part) for inner, part in value.items())
        else:
            yield key, value


def _plain(value: Any) -> Any:
    nested = isinstance(value, dict | list)
    return json.dumps(value, sort_keys=True, ensure_ascii=False) if nested else value


_FORMULA = re.compile(r"[=+\-@\t\r\n＝＋－＠]")
_NUMBER = re.compile(r"-|[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?", re.IGNORECASE | re.ASCII)


def for_spreadsheet(value: Any) -> Any:
    """A value of a CSV cell: an apostrophe before text that a spreadsheet would run; numbers stay as they are."""
    if isinstance(value, str) and _FORMULA.match(value) and not _NUMBER.fullmatch(value):
        return f"'{value}"
    return value


def to_csv(folder: Path, tables: Mapping[str, Records]) -> list[Path]:
    """One CSV file per kind, UTF-8, with a header unless there is no record; no cell starts a formula."""

    def pack(data: "pd.DataFrame") -> bytes:
        return data.map(for_spreadsheet).to_csv(index=False).encode()

    return _write(folder, tables, ".csv", pack)


def to_parquet(folder: Path, tables: Mapping[str, Records]) -> list[Path]:
    """One Parquet file per kind."""
    return _write(folder, tables, ".parquet", lambda data: data.to_parquet(index=False))


def _write(
    folder: Path,
    tables: Mapping[str, Records],
    ending: str,
    pack: Callable[["pd.DataFrame"], bytes],
) -> list[Path]:
    for name, records in tables.items():
        columns = elsewhere.FIELDS if name == "third_party" else ()
        write_atomically(folder / f"{name}{ending}", pack(frame(records, *columns)))
    return [folder / f"{name}{ending}" for name in tables]
