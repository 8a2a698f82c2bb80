"""What TransPose's attention shows: where a prediction looks, and what a place affects.

TransPose (Yang et al., ICCV 2021), Section 3.3, Eq. 1 and 4, Fig. 6.
"""

from collections.abc import Callable, Sequence

import numpy as np
import torch
from torch import Tensor, nn

from ..layers.encoder import EncoderLayer
from .panel import Figure, keypoint_names

Read = Callable[[EncoderLayer, Tensor, Tensor | None, Tensor], Tensor]
DEPENDENCY_THRESHOLD = 0.00075  # TransPose, Fig. 6
ATTENTION_CHUNK = 256  # query rows held at once where columns are read
SHOWN = (
    "nose",
    "head top",
    "left shoulder",
    "right elbow",
    "left wrist",
    "left knee",
    "right ankle",
)
CAPTION = (
    "What the prediction of a keypoint looks at: the attention of the last encoder layer (mean over heads) at the "
    f"place of the highest response; weights below {DEPENDENCY_THRESHOLD} are left out. The mark is the predicted "
    "keypoint. "
    "After Fig. 6 of TransPose."
)


@torch.no_grad()
def attention_rows(
    model: nn.Module, inputs: Tensor, query_index: Tensor | Sequence[int], layer: int = -1
) -> Tensor:
    """Rows A[i, :] of an encoder layer's attention matrix, averaged over heads, of the model in
    eval mode.

    inputs [B, 3, H, W] (normalised), query_index [n] or [B, n] with tokens i = row * grid width +
    column, to [B, n, L]; each row sums to 1. Raises `IndexError` for a token or layer that does
    not exist.
    Source: TransPose, Eq. 1.
    """
    return _attention(model, inputs, query_index, layer, _rows)[0]


@torch.no_grad()
def attention_columns(
    model: nn.Module, inputs: Tensor, key_index: Tensor | Sequence[int], layer: int = -1
) -> Tensor:
    """Columns A[:, j]: how much every location i takes from the locations j. Arguments and errors
    as in `attention_rows`, result [B, n, L] over i."""
    return _attention(model, inputs, key_index, layer, _columns)[0]


@torch.no_grad()
def dependency_area(
    model: nn.Module,
    inputs: Tensor,
    query_index: Tensor | Sequence[int],
    layer: int = -1,
    threshold: float = DEPENDENCY_THRESHOLD,
) -> Tensor:
    """Where the prediction at i looks: the locations j with A[i, j] >= threshold, boolean [B, n,
    H, W] on the token grid (TransPose, Eq. 4)."""
    rows, grid = _attention(model, inputs, query_index, layer, _rows)
    return (rows >= threshold).unflatten(2, grid)


@torch.no_grad()
def affected_area(
    model: nn.Module,
    inputs: Tensor,
    key_index: Tensor | Sequence[int],
    layer: int = -1,
    threshold: float = DEPENDENCY_THRESHOLD,
) -> Tensor:
    """What the location j mostly affects: the locations i with A[i, j] >= threshold, boolean [B,
    n, H, W] on the token grid (TransPose, Section 3.3)."""
    columns, grid = _attention(model, inputs, key_index, layer, _columns)
    return (columns >= threshold).unflatten(2, grid)


def keypoint_queries(model: nn.Module, heatmaps: Tensor) -> Tensor:
    """Tokens [B, K] under the maxima of heatmaps [B, K, H, W], as `query_index` of
    `attention_rows`."""
    return _queries(model.head, heatmaps)


def dependency_figures(head: nn.Module, feats: Sequence[Tensor]) -> list[Figure]:
    """The dependency areas of the keypoints in `SHOWN` for one image's backbone features."""
    heatmaps = head(feats)
    names = keypoint_names(heatmaps.shape[1])
    rows, grid = _read(head, feats, _queries(head, heatmaps), -1, _rows)
    areas = torch.where(rows >= DEPENDENCY_THRESHOLD, rows, 0.0).unflatten(2, grid)[0]
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


def _queries(head: nn.Module, heatmaps: Tensor) -> Tensor:
    width = heatmaps.shape[3]
    ratio = 1 if head.upsampling == "none" else 2
    best = heatmaps.flatten(2).argmax(dim=2)
    row, column = best // width, best % width
    return (row // ratio) * (width // ratio) + column // ratio


def _attention(
    model: nn.Module,
    inputs: Tensor,
    index: Tensor | Sequence[int],
    layer: int,
    read: Read,
) -> tuple[Tensor, tuple[int, int]]:
    """As `_read`, of images and with the model in eval mode."""
    was_training = model.training
    model.eval()
    try:
        return _read(model.head, model.extract_feat(inputs), index, layer, read)
    finally:
        model.train(was_training)


def _read(
    head: nn.Module,
    feats: Sequence[Tensor],
    index: Tensor | Sequence[int],
    layer: int,
    read: Read,
) -> tuple[Tensor, tuple[int, int]]:
    """What `read` takes from a layer and that layer's input for tokens [B, n], and the grid
    (height, width)."""
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


def _rows(layer: EncoderLayer, tokens: Tensor, position: Tensor | None, index: Tensor) -> Tensor:
    return layer.attention_rows(tokens, position, index)


def _columns(layer: EncoderLayer, tokens: Tensor, position: Tensor | None, index: Tensor) -> Tensor:
    columns = []
    for chunk in torch.arange(tokens.shape[1], device=tokens.device).split(ATTENTION_CHUNK):
        rows = layer.attention_rows(tokens, position, chunk.expand(len(tokens), -1))
        columns.append(rows.gather(2, index[:, None].expand(-1, len(chunk), -1)))
    return torch.cat(columns, dim=1).transpose(1, 2)
