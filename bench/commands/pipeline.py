"""Commands for the DVC pipeline."""

import os
import signal
import tempfile
from collections.abc import Iterator
from pathlib import Path

import click

from bench.catalog.load import Catalog, load_catalog
from bench.catalog.schema import Tier
from bench.commands.common import FILE, JSON, TIER, current_tier, print_rows
from bench.commands.site import build_site, site_command
from bench.errors import CatalogError
from bench.files import write_atomically
from bench.paths import require_checkout, workspace
from bench.pipeline import stages
from bench.pipeline.cluster import EXECUTORS, Executor, read_cluster


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
        write_atomically(path, text.encode())


@click.command("inputs", epilog="Example: repropose inputs")
def inputs_command() -> None:
    """Write digests of everything each result depends on.

    A stage of the pipeline; the file is build/inputs.json.
    """
    from bench.pipeline.fingerprints import rendered

    root = require_checkout("`repropose inputs`")
    write_atomically(root / stages.INPUTS, rendered(load_catalog()))


@click.command(
    "repro", epilog="Example: repropose repro transpose-2 --executor slurm --config cluster.yaml"
)
@click.argument("names", nargs=-1)
@click.option("--all", "everything", is_flag=True, help="every table of every paper")
@click.option(
    "--jobs",
    type=click.IntRange(1),
    help="stages in parallel on this machine; at smoke one per core and at most four by default",
)
@click.option(
    "--executor", type=click.Choice(EXECUTORS), help="where they run; the config says it otherwise"
)
@click.option(
    "--config", type=FILE, help="partition, GPUs, memory, ... of the jobs (docs/cluster.md)"
)
@TIER
@click.pass_context
def repro_command(
    context: click.Context,
    names: tuple[str, ...],
    everything: bool,
    jobs: int | None,
    executor: Executor | None,
    config: Path | None,
    tier: str | None,
) -> None:
    """Run tables, papers or runs, then build the leaderboard.

    With all they need; without names the quickstart, whose stages are listed in params.yaml. DVC records what was done.
    --tier is written to params.yaml and so applies to later commands too. Interrupted, it goes on when it is run again;
    jobs of Slurm are found again.
    """
    from bench.pipeline.checkout import alone_in_checkout
    from bench.pipeline.run import reproduce, targets_of

    root = require_checkout("`repropose repro`", "measure single runs with `repropose measure RUN`")
    if everything and names:
        raise click.UsageError(f"--all means every table: leave out {', '.join(names)}, or --all")
    chosen = current_tier(tier)
    cluster = read_cluster(config, executor)
    catalog = load_catalog()
    targets = targets_of(catalog, names, everything=everything)
    parallel = jobs or cluster.parallel or _at_a_time(chosen)
    with alone_in_checkout(root, cluster.executor):
        try:
            reproduce(
                catalog,
                chosen,
                targets,
                cluster=cluster,
                jobs=parallel,
                page=lambda running, waiting: build_site(
                    workspace() / "build" / "site", running=running, waiting=waiting
                ),
            )
        finally:
            context.invoke(site_command)


def _at_a_time(tier: Tier) -> int:
    """Trainings on this machine. Smoke: one core and about 700 MB each; above, a training takes the whole GPU."""
    return min(len(os.sched_getaffinity(0)), 4) if tier == "smoke" else 1


def _calibrate(root: Path, catalog: Catalog, runs: list[str], at_a_time: int) -> None:
    """Time trainings in a temporary workspace, and say what was measured."""
    from bench.measure.short_trainings import time_runs
    from bench.pipeline.calibration import Timing, calibrate

    def stop(*_: object) -> None:
        raise SystemExit(128 + signal.SIGTERM)  # its processes and its folder go with it

    signal.signal(signal.SIGTERM, stop)

    def timed(names: list[str], seconds: float) -> Iterator[tuple[str, Timing, float]]:
        with tempfile.TemporaryDirectory(prefix="repropose-calibration-") as folder:
            for one in time_runs(catalog, names, Path(folder), seconds, at_a_time):
                click.echo(
                    f"  {one.run}: {one.step:.2f} s a step, {one.steps} steps, {one.rest:.1f} s beside",
                    err=True,
                )
                yield one.run, Timing(steps=one.steps, step=one.step, rest=one.rest), one.imports

    click.echo(calibrate(root, catalog, runs, at_a_time, timed), err=True)


