"""Commands that count, time, train and evaluate models."""

import os
import re
import shlex
import sys
from typing import TYPE_CHECKING

import click

from bench.catalog.load import Catalog, load_catalog
from bench.catalog.schema import Tier
from bench.commands.common import (
    JSON,
    TIER,
    current_tier,
    known_paper,
    print_lead,
    print_rows,
    results_store,
)
from bench.errors import CatalogError
from bench.paths import config_files, workspace
from bench.pipeline import fingerprints

if TYPE_CHECKING:
    from bench.measure.released import Boxes


@click.command("count", epilog="Example: repropose count transpose-r-a4 --with thop,fvcore")
@click.argument("names", nargs=-1)
@click.option("--paper", help="every zoo model in the tables of this paper")
@click.option("--with", "counters", help="also run these public counters: thop,fvcore,...")
@JSON
def count_command(
    names: tuple[str, ...], paper: str | None, counters: str | None, as_json: bool
) -> None:
    """Count parameters and operations of models. Without names: of all.

    With --with, public counters run beside our exact count, each in its own process (docs/counters.md).
    """
    from bench.measure.count.counters import COUNTERS, chosen

    public = chosen(counters) if counters is not None else []
    if as_json and not public:
        raise click.UsageError("--json prints what --with counts; give --with, too")
    if public and not names:
        raise click.UsageError(
            "name the networks that --with counts; `repropose models` lists them"
        )
    from bench.measure.count.model_counts import measure_counts

    catalog = load_catalog()
    known_paper(catalog, paper)
    wanted = list(names) or (
        fingerprints.paper_models(catalog)[paper] if paper else list(config_files())
    )
    for result in measure_counts(wanted):
        stored, millions = results_store().write(result), result.parameters["total"] / 1e6
        click.echo(f"{result.model}: {millions:.2f} M -> {stored.file}", err=True)
    if public:
        from bench.measure.count.beside import COLUMNS, beside

        rows = [row for name in names for row in beside(name, public)]
        print_rows(rows, as_json, *COLUMNS)
        for counter in public:
            click.echo(f"{counter} counts {COUNTERS[counter].unit}", err=True)
        click.echo("why they differ: docs/counters.md", err=True)


@click.command("time", epilog="Example: repropose time transpose --device cpu")
@click.argument("paper")
@click.option("--rounds", type=click.IntRange(4), help="timed rounds per model")
@click.option(
    "--device", type=click.Choice(["cpu", "cuda"]), help="cuda by default if there is a GPU"
)
def time_command(paper: str, rounds: int | None, device: str | None) -> None:
    """Time the models of a paper's speed columns in turn.

    They alternate within one session, so that their ratios are comparable.
    """
    from bench.measure.speed import time_models

    catalog = load_catalog()
    known_paper(catalog, paper)
    names = fingerprints.speed_models(catalog, paper)
    if not names:
        raise CatalogError(f"{paper} has no speed column with a model of the zoo")
    stored = results_store().write(time_models(paper, names, rounds=rounds, device=device))
    click.echo(stored.file, err=True)


MOST_SEEDS = 1000


def _seeds(context: click.Context, option: click.Parameter, given: str | None) -> tuple[int, ...]:
    """What numbers and ranges between commas name, each once and in their order; none if the option is not given."""
    found: list[int] = []
    for part in given.split(",") if given is not None else ():
        ends = re.fullmatch(r"\s*(\d{1,10})\s*(?:-\s*(\d{1,10})\s*)?", part, re.ASCII)
        first, last = (int(ends[1]), int(ends[2] or ends[1])) if ends else (1, 0)
        if not first <= last < min(2**32, first + MOST_SEEDS):
            raise click.BadParameter(
                f"'{part}' is no seed and no range of seeds; give numbers below 4294967296, such as 2 or 0,1,2 or 11-15"
            )
        found += range(first, last + 1)
    return tuple(dict.fromkeys(found))


