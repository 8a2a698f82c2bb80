"""Position embeddings of two-dimensional token grids."""

import math

import torch
from torch import Tensor


def sine_position_embedding(
    height: int, width: int, dim: int, *, temperature: float = 10000.0
) -> Tensor:
    """Fixed sine embedding [L, D] of a grid of L = height * width tokens, row by row.

    The first D / 2 channels encode the row, the others the column. Coordinates start at 1, are divided by the largest
    one and multiplied by 2 pi; channel i of a half has the divisor temperature^(2 floor(i / 2) / (D / 2)); even
    channels are sines, odd ones cosines. Raises `ValueError` if D is no multiple of 4.
    Source: DETR's normalised sine embedding as TransPose uses it (supplementary of TransPose).
    """
    if dim % 4:
        raise ValueError(f"a sine embedding of {dim} channels; the number must be a multiple of 4")
    half = dim // 2
    channel = torch.arange(half, dtype=torch.float32)
    divisor = temperature ** (2 * torch.div(channel, 2, rounding_mode="floor") / half)

    def encode(size: int) -> Tensor:  # [size, half]
        position = torch.arange(1, size + 1, dtype=torch.float32)
        angle = (position / (size + 1e-6) * 2 * math.pi)[:, None] / divisor
        return torch.stack([angle[:, 0::2].sin(), angle[:, 1::2].cos()], dim=2).flatten(1)

    rows = encode(height)[:, None].expand(height, width, half)
    columns = encode(width)[None].expand(height, width, half)
    return torch.cat([rows, columns], dim=2).flatten(0, 1)
