"""One stage of QueryPose's box decoder, as in Sparse R-CNN."""

import math

import torch
from torch import Tensor, nn

from ..layers.encoder import FeedForward
from .interaction import DynamicMLP
from .sizes import Widths

BOX_WEIGHTS = (2.0, 2.0, 1.0, 1.0)  # of the predicted offsets of x, y, log w, log h
LARGEST_LOG_SCALE = math.log(100_000 / 16)


class BoxStage(nn.Module):
    """Self-attention over the queries of an image, dynamic MLP on 7x7 features, feed-forward, two towers (Eq. 1)."""

    def __init__(self, widths: Widths, *, roi_size: int) -> None:
        super().__init__()
        dim = widths.dim
        self.attention = nn.MultiheadAttention(dim, widths.heads, batch_first=True)
        self.attention_norm = nn.LayerNorm(dim)
        self.interaction = DynamicMLP(
            query_dim=dim,
            channels=widths.channels,
            hidden=widths.dynamic_hidden,
            size=roi_size,
            dim=dim,
        )
        self.interaction_norm = nn.LayerNorm(dim)
        self.feedforward = FeedForward(dim=dim, hidden=widths.hidden)
        self.class_tower = _tower(dim, 1)
        self.box_tower = _tower(dim, 3)
        self.class_logit = nn.Linear(dim, 1)
        self.box_delta = nn.Linear(dim, 4)

    def forward(self, query: Tensor, boxes: Tensor, features: Tensor) -> tuple[Tensor, ...]:
        """query [B, Q, D], boxes [B, Q, 4], features [B * Q, C, 7, 7] to query, logits [B, Q], boxes."""
        attended = self.attention(query, query, query, need_weights=False)[0]
        query = self.attention_norm(query + attended)
        update = self.interaction(query.flatten(0, 1)[:, None], features)
        query = self.interaction_norm(query + update.view_as(query))
        query = self.feedforward(query)
        logits = self.class_logit(self.class_tower(query)).squeeze(-1)
        return query, logits, shifted_boxes(self.box_delta(self.box_tower(query)), boxes)


def _tower(dim: int, layers: int) -> nn.Sequential:
    parts = ((nn.Linear(dim, dim, bias=False), nn.LayerNorm(dim), nn.ReLU()) for _ in range(layers))
    return nn.Sequential(*(module for part in parts for module in part))


def shifted_boxes(delta: Tensor, boxes: Tensor) -> Tensor:
    """boxes [..., 4] (x1 y1 x2 y2) moved and scaled by delta [..., 4] (R-CNN's parametrisation, weights 2 2 1 1)."""
    shift, log_scale = (delta / delta.new_tensor(BOX_WEIGHTS)).split(2, dim=-1)
    size = boxes[..., 2:] - boxes[..., :2]
    centre = boxes[..., :2] + 0.5 * size + shift * size
    half = 0.5 * size * log_scale.clamp(max=LARGEST_LOG_SCALE).exp()
    return torch.cat([centre - half, centre + half], dim=-1)
