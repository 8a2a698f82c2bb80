"""Where fetched files are, which of them exist, and their receipts.

data/full/<folder>/...            the data sets and weights themselves
data/downloads/<source>/<file>    archives until they are unpacked, and files downloaded by hand
data/fetched/<source>.json        the receipt: origin and hash of each file; later downloads have to be equal
"""

import hashlib
import json
from pathlib import Path, PurePosixPath
from typing import Any

from bench.datasets.images import verify_images
from bench.datasets.matlab import read_arrays
from bench.datasets.prepare import listed_images
from bench.datasets.splits import IMAGES, PUBLISHED_PEOPLE, PUBLISHED_SIZES
from bench.errors import DataError
from bench.fetch.sources import RemoteFile, Source
from bench.files import read_bytes, read_json, write_if_changed
from bench.paths import workspace


def source_folder(source: Source) -> Path:
    """Where the files of a source are."""
    return workspace() / "data" / "full" / source.folder


def download_path(name: str, file: RemoteFile) -> Path:
    """Where an archive is until it is unpacked; a file downloaded by hand is looked for here."""
    return workspace() / "data" / "downloads" / name / file.name


def target_path(name: str, source: Source, file: RemoteFile) -> Path:
    """The target of a download: `download_path` for an archive, the final place for any other file."""
    return download_path(name, file) if file.unpack else source_folder(source) / file.to / file.name


def receipt_file(name: str) -> Path:
    return workspace() / "data" / "fetched" / f"{name}.json"


def receipt(name: str) -> dict[str, Any]:
    """The receipt of a source; empty if nothing was fetched yet."""
    path = receipt_file(name)
    if not path.is_file():
        return {}
    kept = read_json(path)
    if not isinstance(kept, dict) or not isinstance(kept.get("files"), dict):
        raise DataError(f"{path} is not a receipt; delete it and fetch {name} again")
    return kept


def write_receipt(name: str, source: Source, changes: dict[str, Any]) -> None:
    """Add to a receipt: `files` (name -> size, sha256, from) and `linked` (path -> what it links to)."""
    kept = receipt(name)
    content = {
        "source": name,
        "title": source.title,
        "licence": source.licence,
        "citation": source.citation,
        "files": {**kept.get("files", {}), **changes.get("files", {})},
        "linked": {**kept.get("linked", {}), **changes.get("linked", {})},
        "complete": changes.get("complete", kept.get("complete", False)),
    }
    text = json.dumps(content, indent=1, sort_keys=True, ensure_ascii=False) + "\n"
    write_if_changed(receipt_file(name), text.encode())


def known_sha256(name: str, file: RemoteFile) -> str | None:
    """The hash of the first download, for files whose publisher gives none."""
    kept = receipt(name).get("files", {}).get(file.name, {})
    value = kept.get("sha256") if isinstance(kept, dict) else None
    return value if isinstance(value, str) else None


def missing(source: Source) -> list[str]:
    """Files and folders of the source that are missing, with counts where a folder is incomplete."""
    found = []
    for name, want in source.expected.items():
        path = source_folder(source) / name
        if want == "file":
            if not path.is_file() or not path.stat().st_size:
                found.append(name)
            continue
        have = count_files(path)
        if have == 0 or (isinstance(want, int) and have != want):
            of = f" ({have} of {want} files)" if isinstance(want, int) and have else ""
            found.append(f"{name}{of}")
    return found


def count_files(folder: Path) -> int:
    """Files in a folder, without partial ones."""
    if not folder.is_dir():
        return 0
    return sum(1 for p in folder.iterdir() if p.suffix != ".part" and not p.name.startswith("."))


def verify_file(path: Path, file: RemoteFile, known: str | None) -> str:
    """SHA-256 of a file that was not downloaded here. Raises `DataError` if size or hash are not the expected ones."""
    size = path.stat().st_size
    if file.size and size != file.size:
        raise DataError(f"{path} has {size} bytes, expected {file.size}; remove it")
    with path.open("rb") as stream:
        digest = hashlib.file_digest(stream, "sha256").hexdigest()
    if error := file.hash_error(digest, known):
        raise DataError(f"{path}: {error}; remove it")
    if file.name.endswith(".json"):
        read_json(path)
    return digest


def link_existing(name: str, source: Source, root: Path) -> list[str]:
    """Link what is complete in another folder; the paths linked.

    Looked for at <root>/<folder>/<path>, <root>/<path> and in a folder `images` of both. A folder of images must have
    the published number of complete images; annotations must list the published number of images and people; a file
    with a known hash must have it. Raises `DataError` for what is only a part.
    """
    linked = {}
    for path, want in source.expected.items():
        target = source_folder(source) / path
        if target.exists():
            continue
        bases = (root / source.folder, root)
        candidates = [base / sub / path for base in bases for sub in ("", "images")]
        if (found := next((p.resolve() for p in candidates if p.exists()), None)) is None:
            continue
        _check_linkable(found, want, name, source)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.unlink(missing_ok=True)  # a broken link
        target.symlink_to(found)
        linked[path] = str(found)
    if linked:
        write_receipt(name, source, {"linked": linked})
    return list(linked)


def link_archive(name: str, file: RemoteFile, root: Path) -> Path | None:
    """Link the archive as its publisher names it, from `root` or up to two folders below it; what it links to.

    It is unpacked from where it is, and stays there.
    """
    target = download_path(name, file)
    patterns = (file.name, f"*/{file.name}", f"*/*/{file.name}")
    found = next(
        (p for pattern in patterns for p in sorted(root.glob(pattern)) if p.is_file()), None
    )
    if found is None or target.exists():
        return None
    target.parent.mkdir(parents=True, exist_ok=True)
    target.unlink(missing_ok=True)  # a broken link
    target.symlink_to(found.resolve())
    return found


def _check_linkable(found: Path, want: int | str, name: str, source: Source) -> None:
    if want == "file":
        file = next((f for f in source.files if f.name == found.name and not f.unpack), None)
        if file:
            verify_file(found, file, known_sha256(name, file))
        elif found.suffix in (".json", ".mat"):
            _check_annotations(found)
        return
    if isinstance(want, int) and (have := count_files(found)) != want:
        raise DataError(f"{found} has {have} files, {want} are published; it is not linked")
    verify_images(dict.fromkeys(sorted(found.glob("*.jpg"))), str(found))


def _check_annotations(found: Path) -> None:
    """Raises `DataError` if an annotation file of a published split lists fewer or more than was published."""
    counts: list[tuple[int, int, str]] = []
    for form, parts in IMAGES.items():
        for part, (file, _) in enumerate(parts):
            if PurePosixPath(file).name == found.name:
                listed = listed_images(found)
                what = "people" if form == "mpii" else "images"
                counts = [(len(listed.images), PUBLISHED_SIZES[form][part], what)]
                if form in PUBLISHED_PEOPLE:
                    counts.append((listed.people, PUBLISHED_PEOPLE[form][part], "people"))
    if found.name == "mpii_gt_val.mat":
        arrays = read_arrays(read_bytes(found), str(found), ["jnt_missing"])
        counts = [(arrays["jnt_missing"].shape[-1], PUBLISHED_SIZES["mpii"][0], "people")]
    elif found.suffix == ".json" and not counts:
        read_json(found)
    if wrong := [f"{have} {what} of {want}" for have, want, what in counts if have != want]:
        raise DataError(
            f"{found} lists {' and '.join(wrong)} published: a subset is not linked; give the whole file, or make "
            "a marked subset of it with `repropose prepare DATASET --tier full --limit N`"
        )
