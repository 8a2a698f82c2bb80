"""AlphaPose's alphapose-results.json: COCO entries whose `image_id` is a file name, with `box` and `idx` beside them.

17 keypoints in COCO's order, or 26 and 136 (Halpe), which begin with them. The score of a person is its own.
"""

from collections.abc import Sequence
from typing import Any

from bench.catalog.schema import Layout
from bench.errors import DataError
from bench.evaluate.formats.keypoint_orders import starting_with_coco
from bench.evaluate.formats.people import Document, Found, Person, is_number, named, triples

_HALPE = (26, 136)


def recognises(data: Any) -> bool:
    """Whether parsed JSON is of this format, and not a plain list of COCO entries."""
    first = data[0] if isinstance(data, list) and data else None
    if not isinstance(first, dict) or not {"image_id", "keypoints"} <= set(first):
        return False
    points = first["keypoints"]
    halpe = isinstance(points, list) and len(points) in [3 * count for count in _HALPE]
    return halpe or {"box", "idx"} <= set(first)


def read(documents: Sequence[Document], dataset: Layout) -> Found:
    """People of all files. Raises `DataError`."""
    orders = starting_with_coco(dataset, *_HALPE)
    people = []
    for one in documents:
        for number, entry in enumerate(one.data, 1):
            where = f"{one.name}: entry {number}"
            if not isinstance(entry, dict) or not is_number(entry.get("score")):
                raise DataError(f"{where} is not an object with keypoints and a score (a number)")
            if (category := entry.get("category_id", 1)) != 1:
                raise DataError(
                    f"{where}: category_id is {category!r:.40}; AlphaPose writes 1 for people"
                )
            points = named(triples(entry.get("keypoints"), where), orders, where)
            people.append(Person(where, str(entry.get("image_id")), points, entry["score"]))
    return Found(people)
