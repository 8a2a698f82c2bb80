"""Commands for the DVC pipeline."""

import os

import click

from bench.catalog.load import load_catalog
from bench.commands.common import TIER, current_tier
from bench.commands.site import build_site, site_command
from bench.errors import CatalogError
from bench.files import write_atomically
from bench.paths import require_checkout, workspace
from bench.pipeline import stages


@click.command("pipeline", epilog="Example: repropose pipeline --check")
@click.option(
    "--check", is_flag=True, help="write nothing; exit with status 2 if a file is outdated"
)
def pipeline_command(check: bool) -> None:
    """Write dvc.yaml from the papers and data sources."""
    root = require_checkout("`repropose pipeline`")
    catalog = load_catalog()
    for name, text in stages.rendered(catalog).items():
        path = root / name
        if path.is_file() and path.read_text() == text:
            continue
        if check:
            raise CatalogError(
                f"{name} does not match the papers in bench/; run `repropose pipeline` and commit it"
            )
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


@click.command("inputs", epilog="Example: repropose inputs")
def inputs_command() -> None:
    """Write digests of everything each result depends on.

    A stage of the pipeline; the file is build/inputs.json.
    """
    from bench.pipeline.fingerprints import rendered

    root = require_checkout("`repropose inputs`")
    write_atomically(root / stages.INPUTS, rendered(load_catalog()))


@click.command("repro", epilog="Example: repropose repro --jobs 2")
@click.option("--all", "everything", is_flag=True, help="every table of every paper")
@click.option(
    "--jobs",
    type=click.IntRange(1),
    help="stages in parallel; at smoke one per core and at most four by default",
)
@TIER
@click.pass_context
def repro_command(
    context: click.Context, everything: bool, jobs: int | None, tier: str | None
) -> None:
    """Run the quickstart stages, then build the leaderboard.

    The stages are listed in params.yaml and run through DVC, in parallel. --tier is written to params.yaml and so
    applies to later commands too.
    """
    from bench.pipeline.run import reproduce

    require_checkout("`repropose repro`", "measure single runs with `repropose measure RUN`")
    chosen = current_tier(tier)
    # smoke: one core and about 700 MB each; above, a training takes the whole GPU
    default = min(len(os.sched_getaffinity(0)), 4) if chosen == "smoke" else 1
    try:
        reproduce(
            load_catalog(),
            chosen,
            everything=everything,
            jobs=jobs or default,
            first_page=lambda: build_site(workspace() / "build" / "site"),
        )
    finally:
        context.invoke(site_command)