@click.command("measure", epilog="Example: repropose measure transpose-r-a4-coco --tier smoke")
@click.argument("run")
@TIER
@click.option(
    "--seeds",
    metavar="LIST",
    callback=_seeds,
    help="such as 2 or 0,1,2 or 11-15: these and not those of runs.yaml",
)
@click.option(
    "--times",
    type=click.IntRange(1, 100),
    default=1,
    help="train so many times as long as the tier does; compared only with trainings of the same length",
)
@click.option(
    "--micro-batch",
    type=click.IntRange(1),
    help="images that go through the network together, where memory does not suffice for the config's: batch norm's "
    "statistics are then those of fewer images than in the paper, and the result says so",
)
def measure_command(
    run: str, tier: str | None, seeds: tuple[int, ...], times: int, micro_batch: int | None
) -> None:
    """Train and evaluate one run, all its seeds. Run it again to resume an interrupted training.

    Under torchrun several processes share the batch that the config states.
    """
    chosen = current_tier(tier)
    catalog = load_catalog()
    catalog.run(run)
    _under_torchrun()
    from bench.measure.train import measure

    try:
        for result in measure(catalog, results_store(), run, chosen, micro_batch, seeds, times):
            lead = next(iter(result.metrics))
            before = f" (untrained {result.untrained[lead]:.1f})" if result.untrained else ""
            click.echo(
                f"{run} seed {result.seed} at tier {chosen}: {lead} {result.metrics[lead]:.1f}{before}",
                err=True,
            )
    except KeyboardInterrupt:
        click.echo("\ninterrupted; run it again to resume from the last checkpoint", err=True)
        raise
    if not seeds and times == 1:  # a gallery is of the first in runs.yaml, as long as the tier says
        _draw(catalog, run, chosen)


def _under_torchrun() -> None:
    """Become several processes if REPROPOSE_TORCHRUN holds torchrun's options: jobs of `repropose repro` set it."""
    options = os.environ.get("REPROPOSE_TORCHRUN")
    if options and "LOCAL_RANK" not in os.environ:
        torchrun = [sys.executable, "-m", "torch.distributed.run", *shlex.split(options)]
        os.execv(sys.executable, [*torchrun, "-m", "bench.cli", *sys.argv[1:]])


@click.command("gallery", epilog="Example: repropose gallery transpose-r-a4-coco")
@click.argument("run")
@TIER
def gallery_command(run: str, tier: str | None) -> None:
    """Redraw a run's gallery. It shows predictions on test images, and attention where there is any."""
    catalog = load_catalog()
    catalog.run(run)
    _draw(catalog, run, current_tier(tier))


def _draw(catalog: Catalog, run: str, tier: Tier) -> None:
    from bench.measure.gallery.build import make_gallery
    from bench.measure.work_dir import rank

    if not rank():
        folder = make_gallery(catalog, results_store(), run, tier)
        click.echo(f"gallery: {folder.relative_to(workspace())}", err=True)


@click.command(
    "released", epilog="Example: repropose released transpose-r-a4-coco --boxes detector"
)
@click.argument("run")
@click.option(
    "--boxes",
    type=click.Choice(["ground-truth", "detector"]),
    help="person boxes; required for top-down networks, not allowed for others",
)
def released_command(run: str, boxes: "Boxes | None") -> None:
    """Evaluate released weights on the real test split."""
    from bench.measure.released import evaluate_released

    stored = evaluate_released(load_catalog(), results_store(), run, boxes)
    name = f"{run}, boxes {stored.result.protocol['boxes']}"
    print_lead(name, stored.result.metrics, stored.file)


@click.command("test-dev", epilog="Example: repropose test-dev transpose-r-a4-coco --released")
@click.argument("run")
@click.option("--released", is_flag=True, help="the authors' weights instead of those trained here")
@click.option("--seed", type=click.IntRange(0), default=0, help="seed of the training to use")
def test_dev_command(run: str, released: bool, seed: int) -> None:
    """Write the file for COCO's test-dev server."""
    from bench.measure.testdev import write_submission

    path = write_submission(load_catalog(), run, seed=seed, released=released)
    click.echo(f"{path}: upload it to COCO's server; the test-dev labels are not public")
