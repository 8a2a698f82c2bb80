"""What in predictions makes a figure depend on chance or on the evaluator; one note each."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bench.catalog.schema import Layout
from bench.evaluate.evaluated import Evaluated, evaluate_instances
from bench.evaluate.image_index import ImageIndex
from bench.evaluate.instances import Instances, Prediction, rules_of
from bench.evaluate.matches import Matches, scores_of
from bench.evaluate.misreadings import BETTER, POOR, other_readings

ORDERS = 20  # random orders of the images
MANY = 0.01  # share of detections with an equal score in another image, from which their effect is shown


def cautions(
    dataset: Layout,
    annotations: Mapping[str, Any],
    predictions: Sequence[Prediction],
    evaluated: Evaluated,
    matches: Matches,
) -> list[str]:
    """Notes on an evaluation of these annotations and predictions, and its matches."""
    notes = equal_scores(evaluated, matches) + _misread(dataset, annotations, predictions, matches)
    if dataset == "crowdpose":
        notes += _silent(annotations, predictions, matches)
    return notes


def equal_scores(evaluated: Evaluated, matches: Matches) -> list[str]:
    """How many detections have an equal score in another image, and how far AP depends on the order of the images.

    Evaluators rank equal scores by the number of the image, so the same images with other numbers give another AP.
    """
    scores = scores_of(evaluated)
    tied = _tied(matches.image, scores)
    if tied < max(2, MANY * len(scores)) or not matches.people.sum():
        return []
    rng = np.random.default_rng(0)
    orders = (rng.permutation(len(matches.images)) for _ in range(ORDERS))
    reached = [matches.renumbered(scores, order).average_precision() for order in orders]
    return [
        f"{tied} of {len(scores)} detections have an equal score in another image; evaluators rank these "
        f"by image number: AP is {matches.average_precision():.2f} with the numbers given, "
        f"{min(reached):.2f} to {max(reached):.2f} over {ORDERS} random renumberings"
    ]


def _tied(image: NDArray[np.int64], scores: NDArray[np.float64]) -> int:
    """Detections [D] whose score also occurs in another image."""
    values, place = np.unique(scores, return_inverse=True)
    low = np.full(len(values), np.iinfo(np.int64).max)
    high = np.full(len(values), -1)
    np.minimum.at(low, place, image)
    np.maximum.at(high, place, image)
    return int((low < high)[place].sum())


def _misread(
    dataset: Layout,
    annotations: Mapping[str, Any],
    predictions: Sequence[Prediction],
    matches: Matches,
) -> list[str]:
    """Other readings of predictions with a poor AP that have a much better one; nothing is read so."""
    reached = matches.average_precision()
    if not predictions or not reached < POOR:  # NaN: nobody is evaluated
        return []
    sizes = ImageIndex.of(annotations["images"]).sizes
    notes = []
    for name, entries in other_readings(dataset, predictions, sizes):
        other = _average_precision(dataset, annotations, entries)
        if other > reached + BETTER:
            notes.append(
                f"AP is {reached:.2f}, but would be {other:.2f} with {name}: check how predictions and annotations "
                "were written"
            )
    return notes


def _silent(
    annotations: Mapping[str, Any], predictions: Sequence[Prediction], matches: Matches
) -> list[str]:
    """CrowdPose: detections that the evaluator drops because no keypoint score is above 0, and AP with them."""
    dropped = [not any(score > 0 for score in p["keypoints"][2::3]) for p in predictions]
    if not any(dropped):
        return []
    heard = [
        {**p, "keypoints": _scored(p["keypoints"])} if drop else p
        for p, drop in zip(predictions, dropped, strict=True)
    ]
    kept = matches.average_precision()
    among = _average_precision("crowdpose", annotations, heard)
    return [
        f"{sum(dropped)} detections have no keypoint score above 0: CrowdPose's evaluator drops them "
        f"(AP {kept:.2f}, shown because published figures come from it); its formula without that rule "
        f"gives AP {among:.2f}. Write keypoint scores above 0 to have them counted"
    ]


def _scored(keypoints: Sequence[float]) -> list[float]:
    """The same places with the keypoint score 1."""
    return [1.0 if n % 3 == 2 else value for n, value in enumerate(keypoints)]


def _average_precision(
    dataset: Layout, annotations: Mapping[str, Any], predictions: Sequence[Prediction]
) -> float:
    """AP in percent."""
    rules = rules_of(dataset)
    return Matches.of(
        evaluate_instances(Instances.of(annotations, predictions, rules), rules)
    ).average_precision()
