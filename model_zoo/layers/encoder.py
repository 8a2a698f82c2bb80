"""Transformer encoder over image tokens, and the feed-forward network of other layers."""

import torch.nn.functional as F
from torch import Tensor, nn


class FeedForward(nn.Module):
    """Two linear maps with ReLU between, residual and norm after: [..., D] to [..., D]."""

    def __init__(self, *, dim: int, hidden: int, dropout: float = 0.0) -> None:
        super().__init__()
        self.linear1 = nn.Linear(dim, hidden)
        self.linear2 = nn.Linear(hidden, dim)
        self.norm = nn.LayerNorm(dim)
        self.dropout = nn.Dropout(dropout)

    def forward(self, x: Tensor) -> Tensor:
        hidden = self.linear2(self.dropout(F.relu(self.linear1(x))))
        return self.norm(x + self.dropout(hidden))


class EncoderLayer(nn.Module):
    """Post-norm encoder layer: self-attention, then a feed-forward network with ReLU.

    The position embedding is added to queries and keys, never to values (DETR, Fig. 10;
    TransPose's code). Logits are divided by sqrt(D / heads). Dropout acts on the attention
    weights, on both residual branches and inside the feed-forward network.
    """

    def __init__(self, *, dim: int, heads: int, hidden: int, dropout: float = 0.1) -> None:
        super().__init__()
        self.self_attn = nn.MultiheadAttention(dim, heads, dropout=dropout, batch_first=True)
        self.linear1 = nn.Linear(dim, hidden)
        self.linear2 = nn.Linear(hidden, dim)
        self.norm1 = nn.LayerNorm(dim)
        self.norm2 = nn.LayerNorm(dim)
        self.dropout = nn.Dropout(dropout)

    def forward(self, tokens: Tensor, position: Tensor | None = None) -> Tensor:
        """Tokens [B, L, D] and their position embedding [L, D] to tokens [B, L, D]."""
        query = tokens if position is None else tokens + position
        # need_weights=False: scaled_dot_product_attention, PyTorch's fused kernel
        attended, _ = self.self_attn(query, query, tokens, need_weights=False)
        tokens = self.norm1(tokens + self.dropout(attended))
        hidden = self.linear2(self.dropout(F.relu(self.linear1(tokens))))
        return self.norm2(tokens + self.dropout(hidden))


class Encoder(nn.Module):
    """A stack of `EncoderLayer`s without a final norm."""

    def __init__(
        self, *, layers: int, dim: int, heads: int, hidden: int, dropout: float = 0.1
    ) -> None:
        super().__init__()
        self.layers = nn.ModuleList(
            EncoderLayer(dim=dim, heads=heads, hidden=hidden, dropout=dropout)
            for _ in range(layers)
        )

    def forward(self, tokens: Tensor, position: Tensor | None = None) -> Tensor:
        """Tokens [B, L, D] and their position embedding [L, D] to tokens [B, L, D]."""
        for layer in self.layers:
            tokens = layer(tokens, position)
        return tokens

    def init_xavier_copies(self) -> None:
        """Xavier-uniform matrices (q, k, v as one), then every layer a copy of the first (TransPose's code)."""
        for parameter in self.layers[0].parameters():
            if parameter.dim() > 1:
                nn.init.xavier_uniform_(parameter)
        for layer in self.layers[1:]:
            layer.load_state_dict(self.layers[0].state_dict())
