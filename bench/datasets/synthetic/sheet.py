"""Contact sheets: a grid of scenes, with or without the annotations drawn on top."""

from pathlib import Path

import numpy as np

from bench.datasets.keypoints import KEYPOINTS
from bench.datasets.synthetic.paint import Bytes
from bench.datasets.synthetic.png import encode_png
from bench.datasets.synthetic.scene import render
from bench.datasets.synthetic.truth import HIDDEN, OUTSIDE, Person
from bench.datasets.synthetic.views import keypoints

_COCO = KEYPOINTS["coco"]
_COLOURS = {"left": (40, 120, 255), "right": (255, 140, 20), "middle": (60, 210, 80)}


def contact_sheet(
    path: Path,
    *,
    kind: str = "crops",
    difficulty: str = "easy",
    seed: int = 0,
    count: int = 40,
    columns: int = 10,
    zoom: int = 2,
    size: tuple[int, int] | None = None,
    annotated: bool = False,
) -> None:
    """Write a PNG with the first `count` training scenes, enlarged `zoom` times.

    With `annotated`: the person's left limbs in blue, right ones in orange, dots for visible
    joints, rings for hidden ones, boxes around what is visible. Raises what `render` raises.
    """
    tiles = []
    for index in range(count):
        scene = render(seed, index, kind=kind, difficulty=difficulty, size=size)
        tile = scene.image.repeat(zoom, axis=0).repeat(zoom, axis=1)
        for person in scene.people if annotated else []:
            _mark(tile, person, zoom)
        tile[-1:], tile[:, -1:] = 255, 255
        tiles.append(tile)
    tiles += [np.full_like(tiles[0], 255)] * (-count % columns)
    rows = [np.concatenate(tiles[i : i + columns], axis=1) for i in range(0, len(tiles), columns)]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(encode_png(np.concatenate(rows, axis=0)))


def _mark(tile: Bytes, person: Person, zoom: int) -> None:
    flat = keypoints(person, _COCO.names)
    points = {
        name: (zoom * (x + 0.5), zoom * (y + 0.5), v)
        for name, x, y, v in zip(_COCO.names, flat[0::3], flat[1::3], flat[2::3], strict=True)
        if v != OUTSIDE
    }
    x, y, w, h = (zoom * e for e in person.box)
    for start, end in (
        ((x, y), (x + w, y)),
        ((x, y + h), (x + w, y + h)),
        ((x, y), (x, y + h)),
        ((x + w, y), (x + w, y + h)),
    ):
        _line(tile, start, end, (255, 255, 0), 1)
    for a, b in ((_COCO.names[one], _COCO.names[other]) for one, other in _COCO.limbs):
        if a in points and b in points:
            same = a.partition("_")[0] == b.partition("_")[0]
            side = a.partition("_")[0] if same else "middle"
            _line(tile, points[a][:2], points[b][:2], _COLOURS[side], 1)
    for name, (px, py, v) in points.items():
        side = name.partition("_")[0] if "_" in name else "middle"
        _line(tile, (px, py), (px, py), _COLOURS[side], 5)
        _line(tile, (px, py), (px, py), (0, 0, 0) if v == HIDDEN else (255, 255, 255), 3)


def _line(
    tile: Bytes,
    start: tuple[float, float],
    end: tuple[float, float],
    colour: tuple[int, int, int],
    width: int,
) -> None:
    steps = int(max(abs(end[0] - start[0]), abs(end[1] - start[1]))) + 1
    for i in range(steps + 1):
        x = int(start[0] + (end[0] - start[0]) * i / steps) - width // 2
        y = int(start[1] + (end[1] - start[1]) * i / steps) - width // 2
        tile[max(y, 0) : max(y + width, 0), max(x, 0) : max(x + width, 0)] = colour
