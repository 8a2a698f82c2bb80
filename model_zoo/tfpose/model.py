"""TFPose: Direct Human Pose Estimation with Transformers (Mao et al., arXiv 2103.15320).

Backbone features of several levels, a deformable-attention encoder, and a decoder with one query per keypoint whose
layers refine the coordinates iteratively. An auxiliary heatmap branch on the encoder's output is used in training only.
"""

from collections.abc import Sequence

import torch
from mmpose.models.heads.base_head import BaseHead
from mmpose.models.utils.tta import flip_coordinates
from mmpose.registry import KEYPOINT_CODECS, MODELS
from torch import Tensor, nn

from ..layers.deformable import DeformableAttention, Shapes
from ..layers.position import sine_position_embedding
from ..losses.step_counts import over_step
from .codec import NormalizedCoordinates
from .transformer import Decoder, EncoderLayer

__all__ = ["NormalizedCoordinates", "TFPoseHead"]


@MODELS.register_module()
class TFPoseHead(BaseHead):
    """Projection of every level, encoder, decoder, auxiliary heatmap branch.

    Args:
        in_channels: channels of the backbone's levels, finest first.
        num_joints: number of keypoints K, one query each.
        dim, heads, points, hidden, dropout: the transformer's channels D, attention heads, sampling
            points per head and level, feed-forward width.
        encoder_layers: N_E; with 0 the decoder attends to the projected features directly. decoder_layers: N_D.
        q2q: whether the decoder has query-to-query attention.
        aux_weight: lambda of Eq. 7; 0 builds no heatmap branch.
        aux_channels: of the branch's three transposed convolutions.
        norm_groups: of the GroupNorm after every projection.
        decoder: the codec.
    """

    def __init__(
        self,
        *,
        in_channels: Sequence[int],
        num_joints: int,
        dim: int,
        heads: int,
        points: int,
        hidden: int,
        encoder_layers: int,
        decoder_layers: int,
        q2q: bool,
        aux_weight: float,
        aux_channels: int = 256,
        norm_groups: int = 32,
        dropout: float = 0.1,
        decoder: dict | None = None,
        init_cfg: dict | None = None,
    ) -> None:
        super().__init__(init_cfg)
        if decoder_layers < 1:
            raise ValueError(f"decoder_layers is {decoder_layers}; at least 1 must predict")
        self.decoder = KEYPOINT_CODECS.build(decoder) if decoder else None
        layer = dict(heads=heads, levels=len(in_channels), points=points)
        layer |= dict(hidden=hidden, dropout=dropout)
        self.projections = nn.ModuleList(
            nn.Sequential(nn.Conv2d(channels, dim, 1), nn.GroupNorm(norm_groups, dim))
            for channels in in_channels
        )
        self.level_embedding = None  # [levels, D]; used by the encoder only
        if encoder_layers:
            self.level_embedding = nn.Parameter(torch.zeros(len(in_channels), dim))
        self.encoder = nn.ModuleList(EncoderLayer(dim=dim, **layer) for _ in range(encoder_layers))
        self.keypoint_decoder = Decoder(
            layers=decoder_layers, num_keypoints=num_joints, dim=dim, q2q=q2q, **layer
        )
        self.aux_weight = aux_weight
        self.heatmap_branch = None
        if aux_weight:
            self.heatmap_branch = _heatmap_branch(dim, aux_channels, num_joints)

    def init_weights(self) -> None:
        """As in Deformable DETR: Xavier for matrices, N(0, 1) for embeddings, y_0 and queries. The last layer of a
        refinement starts with a standard deviation of 0.01, the heatmap branch with 0.001 and zero biases as in
        SimpleBaseline."""
        super().init_weights()
        for part in (self.encoder, self.keypoint_decoder):
            for name, parameter in part.named_parameters():
                if parameter.dim() > 1:
                    nn.init.xavier_uniform_(parameter)
                elif name.endswith("bias"):
                    nn.init.zeros_(parameter)
        for module in self.modules():
            if isinstance(module, DeformableAttention):
                module.reset_parameters()
        decoder = self.keypoint_decoder
        for embedding in (decoder.queries, decoder.embedding, decoder.start, self.level_embedding):
            if embedding is not None:
                nn.init.normal_(embedding)
        for layer in decoder.layers:
            nn.init.normal_(layer.refine[-1].weight, std=0.01)
        for projection, _ in self.projections:
            nn.init.xavier_uniform_(projection.weight)
            nn.init.zeros_(projection.bias)
        for module in self.heatmap_branch or ():
            if isinstance(module, nn.Conv2d | nn.ConvTranspose2d):
                nn.init.normal_(module.weight, std=0.001)
                if module.bias is not None:
                    nn.init.zeros_(module.bias)

    def memory(self, feats: Sequence[Tensor]) -> tuple[Tensor, Shapes]:
        """Backbone maps [B, C_l, H_l, W_l], finest first, to M [B, L, D] and the levels' sizes."""
        maps = [project(x) for project, x in zip(self.projections, feats, strict=True)]
        shapes = [(x.shape[2], x.shape[3]) for x in maps]
        tokens = torch.cat([x.flatten(2).transpose(1, 2) for x in maps], dim=1)
        if len(self.encoder):
            position = torch.cat(
                [
                    sine_position_embedding(height, width, tokens.shape[2]).to(tokens) + embedding
                    for (height, width), embedding in zip(shapes, self.level_embedding, strict=True)
                ]
            )
            centres = pixel_centres(shapes).to(tokens)
            for layer in self.encoder:
                tokens = layer(tokens, position, centres, shapes)
        return tokens, shapes

    def forward(self, feats: Sequence[Tensor]) -> Tensor | dict[str, Tensor]:
        """Backbone maps to the last decoder layer's coordinates [B, K, 2] in (0, 1) of the crop.

        In training mode a dict of everything supervised: `coordinates`, `layers` [N_D, B, K, 2] (of every decoder
        layer) and, with the auxiliary branch, `heatmaps` of eight times the coarsest level's height and width.
        """
        memory, shapes = self.memory(feats)
        steps = list(self.keypoint_decoder.steps(memory, shapes))
        coordinates = steps[-1].coordinates
        if not self.training:
            return coordinates
        layers = torch.stack([step.coordinates for step in steps])
        outputs = {"coordinates": coordinates, "layers": layers}
        if self.heatmap_branch is not None:
            height, width = shapes[-1]
            coarsest = memory[:, -height * width :].transpose(1, 2).unflatten(2, (height, width))
            outputs["heatmaps"] = self.heatmap_branch(coarsest)
        return outputs

    def predict(
        self,
        feats: Sequence[Tensor] | list[Sequence[Tensor]],
        batch_data_samples: list,
        test_cfg: dict | None = None,
    ) -> list:
        """Decoded keypoints of every sample; with `flip_test` the mean of crop and mirror image."""
        if not (test_cfg or {}).get("flip_test", False):
            return self.decode(self.forward(feats)[:, None])
        original, mirrored = map(self.forward, feats)
        info = batch_data_samples[0].metainfo
        mirrored = flip_coordinates(mirrored, info["flip_indices"], False, info["input_size"])
        return self.decode((original + mirrored)[:, None] / 2)

    def loss(
        self, feats: Sequence[Tensor], batch_data_samples: list, train_cfg: dict | None = None
    ) -> dict[str, Tensor]:
        """L_reg and lambda L_aux of Eq. 7, in training mode."""
        labels = [sample.gt_instance_labels for sample in batch_data_samples]
        target = torch.cat([label.keypoint_labels for label in labels])
        weights = torch.cat([label.keypoint_weights for label in labels])
        outputs = self.forward(feats)
        losses = {"loss_coordinates": coordinate_loss(outputs["layers"], target, weights)}
        if self.heatmap_branch is not None:
            truth = torch.stack([sample.gt_fields.heatmaps for sample in batch_data_samples])
            losses["loss_heatmaps"] = self.aux_weight * heatmap_loss(
                outputs["heatmaps"], truth, weights
            )
        return losses


