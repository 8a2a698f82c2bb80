"""Preparing data sets: real ones are verified, synthetic ones generated; the fingerprint goes into every result.

A data set is at `data/<tier>/<name>/` in its own standard layout: the real one at the full tier, synthetic people at
the others. `data/<tier>/<name>.json` is its manifest.
"""

import hashlib
import json
import os
import shutil
from collections.abc import Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import Any, NamedTuple

from pydantic import ValidationError

from bench.catalog.schema import DatasetName, SyntheticSet, Tier, layout
from bench.catalog.yaml_lines import read_yaml
from bench.datasets.annotations import annotations_of
from bench.datasets.images import Size, verify_images
from bench.datasets.splits import (
    FILES,
    IMAGES,
    PUBLISHED_PEOPLE,
    PUBLISHED_SIZES,
    annotation_file,
    dataset_folder,
    manifest_file,
)
from bench.errors import CatalogError, ChangedData, DataError
from bench.files import read_json, write_if_changed
from bench.locks import alone
from bench.paths import params_file


def require_annotations(dataset: DatasetName, tier: Tier) -> Path:
    """The existing `annotation_file`. Raises `DataError` with the command that gets it."""
    path = annotation_file(dataset, tier)
    if not path.is_file():
        get = f"`repropose prepare {dataset} --tier {tier}` creates it"
        if tier == "full":
            get = _fetch_hint(dataset, FILES[dataset][0])
        raise DataError(f"{path} is missing; {get}")
    return path


def fingerprint(dataset: DatasetName, tier: Tier) -> str:
    """The data set's fingerprint; prepares the data set if necessary."""
    return str(manifest_of(dataset, tier)["fingerprint"])


def manifest_of(dataset: DatasetName, tier: Tier, *, verify: bool = True) -> dict[str, Any]:
    """The manifest; prepares the data set if necessary. Unchanged real data are not verified again.

    With `verify=False` an existing manifest is returned as it is.
    """
    path = manifest_file(dataset, tier)
    if path.is_file():
        kept: dict[str, Any] = read_json(path)
        same = "turned" in kept and kept.get("seen") == _file_states(dataset)
        if not verify or (tier == "full" and same):
            return kept
    return prepare(dataset, tier)


def subset_note(dataset: DatasetName, tier: Tier) -> str:
    """How a real data set differs from the published splits; '' if it is complete, or synthetic."""
    if tier != "full":
        return ""
    manifest = manifest_of(dataset, tier, verify=False)
    form = layout(dataset)
    parts = _differing(manifest.get("entries", []), PUBLISHED_SIZES[form], "")
    if not parts and form in PUBLISHED_PEOPLE:
        parts = _differing(manifest.get("people", []), PUBLISHED_PEOPLE[form], " people")
    return ", ".join(
        [" and ".join(parts)] * bool(parts) + [manifest["split"]] * bool(manifest.get("split"))
    )


def _differing(counts: Sequence[int], published: Sequence[int], what: str) -> list[str]:
    return [
        f"{have} of {want} {split}{what}"
        for have, want, split in zip(counts, published, ("test", "training"), strict=False)
        if have != want
    ]


def require_training_images(dataset: DatasetName, tier: Tier) -> None:
    """Raises `DataError` if a real data set has only its test images: enough to evaluate, not to train."""
    if tier == "full" and not manifest_of(dataset, tier, verify=False).get("training_images", True):
        images = IMAGES[layout(dataset)][1][1]
        raise DataError(
            f"{dataset_folder(dataset, tier) / images} is missing: training needs it; "
            f"{_fetch_hint(dataset, images)}"
        )


def prepare(dataset: DatasetName, tier: Tier) -> dict[str, Any]:
    """Generate (smoke, lab) or verify (full) a data set and write its manifest.

    Raises `DataError` naming the first file of a real data set that is missing or malformed, or a synthetic data set
    that was changed.
    """
    path = manifest_file(dataset, tier)
    lock = alone(path.with_name(f".{dataset}.lock"), f"{dataset} at tier {tier}", wait=True)
    read_only = path.parent.exists() and not os.access(path.parent, os.W_OK)
    with nullcontext() if tier == "full" or read_only else lock:
        manifest = _verify_real(dataset) if tier == "full" else _generate(dataset, tier)
        write_if_changed(path, (json.dumps(manifest, indent=1, sort_keys=True) + "\n").encode())
    return manifest


def synthetic_settings(dataset: DatasetName, tier: Tier) -> SyntheticSet:
    """The entry of params.yaml. Raises `CatalogError` naming the file and the error in it."""
    path = params_file()
    try:
        return SyntheticSet.model_validate(read_yaml(path)["synthetic"][tier][dataset])
    except (KeyError, TypeError):
        raise CatalogError(f"{path}: has no entry synthetic > {tier} > {dataset}") from None
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        where = " > ".join(["synthetic", tier, dataset, *map(str, first["loc"])])
        raise CatalogError(f"{path}: {where}: {first['msg']} (got {first['input']!r})") from None


