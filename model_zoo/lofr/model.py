"""LOFR: Location-Free Human Pose Estimation (Xu et al., CVPR 2022). No code was published; everything is from the text.

A CNN predicts which keypoints a crop contains and localises them by class activation maps; a Transformer encoder
uses the maps as positions; in a decoder one prototype per keypoint attends to the context. Its attention
maps are the pose. Training needs only which keypoints are present (`CategoryLabels`).
Where the text is ambiguous, the interpretations are options; bench/papers/lofr says which one is used and why.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

import torch
from mmengine.structures import PixelData
from mmpose.models.backbones import HRNet
from mmpose.models.heads.base_head import BaseHead
from mmpose.models.utils.tta import flip_heatmaps
from mmpose.registry import KEYPOINT_CODECS, MODELS
from torch import Tensor, nn

from ..keypoints import DATASETS, keypoint_names
from ..layers.options import check_choice
from ..losses.location_free import (
    diversity_loss,
    located_loss,
    mass_scaled,
    peak_scaled,
    presence_loss,
)
from . import data  # noqa: F401  (registers data sets and transforms)
from .decoder import PoseDecoder, response_maps
from .encoder import CategoryBranch, ContextEncoder, Memory, resize_grid
from .graph import PrototypeGraph
from .response import MEASURED_STRIDE, by_kind, joint_response, joints_in_crop

CLASSIFIERS = ("cnn", "encoder", "parts")
WEIGHTS = dict(cnn=0.2, encoder=0.2, parts=0.5, diversity=0.1, located=0.0)  # Section 4.2
READ_OUT = dict(layers="last", heads="mean", scales="sum", score="response")


@MODELS.register_module()
class HRNetBranches(HRNet):
    """MMPose's HRNet with the finest `branches` of its four branches as outputs."""

    def __init__(self, *, branches: int, extra: dict, **kwargs: Any) -> None:
        stage4 = {**extra["stage4"], "multiscale_output": True}
        super().__init__({**extra, "stage4": stage4}, **kwargs)
        last = self.stage4[-1]
        last.fuse_layers = last.fuse_layers[:branches]


class Parts(NamedTuple):
    """Result of a forward pass: heatmaps [B, K, H, W], logits [B, K] by classifier, part features [B, K, D]."""

    heatmaps: Tensor
    logits: dict[str, Tensor]
    features: Tensor


