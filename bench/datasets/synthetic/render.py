"""A z-buffer for quadrics: exact outlines and depths of ellipsoids and tapered elliptic tubes.

In the frame of its half-axes every solid is x^2 + z^2 + a y^2 + 2 b y + c = 0 with y clipped: an
ellipsoid has (a, b, c) = (1, 0, -1), a tube of taper k has (-k^2, -k, -1). Seen along one
direction, depth is then a linear function of the pixel minus the root of a quadratic one, so a
solid costs a dozen array operations on its bounding box. All arithmetic is element-wise IEEE
double precision in a fixed order, which is the same everywhere.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bench.datasets.synthetic.camera import Camera, Floats
from bench.datasets.synthetic.skeleton import Vec

EMPTY = 65535  # id of a pixel that shows no solid


@dataclass(frozen=True)
class Buffers:
    """Depth [H, W] (inf where nothing is) and id of the solid seen there [H, W] (EMPTY)."""

    depth: Floats
    solid: NDArray[np.uint16]

    @classmethod
    def blank(cls, width: int, height: int) -> "Buffers":
        """Buffers in which nothing has been drawn."""
        return cls(
            np.full((height, width), np.inf, np.float32), np.full((height, width), EMPTY, np.uint16)
        )


@dataclass(frozen=True)
class Quadrics:
    """Solids [N] as seen by a camera.

    origin [N, 3]; inverse [3][3] of [N]: row i, column j of the map from pixel offsets to the
    solid's own frame; form [3] of [N]: a, b, c; low, high [N]: the clip; box [N, 4]: x0, y0, x1,
    y1 in whole pixels; radii [3] of [N] in metres; light [3] of [N]: direction to the light in the
    solid's axes, view [3] of [N] likewise towards the camera.
    """

    origin: Floats
    inverse: list[list[Floats]]
    form: tuple[Floats, Floats, Floats]
    low: Floats
    high: Floats
    bounds: Floats
    radii: list[Floats]
    light: list[Floats]
    view: list[Floats]


def see(shapes: Floats, camera: Camera, light: Vec) -> Quadrics:
    """Project solids [N, 16], rows as in `solids.Solids`; `light` is a unit vector in the world."""
    origin, half, taper = _projected(shapes, camera)
    axes, ball = shapes[:, 3:12].reshape(-1, 3, 3), shapes[:, 13] > 0
    form = (
        np.where(ball, 1.0, -taper * taper),
        np.where(ball, 0.0, -taper),
        np.full(len(shapes), -1.0),
    )
    radii = [np.sqrt(_dot(axes[:, i], axes[:, i])) for i in range(3)]
    return Quadrics(
        origin,
        _inverse(half),
        form,
        shapes[:, 14],
        shapes[:, 15],
        _bounds(origin, half, taper, ball),
        radii,
        [_along(axes[:, i], light) / radii[i] for i in range(3)],
        [-_along(axes[:, i], camera.axes[2]) / radii[i] for i in range(3)],
    )


def _dot(a: Floats, b: Floats) -> Floats:
    product = a * b
    total: Floats = product[:, 0] + product[:, 1] + product[:, 2]
    return total


def _along(a: Floats, direction: Vec) -> Floats:
    total: Floats = a[:, 0] * direction[0] + a[:, 1] * direction[1] + a[:, 2] * direction[2]
    return total


def _inverse(half: Floats) -> list[list[Floats]]:
    """Inverse of the matrix whose columns are the half-axes, entry by entry."""
    (a, d, g), (b, e, h), (c, f, i) = ([half[:, k, j] for j in range(3)] for k in range(3))
    rows = [
        [e * i - f * h, c * h - b * i, b * f - c * e],
        [f * g - d * i, a * i - c * g, c * d - a * f],
        [d * h - e * g, b * g - a * h, a * e - b * d],
    ]
    determinant = a * rows[0][0] + b * rows[1][0] + c * rows[2][0]
    return [[entry / determinant for entry in row] for row in rows]


def extent(shapes: Floats, camera: Camera) -> tuple[float, float, float, float]:
    """The box x0, y0, x1, y1 in pixels around solids [N, 16], whether seen or not."""
    bounds = _bounds(*_projected(shapes, camera), shapes[:, 13] > 0)
    (x0, y0), (x1, y1) = bounds[:, :2].min(axis=0).tolist(), bounds[:, 2:].max(axis=0).tolist()
    return x0, y0, x1, y1


def _projected(shapes: Floats, camera: Camera) -> tuple[Floats, Floats, Floats]:
    """Centre [N, 3], half-axes [N, 3, 3] and taper [N] of solids in pixels and depth."""
    centre, axes = shapes[:, 0:3], shapes[:, 3:12].reshape(-1, 3, 3)
    ends = camera.project(centre[:, None, None] + axes[:, :, None] * np.array([[-1.0], [1.0]]))
    half = 0.5 * (ends[:, :, 1] - ends[:, :, 0])
    near = (1.0 + shapes[:, 12]) * ends[:, 1, 0, 2]
    far = (1.0 - shapes[:, 12]) * ends[:, 1, 1, 2]
    taper = (near - far) / (near + far)  # radii shrink with depth too
    return 0.5 * (ends[:, 1, 1] + ends[:, 1, 0]), half, taper


def _bounds(origin: Floats, half: Floats, taper: Floats, ball: NDArray[np.bool_]) -> Floats:
    """Boxes [N, 4] of x0, y0, x1, y1 around solids."""
    across, along, front = (half[:, k, :2] for k in range(3))
    swell = 1.0 + np.abs(taper)[:, None]
    tube = np.abs(along) + swell * np.sqrt(across * across + front * front)
    round_ = np.sqrt(across * across + along * along + front * front)
    reach = np.where(ball[:, None], round_, tube)
    return np.concatenate([origin[:, :2] - reach, origin[:, :2] + reach], axis=1)


def draw(quadrics: Quadrics, buffers: Buffers) -> None:
    """Draw solids into the buffers, sampled at pixel centres; solid n gets id n."""
    height, width = buffers.depth.shape
    drawable, columns, rows, scalars = _split(quadrics, width, height)
    clipped = ((quadrics.low > -1.2) | (quadrics.form[0] <= 0)).tolist()
    low, high = np.floor(quadrics.bounds[:, :2]), np.ceil(quadrics.bounds[:, 2:])
    boxes = np.concatenate([low, high], axis=1).clip(0, [width, height, width, height])
    with np.errstate(invalid="ignore"):  # the root of a negative number marks "missed"
        for n, (x0, y0, x1, y1) in enumerate(boxes.astype(np.int64).tolist()):
            if x0 < x1 and y0 < y1 and drawable[n]:
                here = (slice(y0, y1), slice(x0, x1))
                _draw_one(
                    columns[n, :, x0:x1],
                    rows[n, :, y0:y1, None],
                    scalars[n] if clipped[n] else None,
                    buffers.depth[here],
                    buffers.solid[here],
                    n,
                )


def _draw_one(
    column: Floats,
    row: Floats,
    clip: tuple[float, float] | None,
    depth: Floats,
    solid: NDArray[np.uint16],
    name: int,
) -> None:
    """`column` [4, w] and `row` [4, h, 1] are the halves of the sums that `_split` explains."""
    root = row[0] * column[0]
    root += column[1]
    root += row[1]
    np.sqrt(root, out=root)
    w = row[2] + column[2]
    w -= root
    seen = w < depth
    if clip:
        step, reach = clip
        along = row[3] + column[3]
        np.multiply(w, step, out=root)
        along += root
        np.abs(along, out=along)
        seen &= along <= reach
    np.copyto(depth, w, where=seen)
    np.copyto(solid, name, where=seen)


def _split(
    q: Quadrics, width: int, height: int
) -> tuple[list[bool], Floats, Floats, list[tuple[float, float]]]:
    """What can be computed once per pixel column and once per pixel row.

    At column x and row y: depth = row[2] + column[2] - sqrt(row[0] column[0] + column[1] +
    row[1]), and the place along the second half-axis = row[3] + column[3] + step depth, to be
    within +-reach. Returns which solids can be drawn at all (a tube seen from its end cannot: its
    balls can), columns [N, 4, W], rows [N, 4, H], and (step, reach) of each.
    """
    (ux, vx, wx), (uy, vy, wy), (uz, vz, wz) = q.inverse
    a, b, c = q.form
    square = wx * wx + wz * wz + a * wy * wy
    drawable = square > 1e-3 * (wx * wx + wz * wz + wy * wy)
    s = np.where(drawable, square, 1.0)
    hu = (wx * ux + wz * uz + a * wy * uy) / s
    hv = (wx * vx + wz * vz + a * wy * vy) / s
    h0 = b * wy / s
    middle, reach = 0.5 * (q.low + q.high), 0.5 * (q.high - q.low)

    def of(coefficient: Floats) -> Floats:
        return coefficient[:, None]

    u = np.arange(width) + 0.5 - of(q.origin[:, 0])
    v = np.arange(height) + 0.5 - of(q.origin[:, 1])
    columns = np.empty((len(s), 4, width), np.float32)
    columns[:, 0] = u
    columns[:, 1] = u * (
        of(hu * hu - (ux * ux + uz * uz + a * uy * uy) / s) * u + of(2.0 * (hu * h0 - b * uy / s))
    )
    columns[:, 2] = of(-hu) * u
    columns[:, 3] = of(uy) * u
    rows = np.empty((len(s), 4, height), np.float32)
    rows[:, 0] = of(2.0 * (hu * hv - (ux * vx + uz * vz + a * uy * vy) / s)) * v
    rows[:, 1] = v * (
        of(hv * hv - (vx * vx + vz * vz + a * vy * vy) / s) * v + of(2.0 * (hv * h0 - b * vy / s))
    ) + of(h0 * h0 - c / s)
    rows[:, 2] = of(q.origin[:, 2] - h0) - of(hv) * v
    rows[:, 3] = of(vy) * v - of(wy * q.origin[:, 2] + middle)
    return drawable.tolist(), columns, rows, list(zip(wy.tolist(), reach.tolist(), strict=True))
