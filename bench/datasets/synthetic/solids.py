"""The closed solids that everything is made of: ellipsoids ("balls") and tubes ("cones").

Each is given by its centre, three half-axes in world metres, and a paint.
"""

from bench.datasets.synthetic.look import Colour
from bench.datasets.synthetic.skeleton import Mat, Vec

# What the texture of a solid is; see paint.py.
PLAIN, TORSO, FACE = 0.0, 1.0, 2.0


class Solids:
    """Solids in drawing order, as two tables of plain numbers.

    `shapes` rows: centre 3, half-axes 3x3 (across, along, front), taper, is a ball, clip low, clip
    high (the clip is along the second half-axis, -1..1). `paints` rows: colour 3, colour 3 of the
    part beyond `split` along the second half-axis, split, texture, start and length along the
    spine.
    """

    def __init__(self) -> None:
        self.shapes: list[tuple[float, ...]] = []
        self.paints: list[tuple[float, ...]] = []

    def _paint(
        self,
        colour: Colour,
        beyond: Colour | None,
        split: float,
        texture: float,
        spine: tuple[float, float],
    ) -> None:
        self.paints.append((*colour, *(beyond or colour), split, texture, *spine))

    def ball(
        self,
        centre: Vec,
        frame: Mat,
        radii: Vec,
        colour: Colour,
        *,
        beyond: Colour | None = None,
        split: float = 2.0,
        texture: float = PLAIN,
        spine: tuple[float, float] = (0.0, 0.0),
        low: float = -1.5,
    ) -> None:
        """Add an ellipsoid; `radii` along the frame's axes, cut off below `low` half-axes."""
        rx, ry, rz = radii
        (ax, ay, az), (bx, by, bz), (cx, cy, cz) = frame
        axes = (ax * rx, bx * rx, cx * rx, ay * ry, by * ry, cy * ry, az * rz, bz * rz, cz * rz)
        self.shapes.append((*centre, *axes, 0.0, 1.0, low, 1.5))
        self._paint(colour, beyond, split, texture, spine)

    def cone(
        self,
        start: Vec,
        end: Vec,
        frame: Mat,
        radius: float,
        end_radius: float,
        colour: Colour,
        *,
        flat: float = 1.0,
        beyond: Colour | None = None,
        split: float = 2.0,
        texture: float = PLAIN,
        spine: tuple[float, float] = (0.0, 0.0),
    ) -> None:
        """Add a tube from start to end; front to back its radius is `flat` times as large."""
        w = 0.5 * (radius + end_radius)
        d = w * flat
        (ax, _, az), (bx, _, bz), (cx, _, cz) = frame
        centre = tuple(0.5 * (p + q) for p, q in zip(start, end, strict=True))
        along = tuple(0.5 * (q - p) for p, q in zip(start, end, strict=True))
        axes = (ax * w, bx * w, cx * w, *along, az * d, bz * d, cz * d)
        taper = (end_radius - radius) / (end_radius + radius)
        self.shapes.append((*centre, *axes, taper, 0.0, -1.0, 1.0))
        self._paint(colour, beyond, split, texture, spine)
