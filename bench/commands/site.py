"""Commands that build and serve the leaderboard."""

import hashlib
import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from bench.commands.common import FILE, FOLDER, judged, measurements
from bench.locks import folder_alone
from bench.paths import ROOT, workspace
from reports.build.unchanged import code_state, inputs_state, is_current, note

if TYPE_CHECKING:
    from reports.build.writer import BuildReport
    from reports.views.going import Going


#: Of the code that this process runs, as it was at its start: a later edit is not in what it imported.
CODE = code_state()


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


def build_site(
    out: Path,
    compare: Path | None = None,
    *,
    record: bool = False,
    running: Sequence[str] = (),
    waiting: int = 0,
) -> str:
    """Build the site at `out`, unless nothing that it is built from has changed since; another build waits.

    record: append what changed to the history first; a preview only shows it. running: stages that are being
    measured; waiting: how many come after them.
    """
    from reports.views.going import Going

    where, going = workspace(), Going(tuple(running), waiting)
    data = sorted([*where.glob("data/*/*.json"), *where.glob("data/*/*/annotations/*")])
    papers = map(Path, filter(None, os.environ.get("REPROPOSE_PAPERS", "").split(":")))
    given = (where / "results", compare or "", *papers, *data, f"{record} {going}")
    noted = where / "build" / "inputs" / hashlib.sha256(bytes(out.resolve())).hexdigest()[:16]
    with folder_alone(noted.parent):
        before = [CODE, code_state(), inputs_state(*given)]  # templates are read as they are now
        if is_current(out, [*before, inputs_state(where / "history")], noted):
            return "nothing has changed"
        report, history = _build(out, compare, record, going)
        note(out, [*before, history], noted)
    return f"{len(report.written)} files written"


def _build(
    out: Path, compare: Path | None, record: bool, going: "Going"
) -> tuple["BuildReport", str]:
    """What was written, and the state of the history that was shown, or of one before it."""
    from bench.judge import history, recorder
    from bench.judge.changes import state_of
    from reports.pages import compare_snapshots
    from reports.site import build

    found = measurements()
    previous = compare_snapshots.read(compare) if compare else None
    snapshot = judged(found)
    if (
        record
    ):  # without a folder of results, those that are gone were cleaned away or never made here
        removals = found.index.store.root.is_dir()
        recorder.record(state_of(found, snapshot), removals=removals)
    shown = inputs_state(workspace() / "history")
    entries = history.read()
    catalog, index = found.catalog, found.index
    report = build(snapshot, catalog, index, out, previous=previous, history=entries, going=going)
    return report, shown


@click.command("serve", epilog="Example: repropose serve --port 8000")
@click.option("--port", type=click.IntRange(0, 65535), default=8000, help="0 picks a free port")
def serve_command(port: int) -> None:
    """Serve the leaderboard on localhost. Rebuilds it when results or templates change."""
    from bench.catalog.load import PAPERS
    from reports.build.serve import Server

    out = workspace() / "build" / "site"
    watch = [ROOT / "reports", PAPERS, workspace() / "results"]
    Server(out, lambda: build_site(out), watch, port=port, log=click.echo).run()
