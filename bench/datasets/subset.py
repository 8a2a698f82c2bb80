"""A small subset of a real data set, for a first try: `repropose prepare coco --tier full --limit 500`.

It is a separate workspace, so every command works on it unchanged and its results do not mix with those of the whole
data set: annotations of a random sample of images, with links to the existing images and weights. It has fewer entries
than the published splits, so every result names the subset and none is compared with the paper.
"""

import json
import random
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from bench.catalog.schema import DatasetName, layout
from bench.datasets import mpii
from bench.datasets.matlab import read_arrays
from bench.datasets.prepare import require_annotations
from bench.datasets.splits import FILES, IMAGES, dataset_folder
from bench.errors import DataError
from bench.files import read_json, write_if_changed
from bench.paths import workspace


def make(dataset: DatasetName, limit: int, seed: int = 0) -> Path:
    """Write a subset of `limit` entries (images; people for MPII) each of the test and the training split.

    Returns its workspace. Raises `DataError` if the data set is missing or not larger than the limit.
    """
    whole, name = dataset_folder(dataset, "full"), f"{dataset}-{limit}-seed-{seed}"
    target = workspace() / "data" / "subsets" / name
    folder = target / "data" / "full" / layout(dataset)
    kept: dict[str, Any] = {}
    require_annotations(dataset, "full")
    for file, _ in IMAGES[layout(dataset)]:
        content = read_json(whole / file)
        kept[file] = _sample(content, limit, seed, whole / file)
        write_if_changed(folder / file, json.dumps(_cut(content, kept[file])).encode())
    test = kept[IMAGES[layout(dataset)][0][0]]
    for file in FILES[dataset]:
        if file.endswith(".mat"):
            write_if_changed(folder / file, _cut_truth(whole / file, test))
        elif file not in kept and (whole / file).is_file():
            chosen = set(test)
            boxes = [box for box in read_json(whole / file) if box["image_id"] in chosen]
            write_if_changed(folder / file, json.dumps(boxes).encode())
    for images in {images for _, images in IMAGES[layout(dataset)]}:
        _link(folder / images, whole / images)
    _link(target / "data" / "full" / "weights", whole.parent / "weights")
    return target


def _sample(content: Any, limit: int, seed: int, file: Path) -> list[int]:
    """Image ids, or positions of people, in ascending order."""
    if isinstance(content, list):
        everything: Sequence[int] = range(len(content))
    else:
        everything = sorted(image["id"] for image in content["images"])
    if limit >= len(everything):
        raise DataError(f"{file} has {len(everything)} entries; a subset has to be smaller")
    return sorted(random.Random(seed).sample(everything, limit))


def _cut(content: Any, ids: Sequence[int]) -> Any:
    """The entries of a sample: images by id with their annotations, or people by position (MPII)."""
    if isinstance(content, list):
        return [content[position] for position in ids]
    wanted = set(ids)
    return {
        **content,
        "images": [one for one in content["images"] if one["id"] in wanted],
        "annotations": [one for one in content["annotations"] if one["image_id"] in wanted],
    }


def _cut_truth(file: Path, positions: Sequence[int]) -> bytes:
    """The same people of MPII's evaluation arrays, whose last axis is the person."""
    names = ("headboxes_src", "jnt_missing", "pos_gt_src")
    truth = read_arrays(file.read_bytes(), str(file), names)
    try:
        return mpii.truth_file({name: truth[name][..., list(positions)] for name in names})
    except IndexError:
        raise DataError(
            f"{file} has fewer people than mpii_val.json; download both again"
        ) from None


def _link(link: Path, target: Path) -> None:
    if target.exists() and not link.exists():
        link.parent.mkdir(parents=True, exist_ok=True)
        link.unlink(missing_ok=True)
        link.symlink_to(target.resolve())
