"""Backgrounds: a floor, a wall or the open, things on them, all in perspective."""

from collections.abc import Sequence

import numpy as np

from bench.datasets.synthetic.camera import Camera, Floats
from bench.datasets.synthetic.dice import Dice
from bench.datasets.synthetic.look import CLOTH, Colour, palette
from bench.datasets.synthetic.skeleton import Vec, rot_y
from bench.datasets.synthetic.solids import Solids

WALLS = palette("d6ccba bac6cc ccbab0 acb8a0 e4e2dc 96a0b0 bea082 828c82 a87864")
FLOORS = palette("967654 705c4a a8a49e 808488 607c4e c4b496 768c60 5a5c62")
SKIES = palette("96bee2 bed0de d6d8da ecceb0")


def paint_backdrop(
    camera: Camera,
    width: int,
    height: int,
    spots: Sequence[Vec],
    behind: float,
    clutter: int,
    dice: Dice,
) -> Floats:
    """Background [3, H, W] in 0..255 as `camera` (of a picture that size) sees it.

    `spots` (x, radius, z) get a soft shadow on the floor; the wall is behind
    z = `behind`, and `clutter` things are put on it.
    """
    u = ((np.arange(width) + 0.5 - camera.centre[0]) / camera.focal).astype(np.float32)[None, :]
    v = ((np.arange(height) + 0.5 - camera.centre[1]) / camera.focal).astype(np.float32)[:, None]
    right, down, forward = camera.axes
    rx, ry, rz = (right[i] * u + down[i] * v + forward[i] for i in range(3))
    far = behind - dice.uniform(1.0, 3.0)
    ahead = np.minimum(rz, -1e-3)
    to_wall = (far - camera.eye[2]) / ahead
    wy = camera.eye[1] + to_wall * ry
    on_floor = wy < 0
    picture = np.empty((3, height, width), np.float32)
    rows = np.flatnonzero(~on_floor.all(axis=1))
    if len(rows):
        up = slice(0, int(rows[-1]) + 1)
        wx = camera.eye[0] + to_wall[up] * rx[up]
        picture[:, up] = _wall(wx, wy[up], clutter, dice)
    rows = np.flatnonzero(on_floor.any(axis=1))
    if len(rows):
        low = slice(int(rows[0]), height)
        to_floor = -camera.eye[1] / np.minimum(ry[low], -1e-3)
        fx = camera.eye[0] + to_floor * rx[low]
        fz = camera.eye[2] + to_floor * rz[low]
        floor = _floor(fx, fz, spots, dice)
        np.copyto(picture[:, low], floor, where=on_floor[low])
    return picture


def _flat(colour: Colour) -> Floats:
    """A colour [3, 1, 1], to be spread over a picture [3, H, W]."""
    return np.array(colour, np.float32)[:, None, None]


def _wall(x: Floats, y: Floats, clutter: int, dice: Dice) -> Floats:
    base = _flat(dice.pick(WALLS))
    gain = 1.0 + dice.uniform(-0.06, 0.06) * x.clip(-3, 3)
    kind = dice.below(4)
    if kind == 0:  # panels
        gain[_saw(x, dice.uniform(0.25, 0.6)) < 0.12] *= 0.8
    elif kind == 1:  # bricks
        row = np.floor(y * 7)
        joint = (_saw(y, 1 / 7) < 0.16) | (_saw(x + row * 0.13, 0.26) < 0.07)
        gain[joint] *= 0.84
    elif kind == 2:  # wainscot
        gain[y < dice.uniform(0.5, 1.1)] *= 0.72
    picture = gain.astype(np.float32) * base
    for _ in range(clutter):
        _hang(picture, x, y, dice)
    if dice.chance(0.4):  # the open: sky above a hedge, a fence or a row of houses
        top = dice.uniform(0.9, 2.4)
        ragged = dice.uniform(0.0, 0.35) * np.abs(_saw(x, dice.uniform(0.4, 1.6)) - 0.5)
        sky = _flat(dice.pick(SKIES)) + y.clip(0, 5) * -6
        np.copyto(picture, sky, where=y > top + ragged)
    else:
        picture[:, (y > 0) & (y < 0.1)] *= 0.6
    return picture


def _saw(t: Floats, period: float) -> Floats:
    turns = t / period
    saw: Floats = turns - np.floor(turns)
    return saw


