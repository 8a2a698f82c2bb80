"""In which order tools list keypoints, by the names of `bench.datasets.keypoints`; other names are theirs."""

from bench.catalog.schema import Layout
from bench.datasets.keypoints import KEYPOINTS

COCO_17 = KEYPOINTS["coco"].names


def _limb(side: str, *joints: str) -> tuple[str, ...]:
    return tuple(f"{side}_{joint}" for joint in joints)


_ARM, _LEG = ("shoulder", "elbow", "wrist"), ("hip", "knee", "ankle")
_FACE = ("right_eye", "left_eye", "right_ear", "left_ear")
_BODY = ("nose", "neck", *_limb("right", *_ARM), *_limb("left", *_ARM))
OPENPOSE_18 = (*_BODY, *_limb("right", *_LEG), *_limb("left", *_LEG), *_FACE)
OPENPOSE_25 = (
    *(*_BODY, "mid_hip", *_limb("right", *_LEG), *_limb("left", *_LEG), *_FACE),
    *(
        *_limb("left", "big_toe", "small_toe", "heel"),
        *_limb("right", "big_toe", "small_toe", "heel"),
    ),
)
OPENPOSE = (OPENPOSE_18, OPENPOSE_25)


def starting_with_coco(dataset: Layout, *counts: int) -> tuple[tuple[str, ...], ...]:
    """The data set's own order, and orders of more keypoints that begin with COCO's 17 (Halpe, COCO-WholeBody)."""
    longer = [(*COCO_17, *(f"further {n}" for n in range(17, count))) for count in counts]
    return (*longer, COCO_17, KEYPOINTS[dataset].names)
