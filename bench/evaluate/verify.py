"""Verification of stored results, without a GPU.

Metrics, diagnosis, people and matches are recomputed from predictions; what needs the network's config or code is given
as `recheck` (`bench.measure.recheck`). The rest is compared with the manifest, or is unchecked.
"""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from bench.catalog.load import Catalog
from bench.catalog.schema import Layout, layout
from bench.datasets.prepare import fingerprint
from bench.datasets.splits import annotation_file
from bench.errors import ChangedData, DataError, ResultError, UnknownName
from bench.evaluate.as_written import ACCEPT, Folder, leftovers
from bench.evaluate.ground_truth import known_to
from bench.evaluate.matches import Matches
from bench.evaluate.metrics import (
    EVALUATORS,
    Evaluation,
    evaluate,
    evaluate_with_diagnosis,
    evaluated_on,
)
from bench.evaluate.of_data import dataset_of, other_data
from bench.evaluate.per_person import People
from bench.evaluate.predictions import check_entries
from bench.files import read_json
from bench.results.galleries import altered_pictures
from bench.results.records import (
    AccuracyResult,
    AnyResult,
    CountResult,
    Diagnosis,
    SpeedResult,
    SubmissionResult,
)
from bench.results.store import Store, Stored

Checkable = Stored[AccuracyResult] | Stored[SubmissionResult]
AnyStored = Stored[AnyResult]
SAME = 1e-9  # points; the same evaluator on the same bytes differs by less
SAME_OKS = 1e-9  # NumPy's exp has other last bits on another processor (with and without AVX-512)
ADDED = {"AP_box"}  # metrics that results of earlier versions lack


State = Literal["verified", "recorded", "mismatch", "unchecked"]


class Check(NamedTuple):
    """The outcome for one result, and the reason for it.

    verified: recomputed, the rest as recorded; recorded: only compared with the manifest.
    """

    file: str
    state: State
    reason: str


class Recheck(NamedTuple):
    """What was recomputed of a result beside its metrics: what is right, false statements, what could not be."""

    right: tuple[str, ...] = ()
    wrong: tuple[str, ...] = ()
    left: tuple[str, ...] = ()


def checkable(store: Store, wanted: Sequence[str]) -> list[AnyStored]:
    """All results, or those named by file, run, submission, model or group of timings. Raises `UnknownName`."""
    kinds: list[Any] = [store.counts(), store.speeds(), store.accuracies(), store.submissions()]
    every = [one for kind in kinds for chosen in kind for one in (chosen, *chosen.also)]
    names = {id(one): _names(one) for one in every}
    for name in wanted:
        if not any(name in names[id(one)] for one in every):
            known = sorted({n for one in every for n in names[id(one)]})
            raise UnknownName("result", name, known, "`repropose results` lists them all")
    return [one for one in every if not wanted or names[id(one)] & set(wanted)]


def _names(stored: AnyStored) -> set[str]:
    result = stored.result
    if isinstance(result, AccuracyResult):
        name: str = result.run
    elif isinstance(result, SubmissionResult):
        name = result.card.name
    else:
        name = result.model if isinstance(result, CountResult) else result.group
    return {name, stored.file, str(stored.path)}


def verify(
    catalog: Catalog,
    store: Store,
    results: Sequence[AnyStored],
    recheck: Callable[[Catalog, AnyStored], Recheck] | None = None,
) -> Iterator[Check]:
    """Check results one by one, each with the files beside it."""
    folders = {base: Folder(base) for base in (store.root, store.measured)}
    for stored in results:
        state: State
        if other := other_data(catalog, store, stored):
            state, reason, more = "unchecked", other, Recheck()
        else:
            state, reason = _verdict(catalog, store, stored)
            more = recheck(catalog, stored) if recheck else Recheck()
        folder = folders[stored.base]
        written = folder.written(folder.of(stored))
        wrong = [reason] if state == "mismatch" else []
        wrong += [*more.wrong, *_beside(stored), *written.wrong]
        if wrong:
            fix = f"; {ACCEPT}" if written.wrong else ""
            yield Check(stored.file, "mismatch", "; ".join(wrong) + fix)
            continue
        if more.right and state == "unchecked":
            state, reason = "verified", ""
        said = [reason, *more.right, *(f"unchecked: {one}" for one in more.left)]
        said += [f"{path} is an earlier version" for path in written.earlier]
        said.append("the rest as recorded" if written.known else "unchecked: the rest, no manifest")
        if state == "unchecked" and written.known:
            state = "recorded"
        yield Check(stored.file, state, "; ".join(filter(None, said)))


def other_files(store: Store, results: Sequence[AnyStored]) -> Iterator[Check]:
    """Files of the store that belong to none of the results (all of them): planted, left behind, or gone."""
    for name, written in leftovers(store, results):
        if written.wrong:
            yield Check(name, "mismatch", f"{'; '.join(written.wrong)}; {ACCEPT}")
        elif written.known:
            yield Check(name, "recorded", "an earlier version" if written.earlier else "as written")
        else:
            yield Check(name, "unchecked", "no manifest")


