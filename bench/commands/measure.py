"""Commands that prepare data and measure models."""

import json
from typing import cast, get_args

import click

from bench.catalog.load import Catalog, load_catalog
from bench.catalog.schema import DatasetName, Tier
from bench.commands.common import TIER, current_tier, known_paper, measurements, results_store
from bench.errors import DataError, LedgerError, UnknownName
from bench.files import write_atomically
from bench.judge.cells import judge_table
from bench.paths import config_files, workspace
from bench.pipeline import stages


@click.command()
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


@click.command("prepare")
@click.argument("dataset")
@click.option(
    "--limit", type=click.IntRange(1), help="full tier: a subset of so many images, marked as such"
)
@click.option("--seed", type=int, default=0, help="which images a subset has")
@TIER
def prepare_command(dataset: str, limit: int | None, seed: int, tier: str | None) -> None:
    """Synthesise (smoke, lab) or verify (full) a data set: coco, mpii or crowdpose."""
    from bench.datasets.prepare import prepare

    chosen = current_tier(tier)
    if dataset not in get_args(DatasetName):
        raise UnknownName("data set", dataset, get_args(DatasetName))
    if limit is not None:
        if chosen != "full":
            raise DataError(
                "--limit cuts real data: give --tier full; params.yaml sizes the others"
            )
        from bench.datasets import subset

        place = subset.make(cast(DatasetName, dataset), limit, seed)
        click.echo(
            f"REPROPOSE_WORKSPACE={place} before a command makes it use the subset", err=True
        )
        return
    manifest = prepare(cast(DatasetName, dataset), chosen)
    click.echo(f"{dataset} at tier {chosen}: {manifest['fingerprint'][:16]}", err=True)


@click.command()
@click.argument("names", nargs=-1)
@click.option("--paper", help="every zoo model that this paper's cells are about")
def count(names: tuple[str, ...], paper: str | None) -> None:
    """Count parameters and operations of zoo models and store them."""
    from bench.measure.count.model_counts import measure_counts

    catalog = load_catalog()
    known_paper(catalog, paper)
    wanted = list(names) or (stages.paper_models(catalog)[paper] if paper else list(config_files()))
    for result in measure_counts(wanted):
        stored = results_store().write(result)
        click.echo(
            f"{result.model}: {result.parameters['total'] / 1e6:.2f} M -> {stored.file}", err=True
        )


@click.command("time")
@click.argument("paper")
@click.option("--rounds", type=click.IntRange(4), help="timed rounds per model")
@click.option("--device", type=click.Choice(["cpu", "cuda"]), help="a GPU if there is one")
def time_command(paper: str, rounds: int | None, device: str | None) -> None:
    """Time the models of a paper's timed columns side by side and store the latencies."""
    from bench.measure.speed import time_models

    catalog = load_catalog()
    known_paper(catalog, paper)
    names = stages.speed_models(catalog, paper)
    if not names:
        raise LedgerError(f"{paper} has no timed column with a model of the zoo")
    stored = results_store().write(time_models(paper, names, rounds=rounds, device=device))
    click.echo(stored.file, err=True)


@click.command("measure")
@click.argument("run")
@TIER
def measure_command(run: str, tier: str | None) -> None:
    """Train and evaluate one run, all its seeds; an interrupted training resumes."""
    chosen = current_tier(tier)
    catalog = load_catalog()
    catalog.run(run)
    from bench.measure.train import measure

    try:
        for result in measure(catalog, results_store(), run, chosen):
            lead = next(iter(result.metrics))
            before = f" (untrained {result.untrained[lead]:.1f})" if result.untrained else ""
            click.echo(
                f"{run} seed {result.seed} at tier {chosen}: {lead} {result.metrics[lead]:.1f}{before}",
                err=True,
            )
    except KeyboardInterrupt:
        click.echo("\ninterrupted; the same command goes on from the last checkpoint", err=True)
        raise
    _draw(catalog, run, chosen)


@click.command()
@click.argument("run")
@TIER
def gallery(run: str, tier: str | None) -> None:
    """Draw a measured run's gallery anew (predictions on images, what the network shows)."""
    catalog = load_catalog()
    catalog.run(run)
    _draw(catalog, run, current_tier(tier))


def _draw(catalog: Catalog, run: str, tier: Tier) -> None:
    from bench.measure.gallery.build import make_gallery
    from bench.measure.work_dir import rank

    if not rank():
        folder = make_gallery(catalog, results_store(), run, tier)
        click.echo(f"gallery: {folder.relative_to(workspace())}", err=True)


@click.command()
@click.argument("name")
@TIER
def table(name: str, tier: str | None) -> None:
    """Judge one table and write its verdicts to build/verdicts (a stage of the pipeline)."""
    chosen = current_tier(tier)
    found = measurements()
    verdicts = judge_table(found, name)
    path = workspace() / "build" / "verdicts" / chosen / f"{name}.json"
    text = json.dumps([v.model_dump(mode="json") for v in verdicts], indent=1) + "\n"
    write_atomically(path, text.encode())
    from reports.exports.terminal import render_table

    click.echo(render_table(found.catalog, name, verdicts))
