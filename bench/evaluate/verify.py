"""Does a stored result stand? Its metrics computed again from its predictions, without a GPU."""

from collections.abc import Iterator, Sequence
from typing import Any, Literal, NamedTuple

import numpy as np

from bench.catalog.load import Catalog
from bench.catalog.schema import DatasetName, Layout, layout
from bench.datasets.prepare import fingerprint
from bench.datasets.splits import FILES, annotation_file
from bench.errors import DataError, ResultError, UnknownName
from bench.evaluate.matches import Matches
from bench.evaluate.metrics import EVALUATORS, evaluate_with_diagnosis, evaluated_on
from bench.evaluate.per_person import People
from bench.evaluate.predictions import check_entries
from bench.evaluate.submit import known_ids
from bench.results.records import AccuracyResult, SubmissionResult
from bench.results.store import Store, Stored

Checkable = Stored[AccuracyResult] | Stored[SubmissionResult]
SAME = 1e-9  # points; the same evaluator on the same bytes differs by less


class Check(NamedTuple):
    """What became of one result, in words."""

    file: str
    state: Literal["stands", "falls", "unchecked"]
    reason: str


def checkable(store: Store, wanted: Sequence[str]) -> list[Checkable]:
    """Accuracies and submissions, all or those named by file, run or submission. Raises `UnknownName`."""
    every: list[Checkable] = [*store.accuracies(), *store.submissions()]
    names = {id(one): _names(one) for one in every}
    for name in wanted:
        if not any(name in names[id(one)] for one in every):
            known = sorted({n for one in every for n in names[id(one)]})
            raise UnknownName("result", name, known, "`repropose results` lists them all")
    return [one for one in every if not wanted or names[id(one)] & set(wanted)]


def _names(stored: Checkable) -> set[str]:
    result = stored.result
    name = result.run if isinstance(result, AccuracyResult) else result.card.name
    return {name, stored.file, str(stored.path)}


def verify(catalog: Catalog, store: Store, results: Sequence[Checkable]) -> Iterator[Check]:
    """Check results one after the other."""
    for stored in results:
        yield Check(stored.file, *_verdict(catalog, store, stored))


def _verdict(
    catalog: Catalog, store: Store, stored: Checkable
) -> tuple[Literal["stands", "falls", "unchecked"], str]:
    result = stored.result
    if isinstance(result, AccuracyResult) and result.failed is not None:
        return "unchecked", f"the run failed: {result.failed}"
    if result.predictions is None:
        return "unchecked", "no predictions are stored with it"
    try:
        entries = store.predictions(stored)
    except ResultError as error:
        return "falls", str(error)
    dataset = _dataset(catalog, result)
    try:
        present = fingerprint(dataset, result.tier)
    except DataError as error:
        return "unchecked", f"the truth is not here: {error}"
    stated = result.protocol.get("fingerprint", "")
    if present != stated:
        return "falls", (
            f"it was evaluated on other data: fingerprint {stated[:12] or 'not stated'}, "
            f"data/{result.tier}/{dataset} has {present[:12]}"
        )
    truth = annotation_file(dataset, result.tier)
    try:
        check_entries(entries, layout(dataset), known_ids(layout(dataset), truth), stored.file)
        found = evaluate_with_diagnosis(layout(dataset), truth, entries)
    except DataError as error:
        return "falls", f"its predictions cannot be evaluated: {error}"
    wrong = [
        *_differences(result.metrics, found.metrics),
        *_other(stored, found),
        *_stated(result, evaluated_on(dataset, result.tier, present), entries),
    ]
    if wrong:
        return "falls", "; ".join(wrong) + _evaluator(result.protocol, layout(dataset))
    return "stands", f"{len(found.metrics)} figures from {len(entries)} predictions"


def _dataset(catalog: Catalog, result: AccuracyResult | SubmissionResult) -> DatasetName:
    if isinstance(result, SubmissionResult):
        return result.dataset
    if result.run in catalog.runs:
        return catalog.run(result.run).dataset
    name = result.protocol.get("data", "").rpartition("-")[0]
    for known in FILES:
        if known == name:
            return known
    raise ResultError(f"run {result.run}: its protocol names no data set ('{name}')")


def _differences(stored: dict[str, float], found: dict[str, float]) -> list[str]:
    return [
        f"{name} is {_shown(stored.get(name))} in the file and {_shown(found.get(name))} recomputed"
        for name in sorted({*stored, *found})
        if name not in stored or name not in found or abs(stored[name] - found[name]) > SAME
    ]


def _shown(figure: float | None) -> str:
    return "missing" if figure is None else f"{figure:.6g}"


def _other(stored: Checkable, found: Any) -> list[str]:
    """What else was stored of the same evaluation and differs: diagnosis, people, matches."""
    wrong = []
    if stored.result.diagnosis not in (None, found.diagnosis):
        wrong.append("the error diagnosis is another one")
    for ending, kind, wanted, other in (
        (".people.npz", People, found.people, "people"),
        (".matches.npz", Matches, found.matches, "matches"),
    ):
        file = stored.path.with_suffix(ending)
        if not file.is_file():
            continue
        try:
            kept = vars(kind.load(file))
        except ResultError as error:
            wrong.append(str(error))
            continue
        again = vars(wanted) if wanted else {}
        if not again or not all(np.array_equal(kept[key], again[key]) for key in again):
            wrong.append(f"{file.name} tells of other {other}")
    return wrong


def _stated(
    result: AccuracyResult | SubmissionResult,
    again: dict[str, str],
    entries: Sequence[dict[str, Any]],
) -> list[str]:
    """What the result states of its data and predictions and is not so. The evaluator may be of another version."""
    wrong = [
        f"its protocol states {key} '{result.protocol.get(key, '')}', it is '{again.get(key, '')}'"
        for key in ("data", "split", "subset")
        if result.protocol.get(key, "") != again.get(key, "")
    ]
    kept = result.predictions
    counts = len({one["image_id"] for one in entries}), len(entries)
    if kept and (kept.images, kept.instances) != counts:
        wrong.append(
            f"it states {kept.instances} predictions on {kept.images} images, there are {counts[1]} "
            f"on {counts[0]}"
        )
    return wrong


def _evaluator(protocol: dict[str, str], dataset: Layout) -> str:
    used = protocol.get("evaluator", "")
    if used == EVALUATORS[dataset]:
        return ""
    return f" (it was evaluated by {used or 'an unnamed evaluator'}, here is {EVALUATORS[dataset]})"
