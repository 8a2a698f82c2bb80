"""Matched detections of each image and threshold: what the image-paired bootstrap resamples."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from bench.evaluate.evaluated import AREAS, RECALLS, Evaluated
from bench.evaluate.npz import NpzFile


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
    def of(cls, evaluated: Evaluated, area: str = "all") -> "Matches":
        """Of people of one area. Scores of the detections, in this order: `scores_of`."""
        of, chosen = evaluated.of, list(AREAS).index(area)
        best = np.argsort(-of.scores, kind="stable")
        ignored = evaluated.ignored[chosen][:, best]
        counted = of.image[~evaluated.ignored_people[chosen]]
        return cls(
            of.images,
            np.bincount(counted, minlength=len(of.images)),
            of.found_image[best],
            (evaluated.match[chosen][:, best] >= 0) & ~ignored,
            ignored,
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


def scores_of(evaluated: Evaluated) -> NDArray[np.float64]:
    """Scores [D] of all evaluated detections, in the order of `Matches.of`."""
    return np.asarray(-np.sort(-evaluated.of.scores))
