"""Data sets: where they lie, what they are made of, and a fingerprint that goes into every result.

A data set lies at `data/<tier>/<name>/` in its own standard layout: the real one at the full tier,
synthetic people below. `data/<tier>/<name>.json` is its manifest. Nothing here imports torch.
"""

import hashlib
import json
import shutil
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from bench.catalog.schema import DatasetName, SyntheticSet, Tier, layout
from bench.catalog.yaml_lines import read_yaml
from bench.datasets.images import verify_images
from bench.datasets.splits import COMPLETE, FILES, IMAGES, annotation_file, folder, manifest_file
from bench.errors import DataError, LedgerError
from bench.files import read_json, write_if_changed
from bench.paths import params_file


def truth_at_hand(dataset: DatasetName, tier: Tier) -> Path:
    """`annotation_file`, which must be there: raises `DataError` that says how to get it."""
    path = annotation_file(dataset, tier)
    if not path.is_file():
        get = f"`repropose prepare {dataset} --tier {tier}` makes it"
        if tier == "full":
            get = _how_to_get(dataset, FILES[dataset][0])
        raise DataError(f"{path} is missing; {get}")
    return path


def fingerprint(dataset: DatasetName, tier: Tier) -> str:
    """The data set's fingerprint; prepares the data set if that was not done."""
    return str(manifest_of(dataset, tier)["fingerprint"])


def manifest_of(dataset: DatasetName, tier: Tier, *, verify: bool = True) -> dict[str, Any]:
    """The manifest of a prepared data set; real data that have not changed are not verified again.

    With `verify=False` a manifest that is there is taken as it is.
    """
    path = manifest_file(dataset, tier)
    if path.is_file():
        kept: dict[str, Any] = read_json(path)
        if not verify or (tier == "full" and kept.get("seen") == _seen(dataset)):
            return kept
    return prepare(dataset, tier)


def subset_note(dataset: DatasetName, tier: Tier) -> str:
    """'' for a complete real data set (and for synthetic ones), else what differs from the published splits."""
    if tier != "full":
        return ""
    manifest = manifest_of(dataset, tier, verify=False)
    parts = [
        f"{have} of {want} {what}"
        for have, want, what in zip(
            manifest.get("entries", []),
            COMPLETE[layout(dataset)],
            ("test", "training"),
            strict=True,
        )
        if have != want
    ]
    return ", ".join(
        [" and ".join(parts)] * bool(parts) + [manifest["split"]] * bool(manifest.get("split"))
    )


def need_training_images(dataset: DatasetName, tier: Tier) -> None:
    """Raises `DataError` if only the test part of a real data set is here: enough to evaluate, not to train."""
    if tier == "full" and not manifest_of(dataset, tier, verify=False).get("training_images", True):
        place = IMAGES[layout(dataset)][1][1]
        raise DataError(
            f"{folder(dataset, tier) / place} is missing: training needs it; "
            f"{_how_to_get(dataset, place)}"
        )


def prepare(dataset: DatasetName, tier: Tier) -> dict[str, Any]:
    """Synthesise (smoke, lab) or verify (full) a data set and write its manifest.

    Raises `DataError` naming the first file of a real data set that is missing or malformed.
    """
    manifest = _verify(dataset) if tier == "full" else _synthesise(dataset, tier)
    text = json.dumps(manifest, indent=1, sort_keys=True) + "\n"
    write_if_changed(manifest_file(dataset, tier), text.encode())
    return manifest


def synthetic_settings(dataset: DatasetName, tier: Tier) -> SyntheticSet:
    """The entry of params.yaml. Raises `LedgerError` naming the file and what is wrong in it."""
    path = params_file()
    try:
        return SyntheticSet.model_validate(read_yaml(path)["synthetic"][tier][dataset])
    except (KeyError, TypeError):
        raise LedgerError(f"{path}: has no entry synthetic > {tier} > {dataset}") from None
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        where = " > ".join(["synthetic", tier, dataset, *map(str, first["loc"])])
        raise LedgerError(f"{path}: {where}: {first['msg']} (got {first['input']!r})") from None


