"""TFPose's sampling points and query-to-query attention (Figures 6-9, 11 and 12)."""

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn

from ..layers.deformable import Shapes
from ..tfpose.transformer import DecoderLayer, DecoderStep
from .panel import Figure, evaluating, keypoint_names

SHOWN = 4  # keypoints whose sampling points are drawn
SAMPLING = (
    "Where a keypoint's query samples the features in the last decoder layer: every head, level and point, "
    "as bright as its weight (Figure 7 of the paper)."
)
Q2Q = (
    "Query-to-query attention of the last decoder layer, mean over heads: how much a keypoint (row) "
    "attends to every keypoint (column) (Figure 6 of the paper)."
)


@torch.no_grad()
def sampling_points(model: nn.Module, inputs: Tensor, layer: int = -1) -> tuple[Tensor, Tensor]:
    """Sampling points of the keypoint queries in a decoder layer, and the weights of the sampled features.

    inputs [B, 3, H, W] (normalised) to locations [B, K, heads, levels, points, 2] as (x, y), 0 and
    1 being the edges of the crop, and weights [B, K, heads, levels, points], of the model in eval
    mode. Raises `IndexError` for a layer that does not exist. Source: Figures 7, 11 and 12.
    """
    with evaluating(model):
        return _sampling(model.head, model.extract_feat(inputs), layer)


@torch.no_grad()
def query_attention(model: nn.Module, inputs: Tensor, layer: int = -1) -> Tensor:
    """Query-to-query attention [B, K, K] of a decoder layer, averaged over heads (Figures 6, 8, 9).

    Row k is how much keypoint k attends to every keypoint; rows sum to 1. inputs [B, 3, H, W]
    (normalised), the model in eval mode. Raises `IndexError` for a layer that does not exist and
    `ValueError` for a model without query-to-query attention.
    """
    with evaluating(model):
        return _q2q_weights(model.head, model.extract_feat(inputs), layer)


def panels(head: nn.Module, feats: Sequence[Tensor], sample: Any) -> list[Figure]:
    """Sampling points of some keypoints and, if the decoder has it, query-to-query attention, of the last layer."""
    locations, weights = (values[0].float().cpu() for values in _sampling(head, feats, -1))
    names = keypoint_names(len(locations))
    size = torch.tensor(sample.metainfo["input_size"], dtype=locations.dtype)
    found = [
        Figure(
            "sampling",
            names[k],
            SAMPLING,
            points=(locations[k].flatten(0, 2) * size - 0.5).numpy(),
            weights=(weights[k].flatten() / weights[k].max()).numpy(),
        )
        for k in torch.linspace(0, len(names) - 1, SHOWN).int().tolist()
    ]
    if head.keypoint_decoder.layers[-1].q2q is not None:
        matrix = _q2q_weights(head, feats, -1)[0].float().cpu().numpy()
        found.append(
            Figure("queries", "all keypoints", Q2Q, matrix=matrix, rows=names, columns=names)
        )
    return found


def _sampling(head: nn.Module, feats: Sequence[Tensor], layer: int) -> tuple[Tensor, Tensor]:
    step, module, shapes = _layer_input(head, feats, layer)
    embedding = head.keypoint_decoder.embedding
    queries = module.after_q2q(step.queries, embedding)
    return module.p2q.sampling(queries + embedding, step.reference, shapes)


def _q2q_weights(head: nn.Module, feats: Sequence[Tensor], layer: int) -> Tensor:
    step, module, _ = _layer_input(head, feats, layer)
    if module.q2q is None:
        raise ValueError("this model has no query-to-query attention; take one with q2q=True")
    placed = step.queries + head.keypoint_decoder.embedding
    return module.q2q(placed, placed, step.queries, need_weights=True)[1]


def _layer_input(
    head: nn.Module, feats: Sequence[Tensor], layer: int
) -> tuple[DecoderStep, DecoderLayer, Shapes]:
    """A decoder layer's step, the layer, and the levels' sizes."""
    decoder = head.keypoint_decoder
    if not -len(decoder.layers) <= layer < len(decoder.layers):
        raise IndexError(f"layer {layer} of a decoder of {len(decoder.layers)} layers")
    memory, shapes = head.memory(feats)
    return list(decoder.steps(memory, shapes))[layer], decoder.layers[layer], shapes
