"""Measures of LOFR's own: the average response around the joints (Table 7), and what its figures show."""

from typing import Any

import numpy as np
import torch
from torch import Tensor

from ..figures.panel import Figure, keypoint_names
from .graph import prototype_products

MEASURED_STRIDE = 4  # the grid on which responses are read, in pixels of the input
SHOWN = 4  # joints whose maps are drawn

# columns of Table 7: keypoint numbers by data set (COCO has no head, though the table prints one)
KINDS = {
    "coco": dict(
        ear=(3, 4),
        eye=(1, 2),
        nose=(0,),
        shoulder=(5, 6),
        elbow=(7, 8),
        wrist=(9, 10),
        hip=(11, 12),
        knee=(13, 14),
        ankle=(15, 16),
    ),
    "mpii": dict(
        head=(9,),
        shoulder=(12, 13),
        elbow=(11, 14),
        wrist=(10, 15),
        hip=(2, 3),
        knee=(1, 4),
        ankle=(0, 5),
    ),
    "crowdpose": dict(
        head=(12,),
        shoulder=(0, 1),
        elbow=(2, 3),
        wrist=(4, 5),
        hip=(6, 7),
        knee=(8, 9),
        ankle=(10, 11),
    ),
}


def joint_response(
    response: Tensor, points: Tensor, visible: Tensor, radius: float = 2.0
) -> Tensor:
    """Mean response [B, K] of the cells within `radius` cells of each joint; NaN where there is none.

    `response` [B, K, H, W], each map scaled here to 0 at its minimum and 1 at its maximum (a flat map
    to 0); `points` [B, K, 2] (x, y) in cells of the map; `visible` [B, K]. A joint whose surroundings
    lie outside the map counts as absent. Radius 0 reads the cell nearest to the joint.
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
    """Values of `joint_response` [B, K] by column of Table 7, left and right together, absent joints left out.

    `skeleton` is "coco", "mpii" or "crowdpose".
    """
    columns = {kind: values[:, list(of)].flatten() for kind, of in KINDS[skeleton].items()}
    return {kind: found[~found.isnan()] for kind, found in columns.items()}


def joints_in_crop(sample: Any) -> tuple[Tensor, Tensor]:
    """Annotated joints of one test sample in pixels of its crop [K, 2], and which are visible [K]."""
    given, about = sample.gt_instances, sample.metainfo
    size, scale = np.asarray(about["input_size"]), np.asarray(about["input_scale"])
    corner = np.asarray(about["input_center"]) - scale / 2
    points = (np.asarray(given.keypoints[0])[:, :2] - corner) / scale * size
    visible = np.asarray(given.keypoints_visible[0]) > 0
    return torch.tensor(points, dtype=torch.float32), torch.tensor(visible)


def panels(activation: Tensor, response: Tensor, prototypes: Tensor) -> list[Figure]:
    """Class activation maps [K, h, w], part response maps [K, H, W] and prototypes P' [K, D] of one image."""
    names = keypoint_names(len(response))
    told = {
        "class-activation": (
            "Where the CNN sees that a joint is in the picture (class activation maps, Figure 4 of the paper).",
            activation,
        ),
        "response": (
            "Part response maps, whose maxima are the pose (Figures 5, 7 and 8 of the paper).",
            response,
        ),
    }
    joints = torch.linspace(0, len(names) - 1, SHOWN).int().tolist()
    found = [
        Figure(key, names[k], caption, heat=maps[k].float().cpu().numpy())
        for key, (caption, maps) in told.items()
        for k in joints
    ]
    caption = "Inner products of the prototypes that enter the decoder, each of length 1 (Figure 6 of the paper)."
    matrix = prototype_products(prototypes.float().cpu()).numpy()
    found.append(
        Figure("prototypes", "all joints", caption, matrix=matrix, rows=names, columns=names)
    )
    return found
