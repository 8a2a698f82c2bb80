"""The `repropose` command. Answers go to standard output, everything else to standard error."""

import errno
import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, cast, get_args

import click

from bench import catalog as ledger
from bench import export, judge, pipeline
from bench.coverage import coverage as measured_so_far
from bench.errors import LedgerError, ReproPoseError, UnknownName
from bench.evidence import Book
from bench.paired import PairedRuns
from bench.records import Snapshot
from bench.schema import TIERS, DatasetName, Tier
from bench.sources import ROOT, config_files, params_file, workspace
from bench.store import Store, all_results, newest_date, write_atomically
from model_zoo.errors import MissingPackage, ZooError

TIER = click.option(
    "--tier",
    default=None,
    metavar="|".join(TIERS),
    help="how large; params.yaml decides if left out",
)
JSON = click.option("--json", "as_json", is_flag=True, help="a JSON list on standard output")


class _Group(click.Group):
    """Turns every known error into one line and exit status 2."""

    def invoke(self, context: click.Context) -> Any:
        try:
            return super().invoke(context)
        except (ReproPoseError, ZooError, MissingPackage) as error:
            raise SystemExit(_fail(str(error))) from None
        except OSError as error:
            if error.errno in (None, errno.EPIPE):  # a reader that had enough is no error
                raise
            raise SystemExit(_fail(f"{error.strerror}: {error.filename or 'output'}")) from None


def _fail(message: str) -> int:
    click.echo(f"repropose: {message}", err=True)
    return 2


def results_store() -> Store:
    """The results of the workspace, and the committed ones."""
    return Store(root=workspace() / "results")


def judged(catalog: ledger.Catalog, book: Book) -> Snapshot:
    """Everything judged, with the paired bootstrap where runs have a single seed."""
    snapshot = judge.judge_all(
        catalog, book, PairedRuns(book.store, workspace() / "build" / "paired")
    )
    return snapshot.model_copy(update={"made": newest_date(all_results(book.store))})


def current_tier(name: str | None) -> Tier:
    """The given tier, or the one in params.yaml; `UnknownName` lists the three."""
    if name is None:
        name = str(ledger.read_yaml(params_file()).get("tier", "smoke"))
    if name not in TIERS:
        raise UnknownName("tier", name, TIERS)
    return name


def _print(rows: Sequence[dict[str, Any]], as_json: bool, *columns: str) -> None:
    """JSON, or a plain table of the chosen columns."""
    if as_json:
        json.dump(rows, sys.stdout, ensure_ascii=False, indent=1)
        sys.stdout.write("\n")
        return
    from rich.console import Console
    from rich.table import Table

    table = Table(*columns, box=None, header_style="bold")
    for row in rows:
        table.add_row(*("" if row[c] is None else str(row[c]) for c in columns))
    Console(width=None if sys.stdout.isatty() else 160).print(table)


@click.group(cls=_Group, context_settings={"help_option_names": ["-h", "--help"]})
def main() -> None:
    """Re-creates the tables of pose-estimation papers and says, cell by cell, what holds."""


# ---------------------------------------------------------------- answers


@main.command()
@click.option("--paper", help="only this paper")
@click.option("--table", help='only this table ("1", "2a")')
@JSON
def cells(paper: str | None, table: str | None, as_json: bool) -> None:
    """Every printed cell: paper, table, row, column, printed string, unit, origin."""
    catalog = ledger.load()
    _known_paper(catalog, paper)
    rows = export.cells(catalog, paper, table)
    _print(rows, as_json, "paper", "table", "row", "column", "printed", "unit", "origin")


def _known_paper(catalog: ledger.Catalog, paper: str | None) -> None:
    if paper is not None and paper not in catalog.papers:
        raise UnknownName("paper", paper, catalog.papers)


@main.command()
@JSON
def models(as_json: bool) -> None:
    """Every zoo model: input size, parameters, operations by counting rule."""
    rows = export.models(_catalog_and_book()[1])
    uncounted = [name for name in config_files() if name not in {row["name"] for row in rows}]
    if uncounted:
        from bench.measure.complexity import measure_counts

        click.echo(f"counting {len(uncounted)} models that have no stored count", err=True)
        rows += [export.model(result) for result in measure_counts(uncounted)]
        rows.sort(key=lambda row: str(row["name"]))
    shown = rows if as_json else [{**r, "total": r["parameters"]["total"]} for r in rows]
    _print(shown, as_json, "name", "input_size", "total", "macs", "flops")


@main.command()
@JSON
def runs(as_json: bool) -> None:
    """Every run: config, data set, what each tier carries out, the rows that rest on it."""
    rows = export.runs(*_catalog_and_book())
    _print(rows, as_json, "run", "paper", "config", "dataset", "measured")


