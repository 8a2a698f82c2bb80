"""LOFR's losses (Section 3.5). Plain functions of tensors."""

import torch
import torch.nn.functional as F
from torch import Tensor

from ..layers.options import check_choice
from .step_counts import over_step


def presence_loss(logits: Tensor, labels: Tensor, *, classifier: str = "sigmoid") -> Tensor:
    """Binary cross-entropy of keypoint presence, mean over keypoints and batch (Eq. 12).

    Logits and labels (1 present, 0 absent) are [B, K]. `classifier="softmax"` follows the paper's "softmax
    layer" literally: probabilities that sum to 1 over the keypoints.
    """
    check_choice("classifier", classifier, ("sigmoid", "softmax"))
    if classifier == "sigmoid":
        return F.binary_cross_entropy_with_logits(logits, labels)
    return F.binary_cross_entropy(logits.softmax(dim=1), labels)


def diversity_loss(parts: Tensor) -> Tensor:
    """Mean cosine between the features of different parts, in [-1, 1], mean over the batch (Eq. 11).

    `parts` is [B, K, D] with K > 1.
    """
    unit = F.normalize(parts, dim=2)
    keypoints = parts.shape[1]
    whole = unit.sum(dim=1).square().sum(dim=1)  # over all pairs, i = j included
    same = unit.square().sum(dim=(1, 2))
    return ((whole - same) / (keypoints * (keypoints - 1))).mean()


def located_loss(
    heatmaps: Tensor, targets: Tensor, weights: Tensor, *, pixels: str = "sum"
) -> Tensor:
    """Squared error of heatmaps [B, K, H, W], mean over the step's keypoints with a location (Eq. 14).

    `pixels`: "sum" or "mean" over the map (the sum in Eq. 14 has no index). `weights` [B, K] is zero for keypoints and
    samples without one; if all are, the loss is zero.
    """
    error = (heatmaps - targets).square().flatten(2)
    error = error.sum(dim=2) if pixels == "sum" else error.mean(dim=2)
    return (error * weights).sum() / over_step("joints", weights.sum())


def mass_scaled(response: Tensor, targets: Tensor) -> Tensor:
    """Maps [B, K, H, W] that sum to about 1, multiplied so that each sums to what its target sums to.

    The squared error to a target of peak 1 is then convex in the response. Divided by its own peak instead, a
    response that is one spike at a wrong location costs little and has no gradient through the softmax.
    """
    return response * targets.sum(dim=(2, 3), keepdim=True)


def peak_scaled(response: Tensor) -> Tensor:
    """Maps [B, K, H, W] divided by their maximum, so that the peak is 1."""
    peak = response.amax(dim=(2, 3), keepdim=True)
    return response / peak.clamp(min=torch.finfo(response.dtype).tiny)
