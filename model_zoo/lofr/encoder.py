"""LOFR's CNN classifier and its multi-scale spatial-guided context encoder (Sections 3.2 and 3.3)."""

from collections.abc import Sequence
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ..layers.encoder import Encoder
from ..layers.options import check_choice
from ..layers.position import sine_position_embedding


def resize_grid(maps: Tensor, size: tuple[int, int], ratio: float) -> Tensor:
    """Maps [B, C, h, w] of one stride on the grid `size` (height, width) of another.

    `ratio` is the old stride over the new one, a power of two. Cell i of a network of stride s is centred at
    pixel s * i (as its strided 3x3 and 7x7 convolutions are), so cell i is mapped to cell ratio * i:
    bilinear in between, the last value repeated at the far edges. Downsampling takes the local maximum.
    """
    if ratio < 1:
        step = round(1 / ratio)
        smaller = F.max_pool2d(maps, step + 1, stride=step, padding=step // 2)
        return smaller[..., : size[0], : size[1]]
    step = round(ratio)
    full = [step * (length - 1) + 1 for length in maps.shape[2:]]
    if step > 1:
        maps = F.interpolate(maps, full, mode="bilinear", align_corners=True)
    missing = [max(0, wanted - has) for wanted, has in zip(size, full, strict=True)]
    if any(missing):
        maps = F.pad(maps, (0, missing[1], 0, missing[0]), mode="replicate")
    return maps[..., : size[0], : size[1]]


class CategoryBranch(nn.Module):
    """Which keypoints are in the image, from the CNN alone, and class activation maps (Eq. 1 and 2).

    A 1x1 convolution to one channel per keypoint (X'), average pooling, a linear classifier. With `dim`
    also a 1x1 convolution to D channels (X^c) for the category features.
    """

    def __init__(self, *, in_channels: int, keypoints: int, dim: int | None = None) -> None:
        super().__init__()
        self.reduce = nn.Conv2d(in_channels, keypoints, 1)
        self.classify = nn.Linear(keypoints, keypoints)
        self.embed = nn.Conv2d(in_channels, dim, 1) if dim else None

    def forward(self, feature: Tensor) -> tuple[Tensor, Tensor, Tensor | None]:
        """X [B, C, h, w] to logits [B, K], maps M [B, K, h, w] (Eq. 1) and features F_c [B, K, D] (Eq. 2).

        M omits the classifier's bias, which is constant over the map. F_c is divided by h * w, so that it
        does not grow with the image.
        """
        scores = self.reduce(feature)
        logits = self.classify(scores.mean(dim=(2, 3)))
        maps = F.relu(torch.einsum("ck,bkhw->bchw", self.classify.weight, scores))
        if self.embed is None:
            return logits, maps, None
        vectors = torch.einsum("bkhw,bdhw->bkd", scores, self.embed(feature))
        return logits, maps, vectors / scores[0, 0].numel()


def location_map(maps: Tensor, kind: str = "max", sigma: float = 1.0) -> Tensor:
    """F^key from class activation maps [B, K, h, w]: coarse locations (Section 3.3), values 0 to 1.

    "max": each map divided by its maximum, then the maximum over keypoints, [B, 1, h, w]. "peak": a
    Gaussian (sigma in cells) at each map's maximum, then the same. "all": the divided maps, [B, K, h, w].
    """
    check_choice("location map", kind, ("max", "peak", "all"))
    peak = maps.amax(dim=(2, 3), keepdim=True)
    scaled = maps / peak.clamp(min=1e-6)
    if kind == "peak":
        scaled = _gaussians(maps, sigma) * (peak > 0)
    return scaled if kind == "all" else scaled.amax(dim=1, keepdim=True)


def _gaussians(maps: Tensor, sigma: float) -> Tensor:
    height, width = maps.shape[2:]
    best = maps.flatten(2).argmax(dim=2)
    row, column = (best // width)[..., None], (best % width)[..., None]
    rows, columns = (torch.arange(n, device=maps.device) for n in (height, width))
    square = ((rows - row) ** 2)[..., None] + ((columns - column) ** 2)[:, :, None]
    return torch.exp(-square.to(maps.dtype) / (2 * sigma**2))


class SpatialPosition(nn.Module):
    """SPE: F' = psi(F x F^key + F) (Eq. 3 and 4), psi a 1x1 convolution and LayerNorm over channels.

    `prior` is a kind of `location_map`. `product` interprets the paper's cross-product: "elementwise", one map
    times every channel; or "outer", every map times every channel and a 1x1 convolution back to D (with
    `prior="all"`). With `detach` no gradient flows into the class activation maps here.
    """

    def __init__(
        self,
        *,
        dim: int,
        keypoints: int,
        prior: str = "max",
        product: str = "elementwise",
        detach: bool = True,
    ) -> None:
        super().__init__()
        check_choice("product", product, ("elementwise", "outer"))
        if (product == "outer") != (prior == "all"):
            raise ValueError("the outer product takes prior='all', the element-wise one does not")
        self.prior, self.detach = prior, detach
        self.mix = nn.Conv2d(dim * keypoints, dim, 1, bias=False) if product == "outer" else None
        self.transform = nn.Conv2d(dim, dim, 1)
        self.norm = nn.LayerNorm(dim)

    def encoding(self, feature: Tensor, maps: Tensor, ratio: float) -> Tensor:
        """phi of Eq. 3 for F [B, D, h, w] and M of `ratio` times its stride: [B, D, h, w]."""
        key = location_map(maps.detach() if self.detach else maps, self.prior)
        key = resize_grid(key, tuple(feature.shape[2:]), ratio)
        if self.mix is None:
            return feature * key
        return self.mix(torch.einsum("bdhw,bkhw->bdkhw", feature, key).flatten(1, 2))

    def forward(self, feature: Tensor, maps: Tensor, ratio: float) -> Tensor:
        """Tokens F' [B, h * w, D]."""
        encoded = self.transform(self.encoding(feature, maps, ratio) + feature)
        return self.norm(encoded.flatten(2).transpose(1, 2))


class Memory(NamedTuple):
    """Encoded tokens [B, L, D], their position embedding [L, D] or None, (height, width) of each scale."""

    tokens: Tensor
    position: Tensor | None
    sizes: list[tuple[int, int]]


class ContextEncoder(nn.Module):
    """MSC-En: every scale is projected to D channels, given its position and encoded; all tokens are concatenated.

    Args:
        in_channels, strides: of the feature maps used, finest first.
        input_size: (width, height) of the images, for the learned embeddings.
        spatial: arguments of `SpatialPosition`, or None for `position`.
        position: without SPE, "learned" (randomly initialised), "sine" or "none"; added to queries and keys
            of every layer, as in DETR.
        scales: "shared", each scale separately with the same weights; "own", each with its own weights;
            "joint", one sequence.
    """

    def __init__(
        self,
        *,
        in_channels: Sequence[int],
        strides: Sequence[int],
        input_size: tuple[int, int],
        keypoints: int,
        dim: int,
        heads: int,
        hidden: int,
        layers: int,
        dropout: float,
        spatial: dict | None,
        position: str = "learned",
        scales: str = "shared",
    ) -> None:
        super().__init__()
        check_choice("position", position, ("learned", "sine", "none"))
        check_choice("scales", scales, ("shared", "own", "joint"))
        self.strides, self.kind, self.scales = tuple(strides), position, scales
        self.project = nn.ModuleList(nn.Conv2d(channels, dim, 1) for channels in in_channels)
        self.spatial = None
        self.positions = nn.ParameterList()
        if spatial is not None:
            self.spatial = SpatialPosition(dim=dim, keypoints=keypoints, **spatial)
        elif position == "learned":
            for stride in strides:
                width, height = (-(-length // stride) for length in input_size)
                self.positions.append(nn.Parameter(torch.randn(height * width, dim)))
        self.encoders = nn.ModuleList(
            Encoder(layers=layers, dim=dim, heads=heads, hidden=hidden, dropout=dropout)
            for _ in range(len(strides) if scales == "own" else 1)
        )

    def forward(self, feats: Sequence[Tensor], maps: Tensor, maps_stride: int) -> Memory:
        """Feature maps [B, C, h, w], finest first, and class activation maps M [B, K, h', w']."""
        tokens, positions, sizes = [], [], []
        for index, (feature, stride) in enumerate(zip(feats, self.strides, strict=True)):
            feature = self.project[index](feature)
            sizes.append(tuple(feature.shape[2:]))
            if self.spatial is not None:
                tokens.append(self.spatial(feature, maps, maps_stride / stride))
            else:
                tokens.append(feature.flatten(2).transpose(1, 2))
            positions.append(self._position(index, sizes[-1], tokens[-1]))
        return self._encode(tokens, positions, sizes)

    def _position(self, index: int, size: tuple[int, int], tokens: Tensor) -> Tensor | None:
        if self.spatial is not None or self.kind == "none":
            return None
        if self.kind == "sine":
            return sine_position_embedding(*size, tokens.shape[2]).to(tokens)
        if len(self.positions[index]) != tokens.shape[1]:
            raise ValueError(
                f"{tokens.shape[1]} tokens, but {len(self.positions[index])} learned embeddings; "
                "give the head the input_size of the images"
            )
        return self.positions[index]

    def _encode(
        self, tokens: list[Tensor], positions: list[Tensor | None], sizes: list[tuple[int, int]]
    ) -> Memory:
        position = None if positions[0] is None else torch.cat(positions)
        if self.scales == "joint":
            return Memory(self.encoders[0](torch.cat(tokens, dim=1), position), position, sizes)
        encoded = [
            self.encoders[index % len(self.encoders)](one, own)
            for index, (one, own) in enumerate(zip(tokens, positions, strict=True))
        ]
        return Memory(torch.cat(encoded, dim=1), position, sizes)
