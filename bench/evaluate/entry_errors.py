"""What is wrong with prediction entries, in words: entry, line, what arrived and what is allowed."""

import json
import math
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from bench.datasets.annotations import PersonCategory
from bench.errors import DataError
from bench.evaluate.image_index import ImageIndex

MAX_VALUE = 1e6  # larger coordinates and scores are errors
_NUMBERS = {int, float}
MAX_REPORTED = 5  # errors reported one by one


class Part(NamedTuple):
    """A file of entries: its name, its text (for line numbers), and how many entries it holds."""

    name: str
    raw: bytes
    entries: int


def entry_error(
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
    if wrong := _first_wrong(points):
        return f"keypoints has a value that is not a finite number of pixels up to {MAX_VALUE:.0f}: {wrong}"
    if _first_wrong([one["score"]]):
        return f"score {one['score']!r:.40} is not a finite number up to {MAX_VALUE:.0f}"
    if boxed != ("bbox" in one):
        return (
            "has no bbox while the first entry has one"
            if boxed
            else "has a bbox, but the first entry has none"
        )
    if boxed:
        box = one["bbox"]
        if not isinstance(box, list) or len(box) != 4 or _first_wrong(box) or min(box[2:]) < 0:
            return f"bbox is not [x, y, width, height] but {box!r:.60}"
    return ""


def _size(points: Any) -> str:
    """What arrived as keypoints: their number, or how they are nested."""
    if not isinstance(points, list):
        return "null" if points is None else type(points).__name__
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


def _first_wrong(values: Sequence[Any]) -> str:
    """The first value that is not a finite number of a sensible size, with its place; '' if there is none.

    Whether there is one is asked of all at once: value by value it took half the time of reading a file.
    """
    if _NUMBERS.issuperset(map(type, values)):
        try:
            if math.hypot(*values) <= MAX_VALUE:  # not so with a NaN
                return ""
        except OverflowError:  # an integer that is no float: it is found below
            pass
    for place, value in enumerate(values, 1):
        if type(value) not in (int, float) or not -MAX_VALUE <= value <= MAX_VALUE:
            return f"value {place} is {value!r:.40}"
    return ""


def report(errors: Mapping[int, str], parts: Sequence[Part]) -> str:
    """The first errors (entry from 0 -> what is wrong with it) in one line, and how many there are in all.

    parts: the files that the entries come from, one after the other; none if they were converted.
    """
    chosen = sorted(errors)[:MAX_REPORTED]
    places = _places(chosen, parts)
    said: set[str] = set()
    reports = []
    for n in chosen:
        reports.append(f"{places[n]} {'likewise' if errors[n] in said else errors[n]}")
        said.add(errors[n])
    more = len(errors) - len(chosen)
    return "; ".join(reports) + (f"; and {more} more entries are invalid" if more else "")


def _places(chosen: Sequence[int], parts: Sequence[Part]) -> dict[int, str]:
    """Entry -> its place in words, with the line, and the file if there are several."""
    places = {n: f"entry {n + 1}" for n in chosen}
    start = 0
    for part in parts:
        inside = [n for n in chosen if start <= n < start + part.entries]
        lines = _lines(part.raw, inside[-1] - start) if inside else {}
        for n in inside:
            of = f"{part.name}: " if len(parts) > 1 else ""
            places[n] = f"{of}entry {n - start + 1} (line {lines[n - start]})"
        start += part.entries
    return places


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
