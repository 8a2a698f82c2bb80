"""RoIAlign (Mask R-CNN, Sec. 3) from a feature pyramid, 2 x 2 samples a bin, half-pixel alignment.

Why not torchvision's operator: it is compiled, and where it is missing (a CPU build of PyTorch)
torchvision first compiles a Python version of it (tens of seconds, then seconds per call), which also
differs from the operator outside the feature map. Both behaviours are available here on every
device: with "zero", samples more than one cell outside are 0, as in the compiled operators of
torchvision and detectron2; with "border" they take the border's value, as in the Python version.
"""

import math
from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor

from .options import check_choice

SAMPLES = 2  # per bin and axis
OUTSIDE = ("border", "zero")


class RoIPyramid:
    """Feature maps [B, C, H_l, W_l] at 1/strides[l] of the input, stacked vertically to be sampled in one call.

    `canonical_size`: side in pixels of a box that is pooled from the map with stride 16 (FPN, Lin et al. 2017, Eq. 1).
    """

    def __init__(
        self,
        features: Sequence[Tensor],
        strides: Sequence[int],
        *,
        outside: str = "border",
        canonical_size: float = 224,
    ) -> None:
        check_choice("outside", outside, OUTSIDE)
        self.outside, self.canonical_size = outside, canonical_size
        # float32 at least: bfloat16 rounds row numbers above 256
        dtype = torch.promote_types(features[0].dtype, torch.float32)
        factory = dict(dtype=dtype, device=features[0].device)
        self.strides = torch.tensor(strides, **factory)
        self.finest = math.log2(strides[0])
        sizes = [feature.shape[:1:-1] for feature in features]  # (width, height) of each
        self.sizes = torch.tensor(sizes, **factory)
        rows = [height + 1 for _, height in sizes]
        self.tops = torch.tensor([sum(rows[:level]) for level in range(len(rows))], **factory)
        width = sizes[0][0] + 1
        # one more row and column repeat the border, so that rounding never reads a neighbouring map
        padded = [F.pad(f, (0, width - f.shape[3], 0, 1), mode="replicate") for f in features]
        self.canvas = torch.cat(padded, dim=2)

    def pool(self, boxes: Tensor, size: int) -> Tensor:
        """boxes [B, n, 4] (x1 y1 x2 y2, pixels of the input) to [B * n, C, size, size].

        Gradients flow to the features, not to the boxes.
        """
        boxes = boxes.detach()
        level = self._level(boxes)
        rois = boxes / self.strides[level][..., None] - 0.5  # in cells; 0 is the first's centre
        side = size * SAMPLES
        steps = (torch.arange(side, device=rois.device) + 0.5) / side
        start, extent = rois[..., :2, None], (rois[..., 2:] - rois[..., :2])[..., None]
        at = start + extent * steps  # [B, n, 2, side]
        limit = self.sizes[level][..., None]
        x, y = at.clamp(min=0).minimum(limit - 1).unbind(2)
        values = self._sample(x, y + self.tops[level][..., None])
        if self.outside == "zero":
            near_x, near_y = ((at >= -1) & (at <= limit)).unbind(2)
            values = values * (near_y[..., None] & near_x[:, :, None])[:, None]
        batch, channels, count = values.shape[:3]
        bins = values.view(batch, channels, count, size, SAMPLES, size, SAMPLES)
        return bins.mean(dim=(4, 6)).transpose(1, 2).flatten(0, 1)

    def _level(self, boxes: Tensor) -> Tensor:
        """Index of the map for each box [B, n, 4], counted from the finest."""
        width, height = (boxes[..., 2:] - boxes[..., :2]).unbind(-1)
        level = torch.floor(
            4 + torch.log2((width * height).clamp(min=0).sqrt() / self.canonical_size + 1e-8)
        )
        return (level - self.finest).clamp(0, len(self.strides) - 1).long()

    def _sample(self, x: Tensor, y: Tensor) -> Tensor:
        """Values [B, C, n, side, side] of the canvas at columns x and rows y [B, n, side]."""
        height, width = self.canvas.shape[2:]
        side = x.shape[2]
        columns = (2 * x / (width - 1) - 1)[:, :, None].expand(-1, -1, side, -1)
        rows = (2 * y / (height - 1) - 1)[..., None].expand(-1, -1, -1, side)
        grid = torch.stack([columns, rows], dim=-1).flatten(1, 2)  # [B, n * side, side, 2]
        values = F.grid_sample(self.canvas, grid, padding_mode="border", align_corners=True)
        return values.unflatten(2, (x.shape[1], side))
