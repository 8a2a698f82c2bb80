"""Data sets as files: which belong to each, where they are, how many entries the published splits have."""

from pathlib import Path
from typing import get_args

from bench.catalog.schema import DatasetName, Layout, Tier, layout
from bench.errors import UnknownName
from bench.paths import workspace

# The files that decide an evaluation, relative to the data set's folder; the first is the test truth.
FILES: dict[DatasetName, tuple[str, ...]] = {
    "coco": (
        "annotations/person_keypoints_val2017.json",
        "annotations/person_keypoints_train2017.json",
        "person_detection_results/COCO_val2017_detections_AP_H_56_person.json",
    ),
    "coco-scenes": (
        "annotations/person_keypoints_val2017.json",
        "annotations/person_keypoints_train2017.json",
    ),
    "mpii": (
        "annotations/mpii_gt_val.mat",
        "annotations/mpii_val.json",
        "annotations/mpii_train.json",
    ),
    "crowdpose": (
        "annotations/mmpose_crowdpose_test.json",
        "annotations/mmpose_crowdpose_trainval.json",
    ),
}


# Where the images lie that an annotation file names: test, then training.
IMAGES: dict[Layout, tuple[tuple[str, str], ...]] = {
    "coco": (
        ("annotations/person_keypoints_val2017.json", "val2017"),
        ("annotations/person_keypoints_train2017.json", "train2017"),
    ),
    "mpii": (("annotations/mpii_val.json", "images"), ("annotations/mpii_train.json", "images")),
    "crowdpose": (
        ("annotations/mmpose_crowdpose_test.json", "images"),
        ("annotations/mmpose_crowdpose_trainval.json", "images"),
    ),
}


# How many entries (images; people for MPII) the published splits have: test, then training.
COMPLETE: dict[Layout, tuple[int, int]] = {
    "coco": (5000, 118287),
    "mpii": (2958, 22246),
    "crowdpose": (8000, 12000),
}


def folder(dataset: DatasetName, tier: Tier) -> Path:
    """Where a data set lies at a tier: whole images of the real COCO are COCO's own."""
    if dataset not in FILES:
        raise UnknownName("data set", dataset, get_args(DatasetName))
    return workspace() / "data" / tier / (layout(dataset) if tier == "full" else dataset)


def manifest_file(dataset: DatasetName, tier: Tier) -> Path:
    return workspace() / "data" / tier / f"{dataset}.json"


def annotation_file(dataset: DatasetName, tier: Tier) -> Path:
    """The truth that predictions are evaluated against."""
    return folder(dataset, tier) / FILES[dataset][0]
