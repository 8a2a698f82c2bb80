"""Commands that judge: all cells, one table, everything exported."""

import json
from pathlib import Path

import click

from bench.commands.common import FOLDER, JSON, TIER, current_tier, judged, measurements, print_rows
from bench.files import write_atomically
from bench.judge import export
from bench.judge.verdicts import failures, judge_table
from bench.paths import workspace


@click.command("judge", epilog="Example: repropose judge --fail-on deviates")
@click.option(
    "--fail-on",
    multiple=True,
    help="exit with status 1 if a cell has this verdict; can be repeated",
)
@JSON
def judge_command(fail_on: tuple[str, ...], as_json: bool) -> None:
    """Judge every cell; --fail-on sets an exit status for CI."""
    everything = measurements()
    snapshot = judged(everything)
    found = failures(snapshot, fail_on)
    rows = export.verdicts(everything.catalog, snapshot)
    if not as_json:
        for row in rows:
            row["reason"] = "; ".join(filter(None, (row["cause"], row["reason"])))
    columns = ("paper", "table", "row", "column", "printed", "shown", "verdict", "reason")
    print_rows(rows, as_json, *columns)
    if found:
        click.echo(f"{len(found)} cells: {', '.join(sorted(set(fail_on)))}", err=True)
        raise SystemExit(1)


@click.command("table", epilog="Example: repropose table transpose-2 --tier smoke")
@click.argument("name")
@TIER
def table_command(name: str, tier: str | None) -> None:
    """Judge one table and store its verdicts. A stage of dvc.yaml; writes to build/verdicts."""
    from reports.exports.terminal import render_table

    chosen = current_tier(tier)
    found = measurements()
    verdicts = judge_table(found, name)
    path = workspace() / "build" / "verdicts" / chosen / f"{name}.json"
    text = json.dumps([v.model_dump(mode="json") for v in verdicts], indent=1) + "\n"
    write_atomically(path, text.encode())
    click.echo(render_table(found.catalog, name, verdicts))


@click.command("export", epilog="Example: repropose export build/export")
@click.argument("folder", type=FOLDER)
def export_command(folder: Path) -> None:
    """Export everything as CSV and Parquet files.

    One file each for cells, runs, models, results, verdicts, claims, conflicts, coverage.
    """
    found = measurements()
    tables = export.everything(found, judged(found))
    for path in [*export.to_csv(folder, tables), *export.to_parquet(folder, tables)]:
        click.echo(str(path))