def _generate(dataset: DatasetName, tier: Tier) -> dict[str, Any]:
    """Generate a synthetic data set; again if its settings changed or an image is missing.

    Raises `ChangedData` if a file in it is not as it was generated.
    """
    from bench.datasets import synthetic

    settings = synthetic_settings(dataset, tier).model_dump()
    folder = dataset_folder(dataset, tier)
    if (folder / "manifest.json").is_file():
        existing = synthetic.read_manifest(folder)
        wanted = {"dataset": layout(dataset), **settings}
        same = all(getattr(existing.recipe, key) == value for key, value in wanted.items())
        images = sum(1 for _ in folder.rglob("*.png"))
        if not same or images != sum(existing.images.values()):
            shutil.rmtree(folder)
        elif synthetic.fingerprint(folder) != existing.fingerprint:
            raise ChangedData(
                f"{folder} was changed after it was generated; remove it and run `repropose prepare {dataset} --tier "
                f"{tier}`, which makes it as it was"
            )
    made = synthetic.generate(folder, dataset=layout(dataset), **settings)
    return {
        "dataset": dataset,
        "tier": tier,
        "synthetic": settings,
        "fingerprint": made.fingerprint,
    }


def _file_states(dataset: DatasetName) -> dict[str, list[int]]:
    """Size and modification time of annotation files and image folders; while they stay, nothing is verified again."""
    states = {}
    for name in (*FILES[dataset], *(images for _, images in IMAGES[layout(dataset)])):
        path = dataset_folder(dataset, "full") / name
        if path.exists():
            size = path.stat().st_size if path.is_file() else 0
            states[name] = [size, path.stat().st_mtime_ns]
    return states


def _verify_real(dataset: DatasetName) -> dict[str, Any]:
    """Annotations and test images are required; training images only for training, detected boxes only for their use.

    The fingerprint is that of the annotations, so it stays the same when the rest is added.
    """
    folder = dataset_folder(dataset, "full")
    files = _file_hashes(dataset, folder)
    annotations = {name: sha for name, sha in files.items() if name.startswith("annotations/")}
    form, (truth, _) = layout(dataset), IMAGES[layout(dataset)][0]
    notes = annotations_of(folder / truth, form).notes if form != "mpii" else ()
    images: dict[Path, Size | None] = {}
    entries, people, training_images = [], [], True
    for part, (file, image_folder) in enumerate(IMAGES[layout(dataset)]):
        listed = listed_images(folder / file)
        entries.append(len(listed.images))
        people.append(listed.people)
        if part and not (folder / image_folder).exists():
            training_images = False
            continue
        images |= {folder / image_folder / name: size for name, size in listed.images}
    checked = verify_images(dict(sorted(images.items())), f"{dataset} images")
    return {
        "dataset": dataset,
        "tier": "full",
        "files": files,
        "entries": entries,
        "people": people,
        "training_images": training_images,
        "split": _custom_split(folder),
        "images": checked.images,
        "turned": checked.turned,
        "notes": list(notes),
        "seen": _file_states(dataset),
        "fingerprint": hashlib.sha256(json.dumps(annotations, sort_keys=True).encode()).hexdigest(),
    }


def _file_hashes(dataset: DatasetName, folder: Path) -> dict[str, str]:
    """SHA-256 of every file that an evaluation depends on; detected boxes may be missing."""
    files = {}
    for name in FILES[dataset]:
        path = folder / name
        if not path.is_file():
            if not name.startswith("annotations/"):
                continue
            raise DataError(
                f"{path} is missing: the full tier needs the real {dataset}; {_fetch_hint(dataset, name)}"
            )
        with path.open("rb") as stream:
            files[name] = hashlib.file_digest(stream, "sha256").hexdigest()
    return files


def _fetch_hint(dataset: DatasetName, name: str) -> str:
    """The command that downloads a file or folder of the data set."""
    parts = {"annotations": "-annotations", "val2017": "-val", "train2017": "-train", "images": ""}
    source = layout(dataset) + parts[name.partition("/")[0]]
    return f"`repropose fetch {source}` downloads it (see docs/data.md)"


def _custom_split(folder: Path) -> str:
    """The rule of a split that is not the published one (see `bench.datasets.mpii`); '' for the published one."""
    note = folder / "annotations" / "mpii_split.json"
    rule = read_json(note).get("rule", "") if note.is_file() else ""
    return str(rule) if rule != "published list" else ""


class Listed(NamedTuple):
    """What an annotation file lists: image files, each with its size where the file says it (for MPII one per person),
    and the number of people."""

    images: list[tuple[str, Size | None]]
    people: int


def listed_images(file: Path) -> Listed:
    """Every entry of an annotation file. Raises `DataError` if it is not one of these data sets."""
    data = read_json(file)
    try:
        listed = data if isinstance(data, list) else data["images"]
        key = "image" if isinstance(data, list) else "file_name"
        found = [(one[key], _size(one)) for one in listed]
        people = len(data if isinstance(data, list) else data["annotations"])
    except (KeyError, TypeError, IndexError) as error:
        raise DataError(
            f"{file} is not an annotation file: {type(error).__name__} {error}"
        ) from None
    for name, _ in found:
        if not isinstance(name, str) or ".." in name or name.startswith("/"):
            raise DataError(f"{file} names an image outside its folder: {name!r:.200}")
        if not name.isprintable():
            raise DataError(f"{file} names an image with control characters: {name!r:.200}")
    return Listed(found, people)


def _size(one: dict[str, Any]) -> Size | None:
    width, height = one.get("width"), one.get("height")
    return (width, height) if isinstance(width, int) and isinstance(height, int) else None
