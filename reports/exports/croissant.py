"""Croissant (mlcommons.org/croissant, 1.0) of the synthetic people that were generated here.

A file describes one data set at one tier: what it was made from, its files, and where the keypoints are. Saved as
`croissant.json` in the folder of the data set it is loadable by the `mlcroissant` library.
"""

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

from bench.catalog.schema import DatasetName, Tier, layout
from bench.datasets.splits import IMAGES, dataset_folder, manifest_file
from bench.files import read_json

TIERS: tuple[Tier, ...] = ("smoke", "lab")
#: Names that stand for longer ones; the format asks for them, as they are, in every file.
_OWN = (
    *(
        "citeAs",
        "column",
        "extract",
        "field",
        "fileProperty",
        "fileObject",
        "fileSet",
        "format",
        "includes",
    ),
    *(
        "isLiveDataset",
        "jsonPath",
        "key",
        "md5",
        "parentField",
        "path",
        "recordSet",
        "references",
        "regex",
    ),
    *("repeated", "replace", "separator", "source", "subField", "transform"),
)
CONTEXT: dict[str, Any] = {
    "@language": "en",
    "@vocab": "https://schema.org/",
    "cr": "http://mlcommons.org/croissant/",
    "rai": "http://mlcommons.org/croissant/RAI/",
    "dct": "http://purl.org/dc/terms/",
    "sc": "https://schema.org/",
    "conformsTo": "dct:conformsTo",
    "data": {"@id": "cr:data", "@type": "@json"},
    "dataType": {"@id": "cr:dataType", "@type": "@vocab"},
    "examples": {"@id": "cr:examples", "@type": "@json"},
    **{name: f"cr:{name}" for name in _OWN},
}
#: Field of a person -> (JSONPath in the annotation file, type, whether it is a list), by layout.
_COCO = {
    "id": ("$.annotations[*].id", "sc:Integer", False),
    "image_id": ("$.annotations[*].image_id", "sc:Integer", False),
    "bbox": ("$.annotations[*].bbox", "sc:Float", True),
    "keypoints": ("$.annotations[*].keypoints", "sc:Float", True),
}
FIELDS = {
    "coco": _COCO,
    "crowdpose": _COCO,
    "mpii": {
        "image": ("$[*].image", "sc:Text", False),
        "joints": ("$[*].joints", "sc:Float", True),
    },
}


def croissant_files() -> Iterator[tuple[str, str]]:
    """(tier and data set, content) of every synthetic data set in the workspace: ('smoke-coco', '{...}')."""
    for tier in TIERS:
        for dataset in get_args(DatasetName):
            folder, manifest = dataset_folder(dataset, tier), manifest_file(dataset, tier)
            files = [folder / name for name, _ in IMAGES[layout(dataset)]]
            if manifest.is_file() and all(file.is_file() for file in files):
                yield f"{tier}-{dataset}", croissant(dataset, tier, folder, read_json(manifest))


def croissant(dataset: DatasetName, tier: Tier, folder: Path, manifest: dict[str, Any]) -> str:
    """The description of a generated data set in `folder`. manifest: with `synthetic` settings and `fingerprint`."""
    form = layout(dataset)
    settings = ", ".join(f"{key} {value}" for key, value in sorted(manifest["synthetic"].items()))
    distribution: list[dict[str, Any]] = []
    records = []
    for (file, images), part in zip(IMAGES[form], ("test", "train"), strict=True):
        content = (folder / file).read_bytes()
        distribution.append(
            {
                "@type": "cr:FileObject",
                "@id": f"annotations-{part}",
                "name": f"annotations-{part}",
                "description": f"Annotated people, {part} split",
                "contentUrl": file,
                "contentSize": f"{len(content)} B",
                "encodingFormat": "application/json",
                "sha256": hashlib.sha256(content).hexdigest(),
            }
        )
        if images not in {
            one["includes"].split("/")[0] for one in distribution if "includes" in one
        }:
            distribution.append(
                {
                    "@type": "cr:FileSet",
                    "@id": f"images-{images}",
                    "name": f"images-{images}",
                    "description": "Rendered images",
                    "encodingFormat": "image/png",
                    "includes": f"{images}/*.png",
                }
            )
        records.append(_people(form, part))
    described = {
        "@context": CONTEXT,
        "@type": "sc:Dataset",
        "conformsTo": "http://mlcommons.org/croissant/1.0",
        "name": f"repropose-{tier}-{dataset}",
        "description": (
            f"Rendered people with keypoints in the layout of {form}, made by "
            f"`repropose prepare {dataset} --tier {tier}` ({settings}); fingerprint {manifest['fingerprint']}. No real "
            "images; results on it are not comparable with results on the data set whose layout it has."
        ),
        "version": "1.0.0",
        "keywords": ["human pose estimation", "synthetic"],
        "distribution": distribution,
        "recordSet": records,
    }
    return json.dumps(described, indent=1, ensure_ascii=False) + "\n"


def _people(form: str, part: str) -> dict[str, Any]:
    name = f"people-{part}"
    return {
        "@type": "cr:RecordSet",
        "@id": name,
        "name": name,
        "description": f"One record per annotated person, {part} split",
        "field": [
            {
                "@type": "cr:Field",
                "@id": f"{name}/{field}",
                "name": field,
                "dataType": kind,
                **({"repeated": True} if several else {}),
                "source": {
                    "fileObject": {"@id": f"annotations-{part}"},
                    "extract": {"jsonPath": path},
                },
            }
            for field, (path, kind, several) in FIELDS[form].items()
        ],
    }
