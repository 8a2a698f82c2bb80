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
        times = np.ones_like(self.people) if times is None else times
        return float(ResampledAp(self)(times[None])[0])

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

    def __call__(self, times: NDArray[np.int64]) -> NDArray[np.float64]:
        """times: [B, N] of each image. [B], NaN without people."""
        people = times @ self.people
        weight = times.take(self.image, axis=1)
        seen_all = np.cumsum(weight, axis=1).take(self.matched, axis=1)
        weights = weight.take(self.matched, axis=1)
        total = np.zeros(len(times))
        for hits, passed, before in self.rows:
            if not len(hits):
                continue
            true = np.cumsum(weights.take(hits, axis=1), axis=1)
            seen = seen_all.take(hits, axis=1)
            if len(passed):
                ignored = np.cumsum(weight.take(passed, axis=1), axis=1)
                seen -= np.pad(ignored, ((0, 0), (1, 0))).take(before, axis=1)
            total += _sampled(true, seen, people)
        return np.where(people > 0, 100.0 * total / len(self.rows), np.nan)


def _sampled(
    true: NDArray[np.int64], seen: NDArray[np.int64], people: NDArray[np.int64]
) -> NDArray[np.float64]:
    """Mean precision [B] at the recalls, from the running sums [B, H] at matched detections.

    All rows are searched at once, as one sorted list: each row is moved above the one before.
    """
    rows, width = true.shape
    row = np.arange(rows)[:, None]
    above = row * (2 * int(people.max()) + 2)
    needed = np.minimum(_needed(people[:, None]), true[:, -1:] + 1)
    index = np.searchsorted((true + above).ravel(), (needed + above).ravel()).reshape(rows, -1)
    reached = index < (row + 1) * width
    precision = np.append(
        true / np.maximum(seen, 1), 0.0
    )  # a last one for recalls that are not reached
    # the best between one recall and the next; a row's first recall, 0, is at its first detection
    best = np.maximum.reduceat(precision, index.ravel())
    best = np.where(reached, best.reshape(rows, -1), 0.0)
    envelope = np.maximum.accumulate(best[:, ::-1], axis=1)[:, ::-1]
    return np.asarray(np.sum(envelope, axis=1) / len(RECALLS))


def _needed(people: NDArray[np.int64]) -> NDArray[np.int64]:
    """[B, 101] the fewest people found that are each recall of `people` [B, 1], by the evaluators' division."""
    people = np.maximum(people, 1)
    found = np.floor(RECALLS * people)
    found = np.where((found - 1) / people >= RECALLS, found - 1, found)
    return np.where(found / people >= RECALLS, found, found + 1).astype(np.int64)


def scores_of(evaluated: Evaluated) -> NDArray[np.float64]:
    """Scores [D] of all evaluated detections, in the order of `Matches.of`."""
    return np.asarray(-np.sort(-evaluated.of.scores))