@click.command("plan", epilog="Example: repropose plan lofr --tier full --budget 100")
@click.argument("names", nargs=-1)
@click.option("--all", "everything", is_flag=True, help="every table of every paper")
@click.option(
    "--budget",
    type=click.FloatRange(0, min_open=True),
    help="hours: only what settles most claims in them",
)
@click.option("--claims", is_flag=True, help="first what settles most claims per hour")
@click.option(
    "--calibrate", is_flag=True, help="first time some steps of these trainings, for a minute"
)
@TIER
@JSON
def plan_command(
    names: tuple[str, ...],
    everything: bool,
    budget: float | None,
    claims: bool,
    calibrate: bool,
    tier: str | None,
    as_json: bool,
) -> None:
    """What `repropose repro` would run, and for how long.

    Also why, and what it would settle. Runs nothing, but some training steps with --calibrate: the hours of the smoke
    tier then rest on them (work/calibration.json). Names are those of `repropose repro`; so is the order.
    """
    from bench.pipeline import calibration, durations, plan, run

    root = require_checkout("`repropose plan`")
    catalog, chosen = load_catalog(), current_tier(tier)
    if calibrate and chosen != "smoke":
        raise click.UsageError(
            f"--calibrate times trainings of the smoke tier, not {chosen}: leave it out"
        )
    targets = run.targets_of(catalog, names, everything=everything or (claims and not names))
    at_a_time = _at_a_time(chosen)
    if calibrate:
        _calibrate(root, catalog, run.trainings(catalog, targets), at_a_time)
    found = run.plan(catalog, chosen, targets, budget, claims_first=claims)
    rows = [
        {
            "stage": one.stage,
            "why": one.why + (f", {one.begun} begun" if one.begun else ""),
            "hours": one.estimate.hours and round(one.estimate.hours, 4 if as_json else 2),
            "basis": one.estimate.basis,
            "gpus": one.needs.gpus,
            "memory": one.needs.memory,
            "disk": one.needs.disk,
            "values": one.cells,
            "settles": one.settles,
        }
        for one in found
    ]
    columns = ("stage", "why", "hours", "basis", "gpus", "memory", "disk", "values", "settles")
    print_rows(rows, as_json, *columns)
    known = [one.estimate.hours for one in found if one.estimate.hours is not None]
    unknown = len(found) - len(known)
    more = f", and {unknown} of unknown length" if unknown else ""
    beside = plan.wall_hours(found, at_a_time)
    rests_on = durations.assumption(chosen, calibration.of_this_machine(root))
    click.echo(
        f"{len(found)} stages, {sum(known):.1f} hours one after the other, "
        f"{beside:.1f} with {at_a_time} at a time{more}; "
        f"{rests_on}. Memory (GB): weights, gradients and moments of a training; activations come on top. "
        "Disk (GB): two checkpoints of each seed.",
        err=True,
    )


@click.command("status", epilog="Example: repropose status")
@JSON
def status_command(as_json: bool) -> None:
    """How the jobs of `repropose repro` are.

    From any shell of this checkout.
    """
    from bench.pipeline.executors import alive, expected, recorded
    from bench.pipeline.watch import state_of, time_left

    root = require_checkout("`repropose status`")
    jobs = recorded(root)
    there = alive(jobs)
    rows = [state_of(root, job, there.get(job.stage)) for job in jobs]
    if not rows and not as_json:
        click.echo("no job was started here; `repropose repro` starts some", err=True)
        return
    print_rows(rows, as_json, "stage", "job", "state", "minutes", "says")
    going = [job for job in jobs if job.stage in there]
    left = time_left(expected(root), going, len(going)) if going else ""
    click.echo(f"{len(going)} of {len(jobs)} running or waiting{left}", err=True)
