"""People and detections of a whole data set as arrays, in the order in which COCO's evaluators go through them."""

import itertools
import math
from array import array
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from bench.catalog.schema import Layout
from bench.datasets.keypoints import KEYPOINTS
from bench.errors import DataError

Prediction = Mapping[str, Any]
Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]
MAX_DETECTIONS = 20  # per image, those with the highest scores


class Rules(NamedTuple):
    """What differs between the two evaluations.

    sigmas: [K] of OKS. use_area: the annotation's area is a person's, else 0.53 of the box. silent: detections without
    any keypoint score above 0 count.
    """

    sigmas: Floats
    use_area: bool
    silent: bool


def rules_of(dataset: Layout) -> Rules:
    """COCO's or CrowdPose's rules."""
    sigmas = KEYPOINTS[dataset].sigmas
    assert sigmas is not None, "MPII is not evaluated by OKS"
    coco = dataset == "coco"
    return Rules(sigmas, use_area=coco, silent=coco)


@dataclass(frozen=True)
class Instances:
    """N images; P people by image, in the file's order; D detections by image, by decreasing score; K keypoints.

    images: [N] ids, sorted. image: [P] index into `images`. person: [P] annotation ids. points: [2, P, K] x and y.
    flags: [P, K] as annotated, 0 not labelled, 2 visible. boxes: [P, 4]. areas: [P] square pixels. crowd: [P]. ignore:
    [P] a crowd, or without labelled keypoints. found_image: [D] index into `images`. entry: [D] position in the
    predictions. found: [2, D, K]. scores, found_areas: [D]. At most 20 detections of an image are kept.
    """

    images: Ints
    image: Ints
    person: Ints
    points: Floats
    flags: Floats
    boxes: Floats
    areas: Floats
    crowd: Bools
    ignore: Bools
    found_image: Ints
    entry: Ints
    found: Floats
    scores: Floats
    found_areas: Floats

    @classmethod
    def of(
        cls, annotations: Mapping[str, Any], predictions: Sequence[Prediction], rules: Rules
    ) -> "Instances":
        """From the content of an annotation file (see `bench.datasets.annotations`) and COCO result entries.

        Raises `DataError` for several categories, for annotation ids below 1, and for predictions on other images or
        with a coordinate or score that is not a finite number: evaluators take a detection with a NaN for right.
        """
        images = np.unique(np.array([one["id"] for one in annotations["images"]], dtype=np.int64))
        categories = {one["id"] for one in annotations["categories"]}
        people = [p for p in annotations["annotations"] if p["category_id"] in categories]
        found = _rows(predictions, "keypoints", 3 * len(rules.sigmas))
        _check(people, predictions, images, found)
        place, order = _by_image(people, images)
        flat = _rows(people, "keypoints", 3 * len(rules.sigmas))[order]
        boxes = _rows(people, "bbox", 4)[order]
        crowd = np.array([bool(p.get("iscrowd")) for p in people], dtype=bool)[order]
        unlabelled = np.array([p["num_keypoints"] == 0 for p in people], dtype=bool)[order]
        areas = boxes[:, 2] * boxes[:, 3] * 0.53
        if rules.use_area:
            areas = np.array([p["area"] for p in people], dtype=float)[order]
        return cls(
            images,
            place[order],
            np.array([p["id"] for p in people], dtype=np.int64)[order],
            _planes(flat),
            flat[:, 2::3],
            boxes,
            areas,
            crowd,
            crowd | unlabelled,
            *_detections(predictions, found, images, categories, rules),
        )

    def groups(self) -> Ints:
        """[N + 1] where the people of each image begin and end."""
        return np.searchsorted(self.image, np.arange(len(self.images) + 1))


def check_predictions(found: Sequence[Prediction], known: set[Any]) -> None:
    """Raises `DataError` for a prediction on an image whose id is not `known`, or with a coordinate or score that is
    not a finite number: the evaluators take a detection with a NaN for right, wherever it is."""
    _check_images(found, known)
    _check_numbers(found)


