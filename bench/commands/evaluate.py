"""Commands for predictions: evaluate a file, submit it, verify stored results."""

import json
from collections import Counter
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from bench.commands.common import (
    FILE,
    JSON,
    MODEL_PACKAGES,
    current_tier,
    missing_package,
    print_lead,
    results_store,
)
from bench.errors import DataError, ResultError
from bench.evaluate.formats import FORMATS
from bench.evaluate.formats.people import KEYPOINT_MEAN, Reading
from bench.evaluate.predictions import SPLITS, dataset_of
from bench.paths import require_checkout
from bench.results import manifest

if TYPE_CHECKING:
    from collections.abc import Callable

    from bench.catalog.load import Catalog
    from bench.catalog.schema import Layout
    from bench.evaluate.metrics import Evaluation
    from bench.evaluate.verify import Recheck

PREDICTIONS = click.option(
    "--predictions",
    type=click.Path(path_type=Path, exists=True),
    required=True,
    help="COCO result entries as JSON, .json.gz or .zip; for MPII also .mat; or another tool's file or folder",
)
SPLIT = click.option(
    "--dataset",
    "split",
    default="coco-val",
    metavar="|".join(SPLITS),
    help="data set and split; coco-val by default",
)
FORMAT = click.option(
    "--format",
    "form",
    type=click.Choice(FORMATS),
    help="the tool that wrote them; recognised if left out",
)
SCORE = click.option(
    "--score",
    help=f"score of a person where the tool gives none: {KEYPOINT_MEAN}, or a number for all",
)
IMAGE_IDS = click.option(
    "--image-ids", type=FILE, help="JSON object from the tool's image names to image ids"
)
REAL = click.option("--tier", default="full", help="full (real data) by default, smoke or lab")


@click.command("evaluate", epilog="Example: repropose evaluate --predictions found.json")
@PREDICTIONS
@SPLIT
@REAL
@FORMAT
@SCORE
@IMAGE_IDS
@click.option("--truth", type=FILE, help="annotation file to use instead of the data set's own")
@click.option(
    "--reference",
    is_flag=True,
    help="let pycocotools (CrowdPose: xtcocotools) do it: many times slower",
)
@JSON
def evaluate_command(
    predictions: Path,
    split: str,
    tier: str,
    truth: Path | None,
    reference: bool,
    as_json: bool,
    form: str | None,
    score: str | None,
    image_ids: Path | None,
) -> None:
    """Compute all metrics and error types of a predictions file."""
    reading = Reading(form, score, image_ids)
    found, record = evaluate_predictions(
        predictions, split, tier, truth, reading, reference=reference
    )
    if as_json:
        click.echo(json.dumps([record], indent=1))
        return
    for name, value in found.metrics.items():
        click.echo(f"{name:14} {value:6.2f}")
    click.echo(_errors(found))
    for note in record["notes"]:
        click.echo(f"note: {note}", err=True)


def evaluate_predictions(
    predictions: Path,
    split: str,
    tier: str,
    truth: Path | None,
    reading: Reading | None = None,
    *,
    reference: bool = False,
) -> tuple["Evaluation", dict[str, Any]]:
    """The evaluation, and the record that `--json` prints. Raises `DataError` that says how to get a missing truth."""
    from bench.evaluate.submit import evaluate_file, evaluation_record

    dataset = dataset_of(split)
    file = truth or _own_annotations(dataset, tier)
    found, checked = evaluate_file(predictions, dataset, file, reading, reference=reference)
    return found, {"dataset": split, "truth": str(file), **evaluation_record(found, checked)}


def _own_annotations(dataset: "Layout", tier: str) -> Path:
    from bench.datasets.prepare import require_annotations

    try:
        return require_annotations(dataset, current_tier(tier))
    except DataError as error:
        raise DataError(f"{error}; or give an annotation file with --truth") from None


def _errors(found: "Evaluation") -> str:
    everyone, wrong = found.diagnosis.everyone, found.diagnosis.false_positives
    kinds = everyone.errors.model_dump()
    total = max(everyone.errors.total, 1)
    shares = ", ".join(f"{kind} {100 * count / total:.1f} %" for kind, count in kinds.items())
    lost = f"{everyone.people} people, {everyone.not_found} not detected"
    if wrong:
        lost += (
            f"; of {found.diagnosis.detections} evaluated detections {wrong.background} are "
            f"background and {wrong.duplicate} duplicates"
        )
    return f"keypoints: {shares}\n{lost}"


