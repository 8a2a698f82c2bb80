"""The truth about people in a picture: where their points are, what is seen, what is hidden."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bench.datasets.synthetic.body import landmarks
from bench.datasets.synthetic.camera import Camera, Floats
from bench.datasets.synthetic.render import Buffers, Quadrics
from bench.datasets.synthetic.stage import Actor

Box = tuple[float, float, float, float]

# Largest distance of a landmark below the surface, metres at stature 1: it counts as visible where
# its pixel shows its own person no nearer than that.
_DEPTH = {
    "shoulder": 0.085, "elbow": 0.065, "wrist": 0.06, "hip": 0.135, "knee": 0.085, "ankle": 0.085,
    "nose": 0.03, "eye": 0.022, "ear": 0.03, "top": 0.07, "pelvis": 0.16, "thorax": 0.12,
    "neck": 0.11,
}  # fmt: skip
FACE = ("nose", "left_eye", "right_eye", "left_ear", "right_ear")
LIMB_JOINTS = tuple(
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
    box: Box
    outline: Box
    head: Box

    @property
    def area(self) -> int:
        """Visible pixels."""
        return int(np.count_nonzero(self.mask))


def observe(
    camera: Camera,
    actors: list[Actor],
    quadrics: Quadrics,
    faces: NDArray[np.bool_],
    buffers: Buffers,
) -> list[Person | None]:
    """The truth about each actor in turn; None for those of whom too little is seen.

    `quadrics` holds the actors' solids one after the other, `faces` [N] which of them make a face.
    """
    free = np.ones((buffers.solid.shape[0] // 2, buffers.solid.shape[1] // 2), bool)
    people: list[Person | None] = []
    first = 0
    for actor in actors:
        end = first + len(actor.solids.shapes)
        own = (buffers.solid >= first) & (buffers.solid < end)
        q = own.view(np.uint8)
        mask = (q[::2, ::2] + q[1::2, ::2] + q[::2, 1::2] + q[1::2, 1::2] >= 2) & free
        free &= ~mask  # a pixel shared half and half goes to the first of the two
        bounds = quadrics.bounds[first:end]
        whole, head = _around(bounds), _around(bounds[faces[first:end]])
        points = _points(camera, actor, own, mask, buffers.depth)
        people.append(_person(points, mask, whole, head))
        first = end
    return people


def _person(
    points: dict[str, tuple[float, float, int]], mask: NDArray[np.bool_], whole: Box, head: Box
) -> Person | None:
    seen = sum(points[name][2] == VISIBLE for name in LIMB_JOINTS)
    if seen < _LEAST_JOINTS or np.count_nonzero(mask) < _LEAST_AREA:
        return None
    columns, rows = np.flatnonzero(mask.any(axis=0)), np.flatnonzero(mask.any(axis=1))
    x, y = int(columns[0]), int(rows[0])
    box = (x, y, int(columns[-1]) - x + 1, int(rows[-1]) - y + 1)
    x0, y0, x1, y1 = whole
    return Person(points, mask, box, (x0, y0, round(x1 - x0, 2), round(y1 - y0, 2)), head)


def _around(bounds: Floats) -> Box:
    x0, y0 = bounds[:, :2].min(axis=0).tolist()
    x1, y1 = bounds[:, 2:].max(axis=0).tolist()
    return _pixel(x0), _pixel(y0), _pixel(x1), _pixel(y1)


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


def _pixel(fine: float) -> float:
    """A place in the double-size picture as a pixel of the final one (the first one's centre is 0),
    rounded down to hundredths so that it stays in the pixel it was looked up in."""
    return math.floor(50.0 * fine - 50.0) / 100.0
