"""External predictions: evaluated like our own, and stored with their model card."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from bench.catalog.schema import Layout, Tier
from bench.datasets.annotations import annotations_of
from bench.datasets.splits import annotation_file
from bench.errors import DataError, ResultError
from bench.evaluate.formats.people import Reading
from bench.evaluate.ground_truth import known_to
from bench.evaluate.metrics import Evaluation, evaluate_with_diagnosis, evaluated_on
from bench.evaluate.predictions import Checked, read_predictions
from bench.files import collection_paused
from bench.results.locations import MACHINES, PEOPLE, PREDICTIONS, relative_path
from bench.results.provenance import provenance
from bench.results.records import ModelCard, SubmissionResult
from bench.results.store import Store, Stored, pack


def evaluate_file(
    predictions: Path,
    dataset: Layout,
    truth: Path,
    reading: Reading | None = None,
    *,
    reference: bool = False,
) -> tuple[Evaluation, Checked]:
    """Every metric of a predictions file, after validating annotations and every entry. Raises `DataError`.

    reading: what the user says of another tool's file. reference: by the official evaluator.
    """
    with collection_paused():
        annotations = None if dataset == "mpii" else annotations_of(truth, dataset)
        known = known_to(dataset, truth, annotations)
        checked = read_predictions(predictions, dataset, known.images, known.person, reading)
    found = evaluate_with_diagnosis(
        dataset, truth, checked.entries, reference=reference, checked=annotations
    )
    if not found.metrics:
        raise DataError(
            f"{truth}: nobody is evaluated: every person is a crowd or has no labelled keypoint"
        )
    return found, checked


def submit(
    store: Store,
    predictions: Path,
    card: ModelCard,
    dataset: Layout,
    tier: Tier,
    *,
    committed: bool = False,
    replace: bool = False,
    reading: Reading | None = None,
) -> Stored[SubmissionResult]:
    """Validate, evaluate and store a submission; nothing is written before the last step.

    What is there already, as after a kill of this command, is returned as it is. Raises `DataError` for invalid
    predictions, `ResultError` if another submission has the name, here or merged from another machine.
    """
    from bench.datasets.prepare import manifest_of

    fingerprint = str(manifest_of(dataset, tier)["fingerprint"])
    found, checked = evaluate_file(predictions, dataset, annotation_file(dataset, tier), reading)
    if not checked.entries:
        raise DataError(f"{predictions} holds no predictions; there is nothing to submit")
    if repeated := [note for note in checked.notes if "repeated" in note]:
        raise DataError(f"{predictions}: {repeated[0]}; remove the duplicates")
    result = SubmissionResult(
        card=card,
        dataset=dataset,
        tier=tier,
        protocol={
            **evaluated_on(dataset, tier, fingerprint),
            "boxes": card.boxes,
            "input_size": card.input_size,
            "flip_test": "yes" if card.flip_test else "no",
        },
        metrics=found.metrics,
        diagnosis=found.diagnosis,
        notes=(*checked.notes, *found.notes),
        provenance=provenance(),
    )
    bases = store.folders[1:] if committed else store.folders
    beside = {PEOPLE: found.people.packed()}
    taken = next((base for base in bases if (base / relative_path(result)).exists()), None)
    merged = taken is not None and taken.parent.name == MACHINES
    if taken and (merged or not replace):
        path = taken / relative_path(result)
        stored, files = store.read(path, taken), {**beside, PREDICTIONS: pack(checked.entries)}
        if isinstance(stored, SubmissionResult):
            there = Stored(stored, path, store.shown(path))
            if _same(there, result, files):
                return there._replace(note="already there")
        other = "it was merged, so remove it first" if merged else "replace it with --replace"
        raise ResultError(
            f"{card.name} already has a submission for {dataset} ({path}); choose another name, or {other}"
        )
    return store.write(result, checked.entries, beside=beside, committed=committed)


def _same(
    there: Stored[SubmissionResult], result: SubmissionResult, beside: Mapping[str, bytes]
) -> bool:
    """Whether a stored submission is what would be written, byte by byte, but for its provenance.

    beside: ending -> content of the files next to it.
    """
    own = {"predictions", "provenance"}
    if there.result.model_dump(exclude=own) != result.model_dump(exclude=own):
        return False
    files = {there.path.with_suffix(ending): content for ending, content in beside.items()}
    return all(one.is_file() and one.read_bytes() == files[one] for one in files)


def evaluation_record(found: Evaluation, checked: Checked) -> dict[str, Any]:
    """What `repropose evaluate --json` prints."""
    diagnosis = json.loads(found.diagnosis.model_dump_json())
    return {
        "metrics": found.metrics,
        "diagnosis": diagnosis,
        "notes": [*checked.notes, *found.notes],
    }