def _beside(stored: AnyStored) -> list[str]:
    """False statements that need no evaluation: inputs, a card, pictures."""
    result, wrong = stored.result, []
    if isinstance(result, SubmissionResult):
        card = result.card
        says = (card.boxes, card.input_size, "yes" if card.flip_test else "no")
        for key, value in zip(("boxes", "input_size", "flip_test"), says, strict=True):
            if result.protocol.get(key) != value:
                wrong.append(
                    f"its protocol states {key} '{result.protocol.get(key)}', its card '{value}'"
                )
    elif not result.provenance.inputs:
        wrong.append("its provenance names no inputs, so it would never be stale")
    if isinstance(result, AccuracyResult):
        wrong += altered_pictures(Stored(result, stored.path, stored.file))
    return wrong


def _verdict(catalog: Catalog, store: Store, stored: Any) -> tuple[State, str]:
    """What follows from the predictions of a result."""
    result = stored.result
    if isinstance(result, CountResult | SpeedResult):
        return "unchecked", ""
    if isinstance(result, AccuracyResult) and result.failed is not None:
        return "unchecked", f"the run failed: {result.failed}"
    if result.predictions is None:
        return "unchecked", "no predictions are stored with it"
    try:
        entries = store.predictions(stored)
    except ResultError as error:
        return "mismatch", str(error)
    dataset = dataset_of(catalog, result)
    try:
        present = fingerprint(dataset, result.tier)
    except ChangedData as error:
        return "mismatch", str(error)
    except DataError as error:
        return "unchecked", f"the annotations are missing: {error}"
    stated = result.protocol.get("fingerprint", "")
    if present != stated:
        return "mismatch", (
            f"it was evaluated on other data: fingerprint {stated[:12] or 'not stated'}, "
            f"data/{result.tier}/{dataset} has {present[:12]}"
        )
    truth = annotation_file(dataset, result.tier)
    try:
        known = known_to(layout(dataset), truth)
        check_entries(entries, layout(dataset), known.images, stored.file, person=known.person)
        found = evaluate_with_diagnosis(layout(dataset), truth, entries)
    except DataError as error:
        return "mismatch", f"its predictions cannot be evaluated: {error}"
    wrong = [
        *_differences(result.metrics, found.metrics),
        *_other_differences(stored, found),
        *_stated(result, evaluated_on(dataset, result.tier, present), entries),
        *_untrained(stored, layout(dataset), truth),
    ]
    if wrong:
        return "mismatch", "; ".join(wrong) + _evaluator(result.protocol, layout(dataset))
    return "verified", f"{len(found.metrics)} metrics from {len(entries)} predictions"


def _untrained(stored: Checkable, form: Layout, truth: Path) -> list[str]:
    """False metrics of the untrained network, by what it predicted; none where that is not stored."""
    result = stored.result
    if not isinstance(result, AccuracyResult) or not stored.untrained.is_file():
        return []
    try:
        again = evaluate(form, truth, read_json(stored.untrained))
    except (DataError, LookupError, TypeError, ValueError) as error:
        return [f"{stored.untrained.name} cannot be evaluated: {error}"]
    return [f"untrained {one}" for one in _differences(result.untrained, again)]


def _differences(stored: dict[str, float], found: dict[str, float]) -> list[str]:
    return [
        f"{name} is {_shown(stored.get(name))} in the file and {_shown(found.get(name))} recomputed"
        for name in sorted({*stored, *(found.keys() - ADDED)})
        if name not in stored or name not in found or abs(stored[name] - found[name]) > SAME
    ]


def _shown(value: float | None) -> str:
    return "missing" if value is None else f"{value:.6g}"


def _other_differences(stored: Checkable, found: Evaluation) -> list[str]:
    """Differences in what else the evaluation stored: diagnosis, people, matches."""
    wrong = []
    if (diagnosis := stored.result.diagnosis) and _counts(diagnosis) != _counts(found.diagnosis):
        wrong.append("the error diagnosis differs")
    for file, kind, wanted, other in (
        (stored.people, People, found.people, "people"),
        (stored.matches, Matches, found.matches, "matches"),
    ):
        if not file.is_file():
            continue
        try:
            kept = vars(kind.load(file))
        except ResultError as error:
            wrong.append(str(error))
            continue
        again = vars(wanted) if wanted else {}
        if not again or not all(_same(kept[key], again[key]) for key in again):
            wrong.append(f"{file.name} has other {other}")
    return wrong


def _same(kept: NDArray[Any], again: NDArray[Any]) -> bool:
    """Ids, counts and error kinds exactly; OKS, which passes through exp and a sum, within `SAME_OKS`."""
    if kept.shape != again.shape or kept.dtype.kind != again.dtype.kind:
        return False
    if kept.dtype.kind != "f":
        return np.array_equal(kept, again)
    return bool(np.allclose(kept, again, rtol=0.0, atol=SAME_OKS))


def _counts(diagnosis: Diagnosis) -> tuple[Any, ...]:
    """What a diagnosis counts and what it leaves undefined, without the wording of the reasons."""
    return diagnosis.model_dump(exclude={"undefined"}), sorted(diagnosis.undefined)


def _stated(
    result: AccuracyResult | SubmissionResult,
    again: dict[str, str],
    entries: Sequence[dict[str, Any]],
) -> list[str]:
    """False statements of the result about its data and predictions. The evaluator may have another version."""
    wrong = [
        f"its protocol states {key} '{result.protocol.get(key, '')}', but it is '{again.get(key, '')}'"
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
    return f" (it was evaluated with {used or 'an unnamed evaluator'}, installed is {EVALUATORS[dataset]})"
