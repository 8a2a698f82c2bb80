"""TFPose's encoder and decoder (Sec. 3.2, 3.3; Figure 4), after Deformable DETR's."""

from collections.abc import Iterator
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn

from ..layers.deformable import DeformableAttention, Shapes
from ..layers.encoder import FeedForward


class EncoderLayer(nn.Module):
    """Pixel-to-pixel attention of all levels' tokens, then a feed-forward network (post-norm)."""

    def __init__(
        self, *, dim: int, heads: int, levels: int, points: int, hidden: int, dropout: float
    ) -> None:
        super().__init__()
        self.p2p = DeformableAttention(dim=dim, heads=heads, levels=levels, points=points)
        self.norm = nn.LayerNorm(dim)
        self.dropout = nn.Dropout(dropout)
        self.feed_forward = FeedForward(dim=dim, hidden=hidden, dropout=dropout)

    def forward(self, tokens: Tensor, position: Tensor, centres: Tensor, shapes: Shapes) -> Tensor:
        """tokens [B, L, D], position [L, D], centres of the tokens' pixels [L, 2] to [B, L, D]."""
        reference = centres.expand(len(tokens), -1, -1)
        attended = self.p2p(tokens + position, reference, tokens, shapes)
        return self.feed_forward(self.norm(tokens + self.dropout(attended)))


class DecoderLayer(nn.Module):
    """Query-to-query attention (unless `q2q` is false), pixel-to-query attention, feed-forward,
    each with residual and norm after; then the refinement of the coordinates in logits."""

    def __init__(
        self,
        *,
        dim: int,
        heads: int,
        levels: int,
        points: int,
        hidden: int,
        dropout: float,
        q2q: bool,
    ) -> None:
        super().__init__()
        self.q2q = nn.MultiheadAttention(dim, heads, dropout, batch_first=True) if q2q else None
        self.q2q_norm = nn.LayerNorm(dim) if q2q else None
        self.p2q = DeformableAttention(dim=dim, heads=heads, levels=levels, points=points)
        self.p2q_norm = nn.LayerNorm(dim)
        self.dropout = nn.Dropout(dropout)
        self.feed_forward = FeedForward(dim=dim, hidden=hidden, dropout=dropout)
        self.refine = nn.Sequential(
            nn.Linear(dim, dim), nn.ReLU(), nn.Linear(dim, dim), nn.ReLU(), nn.Linear(dim, 2)
        )

    def after_q2q(self, queries: Tensor, embedding: Tensor) -> Tensor:
        """Queries [B, K, D] and their embedding [K, D] to queries after query-to-query attention."""
        if self.q2q is None:
            return queries
        placed = queries + embedding
        attended, _ = self.q2q(placed, placed, queries, need_weights=False)
        return self.q2q_norm(queries + self.dropout(attended))

    def forward(
        self, queries: Tensor, embedding: Tensor, reference: Tensor, memory: Tensor, shapes: Shapes
    ) -> tuple[Tensor, Tensor]:
        """queries [B, K, D], embedding [K, D], reference [B, K, 2], memory [B, L, D] to the queries
        [B, K, D] after the layer and the refinement [B, K, 2] in logits (Delta y of Eq. 4)."""
        queries = self.after_q2q(queries, embedding)
        attended = self.p2q(queries + embedding, reference, memory, shapes)
        queries = self.feed_forward(self.p2q_norm(queries + self.dropout(attended)))
        return queries, self.refine(queries)


class DecoderStep(NamedTuple):
    """Input and output of a decoder layer."""

    queries: Tensor  # [B, K, D] before the layer
    reference: Tensor  # [B, K, 2] in (0, 1): coordinates of the previous layer, reference points of its sampling
    coordinates: Tensor  # [B, K, 2] in (0, 1): refined by the layer


class Decoder(nn.Module):
    """N_D layers that refine K coordinates iteratively (Eq. 4).

    `queries` is Q, `embedding` its position embedding, `start` the learned y_0 in logits. No gradient flows from a
    layer's coordinates into those of earlier layers (Deformable DETR's iterative refinement).
    """

    def __init__(self, *, layers: int, num_keypoints: int, dim: int, **layer: Any) -> None:
        super().__init__()
        self.queries = nn.Parameter(torch.zeros(num_keypoints, dim))
        self.embedding = nn.Parameter(torch.zeros(num_keypoints, dim))
        self.start = nn.Parameter(torch.zeros(num_keypoints, 2))
        self.layers = nn.ModuleList(DecoderLayer(dim=dim, **layer) for _ in range(layers))

    def steps(self, memory: Tensor, shapes: Shapes) -> Iterator[DecoderStep]:
        """Memory [B, L, D] to one `DecoderStep` per layer."""
        queries = self.queries.expand(len(memory), -1, -1)
        logits = self.start.expand(len(memory), -1, -1)
        for layer in self.layers:
            before, reference = queries, logits.sigmoid().detach()
            queries, refinement = layer(queries, self.embedding, reference, memory, shapes)
            logits = logits + refinement
            yield DecoderStep(before, reference, logits.sigmoid())
            logits = logits.detach()
