"""How far a codec's decoding of its own perfect target is from the keypoint, over the whole crop."""

from typing import NamedTuple

import numpy as np
import torch

import model_zoo

BORDER = 16.0  # pixels, of which every one is tried
STEP = 6.7  # further in: no multiple of a cell


class ErrorMap(NamedTuple):
    """`error` [rows, columns] at `y` [rows] and `x` [columns]: a distance; all in pixels of a crop of `size` (w, h)."""

    x: np.ndarray
    y: np.ndarray
    error: np.ndarray
    size: tuple[int, int]

    def largest(self, border: float = 0.0) -> float:
        """Of the positions at least `border` pixels away from the crop's outer pixels."""
        inside = [
            (axis >= border) & (axis <= size - 1 - border)
            for axis, size in zip((self.y, self.x), reversed(self.size), strict=True)
        ]
        return float(self.error[np.ix_(*inside)].max())


def positions(size: int) -> np.ndarray:
    """Along one axis, from the first pixel's centre to the last's: all of them near the ends, then uneven steps."""
    end = size - 1
    near = np.arange(0, min(BORDER, end / 2), 1.0)
    inner = np.arange(BORDER, end - BORDER, STEP)
    return np.unique(np.concatenate([near, inner, end - near]))


def decoded(codec, keypoints: np.ndarray, aligned: bool) -> np.ndarray:
    """Keypoints [K, 2] in pixels of the crop, encoded and decoded from the perfect target.

    aligned: the crop was made with aligned pixel centres (`TopdownAffine(use_udp=True)`), for which MMPose's estimator
    takes a decoded position for a fraction of the crop.
    """
    target = codec.encode(
        keypoints[None].astype(np.float32), np.ones((1, len(keypoints)), np.float32)
    )
    found = _decode(codec, target)[0].astype(np.float64)
    size = np.array(codec.input_size)
    return found * (size - 1) / size if aligned else found


def _decode(codec, target: dict) -> np.ndarray:
    kind = type(codec).__name__
    if kind == "CenterOffsetHeatmap":
        return codec.decode(target["heatmaps"], target["offsets"])[0]
    if kind in ("NormalizedCoordinates", "RegressionLabel", "IntegralRegressionLabel"):
        return codec.decode(target["keypoint_labels"])[0]
    return codec.decode(target["heatmaps"])[0]


def error_map(codec, size: tuple[int, int], aligned: bool, decode=decoded) -> ErrorMap:
    """Of a codec for crops of `size` (width, height)."""
    x, y = positions(size[0]), positions(size[1])
    grid = np.stack(np.meshgrid(x, y), axis=-1).reshape(-1, 2)
    found = np.concatenate([decode(codec, part, aligned) for part in np.array_split(grid, 16)])
    error = np.linalg.norm(found - grid, axis=1)
    return ErrorMap(x, y, error.reshape(len(y), len(x)), size)


def of_model(name: str) -> ErrorMap:
    """Of the codec that a model's config names, at the paper's size."""
    model_zoo.register()
    from mmpose.registry import KEYPOINT_CODECS

    cfg = model_zoo.config(name)
    steps = [s for s in cfg.test_dataloader.dataset.pipeline if s["type"] == "TopdownAffine"]
    codec = KEYPOINT_CODECS.build(cfg.codec)
    codec.input_size = tuple(cfg.codec.input_size)  # LightPose's does not keep it
    if cfg.model.head.get("offset", True) is False:
        return error_map(codec, codec.input_size, False, _heatmap_alone)
    return error_map(codec, codec.input_size, bool(steps[0].get("use_udp", False)))


def _heatmap_alone(codec, keypoints: np.ndarray, aligned: bool) -> np.ndarray:
    return codec.decode(codec.encode(keypoints[None])["heatmaps"])[0][0]


def of_querypose() -> ErrorMap:
    """QueryPose's: a fraction of the predicted box, here one of 192x256 pixels that sticks out of the image."""
    model_zoo.register()
    from model_zoo.querypose.model import decode_predictions

    def decode(codec, keypoints: np.ndarray, aligned: bool) -> np.ndarray:
        corner, size = torch.tensor([-7.5, 400.25]), torch.tensor([192.0, 256.0])
        points = torch.from_numpy(keypoints).float() + 0.5 + corner  # pixel centres lie at halves
        mu = (points - corner) / size - 0.5  # as `SetCriterion._keypoints` makes its target
        box = torch.cat([corner, corner + size])[None, None, None]
        output = dict(logits=torch.zeros(1, 1, 1), boxes=box, mu=mu[None, None, None])
        output["sigma"] = torch.zeros_like(output["mu"])
        people = decode_predictions(output, 0, (800, 1333), (800, 1333))
        return (people["keypoints"][0] - corner - 0.5).numpy()

    return error_map(None, (192, 256), False, decode)