@main.command()
@JSON
def results(as_json: bool) -> None:
    """Everything measured so far."""
    rows = export.results(_catalog_and_book()[1])
    _print(rows, as_json, "kind", "file", "tier", "seed", "evidence", "metrics")


@main.command()
@JSON
def claims(as_json: bool) -> None:
    """Every claim of the papers, judged on the paper's own numbers and on the reproduced ones."""
    rows = export.claims(_snapshot())
    _print(rows, as_json, "paper", "id", "claim", "claimed", "on_paper", "on_reproduced")


@main.command()
@JSON
def conflicts(as_json: bool) -> None:
    """Cells that contradict each other, and likely misprints."""
    _print(export.conflicts(_snapshot()), as_json, "what", "cells", "printed", "reason")


@main.command()
@JSON
def coverage(as_json: bool) -> None:
    """Per paper and table: cells, those with a run, evidence of each kind, verdicts."""
    catalog, book = _catalog_and_book()
    rows = measured_so_far(catalog, book, judged(catalog, book))
    _print(
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


@main.command()
@click.argument("table")
@JSON
def show(table: str, as_json: bool) -> None:
    """One table, printed beside reproduced: `repropose show transpose-2`."""
    catalog, store = ledger.load(), results_store()
    catalog.table(table)
    verdicts = judge.judge_table(catalog, store, table)
    if as_json:
        _print([v.model_dump(mode="json") for v in verdicts], True)
        return
    from reports.text import render_table

    click.echo(render_table(*catalog.table(table), verdicts))


def _catalog_and_book() -> tuple[ledger.Catalog, Book]:
    catalog = ledger.load()
    return catalog, Book(catalog, results_store())


def _snapshot() -> Snapshot:
    return judged(*_catalog_and_book())


@main.command("judge")
@click.option("--fail-on", multiple=True, help="exit with status 1 if a cell has this verdict")
@JSON
def judge_command(fail_on: tuple[str, ...], as_json: bool) -> None:
    """Every verdict; with --fail-on deviates an exit status for CI."""
    catalog, book = _catalog_and_book()
    snapshot = judged(catalog, book)
    failures = judge.failures(snapshot, fail_on)
    rows = export.verdicts(catalog, snapshot)
    _print(
        rows, as_json, "paper", "table", "row", "column", "printed", "shown", "verdict", "reason"
    )
    if failures:
        click.echo(f"{len(failures)} cells: {', '.join(sorted(set(fail_on)))}", err=True)
        raise SystemExit(1)


@main.command("export")
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False))
def export_command(folder: Path) -> None:
    """Cells, runs, results, verdicts, claims, conflicts and coverage as CSV and Parquet."""
    catalog, book = _catalog_and_book()
    tables = export.everything(catalog, book, judged(catalog, book))
    for path in [*export.to_csv(folder, tables), *export.to_parquet(folder, tables)]:
        click.echo(str(path))


# ---------------------------------------------------------------- measuring


@main.command()
def doctor() -> None:
    """Is everything here that is needed, and how to mend what is not."""
    from bench.doctor import examine

    signs = {"ok": "ok   ", "note": "note ", "fault": "FAULT"}
    faults = 0
    for finding in examine():
        faults += finding.state == "fault"
        mend = f"\n      -> {finding.mend}" if finding.mend else ""
        click.echo(f"{signs[finding.state]} {finding.what}{mend}")
    if faults:
        raise SystemExit(1)


@main.command()
@click.argument("dataset")
@TIER
def prepare(dataset: str, tier: str | None) -> None:
    """Synthesise (smoke, lab) or verify (full) a data set: coco, mpii or crowdpose."""
    from bench import datasets

    chosen = current_tier(tier)
    if dataset not in get_args(DatasetName):
        raise UnknownName("data set", dataset, get_args(DatasetName))
    manifest = datasets.prepare(cast(DatasetName, dataset), chosen)
    click.echo(f"{dataset} at tier {chosen}: {manifest['fingerprint'][:16]}", err=True)


@main.command()
@click.argument("names", nargs=-1)
@click.option("--paper", help="every zoo model that this paper's cells are about")
def count(names: tuple[str, ...], paper: str | None) -> None:
    """Count parameters and operations of zoo models and store them."""
    from bench.measure.complexity import measure_counts

    catalog = ledger.load()
    _known_paper(catalog, paper)
    wanted = list(names) or (
        pipeline.paper_models(catalog)[paper] if paper else list(config_files())
    )
    for result in measure_counts(wanted):
        stored = results_store().write(result)
        click.echo(
            f"{result.model}: {result.parameters['total'] / 1e6:.2f} M -> {stored.file}", err=True
        )