def _hang(picture: Floats, x: Floats, y: Floats, dice: Dice) -> None:
    """Put one thing on the wall: a window, a door, a poster, a shelf with books, a post."""
    left = dice.uniform(float(x[0, 0]) - 0.4, float(x[0, -1]) - 0.2)
    kind = dice.below(5)
    wide = dice.uniform(0.35, 1.2) if kind != 4 else dice.uniform(0.06, 0.3)
    low = (0.9, 0.0, 1.0, 0.0, 0.0)[kind] + dice.uniform(0.0, 0.4) * (kind in (0, 2))
    high = (
        low
        + (dice.uniform(0.7, 1.3), 2.05, dice.uniform(0.4, 0.9), dice.uniform(0.6, 1.9), 4.0)[kind]
    )
    colour = _flat(dice.pick(CLOTH)) * dice.uniform(0.7, 1.0)
    inner = _flat(dice.pick(CLOTH))
    period = dice.uniform(0.05, 0.12)
    # along each edge of the picture x and y are monotonic: the two outer lines bound the region
    ends = x[[0, -1]]
    columns = np.flatnonzero((ends.max(axis=0) > left) & (ends.min(axis=0) < left + wide))
    ends = y[:, [0, -1]]
    rows = np.flatnonzero((ends.max(axis=1) > low) & (ends.min(axis=1) < high))
    if not len(columns) or not len(rows):
        return
    part = np.s_[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    x, y, picture = x[part], y[part], picture[:, *part]
    inside = (x > left) & (x < left + wide) & (y > low) & (y < high)
    np.copyto(picture, colour, where=inside)
    edge = 0.06
    core = (x > left + edge) & (x < left + wide - edge) & (y > low + edge) & (y < high - edge)
    if kind == 0:
        np.copyto(picture, _flat((196, 216, 232)), where=core)
        np.copyto(picture, colour, where=core & (np.abs(x - left - 0.5 * wide) < 0.025))
    elif kind == 2:
        np.copyto(picture, inner, where=core & (_saw(y, period * 3) >= 0.3))
    elif kind == 3:
        books = np.floor(x / period).astype(np.int64) * 7 + np.floor(y / 0.32).astype(np.int64) * 5
        spines = np.array(CLOTH, np.float32).T[:, books % 16] * 0.75
        np.copyto(picture, spines, where=core & (_saw(y, 0.32) < 0.75))


def _floor(x: Floats, z: Floats, spots: Sequence[Vec], dice: Dice) -> Floats:
    base = _flat(dice.pick(FLOORS))
    gain = 0.85 + 0.04 * z.clip(-4, 3)
    kind = dice.below(3)
    size = dice.uniform(0.35, 0.8)
    if kind == 0:  # tiles
        odd = (np.floor(x / size) + np.floor(z / size)) % 2
        gain = gain * (1 - 0.14 * odd)
    elif kind == 1:  # boards
        gain[_saw(x, 0.5 * size) < 0.08] *= 0.8
    for sx, radius, sz in spots:
        dx, dz = x - sx, z - sz
        near = (dx * dx + dz * dz) / (radius * radius)
        gain = gain * (0.62 + 0.38 * near.clip(0, 1))
    shaded: Floats = gain.astype(np.float32) * base
    return shaded


def add_seat(solids: Solids, place: Vec, dice: Dice) -> None:
    """Put a stool or a box under a person who sits at `place`."""
    x, y, z = place
    frame, colour = rot_y(dice.uniform(-60, 60)), dice.pick(CLOTH)
    radius = dice.uniform(0.14, 0.19)
    if dice.chance(0.5):
        solids.cone((x, 0.0, z), (x, y, z), frame, radius, radius, colour)
    for dx, dz in ((-0.1, -0.1), (0.1, -0.1), (-0.1, 0.1), (0.1, 0.1)):
        solids.cone((x + dx, 0.0, z + dz), (x + dx, y, z + dz), frame, 0.018, 0.018, colour)
    solids.ball((x, y, z), frame, (radius, 0.03, radius), colour)


def add_prop(solids: Solids, x: float, z: float, dice: Dice) -> None:
    """Put a thing on the floor at (x, z): a post, a bin, a board, a bush, a table or a ball."""
    frame = rot_y(dice.uniform(-60, 60))
    colour, other = dice.pick(CLOTH), dice.pick(CLOTH)
    kind = dice.below(6)
    if kind == 0:
        r = dice.uniform(0.04, 0.1)
        solids.cone((x, 0.0, z), (x, 3.2, z), frame, r, r, colour, beyond=other, split=-0.4)
    elif kind in (1, 2):
        tall, wide = dice.uniform(0.5, 1.0), dice.uniform(0.16, 0.42)
        flat = 1.0 if kind == 1 else 0.2
        split = dice.uniform(0.2, 1.2)
        foot, top = (x, 0.0, z), (x, tall, z)
        solids.cone(foot, top, frame, wide, wide, colour, flat=flat, beyond=other, split=split)
        solids.ball(top, frame, (wide, 0.02, wide * flat), other)
    elif kind == 3:
        green: Colour = (dice.uniform(40, 90), dice.uniform(90, 140), dice.uniform(30, 70))
        for _ in range(5):
            r = dice.uniform(0.12, 0.26)
            at = (
                x + dice.uniform(-0.25, 0.25),
                dice.uniform(0.1, 0.6),
                z + dice.uniform(-0.1, 0.1),
            )
            solids.ball(at, frame, (r, r, r), green)
    elif kind == 4:
        tall, wide = dice.uniform(0.6, 0.8), dice.uniform(0.3, 0.55)
        solids.ball((x, tall, z), frame, (wide, 0.04, 0.35), colour)
        for dx in (-0.6 * wide, 0.6 * wide):
            solids.cone((x + dx, 0, z), (x + dx, tall, z), frame, 0.03, 0.03, other)
    else:
        r = dice.uniform(0.11, 0.3)
        solids.ball((x, r, z), frame, (r, r, r), colour, beyond=other, split=0.0)
