"""Networks of one operator each, on an image [1, 8, 6, 4]: what they do is counted by hand."""

from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

SHAPE = (1, 8, 6, 4)
LENGTH, DIM, HEADS = 24, 8, 2


def tokens(image: Tensor) -> Tensor:
    """[1, 24, 8]."""
    return image.flatten(2).transpose(1, 2)


class Fused(nn.Module):
    """scaled_dot_product_attention of two heads."""

    def __init__(self, dropout: float = 0.0, contiguous: bool = False) -> None:
        super().__init__()
        self.dropout, self.contiguous = dropout, contiguous

    def forward(self, image: Tensor) -> Tensor:
        x = tokens(image).unflatten(-1, (HEADS, -1)).transpose(1, 2)
        x = x.contiguous() if self.contiguous else x
        return F.scaled_dot_product_attention(x, x, x, dropout_p=self.dropout * self.training)


class MultiHead(nn.Module):
    """nn.MultiheadAttention; PyTorch's fused kernel unless the weights are asked for."""

    def __init__(self, dropout: float = 0.0, weights: bool = False) -> None:
        super().__init__()
        self.weights = weights
        self.attention = nn.MultiheadAttention(DIM, HEADS, dropout=dropout, batch_first=True)

    def forward(self, image: Tensor) -> Tensor:
        x = tokens(image)
        return self.attention(x, x, x, need_weights=self.weights)[0]


class Einsum(nn.Module):
    """Products of all tokens by einsum."""

    def forward(self, image: Tensor) -> Tensor:
        x = tokens(image)
        return torch.einsum("bld,bmd->blm", x, x)


class LongEinsum(nn.Module):
    """Products of 113 places with themselves, by an equation that fvcore does not know by heart."""

    def forward(self, image: Tensor) -> Tensor:
        x = image.flatten(2)[:, :, :1].expand(1, DIM, 113).transpose(1, 2)
        return torch.einsum("bld,bmd->blm", x, x)


class At(nn.Module):
    """The same by the operator @."""

    def forward(self, image: Tensor) -> Tensor:
        x = tokens(image)
        return x @ x.transpose(1, 2)


class OnTokens(nn.Module):
    """A linear layer, applied to every token."""

    def __init__(self, *, multiplied: bool = False) -> None:
        super().__init__()
        self.linear, self.multiplied = nn.Linear(DIM, 5), multiplied

    def forward(self, image: Tensor) -> Tensor:
        x = self.linear(tokens(image))
        return x @ x.transpose(1, 2) if self.multiplied else x


class Case(NamedTuple):
    """A network and its multiply-accumulates, counted by hand."""

    network: nn.Module
    macs: int


PRODUCTS = 2 * LENGTH * LENGTH * DIM  # queries by keys, weights by values
PROJECTIONS = LENGTH * 4 * DIM * DIM
PLACES = 6 * 4
ELEMENTS = 8 * PLACES


def cases() -> dict[str, Case]:
    """One network for each kind of operator."""

    def up(groups: int, out: int = 8) -> nn.Module:
        return nn.ConvTranspose2d(8, out, 4, stride=2, padding=1, groups=groups, bias=False)

    return {
        "fused attention": Case(Fused(), PRODUCTS),
        "fused attention with dropout": Case(Fused(dropout=0.5), PRODUCTS),
        "multi-head attention": Case(MultiHead(), PRODUCTS + PROJECTIONS),
        "multi-head attention with dropout": Case(MultiHead(dropout=0.5), PRODUCTS + PROJECTIONS),
        "multi-head attention with weights": Case(MultiHead(weights=True), PRODUCTS + PROJECTIONS),
        "transposed convolution": Case(up(1), PLACES * 8 * 8 * 16),
        "transposed convolution, 4 groups": Case(up(4), PLACES * 8 * 2 * 16),
        "transposed convolution, 4 groups to 4": Case(up(4, 4), PLACES * 8 * 1 * 16),
        "transposed convolution, depthwise": Case(up(8), PLACES * 8 * 1 * 16),
        "convolution, 4 groups": Case(nn.Conv2d(8, 12, 3, padding=1, groups=4), PLACES * 12 * 2 * 9),
        "einsum": Case(Einsum(), LENGTH * LENGTH * DIM),
        "einsum of 102,152 products": Case(LongEinsum(), 113 * 113 * DIM),
        "batch norm": Case(nn.BatchNorm2d(8), 0),
        "layer norm": Case(nn.LayerNorm(SHAPE[1:]), 0),
        "activation": Case(nn.ReLU(), 0),
        "operator @": Case(At(), LENGTH * LENGTH * DIM),
        "linear layer on tokens": Case(OnTokens(), LENGTH * DIM * 5),
        "linear layer on tokens, then @": Case(
            OnTokens(multiplied=True), LENGTH * DIM * 5 + LENGTH * LENGTH * 5
        ),
    }  # fmt: skip
