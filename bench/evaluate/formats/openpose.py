"""OpenPose's `--write_json`: one file per image, `people` with `pose_keypoints_2d` [x, y, score, ...] in pixels.

18 keypoints (COCO model) or 25 (BODY_25), (0, 0, 0) where one is not found; no score of a person. AlphaPose writes the
same with `--format open`, and with `--format cmu` as `bodies` with `joints`: one file per image below `sep-json`, and
all of them by image name in one object.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from bench.catalog.schema import Layout
from bench.datasets.oddities import CORNER
from bench.errors import DataError
from bench.evaluate.formats.keypoint_orders import OPENPOSE
from bench.evaluate.formats.people import Document, Found, Person, named, triples

_FIELDS = {"people": ("pose_keypoints_2d", "pose_keypoints"), "bodies": ("joints",)}


def recognises(data: Any) -> bool:
    """Whether parsed JSON is of this format."""
    return _is_image(data) or (
        isinstance(data, dict) and bool(data) and all(map(_is_image, data.values()))
    )


def _is_image(data: Any) -> bool:
    return isinstance(data, dict) and any(isinstance(data.get(key), list) for key in _FIELDS)


def read(documents: Sequence[Document], dataset: Layout) -> Found:
    """People of all files; an image is named by its file. Raises `DataError`."""
    images = [image for one in documents for image in _images(one)]
    people = [person for one in images for person in _people(one)]
    scaled = _fractions(people)
    if scaled:
        raise DataError(
            f"{scaled}: coordinates are fractions of the image; run OpenPose with "
            "--keypoint_scale 0, which writes pixels"
        )
    notes = [f"{len(images)} images; keypoints are mapped by their names in OpenPose's order"]
    return Found(people, tuple(notes))


def _images(one: Document) -> list[Document]:
    """One document per image."""
    if _is_image(one.data):
        return [replace(one, stem=one.stem.removesuffix("_keypoints"))]
    return [replace(one, name=f"{one.name}: {n}", stem=n, data=d) for n, d in one.data.items()]


def _fractions(people: Sequence[Person]) -> str:
    """The first person whose keypoints are all within two pixels of the image's corner; '' if there is none."""
    for one in people:
        found = [point for point in one.points.values() if any(point)]
        if len(found) > 1 and all(max(abs(x), abs(y)) <= CORNER for x, y, _ in found):
            return one.where
    return ""


def _people(one: Document) -> list[Person]:
    people = []
    for key, fields in _FIELDS.items():
        listed = one.data.get(key, [])
        for number, person in enumerate(listed if isinstance(listed, list) else [], 1):
            where = f"{one.name}: person {number}"
            held = person if isinstance(person, dict) else {}
            values = next((held[field] for field in fields if field in held), None)
            people.append(Person(where, one.stem, named(triples(values, where), OPENPOSE, where)))
    return people
