"""Commands that build and serve the leaderboard."""

from pathlib import Path

import click

from bench.catalog.load import PAPERS
from bench.commands.common import FILE, FOLDER, judged, measurements
from bench.judge import history, recorder
from bench.judge.changes import state_of
from bench.paths import ROOT, workspace


@click.command("site", epilog="Example: repropose site --open")
@click.option("--open", "open_it", is_flag=True, help="open it in a browser")
@click.option("--out", type=FOLDER, help="folder; build/site by default")
@click.option(
    "--compare",
    type=FILE,
    help="snapshot.json of an earlier site: adds a page of what changed since",
)
def site_command(open_it: bool, out: Path | None, compare: Path | None) -> None:
    """Build the static leaderboard from all stored results.

    What changed in a verdict since the last time is appended to the history (`repropose history`).
    """
    out = out or workspace() / "build" / "site"
    build_site(out, compare, record=True)
    index = (out / "index.html").resolve()
    click.echo(f"leaderboard: {index.as_uri()}")
    if open_it:
        click.launch(index.as_uri())


def build_site(out: Path, compare: Path | None = None, *, record: bool = False) -> str:
    """record: append what changed to the history first; a preview only shows it."""
    from reports.pages import compare_snapshots
    from reports.site import build

    found = measurements()
    previous = compare_snapshots.read(compare) if compare else None
    snapshot = judged(found)
    if (
        record
    ):  # without a folder of results, those that are gone were cleaned away or never made here
        removals = found.index.store.root.is_dir()
        entries = recorder.record(state_of(found, snapshot), removals=removals)
    else:
        entries = history.read()
    catalog, index = found.catalog, found.index
    report = build(snapshot, catalog, index, out, previous=previous, history=entries)
    return f"{len(report.written)} files written"


@click.command("serve", epilog="Example: repropose serve --port 8000")
@click.option("--port", type=click.IntRange(0, 65535), default=8000, help="0 picks a free port")
def serve_command(port: int) -> None:
    """Serve the leaderboard on localhost. Rebuilds it when results or templates change."""
    from reports.build.serve import Server

    out = workspace() / "build" / "site"
    watch = [ROOT / "reports", PAPERS, workspace() / "results"]
    Server(out, lambda: build_site(out), watch, port=port, log=click.echo).run()
