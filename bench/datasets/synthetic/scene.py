"""A scene: a stage is drawn, its people are observed, the picture passes a sensor."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from bench.datasets.synthetic.backdrop import paint_backdrop
from bench.datasets.synthetic.camera import Floats
from bench.datasets.synthetic.dice import Dice
from bench.datasets.synthetic.paint import Bytes, Indices, shade
from bench.datasets.synthetic.render import Buffers, draw, see
from bench.datasets.synthetic.solids import FACE, Solids
from bench.datasets.synthetic.stage import LEVELS, Level, Stage, stage_crop, stage_scene
from bench.datasets.synthetic.truth import Person, observe
from bench.errors import DataError, UnknownName

SIZES = {"crops": (96, 128), "scenes": (320, 240)}  # width, height


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
    width, height = checked_size(kind, difficulty, size)
    level = LEVELS[difficulty]
    dice = Dice("synthetic", kind, difficulty, seed, split, index)
    compose = stage_crop if kind == "crops" else stage_scene
    return picture(compose(level, 2 * width, 2 * height, dice), level, width, height, dice)


def checked_size(kind: str, difficulty: str, size: tuple[int, int] | None) -> tuple[int, int]:
    """Width and height to render; raises as `render` does."""
    if kind not in SIZES:
        raise UnknownName("kind of synthetic data", kind, SIZES)
    if difficulty not in LEVELS:
        raise UnknownName("difficulty", difficulty, LEVELS)
    width, height = size or SIZES[kind]
    if min(width, height) < 32:
        raise DataError(f"image size {width}x{height}: both sides must be at least 32 pixels.")
    return width, height


def picture(stage: Stage, level: Level, width: int, height: int, dice: Dice) -> Scene:
    """Render a stage at twice the size, annotate it, and scale it down."""
    actors = stage.actors
    while True:
        everything = [*(actor.solids for actor in actors), stage.props]
        shapes = np.array([row for solids in everything for row in solids.shapes])
        paints = np.array([row for solids in everything for row in solids.paints])
        quadrics = see(shapes, stage.camera, stage.light)
        buffers = Buffers.blank(2 * width, 2 * height)
        draw(quadrics, buffers)
        people = observe(stage.camera, actors, quadrics, paints[:, 7] == FACE, buffers)
        kept = [actor for actor, person in zip(actors, people, strict=True) if person]
        if not kept and stage.props.shapes:  # things hide everybody: take the things away
            stage = replace(stage, props=Solids())
        elif kept and len(kept) < len(actors):
            actors = kept
        else:
            break
    pixels, colours = shade(buffers, quadrics, paints, [(a.solids, a.look) for a in actors])
    x, y = stage.camera.centre
    camera = stage.camera.reframed(0.5, (0.5 * x, 0.5 * y))
    spots = [(a.x, 0.42, a.z) for a in actors]
    behind = min(a.z for a in actors)
    back = paint_backdrop(camera, width, height, spots, behind, level.wall, dice)
    image = _sensor(_blended(back, pixels, colours), level, dice)
    return Scene(image, [person for person in people if person])


def _blended(back: Floats, pixels: Indices, colours: Floats) -> NDArray[np.int32]:
    """Mean [3, H, W] of each 2x2 block of drawn pixels, over the background where there are none.

    Red, green, blue and the count of drawn pixels are summed as 12-bit lanes of one float64, which
    holds them exactly.
    """
    _, height, width = back.shape
    lanes = colours.astype(np.int64)
    packed = lanes[0] + (lanes[1] << 12) + (lanes[2] << 24) + (1 << 36)
    block = pixels // (4 * width) * width + pixels % (2 * width) // 2
    total = np.bincount(block, packed.astype(np.float64), minlength=height * width)
    image = np.clip(back, 0, 255).astype(np.int32)
    touched = np.flatnonzero(total)
    sums = total[touched].astype(np.int64)
    bare = 4 - (sums >> 36)
    for channel, plane in enumerate(image.reshape(3, -1)):
        drawn = (sums >> (12 * channel)) & 4095
        plane[touched] = (drawn + bare * plane[touched] + 2) >> 2
    return image


def _sensor(image: NDArray[np.int32], level: Level, dice: Dice) -> Bytes:
    """Exposure, a tint of the light, and noise: [3, H, W] -> [H, W, 3]."""
    gains = [int(256 * dice.uniform(0.93, 1.05)) for _ in range(3)]
    gain = np.array(gains, np.int32) * int(256 * dice.uniform(0.88, 1.08)) >> 8
    noise = dice.noise(*image.shape).astype(np.int16) * level.noise >> 8
    exposed = (image * gain[:, None, None] >> 8) + noise - level.noise // 2
    return np.ascontiguousarray(np.clip(exposed, 0, 255).astype(np.uint8).transpose(1, 2, 0))
