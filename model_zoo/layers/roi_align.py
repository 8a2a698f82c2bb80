"""RoIAlign (Mask R-CNN, Sec. 3) with 2 x 2 samples a bin and half-pixel alignment, on every device.

What lies outside the feature map is read in one of two ways. "zero": samples more than one cell outside count as 0,
as in the compiled operators of torchvision and detectron2. "border": they take the border's value, as in
torchvision's Python version, which PyTorch takes where the operator is not compiled. That version compiles itself
first (tens of seconds) and needs seconds a call on a CPU, so `grid_sample` takes the same sums here.
"""

import math

import torch
import torch.nn.functional as F
from torch import Tensor
from torch.nn.utils.rnn import pad_sequence
from torchvision.extension import _has_ops
from torchvision.ops import roi_align as torchvision_roi_align

SAMPLES = 2  # per bin and axis
OUTSIDE = ("border", "zero")


def roi_align(
    feature: Tensor, boxes: list[Tensor], size: int, stride: int, outside: str = "border"
) -> Tensor:
    """Pools every box to size x size bins.

    feature [B, C, H, W] at 1/stride of the input; boxes: per image [n, 4] as x1 y1 x2 y2 in pixels of the input;
    to [sum of n, C, size, size] in the boxes' order. Gradients flow to the feature alone.
    """
    if feature.is_meta:  # shapes without numbers
        return feature.new_empty(sum(map(len, boxes)), feature.shape[1], size, size)
    boxes = [each.detach() for each in boxes]
    if outside == "zero" and _has_ops():
        return torchvision_roi_align(feature, boxes, size, 1 / stride, SAMPLES, aligned=True)
    padded = pad_sequence(boxes, batch_first=True)  # [B, n, 4]
    pooled = _sampled(feature, padded / stride - 0.5, size, outside)
    counts = torch.tensor([len(each) for each in boxes], device=feature.device)
    return pooled[torch.arange(padded.shape[1], device=feature.device) < counts[:, None]]


def multilevel_roi_align(
    features: tuple[Tensor, ...],
    boxes: list[Tensor],
    size: int,
    strides: tuple[int, ...],
    outside: str = "border",
    canonical_size: float = 224,
) -> Tensor:
    """RoIAlign on the pyramid level that fits each box, `canonical_size` pixels on 1/16 (FPN, Lin et al. 2017, Eq. 1).

    features [B, C, H / stride, W / stride] each; boxes as in `roi_align`; to [sum of n, C, size, size].
    """
    if features[
        0
    ].is_meta:  # which level takes a box depends on numbers, the result's shape does not
        return roi_align(features[0], boxes, size, strides[0], outside)
    level = torch.cat([_level(each.detach(), strides, canonical_size) for each in boxes])
    counts = [len(each) for each in boxes]
    pooled = features[0].new_zeros(len(level), features[0].shape[1], size, size)
    for index, (feature, stride) in enumerate(zip(features, strides, strict=True)):
        chosen = level == index
        here = [box[c] for box, c in zip(boxes, chosen.split(counts), strict=True)]
        values = roi_align(feature, here, size, stride, outside)
        pooled = pooled.index_put((chosen,), values)
    return pooled


def _level(boxes: Tensor, strides: tuple[int, ...], canonical_size: float) -> Tensor:
    """Index of the pyramid level for each box [n, 4], counted from the finest."""
    width, height = (boxes[:, 2:] - boxes[:, :2]).unbind(1)
    level = torch.floor(4 + torch.log2((width * height).sqrt() / canonical_size + 1e-8))
    return (level - math.log2(strides[0])).clamp(0, len(strides) - 1).long()


def _sampled(feature: Tensor, rois: Tensor, size: int, outside: str) -> Tensor:
    """feature [B, C, H, W], rois [B, n, 4] in cells (0 is the first cell's centre), to [B, n, C, size, size]."""
    (batch, channels, height, width), count, side = feature.shape, rois.shape[1], size * SAMPLES
    steps = (torch.arange(side, device=rois.device) + 0.5) / side
    start, extent = rois[..., :2, None], (rois[..., 2:] - rois[..., :2])[..., None]
    x, y = (start + extent * steps).unbind(2)  # [B, n, side] each
    grid = torch.stack(
        [
            (2 * x / max(width - 1, 1) - 1)[:, :, None].expand(-1, -1, side, -1),
            (2 * y / max(height - 1, 1) - 1)[..., None].expand(-1, -1, -1, side),
        ],
        dim=-1,
    ).flatten(1, 2)  # [B, n * side, side, 2]
    values = F.grid_sample(feature, grid, padding_mode="border", align_corners=True)
    values = values.view(batch, channels, count, side, side)
    if outside == "zero":
        near_x, near_y = ((at >= -1) & (at <= end) for at, end in ((x, width), (y, height)))
        values = values * (near_y[..., None] & near_x[:, :, None])[:, None]
    bins = values.view(batch, channels, count, size, SAMPLES, size, SAMPLES)
    return bins.mean(dim=(4, 6)).transpose(1, 2)
