"""Bipartite matching of predictions and people, and the losses of matched pairs (QueryPose, Sec. 3.4).

Q predictions and G annotated people of one image; boxes x1 y1 x2 y2 in pixels of the network's input.
"""

import math
from typing import NamedTuple

import torch
import torch.nn.functional as F
from mmengine.model import BaseModule
from mmpose.models.utils.realnvp import RealNVP
from scipy.optimize import linear_sum_assignment
from torch import Tensor, nn
from torchvision.ops import generalized_box_iou, generalized_box_iou_loss, sigmoid_focal_loss

from .step_counts import over_step

ALPHA, GAMMA = 0.25, 2.0  # of the focal loss
TINY = 1e-8


class People(NamedTuple):
    """Annotations of one image: boxes [G, 4], keypoints [G, K, 2] in pixels of the input, visible [G, K] (0 = not
    labelled), size (width, height) of the image without padding."""

    boxes: Tensor
    keypoints: Tensor
    visible: Tensor
    size: tuple[int, int]


class Predictions(NamedTuple):
    """One stage: logits [B, Q], boxes [B, Q, 4], mu and sigma [B, Q, K, 2] (relative to the box)."""

    logits: Tensor
    boxes: Tensor
    mu: Tensor
    sigma: Tensor


@torch.no_grad()
def match(
    logits: Tensor, boxes: Tensor, people: People, weights: tuple[float, float, float]
) -> tuple[Tensor, Tensor]:
    """The assignment of people to predictions with the lowest total cost.

    Cost: focal cost of the class, L1 distance of the boxes divided by the image size, minus generalised IoU, with
    `weights` for the three. logits [Q], boxes [Q, 4]; to indices of predictions and of people, [min(Q, G)] each.
    """
    probability = logits.sigmoid()
    positive = ALPHA * (1 - probability) ** GAMMA * -(probability + TINY).log()
    negative = (1 - ALPHA) * probability**GAMMA * -(1 - probability + TINY).log()
    scale = boxes.new_tensor([*people.size, *people.size])
    distance = torch.cdist(boxes / scale, people.boxes / scale, p=1)
    overlap = generalized_box_iou(boxes, people.boxes)
    cost = (
        weights[0] * (positive - negative)[:, None] + weights[1] * distance - weights[2] * overlap
    )
    rows, columns = linear_sum_assignment(cost.cpu().numpy())
    return torch.as_tensor(rows, device=boxes.device), torch.as_tensor(columns, device=boxes.device)


class SetCriterion(BaseModule):
    """The losses of one stage: focal class loss, L1 and GIoU of matched boxes, residual likelihood of keypoints.

    Source: QueryPose, Sec. 3.4; details not in the paper follow the published code: every sum is divided by the
    number of people (of the whole step, averaged over its passes, at least 1), that of keypoints by K times it.
    """

    def __init__(
        self, *, class_weight: float, l1_weight: float, giou_weight: float, keypoint_weight: float
    ) -> None:
        super().__init__()
        self.costs = (class_weight, l1_weight, giou_weight)
        names = ("loss_class", "loss_l1", "loss_giou", "loss_keypoints")
        self.weights = dict(zip(names, (*self.costs, keypoint_weight), strict=True))
        self.flow = RealNVP()  # one for all keypoints and stages

    def init_weights(self) -> None:
        """PyTorch's default for the flow, as in the published code (RLE's own starts near the identity)."""
        for module in self.flow.modules():
            if isinstance(module, nn.Linear):
                module.reset_parameters()

    def forward(self, predictions: Predictions, people: list[People]) -> dict[str, Tensor]:
        """Weighted losses `loss_class`, `loss_l1`, `loss_giou`, `loss_keypoints` of one stage."""
        plain = self.unweighted(predictions, people)
        return {name: self.weights[name] * value for name, value in plain.items()}

    def unweighted(self, predictions: Predictions, people: list[People]) -> dict[str, Tensor]:
        images = zip(predictions.logits, predictions.boxes, people, strict=True)
        pairs = [match(logits, boxes, each, self.costs) for logits, boxes, each in images]
        image = torch.cat([torch.full_like(own, i) for i, (own, _) in enumerate(pairs)])
        own = torch.cat([own for own, _ in pairs])
        boxes, keypoints, visible = (
            torch.cat([values[k] for values, (_, k) in zip(field, pairs, strict=True)])
            for field in zip(*(each[:3] for each in people), strict=True)
        )
        scale = torch.stack([boxes.new_tensor([*each.size, *each.size]) for each in people])[image]
        labels = torch.zeros_like(predictions.logits)
        labels[image, own] = 1
        found = predictions.boxes[image, own]
        count = _number_of_people(people, boxes.device)
        focal = sigmoid_focal_loss(predictions.logits, labels, ALPHA, GAMMA, reduction="sum")
        mu, sigma = predictions.mu[image, own], predictions.sigma[image, own]
        likelihood = self._keypoints(mu, sigma, found.detach(), keypoints, visible)
        return dict(
            loss_class=focal / count,
            loss_l1=F.l1_loss(found / scale, boxes / scale, reduction="sum") / count,
            loss_giou=generalized_box_iou_loss(found, boxes, reduction="sum", eps=0) / count,
            loss_keypoints=likelihood / (count * mu.shape[1]),
        )

    def _keypoints(
        self, mu: Tensor, sigma: Tensor, boxes: Tensor, keypoints: Tensor, visible: Tensor
    ) -> Tensor:
        """Sum of the negative log likelihood over labelled keypoints inside the predicted boxes."""
        corner, size = boxes[:, None, :2], (boxes[:, 2:] - boxes[:, :2])[:, None]
        target = (keypoints - corner) / size - 0.5
        inside = (target.abs() <= 0.5).all(dim=2) & (visible > 0)
        if not inside.any():  # the flow does not accept an empty batch
            return 0 * (mu.sum() + sigma.sum())
        return self.negative_log_likelihood(mu[inside], sigma[inside], target[inside]).sum()

    def negative_log_likelihood(self, mu: Tensor, sigma: Tensor, target: Tensor) -> Tensor:
        """Residual log-likelihood (RLE, Li et al., ICCV 2021) per coordinate; all [n, 2].

        A Laplace density of the error (scale sqrt(2) sigma) times the flow's density of error / sigma. As in the
        published code the flow's log density of a keypoint is added to both x and y, and the constant is
        log(sigma sqrt(2 pi)).
        """
        error = mu - target
        log_flow = self.flow.log_prob(error / sigma)[:, None]
        laplace = (sigma * math.sqrt(2 * math.pi)).log() + error.abs() / (math.sqrt(2) * sigma)
        return sigma.log() - log_flow + laplace


def _number_of_people(people: list[People], device: torch.device) -> Tensor:
    own = torch.tensor(float(sum(len(each.boxes) for each in people)), device=device)
    return over_step("people", own)
