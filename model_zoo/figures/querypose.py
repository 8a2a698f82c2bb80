"""The spatial attention of QueryPose's parts (Figure 5)."""

from collections.abc import Sequence
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from .panel import Figure, evaluating, keypoint_names

CAPTION = (
    "Spatial attention of each body part over the box of the highest-scoring person, last stage "
    "(Figure 5 of the paper)."
)


@torch.no_grad()
def part_attention(model: Any, inputs: Tensor, stage: int = -1) -> tuple[Tensor, Tensor]:
    """Attention [B, Q, M, 2H, 2W] over the box's grid, each map summing to 1, and the boxes [B, Q, 4] in pixels of the
    input. Raises `ValueError` for a variant without attention maps."""
    sizes = [tuple(inputs.shape[:1:-1])] * len(inputs)
    with evaluating(model):
        chosen = list(model.head.stages(model.extract_feat(inputs), sizes))[stage]
    if chosen.poses.attention is None:
        raise ValueError("this variant has no spatial attention; take one with interaction='spegm'")
    boxes = chosen.predictions.boxes
    return chosen.poses.attention.unflatten(0, boxes.shape[:2]), boxes


def panels(head: nn.Module, feats: Sequence[Tensor], sample: Any) -> list[Figure]:
    """Last-stage attention of each part of the highest-scoring person; [] for a variant without attention maps."""
    size = tuple(sample.img_shape[1::-1])
    *_, last = head.stages(feats, [size])
    if last.poses.attention is None:
        return []
    best = int(last.predictions.logits[0].argmax())
    return part_panels(
        last.poses.attention[best], last.predictions.boxes[0, best], head.parts, size
    )


def part_panels(
    attention: Tensor, box: Tensor, parts: Sequence[Sequence[int]], size: tuple[int, int]
) -> list[Figure]:
    """Attention [M, h, w] over a box (x1 y1 x2 y2), mapped to an image of `size` (width, height), 0 outside the box."""
    names = keypoint_names(max(max(part) for part in parts) + 1)
    width, height = size
    x = (torch.arange(width, device=box.device) + 0.5 - box[0]) / (box[2] - box[0]).clamp(min=1)
    y = (torch.arange(height, device=box.device) + 0.5 - box[1]) / (box[3] - box[1]).clamp(min=1)
    grid = torch.stack(torch.meshgrid(2 * x - 1, 2 * y - 1, indexing="xy"), dim=-1)[None]
    spread = F.grid_sample(attention[None].float(), grid.float(), align_corners=False)[0]
    titles = [", ".join(names[keypoint] for keypoint in part) for part in parts]
    return [
        Figure("part-attention", title, CAPTION, heat=heat.cpu().numpy())
        for title, heat in zip(titles, spread, strict=True)
    ]
