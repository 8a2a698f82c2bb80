"""Data sets: where they lie, what they are made of, and a fingerprint that goes into every result.

A data set lies at `data/<tier>/<name>/` in its own standard layout: the real one at the full tier,
synthetic people below. `data/<tier>/<name>.json` is its manifest. Nothing here imports torch.
"""

import hashlib
import json
from pathlib import Path
from typing import Any, get_args

from bench.catalog import read_yaml
from bench.datasets.files import read_json
from bench.datasets.images import verify_images
from bench.errors import DataError, UnknownName
from bench.schema import DatasetName, Tier
from bench.sources import params_file, workspace

# The files that decide an evaluation, relative to the data set's folder; the first is the test truth.
FILES: dict[DatasetName, tuple[str, ...]] = {
    "coco": (
        "annotations/person_keypoints_val2017.json",
        "annotations/person_keypoints_train2017.json",
        "person_detection_results/COCO_val2017_detections_AP_H_56_person.json",
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


def folder(dataset: DatasetName, tier: Tier) -> Path:
    """Where a data set lies at a tier."""
    if dataset not in FILES:
        raise UnknownName("data set", dataset, get_args(DatasetName))
    return workspace() / "data" / tier / dataset


def manifest_file(dataset: DatasetName, tier: Tier) -> Path:
    return workspace() / "data" / tier / f"{dataset}.json"


def annotation_file(dataset: DatasetName, tier: Tier) -> Path:
    """The truth that predictions are evaluated against."""
    return folder(dataset, tier) / FILES[dataset][0]


def fingerprint(dataset: DatasetName, tier: Tier) -> str:
    """The data set's fingerprint; prepares synthetic data if they are not there."""
    return str(prepare(dataset, tier)["fingerprint"])


def prepare(dataset: DatasetName, tier: Tier) -> dict[str, Any]:
    """Synthesise (smoke, lab) or verify (full) a data set and write its manifest.

    Raises `DataError` naming the first missing file of a real data set.
    """
    manifest = (
        _verify(dataset, folder(dataset, tier)) if tier == "full" else _synthesise(dataset, tier)
    )
    path = manifest_file(dataset, tier)
    text = json.dumps(manifest, indent=1, sort_keys=True) + "\n"
    if not path.is_file() or path.read_text() != text:
        path.parent.mkdir(parents=True, exist_ok=True)
        part = path.with_suffix(".part")
        part.write_text(text)
        part.rename(path)
    return manifest


def _synthesise(dataset: DatasetName, tier: Tier) -> dict[str, Any]:
    from bench.datasets import synthetic

    settings = read_yaml(params_file())["synthetic"][tier][dataset]
    made = synthetic.generate(folder(dataset, tier), dataset=dataset, **settings)
    return {
        "dataset": dataset,
        "tier": tier,
        "synthetic": settings,
        "fingerprint": made.fingerprint,
    }


IMAGES: dict[DatasetName, tuple[tuple[str, str], ...]] = {
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


def _images(dataset: DatasetName, where: Path) -> int:
    """Check that every image which the annotations name is there and whole; how many there are."""
    names: set[Path] = set()
    for file, place in IMAGES[dataset]:
        data = read_json(where / file)
        listed = data if isinstance(data, list) else data["images"]
        names |= {where / place / (one.get("file_name") or one["image"]) for one in listed}
    return verify_images(sorted(names), f"{dataset} images")


def _verify(dataset: DatasetName, where: Path) -> dict[str, Any]:
    files = {}
    for name in FILES[dataset]:
        path = where / name
        if not path.is_file():
            raise DataError(
                f"{path} is missing: the full tier needs the real {dataset}; put or link it at {where} in its "
                "standard layout (README, 'Real data')"
            )
        with path.open("rb") as stream:
            files[name] = hashlib.file_digest(stream, "sha256").hexdigest()
    images = _images(dataset, where)
    whole = hashlib.sha256(json.dumps(files, sort_keys=True).encode()).hexdigest()
    return {
        "dataset": dataset,
        "tier": "full",
        "files": files,
        "images": images,
        "fingerprint": whole,
    }
