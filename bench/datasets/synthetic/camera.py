"""A perspective camera that looks at a point, with roll; pixel coordinates with depth."""

import math
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bench.datasets.synthetic.dice import sincos
from bench.datasets.synthetic.skeleton import Mat, Vec

Floats = NDArray[np.floating[Any]]


@dataclass(frozen=True)
class Camera:
    """A pinhole camera.

    `axes` rows are the camera's right, down and forward in world coordinates; `focal` and `centre`
    are in pixels of the image that is rendered; `unit` is the number of depth units in a metre (so
    that depth near the subject counts in pixels too).
    """

    eye: Vec
    axes: Mat
    focal: float
    centre: tuple[float, float]
    unit: float

    def project(self, points: Floats) -> Floats:
        """World points [..., 3] in metres -> [..., 3]: x, y in pixels (continuous; the first pixel
        covers 0..1), and depth. Points closer than 0.3 m are held at 0.3 m."""
        x, y, z = (points[..., i] - self.eye[i] for i in range(3))
        right, down, depth = (a[0] * x + a[1] * y + a[2] * z for a in self.axes)
        depth = np.maximum(depth, 0.3)
        scale = self.focal / depth
        out = np.empty(points.shape)
        out[..., 0] = self.centre[0] + scale * right
        out[..., 1] = self.centre[1] + scale * down
        out[..., 2] = self.unit * depth
        return out

    def reframed(self, zoom: float, centre: tuple[float, float]) -> "Camera":
        """The same view magnified by `zoom`, with the optical axis at another pixel."""
        return replace(self, focal=self.focal * zoom, centre=centre, unit=self.unit * zoom)


def look_at(
    eye: Vec, target: Vec, roll: float, focal: float, centre: tuple[float, float]
) -> Camera:
    """A camera at `eye` that sees `target` at `centre`, turned by `roll` degrees about its axis."""
    forward = _unit(tuple(t - e for t, e in zip(target, eye, strict=True)))
    side = _unit((-forward[2], 0.0, forward[0]))  # forward x up
    down = _cross(forward, side)
    s, c = sincos(roll)
    right = _mix(side, c, down, s)
    x, y, z = (t - e for t, e in zip(target, eye, strict=True))
    distance = math.sqrt(x * x + y * y + z * z)
    return Camera(eye, (right, _mix(down, c, side, -s), forward), focal, centre, focal / distance)


def _mix(a: Vec, ka: float, b: Vec, kb: float) -> Vec:
    return (a[0] * ka + b[0] * kb, a[1] * ka + b[1] * kb, a[2] * ka + b[2] * kb)


def _cross(a: Vec, b: Vec) -> Vec:
    return (
        a[1] * b[2] - a[2] * b[1],
        a[2] * b[0] - a[0] * b[2],
        a[0] * b[1] - a[1] * b[0],
    )


def _unit(v: tuple[float, ...]) -> Vec:
    length = math.sqrt(v[0] * v[0] + v[1] * v[1] + v[2] * v[2])
    return (v[0] / length, v[1] / length, v[2] / length)
