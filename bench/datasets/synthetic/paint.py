"""Light and texture: from a z-buffer to colours."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from bench.datasets.synthetic.body import EYE
from bench.datasets.synthetic.camera import Floats
from bench.datasets.synthetic.look import Look
from bench.datasets.synthetic.render import EMPTY, Buffers, Quadrics
from bench.datasets.synthetic.solids import FACE, TORSO, Solids

Bytes = NDArray[np.uint8]
Indices = NDArray[np.intp]

AMBIENT, DIFFUSE, GRAZING = 0.46, 0.66, 0.68


def shade(
    buffers: Buffers, quadrics: Quadrics, paints: Floats, people: Sequence[tuple[Solids, Look]]
) -> tuple[Indices, Floats]:
    """Colour every covered pixel.

    `people` holds the solids and the look of each person, in the order of the solids' ids. Returns
    the flat indices of the M covered pixels and their colours [3, M], 0..255.
    """
    pixels = np.flatnonzero(buffers.solid != EMPTY)
    solid = buffers.solid.ravel()[pixels].astype(np.intp)
    width = buffers.depth.shape[1]
    x = (pixels % width).astype(np.float32) + 0.5
    y = (pixels // width).astype(np.float32) + 0.5
    z = buffers.depth.ravel()[pixels].astype(np.float32)
    table = _table(quadrics)

    def of(row: int) -> Floats:
        looked_up: Floats = table[row].take(solid)
        return looked_up

    across, along, front = (
        of(4 * i) * x + of(4 * i + 1) * y + of(4 * i + 2) * z + of(4 * i + 3) for i in range(3)
    )
    slope = of(12) * along + of(13)
    light = of(14) * across + of(15) * slope + of(16) * front
    view = of(17) * across + of(18) * slope + of(19) * front
    a, b, c = of(20) * across, of(21) * slope, of(22) * front
    length = np.sqrt(a * a + b * b + c * c) + 1e-6
    lit = np.maximum(light / length, 0) * DIFFUSE + AMBIENT
    lit *= np.maximum(view / length, 0) * (1 - GRAZING) + GRAZING

    colour = _dyed(table, solid, (x, y, z), (across, along, front), paints, people)
    colour *= lit[:, None]
    np.minimum(colour, 255, out=colour)
    return pixels, colour.T


def _dyed(
    table: Floats,
    solid: Indices,
    place: tuple[Floats, Floats, Floats],
    local: tuple[Floats, Floats, Floats],
    paints: Floats,
    people: Sequence[tuple[Solids, Look]],
) -> Floats:
    """Colours [M, 3] in full light.

    The pixels show `solid` [M] at `place` (x, y, depth), which is `local` (across, along, front) in
    the solid's own frame.
    """
    paints = paints.astype(np.float32)
    beyond = local[1] > paints[:, 6].take(solid)
    palette = np.concatenate([paints[:, 0:3], paints[:, 3:6]])
    colour = palette.take(solid + len(paints) * beyond, axis=0)
    end = 0
    for solids, look in people:
        first, end = end, end + len(solids.shapes)
        own = np.zeros(len(paints), bool)
        own[first:end] = True
        at = np.flatnonzero((own & (paints[:, 7] == TORSO)).take(solid))
        x, y, z = (axis[at] for axis in local)
        spine = paints[:, 8:10].take(solid[at], axis=0)
        colour[at] = _torso(colour[at], x, spine[:, 0] + spine[:, 1] * y, z, look)
        face = own & (paints[:, 7] == FACE)
        at = np.flatnonzero(face.take(solid))
        x, y, z = (axis[at] for axis in place)
        skull = table[:12, np.flatnonzero(face)[0]].reshape(3, 4)  # one frame for the whole face
        x, y, z = (row[0] * x + row[1] * y + row[2] * z + row[3] for row in skull)
        colour[at] = _face(colour[at], x, y, z, look)
    return colour


def _table(q: Quadrics) -> Floats:
    """Per-solid numbers [23, N] that `shade` looks up per pixel."""
    rows: list[Floats] = []
    for entries in q.inverse:
        offset = -(entries[0] * q.origin[:, 0] + entries[1] * q.origin[:, 1])
        rows += [*entries, offset - entries[2] * q.origin[:, 2]]
    rows += [q.form[0], q.form[1]]
    rows += [light / radius for light, radius in zip(q.light, q.radii, strict=True)]
    rows += [view / radius for view, radius in zip(q.view, q.radii, strict=True)]
    rows += [1.0 / radius for radius in q.radii]
    return np.stack(rows).astype(np.float32)


def _torso(colour: Floats, x: Floats, v: Floats, z: Floats, look: Look) -> Floats:
    """Clothes of the trunk: x across (left > 0), v metres above the waist, z to the front."""
    accent = np.array(look.accent, np.float32)
    front = z > 0.1
    middle = np.abs(x)
    if look.top == "stripes":
        colour[np.floor(v * 22).astype(np.int64) % 2 == 0] = accent
    elif look.top == "placket":
        colour[front & (middle < 0.09)] = accent
    elif look.top == "jacket":
        colour[front & (middle < 0.30)] = accent
        colour[front & (middle < 0.30) & (middle > 0.22)] *= 0.8
    elif look.top == "yoke":
        colour[v > 0.2] = accent
    if look.top in ("plain", "placket", "yoke"):
        pocket = front & (x > 0.28) & (x < 0.62) & (v > 0.16) & (v < 0.235)
        colour[pocket] = accent * 0.85
    neck = front & (middle < (v - 0.285) * 3.2)
    colour[neck] = np.array(look.skin, np.float32)
    return colour


def _face(colour: Floats, x: Floats, y: Floats, z: Floats, look: Look) -> Floats:
    """Eyes, brows, mouth and beard, in units of the skull's half-axes."""
    front = z > 0.25
    side = np.abs(x)
    hair = np.array(look.hair, np.float32)
    if look.beard:
        colour[front & (y < -0.52) & (y < side * 0.6 - 0.55)] = hair
        colour[front & (side < 0.3) & (y < -0.5) & (y > -0.62)] = hair
    mouth = front & (side < 0.32) & (np.abs(y + 0.7) < 0.075)
    colour[mouth] = np.array((150, 58, 58), np.float32)
    dx, dy = side - EYE[0], y - EYE[1]
    dark = np.array(look.iris, np.float32)
    if look.glasses:
        ring = (dx / 0.36) ** 2 + (dy / 0.27) ** 2
        colour[front & (ring < 1.0) & (ring > 0.5)] = 25
        colour[front & (side < 0.12) & (np.abs(dy) < 0.05)] = 25
    white = front & ((dx / 0.23) ** 2 + (dy / 0.125) ** 2 < 1.0)
    colour[white] = 236
    colour[front & ((dx / 0.12) ** 2 + (dy / 0.13) ** 2 < 1.0)] = dark
    brow = front & (np.abs(dx) < 0.27) & (np.abs(dy - 0.27 + 0.3 * dx * dx) < 0.055)
    colour[brow] = hair * 0.8
    return colour
