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
from . import branches, data  # noqa: F401  (registers the backbone, data sets and transforms)
from .decoder import Decoded, PoseDecoder, init_like_detr, response_maps
from .encoder import CategoryBranch, ContextEncoder, Memory, resize_grid
from .graph import PrototypeGraph
from .response import MEASURED_STRIDE, by_kind, joint_response, joints_in_crop

WEIGHTS = dict(cnn=0.2, encoder=0.2, parts=0.5, diversity=0.1, located=0.0)  # Section 4.2
CLASSIFICATION = dict(classifier="sigmoid", shared=False)
LOCATED = dict(pixels="sum", scaling="mass")
READ_OUT = dict(maps="response", scales="sum", score="response")
CHOICES = dict(
    classifier=("sigmoid", "softmax"),
    pixels=("sum", "mean"),
    scaling=("mass", "peak"),
    maps=("response", "scores"),
    scales=("sum", "finest"),
    score=("response", "presence", "product"),
)


class Parts(NamedTuple):
    """Result of a forward pass: heatmaps [B, K, H, W], logits [B, K] by classifier, part features [B, K, D]."""

    heatmaps: Tensor
    logits: dict[str, Tensor]
    features: Tensor


class PartClassifier(nn.Module):
    """Presence of each keypoint from its part feature: a weight vector and a bias each, or one for all (`shared`)."""

    def __init__(self, *, keypoints: int, dim: int, shared: bool) -> None:
        super().__init__()
        rows = 1 if shared else keypoints
        self.weight = nn.Parameter(torch.randn(rows, dim) / dim**0.5)
        self.bias = nn.Parameter(torch.zeros(rows))

    def forward(self, features: Tensor) -> Tensor:
        """Part features [B, K, D] to logits [B, K]."""
        return (features * self.weight).sum(dim=2) + self.bias