def coordinate_loss(layers: Tensor, target: Tensor, weights: Tensor) -> Tensor:
    """L1 distance, summed over decoder layers, mean over the step's labelled coordinates (TFPose, Eq. 5).

    layers [N_D, B, K, 2], target [B, K, 2], weights [B, K], 0 or 1. Zero if no joint is labelled.
    """
    distance = (layers - target).abs().mean(dim=3).sum(dim=0)
    return (distance * weights).sum() / over_step("joints", weights.sum())


def heatmap_loss(heatmaps: Tensor, target: Tensor, weights: Tensor) -> Tensor:
    """Squared error, mean over batch, keypoints and pixels, labelled joints only (TFPose, Eq. 6).

    heatmaps and target [B, K, H, W], weights [B, K], 0 or 1. Raises `ValueError` if the sizes differ.
    """
    if heatmaps.shape != target.shape:
        raise ValueError(
            f"auxiliary heatmaps are {list(heatmaps.shape)}, targets {list(target.shape)}; "
            "the codec's heatmap_size must be 8 times the coarsest level"
        )
    return ((heatmaps - target).square().mean(dim=(2, 3)) * weights).mean()


def pixel_centres(shapes: Shapes) -> Tensor:
    """Centres [L, 2] of all levels' pixels as (x, y), 0 and 1 being the edges of the map."""
    levels = []
    for height, width in shapes:
        rows, columns = ((torch.arange(size) + 0.5) / size for size in (height, width))
        y, x = torch.meshgrid(rows, columns, indexing="ij")
        levels.append(torch.stack([x, y], dim=2).flatten(0, 1))
    return torch.cat(levels)


def _heatmap_branch(dim: int, channels: int, num_joints: int) -> nn.Sequential:
    """Three 4x4 transposed convolutions of stride 2 with batch norm and ReLU, 1x1 to K (SimpleBaseline)."""
    layers: list[nn.Module] = []
    for inputs in (dim, channels, channels):
        up = nn.ConvTranspose2d(inputs, channels, 4, stride=2, padding=1, bias=False)
        layers += [up, nn.BatchNorm2d(channels), nn.ReLU(inplace=True)]
    return nn.Sequential(*layers, nn.Conv2d(channels, num_joints, 1))
