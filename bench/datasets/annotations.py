"""COCO's and CrowdPose's annotation files: checked before use, and repaired where only one reading is right.

An error is raised for what has several readings, a note is kept for every repair. Evaluations, submissions and
`repropose prepare` all read annotations here.
"""

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from bench.catalog.schema import Layout
from bench.datasets.keypoints import KEYPOINTS
from bench.datasets.oddities import in_fractions, oddities, order_error
from bench.datasets.repairs import count_keypoints, ignore_notes, renumber, size_notes
from bench.errors import DataError
from bench.files import read_json

LARGEST_ID = 2**63 - 1
_LARGEST = 1e12  # square pixels; anything larger, or not a number, is an error
Entry = dict[str, Any]
_NUMBERS = {int, float}


class PersonCategory(NamedTuple):
    """The category that predictions are evaluated in.

    listed: all categories of the file, for messages. plain: ids of those without keypoints, if this one has some.
    """

    id: int = 1
    listed: str = "1 (person)"
    plain: frozenset[int] = frozenset()


class Annotations(NamedTuple):
    """A checked annotation file.

    content: its images, the annotations of its people and their category, as the evaluators read them. original: id in
    `content` -> id in the file, for renumbered annotations. notes: what was repaired or is unusual, in one line each.
    """

    content: dict[str, Any]
    person: PersonCategory
    original: Mapping[int, int]
    notes: tuple[str, ...]


def annotations_of(path: Path, dataset: Layout) -> Annotations:
    """COCO's or CrowdPose's annotations. Raises `DataError` naming the first entry with an error."""
    data = _lists(path, ("images", "annotations", "categories"))
    images = _image_ids(path, data["images"])
    if dataset == "crowdpose":
        for image in data["images"]:
            index = image.get("crowdIndex")
            if not _numbers([index], 1) or not 0 <= index <= 1:
                raise DataError(
                    f"{path}: image {image['id']} has no crowdIndex (a number from 0 to 1), but {index!r:.40}"
                )
    person = _person_category(path, data["categories"])
    known = {one["id"] for one in data["categories"]}
    for number, one in enumerate(data["annotations"], 1):
        if error := _reference_error(one, images, known, person):
            raise DataError(f"{path}: annotation {number} (id {one['id']}): {error}")
    people, notes = _people(path, data["annotations"], person)
    for number, one in enumerate(data["annotations"], 1):
        if one["category_id"] == person.id and (error := _annotation_error(one, dataset)):
            raise DataError(f"{path}: annotation {number} (id {one['id']}): {error}")
    category = next(one for one in data["categories"] if one["id"] == person.id)
    if error := order_error(category, dataset):
        raise DataError(f"{path}: {error}")
    if in_fractions(people):
        raise DataError(
            f"{path}: all labelled keypoints are within 2 pixels of the image's corner, as fractions of the image's "
            "size would be; pixels are expected"
        )
    notes += count_keypoints(people, dataset) + size_notes(people, dataset) + ignore_notes(people)
    notes += oddities(people, data["images"])
    original, renumbered = renumber(path, people)
    content = {**data, "annotations": people, "categories": [category]}
    return Annotations(content, person, original, (*notes, *renumbered))


def image_ids(path: Path) -> set[int]:
    """The image ids of an annotation file, or of a list of images without annotations. Raises `DataError`."""
    return _image_ids(path, _lists(path, ("images",))["images"])


# ---------------------------------------------------------------- images and categories


def _lists(path: Path, keys: Sequence[str]) -> dict[str, Any]:
    """The file's content, with a list of objects that have an id under each of `keys`."""
    data = read_json(path)
    missing = [key for key in keys if not isinstance(data, dict) or key not in data]
    if missing:
        raise DataError(f"{path} is not a COCO annotation file: it has no {', '.join(missing)}")
    for key in keys:
        listed = data[key]
        if not isinstance(listed, list) or not all(isinstance(one, dict) for one in listed):
            raise DataError(f"{path}: {key} is not a list of objects with an id (a whole number)")
        for number, one in enumerate(listed, 1):
            if not whole(one.get("id")):
                raise DataError(f"{path}: {key}, entry {number}: id is {id_error(one.get('id'))}")
    return dict(data)


def whole(value: Any) -> bool:
    """Whether a value is a whole number that can be an id (64 bits)."""
    return type(value) is int and abs(value) <= LARGEST_ID


def id_error(value: Any) -> str:
    """What is wrong with an id, and what is allowed."""
    if isinstance(value, str):
        kind = "a number in quotes" if value.strip().isdigit() else "a name"
        return (
            f"{value!r:.40}, {kind}; ids are whole numbers: number the images, keep names in "
            "file_name, and use the numbers in annotations and predictions"
        )
    if isinstance(value, float) and value.is_integer():
        return f"{value!r}; write the whole number {int(value)}"
    return f"{value!r:.40}; a whole number up to {LARGEST_ID} is expected"


