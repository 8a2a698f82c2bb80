"""LOFR's body graph and the graph convolution that relates pose prototypes (Section 3.4, Eq. 10)."""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ..keypoints import keypoint_names, limbs
from ..layers.options import check_choice


def adjacency(skeleton: str) -> Tensor:
    """A of Eq. 10, boolean [K, K]: keypoints connected by a limb, in both directions, and each with itself.

    `skeleton` is "coco", "mpii" or "crowdpose"; any other raises `ValueError`.
    """
    joined = torch.eye(len(keypoint_names(skeleton)), dtype=torch.bool)
    for one, other in limbs(skeleton):
        joined[one, other] = joined[other, one] = True
    return joined


class SemanticGraphConv(nn.Module):
    """One graph convolution: F' = phi(M_r * A) F W, a row of F per keypoint (Eq. 10, transposed).

    phi is a softmax over the neighbours of each keypoint. M_r depends on `relations`: "learned", one
    weight per limb and direction (SemGCN); or "features", scaled products of the node features.
    """

    def __init__(self, *, dim: int, joined: Tensor, relations: str = "learned") -> None:
        super().__init__()
        check_choice("relations", relations, ("learned", "features"))
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
    """RePPG: graph convolutions with ReLU between them and one residual connection.

    The nodes depend on `prototypes`: "image", the category features F_c of each image; "learned", one
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
        check_choice("prototypes", prototypes, ("image", "learned", "both"))
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
