"""Keypoint names, sides and limbs of COCO, CrowdPose and MPII: said here and nowhere else."""


def _sided(*joints: str) -> tuple[str, ...]:
    return tuple(f"{side}_{joint}" for joint in joints for side in ("left", "right"))


COCO_17 = ("nose", *_sided("eye", "ear", "shoulder", "elbow", "wrist", "hip", "knee", "ankle"))
CROWDPOSE_14 = (
    *_sided("shoulder", "elbow", "wrist", "hip", "knee", "ankle"),
    "head_top",
    "thorax",
)


MPII_16 = (
    *("right_ankle", "right_knee", "right_hip", "left_hip", "left_knee", "left_ankle"),
    *("pelvis", "thorax", "upper_neck", "head_top"),
    *("right_wrist", "right_elbow", "right_shoulder"),
    *("left_shoulder", "left_elbow", "left_wrist"),
)


# MPII's own short names, in the same order, as its evaluation looks them up.
MPII_NAMES = (
    *("rank", "rkne", "rhip", "lhip", "lkne", "lank", "pelv", "thor", "neck", "head"),
    *("rwri", "relb", "rsho", "lsho", "lelb", "lwri"),
)


# Limbs by keypoint number, counted from 1, as COCO's and CrowdPose's files have them.
_COCO_LIMBS = [
    *([16, 14], [14, 12], [17, 15], [15, 13], [12, 13], [6, 12], [7, 13], [6, 7], [6, 8], [7, 9]),
    *([8, 10], [9, 11], [2, 3], [1, 2], [1, 3], [2, 4], [3, 5], [4, 6], [5, 7]),
]


_CROWDPOSE_LIMBS = [
    *([11, 9], [9, 7], [12, 10], [10, 8], [7, 8], [1, 7], [2, 8], [1, 2], [1, 3], [2, 4]),
    *([3, 5], [4, 6], [13, 14], [14, 1], [14, 2]),
]
