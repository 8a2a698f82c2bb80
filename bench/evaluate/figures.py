"""The figures that the official evaluators print, from our own evaluation or from theirs."""

import contextlib
import io
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from bench.catalog.schema import Layout
from bench.evaluate.evaluated import (
    AREAS,
    THRESHOLDS,
    Curves,
    Evaluated,
    curves,
    evaluate_instances,
    mean_of,
)
from bench.evaluate.instances import Instances, Prediction, rules_of

EASY, HARD = 0.2, 0.8  # CrowdPose: crowd index below which images are easy, and from which hard


class Found(NamedTuple):
    """figures: 0 to 1, -1 where nobody counts, in the order of `bench.evaluate.metrics.METRICS`."""

    evaluated: Evaluated
    figures: list[float]
    notes: tuple[str, ...] = ()


def evaluate_entries(
    dataset: Layout,
    annotations: Mapping[str, Any],
    predictions: Sequence[Prediction],
    *,
    reference: bool = False,
) -> Found:
    """Evaluate COCO result entries on checked annotations (`bench.datasets.annotations`).

    The official evaluator does it for a sample of the images too. If it finds anything else there, which a note says,
    or with `reference`, it evaluates everything. Raises `DataError` for a prediction on an image that is not listed.
    """
    from bench.evaluate.reference import sampled_difference

    rules = rules_of(dataset)
    if reference:
        return _official(dataset, annotations, predictions)
    evaluated = evaluate_instances(Instances.of(annotations, predictions, rules), rules)
    if wrong := sampled_difference(dataset, annotations, predictions, evaluated):
        note = (
            f"our evaluation differs from the official one in a sample of the images ({wrong}), so that the official "
            "evaluator did it all; please report this with the files"
        )
        return _official(dataset, annotations, predictions, (note,))
    figures = _coco(curves(evaluated))
    if dataset == "crowdpose":
        figures = [figures[n] for n in (0, 1, 2, 5, 6, 7)] + _crowding(annotations, evaluated)
    return Found(evaluated, figures)


def _coco(found: Curves) -> list[float]:
    """AP, AP50, AP75, AP of medium and large people, then the same of AR."""
    every, medium, large = range(len(AREAS))
    half, strict = [int(np.argmin(abs(THRESHOLDS - at))) for at in (0.5, 0.75)]
    return [
        mean_of(values[chosen])
        for values in (found.precision, found.recall)
        for chosen in (
            (..., every),
            (half, ..., every),
            (strict, ..., every),
            (..., medium),
            (..., large),
        )
    ]


def _crowding(annotations: Mapping[str, Any], evaluated: Evaluated) -> list[float]:
    """AP of easy, medium and hard images: a mean over all entries, rounded to four digits, as xtcocotools has it."""
    index = {one["id"]: one["crowdIndex"] for one in annotations["images"]}
    crowded = np.array([index[image] for image in evaluated.of.images.tolist()])
    classes = (crowded < EASY, (crowded >= EASY) & (crowded < HARD), crowded >= HARD)
    return [
        round(float(np.mean(curves(evaluated, chosen).precision[:, :, 0])), 4) for chosen in classes
    ]


def _official(
    dataset: Layout,
    annotations: Mapping[str, Any],
    predictions: Sequence[Prediction],
    notes: tuple[str, ...] = (),
) -> Found:
    from bench.evaluate.official import official_evaluation
    from bench.evaluate.reference import read_official

    content = {**annotations, "annotations": [dict(one) for one in annotations["annotations"]]}
    evaluation = official_evaluation(dataset, content, predictions)
    evaluated = read_official(evaluation, rules_of(dataset))
    with contextlib.redirect_stdout(io.StringIO()):
        evaluation.accumulate()
        evaluation.summarize()
    return Found(evaluated, [float(one) for one in evaluation.stats], notes)
