"""External predictions: read within bounds, and every entry validated before anything is done with them.

Predictions are a list of COCO result entries, as JSON (also .gz, or alone in a .zip): `image_id`, `category_id` (of
people), `keypoints` [x1, y1, score1, x2, ...] in 0-based pixels, `score`, and `bbox` in all entries or in none.
Anything else is dropped. An image may be given by its id as a number or text, or by its file's name. MPII: `image_id`
is the position of the person in mpii_val.json; also a .mat file with `preds` [N, 16, 2 or 3] in 1-based pixels, as
HRNet's code writes it. Other tools' files are converted first (`bench.evaluate.formats`).
"""

import json
import math
from collections import Counter
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from bench.catalog.schema import Layout
from bench.datasets.annotations import PersonCategory
from bench.datasets.keypoints import KEYPOINTS
from bench.datasets.matlab import read_arrays
from bench.errors import DataError, UnknownName
from bench.evaluate.formats.people import Reading
from bench.evaluate.formats.recognise import convert
from bench.evaluate.image_index import ImageIndex
from bench.files import read_bytes

SPLITS: Mapping[str, Layout] = {
    "coco-val": "coco",
    "mpii-val": "mpii",
    "crowdpose-test": "crowdpose",
}
MAX_VALUE = 1e6  # larger coordinates and scores are errors
MAX_DETECTIONS = 20  # per image in COCO's evaluation
MAX_REPORTED = 5  # errors reported one by one
PERSON = PersonCategory()
Entry = dict[str, Any]
_NUMBERS = {int, float}


class Checked(NamedTuple):
    """Valid entries, and notes on what is unusual about them."""

    entries: list[Entry]
    notes: list[str]


def dataset_of(split: str) -> Layout:
    """'coco-val' -> 'coco'. Raises `UnknownName`."""
    if split not in SPLITS:
        raise UnknownName("split", split, SPLITS)
    return SPLITS[split]


def read_predictions(
    path: Path,
    dataset: Layout,
    known: Collection[int],
    person: PersonCategory = PERSON,
    reading: Reading | None = None,
) -> Checked:
    """Entries of a predictions file (or folder); known: the images (MPII: positions) of the annotations, person: their
    category of people.

    reading: what the user says of another tool's file. Raises `DataError` with the first errors by entry and line.
    """
    images = known if isinstance(known, ImageIndex) else ImageIndex(known)
    if path.suffix == ".mat":
        if dataset != "mpii":
            raise DataError(f"{path}: only MPII predictions can be a .mat file; give JSON")
        people = _from_mat(path)
        if len(people) != len(images):
            raise DataError(
                f"{path} has {len(people)} people, the truth has {len(images)}: it is of another "
                "split; give the predictions for this truth, in its order"
            )
        return check_entries(people, dataset, images, str(path), person=person)
    found = convert(path, dataset, images, reading or Reading(), person.id)
    checked = check_entries(found.entries, dataset, images, str(path), found.raw, person)
    return Checked(checked.entries, [*found.notes, *checked.notes])


def check_entries(
    data: list[Any],
    dataset: Layout,
    known: Collection[int],
    what: str,
    raw: bytes | None = None,
    person: PersonCategory = PERSON,
) -> Checked:
    """Validate parsed predictions. what: their file, for messages. raw: its text, for line numbers.

    Entries are returned with their images' ids as whole numbers.

    Raises `DataError` with the first errors by entry (and line).
    """
    images = known if isinstance(known, ImageIndex) else ImageIndex(known)
    category = _category(data, person)
    boxed = bool(data) and isinstance(data[0], dict) and "bbox" in data[0]
    entries: list[Entry] = []
    renamed: dict[Any, int] = {}
    errors: dict[int, str] = {}
    seen: dict[int, int] = {}
    repeated: dict[int, int] = {}
    for number, one in enumerate(data):
        if error := _entry_error(
            one, len(KEYPOINTS[dataset].names), images, boxed, person, category
        ):
            errors[number] = error
            continue
        entry = {key: one[key] for key in ("image_id", "category_id", "keypoints", "score")}
        image = entry["image_id"] = images.find(one["image_id"])
        entry["category_id"] = person.id
        if type(one["image_id"]) is not int:
            renamed[one["image_id"]] = image
        entries.append({**entry, "bbox": one["bbox"]} if boxed else entry)
        # a hash, as the keypoints of all entries would take a tenth of the memory
        first = seen.setdefault(
            image if dataset == "mpii" else hash((image, *one["keypoints"])), number
        )
        if first != number and (dataset == "mpii" or one["keypoints"] == data[first]["keypoints"]):
            repeated[number] = first
    if dataset == "mpii":
        errors |= {
            n: f"person {data[n]['image_id']} was entry {f + 1}" for n, f in repeated.items()
        }
    if errors:
        raise DataError(f"{what}: {_report(errors, raw)}")
    if dataset == "mpii" and (missing := sorted(images.ids - {e["image_id"] for e in entries})):
        raise DataError(
            f"{what}: {len(missing)} of {len(images)} people have no entry, the first is {missing[0]}"
        )
    notes = [*_renamed(renamed), *_notes(entries, len(images), repeated)]
    if category != person.id:
        notes.append(
            f"category_id {category} of all entries has no keypoints in the annotations "
            f"({person.listed}): read as {person.id}, the category of people"
        )
    return Checked(entries, notes)


def _renamed(renamed: Mapping[Any, int]) -> list[str]:
    """A note on images that were not given by their ids as whole numbers."""
    if not renamed:
        return []
    given, image = next(iter(renamed.items()))
    return [f"{len(renamed)} images are given as {type(given).__name__}: {given!r:.60} is {image}"]


