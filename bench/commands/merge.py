"""Results of other machines."""

import shutil
from collections import Counter

import click

from bench.commands.common import JSON, print_rows, results_store
from bench.locks import alone
from bench.paths import workspace


@click.command("merge", epilog="Example: repropose merge results-of-the-cluster.tar.gz")
@click.argument("source", metavar="FOLDER|ARCHIVE|URL")
@click.option("--machine", metavar="NAME", help="name for its hardware; by default what it says")
@JSON
def merge_command(source: str, machine: str | None, as_json: bool) -> None:
    """Take in results of another machine.

    A results folder, a zip or tar of one, or its https address. Metrics are recomputed first; what was measured with
    other code, configuration, data or protocol is refused by name (exit status 1). docs/cluster.md says more.
    """
    import cv2

    from bench.catalog.load import load_catalog
    from bench.evaluate.incoming import receive
    from bench.evaluate.merge import merge
    from bench.measure.recheck import recheck
    from bench.results.locations import require_machine_name

    if machine is not None:
        require_machine_name(machine)
    folder = workspace() / "work" / "merge"
    with alone(folder / ".lock", f"`repropose merge` in {workspace()}"):
        received = receive(source, folder)
        rows, counts = [], Counter[str]()
        for one in merge(
            load_catalog(),
            results_store(),
            received,
            recheck,
            machine=machine,
            installed=lambda: str(cv2.__version__),
        ):
            counts[one.state] += 1
            rows.append(one._asdict())
            if not as_json:
                kept = f" -> {one.kept}" if one.kept else ""
                click.echo(f"{one.state:8} {one.file}{kept}: {one.reason}")
        shutil.rmtree(received.parent)
    if as_json:
        print_rows(rows, True)
    shown = ", ".join(f"{counts[state]} {state}" for state in ("merged", "equal", "refused"))
    click.echo(
        f"{shown}; `repropose show TABLE` and `repropose site` read what was merged", err=True
    )
    if counts["refused"]:
        raise SystemExit(1)
