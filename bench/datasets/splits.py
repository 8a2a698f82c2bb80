"""Static facts of the data sets: their files, their folders, and the sizes of the published splits."""

from pathlib import Path
from typing import get_args

from bench.catalog.schema import DatasetName, Layout, Tier, layout
from bench.errors import UnknownName
from bench.paths import workspace

# Annotation file and the folder of its images: test, then training.
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
DETECTED_BOXES = "person_detection_results/COCO_val2017_detections_AP_H_56_person.json"
_ANNOTATIONS = {form: tuple(file for file, _ in both) for form, both in IMAGES.items()}
# Files that an evaluation depends on, relative to the data set's folder; the first is the test split's ground truth.
FILES: dict[DatasetName, tuple[str, ...]] = {
    "coco": (*_ANNOTATIONS["coco"], DETECTED_BOXES),
    "coco-scenes": _ANNOTATIONS["coco"],
    "mpii": ("annotations/mpii_gt_val.mat", *_ANNOTATIONS["mpii"]),
    "crowdpose": _ANNOTATIONS["crowdpose"],
}

# Entries (images; people for MPII) of the published splits: test, then training.
PUBLISHED_SIZES: dict[Layout, tuple[int, int]] = {
    "coco": (5000, 118287),
    "mpii": (2958, 22246),
    "crowdpose": (8000, 12000),
}
# Annotated people of the published splits, where they are not the entries: test, then training.
PUBLISHED_PEOPLE: dict[Layout, tuple[int, int]] = {"coco": (11004, 262465)}


def dataset_folder(dataset: DatasetName, tier: Tier) -> Path:
    """The folder of a data set at a tier; at the full tier `coco-scenes` is the real COCO. Raises `UnknownName`."""
    if dataset not in FILES:
        raise UnknownName("data set", dataset, get_args(DatasetName))
    return workspace() / "data" / tier / (layout(dataset) if tier == "full" else dataset)


def manifest_file(dataset: DatasetName, tier: Tier) -> Path:
    """The manifest, which `bench.datasets.prepare` writes."""
    return workspace() / "data" / tier / f"{dataset}.json"


def annotation_file(dataset: DatasetName, tier: Tier) -> Path:
    """The ground truth of the test split."""
    return dataset_folder(dataset, tier) / FILES[dataset][0]
