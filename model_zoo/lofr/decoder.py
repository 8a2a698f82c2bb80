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
    """Attended values [B, K, D], None of a `ResponseLayer`; scores before and weights after softmax,
    [B, heads, K, L], if requested."""

    values: Tensor | None
    scores: Tensor | None
    weights: Tensor | None


class Decoded(NamedTuple):
    """Part features F^p [B, K, D], attention R over all tokens [B, K, L], scores [B, heads, K, L] of the last layer."""

    features: Tensor
    attention: Tensor
    scores: Tensor


class QueryKeyAttention(nn.Module):
    """Scores of multi-head attention of queries to memory; the softmax of a row is a response map."""

    def __init__(self, *, dim: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.query = nn.Linear(dim, dim)
        self.key = nn.Linear(dim, dim, bias=False)  # a key bias would cancel in the softmax

    def init_like_detr(self) -> None:
        """Biases zero, and matrices as parts of one that maps to q, k and v."""
        for name, linear in self.named_children():
            if name != "out":
                nn.init.xavier_uniform_(linear.weight, gain=math.sqrt(0.5))
            if linear.bias is not None:
                nn.init.zeros_(linear.bias)

    def split(self, x: Tensor) -> Tensor:
        """[B, N, D] to [B, heads, N, D / heads]."""
        return x.unflatten(2, (self.heads, -1)).transpose(1, 2)

    def queries_and_keys(self, queries: Tensor, memory: Memory) -> tuple[Tensor, Tensor]:
        """Queries [B, K, D] and a memory to [B, heads, K, D / heads] and [B, heads, L, D / heads]."""
        tokens, position = memory.tokens, memory.position
        keys = tokens if position is None else tokens + position
        return self.split(self.query(queries)), self.split(self.key(keys))

    def scores(self, queries: Tensor, memory: Memory) -> Tensor:
        """Queries [B, K, D] to scores [B, heads, K, L], divided by the root of D / heads (Eq. 6)."""
        query, key = self.queries_and_keys(queries, memory)
        return query @ key.transpose(2, 3) / math.sqrt(query.shape[3])


class CrossAttention(QueryKeyAttention):
    """Multi-head attention of queries to memory that can return its weights (without dropout)."""

    def __init__(self, *, dim: int, heads: int, dropout: float) -> None:
        super().__init__(dim=dim, heads=heads)
        self.dropout = dropout
        self.value = nn.Linear(dim, dim)
        self.out = nn.Linear(dim, dim)

    def forward(self, queries: Tensor, memory: Memory, *, show: bool = False) -> Attended:
        """Queries [B, K, D] to values [B, K, D]; with `show` scores and weights too."""
        value = self.split(self.value(memory.tokens))
        dropout = self.dropout if self.training else 0.0
        scores = weights = None
        if show:
            scores = self.scores(queries, memory)
            weights = scores.softmax(dim=3)
            mixed = F.dropout(weights, dropout) @ value
        else:
            query, key = self.queries_and_keys(queries, memory)
            mixed = F.scaled_dot_product_attention(query, key, value, dropout_p=dropout)
        return Attended(self.out(mixed.transpose(1, 2).flatten(2)), scores, weights)


class PrototypeAttention(nn.Module):
    """Post-norm self-attention among the prototypes; a position is added to queries and keys."""

    def __init__(self, *, dim: int, heads: int, dropout: float) -> None:
        super().__init__()
        self.attention = nn.MultiheadAttention(dim, heads, dropout, batch_first=True)
        self.norm = nn.LayerNorm(dim)
        self.dropout = nn.Dropout(dropout)

    def forward(self, values: Tensor, position: Tensor | None = None) -> Tensor:
        """Values [B, K, D], position [B, K, D] or None, to values [B, K, D]."""
        query = values if position is None else values + position
        related, _ = self.attention(query, query, values, need_weights=False)
        return self.norm(values + self.dropout(related))


class ResponseLayer(nn.Module):
    """The layer whose attention is read out and nothing else: part features are pooled by it."""

    def __init__(self, *, dim: int, heads: int, dropout: float, self_attention: bool) -> None:
        super().__init__()
        self.self_attention = None
        if self_attention:
            self.self_attention = PrototypeAttention(dim=dim, heads=heads, dropout=dropout)
        self.cross_attention = self._cross_attention(dim=dim, heads=heads, dropout=dropout)

    def _cross_attention(self, *, dim: int, heads: int, dropout: float) -> nn.Module:
        return QueryKeyAttention(dim=dim, heads=heads)

    def related(self, values: Tensor, position: Tensor | None) -> tuple[Tensor, Tensor]:
        """Values [B, K, D] after self-attention, and the queries of the cross-attention made of them."""
        if self.self_attention is not None:
            values = self.self_attention(values, position)
        return values, values if position is None else values + position

    def forward(
        self, values: Tensor, memory: Memory, position: Tensor | None = None, *, show: bool = True
    ) -> Attended:
        """Values [B, K, D] to the scores and weights [B, heads, K, L] of their attention."""
        _, queries = self.related(values, position)
        scores = self.cross_attention.scores(queries, memory)
        return Attended(None, scores, scores.softmax(dim=3))


class DecoderLayer(ResponseLayer):
    """Post-norm: self-attention among the prototypes (optional), cross-attention, feed-forward network."""

    def __init__(
        self, *, dim: int, heads: int, hidden: int, dropout: float, self_attention: bool
    ) -> None:
        super().__init__(dim=dim, heads=heads, dropout=dropout, self_attention=self_attention)
        self.norm1, self.norm2 = nn.LayerNorm(dim), nn.LayerNorm(dim)
        self.linear1, self.linear2 = nn.Linear(dim, hidden), nn.Linear(hidden, dim)
        self.dropout = nn.Dropout(dropout)

    def _cross_attention(self, *, dim: int, heads: int, dropout: float) -> nn.Module:
        return CrossAttention(dim=dim, heads=heads, dropout=dropout)

    def forward(
        self, values: Tensor, memory: Memory, position: Tensor | None = None, *, show: bool = False
    ) -> Attended:
        """Values [B, K, D] to values [B, K, D], with `show` the scores and weights of the cross-attention."""
        values, queries = self.related(values, position)
        attended = self.cross_attention(queries, memory, show=show)
        values = self.norm1(values + self.dropout(attended.values))
        hidden = self.linear2(self.dropout(F.relu(self.linear1(values))))
        return attended._replace(values=self.norm2(values + self.dropout(hidden)))


class PoseDecoder(nn.Module):
    """A stack of layers that turns prototypes into part features and their attention into response maps.

    Args:
        dim, heads, hidden, dropout: of the Transformer. layers: its depth.
        self_attention: among the prototypes.
        part_features: "pooled", F_m weighted by R (Section 3.4), so that the last layer is a `ResponseLayer`; or
            "decoder", the last layer's output, which reaches the classifier around R as well.
        every_layer: prototypes are DETR's query positions: values begin at zero, and the prototypes are added to the
            queries of every layer. Otherwise they are the values that enter the first layer.
        read: R is the attention of the "last" layer or the mean of "all".
        merge: of the heads: "mean", or "max" (normalised to sum to 1).
    """

    def __init__(
        self,
        *,
        dim: int,
        heads: int,
        hidden: int,
        dropout: float,
        layers: int,
        self_attention: bool,
        part_features: str = "pooled",
        every_layer: bool = False,
        read: str = "last",
        merge: str = "mean",
    ) -> None:
        super().__init__()
        check_choice("part_features", part_features, ("pooled", "decoder"))
        check_choice("read", read, ("last", "all"))
        check_choice("merge", merge, ("mean", "max"))
        self.pooled, self.every_layer = part_features == "pooled", every_layer
        self.read, self.merge = read, merge
        shared = dict(dim=dim, heads=heads, dropout=dropout, self_attention=self_attention)
        whole = layers - 1 if self.pooled else layers
        self.layers = nn.ModuleList(DecoderLayer(hidden=hidden, **shared) for _ in range(whole))
        if self.pooled:
            self.layers.append(ResponseLayer(**shared))

    def forward(self, prototypes: Tensor, memory: Memory) -> Decoded:
        """Prototypes P' [B, K, D] and F_m to part features and attention."""
        position = prototypes if self.every_layer else None
        values = torch.zeros_like(prototypes) if self.every_layer else prototypes
        shown = []
        for index, layer in enumerate(self.layers):
            last = index == len(self.layers) - 1
            attended = layer(values, memory, position, show=last or self.read == "all")
            values = attended.values
            if attended.weights is not None:
                shown.append(attended.weights)
        weights = shown[0] if len(shown) == 1 else torch.stack(shown).mean(dim=0)
        attention = self._merged(weights)
        features = attention @ memory.tokens if self.pooled else values
        return Decoded(features, attention, attended.scores)

    def _merged(self, weights: Tensor) -> Tensor:
        if self.merge == "mean":
            return weights.mean(dim=1)
        strongest = weights.amax(dim=1)
        return strongest / strongest.sum(dim=2, keepdim=True)


def init_like_detr(*modules: nn.Module) -> None:
    """Xavier-uniform matrices as in DETR, whose attention draws those of q, k and v as one of 3 D x D."""
    for module in modules:
        for parameter in module.parameters():
            if parameter.dim() > 1:
                nn.init.xavier_uniform_(parameter)
        for part in module.modules():
            if isinstance(part, QueryKeyAttention):
                part.init_like_detr()


def response_maps(
    attention: Tensor,
    sizes: Sequence[tuple[int, int]],
    strides: Sequence[int],
    scales: str = "sum",
) -> Tensor:
    """Part response maps R [B, K, H, W] on the finest grid from attention weights [B, K, L].

    `scales`: "sum" spreads every scale's weight over the finest grid's cells and adds them up, so that R sums to
    about 1; "finest" takes the finest scale only.
    Source: Section 3.4 ("the attention weights of all hw positions form a part-aware response map").
    """
    check_choice("scales", scales, ("sum", "finest"))
    parts = attention.split([height * width for height, width in sizes], dim=2)
    maps = [part.unflatten(2, size) for part, size in zip(parts, sizes, strict=True)]
    total = maps[0]
    for coarse, stride in list(zip(maps, strides, strict=True))[1:] if scales == "sum" else ():
        ratio = stride // strides[0]
        total = total + resize_grid(coarse, sizes[0], ratio) / ratio**2
    return total
