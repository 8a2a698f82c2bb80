"""Multi-scale deformable attention (Deformable DETR, Zhu et al., ICLR 2021, Eq. 3).

Every query attends to a few sampled points of every feature level instead of all tokens. The
tokens of all levels are concatenated, each level row by row: L = sum of H_l * W_l.
"""

import functools
import importlib.util
import math
from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn

Shapes = Sequence[tuple[int, int]]  # (height, width) of every level


def deformable_attention(
    value: Tensor, shapes: Shapes, locations: Tensor, weights: Tensor
) -> Tensor:
    """Weighted sum of bilinearly sampled values, separately for each head.

    value [B, L, heads, D / heads]; locations [B, Q, heads, levels, points, 2] as (x, y), 0 and 1 being the outer edges
    of a level's first and last pixel (zero outside); weights [B, Q, heads, levels, points] to [B, Q, D]. Uses MMCV's
    compiled kernel on CUDA if it is installed, else `grid_sample_attention`. Raises `ValueError` if the number of
    tokens or levels does not match `shapes`.
    """
    tokens = sum(height * width for height, width in shapes)
    if value.shape[1] != tokens or locations.shape[3] != len(shapes):
        raise ValueError(
            f"{value.shape[1]} tokens and {locations.shape[3]} levels of sampling points for levels "
            f"of {tokens} tokens: {list(shapes)}; both must match"
        )
    if value.is_cuda and compiled_kernel_installed():
        return compiled_attention(value, shapes, locations, weights)
    return grid_sample_attention(value, shapes, locations, weights)


def grid_sample_attention(
    value: Tensor, shapes: Shapes, locations: Tensor, weights: Tensor
) -> Tensor:
    """`deformable_attention` by PyTorch's `grid_sample`: any device, any floating type; half precision is computed
    in float32, since bfloat16 would round locations on a 48-pixel map by up to a fifth of a pixel."""
    dtype = value.dtype
    if dtype not in (torch.float32, torch.float64):
        value = value.float()
    batch, _, heads, channels = value.shape
    queries = locations.shape[1]
    # grids [levels, B h, Q, points, 2], weights [levels, B h, 1, Q, points]
    grids = (2 * locations - 1).permute(3, 0, 2, 1, 4, 5).flatten(1, 2)
    weights = weights.permute(3, 0, 2, 1, 4).flatten(1, 2)[:, :, None]
    maps = value.permute(0, 2, 3, 1).flatten(0, 1)  # [B h, D / h, L]
    levels = maps.split([height * width for height, width in shapes], dim=2)
    total = value.new_zeros(batch * heads, channels, queries)
    for level, shape, grid, weight in zip(levels, shapes, grids, weights, strict=True):
        # [B h, D / h, Q, points]
        sampled = F.grid_sample(level.unflatten(2, shape), grid.to(value), align_corners=False)
        total = total + (sampled * weight.to(value)).sum(dim=3)
    return total.reshape(batch, heads * channels, queries).transpose(1, 2).to(dtype)


@functools.cache
def compiled_kernel_installed() -> bool:
    """Whether MMCV comes with its compiled operators (mmcv-lite does not)."""
    return importlib.util.find_spec("mmcv._ext") is not None


def compiled_attention(value: Tensor, shapes: Shapes, locations: Tensor, weights: Tensor) -> Tensor:
    """`deformable_attention` by MMCV's CUDA kernel; half precision is computed in float32."""
    from mmcv.ops.multi_scale_deform_attn import MultiScaleDeformableAttnFunction

    dtype = value.dtype
    if dtype not in (torch.float32, torch.float64):
        value = value.float()
    sizes = torch.tensor(shapes, device=value.device)
    areas = sizes.prod(dim=1)
    starts = areas.cumsum(0) - areas
    step = math.gcd(len(value), 64)  # images per kernel launch; must divide the batch
    tensors = (value, sizes, starts, locations.to(value), weights.to(value))
    contiguous = (tensor.contiguous() for tensor in tensors)
    return MultiScaleDeformableAttnFunction.apply(*contiguous, step).to(dtype)


class DeformableAttention(nn.Module):
    """Deformable attention with its linear layers: points and weights are predicted from the query alone.

    Args:
        dim: channels D of queries and memory; a multiple of `heads`, else `ValueError`.
        heads, levels, points: heads; feature levels; points per head and level.
    """

    def __init__(self, *, dim: int, heads: int, levels: int, points: int) -> None:
        super().__init__()
        if dim % heads:
            raise ValueError(f"{dim} channels cannot be divided among {heads} heads")
        self.heads, self.levels, self.points = heads, levels, points
        self.sampling_offsets = nn.Linear(dim, heads * levels * points * 2)
        self.attention_weights = nn.Linear(dim, heads * levels * points)
        self.value_proj = nn.Linear(dim, dim)
        self.output_proj = nn.Linear(dim, dim)

    def reset_parameters(self) -> None:
        """Deformable DETR's initialisation (its appendix A.4): head m samples in direction m, point k at a distance of
        k pixels, with equal weights; Xavier for the other two layers. One difference: the weights start at N(0, 0.01^2)
        instead of zero, so that the query's position embedding has a gradient from the first step."""
        angle = torch.arange(self.heads) * (2 * math.pi / self.heads)
        direction = torch.stack([angle.cos(), angle.sin()], dim=1)
        direction = direction / direction.abs().max(dim=1, keepdim=True).values
        distance = torch.arange(1, self.points + 1)[:, None]
        bias = direction[:, None, None] * distance  # [heads, 1, points, 2]
        nn.init.zeros_(self.sampling_offsets.weight)
        with torch.no_grad():
            self.sampling_offsets.bias.copy_(bias.expand(-1, self.levels, -1, -1).flatten())
        nn.init.normal_(self.attention_weights.weight, std=0.01)
        nn.init.zeros_(self.attention_weights.bias)
        for layer in (self.value_proj, self.output_proj):
            nn.init.xavier_uniform_(layer.weight)
            nn.init.zeros_(layer.bias)

    def sampling(self, query: Tensor, reference: Tensor, shapes: Shapes) -> tuple[Tensor, Tensor]:
        """Sampling locations of every query and their attention weights.

        query [B, Q, D], reference [B, Q, 2] as (x, y) in [0, 1] to locations [B, Q, heads, levels,
        points, 2] (same unit; offsets are in pixels of the level) and weights [B, Q, heads,
        levels, points], which sum to 1 over levels and points.
        """
        grid = (self.heads, self.levels, self.points)
        offsets = self.sampling_offsets(query).unflatten(2, (*grid, 2))
        sizes = offsets.new_tensor([(width, height) for height, width in shapes])
        locations = reference[:, :, None, None, None] + offsets / sizes[:, None]
        weights = self.attention_weights(query).unflatten(2, (self.heads, -1)).softmax(dim=3)
        return locations, weights.unflatten(3, grid[1:])

    def forward(self, query: Tensor, reference: Tensor, memory: Tensor, shapes: Shapes) -> Tensor:
        """query [B, Q, D], reference [B, Q, 2], memory [B, L, D] to [B, Q, D]."""
        value = self.value_proj(memory).unflatten(2, (self.heads, -1))
        locations, weights = self.sampling(query, reference, shapes)
        return self.output_proj(deformable_attention(value, shapes, locations, weights))