@MODELS.register_module()
class LocationFreeHead(BaseHead):
    """MSC-En and RGP-De on the feature maps of a CNN. A classifier whose loss has no weight is not built.

    Args:
        in_channels, strides: of the CNN's output maps, finest first.
        used: indices of the maps that are encoded; one index means no multi-scale context (MS).
        category: index of the input map of the CNN's classifier (and, with SPE and RePPG, M and F_c).
        input_size: (width, height) of the images.
        num_keypoints, skeleton: K, and "coco", "mpii" or "crowdpose", which must have K keypoints.
        transformer: dim, heads, hidden and dropout of encoder and decoder.
        context: further arguments of `ContextEncoder`: its depth `layers`; `spatial` (None: no SPE), and others.
        pose: further arguments of `PoseDecoder`: its depth `layers`, and others. `self_attention` is on only without
            RePPG unless it is given.
        relations: arguments of `PrototypeGraph`, or None for no RePPG (learned prototypes instead).
        classification: `classifier` of Eq. 12 (sigmoid, softmax); `shared`, one weight vector for all parts.
        located: of Eq. 14, `pixels` (sum or mean of the squared error over them) and `scaling`, how R becomes a
            heatmap: "mass" (R sums to what the target sums to) or "peak".
        read_out: `maps` that are decoded, "response" (attention weights) or "scores" (attention scores, weighted per
            head by a 1x1 convolution; needs located samples); `scales` (sum, finest); `score`, the confidence of a
            keypoint: "response" (the peak relative to the uniform value), "presence" or "product".
        weights: of the losses cnn, encoder, parts, diversity (Eq. 13) and located (Eq. 15).
        decoder: codec that finds the maxima.
    """

    default_init_cfg = None

    def __init__(
        self,
        *,
        in_channels: Sequence[int],
        strides: Sequence[int],
        used: Sequence[int],
        category: int,
        input_size: tuple[int, int],
        num_keypoints: int,
        skeleton: str,
        transformer: dict,
        context: dict,
        pose: dict,
        decoder: dict,
        relations: dict | None = None,
        classification: dict | None = None,
        located: dict | None = None,
        read_out: dict | None = None,
        weights: dict | None = None,
    ) -> None:
        super().__init__()
        _check_skeleton(skeleton, num_keypoints)
        self.skeleton = skeleton
        self.used, self.category, self.strides = tuple(used), category, tuple(strides)
        self.weights = _filled("weights", weights, WEIGHTS)
        self.classification = _filled("classification", classification, CLASSIFICATION)
        self.located = _filled("located", located, LOCATED)
        self.read_out = _filled("read_out", read_out, READ_OUT)
        if self.read_out["score"] != "response" and not self.weights["parts"]:
            raise ValueError("a score by presence needs the classifier of parts: weights.parts")
        self.decoder = KEYPOINT_CODECS.build(decoder)
        self.encoder = ContextEncoder(
            in_channels=[in_channels[index] for index in used],
            strides=[strides[index] for index in used],
            input_size=input_size,
            keypoints=num_keypoints,
            **transformer,
            **context,
        )
        own = dict(self_attention=relations is None) | pose
        self.pose = PoseDecoder(**transformer, **own)
        init_like_detr(self.encoder.encoders, self.pose)
        self.score_maps = None
        if self.read_out["maps"] == "scores":
            self.score_maps = nn.Conv2d(transformer["heads"], 1, 1)
        self.graph = self.prototypes = None
        if relations is not None:
            self.graph = PrototypeGraph(dim=transformer["dim"], skeleton=skeleton, **relations)
        else:
            self.prototypes = nn.Parameter(torch.randn(num_keypoints, transformer["dim"]))
        self._build_classifiers(in_channels[category], num_keypoints, transformer["dim"])

    def _build_classifiers(self, channels: int, keypoints: int, dim: int) -> None:
        """Those that a loss trains; the CNN's also where its maps M or features F_c are used."""
        self.cnn = self.encoder_classifier = self.part_classifier = None
        if self.weights["cnn"] or self.encoder.spatial or self.graph:
            related = dim if self.graph else None
            self.cnn = CategoryBranch(in_channels=channels, keypoints=keypoints, dim=related)
        if self.weights["encoder"]:
            self.encoder_classifier = nn.Linear(dim, keypoints)
        if self.weights["parts"]:
            self.part_classifier = PartClassifier(
                keypoints=keypoints, dim=dim, shared=self.classification["shared"]
            )

    def attend(self, feats: Sequence[Tensor]) -> tuple[Parts, Tensor]:
        """Backbone maps to predictions and R [B, K, H, W], the part response maps (sum about 1)."""
        logits, maps, vectors = {}, None, None
        if self.cnn:
            logits["cnn"], maps, vectors = self.cnn(feats[self.category])
        memory = self.encoder(
            [feats[index] for index in self.used], maps, self.strides[self.category]
        )
        decoded = self.pose(self.initial_prototypes(vectors, len(memory.tokens)), memory)
        if self.encoder_classifier:
            logits["encoder"] = self.encoder_classifier(memory.tokens.mean(dim=1))
        if self.part_classifier:
            logits["parts"] = self.part_classifier(decoded.features)
        strides = [self.strides[index] for index in self.used]
        response = response_maps(decoded.attention, memory.sizes, strides, self.read_out["scales"])
        heatmaps = self._scores(decoded, memory) if self.score_maps else response
        return Parts(heatmaps, logits, decoded.features), response

    def initial_prototypes(self, vectors: Tensor | None, batch: int) -> Tensor:
        """Input of the decoder, [B, K, D]: P' from F_c by RePPG, or the learned prototypes."""
        if self.graph is not None:
            return self.graph(vectors)
        return self.prototypes.expand(batch, -1, -1)

    def _scores(self, decoded: Decoded, memory: Memory) -> Tensor:
        """Attention scores of the last layer at the finest scale to heatmaps [B, K, H, W]."""
        height, width = memory.sizes[0]
        scores = decoded.scores
        scores = scores - scores.mean(dim=3, keepdim=True)  # a constant carries no location
        finest = scores[..., : height * width].unflatten(3, (height, width)).transpose(1, 2)
        return self.score_maps(finest.flatten(0, 1)).unflatten(0, finest.shape[:2]).squeeze(2)

    def forward(self, feats: Sequence[Tensor]) -> dict[str, Tensor]:
        """Backbone maps to `heatmaps` [B, K, H, W] (1 at the peak, or scores) and the logits [B, K] of the classifiers
        that are built: `cnn`, `encoder`, `parts`."""
        parts, _ = self.attend(feats)
        heatmaps = parts.heatmaps if self.score_maps else peak_scaled(parts.heatmaps)
        return dict(heatmaps=heatmaps, **parts.logits)

    def loss(self, feats: Sequence[Tensor], batch_data_samples: list, train_cfg: dict) -> dict:
        """The weighted terms of Eq. 13 and 15. Samples have `keypoint_presence` [1, K]."""
        parts, _ = self.attend(feats)
        given = [sample.gt_instance_labels for sample in batch_data_samples]
        labels = torch.cat([one.keypoint_presence for one in given])
        kind = self.classification["classifier"]
        losses = {
            f"loss_{name}": self.weights[name] * presence_loss(logits, labels, classifier=kind)
            for name, logits in parts.logits.items()
        }
        if self.weights["diversity"]:
            losses["loss_diversity"] = self.weights["diversity"] * diversity_loss(parts.features)
        if self.weights["located"]:
            targets = torch.stack([sample.gt_fields.heatmaps for sample in batch_data_samples])
            found = self._comparable(parts.heatmaps, targets)
            bearing = torch.cat([one.keypoint_weights for one in given])
            error = located_loss(found, targets, bearing, pixels=self.located["pixels"])
            losses["loss_located"] = self.weights["located"] * error
        return losses

    def _comparable(self, heatmaps: Tensor, targets: Tensor) -> Tensor:
        """H of Eq. 14."""
        if self.score_maps:
            return heatmaps
        if self.located["scaling"] == "peak":
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
        found = self.decode(heatmaps if self.score_maps else peak_scaled(heatmaps))
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
        heatmaps = parts.heatmaps if self.score_maps else response * response[0, 0].numel()
        score = peak = heatmaps.amax(dim=(2, 3))
        if self.read_out["score"] != "response":
            score = parts.logits["parts"].sigmoid()
        if self.read_out["score"] == "product":
            score = peak * score
        return heatmaps, score


def _filled(name: str, given: dict | None, defaults: dict) -> dict:
    """The defaults with what is given. Raises `ValueError` for an unknown entry or choice."""
    for key, value in (given or {}).items():
        check_choice(f"entry of {name}", key, defaults)
        if key in CHOICES:
            check_choice(key, value, CHOICES[key])
    return defaults | (given or {})


def _check_skeleton(skeleton: str, keypoints: int) -> None:
    """Raises `ValueError` for an unknown skeleton or a wrong number of keypoints."""
    check_choice("skeleton", skeleton, DATASETS)
    if (own := len(keypoint_names(skeleton))) != keypoints:
        raise ValueError(f"the skeleton {skeleton} has {own} keypoints, not {keypoints}")
