"""LightPose: A Lightweight and Efficient Model with Transformer for Human Pose Estimation (Liu et al., ICASSP 2022).

A backbone truncated before its last stage (ResNet without c5, HRNet without stage 4), a 1x1 convolution
to D channels, a pre-norm Transformer encoder over the L = h * w cells of that map, and two 1x1
convolutions: K low-resolution heatmaps and 2K offsets. No upsampling.

A grid of stride R divides the image into cells of R x R pixels. Cell (x, y) holds the pixels R x to R x + R - 1, and
its centre is at R x + (R - 1) / 2: a mirrored image has mirrored cells, so the flip test needs no shift.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

import torch
import torch.nn.functional as F
from mmengine.structures import PixelData
from mmpose.models.backbones import HRNet
from mmpose.models.backbones.resnet import get_expansion
from mmpose.models.heads.base_head import BaseHead
from mmpose.registry import KEYPOINT_CODECS, MODELS
from torch import Tensor, nn

from ..layers.encoder import EncoderLayer
from ..layers.position import sine_position_embedding
from .codec import CenterOffsetHeatmap

__all__ = ["CenterOffsetHeatmap", "HRNetToStage3", "LightPoseHead", "heatmap_loss", "offset_loss"]

STRIDES = (4, 8, 16, 32)


@MODELS.register_module()
class HRNetToStage3(HRNet):
    """MMPose's HRNet up to stage 3; the map of one stride is the output.

    `extra` is HRNet's without `stage4` (a bottleneck in stage 3 has four times its `num_channels`). Stride 4, 8 or 16
    takes a branch of stage 3; stride 32 the map that transition 3 makes from the last branch (twice its channels).
    Images [B, 3, H, W] to a tuple of one map [B, C, H / stride, W / stride]. The last fusion also computes the unused
    branches, whose fusion layers are frozen: the paper's counts include them (NOTES.md). `stem_channels` is the width
    after the first convolution, 64 in HRNet (less for small images). Raises `ValueError` for another stride.
    """

    def __init__(self, *, extra: dict, stride: int, stem_channels: int = 64, **kwargs: Any) -> None:
        if stride not in STRIDES:
            raise ValueError(f"stride is {stride}; allowed are {', '.join(map(str, STRIDES))}")
        self.branch = STRIDES.index(stride)
        expansion = get_expansion(self.blocks_dict[extra["stage3"]["block"]])
        channels = [expansion * width for width in extra["stage3"]["num_channels"]]
        channels = (*channels, 2 * channels[-1])[: max(self.branch + 1, 3)]
        count = len(channels)
        empty = dict(
            num_modules=0, num_branches=count, block="BASIC", num_blocks=(), num_channels=channels
        )
        super().__init__({**extra, "stage4": empty}, **kwargs)
        if stem_channels != 64:
            self.conv1 = nn.Conv2d(3, stem_channels, 3, stride=2, padding=1, bias=False)
            self.add_module(self.norm1_name, nn.BatchNorm2d(stem_channels))
            self.conv2 = nn.Conv2d(stem_channels, 64, 3, stride=2, padding=1, bias=False)
        for branch, layers in enumerate(self.stage3[-1].fuse_layers):
            if branch != min(self.branch, 2):
                layers.requires_grad_(False)

    def forward(self, x: Tensor) -> tuple[Tensor]:
        return (super().forward(x)[self.branch],)


class PreNormEncoderLayer(EncoderLayer):
    """Encoder layer that normalises before attention and before the feed-forward network, as
    LightPose does (Sec. 2.2, after Xiong et al., ICML 2020)."""

    def forward(self, tokens: Tensor, position: Tensor | None = None) -> Tensor:
        """Tokens [B, L, D] and their position embedding [L, D] to tokens [B, L, D]."""
        values = self.norm1(tokens)
        query = values if position is None else values + position
        attended, _ = self.self_attn(query, query, values, need_weights=False)
        tokens = tokens + self.dropout(attended)
        hidden = self.linear2(self.dropout(F.relu(self.linear1(self.norm2(tokens)))))
        return tokens + self.dropout(hidden)


def heatmap_loss(predicted: Tensor, target: Tensor, weights: Tensor) -> Tensor:
    """Squared error of heatmaps [B, K, h, w]: sum over cells, times the keypoint's weight [B, K],
    mean over keypoints and batch (LightPose, eq. 1)."""
    return ((predicted - target).square().sum(dim=(2, 3)) * weights).mean()


def offset_loss(
    predicted: Tensor, target: Tensor, heatmaps: Tensor, weights: Tensor, threshold: float = 0.1
) -> Tensor:
    """Weighted L1 error of offsets [B, K, 2, h, w]: sum over cells and both axes, mean over
    keypoints and batch (LightPose, eq. 3).

    The weight of a cell is the target heatmap [B, K, h, w] there, 0 where that is at most
    `threshold` (eq. 2), times the keypoint's weight [B, K].
    """
    cells = torch.where(heatmaps > threshold, heatmaps, 0.0) * weights[..., None, None]
    error = (predicted - target).abs().sum(dim=2)
    return (cells * error).sum(dim=(2, 3)).mean()


class Maps(NamedTuple):
    """What the head predicts: heatmaps [B, K, h, w] and offsets [B, K, 2, h, w] in cells (x, y), or none."""

    heatmaps: Tensor
    offsets: Tensor | None = None

    def averaged_with(self, flipped: "Maps", indices: list[int]) -> "Maps":
        """The mean with the maps of the mirror image. `indices`: each keypoint's left-right partner."""
        heatmaps = (self.heatmaps + flipped.heatmaps.flip(-1)[:, indices]) / 2
        if self.offsets is None or flipped.offsets is None:
            return Maps(heatmaps)
        sign = self.offsets.new_tensor([-1, 1]).view(2, 1, 1)  # x points the other way
        return Maps(heatmaps, (self.offsets + sign * flipped.offsets.flip(-1)[:, indices]) / 2)


