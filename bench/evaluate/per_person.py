"""What became of every person: who was found, how well, and what is wrong with each keypoint."""

import io
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

from bench.errors import ResultError
from bench.files import write_atomically
from bench.results.records import DiagnosedGroup, KeypointErrors

KINDS = ("good", "jitter", "inversion", "swap", "miss")
GOOD, JITTER, INVERSION, SWAP, MISS = range(5)
NONE = -1  # not labelled, or on a person who was not found


@dataclass(frozen=True)
class People:
    """Every person that counts, and what became of them; N people, K keypoints.

    image, person: [N] ids of image and annotation (MPII: position of the image's first person, position). detection:
    [N] position in the predictions, -1 if nobody found them. score: [N] OKS with that detection, 0 without (MPII: share
    of labelled joints within half a head). kinds: [N, K] index into `KINDS` or -1.
    """

    image: NDArray[np.int64]
    person: NDArray[np.int64]
    detection: NDArray[np.int64]
    score: NDArray[np.float64]
    kinds: NDArray[np.int8]

    def by_image(self) -> dict[int, float]:
        """Mean score of each image with people, by image id: what two results are compared by."""
        images, place = np.unique(self.image, return_inverse=True)
        total = np.bincount(place, weights=self.score) / np.maximum(np.bincount(place), 1)
        return {int(one): float(score) for one, score in zip(images, total, strict=True)}

    def save(self, path: Path) -> None:
        """The whole file or none of it. Raises `ResultError` if it cannot be written."""
        packed = io.BytesIO()
        np.savez_compressed(packed, **vars(self))
        write_atomically(path, packed.getvalue())

    @classmethod
    def load(cls, path: Path) -> "People":
        """Raises `ResultError` for a file that is none of ours; nothing is unpickled."""
        try:
            with np.load(path, allow_pickle=False) as data:
                return cls(**{name: data[name] for name in cls.__annotations__})
        except (OSError, ValueError, LookupError, TypeError, EOFError, BadZipFile, zlib.error) as e:
            raise ResultError(f"{path}: no stored people: {e}; evaluate the run again") from None


def flipped(first: People, second: People, at: float = 0.5) -> list[tuple[int, float, float]]:
    """Images on which one result is right and the other is not: (image, first, second), widest apart first.

    An image is right from a mean score of `at`. Raises `ResultError` if the two saw different people.
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


def by_keypoint(people: People, names: Sequence[str]) -> dict[str, KeypointErrors]:
    """Kinds of errors of each keypoint, over all people."""
    return {name: _errors(people.kinds[:, place]) for place, name in enumerate(names)}


def group(people: People, chosen: NDArray[np.bool_]) -> DiagnosedGroup:
    """What happened to the `chosen` [N] of the people."""
    return DiagnosedGroup(
        people=int(chosen.sum()),
        not_found=int((people.detection[chosen] < 0).sum()),
        errors=_errors(people.kinds[chosen]),
    )


def groups(
    people: People, facts: Sequence[float], bins: Mapping[str, float]
) -> dict[str, DiagnosedGroup]:
    """People by the first bin whose upper bound they do not exceed; empty bins are left out."""
    place = np.searchsorted(list(bins.values()), facts, side="left")
    found = {name: group(people, place == at) for at, name in enumerate(bins)}
    return {name: one for name, one in found.items() if one.people}
