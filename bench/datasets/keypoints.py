"""Keypoints of COCO, MPII and CrowdPose: names, left-right pairs, limbs, OKS sigmas. Defined here and nowhere else."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from bench.catalog.schema import Layout


@dataclass(frozen=True, eq=False)
class Skeleton:
    """The keypoints of a data set, in the order of its files; K keypoints, numbered from 0.

    names: [K]. limbs: pairs of keypoints to join. sigmas: [K] of OKS, None for MPII, which has none.
    """

    names: tuple[str, ...]
    limbs: tuple[tuple[int, int], ...]
    sigmas: NDArray[np.float64] | None = None

    @cached_property
    def pairs(self) -> tuple[tuple[int, int], ...]:
        """Left and right keypoint of each joint that has both."""
        left = [name for name in self.names if name.startswith("left_")]
        return tuple(
            (self.names.index(name), self.names.index(name.replace("left_", "right_", 1)))
            for name in left
        )

    @cached_property
    def partners(self) -> list[int]:
        """For each keypoint the one on the other side; itself where there is none."""
        partners = list(range(len(self.names)))
        for left, right in self.pairs:
            partners[left], partners[right] = right, left
        return partners


def _sided(*joints: str) -> tuple[str, ...]:
    return tuple(f"{side}_{joint}" for joint in joints for side in ("left", "right"))


def _sigmas(*tenths: float) -> NDArray[np.float64]:
    return np.array(tenths) / 10


KEYPOINTS: Mapping[Layout, Skeleton] = {
    "coco": Skeleton(
        names=("nose", *_sided("eye", "ear", "shoulder", "elbow", "wrist", "hip", "knee", "ankle")),
        limbs=(
            *((15, 13), (13, 11), (16, 14), (14, 12), (11, 12), (5, 11), (6, 12), (5, 6), (5, 7)),
            *((6, 8), (7, 9), (8, 10), (1, 2), (0, 1), (0, 2), (1, 3), (2, 4), (3, 5), (4, 6)),
        ),
        sigmas=_sigmas(
            *(0.26, 0.25, 0.25, 0.35, 0.35, 0.79, 0.79, 0.72, 0.72),
            *(0.62, 0.62, 1.07, 1.07, 0.87, 0.87, 0.89, 0.89),
        ),
    ),
    "mpii": Skeleton(
        names=(
            *("right_ankle", "right_knee", "right_hip", "left_hip", "left_knee", "left_ankle"),
            *("pelvis", "thorax", "upper_neck", "head_top"),
            *("right_wrist", "right_elbow", "right_shoulder"),
            *("left_shoulder", "left_elbow", "left_wrist"),
        ),
        limbs=(
            *((0, 1), (1, 2), (2, 6), (6, 3), (3, 4), (4, 5), (6, 7), (7, 8), (8, 9)),
            *((8, 12), (12, 11), (11, 10), (8, 13), (13, 14), (14, 15)),
        ),
    ),
    "crowdpose": Skeleton(
        names=(*_sided("shoulder", "elbow", "wrist", "hip", "knee", "ankle"), "head_top", "thorax"),
        limbs=(
            *((10, 8), (8, 6), (11, 9), (9, 7), (6, 7), (0, 6), (1, 7), (0, 1), (0, 2), (1, 3)),
            *((2, 4), (3, 5), (12, 13), (13, 0), (13, 1)),
        ),
        sigmas=_sigmas(
            *(0.79, 0.79, 0.72, 0.72, 0.62, 0.62, 1.07, 1.07, 0.87, 0.87, 0.89, 0.89, 0.79, 0.79),
        ),
    ),
}

# MPII's own short names, in the same order: its evaluation file lists them as `dataset_joints`.
MPII_SHORT_NAMES: Sequence[str] = (
    *("rank", "rkne", "rhip", "lhip", "lkne", "lank", "pelvis", "thorax", "neck", "head"),
    *("rwri", "relb", "rsho", "lsho", "lelb", "lwri"),
)


def limbs_of(count: int) -> tuple[tuple[int, int], ...]:
    """Limbs of the data set with that many keypoints; none for any other number."""
    known = {len(skeleton.names): skeleton.limbs for skeleton in KEYPOINTS.values()}
    return known.get(count, ())
