"""The official evaluators' answers in the form of ours: for `--reference`, and to check each evaluation on a sample."""

import contextlib
import copy
import io
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from bench.catalog.schema import Layout
from bench.evaluate.evaluated import AREAS, LOOSE, Curves, Evaluated, curves
from bench.evaluate.instances import Bools, Instances, Ints, Pairs, Prediction, Rules, rules_of
from bench.evaluate.official import official_evaluation

SAMPLE = 20  # images


def read_official(evaluation: Any, rules: Rules) -> Evaluated:
    """What a COCOeval found, after its `evaluate()`; it is not changed. Raises `DataError` as `Instances.of`."""
    truth, found = evaluation.cocoGt.dataset, evaluation.cocoDt.dataset["annotations"]
    of = Instances.of(truth, found, rules)
    pairs = Pairs.of(of.found_image, of.groups())
    matrices = [evaluation.ious[image, c] for image in of.images for c in evaluation.params.catIds]
    oks = [np.asarray(one, dtype=float).ravel() for one in matrices if len(one)]
    thresholds = len(evaluation.params.iouThrs)
    match = np.full((len(AREAS), thresholds, len(of.entry)), -1, dtype=np.int64)
    ignored_people = np.tile(of.ignore, (len(AREAS), 1))
    ignored = np.zeros(match.shape, dtype=bool)
    places = _Places(of)
    for one in (e for e in evaluation.evalImgs if e is not None):
        area = list(AREAS).index(_area_name(evaluation.params, one["aRng"]))
        mine, people = places.found(one["dtIds"]), places.people(one)
        match[area][:, mine] = places.matched(one)
        ignored_people[area, people] = np.asarray(one["gtIgnore"], dtype=bool)
        ignored[area][:, mine] = np.asarray(one["dtIgnore"], dtype=bool)
    loose = np.full(len(of.entry), -1, dtype=np.int64)
    for one in _loosely(evaluation):
        loose[places.found(one["dtIds"])] = places.matched(one)[0]
    whole = np.concatenate(oks) if oks else np.zeros(0)
    return Evaluated(of, pairs, whole, match, ignored_people, ignored, loose)


class _Places:
    """From an evaluator's ids to indices."""

    def __init__(self, of: Instances) -> None:
        self.entries = {int(entry) + 1: at for at, entry in enumerate(of.entry)}
        named = zip(of.images[of.image].tolist(), of.person.tolist(), strict=True)
        self.persons = {name: at for at, name in enumerate(named)}

    def found(self, ids: Sequence[int]) -> Ints:
        return np.array([self.entries[one] for one in ids], dtype=np.int64)

    def people(self, record: Mapping[str, Any]) -> Ints:
        image = int(record["image_id"])
        return np.array([self.persons[image, one] for one in record["gtIds"]], dtype=np.int64)

    def matched(self, record: Mapping[str, Any]) -> Ints:
        """[T, D] of the record's detections; 0 and -1 stand for "not matched"."""
        image, rows = int(record["image_id"]), np.asarray(record["dtMatches"])
        return np.array(
            [[self.persons[image, int(o)] if o > 0 else -1 for o in row] for row in rows],
            dtype=np.int64,
        ).reshape(rows.shape)


def _area_name(params: Any, bounds: Sequence[float]) -> str:
    return str(params.areaRngLbl[[list(one) for one in params.areaRng].index(list(bounds))])


def _loosely(evaluation: Any) -> list[dict[str, Any]]:
    """The evaluator's records at an OKS of 0.1, for every area."""
    kept = evaluation.params
    evaluation.params = copy.copy(kept)
    evaluation.params.iouThrs = np.array([LOOSE])
    everything = kept.areaRng[kept.areaRngLbl.index("all")]
    records = [
        evaluation.evaluateImg(image, category, everything, kept.maxDets[-1])
        for image in kept.imgIds
        for category in kept.catIds
    ]
    evaluation.params = kept
    return [one for one in records if one is not None]


def official_curves(evaluation: Any) -> Curves:
    """`accumulate()` of a COCOeval, in our order of dimensions."""
    with contextlib.redirect_stdout(io.StringIO()):
        evaluation.accumulate()
    found = evaluation.eval
    return Curves(
        found["precision"][:, :, 0, :, 0],
        found["recall"][:, 0, :, 0],
        found["scores"][:, :, 0, :, 0],
    )


def sampled_difference(
    dataset: Layout,
    annotations: Mapping[str, Any],
    predictions: Sequence[Prediction],
    found: Evaluated,
) -> str:
    """What the official evaluator finds otherwise in a sample of images, the same at each run; empty if nothing."""
    busy = np.union1d(found.of.image, found.of.found_image)
    size = min(SAMPLE, len(busy))
    sample = np.sort(np.random.default_rng(0).choice(busy, size, replace=False))
    ids = set(found.of.images[sample].tolist())
    part = {
        **annotations,
        "images": [one for one in annotations["images"] if one["id"] in ids],
        "annotations": [dict(one) for one in annotations["annotations"] if one["image_id"] in ids],
    }
    entries = [one for one in predictions if one["image_id"] in ids]
    official = official_evaluation(dataset, part, entries)
    chosen = np.isin(np.arange(len(found.of.images)), sample)
    if wrong := difference(found, read_official(official, rules_of(dataset)), chosen):
        return wrong
    pair = zip(curves(found, chosen), official_curves(official), strict=True)
    return "" if all(np.array_equal(a, b) for a, b in pair) else "precision or recall"


def difference(found: Evaluated, other: Evaluated, images: Bools) -> str:
    """In what our evaluation of the chosen images [N] differs from another one of these images alone."""
    mine, people = images[found.of.found_image], images[found.of.image]
    pairs = mine[found.pairs.found]
    if not np.array_equal(found.of.person[people], other.of.person):
        return "people"
    if not np.array_equal(found.of.scores[mine], other.of.scores):
        return "detections"
    renumbered = np.append(np.cumsum(people) - 1, -1)  # -1, for "not matched", stays -1
    compared = {
        "OKS": (found.oks[pairs], other.oks),
        "matches": (renumbered[found.match[:, :, mine]], other.match),
        "ignored people": (found.ignored_people[:, people], other.ignored_people),
        "ignored detections": (found.ignored[:, :, mine], other.ignored),
        "loose matches": (renumbered[found.loose[mine]], other.loose),
    }
    wrong = [name for name, (one, two) in compared.items() if not np.array_equal(one, two)]
    return ", ".join(wrong)
