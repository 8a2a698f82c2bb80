"""What a tool found, before it is a COCO entry: people with named keypoints, on images with names."""

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from bench.catalog.schema import Layout
from bench.datasets.keypoints import KEYPOINTS
from bench.errors import DataError
from bench.evaluate.image_index import ImageIndex
from bench.files import read_json

Point = tuple[float, float, float]
KEYPOINT_MEAN = "keypoint-mean"
_CROWDPOSE = {"head": "head_top", "neck": "thorax"}  # as its own files call them
MAX_SIZE = 1e6  # larger coordinates and scores are errors


class Reading(NamedTuple):
    """What the user says of a file: its format, and what the format does not hold.

    form: a format, None to recognise it. score: of a person without one, KEYPOINT_MEAN or a number. images: a JSON file
    of an object from the tool's image names to image ids.
    """

    form: str | None = None
    score: str | None = None
    images: Path | None = None


@dataclass(frozen=True)
class Document:
    """One file of a tool's output. name: for messages; stem: its name without ending; data: parsed JSON, or text.

    raw: its bytes.
    """

    name: str
    stem: str
    data: Any
    raw: bytes = b""


@dataclass(frozen=True)
class Person:
    """One person as a tool found it.

    image: the tool's name of the image. points: keypoint name -> x, y (pixels from 0, or fractions of the image's width
    and height), score. score: of the person, None if the tool gives none. size: the image's width and height, if known.
    """

    where: str
    image: str
    points: Mapping[str, Point]
    score: float | None = None
    fractions: bool = False
    size: tuple[int, int] | None = None


class Found(NamedTuple):
    """People of a tool's output, and notes on how it was read."""

    people: Sequence[Person]
    notes: tuple[str, ...] = ()


def triples(values: Any, where: str) -> list[Point]:
    """[x1, y1, score1, x2, ...] as points. Raises `DataError`."""
    if not isinstance(values, list) or len(values) % 3 or not all(map(is_number, values)):
        raise DataError(f"{where}: keypoints are not a list of x, y, score, x, ... (numbers)")
    return list(zip(values[::3], values[1::3], values[2::3], strict=True))


def is_number(value: Any) -> bool:
    """A finite number of a sensible size."""
    return type(value) in (int, float) and abs(value) <= MAX_SIZE


def named(points: Sequence[Point], orders: Iterable[Sequence[str]], where: str) -> dict[str, Point]:
    """Points by the names of the order that has as many. Raises `DataError` that lists the numbers that are known."""
    known = {len(order): order for order in orders}
    if len(points) not in known:
        counts = ", ".join(map(str, sorted(known)))
        raise DataError(f"{where} has {len(points)} keypoints; known are {counts}")
    return dict(zip(known[len(points)], points, strict=True))


def plain_name(text: str) -> str:
    """'Left Shoulder', 'left-shoulder', 'LeftShoulder' -> 'left_shoulder'."""
    spaced = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", text.strip())
    return re.sub(r"[^a-z0-9]+", "_", spaced.lower()).strip("_")


def result_entries(
    found: Found, dataset: Layout, images: ImageIndex, reading: Reading, tool: str, person: int
) -> tuple[list[dict[str, Any]], list[str]]:
    """COCO result entries of the category `person` in the data set's order of keypoints, and notes.

    Raises `DataError` naming the option that gives what the tool's files do not hold.
    """
    given = _image_map(reading)
    names = KEYPOINTS[dataset].names
    unscored = [one for one in found.people if one.score is None]
    if reading.score is not None and not unscored:
        raise DataError(f"every person of the {tool} file has a score; leave --score out")
    entries = []
    where = _images_of(found.people, images, given)
    for one in found.people:
        image = where[one.image]
        own = {_CROWDPOSE.get(name, name): p for name, p in one.points.items()}
        by_name = own if dataset == "crowdpose" else one.points
        if missing := [name for name in names if name not in by_name]:
            raise DataError(
                f"{one.where}: {tool} gives no keypoint {', '.join(missing)}; {dataset} needs it"
            )
        points = [by_name[name] for name in names]
        if one.size and images.sizes.get(image, one.size) != one.size:
            raise DataError(
                f"{one.where}: image {one.image} is {_by(one.size)}, the annotations say "
                f"{_by(images.sizes[image])}; use images of the original size"
            )
        if one.fractions:
            width, height = _size_of(image, images, one)
            points = [(x * width, y * height, score) for x, y, score in points]
        score = _own_score(one, points, reading, tool) if one.score is None else one.score
        flat = [value for point in points for value in point]
        entries.append(
            {"image_id": image, "category_id": person, "keypoints": flat, "score": score}
        )
    used = f"; score of a person: {reading.score} (--score)" if unscored else ""
    return entries, [f"read as {tool}: {len(entries)} people{used}", *found.notes]


def _image_map(reading: Reading) -> Mapping[str, Any]:
    """The tool's image names -> image ids, as given with --image-ids."""
    if reading.images is None:
        return {}
    content = read_json(reading.images)
    if not isinstance(content, dict):
        raise DataError(f'{reading.images} is not a JSON object such as {{"frame 0": 785}}')
    return content


def _images_of(
    people: Sequence[Person], images: ImageIndex, given: Mapping[str, Any]
) -> dict[str, int]:
    """The tool's image names -> image ids. Raises `DataError`, also if two folders would be one image."""
    found: dict[str, int] = {}
    for one in people:
        try:
            found[one.image] = images.find(given.get(one.image, one.image))
        except DataError as error:
            raise DataError(
                f"{one.where}: {error}; give the image ids with --image-ids FILE, a JSON object such as "
                f"{{{json.dumps(one.image)}: 785}}"
            ) from None
    images.find_all([given.get(name, name) for name in found])
    return found


def _own_score(one: Person, points: Sequence[Point], reading: Reading, tool: str) -> float:
    """The score of a person to whom the tool gives none: as the user chose."""
    if reading.score == KEYPOINT_MEAN:
        scores = [score for _, _, score in points if score > 0]
        return sum(scores) / len(scores) if scores else 0.0
    try:
        value = float(reading.score) if reading.score is not None else None
    except ValueError:
        value = float("nan")
    if value is None or not is_number(value):
        arrived = "" if reading.score is None else f" (--score is {reading.score!r:.40})"
        raise DataError(
            f"{one.where}: {tool} gives no score of a person{arrived}: choose --score {KEYPOINT_MEAN} "
            "(the mean of its keypoints' scores above 0) or a number for all, such as --score 1"
        )
    return value


def _size_of(image: int, images: ImageIndex, one: Person) -> tuple[int, int]:
    size = one.size or images.sizes.get(image)
    if size is None:
        raise DataError(
            f"{one.where}: coordinates are fractions of the image, and the annotations do not say how "
            f"large image {image} is; add width and height to them"
        )
    return size


def _by(size: tuple[int, int]) -> str:
    return f"{size[0]}x{size[1]}"