@main.command("time")
@click.argument("paper")
@click.option("--rounds", type=click.IntRange(4), help="timed rounds per model")
@click.option("--device", type=click.Choice(["cpu", "cuda"]), help="a GPU if there is one")
def time_command(paper: str, rounds: int | None, device: str | None) -> None:
    """Time the models of a paper's timed columns side by side and store the latencies."""
    from bench.measure.speed import time_models

    catalog = ledger.load()
    _known_paper(catalog, paper)
    names = pipeline.speed_models(catalog, paper)
    if not names:
        raise LedgerError(f"{paper} has no timed column with a model of the zoo")
    stored = results_store().write(time_models(paper, names, rounds=rounds, device=device))
    click.echo(stored.file, err=True)


@main.command()
@click.argument("run")
@TIER
def measure(run: str, tier: str | None) -> None:
    """Train and evaluate one run, all its seeds; an interrupted training resumes."""
    chosen = current_tier(tier)
    catalog = ledger.load()
    catalog.run(run)
    from bench.measure.train import measure as train_and_evaluate

    for result in train_and_evaluate(catalog, results_store(), run, chosen):
        lead = next(iter(result.metrics))
        before = f" (untrained {result.untrained[lead]:.1f})" if result.untrained else ""
        click.echo(
            f"{run} seed {result.seed} at tier {chosen}: {lead} {result.metrics[lead]:.1f}{before}",
            err=True,
        )


@main.command()
@click.argument("name")
@TIER
def table(name: str, tier: str | None) -> None:
    """Judge one table and write its verdicts to build/verdicts (a stage of the pipeline)."""
    chosen = current_tier(tier)
    catalog, store = ledger.load(), results_store()
    verdicts = judge.judge_table(catalog, store, name)
    path = workspace() / "build" / "verdicts" / chosen / f"{name}.json"
    text = json.dumps([v.model_dump(mode="json") for v in verdicts], indent=1) + "\n"
    write_atomically(path, text.encode())
    from reports.text import render_table

    click.echo(render_table(*catalog.table(name), verdicts))


# ---------------------------------------------------------------- pipeline and site


@main.group()
def new() -> None:
    """Start something: `repropose new paper NAME`."""


@new.command("paper")
@click.argument("name")
@click.option("--root", type=click.Path(path_type=Path, file_okay=False), default=ledger.PAPERS)
def new_paper(name: str, root: Path) -> None:
    """A folder for one more paper, with an example of everything; it loads as it is."""
    from bench.scaffold import new_paper as scaffold

    folder = scaffold(name, root, ledger.load())
    click.echo(
        f"{folder}: fill in its files; `repropose coverage` checks them, then `repropose pipeline`"
    )


@main.command("pipeline")
@click.option("--check", is_flag=True, help="only say whether dvc.yaml is what the ledger says")
def pipeline_command(check: bool) -> None:
    """Write dvc.yaml from the ledger."""
    path, text = ROOT / "dvc.yaml", pipeline.render(ledger.load())
    if path.is_file() and path.read_text() == text:
        return
    if check:
        raise LedgerError(
            "dvc.yaml is not what bench/papers says; run `repropose pipeline` and commit it"
        )
    path.write_text(text)


@main.command()
@click.option("--all", "everything", is_flag=True, help="every table of every paper")
@click.option(
    "--jobs",
    type=click.IntRange(1),
    help="stages side by side; at smoke one per core, four at most",
)
@TIER
@click.pass_context
def repro(context: click.Context, everything: bool, jobs: int | None, tier: str | None) -> None:
    """Regenerate the first-look tables (params.yaml) through DVC, build the site, say where it is."""
    from bench.reproduce import reproduce

    chosen = current_tier(tier)
    # smoke: a core and some 700 MB each; above, a training takes the whole GPU
    side_by_side = min(len(os.sched_getaffinity(0)), 4) if chosen == "smoke" else 1
    try:
        reproduce(ledger.load(), chosen, everything=everything, jobs=jobs or side_by_side)
    finally:
        context.invoke(site)


@main.command()
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
    from reports import compare as snapshots
    from reports.site import build

    catalog, book = _catalog_and_book()
    previous = snapshots.read(compare) if compare else None
    report = build(judged(catalog, book), catalog, book.store, out, previous=previous)
    return f"{len(report.written)} files written"


@main.command()
@click.option("--port", type=click.IntRange(0, 65535), default=8000, help="0 takes any free one")
def serve(port: int) -> None:
    """Build the site, serve it on this machine only, and rebuild when data or templates change."""
    from reports.serve import Server

    out = workspace() / "build" / "site"
    watch = [ROOT / "reports", ledger.PAPERS, workspace() / "results"]
    Server(out, lambda: _build_site(out), watch, port=port, tell=click.echo).run()


if __name__ == "__main__":
    main()
