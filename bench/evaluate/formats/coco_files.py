"""COCO's two kinds of files: the list of results, which needs no conversion, and annotations exported by a tool.

An export numbers its images as it likes, so they are found by file name and never by id. Its keypoints have v flags (0
not labelled, 1 hidden, 2 visible) in place of scores.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from bench.catalog.schema import Layout
from bench.datasets.keypoints import KEYPOINTS
from bench.errors import DataError
from bench.evaluate.formats.people import (
    Document,
    Found,
    Person,
    Point,
    is_number,
    named,
    plain_name,
    triples,
)


def is_results(data: Any) -> bool:
    """Whether parsed JSON is a list of results, also an empty one."""
    return isinstance(data, list)


def recognises(data: Any) -> bool:
    """Whether parsed JSON is a file of annotations."""
    return isinstance(data, dict) and {"images", "annotations"} <= set(data)


def read(documents: Sequence[Document], dataset: Layout) -> Found:
    """People with labelled keypoints, of all files. Raises `DataError`."""
    people = [person for one in documents for person in _people(one, dataset)]
    notes = ["images are found by file name; v above 0 is a keypoint score of 1"]
    if not all(_orders(one) for one in documents):
        notes.append(f"categories name no keypoints: they are taken in {dataset}'s order")
    return Found(people, tuple(notes))


def _people(one: Document, dataset: Layout) -> list[Person]:
    images, orders = _images(one), _orders(one)
    people: list[Person] = []
    category = None
    for number, entry in enumerate(_listed(one, "annotations"), 1):
        where = f"{one.name}: annotation {number}"
        keys = [
            entry.get(k) if isinstance(entry, dict) else None for k in ("image_id", "category_id")
        ]
        if any(isinstance(key, dict | list) for key in keys) or keys[0] not in images:
            raise DataError(f"{where} is of an image that the file does not list")
        points = triples(entry.get("keypoints") or [], where)
        if not any(v for _, _, v in points):
            continue  # a box without keypoints
        if people and keys[1] != category:
            raise DataError(
                f"{where} is of category {keys[1]!r:.40}, others with keypoints are of {category!r:.40}; leave one "
                "category, that of people"
            )
        category = keys[1]
        image = images[keys[0]]
        by_name = named(points, [orders.get(keys[1], KEYPOINTS[dataset].names)], where)
        marked = {name: _scored(point) for name, point in by_name.items()}
        score = entry.get("score")
        size = tuple(image[side] for side in ("width", "height") if type(image.get(side)) is int)
        people.append(
            Person(
                where,
                image["file_name"],
                marked,
                score if is_number(score) else None,
                size=(size[0], size[1]) if len(size) == 2 else None,
            )
        )
    return people


def _listed(one: Document, key: str) -> list[Any]:
    listed = one.data[key]
    if not isinstance(listed, list):
        raise DataError(f"{one.name}: {key} is not a list")
    return listed


def _scored(point: Point) -> Point:
    x, y, flag = point
    return x, y, 1.0 if flag in (1, 2) else flag


def _images(one: Document) -> Mapping[Any, dict[str, Any]]:
    try:
        found = {image["id"]: image for image in _listed(one, "images")}
        if all(isinstance(image["file_name"], str) for image in found.values()):
            return found
    except (TypeError, KeyError):
        pass
    raise DataError(f"{one.name}: images need an id and a file_name, by which they are found")


def _orders(one: Document) -> Mapping[Any, Sequence[str]]:
    """Category -> its keypoints' names, where it has any."""
    listed = one.data.get("categories")
    return {
        category["id"]: [plain_name(str(name)) for name in category["keypoints"]]
        for category in (listed if isinstance(listed, list) else [])
        if isinstance(category, dict)
        and isinstance(category.get("keypoints"), list)
        and type(category.get("id")) is int
    }
