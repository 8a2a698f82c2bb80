"""LOFR's relation-guided pose decoder: prototypes attend to the context, their attention is the pose (Section 3.4)."""

import math
from collections.abc import Sequence
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ..layers.options import check_choice
from .encoder import Memory, resize_grid


class Attended(NamedTuple):
    """Attended values [B, K, D]; scores before and weights after softmax, [B, heads, K, L], if requested."""

    values: Tensor
    scores: Tensor | None
    weights: Tensor | None


class CrossAttention(nn.Module):
    """Multi-head attention of queries to memory that can return its weights (without dropout)."""

    def __init__(self, *, dim: int, heads: int, dropout: float) -> None:
        super().__init__()
        self.heads, self.dropout = heads, dropout
        self.query = nn.Linear(dim, dim)
        self.key = nn.Linear(dim, dim, bias=False)  # a key bias would cancel in the softmax
        self.value = nn.Linear(dim, dim)
        self.out = nn.Linear(dim, dim)

    def _split(self, x: Tensor) -> Tensor:
        return x.unflatten(2, (self.heads, -1)).transpose(1, 2)

    def forward(self, queries: Tensor, memory: Memory, *, show: bool = False) -> Attended:
        """Queries [B, K, D] to values [B, K, D]; with `show` scores and weights too."""
        tokens, position = memory.tokens, memory.position
        query = self._split(self.query(queries))
        key = self._split(self.key(tokens if position is None else tokens + position))
        value = self._split(self.value(tokens))
        dropout = self.dropout if self.training else 0.0
        scores = weights = None
        if show:
            scores = query @ key.transpose(2, 3) / math.sqrt(query.shape[3])
            weights = scores.softmax(dim=3)
            mixed = F.dropout(weights, dropout) @ value
        else:
            mixed = F.scaled_dot_product_attention(query, key, value, dropout_p=dropout)
        return Attended(self.out(mixed.transpose(1, 2).flatten(2)), scores, weights)


class DecoderLayer(nn.Module):
    """Post-norm: self-attention among the prototypes (optional), cross-attention, feed-forward network."""

    def __init__(
        self, *, dim: int, heads: int, hidden: int, dropout: float, self_attention: bool
    ) -> None:
        super().__init__()
        self.self_attention = self.norm = None
        if self_attention:
            self.self_attention = nn.MultiheadAttention(dim, heads, dropout, batch_first=True)
            self.norm = nn.LayerNorm(dim)
        self.cross_attention = CrossAttention(dim=dim, heads=heads, dropout=dropout)
        self.norm1, self.norm2 = nn.LayerNorm(dim), nn.LayerNorm(dim)
        self.linear1, self.linear2 = nn.Linear(dim, hidden), nn.Linear(hidden, dim)
        self.dropout = nn.Dropout(dropout)

    def forward(self, queries: Tensor, memory: Memory, *, show: bool = False) -> Attended:
        """Queries [B, K, D] to queries [B, K, D], with the scores and weights of the cross-attention."""
        if self.self_attention is not None:
            queries = self.relate(queries)
        attended = self.cross_attention(queries, memory, show=show)
        queries = self.norm1(queries + self.dropout(attended.values))
        hidden = self.linear2(self.dropout(F.relu(self.linear1(queries))))
        return attended._replace(values=self.norm2(queries + self.dropout(hidden)))

    def relate(self, queries: Tensor) -> Tensor:
        """Queries [B, K, D] after self-attention alone."""
        related, _ = self.self_attention(queries, queries, queries, need_weights=False)
        return self.norm(queries + self.dropout(related))


class PoseDecoder(nn.Module):
    """A stack of `DecoderLayer`s; returns the attention of the last layer, or the mean of all (`read="all"`)."""

    def __init__(self, *, layers: int, read: str = "last", **layer: int | float | bool) -> None:
        super().__init__()
        check_choice("read", read, ("last", "all"))
        self.read = read
        self.layers = nn.ModuleList(DecoderLayer(**layer) for _ in range(layers))

    def forward(self, prototypes: Tensor, memory: Memory) -> Attended:
        """Prototypes P' [B, K, D] to part features [B, K, D]; the weights are means over the layers read."""
        shown, values = [], prototypes
        for index, layer in enumerate(self.layers):
            last = index == len(self.layers) - 1
            attended = layer(values, memory, show=last or self.read == "all")
            values = attended.values
            if attended.weights is not None:
                shown.append(attended.weights)
        weights = shown[0] if len(shown) == 1 else torch.stack(shown).mean(dim=0)
        return attended._replace(weights=weights)


def response_maps(
    weights: Tensor,
    sizes: Sequence[tuple[int, int]],
    strides: Sequence[int],
    heads: str = "mean",
    scales: str = "sum",
) -> Tensor:
    """Part response maps R [B, K, H, W] on the finest grid from attention weights [B, heads, K, L].

    `heads`: "mean" or "max" (normalised to sum to 1). `scales`: "sum" spreads every scale's weight over the
    finest grid's cells and adds them up, so that R sums to about 1; "finest" takes the finest scale only.
    Source: Section 3.4 ("the attention weights of all hw positions form a part-aware response map").
    """
    check_choice("heads", heads, ("mean", "max"))
    check_choice("scales", scales, ("sum", "finest"))
    merged = weights.mean(dim=1) if heads == "mean" else weights.amax(dim=1)
    if heads == "max":
        merged = merged / merged.sum(dim=2, keepdim=True)
    parts = merged.split([height * width for height, width in sizes], dim=2)
    maps = [part.unflatten(2, size) for part, size in zip(parts, sizes, strict=True)]
    total = maps[0]
    for coarse, stride in list(zip(maps, strides, strict=True))[1:] if scales == "sum" else ():
        ratio = stride // strides[0]
        total = total + resize_grid(coarse, sizes[0], ratio) / ratio**2
    return total
