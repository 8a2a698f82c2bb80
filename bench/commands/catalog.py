"""Commands that add to the catalog of papers."""

from pathlib import Path

import click

from bench.catalog.load import PAPERS, load_catalog
from bench.commands.common import FOLDER
from bench.paths import require_checkout


@click.group("new")
def new_command() -> None:
    """Start a new paper: `repropose new paper NAME`."""


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
