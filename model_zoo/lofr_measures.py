"""Measures of LOFR's own: the average response around the joints (Table 7). Pure functions.

Figure 6's inner products of prototypes are `lofr_graph.prototype_products`.
"""

import torch
from torch import Tensor

# columns of Table 7: keypoint numbers by data set (COCO has no head, though the table prints one)
KINDS = {
    "coco": dict(
        Ear=(3, 4),
        Eye=(1, 2),
        Nose=(0,),
        Sho=(5, 6),
        Elb=(7, 8),
        Wri=(9, 10),
        Hip=(11, 12),
        Kne=(13, 14),
        Ank=(15, 16),
    ),
    "mpii": dict(
        Hea=(9,), Sho=(12, 13), Elb=(11, 14), Wri=(10, 15), Hip=(2, 3), Kne=(1, 4), Ank=(0, 5)
    ),
    "crowdpose": dict(
        Hea=(12,), Sho=(0, 1), Elb=(2, 3), Wri=(4, 5), Hip=(6, 7), Kne=(8, 9), Ank=(10, 11)
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


def by_kind(values: Tensor, skeleton: str) -> dict[str, float]:
    """Means of `joint_response` values [B, K] over images, left and right together, by column of Table 7.

    NaN for a kind that no image shows. `skeleton` is "coco", "mpii" or "crowdpose".
    """
    return {kind: float(values[:, list(of)].nanmean()) for kind, of in KINDS[skeleton].items()}
