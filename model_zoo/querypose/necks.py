"""Feature pyramids P2-P5 for QueryPose: FPN (Lin et al., CVPR 2017) and HRFPN (Sun et al., arXiv 1904.04514)."""

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from mmengine.model import BaseModule
from mmpose.registry import MODELS
from torch import Tensor, nn
from torchvision.ops import FrozenBatchNorm2d

MODELS.register_module("FrozenBN", module=FrozenBatchNorm2d)  # norm_cfg=dict(type="FrozenBN")


@MODELS.register_module()
class SumFPN(BaseModule):
    """1x1 laterals, nearest upsampling, sum, 3x3 outputs; biases, no norm.

    Maps [B, C_i, H_i, W_i], each half as large as the previous one, to as many maps [B, out_channels, H_i, W_i].
    """

    def __init__(self, *, in_channels: Sequence[int], out_channels: int) -> None:
        super().__init__()
        self.lateral = nn.ModuleList(nn.Conv2d(c, out_channels, 1) for c in in_channels)
        self.output = nn.ModuleList(
            nn.Conv2d(out_channels, out_channels, 3, padding=1) for _ in in_channels
        )

    def init_weights(self) -> None:
        """Uniform by fan-in for linear units, zero biases (detectron2's choice for FPN)."""
        for conv in (*self.lateral, *self.output):
            nn.init.kaiming_uniform_(conv.weight, a=1)
            nn.init.zeros_(conv.bias)

    def forward(self, feats: Sequence[Tensor]) -> tuple[Tensor, ...]:
        merged: list[Tensor] = []
        for lateral, feat in zip(reversed(self.lateral), reversed(feats), strict=True):
            x = lateral(feat)
            if merged:
                x = x + F.interpolate(merged[0], scale_factor=2, mode="nearest")
            merged.insert(0, x)
        return tuple(output(x) for output, x in zip(self.output, merged, strict=True))


@MODELS.register_module()
class HRFPN(BaseModule):
    """All branches of HRNet upsampled to the finest grid (bilinear), one 1x1 fusion, average pooling to each level,
    3x3 outputs; biases, no norm.

    Maps [B, C_i, H_i, W_i], each half as large as the previous one, to as many maps [B, out_channels, H_i, W_i].
    """

    def __init__(self, *, in_channels: Sequence[int], out_channels: int) -> None:
        super().__init__()
        self.fuse = nn.Conv2d(sum(in_channels), out_channels, 1)
        self.output = nn.ModuleList(
            nn.Conv2d(out_channels, out_channels, 3, padding=1) for _ in in_channels
        )

    def init_weights(self) -> None:
        """Normal by fan-in for linear units, zero biases."""
        for conv in (self.fuse, *self.output):
            nn.init.kaiming_normal_(conv.weight, a=1)
            nn.init.zeros_(conv.bias)

    def forward(self, feats: Sequence[Tensor]) -> tuple[Tensor, ...]:
        grown = [feats[0]] + [
            F.interpolate(feat, scale_factor=2**level, mode="bilinear", align_corners=False)
            for level, feat in enumerate(feats[1:], start=1)
        ]
        fused = self.fuse(torch.cat(grown, dim=1))
        return tuple(
            output(F.avg_pool2d(fused, 2**level) if level else fused)
            for level, output in enumerate(self.output)
        )
