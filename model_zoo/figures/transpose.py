"""TransPose's attention: what a prediction depends on, and what a location affects (Section 3.3, Fig. 6)."""

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ..layers.encoder import EncoderLayer
from .panel import Figure, evaluating, keypoint_names

Index = Tensor | Sequence[int]
Read = Callable[[EncoderLayer, Tensor, Tensor | None, Tensor], Tensor]
THRESHOLD = 0.00075  # TransPose, Fig. 6
ATTENTION_CHUNK = 256  # query rows held at once where columns are read
SHOWN = {
    "nose",
    "head top",
    "left shoulder",
    "right elbow",
    "left wrist",
    "left knee",
    "right ankle",
}
CAPTION = (
    "What the prediction of a keypoint depends on: the attention of the last encoder layer (mean over heads) at the "
    f"location of the highest response; weights below {THRESHOLD} are left out. The mark is the predicted "
    "keypoint. After Fig. 6 of TransPose."
)


@torch.no_grad()
def attention_rows(model: nn.Module, inputs: Tensor, query_index: Index, layer: int = -1) -> Tensor:
    """Rows A[i, :] of an encoder layer's attention matrix, averaged over heads, of the model in eval mode.

    inputs [B, 3, H, W] (normalised), query_index [n] or [B, n] with tokens i = row * grid width + column, to [B, n, L];
    each row sums to 1. Raises `IndexError` for a token or layer that does not exist.
    Source: TransPose, Eq. 1.
    """
    return _attention(model, inputs, query_index, layer, layer_rows)[0]


@torch.no_grad()
def attention_columns(
    model: nn.Module, inputs: Tensor, key_index: Index, layer: int = -1
) -> Tensor:
    """Columns A[:, j]: how much every location i attends to the locations j. Arguments and errors
    as in `attention_rows`, result [B, n, L] over i."""
    return _attention(model, inputs, key_index, layer, _columns)[0]


@torch.no_grad()
def dependency_area(
    model: nn.Module,
    inputs: Tensor,
    query_index: Index,
    layer: int = -1,
    threshold: float = THRESHOLD,
) -> Tensor:
    """What the prediction at i depends on: the locations j with A[i, j] >= threshold, boolean [B, n,
    H, W] on the token grid (TransPose, Eq. 4)."""
    rows, grid = _attention(model, inputs, query_index, layer, layer_rows)
    return (rows >= threshold).unflatten(2, grid)


@torch.no_grad()
def affected_area(
    model: nn.Module,
    inputs: Tensor,
    key_index: Index,
    layer: int = -1,
    threshold: float = THRESHOLD,
) -> Tensor:
    """What the location j affects: the locations i with A[i, j] >= threshold, boolean [B,
    n, H, W] on the token grid (TransPose, Section 3.3)."""
    columns, grid = _attention(model, inputs, key_index, layer, _columns)
    return (columns >= threshold).unflatten(2, grid)


def keypoint_queries(model: nn.Module, heatmaps: Tensor) -> Tensor:
    """Tokens [B, K] under the maxima of heatmaps [B, K, H, W], as `query_index` of `attention_rows`."""
    return _queries(model.head, heatmaps)


def panels(head: nn.Module, feats: Sequence[Tensor], sample: Any) -> list[Figure]:
    """The dependency areas of the keypoints in `SHOWN` at their predicted locations."""
    heatmaps = head(feats)
    names = keypoint_names(heatmaps.shape[1])
    rows, grid = _read(head, feats, _queries(head, heatmaps), -1, layer_rows)
    areas = torch.where(rows >= THRESHOLD, rows, 0.0).unflatten(2, grid)[0]
    [found] = head.decode(heatmaps)
    return [
        Figure(
            key="dependency-areas",
            title=name,
            caption=CAPTION,
            heat=areas[k].cpu().numpy(),
            points=np.asarray(found.keypoints[0, k : k + 1]),
            weights=np.clip(np.asarray(found.keypoint_scores[0, k : k + 1]), 0.0, 1.0),
        )
        for k, name in enumerate(names)
        if name in SHOWN
    ]


def layer_rows(
    layer: EncoderLayer, tokens: Tensor, position: Tensor | None, query_index: Tensor
) -> Tensor:
    """Rows of a layer's attention matrix after softmax, averaged over heads, without dropout.

    Tokens [B, L, D], position embedding [L, D], query_index [B, n] (0 to L - 1) to [B, n, L];
    each row sums to 1. Source: TransPose, Eq. 1 and its footnote 2 (average over heads).
    """
    attention = layer.self_attn
    keys = tokens if position is None else tokens + position
    index = query_index[..., None].expand(-1, -1, keys.shape[2])
    weight, bias = attention.in_proj_weight.chunk(3), attention.in_proj_bias.chunk(3)
    query, key = (
        F.linear(x, w, b)
        .unflatten(2, (attention.num_heads, -1))
        .transpose(1, 2)  # [B, h, n or L, D / h]
        for x, w, b in zip((keys.gather(1, index), keys), weight, bias, strict=False)
    )
    logits = query @ key.transpose(2, 3) / math.sqrt(query.shape[3])
    return logits.softmax(dim=3).mean(dim=1)


def _queries(head: nn.Module, heatmaps: Tensor) -> Tensor:
    width = heatmaps.shape[3]
    ratio = 1 if head.upsampling == "none" else 2
    best = heatmaps.flatten(2).argmax(dim=2)
    row, column = best // width, best % width
    return (row // ratio) * (width // ratio) + column // ratio


def _attention(
    model: nn.Module, inputs: Tensor, index: Index, layer: int, read: Read
) -> tuple[Tensor, tuple[int, int]]:
    """As `_read`, of images and with the model in eval mode."""
    with evaluating(model):
        return _read(model.head, model.extract_feat(inputs), index, layer, read)


def _read(
    head: nn.Module, feats: Sequence[Tensor], index: Index, layer: int, read: Read
) -> tuple[Tensor, tuple[int, int]]:
    """`read` of a layer and its input for tokens [B, n], and the grid (height, width)."""
    layers = head.encoder.layers
    if not -len(layers) <= layer < len(layers):
        raise IndexError(f"layer {layer} of an encoder of {len(layers)} layers")
    tokens, position, grid = head.tokens(feats)
    for before in layers[: layer % len(layers)]:
        tokens = before(tokens, position)
    index = torch.as_tensor(index, device=tokens.device).expand(len(tokens), -1)
    if index.numel() and not 0 <= int(index.min()) <= int(index.max()) < tokens.shape[1]:
        raise IndexError(
            f"tokens {int(index.min())} to {int(index.max())} of a grid of {grid[0]}x{grid[1]}; "
            f"allowed are 0 to {tokens.shape[1] - 1}"
        )
    return read(layers[layer], tokens, position, index), grid


def _columns(layer: EncoderLayer, tokens: Tensor, position: Tensor | None, index: Tensor) -> Tensor:
    columns = []
    for chunk in torch.arange(tokens.shape[1], device=tokens.device).split(ATTENTION_CHUNK):
        rows = layer_rows(layer, tokens, position, chunk.expand(len(tokens), -1))
        columns.append(rows.gather(2, index[:, None].expand(-1, len(chunk), -1)))
    return torch.cat(columns, dim=1).transpose(1, 2)