def _image_ids(path: Path, images: Sequence[Entry]) -> set[int]:
    seen: dict[int, int] = {}
    for number, one in enumerate(images, 1):
        first = seen.setdefault(one["id"], number)
        if first != number:
            names = [str(images[n - 1].get("file_name", "no file_name")) for n in (first, number)]
            raise DataError(
                f"{path}: images {first} ({names[0]:.60}) and {number} ({names[1]:.60}) both have "
                f"the id {one['id']}; give each image its own"
            )
    return set(seen)


def _person_category(path: Path, categories: Sequence[Entry]) -> PersonCategory:
    """The category named person, or the only one with keypoints, or the only one."""
    listed = ", ".join(f"{one['id']} ({one.get('name', 'no name')!s:.40})" for one in categories)
    if not categories:
        raise DataError(f"{path}: categories is empty; the category person is missing")
    ids = Counter(one["id"] for one in categories)
    if twice := [key for key, count in ids.items() if count > 1]:
        raise DataError(f"{path}: the category id {twice[0]} is used more than once: {listed}")
    named = [one for one in categories if str(one.get("name")).strip().lower() == "person"]
    skilled = [one for one in categories if one.get("keypoints")]
    for chosen in (named, skilled, categories):
        if len(chosen) == 1:
            plain = {one["id"] for one in categories if not one.get("keypoints")}
            known = plain if chosen[0].get("keypoints") else set()
            return PersonCategory(chosen[0]["id"], listed, frozenset(known))
    raise DataError(
        f"{path}: which category is that of people? None of {listed} is the only one named person "
        "or the only one with keypoints; name one of them person"
    )


# ---------------------------------------------------------------- annotations


def _reference_error(one: Entry, images: set[int], known: set[int], person: PersonCategory) -> str:
    """Whether an annotation refers to an image or a category that the file does not list."""
    for key in ("image_id", "category_id"):
        if not whole(one.get(key)):
            return f"{key} is {id_error(one.get(key))}"
    if one["image_id"] not in images:
        return f"image_id is {one['image_id']}, which images does not list; list it, or leave the annotation out"
    if one["category_id"] not in known:
        return f"category_id is {one['category_id']}; categories lists {person.listed}"
    return ""


def _posed(keypoints: Any) -> bool:
    """Whether an annotation has a labelled keypoint; it may have no keypoints at all."""
    flags = keypoints[2::3] if isinstance(keypoints, list) else []
    return any(type(flag) in (int, float) and flag > 0 for flag in flags)


def _people(
    path: Path, annotations: Sequence[Entry], person: PersonCategory
) -> tuple[list[Entry], list[str]]:
    """The annotations of people. Others are left out; with labelled keypoints they are an error."""
    others = [one for one in annotations if one["category_id"] != person.id]
    posed = Counter(one["category_id"] for one in others if _posed(one.get("keypoints")))
    if posed:
        category, count = posed.most_common(1)[0]
        raise DataError(
            f"{path}: {count} annotations with labelled keypoints are of category {category}, not of "
            f"{person.id} (person); categories: {person.listed}. Predictions are evaluated in one "
            "category: give all people the same category_id, and leave other annotations out"
        )
    notes = []
    if others:
        ids = ", ".join(str(one) for one in sorted({one["category_id"] for one in others})[:5])
        notes.append(
            f"{len(others)} annotations without keypoints of other categories ({ids}) are left out"
        )
    people = [{"iscrowd": 0, **one} for one in annotations if one["category_id"] == person.id]
    return people, notes


def _annotation_error(one: Entry, dataset: Layout) -> str:
    """What is wrong with the annotation of a person; empty if nothing is."""
    count = one.get("num_keypoints")
    if type(count) is not int or not 0 <= count < _LARGEST:
        return f"num_keypoints is {count!r:.40}; a whole number is expected"
    if one.get("iscrowd", 0 if dataset == "crowdpose" else None) not in (0, 1):
        return f"iscrowd is {one.get('iscrowd')!r:.40}; 0 or 1 is expected"
    if dataset == "coco" and not (_numbers([one.get("area")], 1) and one["area"] >= 0):
        return f"area is {one.get('area')!r:.40}; a number of pixels is expected"
    for key, size in (("bbox", 4), ("keypoints", 3 * len(KEYPOINTS[dataset].names))):
        if not _numbers(one.get(key), size):
            return f"{key} must be {size} finite numbers"
    if min(one["bbox"][2:]) < 0:
        return f"bbox is {one['bbox']!r:.60}; x, y, width and height are expected, no size below 0"
    return ""


def _numbers(values: Any, count: int) -> bool:
    if not isinstance(values, list) or len(values) != count:
        return False
    if not _NUMBERS.issuperset(map(type, values)):
        return False
    return min(values) > -_LARGEST and max(values) < _LARGEST and not math.isnan(sum(values))
