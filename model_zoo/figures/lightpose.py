"""LightPose's low-resolution label: heatmap cells and the keypoint each cell's offset points to (Figure 2)."""

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn

from .panel import Figure, keypoint_names

SHOWN = 4  # keypoints whose label is drawn
CAPTION = (
    "Low-resolution heatmap of a keypoint (shaded cells) and the keypoint location that each cell's offset "
    "predicts (dots, as bright as the cell), as in the paper's Figure 2."
)


def panels(head: nn.Module, feats: Sequence[Tensor], sample: Any) -> list[Figure]:
    """The predicted label of some keypoints: the heatmap and, if the head has offsets, where they point."""
    heatmaps, *offsets = (maps[0].float().cpu() for maps in head(feats))
    names = keypoint_names(len(heatmaps))
    axes = map(torch.arange, heatmaps.shape[:0:-1])
    grid = torch.stack(torch.meshgrid(*axes, indexing="xy"))  # [2, h, w]: x, y
    found = []
    for k in torch.linspace(0, len(heatmaps) - 1, SHOWN).int().tolist():
        heat = heatmaps[k].clamp(min=0)
        panel: dict[str, Any] = dict(heat=heat.numpy())
        for offset in offsets:
            cells = heat > head.threshold * heat.max()
            places = ((grid + offset[k])[:, cells].T + 0.5) * head.decoder.stride - 0.5
            panel |= dict(points=places.numpy(), weights=(heat[cells] / heat.max()).numpy())
        found.append(Figure("label", names[k], CAPTION, **panel))
    return found
