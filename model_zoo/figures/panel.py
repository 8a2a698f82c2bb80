"""What a network shows of itself, as in the papers' figures: plain arrays, drawn elsewhere.

A head that has something to show has a method

    figures(feats, batch_data_samples) -> list[Figure]

for one image: `feats` are the backbone's (or neck's) features of it, the data sample holds its annotated keypoints
(`gt_instances`) if there are any.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

COCO = (
    "nose", "left eye", "right eye", "left ear", "right ear", "left shoulder", "right shoulder",
    "left elbow", "right elbow", "left wrist", "right wrist", "left hip", "right hip",
    "left knee", "right knee", "left ankle", "right ankle",
)  # fmt: skip
MPII = (
    "right ankle", "right knee", "right hip", "left hip", "left knee", "left ankle", "pelvis",
    "thorax", "upper neck", "head top", "right wrist", "right elbow", "right shoulder",
    "left shoulder", "left elbow", "left wrist",
)  # fmt: skip
CROWDPOSE = (
    "left shoulder", "right shoulder", "left elbow", "right elbow", "left wrist", "right wrist",
    "left hip", "right hip", "left knee", "right knee", "left ankle", "right ankle", "head top",
    "neck",
)  # fmt: skip


@dataclass(frozen=True)
class Figure:
    """One panel. At least one of `heat`, `points` and `matrix` is there.

    key: which figure it belongs to ("dependency-areas"); panels of one key stand side by side
    title: a few words, for instance the keypoint's name
    caption: what the figure (`key`) shows, and which figure of the paper it re-creates; the same in all its panels
    heat: [H, W] drawn over the image, stretched to it; any range, not negative
    points: [N, 2] x y in pixels of the network's input, with `weights` [N] within 0..1
    matrix: [R, C] with `rows` and `columns` as names; drawn on its own
    """

    key: str
    title: str
    caption: str
    heat: NDArray[np.floating] | None = None
    points: NDArray[np.floating] | None = None
    weights: NDArray[np.floating] | None = None
    matrix: NDArray[np.floating] | None = None
    rows: tuple[str, ...] = ()
    columns: tuple[str, ...] = ()


def keypoint_names(count: int) -> tuple[str, ...]:
    """Names of a data set's keypoints by how many there are: 17 COCO, 16 MPII, 14 CrowdPose; else numbers."""
    known = {len(names): names for names in (COCO, MPII, CROWDPOSE)}
    return known.get(count, tuple(f"keypoint {number + 1}" for number in range(count)))


def figures(model: Any, image: Any, sample: Any) -> list[Figure]:
    """The panels of one image ([3, H, W], normalised as the model's preprocessor gives it); [] if the head has none."""
    import torch

    if not hasattr(model.head, "figures"):
        return []
    training = model.training
    model.eval()
    try:
        with torch.no_grad():
            feats = model.extract_feat(image[None])
            return list(model.head.figures(feats, [sample]))
    finally:
        model.train(training)
