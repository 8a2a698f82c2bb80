"""Commands that only read: cells, models, runs, results, claims, conflicts, coverage, one table."""

from typing import Any

import click

from bench.catalog.load import load_catalog
from bench.commands.common import (
    JSON,
    judged,
    measurements,
    missing_package,
    print_rows,
    results_store,
)
from bench.judge import export
from bench.judge.coverage import coverage
from bench.judge.verdicts import judge_table
from bench.paths import config_files
from bench.results.index import ResultIndex


@click.command("cells", epilog="Example: repropose cells --paper transpose --table 2")
@click.option("--paper", help="only this paper (transpose)")
@click.option("--table", help='only this table ("2", "2a")')
@JSON
def cells_command(paper: str | None, table: str | None, as_json: bool) -> None:
    """List printed cells. Fields: paper, table, row, column, printed string, unit, origin."""
    rows = export.cells(load_catalog(), paper, table)
    print_rows(rows, as_json, "paper", "table", "row", "column", "printed", "unit", "origin")


@click.command("models", epilog="Example: repropose models --json")
@JSON
def models_command(as_json: bool) -> None:
    """List zoo models: input size, parameters, operations."""
    rows = export.models(ResultIndex(results_store()))
    uncounted = [name for name in config_files() if name not in {row["name"] for row in rows}]
    if uncounted:
        rows = sorted([*rows, *_count(uncounted)], key=lambda row: str(row["name"]))
    if not as_json:
        rows = [
            {
                "name": row["name"],
                "input": "{1}x{0}".format(*row["input_size"]) if row["input_size"] else None,
                "parameters (M)": row["parameters"] and f"{row['parameters']['total'] / 1e6:.3f}",
                "GMACs": row["macs"] and f"{row['macs'] / 1e9:.3f}",
            }
            for row in rows
        ]
    print_rows(rows, as_json, "name", "input", "parameters (M)", "GMACs")


def _count(names: list[str]) -> list[dict[str, Any]]:
    """Models counted now; without the packages that models need, their names alone."""
    try:
        from bench.measure.count.model_counts import measure_counts

        click.echo(f"counting {len(names)} models that have no stored count", err=True)
        return [export.model(result) for result in measure_counts(names)]
    except ModuleNotFoundError as error:
        click.echo(f"note: {len(names)} models are not counted: {missing_package(error)}", err=True)
        fields = ("input_size", "parameters", "macs", "flops", "file")
        return [{"name": name, **dict.fromkeys(fields)} for name in names]


@click.command("runs", epilog="Example: repropose runs --json")
@JSON
def runs_command(as_json: bool) -> None:
    """List runs. Fields: config, data set, seeds and command of each tier, the table rows that use it."""
    rows = export.runs(load_catalog(), ResultIndex(results_store()))
    print_rows(rows, as_json, "run", "paper", "config", "dataset", "measured")


@click.command("results", epilog="Example: repropose results --json")
@JSON
def results_command(as_json: bool) -> None:
    """List everything measured so far."""
    rows = export.results(ResultIndex(results_store()))
    print_rows(rows, as_json, "kind", "file", "tier", "seed", "evidence", "metrics")


@click.command("claims", epilog="Example: repropose claims")
@JSON
def claims_command(as_json: bool) -> None:
    """List claims. Each is judged on the printed and on the reproduced values."""
    rows = export.claims(judged(measurements()))
    if not as_json:
        from reports.views.words import claim_word

        for row in rows:
            row["why"] = row["on_reproduced"]["reason"]
            for side in ("on_paper", "on_reproduced"):
                row[side] = claim_word(row[side]["holds"], row[side]["evidence"]).label
            if row["threshold"] == "ours":
                row["claim"] += " (our threshold)"
    print_rows(rows, as_json, "paper", "id", "claim", "on_paper", "on_reproduced", "why")


@click.command("conflicts", epilog="Example: repropose conflicts")
@JSON
def conflicts_command(as_json: bool) -> None:
    """List cells that contradict each other, and likely misprints."""
    rows = export.conflicts(judged(measurements()))
    print_rows(rows, as_json, "what", "cells", "printed", "reason")


@click.command("coverage", epilog="Example: repropose coverage")
@JSON
def coverage_command(as_json: bool) -> None:
    """Count cells, runs and verdicts per paper and table.

    Verdicts on rows that the paper quotes from elsewhere are counted apart.
    """
    found = measurements()
    rows = coverage(found, judged(found))
    columns = ("paper", "table", "cells", "with_run", "with_runnable", "evidence")
    print_rows(rows, as_json, *columns, "verdicts", "verdicts_quoted")


@click.command("show", epilog="Example: repropose show transpose-2")
@click.argument("table")
@JSON
def show_command(table: str, as_json: bool) -> None:
    """Show one table: printed values, reproduced values, verdicts."""
    found = measurements()
    verdicts = judge_table(found, table)
    if as_json:
        print_rows([v.model_dump(mode="json") for v in verdicts], True)
        return
    from reports.exports.terminal import render_table

    click.echo(render_table(found.catalog, table, verdicts))
