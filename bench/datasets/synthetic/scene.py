"""A scene: what the camera sees of a stage, and the truth about everybody in it."""

import math
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from bench.datasets.synthetic.backdrop import paint_backdrop
from bench.datasets.synthetic.body import head_solids, landmarks
from bench.datasets.synthetic.camera import Camera, Floats
from bench.datasets.synthetic.dice import Dice
from bench.datasets.synthetic.paint import Bytes, Indices, shade
from bench.datasets.synthetic.render import EMPTY, Buffers, draw, extent, see
from bench.datasets.synthetic.solids import Solids
from bench.datasets.synthetic.stage import (
    LEVELS,
    Actor,
    Level,
    Stage,
    stage_crop,
    stage_scene,
)
from bench.errors import DataError, UnknownName

SIZES = {"crops": (96, 128), "scenes": (320, 240)}  # width, height

# How far below the surface a landmark lies at most, metres at stature 1: it counts as visible where
# its pixel shows its own person no nearer than that.
_DEPTH = {
    "shoulder": 0.085, "elbow": 0.065, "wrist": 0.06, "hip": 0.135, "knee": 0.085, "ankle": 0.085,
    "nose": 0.03, "eye": 0.022, "ear": 0.03, "top": 0.07, "pelvis": 0.16, "thorax": 0.12,
    "neck": 0.11,
}  # fmt: skip
FACE = ("nose", "left_eye", "right_eye", "left_ear", "right_ear")
COUNTED = tuple(
    f"{s}_{j}"
    for s in ("left", "right")
    for j in ("shoulder", "elbow", "wrist", "hip", "knee", "ankle")
)
_LEAST_AREA = 40  # pixels; a person of whom less is seen is taken out of the scene,
_LEAST_JOINTS = 3  # and so is one with fewer visible limbs' joints

OUTSIDE, HIDDEN, VISIBLE = 0, 1, 2


@dataclass(frozen=True)
class Person:
    """The truth about one person.

    points: landmark -> (x, y, v), pixels with the centre of the first pixel at 0, v one of OUTSIDE
    (off the image), HIDDEN, VISIBLE; mask [H, W] bool: pixels that show the person; box: x, y,
    width, height around the mask; outline: x, y, width, height of the whole person, hidden and
    cut-off parts included; head: x0, y0, x1, y1 around the whole head.
    """

    points: dict[str, tuple[float, float, int]]
    mask: NDArray[np.bool_]
    box: tuple[float, float, float, float]
    outline: tuple[float, float, float, float]
    head: tuple[float, float, float, float]

    @property
    def area(self) -> int:
        """Visible pixels."""
        return int(np.count_nonzero(self.mask))


@dataclass(frozen=True)
class Scene:
    """An image [H, W, 3] of uint8 RGB and the people in it."""

    image: Bytes
    people: list[Person]


def render(
    seed: int,
    index: int,
    *,
    split: str = "train",
    kind: str = "crops",
    difficulty: str = "easy",
    size: tuple[int, int] | None = None,
) -> Scene:
    """Render item `index` of a split; it depends on nothing but these arguments.

    `kind`: "crops" (one person framed, 96x128) or "scenes" (a group, 320x240); `difficulty`:
    "easy", "medium" or "hard"; `size`: width and height in pixels instead of the kind's own.
    Raises `UnknownName` for another kind or difficulty and `DataError` for a size below 32 pixels.
    """
    if kind not in SIZES:
        raise UnknownName("kind of synthetic data", kind, SIZES)
    if difficulty not in LEVELS:
        raise UnknownName("difficulty", difficulty, LEVELS)
    width, height = size or SIZES[kind]
    if min(width, height) < 32:
        raise DataError(
            f"image size {width}x{height} arrived; allowed are sides of 32 or more pixels."
        )
    level = LEVELS[difficulty]
    dice = Dice("synthetic", kind, difficulty, seed, split, index)
    compose = stage_crop if kind == "crops" else stage_scene
    return picture(compose(level, 2 * width, 2 * height, dice), level, width, height, dice)


def picture(stage: Stage, level: Level, width: int, height: int, dice: Dice) -> Scene:
    """Draw a stage at twice the size, tell the truth about it, and scale it down."""
    actors = stage.actors
    while True:
        buffers, drawn = _drawn(stage, actors, 2 * width, 2 * height)
        people = _people(stage.camera, actors, buffers)
        kept = [a for a, p in zip(actors, people, strict=True) if p is not None]
        if not kept and stage.props.shapes:  # things hide everybody: take the things away
            stage = replace(stage, props=Solids())
        elif kept and len(kept) < len(actors):
            actors = kept
        else:
            break
    camera = stage.camera.reframed(
        0.5, (0.5 * stage.camera.centre[0], 0.5 * stage.camera.centre[1])
    )
    spots = [(a.x, 0.42, a.z) for a in actors]
    behind = min(a.z for a in actors)
    back = paint_backdrop(camera, width, height, spots, behind, level.wall, dice)
    image = _sensor(_blended(back, *drawn), level, dice)
    return Scene(image, [p for p in people if p is not None])


