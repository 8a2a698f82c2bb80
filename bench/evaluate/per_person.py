"""The result of each person: whether they were detected, with which OKS, and the error type of each keypoint."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from bench.errors import ResultError
from bench.evaluate.npz import NpzFile
from bench.results.records import DiagnosedGroup, KeypointErrors

KINDS = ("good", "jitter", "inversion", "swap", "miss")
GOOD, JITTER, INVERSION, SWAP, MISS = range(5)
NONE = -1  # not labelled, or of a person who was not detected


@dataclass(frozen=True)
class People(NpzFile):
    """Every person who counts in the evaluation; N people, K keypoints.

    image, person: [N] ids of image and annotation (MPII: position of the image's first person, position). detection:
    [N] position in the predictions, -1 if there is none. score: [N] OKS with that detection, 0 without (MPII: share
    of labelled joints within half a head size). kinds: [N, K] index into `KINDS` or -1.
    """

    image: NDArray[np.int64]
    person: NDArray[np.int64]
    detection: NDArray[np.int64]
    score: NDArray[np.float64]
    kinds: NDArray[np.int8]

    def renumbered(self, original: Mapping[int, int]) -> "People":
        """With the file's annotation ids in place of those that the evaluation used; unchanged if there are none."""
        if not original:
            return self
        ids = [original[person] for person in self.person.tolist()]
        return replace(self, person=np.array(ids, dtype=np.int64))

    def by_image(self) -> dict[int, float]:
        """Mean score of each image with people, by image id, for comparing two results."""
        images, place = np.unique(self.image, return_inverse=True)
        total = np.bincount(place, weights=self.score) / np.maximum(np.bincount(place), 1)
        return {int(one): float(score) for one, score in zip(images, total, strict=True)}

    def by_keypoint(self, names: Sequence[str]) -> dict[str, KeypointErrors]:
        """Error types of each keypoint, over all people."""
        return {name: _errors(self.kinds[:, column]) for column, name in enumerate(names)}

    def group(self, chosen: NDArray[np.bool_] | slice = slice(None)) -> DiagnosedGroup:
        """The errors of the `chosen` [N] people, of everyone by default."""
        detection = self.detection[chosen]
        return DiagnosedGroup(
            people=len(detection),
            not_found=int((detection < 0).sum()),
            errors=_errors(self.kinds[chosen]),
        )

    def groups(
        self, values: Sequence[float], bins: Mapping[str, float]
    ) -> dict[str, DiagnosedGroup]:
        """People by the first bin whose upper bound their value [N] does not exceed; without empty bins."""
        index = np.searchsorted(list(bins.values()), values, side="left")
        found = {name: self.group(index == at) for at, name in enumerate(bins)}
        return {name: one for name, one in found.items() if one.people}


def flipped(first: People, second: People, at: float = 0.5) -> list[tuple[int, float, float]]:
    """Images on which one result is right and the other is wrong: (image, first, second), largest difference first.

    An image is right from a mean score of `at`. Raises `ResultError` if the two are not of the same people.
    """
    if not np.array_equal(first.person, second.person):
        raise ResultError("the two results are not of the same people; compare runs of one tier")
    one, two = first.by_image(), second.by_image()
    rows = [(image, one[image], two[image]) for image in one]
    apart = [row for row in rows if (row[1] >= at) != (row[2] >= at)]
    return sorted(apart, key=lambda row: (-abs(row[1] - row[2]), row[0]))


def _errors(kinds: NDArray[np.int8]) -> KeypointErrors:
    counts = np.bincount(kinds[kinds >= 0].ravel(), minlength=len(KINDS))
    return KeypointErrors(**{name: int(n) for name, n in zip(KINDS, counts, strict=True)})
