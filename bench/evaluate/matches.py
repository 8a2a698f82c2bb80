"""Matched detections of each image and threshold: what the image-paired bootstrap resamples."""

from dataclasses import dataclass, replace
from functools import cached_property

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
        return self._resampled(np.ones_like(self.people) if times is None else times)

    @cached_property
    def _resampled(self) -> "ResampledAp":
        return ResampledAp(self)

    def average_recall(self, times: NDArray[np.int64] | None = None) -> float:
        """AR in percent: share of people detected, averaged over the thresholds; NaN without people."""
        weight, people = self._weighted(times)
        if people == 0:
            return float("nan")
        return 100.0 * float(np.mean(self.hit @ weight)) / people

    def _weighted(self, times: NDArray[np.int64] | None) -> tuple[NDArray[np.int64], int]:
        times = np.ones(len(self.images), dtype=np.int64) if times is None else times
        return times[self.image], int(times @ self.people)


class ResampledAp:
    """AP in percent of `Matches` when their images are used several times; everything but the weights done once.

    Precision counts at matched detections alone, so that the others, most of them, enter by one running sum for all
    thresholds; those after the last match by none.
    """

    def __init__(self, matches: Matches) -> None:
        self.people = matches.people
        at = np.flatnonzero(matches.hit.any(axis=0))
        end = at[-1] + 1 if len(at) else 0
        self.image, self.matched = matches.image[:end], at
        self.rows = []
        for hit, ignored in zip(matches.hit, matches.ignored, strict=True):
            hits, passed = np.flatnonzero(hit), np.flatnonzero(ignored[:end])
            before = np.searchsorted(passed, hits)
            self.rows.append((np.searchsorted(at, hits), passed, before))

    def __call__(self, times: NDArray[np.int64]) -> float:
        """times: [N] of each image. NaN without people."""
        people = int(times @ self.people)
        if people == 0:
            return float("nan")
        needed = _needed(people)
        weight = times.take(self.image)
        seen_all, weights = np.cumsum(weight).take(self.matched), weight.take(self.matched)
        total = 0.0
        for hits, passed, before in self.rows:
            true = np.cumsum(weights.take(hits))
            seen = seen_all.take(hits)
            if len(passed):
                seen = seen - np.append(0, np.cumsum(weight.take(passed))).take(before)
            index = np.searchsorted(true, needed)
            index = index[: np.searchsorted(index, len(hits))]
            if len(index):
                precision = true / np.maximum(seen, 1)
                best = np.maximum.reduceat(precision, index)  # between one recall and the next
                envelope = np.maximum.accumulate(best[::-1])[::-1]
                total += float(np.sum(envelope)) / len(RECALLS)
        return 100.0 * total / len(self.rows)


def _needed(people: int) -> NDArray[np.int64]:
    """[101] the fewest people found that are each recall of `people`, by the evaluators' division."""
    found = np.floor(RECALLS * people)
    found = np.where((found - 1) / people >= RECALLS, found - 1, found)
    return np.where(found / people >= RECALLS, found, found + 1).astype(np.int64)


def scores_of(evaluated: Evaluated) -> NDArray[np.float64]:
    """Scores [D] of all evaluated detections, in the order of `Matches.of`."""
    return np.asarray(-np.sort(-evaluated.of.scores))
