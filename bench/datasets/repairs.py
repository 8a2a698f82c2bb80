"""Repairs of checked annotations before an evaluation, and remarks on them; each says what it did in one line."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from bench.catalog.schema import Layout
from bench.datasets.keypoints import KEYPOINTS
from bench.errors import DataError

EXACT_ID = 2**53  # pycocotools keeps the ids of matches as floats, which are exact up to here
_UNCOUNTED = ("head_top", "thorax")  # CrowdPose's own files leave them out of num_keypoints
Entry = dict[str, Any]


def renumber(path: Path, people: list[Entry]) -> tuple[dict[int, int], list[str]]:
    """New ids 1, 2, ... where the evaluators cannot tell the file's apart; new id -> id in the file.

    COCO's evaluators store the id of the matched person and take 0 (xtcocotools: everything below 0) for unmatched.
    """
    places: dict[int, dict[int, int]] = {}
    for number, one in enumerate(people, 1):
        first = places.setdefault(one["id"], {}).setdefault(one["image_id"], number)
        if first != number:
            raise DataError(
                f"{path}: two people of image {one['image_id']} have the annotation id {one['id']} "
                f"(people {first} and {number} of the file); give each annotation its own id"
            )
    repeated = {key: list(images) for key, images in places.items() if len(images) > 1}
    low = [key for key in places if key <= 0]
    notes = []
    if low:
        notes.append(
            f"annotation id {low[0]}: the evaluator takes ids below 1 for 'not matched', so the "
            "annotations are renumbered"
        )
    if repeated:
        key, images = next(iter(repeated.items()))
        notes.append(
            f"{len(repeated)} annotation ids are used more than once (id {key} in images "
            f"{images[0]} and {images[1]}), so the annotations are renumbered"
        )
    if (high := max(places, default=0)) > EXACT_ID and not notes:
        notes.append(
            f"annotation id {high}: the evaluator keeps ids as floats, which are exact up to 2^53, so the "
            "annotations are renumbered"
        )
    if not notes:
        return {}, []
    original = {number: one["id"] for number, one in enumerate(people, 1)}
    for number, one in enumerate(people, 1):
        one["id"] = number
    return original, notes


def count_keypoints(people: list[Entry], dataset: Layout) -> list[str]:
    """Set num_keypoints to the number of labelled keypoints where it differs; people with 0 are ignored."""
    wrong = []
    for one in people:
        counts = _counts(one["keypoints"], dataset)
        if one["num_keypoints"] not in counts:
            wrong.append((one["id"], one["num_keypoints"], counts[0]))
            one["num_keypoints"] = counts[0]
    if not wrong:
        return []
    key, stated, counted = wrong[0]
    return [
        f"num_keypoints differs from the labelled keypoints in {len(wrong)} of {len(people)} "
        f"annotations (id {key}: {stated}, labelled {counted}); the labelled ones count"
    ]


def _counts(keypoints: Sequence[float], dataset: Layout) -> list[int]:
    """What num_keypoints may be, first what it should be."""
    flags = keypoints[2::3]
    labelled = sum(flag > 0 for flag in flags)
    if dataset == "coco":
        return [labelled]
    counted = [
        flag
        for flag, name in zip(flags, KEYPOINTS[dataset].names, strict=True)
        if name not in _UNCOUNTED
    ]
    return [sum(flag > 0 for flag in counted), labelled, sum(flag == 2 for flag in flags)]


def size_notes(people: Sequence[Entry], dataset: Layout) -> list[str]:
    """Remarks on areas that are too small: OKS divides by the area (CrowdPose: 0.53 of the box)."""
    posed = [one for one in people if one["num_keypoints"] and not one.get("iscrowd")]
    sizes = [float(_size(one, dataset)) for one in posed]
    what = "area" if dataset == "coco" else "area of the bbox"
    notes = []
    if empty := sum(size == 0 for size in sizes):
        notes.append(
            f"the {what} is 0 for {empty} of {len(posed)} people: OKS divides by it, so that only "
            "exact keypoints match them"
        )
    elif posed and all(
        size < _extent(one["keypoints"]) for size, one in zip(sizes, posed, strict=True)
    ):
        notes.append(
            f"the {what} is smaller than the box of the labelled keypoints for all {len(posed)} "
            f"people (the first: {sizes[0]:.0f} of {_extent(posed[0]['keypoints']):.0f} square pixels); OKS divides "
            "by it, so check that it is in pixels of the image"
        )
    return notes


def _size(one: Entry, dataset: Layout) -> float:
    return float(one["area"] if dataset == "coco" else one["bbox"][2] * one["bbox"][3])


def _extent(keypoints: Sequence[float]) -> float:
    """Area of the box around the labelled keypoints, in square pixels."""
    spots = [
        (x, y)
        for x, y, flag in zip(keypoints[::3], keypoints[1::3], keypoints[2::3], strict=True)
        if flag > 0
    ]
    xs, ys = zip(*spots, strict=True) if spots else ((0.0,), (0.0,))
    return float((max(xs) - min(xs)) * (max(ys) - min(ys)))


_UNSET = ("", "0", "0.0", "false", "no", "none", "null")  # as text


def _is_set(value: Any) -> bool:
    """Whether a flag is set; exports write flags as numbers, as true and false, and as text."""
    return value.strip().lower() not in _UNSET if isinstance(value, str) else bool(value)


def ignore_notes(people: Sequence[Entry]) -> list[str]:
    """A remark on "ignore", which COCOeval replaces by "iscrowd" (findings/coco-eval-overwrites-ignore.sh)."""
    without_effect = sum(_is_set(one.get("ignore")) and not one.get("iscrowd") for one in people)
    if not without_effect:
        return []
    return [
        f'"ignore" is set for {without_effect} of {len(people)} people and has no effect: the evaluators overwrite '
        'it by "iscrowd"; set that for people who are not to be evaluated'
    ]
