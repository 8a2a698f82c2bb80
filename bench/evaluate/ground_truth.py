"""The annotations that predictions are evaluated against, validated before an evaluator reads them."""

from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from bench.catalog.schema import Layout
from bench.datasets.keypoints import KEYPOINTS
from bench.datasets.matlab import read_arrays
from bench.errors import DataError
from bench.files import read_bytes, read_json

_LARGEST = 1e12  # square pixels; anything larger, or not a number, is an error


def annotations_of(path: Path, dataset: Layout) -> dict[str, Any]:
    """COCO's or CrowdPose's annotations. Raises `DataError` naming the first invalid entry."""
    data = read_json(path)
    wanted = ("images", "annotations", "categories")
    missing = [key for key in wanted if not isinstance(data, dict) or key not in data]
    if missing:
        raise DataError(f"{path} is not a COCO annotation file: it has no {', '.join(missing)}")
    for key in wanted:
        listed = data[key]
        if not isinstance(listed, list) or not all(
            isinstance(one, dict) and _whole(one.get("id")) for one in listed
        ):
            raise DataError(f"{path}: {key} is not a list of objects with an id (a whole number)")
    if not data["categories"]:
        raise DataError(f"{path}: categories is empty; the category person is missing")
    if dataset == "crowdpose" and not all(
        _numbers([one.get("crowdIndex")], 1) for one in data["images"]
    ):
        raise DataError(f"{path}: an image has no crowdIndex (a number)")
    for number, one in enumerate(data["annotations"], 1):
        if error := _annotation_error(one, dataset):
            raise DataError(f"{path}: annotation {number} (id {one['id']}): {error}")
    return dict(data)


def _annotation_error(one: dict[str, Any], dataset: Layout) -> str:
    """What is wrong with an annotation; empty if nothing is."""
    for key in ("image_id", "category_id", "num_keypoints"):
        if not _whole(one.get(key)):
            return f"{key} is {one.get(key)!r:.40}; a whole number is expected"
    if one.get("iscrowd", 0 if dataset == "crowdpose" else None) not in (0, 1):
        return f"iscrowd is {one.get('iscrowd')!r:.40}; 0 or 1 is expected"
    if dataset == "coco" and not _numbers([one.get("area")], 1):
        return f"area is {one.get('area')!r:.40}; a number of pixels is expected"
    for key, count in (("bbox", 4), ("keypoints", 3 * len(KEYPOINTS[dataset].names))):
        if not _numbers(one.get(key), count):
            return f"{key} must be {count} finite numbers"
    return ""


def _whole(value: Any) -> bool:
    return type(value) is int and abs(value) < _LARGEST


def _numbers(values: Any, count: int) -> bool:
    counted = isinstance(values, list) and len(values) == count
    return counted and all(type(v) in (int, float) and abs(v) < _LARGEST for v in values)


class MpiiTruth(NamedTuple):
    """The people of MPII's validation split.

    joints [N, 16, 2] in 1-based pixels. labelled: [N, 16]. heads: [N], 0.6 of the head box's diagonal in pixels.
    """

    joints: NDArray[np.float64]
    labelled: NDArray[np.bool_]
    heads: NDArray[np.float64]


def mpii_truth(ground_truth: Path) -> MpiiTruth:
    """The people of mpii_gt_val.mat. Raises `DataError`."""
    if not ground_truth.is_file():
        raise DataError(
            f"{ground_truth} is missing; `repropose fetch mpii-annotations` downloads it"
        )
    return _read_truth(read_bytes(ground_truth), str(ground_truth))


@lru_cache(maxsize=2)
def _read_truth(raw: bytes, what: str) -> MpiiTruth:
    """Cached, since each read starts a process."""
    shapes = {"pos_gt_src": (16, 2), "jnt_missing": (16,), "headboxes_src": (2, 2)}
    found = read_arrays(raw, what, list(shapes))
    people = found["pos_gt_src"].shape[-1]
    for name, shape in shapes.items():
        if found[name].shape != (*shape, people):
            raise DataError(
                f"{what}: {name} has the shape {found[name].shape}; for {people} people it must be "
                f"{(*shape, people)}"
            )
    boxes = found["headboxes_src"]
    heads = 0.6 * np.linalg.norm(boxes[1] - boxes[0], axis=0)
    joints, labelled = found["pos_gt_src"].transpose(2, 0, 1), found["jnt_missing"].T == 0
    if not np.isfinite(joints[labelled]).all() or not np.isfinite(heads).all():
        raise DataError(f"{what}: a joint or a head box is not finite; download it again")
    truth = MpiiTruth(joints, labelled, heads)
    for array in truth:
        array.flags.writeable = False
    return truth