@click.command(
    "submit", epilog="Example: repropose submit --predictions found.json --card card.yaml"
)
@PREDICTIONS
@click.option("--card", type=FILE, required=True, help="model card (YAML)")
@SPLIT
@REAL
@FORMAT
@SCORE
@IMAGE_IDS
@click.option("--replace", is_flag=True, help="replace an earlier submission of the same name")
@click.option(
    "--accept", is_flag=True, help="store in reports/measured (to be committed), not in results"
)
def submit_command(
    predictions: Path,
    card: Path,
    split: str,
    tier: str,
    replace: bool,
    accept: bool,
    form: str | None,
    score: str | None,
    image_ids: Path | None,
) -> None:
    """Add external predictions to the leaderboard.

    Every entry is checked first. Invalid files are rejected with entry and line; nothing is stored. What is there
    already, with the same content, stays as it is.
    """
    from bench.evaluate.model_card import read_card
    from bench.evaluate.submit import submit

    if accept:
        require_checkout("`repropose submit --accept`", "leave --accept out to store in results/")
    where = dataset_of(split), current_tier(tier)
    stored = submit(
        results_store(),
        predictions,
        read_card(card),
        *where,
        committed=accept,
        replace=replace,
        reading=Reading(form, score, image_ids),
    )
    print_lead(stored.result.card.title, stored.result.metrics, stored.file)
    for note in (*stored.result.notes, *filter(None, [stored.note])):
        click.echo(f"note: {note}", err=True)


@click.command("verify", epilog="Example: repropose verify --all")
@click.argument("results", nargs=-1)
@click.option("--all", "everything", is_flag=True, help="every stored file")
def verify_command(results: tuple[str, ...], everything: bool) -> None:
    """Recompute stored results, find edited files.

    Metrics follow from predictions, counts from the model, protocols from the stored config; the rest is compared with
    the manifest. Exit status 1 if anything differs. RESULTS are result files, runs, submissions, models or groups of
    timings, as `repropose results` lists them.
    """
    from bench.catalog.load import load_catalog
    from bench.evaluate.verify import checkable, other_files, verify

    if bool(results) == everything:
        raise click.UsageError("name results (file, run, submission or model), or give --all")
    store, recheck = results_store(), _recheck()
    wanted = checkable(store, results)
    checks = []
    every = verify(load_catalog(), store, wanted, recheck)
    for check in chain(every, other_files(store, wanted) if everything else ()):
        click.echo(f"{check.state:9} {check.file}: {check.reason}")
        checks.append(check)
    counts = Counter(check.state for check in checks)
    shown = [
        f"{counts[state]} {state}" for state in ("verified", "recorded", "unchecked", "mismatch")
    ]
    click.echo(", ".join(shown), err=True)
    if counts["mismatch"]:
        raise SystemExit(1)
    if results and counts["unchecked"]:
        raise ResultError(f"{counts['unchecked']} of {len(checks)} results could not be checked")


def _recheck() -> "Callable[[Catalog, Any], Recheck] | None":
    """What recomputes counts and protocols; None, and a note, without the packages of models."""
    try:
        from bench.measure.recheck import recheck
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] not in MODEL_PACKAGES:
            raise
        click.echo(f"note: counts and protocols are unchecked: {missing_package(error)}", err=True)
        return None
    return recheck


@click.command(
    "manifest", epilog="Example: repropose manifest --accept results/timed/transpose.json"
)
@click.option(
    "--accept",
    "files",
    multiple=True,
    metavar="FILE",
    help="record a file, or all in a folder, as it is now; also one that is gone",
)
def manifest_command(files: tuple[str, ...]) -> None:
    """Show or extend the lists of written files.

    A manifest lists every file of a results folder as it was written; `repropose verify --all` compares. SECURITY.md
    says how to sign one.
    """
    store = results_store()
    for name in files:
        base = next((one for one in (store.root, store.measured) if _inside(name, one)), None)
        if base is None:
            raise ResultError(f"{name} is in neither {store.root} nor {store.measured}")
        accepted = manifest.accept(
            base, Path(name).resolve().relative_to(base.resolve()).as_posix()
        )
        click.echo(f"{len(accepted)} recorded: {', '.join(accepted) or 'nothing new'}")
    for base in (store.root, store.measured):
        if found := manifest.read(base):
            broken = f", {len(found.broken)} broken lines" if found.broken else ""
            click.echo(
                f"{base / manifest.NAME}: {len(found.digests)} files, head {found.head}{broken}"
            )
        else:
            click.echo(f"{base / manifest.NAME}: none")


def _inside(name: str, base: Path) -> bool:
    return Path(name).resolve().is_relative_to(base.resolve())
