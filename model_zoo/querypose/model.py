"""QueryPose: Sparse Multi-Person Pose Regression via Spatial-Aware Part-Level Query (Xiao et al., NeurIPS 2022,
arXiv 2212.07855).

End to end: Q learnable boxes and instance queries are refined in S stages. Each stage refines the boxes as Sparse
R-CNN does, then regresses the poses from 14x14 RoI features of the finest map with one query per body part.
Matching is one to one, so there is neither non-maximum suppression nor grouping.

Letters: B images, S stages, Q proposals, K keypoints, M parts, D query width. Boxes are x1 y1 x2 y2 in pixels.
"""

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np
import torch
import torch.nn.functional as F
from mmengine.structures import InstanceData
from mmpose.models.heads.base_head import BaseHead
from mmpose.models.pose_estimators import BottomupPoseEstimator
from mmpose.registry import MODELS
from torch import Tensor, nn

from ..checkpoint import CheckedLoading
from ..layers.options import check_choice
from ..layers.roi_align import OUTSIDE, RoIPyramid
from ..losses.set_prediction import People, Predictions, SetCriterion
from . import data, necks, swin  # noqa: F401  (registered on import)
from .box_decoder import BoxStage
from .keypoint_decoder import InstanceStage, PartStage, PooledStage, Poses
from .parts import body_parts
from .sizes import Pooling, Widths

CLASS_PRIOR = 0.01
SIZE_DIVISOR = 32
QUERIES = ("part", "instance", "none")


class Stage(NamedTuple):
    """Output of one stage: predictions, instance query after the box decoder [B, Q, D], poses of the B * Q people."""

    predictions: Predictions
    box_query: Tensor
    poses: Poses


@MODELS.register_module()
class QueryPose(CheckedLoading, BottomupPoseEstimator):
    """Backbone, pyramid P2-P5 and `QueryPoseHead` on whole images of any size.

    `mode="tensor"` returns the dict of `QueryPoseHead.forward`; boxes are initialised to the samples' `img_shape`,
    without samples to the whole input. `mode="predict"` adds to every sample's `pred_instances`, in pixels of the
    original image: keypoints, keypoint_scores, bboxes, bbox_scores (the pose's), instance_scores (of a person).
    """

    def extract_feat(self, inputs: Tensor) -> tuple[Tensor, ...]:
        """Images [B, 3, H, W], padded below and to the right to multiples of 32, to the pyramid."""
        height, width = inputs.shape[2:]
        padding = (0, -width % SIZE_DIVISOR, 0, -height % SIZE_DIVISOR)
        return super().extract_feat(F.pad(inputs, padding) if any(padding) else inputs)

    def forward(self, inputs: Any, data_samples: Any = None, mode: str = "tensor") -> Any:
        """As MMPose's, which ignores the samples in `mode="tensor"`."""
        if mode != "tensor":
            return super().forward(inputs, data_samples, mode)
        inputs = torch.stack(inputs) if isinstance(inputs, list) else inputs
        whole, samples = inputs.shape[2:], data_samples or [{}] * len(inputs)
        sizes = [tuple(sample.get("img_shape", whole)[1::-1]) for sample in samples]
        return self.head(self.extract_feat(inputs), sizes)

    def predict(self, inputs: Tensor, data_samples: list) -> list:
        """Padded images and their samples to the samples with `pred_instances`."""
        sizes = _input_sizes(data_samples)
        output = self.head(self.extract_feat(inputs), sizes)
        for image, (size, sample) in enumerate(zip(sizes, data_samples, strict=True)):
            people = decode_predictions(output, image, size, sample.ori_shape[1::-1])
            people["keypoints"] = people["keypoints"] - 0.5  # COCO counts pixel centres from 0
            people.pop("kept")
            arrays = {name: value.detach().cpu().numpy() for name, value in people.items()}
            sample.pred_instances = InstanceData(**arrays)
        return data_samples


