"""External predictions: read within bounds, and every entry validated before anything is done with them.

Predictions are a list of COCO result entries, as JSON (also .gz, or alone in a .zip): `image_id`, `category_id` (of
people), `keypoints` [x1, y1, score1, x2, ...] in 0-based pixels, `score`, and `bbox` in all entries or in none.
Anything else is dropped. An image may be given by its id as a number or text, or by its file's name. MPII: `image_id`
is the position of the person in mpii_val.json; also a .mat file with `preds` [N, 16, 2 or 3] in 1-based pixels, as
HRNet's code writes it. Other tools' files are converted first (`bench.evaluate.formats`).
"""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from bench.catalog.schema import Layout
from bench.datasets.annotations import PersonCategory
from bench.datasets.keypoints import KEYPOINTS
from bench.datasets.matlab import read_arrays
from bench.errors import DataError, UnknownName
from bench.evaluate.entry_errors import Part, entry_error, report
from bench.evaluate.formats.people import Reading
from bench.evaluate.formats.recognise import convert
from bench.evaluate.image_index import ImageIndex
from bench.evaluate.misreadings import all_fractions, box_notes, fraction_notes
from bench.files import read_bytes

SPLITS: Mapping[str, Layout] = {
    "coco-val": "coco",
    "mpii-val": "mpii",
    "crowdpose-test": "crowdpose",
}
MAX_DETECTIONS = 20  # per image in COCO's evaluation
PERSON = PersonCategory()
Entry = dict[str, Any]


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
        return _in_pixels(check_entries(people, dataset, images, str(path), person=person), path)
    found = convert(path, dataset, images, reading or Reading(), person.id)
    checked = check_entries(found.entries, dataset, images, str(path), found.parts, person)
    return _in_pixels(Checked(checked.entries, [*found.notes, *checked.notes]), path)


def _in_pixels(checked: Checked, path: Path) -> Checked:
    """Raises `DataError` if all coordinates are fractions of the image; of stored predictions that is only noted."""
    if checked.entries and all_fractions(checked.entries):
        raise DataError(
            f"{path}: the keypoints of every person are within 2 pixels of the image's corner, as fractions of the "
            "image's size would be; multiply x by the image's width and y by its height"
        )
    return checked


def check_entries(
    data: list[Any],
    dataset: Layout,
    known: Collection[int],
    what: str,
    parts: Sequence[Part] = (),
    person: PersonCategory = PERSON,
) -> Checked:
    """Validate parsed predictions. what: their file or folder, for messages. parts: the files, for line numbers.

    Entries are returned with their images' ids as whole numbers; those that need no change are the objects given.

    Raises `DataError` with the first errors by entry (and line).
    """
    images = known if isinstance(known, ImageIndex) else ImageIndex(known)
    category = _category(data, person)
    boxed = bool(data) and isinstance(data[0], dict) and "bbox" in data[0]
    entries: list[Entry] = []
    errors: dict[int, str] = {}
    seen: dict[int, int] = {}
    repeated: dict[int, int] = {}
    for number, one in enumerate(data):
        if error := entry_error(
            one, len(KEYPOINTS[dataset].names), images, boxed, person, category
        ):
            errors[number] = error
            continue
        image = images.find(one["image_id"])
        entries.append(_entry(one, image, person.id, boxed))
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
        raise DataError(f"{what}: {report(errors, parts)}")
    if dataset == "mpii" and (missing := sorted(images.ids - {e["image_id"] for e in entries})):
        raise DataError(
            f"{what}: {len(missing)} of {len(images)} people have no entry, the first is {missing[0]}"
        )
    notes = [
        *_renamed([one["image_id"] for one in data], images, what),
        *_notes(entries, dataset, len(images), repeated),
        *fraction_notes(entries),
        *box_notes(entries, images.sizes),
    ]
    if category != person.id:
        notes.append(
            f"category_id {category} of all entries has no keypoints in the annotations "
            f"({person.listed}): read as {person.id}, the category of people"
        )
    return Checked(entries, notes)


def _entry(one: Entry, image: int, category: int, boxed: bool) -> Entry:
    """A valid entry, with the keys that are read and no other; the same object if it is that already."""
    keys = ("keypoints", "score", "bbox") if boxed else ("keypoints", "score")
    as_wanted = type(one["image_id"]) is int and one["category_id"] == category
    if as_wanted and len(one) == 2 + len(keys):
        return one
    return {"image_id": image, "category_id": category} | {key: one[key] for key in keys}


def _renamed(given: Sequence[Any], images: ImageIndex, what: str) -> list[str]:
    """Notes on images that were not given by their ids as whole numbers, one for each type. Raises `DataError`."""
    try:
        found = images.find_all([one for one in given if type(one) is str])
    except DataError as error:
        raise DataError(f"{what}: {error}") from None
    found |= {one: images.find(one) for one in given if type(one) is float}
    notes = []
    for kind in (str, float):
        those = {one: image for one, image in found.items() if type(one) is kind}
        if those:
            first = next(iter(those))
            count = len(set(those.values()))
            notes.append(
                f"{count} images are given as {kind.__name__}: {first!r:.60} is {those[first]}"
            )
    return notes


def _category(data: list[Any], person: PersonCategory) -> int:
    """The category id of the entries: that of people, or the one of all entries if it has no keypoints."""
    stated = [one.get("category_id") for one in data if isinstance(one, dict)]
    first = stated[0] if stated else None
    alike = len(stated) == len(data) and all(type(c) is int and c == first for c in stated)
    return int(first) if alike and first in person.plain else person.id


def _notes(
    entries: list[Entry], dataset: Layout, images: int, repeated: Mapping[int, int]
) -> list[str]:
    per_image = Counter(entry["image_id"] for entry in entries)
    many = sum(count > MAX_DETECTIONS for count in per_image.values())
    unscored = sum(max(entry["keypoints"][2::3]) <= 0 for entry in entries)
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
            f"{_other_scores(entries, repeated)}"
        )
    if unscored and dataset != "crowdpose":  # whose evaluator drops them, see `cautions`
        notes.append(f"{unscored} entries have no keypoint score above 0")
    return notes


def _other_scores(entries: Sequence[Entry], repeated: Mapping[int, int]) -> str:
    """In words, how many of the repeated poses have another score; '' if none has."""
    other = sum(entries[n]["score"] != entries[first]["score"] for n, first in repeated.items())
    return f" (image and keypoints are the same, the score is not in {other})" if other else ""


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
