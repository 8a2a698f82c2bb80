"""The annotation files of a split, named and laid out as each data set has them."""

import io
import json
from dataclasses import dataclass, field
from typing import Any

import scipy.io

from bench.datasets.keypoints import KEYPOINTS
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

IMAGE_FOLDERS = {
    "coco": {"train": "train2017", "val": "val2017"},
    "mpii": {"train": "images", "val": "images"},
    "crowdpose": {"train": "images", "val": "images"},
}
_FILES = {
    ("coco", "train"): "annotations/person_keypoints_train2017.json",
    ("coco", "val"): "annotations/person_keypoints_val2017.json",
    ("mpii", "train"): "annotations/mpii_train.json",
    ("mpii", "val"): "annotations/mpii_val.json",
    ("crowdpose", "train"): "annotations/mmpose_crowdpose_trainval.json",
    ("crowdpose", "val"): "annotations/mmpose_crowdpose_test.json",
}
_BOXES = {
    "coco": "person_detection_results/COCO_val2017_detections_AP_H_56_person.json",
    "crowdpose": "annotations/det_for_crowd_test_0.1_0.5.json",
}
_MPII_TRUTH = "annotations/mpii_gt_val.mat"
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
    name = _FILES[dataset, split]
    if dataset == "mpii":
        files = {name: _json(people)}
        if split == "val":
            files[_MPII_TRUTH] = _mat(mpii_truth([m for one in notes for m in one.marks]))
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


def _mat(arrays: dict[str, Any]) -> bytes:
    """A MATLAB 5 file; its 116 bytes of free text, which usually hold a date, are fixed."""
    buffer = io.BytesIO()
    scipy.io.savemat(buffer, arrays, format="5", do_compression=False)
    return b"MATLAB 5.0 MAT-file, synthetic people".ljust(116) + buffer.getvalue()[116:]