def _synthesise(dataset: DatasetName, tier: Tier) -> dict[str, Any]:
    """The pipeline's own folder: other settings, or a missing image, make it anew."""
    from bench.datasets import synthetic

    settings = synthetic_settings(dataset, tier).model_dump()
    where = folder(dataset, tier)
    if (where / "manifest.json").is_file():
        there = synthetic.read_manifest(where)
        wanted = {"dataset": layout(dataset), **settings}
        same = all(getattr(there.recipe, key) == value for key, value in wanted.items())
        pictures = sum(1 for _ in where.rglob("*.png"))
        if not same or pictures != sum(there.images.values()):
            shutil.rmtree(where)
    made = synthetic.generate(where, dataset=layout(dataset), **settings)
    return {
        "dataset": dataset,
        "tier": tier,
        "synthetic": settings,
        "fingerprint": made.fingerprint,
    }


def _seen(dataset: DatasetName) -> dict[str, list[int]]:
    """Size and time of annotation files and image folders: unchanged, they are not looked at again."""
    found = {}
    for name in (*FILES[dataset], *(place for _, place in IMAGES[layout(dataset)])):
        path = folder(dataset, "full") / name
        if path.exists():
            size = path.stat().st_size if path.is_file() else 0
            found[name] = [size, path.stat().st_mtime_ns]
    return found


def _verify(dataset: DatasetName) -> dict[str, Any]:
    """Annotations and test images must be here; training images only to train, detected boxes only to use them.

    The fingerprint is that of the annotations, so that it stays the same when the rest comes.
    """
    where = folder(dataset, "full")
    files = _hashes(dataset, where)
    annotations = {name: sha for name, sha in files.items() if name.startswith("annotations/")}
    images: set[Path] = set()
    entries, training_images = [], True
    for part, (file, place) in enumerate(IMAGES[layout(dataset)]):
        names = _image_names(where / file)
        entries.append(len(names))
        if part and not (where / place).exists():
            training_images = False
            continue
        images |= {where / place / name for name in names}
    return {
        "dataset": dataset,
        "tier": "full",
        "files": files,
        "entries": entries,
        "training_images": training_images,
        "split": _own_split(where),
        "images": verify_images(sorted(images), f"{dataset} images"),
        "seen": _seen(dataset),
        "fingerprint": hashlib.sha256(json.dumps(annotations, sort_keys=True).encode()).hexdigest(),
    }


def _hashes(dataset: DatasetName, where: Path) -> dict[str, str]:
    """SHA-256 of every file that decides an evaluation; boxes of a detector may be missing."""
    files = {}
    for name in FILES[dataset]:
        path = where / name
        if not path.is_file():
            if not name.startswith("annotations/"):
                continue
            raise DataError(
                f"{path} is missing: the full tier needs the real {dataset}; {_how_to_get(dataset, name)}"
            )
        with path.open("rb") as stream:
            files[name] = hashlib.file_digest(stream, "sha256").hexdigest()
    return files


def _how_to_get(dataset: DatasetName, place: str) -> str:
    """The command that brings a file or folder."""
    names = {
        "coco": {
            "annotations": "coco-annotations",
            "val2017": "coco-val",
            "train2017": "coco-train",
        },
        "mpii": {"annotations": "mpii-annotations", "images": "mpii"},
        "crowdpose": {"annotations": "crowdpose-annotations", "images": "crowdpose"},
    }[layout(dataset)]
    return f"`repropose fetch {names[place.partition('/')[0]]}` brings it (README, 'Real data')"


def _own_split(where: Path) -> str:
    """What a conversion with a split of its own left behind (`bench.datasets.mpii`); '' for published ones."""
    note = where / "annotations" / "mpii_split.json"
    rule = read_json(note).get("rule", "") if note.is_file() else ""
    return str(rule) if rule != "published list" else ""


def _image_names(file: Path) -> list[str]:
    """Image file of every entry. Raises `DataError` for a file that is no annotation of ours."""
    data = read_json(file)
    try:
        listed = data if isinstance(data, list) else data["images"]
        names = [one["image"] if isinstance(data, list) else one["file_name"] for one in listed]
    except (KeyError, TypeError, IndexError) as error:
        raise DataError(f"{file} is no annotation file: {type(error).__name__} {error}") from None
    if strange := [n for n in names if not isinstance(n, str) or ".." in n or n.startswith("/")]:
        raise DataError(f"{file} names an image outside of its folder: {strange[0]!r}")
    return names