def _category(data: list[Any], person: PersonCategory) -> int:
    """The category id of the entries: that of people, or the one of all entries if it has no keypoints."""
    stated = [one.get("category_id") for one in data if isinstance(one, dict)]
    first = stated[0] if stated else None
    alike = len(stated) == len(data) and all(type(c) is int and c == first for c in stated)
    return int(first) if alike and first in person.plain else person.id


def _entry_error(
    one: Any, keypoints: int, known: ImageIndex, boxed: bool, person: PersonCategory, category: int
) -> str:
    """What is wrong with one entry; empty if nothing is."""
    if not isinstance(one, dict):
        return f"is a {type(one).__name__}, not an object"
    for key in ("image_id", "category_id", "keypoints", "score"):
        if key not in one:
            return f"has no {key}"
    try:
        known.find(one["image_id"])
    except DataError as error:
        return str(error)
    if type(one["category_id"]) is not int or one["category_id"] != category:
        return (
            f"category_id is {one['category_id']!r:.40}; expected {person.id} (person); categories "
            f"of the annotations: {person.listed}"
        )
    points = one["keypoints"]
    if not isinstance(points, list) or len(points) != 3 * keypoints:
        return (
            f"keypoints has {_size(points)}; {3 * keypoints} are expected (x, y, score for each of "
            f"{keypoints} keypoints){_hint(points, keypoints)}"
        )
    if not _numbers(points):
        return "keypoints has a value that is not a finite number of pixels"
    if not _numbers([one["score"]]):
        return f"score {one['score']!r:.40} is not a finite number"
    if boxed != ("bbox" in one):
        return (
            "has no bbox while the first entry has one"
            if boxed
            else "has a bbox, but the first entry has none"
        )
    if boxed:
        box = one["bbox"]
        if not isinstance(box, list) or len(box) != 4 or not _numbers(box) or min(box[2:]) < 0:
            return "bbox is not [x, y, width, height]"
    return ""


def _size(points: Any) -> str:
    """What arrived as keypoints: their number, or how they are nested."""
    if not isinstance(points, list):
        return f"{type(points).__name__}"
    if points and isinstance(points[0], dict | list):
        inner = f"{type(points[0]).__name__}s of {len(points[0])}"
        return f"{len(points)} nested {inner}"
    return f"{len(points)} numbers"


def _hint(points: Any, keypoints: int) -> str:
    """What to do about keypoints of a known other shape; empty if there is nothing to say."""
    if isinstance(points, list) and points and isinstance(points[0], dict | list):
        return ": flatten them into one list x1, y1, score1, x2, ..."
    if isinstance(points, list) and len(points) == 2 * keypoints:
        return ": add a score after each x, y"
    return ""


def _numbers(values: list[Any]) -> bool:
    """Whether all are finite numbers up to `MAX_VALUE`; not value by value in Python, which took half of the time."""
    if not _NUMBERS.issuperset(map(type, values)):
        return False
    bounded = not values or (min(values) >= -MAX_VALUE and max(values) <= MAX_VALUE)
    return bounded and not math.isnan(sum(values))


def _report(errors: Mapping[int, str], raw: bytes | None) -> str:
    chosen = sorted(errors)[:MAX_REPORTED]
    lines = _lines(raw, chosen[-1]) if raw is not None else {}
    reports = [
        f"entry {n + 1}{f' (line {lines[n]})' if n in lines else ''} {errors[n]}" for n in chosen
    ]
    more = len(errors) - len(chosen)
    return "; ".join(reports) + (f"; and {more} more entries are invalid" if more else "")


def _lines(raw: bytes, last: int) -> dict[int, int]:
    """Entry -> line of the file, up to entry `last` of a JSON list that was parsed before."""
    text = raw.decode(json.detect_encoding(raw), errors="replace")
    decoder = json.JSONDecoder()
    position = text.index("[") + 1
    counted, line = 0, 1
    lines = {}
    for number in range(last + 1):
        while text[position] in ", \t\r\n":
            position += 1
        line += text.count("\n", counted, position)
        counted = position
        lines[number] = line
        _, position = decoder.raw_decode(text, position)
    return lines


def _notes(entries: list[Entry], images: int, repeated: Mapping[int, int]) -> list[str]:
    per_image = Counter(entry["image_id"] for entry in entries)
    many = sum(count > MAX_DETECTIONS for count in per_image.values())
    unscored = sum(not any(entry["keypoints"][2::3]) for entry in entries)
    notes = []
    if len(per_image) < images:
        notes.append(f"{len(per_image)} of {images} images have predictions")
    if many:
        notes.append(
            f"{many} images have more than the {MAX_DETECTIONS} detections that are evaluated"
        )
    if repeated:
        number, first = next(iter(repeated.items()))
        notes.append(
            f"{len(repeated)} entries are repeated: entry {number + 1} repeats entry {first + 1}"
        )
    if unscored:
        notes.append(f"{unscored} entries have no keypoint score above 0")
    return notes


def _from_mat(path: Path) -> list[Entry]:
    """Entries from `preds`, in 0-based pixels."""
    found = read_arrays(read_bytes(path, 2**26), str(path), ["preds"])["preds"]
    if found.ndim != 3 or found.shape[1] != 16 or found.shape[2] not in (2, 3):
        raise DataError(f"{path}: preds has the shape {found.shape}; expected [N, 16, 2 or 3]")
    scores = found[:, :, 2] if found.shape[2] == 3 else np.ones(found.shape[:2])
    points = np.concatenate([found[:, :, :2] - 1.0, scores[:, :, None]], axis=2)
    return [
        {
            "image_id": number,
            "category_id": 1,
            "keypoints": one.ravel().tolist(),
            "score": float(one[:, 2].mean()),
        }
        for number, one in enumerate(points)
    ]