@MODELS.register_module()
class LocationFreeHead(BaseHead):
    """MSC-En and RGP-De on the feature maps of a CNN.

    Args:
        in_channels, strides: of the CNN's output maps, finest first.
        input_size: (width, height) of the images.
        num_keypoints: K; skeleton: "coco", "mpii" or "crowdpose", which must have K keypoints. used: indices of the
        maps that are encoded; one index means no multi-scale context (MS). category: index of the input map of the
        CNN's classifier (and, with SPE and RePPG, M and F_c). dim, heads, hidden, dropout: of the Transformer;
        encoder_layers, decoder_layers: its depths. spatial: arguments of `SpatialPosition` (an empty dict for the
        defaults), or None for no SPE. relations: arguments of `PrototypeGraph`, or None for no RePPG (learned
        prototypes instead). context: further arguments of `ContextEncoder`.
        self_attention: among prototypes in the decoder; None: only without RePPG.
        part_features: "decoder" output, or F_m "pooled" by R.
        shared_classifier: one weight vector for all parts instead of one each.
        classifier: "sigmoid" or "softmax".
        pixels: whether Eq. 14's squared error is the "mean" or the "sum" over pixels.
        scaling: how R is scaled to the heatmap of Eq. 14: "mass" (R sums to what the target sums to) or "peak".
        maps: which maps are decoded, "response" (attention weights) or "scores" (attention scores, weighted
            per head by a 1x1 convolution; needs located samples).
        read_out: `layers` (last, all), `heads` (mean, max), `scales` (sum, finest) and `score`, the
            confidence of a keypoint: "response" (the peak relative to the uniform value), "presence" or "product".
        weights: of the losses cnn, encoder, parts, diversity (Eq. 13) and located (Eq. 15).
        decoder: codec that finds the maxima.
    """

    default_init_cfg = None

    def __init__(
        self,
        *,
        in_channels: Sequence[int],
        strides: Sequence[int],
        input_size: tuple[int, int],
        num_keypoints: int,
        skeleton: str,
        dim: int,
        heads: int,
        hidden: int,
        encoder_layers: int,
        decoder_layers: int,
        decoder: dict,
        used: Sequence[int] = (0, 1, 2),
        category: int = -1,
        dropout: float = 0.1,
        spatial: dict | None = None,
        relations: dict | None = None,
        context: dict | None = None,
        self_attention: bool | None = None,
        part_features: str = "decoder",
        shared_classifier: bool = False,
        classifier: str = "sigmoid",
        pixels: str = "mean",
        scaling: str = "mass",
        maps: str = "response",
        read_out: dict | None = None,
        weights: dict | None = None,
    ) -> None:
        super().__init__()
        _check(skeleton, num_keypoints, read_out or {}, weights or {})
        check_choice("part_features", part_features, ("decoder", "pooled"))
        check_choice("pixels", pixels, ("mean", "sum"))
        check_choice("scaling", scaling, ("mass", "peak"))
        check_choice("maps", maps, ("response", "scores"))
        self.skeleton = skeleton
        self.used, self.category, self.strides = tuple(used), category, tuple(strides)
        self.part_features, self.classifier = part_features, classifier
        self.pixels, self.scaling, self.maps = pixels, scaling, maps
        self.read_out, self.weights = READ_OUT | (read_out or {}), WEIGHTS | (weights or {})
        self.decoder = KEYPOINT_CODECS.build(decoder)
        transformer = dict(dim=dim, heads=heads, hidden=hidden, dropout=dropout)
        self.cnn = CategoryBranch(
            in_channels=in_channels[category],
            keypoints=num_keypoints,
            dim=dim if relations is not None else None,
        )
        self.encoder = ContextEncoder(
            in_channels=[in_channels[index] for index in used],
            strides=[strides[index] for index in used],
            input_size=input_size,
            keypoints=num_keypoints,
            layers=encoder_layers,
            spatial=spatial,
            **transformer,
            **(context or {}),
        )
        self.graph = self.prototypes = None
        if relations is not None:
            self.graph = PrototypeGraph(dim=dim, skeleton=skeleton, **relations)
        else:
            self.prototypes = nn.Parameter(torch.randn(num_keypoints, dim))
        self.pose = PoseDecoder(
            layers=decoder_layers,
            read=self.read_out["layers"],
            self_attention=relations is None if self_attention is None else self_attention,
            **transformer,
        )
        self.encoder_classifier = nn.Linear(dim, num_keypoints)
        rows = 1 if shared_classifier else num_keypoints
        self.part_weight = nn.Parameter(torch.randn(rows, dim) / dim**0.5)
        self.part_bias = nn.Parameter(torch.zeros(rows))
        self.score_maps = nn.Conv2d(heads, 1, 1) if maps == "scores" else None

    def attend(self, feats: Sequence[Tensor]) -> tuple[Parts, Tensor]:
        """Backbone maps to predictions and R [B, K, H, W], the part response maps (sum about 1)."""
        stride = self.strides[self.category]
        cnn, maps, vectors = self.cnn(feats[self.category])
        memory = self.encoder([feats[index] for index in self.used], maps, stride)
        attended = self.pose(self.initial_prototypes(vectors, len(cnn)), memory)
        strides = [self.strides[index] for index in self.used]
        rule = {key: self.read_out[key] for key in ("heads", "scales")}
        response = response_maps(attended.weights, memory.sizes, strides, **rule)
        features = attended.values
        if self.part_features == "pooled":
            features = attended.weights.mean(dim=1) @ memory.tokens
        logits = dict(
            cnn=cnn,
            encoder=self.encoder_classifier(memory.tokens.mean(dim=1)),
            parts=(features * self.part_weight).sum(dim=2) + self.part_bias,
        )
        heatmaps = response
        if self.score_maps is not None:
            heatmaps = self._scores(attended.scores, memory)
        return Parts(heatmaps, logits, features), response

    def initial_prototypes(self, vectors: Tensor | None, batch: int) -> Tensor:
        """Input of the decoder, [B, K, D]: P' from F_c by RePPG, or the learned prototypes."""
        if self.graph is not None:
            return self.graph(vectors)
        return self.prototypes.expand(batch, -1, -1)

    def _scores(self, scores: Tensor, memory: Memory) -> Tensor:
        """Attention scores [B, heads, K, L] of the finest scale to heatmaps [B, K, H, W]."""
        height, width = memory.sizes[0]
        scores = scores - scores.mean(dim=3, keepdim=True)  # a constant carries no location
        finest = scores[..., : height * width].unflatten(3, (height, width)).transpose(1, 2)
        return self.score_maps(finest.flatten(0, 1)).unflatten(0, finest.shape[:2]).squeeze(2)

    def forward(self, feats: Sequence[Tensor]) -> dict[str, Tensor]:
        """Backbone maps to `heatmaps` [B, K, H, W] (1 at the peak, or scores) and logits `cnn`, `encoder`, `parts`
        [B, K]."""
        parts, _ = self.attend(feats)
        heatmaps = parts.heatmaps if self.maps == "scores" else peak_scaled(parts.heatmaps)
        return dict(heatmaps=heatmaps, **parts.logits)

    def loss(self, feats: Sequence[Tensor], batch_data_samples: list, train_cfg: dict) -> dict:
        """The weighted terms of Eq. 13 and 15. Samples have `keypoint_presence` [1, K]."""
        parts, _ = self.attend(feats)
        given = [sample.gt_instance_labels for sample in batch_data_samples]
        labels = torch.cat([one.keypoint_presence for one in given])
        losses = {
            f"loss_{name}": self.weights[name]
            * presence_loss(parts.logits[name], labels, classifier=self.classifier)
            for name in CLASSIFIERS
        }
        losses["loss_diversity"] = self.weights["diversity"] * diversity_loss(parts.features)
        if self.weights["located"]:
            targets = torch.stack([sample.gt_fields.heatmaps for sample in batch_data_samples])
            found = self._comparable(parts.heatmaps, targets)
            bearing = torch.cat([one.keypoint_weights for one in given])
            located = located_loss(found, targets, bearing, pixels=self.pixels)
            losses["loss_located"] = self.weights["located"] * located
        return losses

    def _comparable(self, heatmaps: Tensor, targets: Tensor) -> Tensor:
        """H of Eq. 14."""
        if self.maps == "scores":
            return heatmaps
        if self.scaling == "peak":
            return peak_scaled(heatmaps)
        return mass_scaled(heatmaps, targets)

    def measure(self, feats: Sequence[Tensor], batch_data_samples: list) -> dict[str, Tensor]:
        """Values of Table 7: `response/<kind of joint>`, one value per annotated joint of that kind in the batch.

        Needs `gt_instances` with keypoints and keypoints_visible, and the crop in the samples' metainfo.
        """
        _, response = self.attend(feats)
        crops = [joints_in_crop(sample) for sample in batch_data_samples]
        points, visible = (torch.stack(one).to(response) for one in zip(*crops, strict=True))
        width, height = batch_data_samples[0].metainfo["input_size"]
        size = (height // MEASURED_STRIDE, width // MEASURED_STRIDE)
        ratio = self.strides[self.used[0]] / MEASURED_STRIDE
        response = resize_grid(response, size, ratio)
        values = joint_response(response, points / MEASURED_STRIDE, visible > 0)
        found = by_kind(values, self.skeleton)
        return {f"response/{kind}": each for kind, each in found.items()}

    def predict(
        self, feats: Any, batch_data_samples: list, test_cfg: dict | None = None
    ) -> list | tuple[list, list]:
        """Keypoints and scores of each sample; with `flip_test` from the mean of both images."""
        test_cfg = test_cfg or {}
        if test_cfg.get("flip_test", False):
            heatmaps, scores = self._flip_tested(feats, batch_data_samples, test_cfg)
        else:
            heatmaps, scores = self._maps_and_scores(feats)
        heatmaps, scores = heatmaps.detach(), scores.detach().cpu().numpy()
        found = self.decode(peak_scaled(heatmaps) if self.maps == "response" else heatmaps)
        for instances, score in zip(found, scores, strict=True):
            instances.keypoint_scores = score[None]
        if test_cfg.get("output_heatmaps", False):
            return found, [PixelData(heatmaps=one) for one in heatmaps]
        return found

    def _flip_tested(self, feats: Any, samples: list, test_cfg: dict) -> tuple[Tensor, Tensor]:
        pairs = samples[0].metainfo["flip_indices"]
        (plain, score), (flipped, other) = (self._maps_and_scores(one) for one in feats)
        flipped = flip_heatmaps(
            flipped, flip_indices=pairs, shift_heatmap=test_cfg.get("shift_heatmap", False)
        )
        return (plain + flipped) / 2, (score + other[:, pairs]) / 2

    def _maps_and_scores(self, feats: Sequence[Tensor]) -> tuple[Tensor, Tensor]:
        """Heatmaps [B, K, H, W] (R times the number of its cells, or scores) and keypoint scores [B, K]."""
        parts, response = self.attend(feats)
        heatmaps = parts.heatmaps
        if self.maps == "response":
            heatmaps = response * response[0, 0].numel()
        peak, presence = heatmaps.amax(dim=(2, 3)), parts.logits["parts"].sigmoid()
        kinds = dict(response=peak, presence=presence, product=peak * presence)
        return heatmaps, kinds[self.read_out["score"]]


def _check(skeleton: str, keypoints: int, read_out: dict, weights: dict) -> None:
    """Raises `ValueError` for an unknown skeleton or entry, or a wrong number of keypoints."""
    check_choice("skeleton", skeleton, DATASETS)
    for key in read_out:
        check_choice("entry of read_out", key, READ_OUT)
    for key in weights:
        check_choice("entry of weights", key, WEIGHTS)
    check_choice("score", read_out.get("score", "response"), ("response", "presence", "product"))
    if (own := len(keypoint_names(skeleton))) != keypoints:
        raise ValueError(f"the skeleton {skeleton} has {own} keypoints, not {keypoints}")