def _check_images(found: Sequence[Prediction], known: set[Any]) -> None:
    if unknown := [p["image_id"] for p in found if p["image_id"] not in known]:
        raise DataError(
            f"{len(unknown)} predictions are for images that are not in the annotations; the first is {unknown[0]!r}"
        )


def _check_numbers(found: Sequence[Prediction]) -> None:
    if broken := [p for p in found if not math.isfinite(sum(p["keypoints"]) + p["score"])]:
        raise DataError(
            f"{len(broken)} predictions have a coordinate or a score that is not a finite number; the first is on "
            f"image {broken[0]['image_id']!r}"
        )


def _check(
    people: Sequence[Prediction], found: Sequence[Prediction], images: Ints, points: Floats
) -> None:
    _check_images(found, set(images.tolist()))
    if not np.isfinite(points).all() or not np.isfinite([p["score"] for p in found]).all():
        _check_numbers(found)
    if low := [p["id"] for p in people if p["id"] < 1]:
        raise DataError(
            f"annotation id {low[0]}: 0 and less stand for 'not matched' in evaluations; number people from 1"
        )
    if len(classes := {p["category_id"] for p in people}) > 1:
        raise DataError(f"{len(classes)} categories were evaluated; matches are those of one")


def _rows(entries: Sequence[Prediction], key: str, width: int) -> Floats:
    """[len(entries), width]"""
    values = array("d")  # a third of the time of NumPy's own conversion
    for one in entries:
        values.fromlist(list(one[key]))
    return np.frombuffer(values).reshape(len(entries), width) if values else np.zeros((0, width))


def _by_image(entries: Sequence[Prediction], images: Ints) -> tuple[Ints, Ints]:
    """The index of each entry's image, and the entries by image."""
    ids = np.array([one["image_id"] for one in entries], dtype=np.int64)
    place = np.searchsorted(images, ids)
    return place, np.argsort(place, kind="stable")


def _detections(
    predictions: Sequence[Prediction],
    flat: Floats,
    images: Ints,
    categories: set[int],
    rules: Rules,
) -> tuple[Ints, Ints, Floats, Floats, Floats]:
    """The last five fields of `Instances`. flat: the keypoints of all predictions."""
    boxed = bool(predictions) and bool(predictions[0].get("bbox"))  # as `loadRes` decides
    place, _ = _by_image(predictions, images)
    scores = np.array([p["score"] for p in predictions], dtype=float)
    kept = np.array([p["category_id"] in categories for p in predictions], dtype=bool)
    if not rules.silent:
        kept &= (flat[:, 2::3] > 0).any(axis=1)
    order = np.lexsort((-scores, place))
    order = order[kept[order]]
    first = np.searchsorted(place[order], place[order])
    order = order[np.arange(len(order)) - first < MAX_DETECTIONS]
    found = _planes(flat[order])
    width, height = np.ptp(found, axis=2)
    if boxed:
        width, height = _rows(predictions, "bbox", 4)[order, 2:].T
    return place[order], order, found, scores[order], width * height


def _planes(flat: Floats) -> Floats:
    """[2, N, K] x and y from [N, 3 K]."""
    return np.stack([flat[:, 0::3], flat[:, 1::3]])


class Pairs(NamedTuple):
    """Each detection with each person of its image, by detection. found, person: [R] indices."""

    found: Ints
    person: Ints

    @classmethod
    def of(cls, image: Ints, groups: Ints) -> "Pairs":
        """image: [D] of the detections. groups: [N + 1] where the people of each image begin and end."""
        counts = np.diff(groups)[image]
        found = np.repeat(np.arange(len(image)), counts)
        within = np.arange(len(found)) - np.repeat(np.cumsum(counts) - counts, counts)
        return cls(found, groups[image[found]] + within)

    def parts(self, size: int = 2**14) -> list[slice]:
        """Slices of about `size` pairs, so that few are in memory at once; a detection's pairs stay together."""
        ends = np.flatnonzero(np.diff(self.found, append=-1)) + 1
        cuts = [0, *ends[np.searchsorted(ends, np.arange(size, len(self.found), size))].tolist()]
        cuts = sorted({*cuts, len(self.found)})
        return [slice(low, high) for low, high in itertools.pairwise(cuts)]
