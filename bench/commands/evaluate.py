"""Commands around predictions: evaluate a file, submit it, verify what is stored."""

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from bench.catalog.load import load_catalog
from bench.commands.common import JSON, current_tier, results_store
from bench.errors import DataError, ResultError
from bench.evaluate.model_card import read_card
from bench.evaluate.predictions import SPLITS, dataset_of

if TYPE_CHECKING:
    from bench.evaluate.metrics import Evaluation
    from bench.measure.released import Boxes

FILE = click.Path(path_type=Path, exists=True, dir_okay=False)
PREDICTIONS = click.option(
    "--predictions",
    type=FILE,
    required=True,
    help="COCO result entries as JSON, also .gz; MPII also .mat",
)
SPLIT = click.option("--dataset", "split", default="coco-val", metavar="|".join(SPLITS))
REAL = click.option("--tier", default="full", help="full (the real data) if left out")


@click.command("evaluate")
@PREDICTIONS
@SPLIT
@REAL
@click.option("--truth", type=FILE, help="an annotation file in place of the data set's own")
@JSON
def evaluate_command(
    predictions: Path, split: str, tier: str, truth: Path | None, as_json: bool
) -> None:
    """Every metric of a file of predictions, and the kinds of errors in it, on a CPU."""
    from bench.datasets.prepare import require_annotations
    from bench.evaluate.submit import evaluate_file, evaluation_record

    dataset = dataset_of(split)
    if truth is None:
        try:
            truth = require_annotations(dataset, current_tier(tier))
        except DataError as error:
            raise DataError(f"{error}; or name a file of your own with --truth") from None
    found, checked = evaluate_file(predictions, dataset, truth)
    if as_json:
        told = {"dataset": split, "truth": str(truth), **evaluation_record(found, checked)}
        click.echo(json.dumps([told], indent=1))
        return
    for name, value in found.metrics.items():
        click.echo(f"{name:14} {value:6.2f}")
    click.echo(_errors(found))
    for note in checked.notes:
        click.echo(f"note: {note}", err=True)


def _errors(found: "Evaluation") -> str:
    everyone, wrong = found.diagnosis.everyone, found.diagnosis.false_positives
    kinds = everyone.errors.model_dump()
    total = max(everyone.errors.total, 1)
    told = ", ".join(f"{kind} {100 * count / total:.1f} %" for kind, count in kinds.items())
    lost = f"{everyone.people} people, {everyone.not_found} not found"
    if wrong:
        lost += (
            f"; of {found.diagnosis.detections} detections looked at {wrong.background} are "
            f"background and {wrong.duplicate} duplicates"
        )
    return f"keypoints: {told}\n{lost}"


@click.command("submit")
@PREDICTIONS
@click.option("--card", type=FILE, required=True, help="the model card, YAML")
@SPLIT
@REAL
@click.option("--replace", is_flag=True, help="an earlier submission of the same name")
@click.option(
    "--accept", is_flag=True, help="store under reports/measured, to be committed, not results/"
)
def submit_command(
    predictions: Path, card: Path, split: str, tier: str, replace: bool, accept: bool
) -> None:
    """Put a stranger's predictions on the leaderboard, after checking every entry."""
    from bench.evaluate.submit import submit

    stored = submit(
        results_store(),
        predictions,
        read_card(card),
        dataset_of(split),
        current_tier(tier),
        committed=accept,
        replace=replace,
    )
    lead, value = next(iter(stored.result.metrics.items()), ("nothing", 0.0))
    click.echo(f"{stored.result.card.title}: {lead} {value:.2f} -> {stored.file}")
    for note in stored.result.notes:
        click.echo(f"note: {note}", err=True)


@click.command("verify")
@click.argument("results", nargs=-1)
@click.option("--all", "everything", is_flag=True, help="every result that has predictions")
def verify_command(results: tuple[str, ...], everything: bool) -> None:
    """Compute the metrics of stored results again from their predictions; status 1 if one does not match."""
    from bench.evaluate.verify import checkable, verify

    if bool(results) == everything:
        raise click.UsageError("name results (file, run or submission), or give --all")
    store = results_store()
    checks = []
    for check in verify(load_catalog(), store, checkable(store, results)):
        click.echo(f"{check.state:9} {check.file}: {check.reason}")
        checks.append(check)
    if any(check.state == "mismatch" for check in checks):
        raise SystemExit(1)
    unchecked = [check for check in checks if check.state == "unchecked"]
    if results and unchecked:
        raise ResultError(f"{len(unchecked)} of {len(checks)} results could not be checked")


@click.command()
@click.argument("run")
@click.option(
    "--boxes",
    type=click.Choice(["ground-truth", "detector"]),
    help="left out for networks that find people themselves",
)
def released(run: str, boxes: "Boxes | None") -> None:
    """Evaluate the authors' released weights of a run on the real test split."""
    from bench.measure.released import evaluate_released

    stored = evaluate_released(load_catalog(), results_store(), run, boxes)
    lead, value = next(iter(stored.result.metrics.items()), ("nothing", 0.0))
    click.echo(
        f"{run}, boxes {stored.result.protocol['boxes']}: {lead} {value:.2f} -> {stored.file}"
    )


@click.command("test-dev")
@click.argument("run")
@click.option("--released", is_flag=True, help="the authors' weights and not those trained here")
@click.option("--seed", type=click.IntRange(0), default=0, help="which training")
def test_dev(run: str, released: bool, seed: int) -> None:
    """Write the file that COCO's test-dev server takes, for trained or released weights."""
    from bench.measure.testdev import write_submission

    path = write_submission(load_catalog(), run, seed=seed, released=released)
    click.echo(f"{path}: upload it at COCO's server; its labels are secret")