@MODELS.register_module()
class QueryPoseHead(BaseHead):
    """Learnable boxes and queries, S stages of box and keypoint decoder, and the loss.

    Args:
        num_keypoints, num_parts: K, and M of Figure 4's division of the body (17, 13, 7 or 5). num_queries, num_stages:
        Q and S. strides: of the pyramid's maps, finest first; the keypoint decoder reads the first.
        widths, pooling: fields of `Widths` and of `Pooling`.
        query: "part" (the paper), "instance" (Table 1, IQ) or "none" (Table 2b, baseline).
        interaction, iteration: see `PartStage` and `InstanceStage`.
        instance_update: the keypoint decoder updates the instance query (Figure 3b); False is the light decoder (3a).
        pass_updated_query: the next stage gets the updated query; False as in the evaluation code of May 2023.
        loss: arguments of `SetCriterion`.
    """

    def __init__(
        self,
        *,
        num_keypoints: int,
        num_parts: int,
        num_queries: int,
        num_stages: int,
        strides: Sequence[int],
        widths: dict,
        pooling: dict,
        loss: dict,
        query: str = "part",
        interaction: str = "spegm",
        iteration: str = "selective",
        instance_update: bool = True,
        pass_updated_query: bool = True,
    ) -> None:
        super().__init__()
        check_choice("query", query, QUERIES)
        self.strides, self.pooling, sizes = tuple(strides), Pooling(**pooling), Widths(**widths)
        check_choice("outside", self.pooling.outside, OUTSIDE)
        self.pass_updated_query, self.carry_parts = pass_updated_query, iteration != "none"
        self.parts = parts = body_parts(num_keypoints, num_parts)
        common = dict(roi_size=self.pooling.pose_size, interaction=interaction)

        def pose_stage() -> nn.Module:
            if query == "none":
                return PooledStage(sizes, num_keypoints=num_keypoints)
            if query == "instance":
                return InstanceStage(sizes, num_keypoints=num_keypoints, **common)
            switches = dict(iteration=iteration, instance_update=instance_update)
            return PartStage(sizes, parts=parts, **common, **switches)

        # centre x, y, width, height over the image
        self.proposal_boxes = nn.Embedding(num_queries, 4)
        self.proposal_queries = nn.Embedding(num_queries, sizes.dim)
        needs_parts = query == "part" and not (interaction == "spegm" and iteration == "none")
        self.part_queries = nn.Embedding(len(parts), sizes.part_dim) if needs_parts else None
        self.box_stages = nn.ModuleList(
            BoxStage(sizes, roi_size=self.pooling.box_size) for _ in range(num_stages)
        )
        self.pose_stages = nn.ModuleList(pose_stage() for _ in range(num_stages))
        self.criterion = SetCriterion(**loss)

    default_init_cfg = None  # `init_weights` does all of it

    def init_weights(self) -> None:
        """As in the published code: Xavier for every matrix of the decoders, boxes that cover the whole image."""
        decoders = nn.ModuleList([*self.box_stages, *self.pose_stages])
        for name, value in decoders.named_parameters():
            if value.dim() > 1:
                nn.init.xavier_uniform_(value)
            if name.endswith("class_logit.bias"):
                nn.init.constant_(value, -np.log((1 - CLASS_PRIOR) / CLASS_PRIOR))
        with torch.no_grad():
            self.proposal_boxes.weight.copy_(torch.tensor([0.5, 0.5, 1.0, 1.0]))
        for table in (self.proposal_queries, self.part_queries):
            if table is not None:
                nn.init.normal_(table.weight)
        self.criterion.init_weights()

    def stages(self, feats: Sequence[Tensor], sizes: Sequence[tuple[int, int]]) -> Iterator[Stage]:
        """Runs the stages in order.

        feats: P2, P3, ... [B, C, H / stride, W / stride]; sizes: (width, height) of each image without padding.
        """
        box_size, pose_size, outside, canonical_size = self.pooling
        pyramid = RoIPyramid(feats, self.strides, outside=outside, canonical_size=canonical_size)
        finest = RoIPyramid(feats[:1], self.strides[:1], outside=outside)
        query = self.proposal_queries.weight.expand(len(feats[0]), -1, -1)
        centre, extent = self.proposal_boxes.weight.split(2, dim=1)
        scale = query.new_tensor([[w, h, w, h] for w, h in sizes])[:, None]  # [B, 1, 4]
        boxes = torch.cat([centre - extent / 2, centre + extent / 2], dim=1) * scale
        table = parts = None
        if self.part_queries is not None:
            table = parts = self.part_queries.weight.expand(query.shape[0] * query.shape[1], -1, -1)
        for box_stage, pose_stage in zip(self.box_stages, self.pose_stages, strict=True):
            pooled = pyramid.pool(boxes, box_size)
            query, logits, boxes = box_stage(query, boxes, pooled)
            found, boxes = boxes, boxes.detach()
            pooled = finest.pool(boxes, pose_size)
            poses = pose_stage(pooled, query.flatten(0, 1), parts)
            mu, sigma = (value.view(*logits.shape, -1, 2) for value in (poses.mu, poses.sigma))
            yield Stage(Predictions(logits, found, mu, sigma), query, poses)
            query = poses.query.view_as(query) if self.pass_updated_query else query
            parts = poses.parts if self.carry_parts else table

    def forward(
        self, feats: Sequence[Tensor], sizes: Sequence[tuple[int, int]]
    ) -> dict[str, Tensor]:
        """Pyramid and image sizes (width, height) to the predictions of all stages.

        logits [S, B, Q]; boxes [S, B, Q, 4] in pixels of the input, not clipped; mu, sigma [S, B, Q, K, 2]: a
        keypoint is at the box's centre plus mu times the box's width and height, sigma in (0, 1) is its deviation.
        """
        each = [stage.predictions for stage in self.stages(feats, sizes)]
        stacked = Predictions(*(torch.stack(values) for values in zip(*each, strict=True)))
        return stacked._asdict()

    def loss(
        self, feats: Sequence[Tensor], batch_data_samples: list, train_cfg: Any = None
    ) -> dict:
        """Losses of all stages with equal weight, named `stage1.loss_class` and so on."""
        people = [_people(sample, feats[0].device) for sample in batch_data_samples]
        losses = {}
        for number, stage in enumerate(self.stages(feats, [each.size for each in people]), start=1):
            for name, value in self.criterion(stage.predictions, people).items():
                losses[f"stage{number}.{name}"] = value
        return losses

    def predict(
        self, feats: Sequence[Tensor], batch_data_samples: list, test_cfg: Any = None
    ) -> list:
        """People of each image as from `decode_predictions`, in pixels of the network's input."""
        sizes = _input_sizes(batch_data_samples)
        output = self(feats, sizes)
        return [decode_predictions(output, image, size, size) for image, size in enumerate(sizes)]


