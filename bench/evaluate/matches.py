"""Matched detections of each image and threshold: what the image-paired bootstrap resamples."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

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
        """From a pycocotools (or xtcocotools) `COCOeval` after `evaluate()`, for one class and area."""
        p = evaluated.params
        chosen = p.areaRng[p.areaRngLbl.index(area)]
        found = [e for e in evaluated.evalImgs if e is not None and list(e["aRng"]) == list(chosen)]
        ids = np.array(sorted(p.imgIds), dtype=np.int64)
        people = np.zeros(len(ids), dtype=np.int64)
        scores, image, hit, ignored = [], [], [], []
        for one in sorted(found, key=lambda e: int(e["image_id"])):
            index = int(np.searchsorted(ids, one["image_id"]))
            people[index] = int(np.sum(np.asarray(one["gtIgnore"]) == 0))
            limit = p.maxDets[-1]
            scores.append(np.asarray(one["dtScores"][:limit], dtype=float))
            image.append(np.full(len(scores[-1]), index, dtype=np.int64))
            passed = np.asarray(one["dtIgnore"], dtype=bool)[:, :limit]
            matched = np.asarray(one["dtMatches"])[:, :limit] != 0
            hit.append(matched & ~passed)
            ignored.append(passed)
        if not scores:
            none = np.zeros((len(p.iouThrs), 0), dtype=bool)
            return cls(ids, people, np.zeros(0, dtype=np.int64), none, none)
        order = np.argsort(-np.concatenate(scores), kind="mergesort")
        return cls(
            ids,
            people,
            np.concatenate(image)[order],
            np.concatenate(hit, axis=1)[:, order],
            np.concatenate(ignored, axis=1)[:, order],
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
