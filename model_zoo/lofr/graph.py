"""LOFR's body graph and the graph convolution that relates pose prototypes (Section 3.4, Eq. 10)."""

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn

# Limbs as pairs of keypoint numbers, in each data set's own order of keypoints.
COCO_LIMBS = (
    *((15, 13), (13, 11), (16, 14), (14, 12), (11, 12), (5, 11), (6, 12), (5, 6), (5, 7), (6, 8)),
    *((7, 9), (8, 10), (1, 2), (0, 1), (0, 2), (1, 3), (2, 4), (3, 5), (4, 6)),
)
MPII_LIMBS = (
    *((0, 1), (1, 2), (2, 6), (6, 3), (3, 4), (4, 5), (6, 7), (7, 8), (8, 9)),
    *((8, 12), (12, 11), (11, 10), (8, 13), (13, 14), (14, 15)),
)
CROWDPOSE_LIMBS = (
    *((10, 8), (8, 6), (11, 9), (9, 7), (6, 7), (0, 6), (1, 7), (0, 1), (0, 2), (1, 3)),
    *((2, 4), (3, 5), (12, 13), (1, 13), (0, 13)),
)
SKELETONS = {"coco": (17, COCO_LIMBS), "mpii": (16, MPII_LIMBS), "crowdpose": (14, CROWDPOSE_LIMBS)}


def adjacency(skeleton: str) -> Tensor:
    """A of Eq. 10, boolean [K, K]: keypoints joined by a limb, in both directions, and each with itself.

    `skeleton` is "coco", "mpii" or "crowdpose"; any other raises `ValueError`.
    """
    if skeleton not in SKELETONS:
        raise ValueError(f"skeleton is '{skeleton}'; allowed are {', '.join(SKELETONS)}")
    keypoints, limbs = SKELETONS[skeleton]
    joined = torch.eye(keypoints, dtype=torch.bool)
    for one, other in limbs:
        joined[one, other] = joined[other, one] = True
    return joined


class SemanticGraphConv(nn.Module):
    """One graph convolution: F' = phi(M_r * A) F W, a row of F per keypoint (Eq. 10, transposed).

    phi is a softmax over the neighbours of each keypoint. `relations` says what M_r is: "learned", one
    weight per limb and direction (SemGCN); or "features", scaled products of the node features.
    """

    def __init__(self, *, dim: int, joined: Tensor, relations: str = "learned") -> None:
        super().__init__()
        if relations not in ("learned", "features"):
            raise ValueError(f"relations is '{relations}'; allowed are learned, features")
        self.register_buffer("joined", joined, persistent=False)
        self.weight = nn.Linear(dim, dim)
        self.relations = nn.Parameter(torch.zeros(joined.shape)) if relations == "learned" else None

    def mixing(self, nodes: Tensor) -> Tensor:
        """phi(M_r * A) for nodes [B, K, D]: [K, K] or [B, K, K]; rows sum to 1, zero where A is zero."""
        relations = self.relations
        if relations is None:
            relations = nodes @ nodes.transpose(1, 2) / nodes.shape[2] ** 0.5
        return relations.masked_fill(~self.joined, -torch.inf).softmax(dim=-1)

    def forward(self, nodes: Tensor) -> Tensor:
        """Nodes [B, K, D] to nodes [B, K, D]."""
        return self.mixing(nodes) @ self.weight(nodes)


class PrototypeGraph(nn.Module):
    """RePPG: graph convolutions with ReLU between them and a residual around all.

    `prototypes` says what the nodes are: "image", the category features F_c of each image; "learned", one
    vector per keypoint for the whole data set; or "both", the learned vectors plus the convolved F_c.
    """

    def __init__(
        self,
        *,
        dim: int,
        skeleton: str,
        layers: int = 2,
        relations: str = "learned",
        prototypes: str = "image",
    ) -> None:
        super().__init__()
        if prototypes not in ("image", "learned", "both"):
            raise ValueError(f"prototypes is '{prototypes}'; allowed are image, learned, both")
        joined = adjacency(skeleton)
        self.layers = nn.ModuleList(
            SemanticGraphConv(dim=dim, joined=joined, relations=relations) for _ in range(layers)
        )
        self.norm = nn.LayerNorm(dim)
        self.learned = None
        if prototypes != "image":
            self.learned = nn.Parameter(torch.randn(len(joined), dim))
        self.prototypes = prototypes

    def forward(self, vectors: Tensor) -> Tensor:
        """Category features F_c [B, K, D] to prototypes P' [B, K, D]."""
        nodes = self.norm(vectors)
        if self.prototypes == "learned":
            nodes = self.learned.expand_as(vectors)
        start = nodes if self.prototypes != "both" else self.learned
        for index, layer in enumerate(self.layers):
            nodes = layer(F.relu(nodes) if index else nodes)
        return start + nodes


def prototype_products(prototypes: Tensor | Sequence[Sequence[float]]) -> Tensor:
    """Inner products [K, K] of prototypes [K, D], each scaled to length 1: cosines, 1 on the diagonal (Fig. 6).

    Of prototypes [B, K, D], one set per image, the mean over images.
    """
    unit = F.normalize(torch.as_tensor(prototypes), dim=-1)
    products = unit @ unit.transpose(-2, -1)
    return products if products.dim() == 2 else products.mean(dim=0)