def decode_predictions(
    output: dict[str, Tensor], image: int, input_size: Sequence[int], output_size: Sequence[int]
) -> dict[str, Tensor]:
    """The people of one image from the last stage's predictions, scaled from `input_size` to `output_size`.

    Sizes are (width, height). All proposals with a non-empty box inside the image are kept; there is no
    threshold and no suppression. For n of them: kept [n] (proposal numbers), bboxes [n, 4] (clipped), keypoints
    [n, K, 2] (by the unclipped box; continuous, 0.5 is the first pixel's centre), keypoint_scores [n, K] (mean of
    1 - sigma over x and y), instance_scores [n], bbox_scores [n] (their product's mean: the pose's score, Sec. 3.4).
    """
    logits, boxes, mu, sigma = (output[name][-1, image].float() for name in Predictions._fields)
    ratio = boxes.new_tensor([o / i for o, i in zip(output_size, input_size, strict=True)])
    corner, extent = boxes[:, None, :2], (boxes[:, 2:] - boxes[:, :2])[:, None]
    keypoints = (corner + (mu + 0.5) * extent) * ratio
    limit = boxes.new_tensor([*output_size, *output_size])
    boxes = (boxes * ratio.repeat(2)).clamp(min=0).minimum(limit)
    kept = ((boxes[:, 2:] - boxes[:, :2]) > 0).all(dim=1).nonzero().squeeze(1)
    keypoint_scores = (1 - sigma).mean(dim=2)
    instance_scores = logits.sigmoid()
    return dict(
        kept=kept,
        bboxes=boxes[kept],
        keypoints=keypoints[kept],
        keypoint_scores=keypoint_scores[kept],
        instance_scores=instance_scores[kept],
        bbox_scores=(instance_scores * keypoint_scores.mean(dim=1))[kept],
    )


def _people(sample: Any, device: torch.device) -> People:
    labels, (height, width) = sample.gt_instance_labels, sample.img_shape[:2]
    values = (labels.bboxes, labels.keypoints, labels.keypoints_visible)
    return People(*(value.to(device).float() for value in values), size=(width, height))


def _input_sizes(samples: list) -> list[tuple[int, int]]:
    """(width, height) of each image as the network's input, without padding."""
    return [tuple(sample.img_shape[1::-1]) for sample in samples]
