"""Matched detections of each image and threshold: what the image-paired bootstrap resamples."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bench.errors import DataError
from bench.evaluate.npz import NpzFile

RECALLS = np.linspace(0.0, 1.0, 101)


@dataclass(frozen=True)
class Matches(NpzFile):
    """Matched detections of one run, by decreasing score; T OKS thresholds, D detections, N images.

    images: [N] image ids, sorted. people: [N] people who count. image: [D] index into `images`.
    hit, ignored: [T, D] matched to a person who counts; matched to one who does not count.
    """

    images: NDArray[np.int64]
    people: NDArray[np.int64]
    image: NDArray[np.int64]
    hit: NDArray[np.bool_]
    ignored: NDArray[np.bool_]

    @classmethod
    def of(cls, evaluated: Any, area: str = "all") -> "Matches":
        """From a pycocotools or xtcocotools `COCOeval` after `evaluate()`, for one class and area.

        Raises `DataError` for several categories, and for annotation ids below 1: 0 and -1 stand for "not matched".
        """
        ids, found = _in_area(evaluated, area)
        p = evaluated.params
        people = np.zeros(len(ids), dtype=np.int64)
        hit, ignored = [], []
        for index, one in found:
            people[index] = int(np.sum(np.asarray(one["gtIgnore"]) == 0))
            passed = np.asarray(one["dtIgnore"], dtype=bool)[:, : p.maxDets[-1]]
            matched = np.asarray(one["dtMatches"])[:, : p.maxDets[-1]] > 0
            hit.append(matched & ~passed)
            ignored.append(passed)
        if not hit:
            none = np.zeros((len(p.iouThrs), 0), dtype=bool)
            return cls(ids, people, np.zeros(0, dtype=np.int64), none, none)
        image, scores = _detections(found, p.maxDets[-1])
        best = np.argsort(-scores, kind="mergesort")
        return cls(
            ids,
            people,
            image[best],
            np.concatenate(hit, axis=1)[:, best],
            np.concatenate(ignored, axis=1)[:, best],
        )

    def renumbered(self, scores: NDArray[np.float64], order: NDArray[np.int64]) -> "Matches":
        """As with other image numbers: equal `scores` [D] by the images' rank in `order` [N]."""
        best = np.lexsort((order[self.image], -scores))
        return replace(
            self, image=self.image[best], hit=self.hit[:, best], ignored=self.ignored[:, best]
        )

    def average_precision(self, times: NDArray[np.int64] | None = None) -> float:
        """AP in percent when image n is used `times[n]` times (default: once each); NaN without people.

        As COCO defines it: non-increasing precision, sampled at 101 recalls, averaged over the thresholds.
        """
        weight, people = self._weighted(times)
        if people == 0:
            return float("nan")
        total = 0.0
        for hit, ignored in zip(self.hit, self.ignored, strict=True):
            true = np.cumsum(weight * hit)
            seen = np.cumsum(weight * ~ignored)
            at = np.flatnonzero(hit)
            if len(at) == 0:
                continue
            precision = true[at] / np.maximum(seen[at], 1)
            envelope = np.maximum.accumulate(precision[::-1])[::-1]
            index = np.searchsorted(true[at] / people, RECALLS, side="left")
            total += float(np.sum(envelope[index[index < len(at)]])) / len(RECALLS)
        return 100.0 * total / len(self.hit)

    def average_recall(self, times: NDArray[np.int64] | None = None) -> float:
        """AR in percent: share of people detected, averaged over the thresholds; NaN without people."""
        weight, people = self._weighted(times)
        if people == 0:
            return float("nan")
        return 100.0 * float(np.mean(self.hit @ weight)) / people

    def _weighted(self, times: NDArray[np.int64] | None) -> tuple[NDArray[np.int64], int]:
        times = np.ones(len(self.images), dtype=np.int64) if times is None else times
        return times[self.image], int(times @ self.people)


def scores_of(evaluated: Any) -> NDArray[np.float64]:
    """Scores [D] of all evaluated detections, in the order of `Matches.of`."""
    scores = _detections(_in_area(evaluated, "all")[1], evaluated.params.maxDets[-1])[1]
    return np.asarray(-np.sort(-scores))


def _in_area(evaluated: Any, area: str) -> tuple[NDArray[np.int64], list[tuple[int, Any]]]:
    """Sorted image ids; place of the image and the evaluator's record, for images with people or detections."""
    p = evaluated.params
    chosen = list(p.areaRng[p.areaRngLbl.index(area)])
    found = [e for e in evaluated.evalImgs if e is not None and list(e["aRng"]) == chosen]
    if low := [key for one in found for key in one["gtIds"] if key < 1]:
        raise DataError(
            f"annotation id {low[0]}: 0 and less stand for 'not matched' in evaluations; number people from 1"
        )
    if len(classes := {one["category_id"] for one in found}) > 1:
        raise DataError(f"{len(classes)} categories were evaluated; matches are those of one")
    ids = np.array(sorted(p.imgIds), dtype=np.int64)
    places = np.searchsorted(ids, [int(one["image_id"]) for one in found]).tolist()
    return ids, sorted(zip(places, found, strict=True), key=lambda pair: int(pair[0]))


def _detections(
    found: Sequence[tuple[int, Any]], limit: int
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    scores = [np.asarray(one["dtScores"][:limit], dtype=float) for _, one in found]
    image = [
        np.full(len(one), at, dtype=np.int64) for (at, _), one in zip(found, scores, strict=True)
    ]
    if not scores:
        return np.zeros(0, dtype=np.int64), np.zeros(0)
    return np.concatenate(image), np.concatenate(scores)
