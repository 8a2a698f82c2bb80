"""Commands around DVC, and a new paper."""

import os
from pathlib import Path

import click

from bench.catalog.load import PAPERS, load_catalog
from bench.commands.common import TIER, current_tier
from bench.commands.site import site
from bench.errors import LedgerError
from bench.files import write_atomically
from bench.paths import ROOT
from bench.pipeline import stages


@click.group()
def new() -> None:
    """Start something: `repropose new paper NAME`."""


@new.command("paper")
@click.argument("name")
@click.option("--root", type=click.Path(path_type=Path, file_okay=False), default=PAPERS)
def new_paper_command(name: str, root: Path) -> None:
    """A folder for one more paper, with an example of everything; it loads as it is."""
    from bench.catalog.new_paper import new_paper

    folder = new_paper(name, root, load_catalog())
    click.echo(
        f"{folder}: fill in its files; `repropose coverage` checks them, then `repropose pipeline`"
    )


@click.command("pipeline")
@click.option("--check", is_flag=True, help="only check that they are up to date")
def pipeline_command(check: bool) -> None:
    """Write dvc.yaml and the pipelines of released weights and of real data from what bench/ says."""
    catalog = load_catalog()
    texts = {
        "dvc.yaml": stages.render(catalog),
        stages.RELEASED: stages.render_released(catalog),
        stages.FETCH: stages.render_fetch(),
    }
    for name, text in texts.items():
        path = ROOT / name
        if path.is_file() and path.read_text() == text:
            continue
        if check:
            raise LedgerError(f"{name} is not up to date; run `repropose pipeline` and commit it")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


@click.command("inputs")
def inputs_command() -> None:
    """Write digests of what decides each result to build/inputs.json (a stage of the pipeline)."""
    from bench.pipeline.fingerprints import rendered

    write_atomically(ROOT / stages.INPUTS, rendered(load_catalog()))


@click.command()
@click.option("--all", "everything", is_flag=True, help="every table of every paper")
@click.option(
    "--jobs",
    type=click.IntRange(1),
    help="stages in parallel; at smoke one per core, four at most",
)
@TIER
@click.pass_context
def repro(context: click.Context, everything: bool, jobs: int | None, tier: str | None) -> None:
    """Run the quickstart (params.yaml) with DVC, build the site, print where it is."""
    from bench.pipeline.run import reproduce

    chosen = current_tier(tier)
    # smoke: a core and some 700 MB each; above, a training takes the whole GPU
    parallel = min(len(os.sched_getaffinity(0)), 4) if chosen == "smoke" else 1
    try:
        reproduce(load_catalog(), chosen, everything=everything, jobs=jobs or parallel)
    finally:
        context.invoke(site)
