"""Commands that only read: cells, models, runs, results, claims, conflicts, coverage, verdicts."""

from pathlib import Path

import click

from bench.catalog.load import load_catalog
from bench.commands.common import (
    JSON,
    judged,
    known_paper,
    measurements,
    print_rows,
    results_store,
)
from bench.judge import export
from bench.judge.cells import failures, judge_table
from bench.judge.coverage import coverage as measured_so_far
from bench.paths import config_files
from bench.results.index import ResultIndex


@click.command()
@click.option("--paper", help="only this paper")
@click.option("--table", help='only this table ("1", "2a")')
@JSON
def cells(paper: str | None, table: str | None, as_json: bool) -> None:
    """Every printed cell: paper, table, row, column, printed string, unit, origin."""
    catalog = load_catalog()
    known_paper(catalog, paper)
    rows = export.cells(catalog, paper, table)
    print_rows(rows, as_json, "paper", "table", "row", "column", "printed", "unit", "origin")


@click.command()
@JSON
def models(as_json: bool) -> None:
    """Every zoo model: input size, parameters, operations by counting rule."""
    rows = export.models(ResultIndex(results_store()))
    uncounted = [name for name in config_files() if name not in {row["name"] for row in rows}]
    if uncounted:
        from bench.measure.count.model_counts import measure_counts

        click.echo(f"counting {len(uncounted)} models that have no stored count", err=True)
        rows += [export.model(result) for result in measure_counts(uncounted)]
        rows.sort(key=lambda row: str(row["name"]))
    if not as_json:
        rows = [
            {
                "name": row["name"],
                "input": "{1}x{0}".format(*row["input_size"]),
                "parameters (M)": f"{row['parameters']['total'] / 1e6:.3f}",
                "GMACs": f"{row['macs'] / 1e9:.3f}",
            }
            for row in rows
        ]
    print_rows(rows, as_json, "name", "input", "parameters (M)", "GMACs")


@click.command()
@JSON
def runs(as_json: bool) -> None:
    """Every run: config, data set, what each tier carries out, the rows that rest on it."""
    rows = export.runs(load_catalog(), ResultIndex(results_store()))
    print_rows(rows, as_json, "run", "paper", "config", "dataset", "measured")


@click.command()
@JSON
def results(as_json: bool) -> None:
    """Everything measured so far."""
    rows = export.results(ResultIndex(results_store()))
    print_rows(rows, as_json, "kind", "file", "tier", "seed", "evidence", "metrics")


@click.command()
@JSON
def claims(as_json: bool) -> None:
    """Every claim of the papers, judged on the paper's own numbers and on the reproduced ones."""
    rows = export.claims(judged(measurements()))
    if not as_json:
        rows = [
            {
                **row,
                "on_paper": row["on_paper"]["holds"],
                "on_reproduced": row["on_reproduced"]["holds"],
                "why": row["on_reproduced"]["reason"],
            }
            for row in rows
        ]
    print_rows(rows, as_json, "paper", "id", "claim", "on_paper", "on_reproduced", "why")


@click.command()
@JSON
def conflicts(as_json: bool) -> None:
    """Cells that contradict each other, and likely misprints."""
    rows = export.conflicts(judged(measurements()))
    print_rows(rows, as_json, "what", "cells", "printed", "reason")


@click.command()
@JSON
def coverage(as_json: bool) -> None:
    """Per paper and table: cells, those with a run, evidence of each kind, verdicts."""
    found = measurements()
    rows = measured_so_far(found, judged(found))
    print_rows(
        rows,
        as_json,
        "paper",
        "table",
        "cells",
        "with_run",
        "with_runnable",
        "evidence",
        "verdicts",
    )


@click.command()
@click.argument("table")
@JSON
def show(table: str, as_json: bool) -> None:
    """One table, printed beside reproduced: `repropose show transpose-2`."""
    found = measurements()
    verdicts = judge_table(found, table)
    if as_json:
        print_rows([v.model_dump(mode="json") for v in verdicts], True)
        return
    from reports.exports.terminal import render_table

    click.echo(render_table(found.catalog, table, verdicts))


@click.command("judge")
@click.option("--fail-on", multiple=True, help="exit with status 1 if a cell has this verdict")
@JSON
def judge_command(fail_on: tuple[str, ...], as_json: bool) -> None:
    """Every verdict; with --fail-on deviates an exit status for CI."""
    everything = measurements()
    snapshot = judged(everything)
    found = failures(snapshot, fail_on)
    rows = export.verdicts(everything.catalog, snapshot)
    print_rows(
        rows, as_json, "paper", "table", "row", "column", "printed", "shown", "verdict", "reason"
    )
    if found:
        click.echo(f"{len(found)} cells: {', '.join(sorted(set(fail_on)))}", err=True)
        raise SystemExit(1)


@click.command("export")
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False))
def export_command(folder: Path) -> None:
    """Cells, runs, results, verdicts, claims, conflicts and coverage as CSV and Parquet."""
    found = measurements()
    tables = export.everything(found, judged(found))
    for path in [*export.to_csv(folder, tables), *export.to_parquet(folder, tables)]:
        click.echo(str(path))
