"""A small annotation file of either layout with predictions for it, as the tests of truths change them."""

import copy
import json
from pathlib import Path
from typing import Any

import numpy as np

from bench.catalog.schema import Layout
from bench.datasets.keypoints import KEYPOINTS
from bench.evaluate.metrics import Evaluation
from bench.evaluate.predictions import Checked
from bench.evaluate.submit import evaluate_file

Truth = dict[str, Any]
Entries = list[dict[str, Any]]
BOTH: tuple[Layout, ...] = ("coco", "crowdpose")


def truth_of(dataset: Layout, images: int = 4, people: int = 3, seed: int = 0) -> Truth:
    """Images 11, 12, ... with people 101, 102, ...; the last person of each image has no labelled keypoints."""
    rng = np.random.default_rng(seed)
    names = KEYPOINTS[dataset].names
    annotations: Entries = []
    for image in range(images):
        for place in range(people):
            points = 40 + 220 * place + rng.uniform(0, 160, (len(names), 2)).round(1)
            seen = rng.integers(1, 3, len(names)) * (rng.random(len(names)) > 0.2)
            seen = seen * 0 if place == people - 1 else seen
            flat = np.c_[points * (seen > 0)[:, None], seen].ravel().tolist()
            low, size = points.min(axis=0), np.ptp(points, axis=0)
            annotations.append(
                {
                    "id": 101 + len(annotations),
                    "image_id": 11 + image,
                    "category_id": 1,
                    "iscrowd": 0,
                    "num_keypoints": int((seen > 0).sum()),
                    "keypoints": flat,
                    "bbox": [float(v) for v in (*low, *size)],
                    "area": float(np.prod(size)) + 1.0,
                }
            )
    listed = [
        {"id": 11 + n, "file_name": f"{n}.jpg", "width": 700, "height": 700, "crowdIndex": index}
        for n, index in zip(range(images), [0.1, 0.5, 0.9, 0.2] * images, strict=False)
    ]
    category = {"id": 1, "name": "person", "keypoints": list(names), "skeleton": []}
    return {"images": listed, "annotations": annotations, "categories": [category]}


def found_in(truth: Truth, noise: float = 6.0, seed: int = 1) -> Entries:
    """One detection of each person, keypoints moved by `noise` pixels, and one of nobody in each image."""
    rng = np.random.default_rng(seed)
    entries = []
    for one in truth["annotations"]:
        points = np.array(one["keypoints"], dtype=float).reshape(-1, 3)
        if not points.any():
            points[:, :2] = rng.uniform(0, 700, (len(points), 2))
        points[:, :2] += rng.normal(0, noise, (len(points), 2))
        points[:, 2] = 0.5
        entry = {"image_id": one["image_id"], "category_id": 1, "score": float(rng.random())}
        entries.append({**entry, "keypoints": points.ravel().tolist()})
    return entries


def evaluated(
    folder: Path, dataset: Layout, truth: Truth, entries: Entries
) -> tuple[Evaluation, Checked]:
    """Both files written and evaluated as the commands do."""
    (folder / "truth.json").write_text(json.dumps(truth))
    (folder / "found.json").write_text(json.dumps(entries))
    return evaluate_file(folder / "found.json", dataset, folder / "truth.json")


def changed(truth: Truth, change: Any) -> Truth:
    """A copy after `change(copy)`."""
    copied = copy.deepcopy(truth)
    change(copied)
    return copied
