"""Commands that build and serve the leaderboard."""

from pathlib import Path

import click

from bench.catalog.load import PAPERS
from bench.commands.common import judged, measurements
from bench.paths import ROOT, workspace


@click.command()
@click.option("--open", "open_it", is_flag=True, help="open it in the browser")
@click.option(
    "--out", type=click.Path(path_type=Path, file_okay=False), help="build/site if left out"
)
@click.option(
    "--compare",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="an older snapshot.json: adds a page of what moved since",
)
def site(open_it: bool, out: Path | None, compare: Path | None) -> None:
    """Build the static leaderboard from what is stored."""
    out = out or workspace() / "build" / "site"
    _build_site(out, compare)
    index = (out / "index.html").resolve()
    click.echo(f"leaderboard: {index.as_uri()}")
    if open_it:
        click.launch(index.as_uri())


def _build_site(out: Path, compare: Path | None = None) -> str:
    from reports.pages import compare_snapshots
    from reports.site import build

    found = measurements()
    previous = compare_snapshots.read(compare) if compare else None
    report = build(judged(found), found.catalog, found.index, out, previous=previous)
    return f"{len(report.written)} files written"


@click.command()
@click.option("--port", type=click.IntRange(0, 65535), default=8000, help="0 takes any free one")
def serve(port: int) -> None:
    """Build the site, serve it on this machine only, and rebuild when data or templates change."""
    from reports.build.serve import Server

    out = workspace() / "build" / "site"
    watch = [ROOT / "reports", PAPERS, workspace() / "results"]
    Server(out, lambda: _build_site(out), watch, port=port, log=click.echo).run()