def _drawn(
    stage: Stage, actors: list[Actor], width: int, height: int
) -> tuple[Buffers, tuple[Indices, Floats]]:
    shapes = [row for a in actors for row in a.solids.shapes] + stage.props.shapes
    paints = [row for a in actors for row in a.solids.paints] + stage.props.paints
    quadrics = see(np.array(shapes), stage.camera, stage.light)
    buffers = Buffers.blank(width, height)
    draw(quadrics, buffers, 0)
    ranges, first = [], 0
    for actor in actors:
        ranges.append((first, first + len(actor.solids.shapes), actor.look))
        first += len(actor.solids.shapes)
    return buffers, shade(buffers, quadrics, np.array(paints), ranges)


def _blended(back: Floats, pixels: Indices, colours: Floats) -> NDArray[np.int32]:
    """Mean of each 2x2 block of the drawn pixels, over the background where nothing was drawn.

    Red, green, blue and the count of drawn pixels are summed as 12-bit lanes of one float64, which
    holds them exactly.
    """
    height, width, _ = back.shape
    lanes = colours.astype(np.int64)
    packed = lanes[0] + (lanes[1] << 12) + (lanes[2] << 24) + (1 << 36)
    block = pixels // (4 * width) * width + pixels % (2 * width) // 2
    total = np.bincount(block, packed.astype(np.float64), minlength=height * width)
    image = np.clip(back, 0, 255).astype(np.int32).reshape(-1, 3)
    touched = np.flatnonzero(total)
    sums = total[touched].astype(np.int64)
    bare = 4 - (sums >> 36)
    for channel in range(3):
        behind = image[touched, channel]
        drawn = (sums >> (12 * channel)) & 4095
        image[touched, channel] = (drawn + bare * behind + 2) >> 2
    return image.reshape(height, width, 3)


def _sensor(image: NDArray[np.int32], level: Level, dice: Dice) -> Bytes:
    """Exposure, a tint of the light, and noise."""
    gains = [int(256 * dice.uniform(0.93, 1.05)) for _ in range(3)]
    gain = np.array(gains, np.int32) * int(256 * dice.uniform(0.88, 1.08)) >> 8
    noise = dice.noise(*image.shape).astype(np.int32) * level.noise >> 8
    exposed = (image * gain >> 8) + noise - level.noise // 2
    clipped: Bytes = np.clip(exposed, 0, 255).astype(np.uint8)
    return clipped


def _people(camera: Camera, actors: list[Actor], buffers: Buffers) -> list[Person | None]:
    """The truth about each actor; None for those of whom too little is seen."""
    counts = [len(a.solids.shapes) for a in actors]
    owner_of = np.full(EMPTY + 1, -1, np.int16)
    owner_of[: sum(counts)] = np.repeat(np.arange(len(actors), dtype=np.int16), counts)
    owner = owner_of.take(buffers.solid)
    free = np.ones((owner.shape[0] // 2, owner.shape[1] // 2), bool)
    people = []
    for n, actor in enumerate(actors):
        own = owner == n
        q = own.view(np.uint8)
        mask = (q[::2, ::2] + q[1::2, ::2] + q[::2, 1::2] + q[1::2, 1::2] >= 2) & free
        free &= ~mask  # a pixel shared half and half goes to the first of the two
        people.append(_person(camera, actor, own, mask, buffers.depth))
    return people


def _person(
    camera: Camera, actor: Actor, own: NDArray[np.bool_], mask: NDArray[np.bool_], depth: Floats
) -> Person | None:
    if np.count_nonzero(mask) < _LEAST_AREA:
        return None
    points = _points(camera, actor, own, mask, depth)
    if sum(points[name][2] == VISIBLE for name in COUNTED) < _LEAST_JOINTS:
        return None
    columns, rows = np.flatnonzero(mask.any(axis=0)), np.flatnonzero(mask.any(axis=1))
    x, y = int(columns[0]), int(rows[0])
    box = (x, y, int(columns[-1]) - x + 1, int(rows[-1]) - y + 1)
    return Person(points, mask, box, *_outlines(camera, actor))


def _points(
    camera: Camera, actor: Actor, own: NDArray[np.bool_], mask: NDArray[np.bool_], depth: Floats
) -> dict[str, tuple[float, float, int]]:
    marks = landmarks(actor.skeleton)
    seen = camera.project(np.array(list(marks.values()))).tolist()
    height, width = own.shape
    points = {}
    for name, (x, y, z) in zip(marks, seen, strict=True):
        v = OUTSIDE
        if 0 <= x < width and 0 <= y < height:
            row, column = int(y), int(x)
            below = _DEPTH[name.rpartition("_")[2]] * actor.skeleton.build.stature * camera.unit
            shown = own[row, column] and mask[row // 2, column // 2]
            v = VISIBLE if shown and depth[row, column] > z - below else HIDDEN
        points[name] = (_pixel(x), _pixel(y), v)
    return points


def _outlines(
    camera: Camera, actor: Actor
) -> tuple[tuple[float, float, float, float], tuple[float, float, float, float]]:
    """Whole person (x, y, width, height) and whole head (x0, y0, x1, y1), final pixels."""
    (x0, y0, x1, y1), (hx0, hy0, hx1, hy1) = (
        [_pixel(e) for e in extent(np.array(solids.shapes), camera)]
        for solids in (actor.solids, head_solids(actor.skeleton))
    )
    return (x0, y0, round(x1 - x0, 2), round(y1 - y0, 2)), (hx0, hy0, hx1, hy1)


def _pixel(fine: float) -> float:
    """A place in the double-size picture as a pixel of the final one (the first one's centre is 0),
    rounded down to hundredths so that it stays in the pixel it was looked up in."""
    return math.floor(50.0 * fine - 50.0) / 100.0
