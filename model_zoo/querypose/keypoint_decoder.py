"""One stage of QueryPose's keypoint decoder, and its variants in the ablations.

N: people in the whole batch (B images with Q queries each), M: parts, K: keypoints.
"""

import itertools
from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor, nn

from ..layers.encoder import FeedForward
from ..layers.options import check_choice
from .interaction import DynamicMLP, RegionAttention, SpatialPartEmbedding
from .sizes import Widths

ITERATIONS = ("selective", "none", "sum", "concat")
PART_INTERACTIONS = ("spegm", "mhsa", "dymlp-channel", "dymlp-spatial")
INSTANCE_INTERACTIONS = ("mhsa", "dymlp-channel", "dymlp-spatial", "spatial-attention")


class SelectiveIteration(nn.Module):
    """SIM: two gates from the sum weight the new embeddings and the previous part queries (Eq. 3).

    `unused` and `unused_norm` do nothing; the authors' module has them, and so its parameter count and checkpoints.
    """

    def __init__(self, dim: int) -> None:
        super().__init__()
        self.squeeze = nn.Linear(dim, dim // 4, bias=False)
        self.norm = nn.LayerNorm(dim // 4)
        self.gates = nn.Linear(dim // 4, 2 * dim)
        self.unused = nn.Linear(dim, dim, bias=False)
        self.unused_norm = nn.LayerNorm(dim)

    def forward(self, new: Tensor, previous: Tensor) -> Tensor:
        """new, previous [..., D] to [..., D]."""
        gates = self.gates(self.norm(self.squeeze(new + previous)).relu()).sigmoid()
        for_new, for_previous = gates.chunk(2, dim=-1)
        return for_new * new + for_previous * previous


class PlainIteration(nn.Module):
    """The other variants of Table 2a: none (the new embeddings), their sum, or a linear layer on both."""

    def __init__(self, dim: int, method: str) -> None:
        super().__init__()
        self.method = method
        self.fuse = nn.Linear(2 * dim, dim) if method == "concat" else None

    def forward(self, new: Tensor, previous: Tensor) -> Tensor:
        """new, previous [..., D] to [..., D]."""
        if self.fuse is not None:
            return self.fuse(torch.cat([new, previous], dim=-1))
        return new + previous if self.method == "sum" else new


class UnitLinear(nn.Linear):
    """W x / |x| + b: the output depends on the direction of x only."""

    def forward(self, x: Tensor) -> Tensor:
        return x @ self.weight.T / x.norm(dim=-1, keepdim=True) + self.bias


class KeypointHead(nn.Module):
    """Non-shared linear layers: token m of [N, M, D] predicts mu and sigma of the keypoints `parts[m]`."""

    def __init__(self, dim: int, parts: Sequence[Sequence[int]]) -> None:
        super().__init__()
        self.coordinates = nn.ModuleList(UnitLinear(dim, 2 * len(part)) for part in parts)
        self.deviations = nn.ModuleList(nn.Linear(dim, 2 * len(part)) for part in parts)
        order = torch.tensor([keypoint for part in parts for keypoint in part])
        self.register_buffer("position", order.argsort(), persistent=False)

    def forward(self, tokens: Tensor) -> tuple[Tensor, Tensor]:
        """tokens [N, M, D] to mu [N, K, 2] (box widths and heights from the box's centre) and sigma in (0, 1)."""
        values = []
        for layers in (self.coordinates, self.deviations):
            each = [layer(token) for layer, token in zip(layers, tokens.unbind(1), strict=True)]
            values.append(torch.cat(each, dim=1).unflatten(1, (-1, 2))[:, self.position])
        return values[0], values[1].sigmoid()


class Poses(NamedTuple):
    """Output of a keypoint stage: mu, sigma [N, K, 2], instance query [N, D], part queries [N, M, Dp], and the
    attention maps [N, M, 2H, 2W] if the interaction has any."""

    mu: Tensor
    sigma: Tensor
    query: Tensor
    parts: Tensor
    attention: Tensor | None = None


def stacked_convolutions(widths: Widths) -> nn.Sequential:
    """3x3 convolutions with ReLU: channels, conv_hidden, ..., conv_hidden, channels; same size."""
    inner = [widths.conv_hidden] * (widths.conv_layers - 1)
    pairs = itertools.pairwise([widths.channels, *inner, widths.channels])
    steps = ((nn.Conv2d(a, b, 3, padding=1), nn.ReLU()) for a, b in pairs)
    return nn.Sequential(*(module for step in steps for module in step))


class PartStage(nn.Module):
    """Keypoint decoder with part-level queries (Eq. 2): the paper's own, and its variants in Tables 1 and 2.

    Args:
        parts: keypoints of each part, in token order.
        interaction: "spegm", or another one of Table 1.
        iteration: "selective" (SIM), "sum", "concat", "none".
        instance_update: a dynamic MLP and feed-forward update the instance query first; without: the light decoder.
    """

    def __init__(
        self,
        widths: Widths,
        *,
        parts: Sequence[Sequence[int]],
        roi_size: int,
        interaction: str = "spegm",
        iteration: str = "selective",
        instance_update: bool = True,
    ) -> None:
        super().__init__()
        check_choice("interaction", interaction, PART_INTERACTIONS)
        check_choice("iteration", iteration, ITERATIONS)
        dim, part_dim, hidden = widths.dim, widths.part_dim, widths.hidden
        self.convolutions = stacked_convolutions(widths)
        self.instance_update = None
        if instance_update:
            module = _interaction("dymlp-channel", dim, widths, roi_size)
            self.instance_update = InstanceUpdate(module, dim, hidden)
        self.spegm = interaction == "spegm"
        if self.spegm:
            self.interaction = _spatial(len(parts), part_dim, widths)
        else:
            self.interaction = _interaction(interaction, part_dim, widths, roi_size)
        self.instance_projection = nn.ModuleList(nn.Linear(dim, part_dim) for _ in parts)
        plain = iteration != "selective"
        self.iteration = (
            PlainIteration(part_dim, iteration) if plain else SelectiveIteration(part_dim)
        )
        self.attention = nn.MultiheadAttention(part_dim, widths.heads, batch_first=True)
        self.attention_norm = nn.LayerNorm(part_dim)
        self.feedforward = FeedForward(dim=part_dim, hidden=hidden)
        self.head = KeypointHead(part_dim, parts)

    def forward(self, features: Tensor, query: Tensor, parts: Tensor) -> Poses:
        """features [N, C, 14, 14], instance query [N, D], part queries of the previous stage [N, M, Dp]."""
        features = self.convolutions(features)
        if self.instance_update is not None:
            query = self.instance_update(query, features)
        instance = torch.stack([layer(query) for layer in self.instance_projection], dim=1)
        attention = None
        if self.spegm:
            new, attention = self.interaction.attend(features)
            new = new + instance
        else:  # a part query must know its person before it attends to the features
            new = self.interaction(parts + instance, features)
        parts = self.iteration(new, parts)
        attended = self.attention(parts, parts, parts, need_weights=False)[0]
        parts = self.feedforward(self.attention_norm(parts + attended))
        return Poses(*self.head(parts), query, parts, attention)


class InstanceUpdate(nn.Module):
    """Updates the instance query from the pose features: query + interaction, norm, feed-forward."""

    def __init__(self, interaction: nn.Module, dim: int, hidden: int) -> None:
        super().__init__()
        self.interaction = interaction
        self.norm = nn.LayerNorm(dim)
        self.feedforward = FeedForward(dim=dim, hidden=hidden)

    def forward(self, query: Tensor, features: Tensor) -> Tensor:
        """query [N, D], features [N, C, H, W] to [N, D]."""
        update = self.interaction(query[:, None], features).squeeze(1)
        return self.feedforward(self.norm(query + update))


class InstanceStage(nn.Module):
    """Keypoint decoder of Table 1's rows IQ: the instance query itself attends to the RoI features and regresses all
    keypoints; the updated query is passed to the next stage."""

    def __init__(
        self, widths: Widths, *, num_keypoints: int, roi_size: int, interaction: str
    ) -> None:
        super().__init__()
        check_choice("interaction", interaction, INSTANCE_INTERACTIONS)
        self.convolutions = stacked_convolutions(widths)
        spatial = interaction == "spatial-attention"
        module = (
            _spatial(1, widths.dim, widths)
            if spatial
            else _interaction(interaction, widths.dim, widths, roi_size)
        )
        self.instance_update = InstanceUpdate(module, widths.dim, widths.hidden)
        self.head = KeypointHead(widths.dim, [range(num_keypoints)])

    def forward(self, features: Tensor, query: Tensor, parts: Tensor) -> Poses:
        """features [N, C, 14, 14], instance query [N, D]; the part queries are returned unchanged."""
        query = self.instance_update(query, self.convolutions(features))
        return Poses(*self.head(query[:, None]), query, parts)


class PooledStage(nn.Module):
    """Baseline of Table 2b: stacked convolutions, average over the region, one linear layer; no query."""

    def __init__(self, widths: Widths, *, num_keypoints: int) -> None:
        super().__init__()
        self.convolutions = stacked_convolutions(widths)
        self.head = KeypointHead(widths.channels, [range(num_keypoints)])

    def forward(self, features: Tensor, query: Tensor, parts: Tensor) -> Poses:
        """features [N, C, 14, 14]; both kinds of queries are returned unchanged."""
        pooled = self.convolutions(features).mean(dim=(2, 3))
        return Poses(*self.head(pooled[:, None]), query, parts)


def _spatial(parts: int, dim: int, widths: Widths) -> nn.Module:
    return SpatialPartEmbedding(channels=widths.channels, parts=parts, dim=dim)


def _interaction(name: str, dim: int, widths: Widths, size: int) -> nn.Module:
    """Another interaction of queries [N, M, dim] with features of `size` x `size` cells."""
    common = dict(query_dim=dim, dim=dim, channels=widths.channels)
    if name == "mhsa":
        return RegionAttention(heads=widths.heads, **common)
    axis = name.removeprefix("dymlp-")
    return DynamicMLP(hidden=widths.dynamic_hidden, size=size, axis=axis, **common)
