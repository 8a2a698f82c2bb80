"""Predictions whose numbers may mean something else: fractions, corners of boxes, swapped axes or sides."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bench.catalog.schema import Layout
from bench.datasets.keypoints import KEYPOINTS
from bench.datasets.oddities import CORNER, corner_notes

POOR = 5.0  # AP in percent below which other readings are tried
BETTER = 10.0  # percent of AP by which another reading has to be better
Entry = Mapping[str, Any]
Sizes = Mapping[int, tuple[int, int]]


def all_fractions(entries: Sequence[Entry]) -> bool:
    """Whether every person with found keypoints is within `CORNER` pixels of the image's corner."""
    found = False
    for one in entries:
        if _in_corner(one):
            found = True
        elif any(one["keypoints"][::3]) or any(one["keypoints"][1::3]):
            return False
    return found


def fraction_notes(entries: Sequence[Entry]) -> list[str]:
    """How many entries may be fractions of the image's size."""
    count = sum(map(_in_corner, entries))
    if not count:
        return []
    return [
        f"{count} of {len(entries)} entries have all keypoints within {CORNER:.0f} pixels of the image's corner, as "
        "fractions of the image's size would be; pixels are expected"
    ]


def _in_corner(one: Entry) -> bool:
    """Whether keypoints that are not all in one place are within `CORNER` pixels of 0, 0."""
    points = one["keypoints"]
    if not -CORNER <= points[0] <= CORNER:  # of most: one look
        return False
    x, y = points[::3], points[1::3]
    return max(map(abs, x + y)) <= CORNER and len(set(zip(x, y, strict=True))) > 1


def box_notes(entries: Sequence[Entry], sizes: Sizes) -> list[str]:
    """Boxes without a size, and boxes that look like x1, y1, x2, y2. sizes: image id -> width, height in pixels."""
    boxes = [(one["bbox"], sizes.get(one["image_id"])) for one in entries if "bbox" in one]
    notes = corner_notes(boxes, "entries")
    if empty := sum(box[2] * box[3] == 0 for box, _ in boxes):
        notes.append(
            f"the bbox of {empty} of {len(boxes)} entries has no size: as their area it decides AP_M and AP_L"
        )
    return notes


def other_readings(
    dataset: Layout, entries: Sequence[Entry], sizes: Sizes
) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """The same entries read in the ways that people confuse, each with its name."""
    skeleton = KEYPOINTS[dataset]
    count = len(skeleton.names)
    points = np.array([one["keypoints"] for one in entries], dtype=float).reshape(-1, count, 3)
    yield "x and y swapped", _with(entries, points[:, :, [1, 0, 2]])
    yield "left and right swapped", _with(entries, points[:, skeleton.partners])
    lists = points.reshape(-1, 3, count).transpose(0, 2, 1)
    yield "keypoints as all x, then all y, then all scores", _with(entries, lists)
    if all(one["image_id"] in sizes for one in entries):
        size = np.array([(*sizes[one["image_id"]], 1) for one in entries], dtype=float)
        yield "coordinates as fractions of the image", _with(entries, points * size[:, None])


def _with(entries: Sequence[Entry], points: NDArray[np.float64]) -> list[dict[str, Any]]:
    flat = points.reshape(len(points), -1).tolist()
    return [{**one, "keypoints": own} for one, own in zip(entries, flat, strict=True)]
