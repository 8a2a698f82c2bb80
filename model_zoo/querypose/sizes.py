"""Sizes that QueryPose's two decoders share: widths of their layers, and how boxes are pooled."""

from typing import NamedTuple


class Widths(NamedTuple):
    """Widths of the layers of both decoders.

    dim, part_dim: of the instance and of the part queries. channels: of the pyramid's maps. heads, hidden: attention
    heads, and inner width of the feed-forwards. dynamic_hidden: inner width of the dynamic MLPs. conv_hidden,
    conv_layers: inner width and number of the keypoint decoder's stacked 3x3 convolutions.
    """

    dim: int
    part_dim: int
    channels: int
    heads: int
    hidden: int
    dynamic_hidden: int
    conv_hidden: int
    conv_layers: int


class Pooling(NamedTuple):
    """RoIAlign of the two decoders.

    box_size, pose_size: bins per side of the box and of the keypoint decoder. outside: what lies outside the map is
    "border" (as in reference outputs of the authors' code) or "zero" (as the compiled operators that the authors
    trained with). canonical_size: side in pixels of a box that is pooled from the map with stride 16.
    """

    box_size: int
    pose_size: int
    outside: str = "border"
    canonical_size: float = 224
