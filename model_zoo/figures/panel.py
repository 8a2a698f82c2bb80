"""Panels of a network's figures, as plain arrays that are drawn elsewhere.

A family whose head has something to show has a module `figures/<family>.py` with

    panels(head, feats, sample) -> list[Figure]

for one image: `feats` are the features of the backbone (or neck), `sample` is the image's data sample.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .. import keypoints
from ..families import family_module


@dataclass(frozen=True)
class Figure:
    """One panel, with at least one of `heat`, `points` and `matrix`.

    key: the figure it belongs to ("dependency-areas"); panels with the same key are drawn next to each other
    title: a few words, for instance the keypoint's name
    caption: what the figure (`key`) shows and which figure of the paper it re-creates; the same in all its panels
    heat: [H, W] drawn over the image, stretched to it; any range, not negative
    points: [N, 2] x y in pixels of the network's input, with `weights` [N] in [0, 1]
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
    """Names of a data set's keypoints by their number: 17 COCO, 16 MPII, 14 CrowdPose; else "keypoint 1", ..."""
    known = {len(names): names for names in map(keypoints.keypoint_names, keypoints.DATASETS)}
    names = known.get(count, [f"keypoint_{number}" for number in range(1, count + 1)])
    return tuple(name.replace("_", " ") for name in names)


def figures(model: Any, image: Any, sample: Any) -> list[Figure]:
    """The panels of one image ([3, H, W], normalised by the model's preprocessor); [] if its family has none."""
    import torch

    module = family_module("figures", model)
    if module is None:
        return []
    with torch.no_grad(), evaluating(model):
        return module.panels(model.head, model.extract_feat(image[None]), sample)


@contextmanager
def evaluating(model: Any) -> Iterator[None]:
    """The model in eval mode, afterwards in the mode it was in."""
    training = model.training
    model.eval()
    try:
        yield
    finally:
        model.train(training)
