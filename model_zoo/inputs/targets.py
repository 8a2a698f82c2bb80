"""Targets of a whole batch, as MMPose's and the zoo's codecs encode one sample after the other.

Float32, equal to `codec.encode` (within 1e-6, by tests): a UDP Gaussian is the product of a row and a column in double
precision here, and its exponent one sum there.
"""

from typing import Any

import numpy as np
from mmpose.codecs import MSRAHeatmap, UDPHeatmap

from ..lightpose.codec import CenterOffsetHeatmap
from ..tfpose.codec import NormalizedCoordinates

Arrays = dict[str, np.ndarray]


def encode(codec: Any, keypoints: np.ndarray, visible: np.ndarray) -> Arrays:
    """Keypoints [B, K, 2] in pixels of the crop and visible [B, K] to targets by name, each with a leading B.

    A codec without a batched form encodes sample by sample.
    """
    if isinstance(codec, UDPHeatmap) and codec.heatmap_type == "gaussian":
        return _gaussians(codec, keypoints, visible, exact=True)
    if isinstance(codec, MSRAHeatmap) and not codec.unbiased:
        return _gaussians(codec, keypoints, visible, exact=False)
    if isinstance(codec, NormalizedCoordinates):
        return _normalized(codec, keypoints, visible)
    if isinstance(codec, CenterOffsetHeatmap):
        return _offsets(codec, keypoints, visible)
    each = [codec.encode(k[None], v[None]) for k, v in zip(keypoints, visible, strict=True)]
    return {name: np.stack([one[name] for one in each]) for name in each[0]}


def _gaussians(codec: Any, keypoints: np.ndarray, visible: np.ndarray, *, exact: bool) -> Arrays:
    """Heatmaps [B, K, H, W] and weights [B, 1, K]. exact: centred at the keypoint (UDP), not at its cell (MSRA)."""
    (width, height), sigma = codec.heatmap_size, codec.sigma
    points = (keypoints / codec.scale_factor).reshape(-1, 2)
    shown = visible.reshape(-1) >= 0.5
    cell = (points + 0.5).astype(np.int64)
    radius = sigma * 3
    low, high = (cell - radius).astype(np.int64), (cell + radius + 1).astype(np.int64)
    outside = (low >= (width, height)).any(axis=1) | (high < 0).any(axis=1)
    weights = np.where((shown & outside).reshape(visible.shape), 0, visible).astype(visible.dtype)

    steps = np.arange(0, 2 * radius + 1)
    middle = (2 * radius + 1) // 2 + ((points - cell) if exact else 0 * cell)
    curve = np.exp(-((steps - middle[:, :, None]) ** 2) / (2 * sigma**2))  # [B K, 2, S]
    curve *= steps < (high - low)[:, :, None]
    margin = len(steps)
    padded = np.zeros((len(points), height + 2 * margin, width + 2 * margin), np.float32)
    side = steps.astype(np.float32) - (2 * radius + 1) // 2
    around = np.exp(
        -(side**2 + side[:, None] ** 2) / (2 * sigma**2)
    )  # a cell, in MMPose's precision
    for index in np.flatnonzero(shown & ~outside):
        left, top = low[index] + margin
        across, down = curve[index]
        peak = down[:, None] * across if exact else around * ((down > 0)[:, None] & (across > 0))
        padded[index, top : top + margin, left : left + margin] = peak
    maps = padded[:, margin : margin + height, margin : margin + width]
    return {
        "heatmaps": np.ascontiguousarray(maps).reshape(*visible.shape, height, width),
        "keypoint_weights": weights[:, None],
    }


def _normalized(codec: NormalizedCoordinates, keypoints: np.ndarray, visible: np.ndarray) -> Arrays:
    """TFPose: labels [B, 1, K, 2], weights [B, 1, K], heatmaps [B, K, H, W]."""
    labels = keypoints / (np.array(codec.input_size) - 1)
    inside = ((labels >= 0) & (labels <= 1)).all(axis=2)
    return {
        "keypoint_labels": labels.astype(np.float32)[:, None],
        "keypoint_weights": (inside & (visible > 0.5)).astype(np.float32)[:, None],
        "heatmaps": encode(codec.heatmaps, keypoints, visible)["heatmaps"],
    }


def _offsets(codec: CenterOffsetHeatmap, keypoints: np.ndarray, visible: np.ndarray) -> Arrays:
    """LightPose: heatmaps [B, K, h, w], offsets [B, 2K, h, w], weights [B, 1, K]."""
    width, height = codec.heatmap_size
    points = (keypoints.astype(np.float64) + 0.5) / codec.stride - 0.5
    cell = np.floor(points + 0.5)
    inside = ((cell >= 0) & (cell < codec.heatmap_size)).all(axis=2)
    x, y = np.arange(width), np.arange(height)
    spread = 2 * codec.sigma**2
    across = np.exp(-((x - cell[..., :1]) ** 2) / spread) * inside[..., None]
    down = np.exp(-((y - cell[..., 1:]) ** 2) / spread)
    offsets = np.empty((*points.shape, height, width), np.float32)
    offsets[:, :, 0] = (points[..., :1] - x)[:, :, None, :]
    offsets[:, :, 1] = (points[..., 1:] - y)[:, :, :, None]
    return {
        "heatmaps": (down[..., :, None] * across[..., None, :]).astype(np.float32),
        "offsets": offsets.reshape(len(points), -1, height, width),
        "keypoint_weights": (visible * inside).astype(np.float32)[:, None],
    }
