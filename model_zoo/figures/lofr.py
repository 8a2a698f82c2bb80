"""LOFR's class activation maps, part response maps and prototypes (Figures 4 to 8)."""

from collections.abc import Sequence
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from .panel import Figure, keypoint_names

SHOWN = 4  # joints whose maps are drawn
ACTIVATION = (
    "Where the CNN finds evidence for a joint (class activation maps, Figure 4 of the paper)."
)
RESPONSE = "Part response maps, whose maxima are the pose (Figures 5, 7 and 8 of the paper)."
PROTOTYPES = "Inner products of the prototypes that enter the decoder, each of length 1 (Figure 6 of the paper)."


def panels(head: nn.Module, feats: Sequence[Tensor], sample: Any) -> list[Figure]:
    """Class activation and response maps of some joints, and the similarity of the prototypes."""
    _, response = head.attend(feats)
    kinds, vectors = [("response", RESPONSE, response)], None
    if head.cnn:  # trained without locations, or with their maps as positions
        _, activation, vectors = head.cnn(feats[head.category])
        kinds = [("class-activation", ACTIVATION, activation), *kinds]
    names = keypoint_names(response.shape[1])
    shown = torch.linspace(0, len(names) - 1, SHOWN).int().tolist()
    found = [
        Figure(key, names[k], caption, heat=maps[0, k].float().cpu().numpy())
        for key, caption, maps in kinds
        for k in shown
    ]
    products = prototype_products(head.initial_prototypes(vectors, 1)[0].float().cpu())
    matrix = dict(matrix=products.numpy(), rows=names, columns=names)
    return [*found, Figure("prototypes", "all joints", PROTOTYPES, **matrix)]


def prototype_products(prototypes: Tensor | Sequence[Sequence[float]]) -> Tensor:
    """Inner products [K, K] of prototypes [K, D], each scaled to length 1: cosines, 1 on the diagonal (Fig. 6).

    Of prototypes [B, K, D], one set per image, the mean over images.
    """
    unit = F.normalize(torch.as_tensor(prototypes), dim=-1)
    products = unit @ unit.transpose(-2, -1)
    return products if products.dim() == 2 else products.mean(dim=0)
