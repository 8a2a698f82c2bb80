"""LOFR's own metric: the average response around the joints (Table 7)."""

import re
from typing import Any

import numpy as np
import torch
from torch import Tensor

from ..keypoints import keypoint_names

MEASURED_STRIDE = 4  # stride of the grid on which responses are averaged, in pixels of the input

# columns of Table 7 (COCO has no head, though the table prints one)
COLUMNS = ("head", "ear", "eye", "nose", "shoulder", "elbow", "wrist", "hip", "knee", "ankle")


def joint_response(
    response: Tensor, points: Tensor, visible: Tensor, radius: float = 2.0
) -> Tensor:
    """Mean response [B, K] of the cells within `radius` cells of each joint; NaN where there is none.

    `response` [B, K, H, W], each map scaled to 0 at its minimum and 1 at its maximum (a flat map
    to 0); `points` [B, K, 2] (x, y) in cells of the map; `visible` [B, K]. A joint whose whole neighbourhood
    is outside the map counts as absent. Radius 0 takes the cell nearest to the joint.
    """
    low = response.amin(dim=(2, 3), keepdim=True)
    span = response.amax(dim=(2, 3), keepdim=True) - low
    scaled = torch.where(span > 0, (response - low) / span.clamp(min=1e-12), 0.0)
    height, width = response.shape[2:]
    rows = torch.arange(height, device=response.device)[:, None]
    columns = torch.arange(width, device=response.device)
    if radius == 0:
        points = points.round()
    x, y = points[..., 0, None, None], points[..., 1, None, None]
    near = (columns - x) ** 2 + (rows - y) ** 2 <= radius**2
    near = near & visible[..., None, None]
    return (scaled * near).sum(dim=(2, 3)) / near.sum(dim=(2, 3))


def by_kind(values: Tensor, skeleton: str) -> dict[str, Tensor]:
    """Values of `joint_response` [B, K] by column of Table 7, left and right together, without absent joints.

    `skeleton` is "coco", "mpii" or "crowdpose".
    """
    kinds = [re.sub("^(left|right)_|_top$", "", name) for name in keypoint_names(skeleton)]
    columns = {kind: [k for k, own in enumerate(kinds) if own == kind] for kind in COLUMNS}
    found = {kind: values[:, of].flatten() for kind, of in columns.items() if of}
    return {kind: each[~each.isnan()] for kind, each in found.items()}


def joints_in_crop(sample: Any) -> tuple[Tensor, Tensor]:
    """Annotated joints of one test sample in pixels of its crop [K, 2], and which are visible [K]."""
    given, about = sample.gt_instances, sample.metainfo
    size, scale = np.asarray(about["input_size"]), np.asarray(about["input_scale"])
    corner = np.asarray(about["input_center"]) - scale / 2
    points = (np.asarray(given.keypoints[0])[:, :2] - corner) / scale * size
    visible = np.asarray(given.keypoints_visible[0]) > 0
    return torch.tensor(points, dtype=torch.float32), torch.tensor(visible)
