"""Ultralytics YOLO pose: `save_txt` labels, or one `Results.to_json()` per image; an image is named by its file.

A line of a label file: class, box (4), then x, y and confidence of each keypoint as fractions of the image's width and
height, then the box's confidence with `save_conf=True`, then the track's number when tracking. In JSON, `keypoints` has
the lists x, y and visible in pixels. The score of a person is the box's confidence.
"""

from collections.abc import Sequence
from typing import Any

from bench.catalog.schema import Layout
from bench.datasets.keypoints import KEYPOINTS
from bench.errors import DataError
from bench.evaluate.formats.people import Document, Found, Person, Point, is_number, named

_BOX = 5  # class, centre x, y, width, height


def recognises(data: Any) -> bool:
    """Whether parsed JSON, or the text of a label file, is of this format."""
    if isinstance(data, str):
        first = next((line.split() for line in data.splitlines() if line.strip()), None)
        return first is None or (len(first) > _BOX and all(map(_is_float, first)))
    first = data[0] if isinstance(data, list) and data else None
    return (
        isinstance(first, dict)
        and "confidence" in first
        and isinstance(first.get("keypoints"), dict)
    )


def read(documents: Sequence[Document], dataset: Layout) -> Found:
    """People of all files. Raises `DataError`."""
    names = KEYPOINTS[dataset].names
    if not any(isinstance(one.data, str) for one in documents):
        people = [person for one in documents for person in _from_json(one, names)]
        return Found(people, (*_fractions(people), *_hidden(people)))
    lines = [
        (f"{one.name}:{number}", one.stem, _numbers(line, f"{one.name}:{number}"))
        for one in documents
        for number, line in enumerate(str(one.data).splitlines(), 1)
        if line.strip()
    ]
    ends = [line[_BOX + 3 * len(names) :] for _, _, line in lines]
    # lines that end in 0 or 1 only may as well end in the number of a track
    confident = all(end and 0 <= end[0] <= 1 for end in ends)
    scored = confident and any(len(end) > 1 or not end[0].is_integer() for end in ends)
    people = [_from_line(*line, names, scored) for line in lines]
    note = "" if scored else "; the lines end without a confidence (save_conf=True writes it)"
    said = f"{len(documents)} label files, fractions of the images' sizes{note}"
    return Found(people, (said, *_hidden(people)))


def _fractions(people: Sequence[Person]) -> tuple[str, ...]:
    """A note on people whose coordinates are multiplied by their image's size."""
    count = sum(one.fractions for one in people)
    return (f"coordinates of {count} of {len(people)} people are fractions of the image",) * bool(
        count
    )


def _hidden(people: Sequence[Person]) -> tuple[str, ...]:
    """A note on keypoints that Ultralytics moved to the corner of the image, which costs accuracy."""
    points = [point for one in people for point in one.points.values()]
    moved = sum(x == y == 0 and score > 0 for x, y, score in points)
    if not moved:
        return ()
    return (
        f"{moved} of {len(points)} keypoints are at 0, 0: predict puts those below a confidence of 0.5 there; "
        "`yolo val save_json=True` writes where they were found",
    )


def _is_float(text: str) -> bool:
    try:
        return is_number(float(text))
    except ValueError:
        return False


def _numbers(line: str, where: str) -> list[float]:
    if not all(map(_is_float, line.split())):
        raise DataError(f"{where} is not a line of numbers, as `yolo pose predict save_txt` writes")
    return [float(one) for one in line.split()]


def _from_line(
    where: str, image: str, values: list[float], names: Sequence[str], scored: bool
) -> Person:
    count = len(names)
    rest = len(values) - _BOX - 3 * count
    if rest not in (0, 1, 2):
        raise DataError(
            f"{where} has {len(values)} numbers; a person has {_BOX + 3 * count}: class, box and x, y, "
            f"confidence of {count} keypoints, then the box's confidence and the track, if there are any"
        )
    if values[0]:
        raise DataError(f"{where} is of class {values[0]:g}; a person is class 0 of a pose model")
    flat = values[_BOX : _BOX + 3 * count]
    if max(map(abs, flat)) > 2:
        raise DataError(
            f"{where} has coordinates up to {max(flat):g}; fractions of the image are expected"
        )
    points: list[Point] = list(zip(flat[::3], flat[1::3], flat[2::3], strict=True))
    score = values[_BOX + 3 * count] if scored else None
    return Person(where, image, named(points, [names], where), score, fractions=True)


def _from_json(one: Document, names: Sequence[str]) -> list[Person]:
    people = []
    for number, entry in enumerate(one.data, 1):
        where = f"{one.name}: entry {number}"
        x, y, seen = _lists(entry, len(names), where)
        points: list[Point] = list(zip(x, y, seen, strict=True))
        fractions = any([*x, *y]) and all(abs(value) <= 1 for value in [*x, *y])
        score = confidence if is_number(confidence := entry.get("confidence")) else None
        by_name = named(points, [names], where)
        people.append(Person(where, one.stem, by_name, score, fractions))
    return people


def _lists(entry: Any, count: int, where: str) -> list[list[float]]:
    """x, y and visible of all keypoints; visible is 1 where the model gives none."""
    keypoints = entry.get("keypoints") if isinstance(entry, dict) else None
    keypoints = keypoints if isinstance(keypoints, dict) else {}
    lists = [keypoints.get("x"), keypoints.get("y"), keypoints.get("visible", [1.0] * count)]
    if not all(isinstance(v, list) and len(v) == count and all(map(is_number, v)) for v in lists):
        raise DataError(
            f"{where}: keypoints with lists x, y, visible of {count} numbers are expected"
        )
    if entry.get("class", 0) != 0:
        raise DataError(f"{where} is of class {entry['class']!r:.40}; a person is class 0")
    return [list(one or ()) for one in lists]