@MODELS.register_module()
class LightPoseHead(BaseHead):
    """1x1 reduction, pre-norm Transformer encoder, 1x1 convolutions to heatmaps and offsets.

    Args:
        in_channels: channels of the backbone's map.
        out_channels: number of keypoints K.
        dim, layers, heads, hidden, dropout: the encoder (D, depth, attention heads, FFN width).
            0 layers leave the encoder out, the reduction stays.
        offset: whether the head also predicts offsets.
        threshold: t of eq. 2; offset_weight: alpha of eq. 4.
        decoder: config of the codec that decodes.

    A fixed sine position embedding is added to queries and keys of every layer; after the last
    layer there is a final norm.
    """

    def __init__(
        self,
        *,
        in_channels: int,
        out_channels: int,
        dim: int,
        layers: int,
        heads: int,
        hidden: int,
        dropout: float = 0.1,
        offset: bool = True,
        threshold: float = 0.1,
        offset_weight: float = 1.0,
        decoder: dict | None = None,
        init_cfg: Any = None,
    ) -> None:
        super().__init__(init_cfg)
        self.threshold, self.offset_weight = threshold, offset_weight
        self.decoder = None if decoder is None else KEYPOINT_CODECS.build(decoder)
        self.reduce = nn.Conv2d(in_channels, dim, 1)
        self.encoder = nn.ModuleList(
            PreNormEncoderLayer(dim=dim, heads=heads, hidden=hidden, dropout=dropout)
            for _ in range(layers)
        )
        self.norm = nn.LayerNorm(dim) if layers else nn.Identity()
        self.heatmap_layer = nn.Conv2d(dim, out_channels, 1)
        self.offset_layer = nn.Conv2d(dim, 2 * out_channels, 1) if offset else None

    def init_weights(self) -> None:
        """Initialises every weight: PyTorch's default for the reduction, Xavier-uniform matrices and
        zero biases in the encoder, N(0, 0.001^2) and zero biases in the last layers."""
        super().init_weights()
        self.reduce.reset_parameters()
        for name, parameter in self.encoder.named_parameters():
            if parameter.dim() > 1:
                nn.init.xavier_uniform_(parameter)
            elif name.endswith("bias"):
                nn.init.zeros_(parameter)
        for layer in filter(None, (self.heatmap_layer, self.offset_layer)):
            nn.init.normal_(layer.weight, std=0.001)
            nn.init.zeros_(layer.bias)

    def forward(self, feats: Sequence[Tensor]) -> tuple[Tensor, ...]:
        """Backbone maps to heatmaps [B, K, h, w] and, if the head has them, offsets [B, K, 2, h, w]."""
        maps = self.maps(feats)
        return (maps.heatmaps,) if maps.offsets is None else tuple(maps)

    def maps(self, feats: Sequence[Tensor]) -> "Maps":
        """Backbone maps, of which the last is used ([B, C, h, w]), to what the head predicts."""
        x = self.reduce(feats[-1])
        if self.encoder:
            x = self._encode(x)
        if self.offset_layer is None:
            return Maps(self.heatmap_layer(x))
        return Maps(self.heatmap_layer(x), self.offset_layer(x).unflatten(1, (-1, 2)))

    def _encode(self, x: Tensor) -> Tensor:
        """Maps [B, D, h, w] through the encoder."""
        height, width = x.shape[2:]
        with torch.device(x.device):
            position = sine_position_embedding(height, width, x.shape[1]).to(x.dtype)
        tokens = x.flatten(2).transpose(1, 2)
        for layer in self.encoder:
            tokens = layer(tokens, position)
        return self.norm(tokens).transpose(1, 2).unflatten(2, (height, width))

    def predict(
        self, feats: Any, batch_data_samples: list, test_cfg: dict | None = None
    ) -> list | tuple[list, list]:
        """Decoded keypoints in pixels of the input, and heatmaps if `output_heatmaps` is set.
        With `flip_test` `feats` are two lists of maps, of the image and of its mirror image."""
        test_cfg = test_cfg or {}
        if test_cfg.get("flip_test", False):
            original, flipped = map(self.maps, feats)
            maps = original.averaged_with(flipped, batch_data_samples[0].metainfo["flip_indices"])
        else:
            maps = self.maps(feats)
        found = self.decode(tuple(one for one in maps if one is not None))
        if test_cfg.get("output_heatmaps", False):
            return found, [PixelData(heatmaps=heatmaps) for heatmaps in maps.heatmaps.detach()]
        return found

    def loss(
        self, feats: Sequence[Tensor], batch_data_samples: list, train_cfg: dict | None = None
    ) -> dict[str, Tensor]:
        """`loss_heatmap` (eq. 1) and `loss_offset` (eq. 3, times alpha); their sum is eq. 4."""
        maps = self.maps(feats)
        target = torch.stack([sample.gt_fields.heatmaps for sample in batch_data_samples])
        weights = torch.cat(
            [sample.gt_instance_labels.keypoint_weights for sample in batch_data_samples]
        )
        losses = dict(loss_heatmap=heatmap_loss(maps.heatmaps, target, weights))
        if maps.offsets is not None:
            true = torch.stack([sample.gt_fields.offsets for sample in batch_data_samples])
            true = true.view_as(maps.offsets)
            losses["loss_offset"] = self.offset_weight * offset_loss(
                maps.offsets, true, target, weights, self.threshold
            )
        return losses
