"""Commands around DVC, and the start of one more paper."""

import os
from pathlib import Path

import click

from bench.catalog.load import PAPERS, load_catalog
from bench.commands.common import TIER, current_tier
from bench.commands.site import site
from bench.errors import LedgerError
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
@click.option("--check", is_flag=True, help="only say whether dvc.yaml is what the ledger says")
def pipeline_command(check: bool) -> None:
    """Write dvc.yaml and released/dvc.yaml from the ledger, fetch/dvc.yaml from the sources of real data."""
    catalog = load_catalog()
    texts = {
        "dvc.yaml": stages.render(catalog),
        "released/dvc.yaml": stages.render_released(catalog),
        "fetch/dvc.yaml": stages.render_fetch(),
    }
    for name, text in texts.items():
        path = ROOT / name
        if path.is_file() and path.read_text() == text:
            continue
        if check:
            raise LedgerError(
                f"{name} is not what bench/ says; run `repropose pipeline` and commit it"
            )
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)


@click.command()
@click.option("--all", "everything", is_flag=True, help="every table of every paper")
@click.option(
    "--jobs",
    type=click.IntRange(1),
    help="stages side by side; at smoke one per core, four at most",
)
@TIER
@click.pass_context
def repro(context: click.Context, everything: bool, jobs: int | None, tier: str | None) -> None:
    """Carry out the first look (params.yaml) through DVC, build the site, say where it is."""
    from bench.pipeline.run import reproduce

    chosen = current_tier(tier)
    # smoke: a core and some 700 MB each; above, a training takes the whole GPU
    side_by_side = min(len(os.sched_getaffinity(0)), 4) if chosen == "smoke" else 1
    try:
        reproduce(load_catalog(), chosen, everything=everything, jobs=jobs or side_by_side)
    finally:
        context.invoke(site)
