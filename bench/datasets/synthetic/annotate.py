"""The annotation files of a split, named and laid out as each data set has them."""

import json
from dataclasses import dataclass, field
from typing import Any

from bench.datasets.keypoints import KEYPOINTS
from bench.datasets.matlab import mat_file
from bench.datasets.splits import DETECTED_BOXES, FILES, IMAGES
from bench.datasets.synthetic.dice import Dice
from bench.datasets.synthetic.scene import Scene
from bench.datasets.synthetic.views import (
    Dataset,
    Record,
    category,
    coco_annotation,
    crowd_index,
    detections,
    mpii_annotation,
    mpii_marks,
    mpii_truth,
)

SPLITS = ("val", "train")  # in the order of `bench.datasets.splits.IMAGES`
_BOXES = {"coco": DETECTED_BOXES, "crowdpose": "annotations/det_for_crowd_test_0.1_0.5.json"}
_PEOPLE_PER_IMAGE = 100  # room for annotation ids: image id times this, plus the person's place


@dataclass(frozen=True)
class Notes:
    """All that annotation files say about one image, in plain values."""

    image: Record
    people: list[Record]
    marks: list[Record] = field(default_factory=list)  # MPII's evaluation arrays
    boxes: list[Record] = field(default_factory=list)  # a detector's


def note(dataset: Dataset, scene: Scene, image_id: int, file_name: str, dice: Dice) -> Notes:
    """Annotate one image; `dice` adds noise to the detected boxes."""
    height, width, _ = scene.image.shape
    image: Record = {"file_name": file_name, "height": height, "width": width, "id": image_id}
    if dataset == "mpii":
        people = [mpii_annotation(p, file_name) for p in scene.people]
        return Notes(image, people, marks=[mpii_marks(p) for p in scene.people])
    names = KEYPOINTS[dataset].names
    first = image_id * _PEOPLE_PER_IMAGE
    people = [
        coco_annotation(person, names, image_id, first + place)
        for place, person in enumerate(scene.people)
    ]
    if dataset == "crowdpose":
        image["crowdIndex"] = crowd_index(people)
    return Notes(image, people, boxes=detections(scene, image_id, dice))


def annotation_files(dataset: Dataset, split: str, notes: list[Notes]) -> dict[str, bytes]:
    """Relative file name -> content, for all images of a split."""
    people = [person for one in notes for person in one.people]
    name, _ = IMAGES[dataset][SPLITS.index(split)]
    if dataset == "mpii":
        files = {name: _json(people)}
        if split == "val":
            truth = mpii_truth([m for one in notes for m in one.marks])
            files[FILES["mpii"][0]] = mat_file(truth, "synthetic people")
        return files
    content = {
        "info": {"description": f"synthetic people, {dataset} format", "version": "1.0"},
        "licenses": [],
        "images": [one.image for one in notes],
        "annotations": people,
        "categories": [category(dataset)],
    }
    files = {name: _json(content)}
    if split == "val":
        files[_BOXES[dataset]] = _json([box for one in notes for box in one.boxes])
    return files


def _json(content: Any) -> bytes:
    return json.dumps(content, separators=(",", ":")).encode()
