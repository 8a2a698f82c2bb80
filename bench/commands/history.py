"""Command that shows how verdicts changed."""

from collections.abc import Sequence
from typing import Any

import click

from bench.catalog.load import load_catalog
from bench.commands.common import JSON, print_rows
from bench.errors import DataError
from bench.judge import export, history, recorder
from bench.paths import require_checkout


@click.command("history", epilog="Example: repropose history transpose-2/transpose-r-a4/ap")
@click.argument("name", required=False)
@click.option("--check", is_flag=True, help="exit with status 1 if a line was changed afterwards")
@click.option(
    "--accept", is_flag=True, help="store it in reports/measured/history (to be committed)"
)
@JSON
def history_command(name: str | None, check: bool, accept: bool, as_json: bool) -> None:
    """List recorded changes of verdicts, newest first.

    NAME is a paper, table, row, cell or claim: transpose, transpose-2, transpose-2/transpose-r-a4/ap,
    transpose/CLAIM. `repropose site` records what changed.
    """
    if check + accept + bool(name) > 1:
        raise click.UsageError("give a NAME, --check or --accept")
    if accept:
        require_checkout("`repropose history --accept`")
        click.echo(f"committed history: {recorder.accept()}")
        return
    if check:
        _check()
        return
    entries = history.read()
    if not entries:
        click.echo("nothing is recorded yet; `repropose site` records every verdict", err=True)
    found = history.select(entries, name, load_catalog()) if name else entries
    rows = export.history(found)
    print_rows(rows if as_json else _short(found), as_json, *COLUMNS)
    if entries:
        what = "change" if len(rows) == 1 else "changes"
        click.echo(f"{len(rows)} {what} since {entries[0].day}", err=True)


COLUMNS = ("date", "commit", "name", "before", "after", "why")


def _short(entries: Sequence[history.Entry]) -> list[dict[str, Any]]:
    """For the terminal: days, short commits, and beside the verdict only what differs."""
    from reports.views.history import ChangeView

    rows = []
    for entry in export.newest_first(entries):
        sides = (", ".join(filter(None, [w.label, facts])) for w, facts in ChangeView(entry).sides)
        commit = entry.commit[:9] + ("+" if entry.dirty else "")
        shown = (entry.day, commit, entry.name, *sides, ", ".join(entry.why))
        rows.append(dict(zip(COLUMNS, shown, strict=True)))
    return rows


def _check() -> None:
    try:
        entries = history.check()
    except DataError as error:
        click.echo(f"repropose: {error}", err=True)
        raise SystemExit(1) from None
    lines = "1 line" if len(entries) == 1 else f"{len(entries)} lines"
    click.echo(f"{lines}, each as it was written")
