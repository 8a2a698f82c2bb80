"""A small part of a real data set, for a quick look: `repropose prepare coco --tier full --limit 500`.

It is a workspace of its own, so that every command works on it unchanged and its results never lie beside those of the
whole data set: annotations of a few images, chosen by a seed, beside links to the images and weights that are there
already. Its counts are less than the published ones, so every result names the subset and none is compared.
"""

import json
import random
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from bench.catalog.schema import DatasetName, layout
from bench.datasets import mpii
from bench.datasets.matlab import read_arrays
from bench.datasets.prepare import truth_at_hand
from bench.datasets.splits import FILES, IMAGES, folder
from bench.errors import DataError
from bench.files import read_json, write_if_changed
from bench.paths import workspace


def make(dataset: DatasetName, limit: int, seed: int = 0) -> Path:
    """Write the subset: `limit` entries (images; people for MPII) of the test part, and of the training part.

    Returns the workspace to use it in. Raises `DataError` if the data set is not here, or not larger than that.
    """
    whole, name = folder(dataset, "full"), f"{dataset}-{limit}-seed-{seed}"
    place = workspace() / "data" / "subsets" / name
    home = place / "data" / "full" / layout(dataset)
    kept: dict[str, Any] = {}
    truth_at_hand(dataset, "full")
    for file, _ in IMAGES[layout(dataset)]:
        content = read_json(whole / file)
        kept[file] = _chosen(content, limit, seed, whole / file)
        small = (
            _cut_people(content, kept[file])
            if layout(dataset) == "mpii"
            else _cut(content, kept[file])
        )
        write_if_changed(home / file, json.dumps(small).encode())
    test = kept[IMAGES[layout(dataset)][0][0]]
    for file in FILES[dataset]:
        if file.endswith(".mat"):
            write_if_changed(home / file, _cut_truth(whole / file, test))
        elif file not in kept and (whole / file).is_file():
            chosen = set(test)
            boxes = [box for box in read_json(whole / file) if box["image_id"] in chosen]
            write_if_changed(home / file, json.dumps(boxes).encode())
    for folder_name in {images for _, images in IMAGES[layout(dataset)]}:
        _link(home / folder_name, whole / folder_name)
    _link(place / "data" / "full" / "weights", whole.parent / "weights")
    return place


def _chosen(content: Any, limit: int, seed: int, file: Path) -> list[int]:
    """Image ids, or positions of people, in rising order."""
    if isinstance(content, list):
        everything: Sequence[int] = range(len(content))
    else:
        everything = sorted(image["id"] for image in content["images"])
    if limit >= len(everything):
        raise DataError(f"{file} has {len(everything)} entries; a subset has fewer than that")
    return sorted(random.Random(seed).sample(everything, limit))


def _cut(content: Any, ids: Sequence[int]) -> Any:
    wanted = set(ids)
    return {
        **content,
        "images": [one for one in content["images"] if one["id"] in wanted],
        "annotations": [one for one in content["annotations"] if one["image_id"] in wanted],
    }


def _cut_people(content: Any, positions: Sequence[int]) -> Any:
    return [content[position] for position in positions]


def _cut_truth(file: Path, positions: Sequence[int]) -> bytes:
    """The same people of MPII's evaluation arrays, whose last axis counts people."""
    names = ("headboxes_src", "jnt_missing", "pos_gt_src")
    truth = read_arrays(file.read_bytes(), str(file), names)
    try:
        return mpii.truth_file({name: truth[name][..., list(positions)] for name in names})
    except IndexError:
        raise DataError(f"{file} holds fewer people than mpii_val.json; fetch both again") from None


def _link(place: Path, target: Path) -> None:
    if target.exists() and not place.exists():
        place.parent.mkdir(parents=True, exist_ok=True)
        place.unlink(missing_ok=True)
        place.symlink_to(target.resolve())
