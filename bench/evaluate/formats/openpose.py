"""OpenPose's `--write_json`: one file per image, `people` with `pose_keypoints_2d` [x, y, score, ...] in pixels.

18 keypoints (COCO model) or 25 (BODY_25), (0, 0, 0) where one is not found; no score of a person. AlphaPose writes the
same with `--format open`, and with `--format cmu` as `bodies` with `joints`.
"""

from collections.abc import Sequence
from typing import Any

from bench.catalog.schema import Layout
from bench.errors import DataError
from bench.evaluate.formats.keypoint_orders import OPENPOSE
from bench.evaluate.formats.people import Document, Found, Person, named, triples

_FIELDS = {"people": ("pose_keypoints_2d", "pose_keypoints"), "bodies": ("joints",)}


def recognises(data: Any) -> bool:
    """Whether parsed JSON is of this format."""
    return isinstance(data, dict) and any(isinstance(data.get(key), list) for key in _FIELDS)


def read(documents: Sequence[Document], dataset: Layout) -> Found:
    """People of all files; an image is named by its file. Raises `DataError`."""
    people = [person for one in documents for person in _people(one)]
    points = [point for one in people for point in one.points.values() if any(point)]
    if points and all(abs(x) <= 1 and abs(y) <= 1 for x, y, _ in points):
        raise DataError(
            f"{documents[0].name}: coordinates are fractions of the image; run OpenPose with "
            "--keypoint_scale 0, which writes pixels"
        )
    notes = [f"{len(documents)} files; keypoints are mapped by their names in OpenPose's order"]
    return Found(people, tuple(notes))


def _people(one: Document) -> list[Person]:
    people = []
    image = one.stem.removesuffix("_keypoints")
    for key, fields in _FIELDS.items():
        listed = one.data.get(key, [])
        for number, person in enumerate(listed if isinstance(listed, list) else [], 1):
            where = f"{one.name}: person {number}"
            held = person if isinstance(person, dict) else {}
            values = next((held[field] for field in fields if field in held), None)
            people.append(Person(where, image, named(triples(values, where), OPENPOSE, where)))
    return people
