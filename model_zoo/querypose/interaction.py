"""How a query of QueryPose attends to the RoI features: dynamic MLP, attention, spatial attention.

Every interaction maps queries [N, M, Dq] (N people, M queries each) and RoI features [N, C, H, W] to
[N, M, D]. Table 1 of the paper compares them; SPEGM (Sec. 3.2) is the proposed one.
"""

import torch
from torch import Tensor, nn

from ..layers.options import check_choice


class DynamicMLP(nn.Module):
    """Two linear layers whose weights are generated from the query (dynamic head of Sparse R-CNN, Sec. 3.2).

    `axis="channel"`: the layers C-hidden-C act at each of the H * W positions. `axis="spatial"`: the layers
    HW-hidden-HW act on each of the C channels. The result is flattened and projected to `dim`.
    """

    def __init__(
        self,
        *,
        query_dim: int,
        channels: int,
        hidden: int,
        size: int,
        dim: int,
        axis: str = "channel",
    ) -> None:
        super().__init__()
        check_choice("axis", axis, ("channel", "spatial"))
        self.space, self.hidden = axis == "spatial", hidden
        self.width = size**2 if self.space else channels  # of the dynamic layers
        self.dynamic_layer = nn.Linear(query_dim, 2 * self.width * hidden)
        self.norm1 = nn.LayerNorm(hidden)
        self.norm2 = nn.LayerNorm(self.width)
        self.out_layer = nn.Linear(channels * size**2, dim)
        self.norm3 = nn.LayerNorm(dim)

    def forward(self, query: Tensor, features: Tensor) -> Tensor:
        """query [N, M, Dq], features [N, C, H, W] to [N, M, D]."""
        tokens = features.flatten(2)  # [N, C, HW]
        if not self.space:
            tokens = tokens.transpose(1, 2)
        shrink, grow = self.dynamic_layer(query).chunk(2, dim=-1)
        x = tokens[:, None] @ shrink.unflatten(-1, (self.width, self.hidden))
        x = self.norm1(x).relu()
        x = x @ grow.unflatten(-1, (self.hidden, self.width))
        x = self.norm2(x).relu()
        return self.norm3(self.out_layer(x.flatten(2))).relu()


class RegionAttention(nn.Module):
    """Multi-head attention of the queries to queries and H * W positions together."""

    def __init__(self, *, query_dim: int, channels: int, dim: int, heads: int) -> None:
        super().__init__()
        self.query_projection = nn.Linear(query_dim, dim)
        self.feature_projection = nn.Linear(channels, dim)
        self.attention = nn.MultiheadAttention(dim, heads, batch_first=True)
        self.norm = nn.LayerNorm(dim)

    def forward(self, query: Tensor, features: Tensor) -> Tensor:
        """query [N, M, Dq], features [N, C, H, W] to [N, M, D]."""
        query = self.query_projection(query)
        positions = self.feature_projection(features.flatten(2).transpose(1, 2))
        tokens = torch.cat([query, positions], dim=1)
        return self.norm(query + self.attention(query, tokens, tokens, need_weights=False)[0])


class SpatialPartEmbedding(nn.Module):
    """SPEGM after its stacked convolutions: M attention maps on the doubled grid, one embedding each (Sec. 3.2).

    The query is not used; it is an argument so that all interactions have the same signature.
    """

    def __init__(self, *, channels: int, parts: int, dim: int) -> None:
        super().__init__()
        self.upsample = nn.Sequential(
            nn.ConvTranspose2d(channels, channels, 4, stride=2, padding=1, bias=False),
            nn.BatchNorm2d(channels),
            nn.ReLU(),
        )
        self.attention_conv = nn.Conv2d(channels, parts, 3, padding=1)
        self.project = nn.Linear(channels, dim)

    def attend(self, features: Tensor) -> tuple[Tensor, Tensor]:
        """features [N, C, H, W] to embeddings [N, M, D] and attention maps [N, M, 2H, 2W] that sum to 1."""
        fine = self.upsample(features)
        maps = self.attention_conv(fine)
        attention = maps.flatten(2).softmax(dim=2)  # [N, M, 4HW]
        embeddings = self.project(attention @ fine.flatten(2).transpose(1, 2))
        return embeddings, attention.view_as(maps)

    def forward(self, query: Tensor, features: Tensor) -> Tensor:
        return self.attend(features)[0]
