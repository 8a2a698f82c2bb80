"""Remarks on checked annotations whose numbers may mean something else than the data set's; nothing is changed."""

from collections.abc import Mapping, Sequence
from typing import Any

from bench.catalog.schema import Layout
from bench.datasets.keypoints import KEYPOINTS

CORNER = 2.0  # pixels; within them coordinates are fractions of the image, as nobody annotated is so small
Entry = Mapping[str, Any]
Box = Sequence[float]
_CROWDPOSE = {"head": "head_top", "neck": "thorax"}  # as its own files call them


def oddities(people: Sequence[Entry], images: Sequence[Entry]) -> list[str]:
    """One note each: flags that are no v, labelled keypoints at 0, 0, boxes that look like corners."""
    notes = _flag_notes(people) + _origin_notes(people)
    known: dict[int, tuple[int, int]] = {
        one["id"]: (one["width"], one["height"])
        for one in images
        if type(one.get("width")) is type(one.get("height")) is int
    }
    boxes = [(one["bbox"], known.get(one["image_id"])) for one in people]
    return notes + corner_notes(boxes, "annotations")


def _flag_notes(people: Sequence[Entry]) -> list[str]:
    odd = [(one["id"], v) for one in people for v in one["keypoints"][2::3] if v not in (0, 1, 2)]
    if not odd:
        return []
    return [
        f"{len(odd)} keypoints have a v other than 0, 1 and 2 (id {odd[0][0]}: {odd[0][1]}); above 0 is labelled, as "
        "the evaluators have it"
    ]


def _origin_notes(people: Sequence[Entry]) -> list[str]:
    """Keypoints that exports write as 0, 0, 2 where none is labelled; two of a person are no coincidence."""
    counts = [(one["id"], sum(x == y == 0 and v > 0 for x, y, v in _points(one))) for one in people]
    found = [(key, count) for key, count in counts if count > 1]
    if not found:
        return []
    return [
        f"{sum(count for _, count in found)} labelled keypoints of {len(found)} people are at 0, 0 (id {found[0][0]}: "
        f"{found[0][1]}): they count as labelled there; v is 0 for keypoints that are not labelled"
    ]


def _points(one: Entry) -> list[tuple[float, float, float]]:
    values = one["keypoints"]
    return list(zip(values[::3], values[1::3], values[2::3], strict=True))


def corner_notes(boxes: Sequence[tuple[Box, tuple[int, int] | None]], what: str) -> list[str]:
    """A note if boxes, with their images' sizes, look like x1, y1, x2, y2 instead of x, y, width, height.

    They do if as corners nearly all fit their image and none is inside out, while as sizes half of them do not fit.
    """
    known = [(box, size) for box, size in boxes if size]
    if not known or any(box[2] < box[0] or box[3] < box[1] for box, _ in known):
        return []
    fit = sum(box[2] <= w + 1 and box[3] <= h + 1 for box, (w, h) in known)
    beyond = sum(box[0] + box[2] > w + 1 or box[1] + box[3] > h + 1 for box, (w, h) in known)
    if fit < 0.9 * len(known) or beyond < 0.5 * len(known):
        return []
    return [
        f"the bbox of {beyond} of {len(known)} {what} reaches beyond its image, and all could be x1, y1, x2, y2; "
        "x, y, width, height are expected"
    ]


# ---------------------------------------------------------------- errors


def in_fractions(people: Sequence[Entry]) -> bool:
    """Whether all labelled keypoints of all people are within `CORNER` pixels of 0, 0, and not all in one place."""
    found = set()
    for one in people:
        spots = [(x, y) for x, y, v in _points(one) if v > 0]
        if any(max(abs(x), abs(y)) > CORNER for x, y in spots):
            return False
        found.update(spots)
    return len(found) > 1


def order_error(category: Entry, dataset: Layout) -> str:
    """Whether a category lists the data set's keypoints in another order; other names say nothing. '' if not."""
    listed, names = category.get("keypoints"), KEYPOINTS[dataset].names
    if not isinstance(listed, list) or not listed:
        return ""
    plain = [str(name).strip().lower().replace(" ", "_").replace("-", "_") for name in listed]
    own = plain if dataset == "coco" else [_CROWDPOSE.get(name, name) for name in plain]
    if sorted(own) != sorted(names) or own == list(names):
        return ""
    first = next(n for n, (have, want) in enumerate(zip(own, names, strict=True)) if have != want)
    return (
        f"the category of people lists keypoint {first + 1} as {listed[first]!r:.40}, {dataset} has {names[first]} "
        "there; evaluators go by position: write keypoints and their names in its order"
    )
