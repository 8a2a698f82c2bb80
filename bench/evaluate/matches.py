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

    Within a run of matches that no other detection interrupts, precision never falls, whatever the weights are. So the
    best precision from a recall on is that at the end of a run, and is looked for at these ends alone; how much a run
    adds is a difference of one running sum, which all thresholds share.
    """

    def __init__(self, matches: Matches) -> None:
        self.people = matches.people
        at = np.flatnonzero(matches.hit.any(axis=0))
        end = at[-1] + 1 if len(at) else 0
        self.image = matches.image[:end]
        changes = np.diff(np.pad(matches.hit[:, :end], ((0, 0), (1, 1))).astype(np.int8), axis=1)
        self.borders = np.flatnonzero(changes.any(axis=0))
        self.runs = []
        for change, ignored in zip(changes, matches.ignored[:, :end], strict=True):
            starts, ends = np.flatnonzero(change == 1), np.flatnonzero(change == -1)
            passed = np.flatnonzero(ignored)
            before = np.searchsorted(passed, ends)
            places = (np.searchsorted(self.borders, one) for one in (starts, ends))
            self.runs.append((*places, matches.image[passed], before))

    def __call__(self, times: NDArray[np.int64]) -> NDArray[np.float64]:
        """times: [B, N] of each image. [B], NaN without people."""
        people = times @ self.people
        needed = _needed(people[:, None]).astype(np.int32)
        drawn = times.astype(np.int32)
        sums = _sums(drawn, self.image).take(self.borders, axis=1, mode="clip")
        total = np.zeros(len(times))
        for starts, ends, passed, before in self.runs:
            if not len(starts):
                continue
            seen = sums.take(ends, axis=1, mode="clip")
            true = seen - sums.take(starts, axis=1, mode="clip")
            np.cumsum(true, axis=1, dtype=np.int32, out=true)
            if len(passed):
                seen -= _sums(drawn, passed).take(before, axis=1, mode="clip")
            total += _sampled(true, seen, needed)
        return np.where(people > 0, 100.0 * total / len(self.runs), np.nan)


def _sums(times: NDArray[np.int32], images: NDArray[np.int64]) -> NDArray[np.int32]:
    """[B, 1 + D] how often the images of the first 0 to D detections are used."""
    sums = np.zeros((len(times), len(images) + 1), np.int32)
    np.cumsum(times.take(images, axis=1), axis=1, dtype=np.int32, out=sums[:, 1:])
    return sums


def _sampled(
    true: NDArray[np.int32], seen: NDArray[np.int32], needed: NDArray[np.int32]
) -> NDArray[np.float64]:
    """Mean precision [B] at the recalls, from the running sums [B, R] at the ends of runs."""
    rows, width = true.shape
    pairs = zip(true, needed, strict=True)
    index = np.array([one.searchsorted(least) for one, least in pairs])
    precision = np.zeros(true.size + 1)  # a last one for recalls that are not reached
    inside = precision[:-1].reshape(rows, width)
    np.divide(true.astype(float), np.maximum(seen, 1).astype(float), out=inside)
    # the best between one recall and the next; a row's first recall, 0, is at its first run
    first = width * np.arange(rows)[:, None]
    best = np.maximum.reduceat(precision, (first + index).ravel()).reshape(index.shape)
    best[index == width] = 0.0
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
