"""TransPose: Keypoint Localization via Transformer (Yang et al., ICCV 2021, arXiv 2012.14214).

An ImageNet backbone truncated early (1/8 of the input for ResNet, 1/4 for HRNet), a 1x1 convolution to D channels, a
Transformer encoder over all L = H * W positions, optional upsampling by 2, a 1x1 convolution to K heatmaps. The last
layer's attention row of a keypoint's location shows what the prediction depends on (Eq. 4; `figures/transpose.py`).
"""

from collections.abc import Sequence
from typing import Any

import torch
import torch.nn.functional as F
from mmpose.models.backbones import HRNet, ResNet
from mmpose.models.heads import HeatmapHead
from mmpose.registry import MODELS
from torch import Tensor, nn

from ..codecs import dark  # noqa: F401  (registered on import)
from ..layers.encoder import Encoder
from ..layers.options import check_choice
from ..layers.position import sine_position_embedding


@MODELS.register_module()
class ResNetS(ResNet):
    """MMPose's ResNet with the number of blocks of each stage given: `stage_blocks=(3, 4)` ends after layer2."""

    def __init__(self, *, depth: int = 50, stage_blocks: Sequence[int], **kwargs: Any) -> None:
        self.arch_settings = {depth: (self.arch_settings[depth][0], tuple(stage_blocks))}
        stages = len(stage_blocks)
        kwargs.setdefault("strides", (1, 2, 2, 2)[:stages])
        kwargs |= dict(dilations=(1,) * stages, out_indices=(stages - 1,))
        super().__init__(depth, num_stages=stages, **kwargs)


@MODELS.register_module()
class HRNetS(HRNet):
    """MMPose's HRNet up to stage 3, of which the last module yields the highest resolution only.

    `extra` is HRNet's without `stage4`. Images [B, 3, H, W] to a tuple of one map [B, C, H / 4, W / 4].
    """

    def __init__(self, *, extra: dict, **kwargs: Any) -> None:
        channels = extra["stage3"]["num_channels"][:1]
        empty = dict(
            num_modules=0, num_branches=1, block="BASIC", num_blocks=(), num_channels=channels
        )
        super().__init__({**extra, "stage4": empty}, **kwargs)
        last = self.stage3[-1]
        last.multiscale_output = False
        last.fuse_layers = last.fuse_layers[:1]


@MODELS.register_module()
class TransPoseHead(HeatmapHead):
    """1x1 reduction, Transformer encoder, upsampling, 1x1 convolution to heatmaps.

    Args:
        in_channels: channels of the backbone's last map.
        out_channels: number of keypoints K.
        grid_size: (width, height) of that map at the configured input size; its product is L.
        dim, heads, hidden, layers, dropout: the encoder (D, attention heads, FFN width, depth).
        position: "sine" (fixed), "learnable" or "none".
        upsampling: "deconv" (4x4 transposed convolution to D channels, batch norm, ReLU),
            "bilinear", or "none"; the first two double the resolution.
        reduce_std, final_std: standard deviation of the initial weights of the reduction and of
            the last convolution; None keeps PyTorch's default (uniform).
    """

    def __init__(
        self,
        *,
        in_channels: int,
        out_channels: int,
        grid_size: tuple[int, int],
        dim: int,
        heads: int,
        hidden: int,
        layers: int,
        dropout: float = 0.1,
        position: str = "sine",
        upsampling: str = "deconv",
        reduce_std: float | None = None,
        final_std: float | None = 0.001,
        **kwargs: Any,
    ) -> None:
        check_choice("position", position, ("sine", "learnable", "none"))
        check_choice("upsampling", upsampling, ("deconv", "bilinear", "none"))
        channels, sizes = ((dim,), (4,)) if upsampling == "deconv" else (None, None)
        kwargs |= dict(deconv_out_channels=channels, deconv_kernel_sizes=sizes)
        super().__init__(dim, out_channels, **kwargs)
        self.grid_size, self.position = tuple(grid_size), position
        self.upsampling = upsampling
        self.reduce_std, self.final_std = reduce_std, final_std
        self.reduce = nn.Conv2d(in_channels, dim, 1, bias=False)
        self.encoder = Encoder(layers=layers, dim=dim, heads=heads, hidden=hidden, dropout=dropout)
        self.pos_embedding: nn.Parameter | None = None  # [L, 1, D], the authors' layout
        if position != "none":
            width, height = self.grid_size
            values = sine_position_embedding(height, width, dim)
            if position == "learnable":
                values = torch.empty_like(values)
            self.pos_embedding = nn.Parameter(values[:, None], requires_grad=position != "sine")

    default_init_cfg = None  # `init_weights` does all of it

    def init_weights(self) -> None:
        """The authors' initialisation: Xavier encoder of identical layers, final weights N(0, 0.001^2)."""
        super().init_weights()
        self.encoder.init_xavier_copies()
        if self.final_std is not None:
            nn.init.normal_(self.final_layer.weight, std=self.final_std)
            nn.init.zeros_(self.final_layer.bias)
        if self.reduce_std is not None:
            nn.init.normal_(self.reduce.weight, std=self.reduce_std)
        if self.position == "learnable":
            nn.init.normal_(self.pos_embedding)

    def position_embedding(self, height: int, width: int) -> Tensor | None:
        """Embedding [L, D] of a grid of that size; at another size than the configured one the sine
        embedding is recomputed and the learnable one is interpolated (bilinear)."""
        if self.pos_embedding is None:
            return None
        stored = self.pos_embedding[:, 0]
        if (width, height) == self.grid_size:
            return stored
        if self.position == "sine":
            return sine_position_embedding(height, width, stored.shape[1]).to(stored)
        grid = stored.T.unflatten(1, self.grid_size[::-1])[None]
        grid = F.interpolate(grid, (height, width), mode="bilinear", align_corners=False)
        return grid[0].flatten(1).T

    def tokens(self, feats: Sequence[Tensor]) -> tuple[Tensor, Tensor | None, tuple[int, int]]:
        """Encoder input [B, L, D], position embedding [L, D] and grid (height, width) of backbone maps."""
        x = self.reduce(feats[-1])
        height, width = x.shape[2:]
        return x.flatten(2).transpose(1, 2), self.position_embedding(height, width), (height, width)

    def forward(self, feats: Sequence[Tensor]) -> Tensor:
        """Backbone maps (the last is used: [B, C, H, W]) to heatmaps [B, K, H, W] or [B, K, 2H, 2W]."""
        tokens, position, grid = self.tokens(feats)
        x = self.encoder(tokens, position).transpose(1, 2).unflatten(2, grid)
        if self.upsampling == "bilinear":
            x = F.interpolate(x, scale_factor=2, mode="bilinear", align_corners=False)
        return super().forward((x,))
