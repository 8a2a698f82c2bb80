"""Commands that add to the catalog of papers."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from bench.catalog.load import PAPERS, load_catalog
from bench.commands.common import FOLDER, results_store
from bench.paths import require_checkout
from bench.results.index import ResultIndex


@click.group("new")
def new_command() -> None:
    """Start a new paper, or register a claim before it is measured."""


@new_command.command("paper", epilog="Example: repropose new paper my-paper")
@click.argument("name")
@click.option("--root", type=FOLDER, help="parent folder; bench/papers of the checkout by default")
def new_paper_command(name: str, root: Path | None) -> None:
    """Write the folder of a new paper. Its files are valid and hold one example of every entry."""
    from bench.catalog.new_paper import new_paper

    if root is None:
        other = "give a folder of your own with --root and name it in REPROPOSE_PAPERS"
        require_checkout("`repropose new paper` without --root", other)
    folder = new_paper(name, root or PAPERS, load_catalog())
    click.echo(
        f"{folder}: fill in its files; `repropose coverage` checks them, then `repropose pipeline`"
    )


@new_command.command(
    "registration",
    epilog="Example: repropose new registration tfpose/q2q-gain --tier lab --margin 1",
)
@click.argument("claim")
@click.option(
    "--tier", type=click.Choice(["smoke", "lab"]), required=True, help="where it will be measured"
)
@click.option(
    "--margin",
    type=click.FloatRange(min=0),
    required=True,
    help="points that a difference must exceed",
)
@click.option(
    "--seeds", type=click.IntRange(min=2), help="of every run; those in runs.yaml by default"
)
@click.option("--contrast", help="what is compared, if it is not the expression itself")
def new_registration_command(claim: str, **options: Any) -> None:
    """Register a claim about trainings (PAPER/ID) before its runs are measured.

    Writes metric, margin, seeds and today's date to the paper's claims.yaml. A later change is shown with the claim.
    """
    from bench.judge.claims.preregistration import register

    today = datetime.now(UTC).date()
    index = ResultIndex(results_store())
    path = register(load_catalog(), index, claim, today=today, **options)
    click.echo(f"{path}: {claim} registered; commit it before `repropose measure`")
