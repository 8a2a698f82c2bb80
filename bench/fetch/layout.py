"""Where fetched things lie, what is there already, and what is known of it.

data/full/<folder>/...            the data sets and weights themselves
data/downloads/<source>/<file>    archives until they are unpacked, and files that a person got by hand
data/fetched/<source>.json        the receipt: which bytes came from where; every later download must equal them
"""

import hashlib
import json
from pathlib import Path
from typing import Any

from bench.datasets.images import verify_images
from bench.errors import DataError
from bench.fetch.sources import RemoteFile, Source
from bench.files import read_json, write_if_changed
from bench.paths import workspace


def home(source: Source) -> Path:
    return workspace() / "data" / "full" / source.folder


def waiting_room(name: str, file: RemoteFile) -> Path:
    return workspace() / "data" / "downloads" / name / file.name


def final(name: str, source: Source, file: RemoteFile) -> Path:
    """Where a download ends: an archive in the waiting room, anything else in its place."""
    return waiting_room(name, file) if file.unpack else home(source) / file.to / file.name


def receipt_file(name: str) -> Path:
    return workspace() / "data" / "fetched" / f"{name}.json"


def receipt(name: str) -> dict[str, Any]:
    """What is written about a source; empty if nothing was fetched yet."""
    path = receipt_file(name)
    if not path.is_file():
        return {}
    kept = read_json(path)
    if not isinstance(kept, dict) or not isinstance(kept.get("files"), dict):
        raise DataError(f"{path} is no receipt; delete it and fetch {name} again")
    return kept


def write_receipt(name: str, source: Source, changes: dict[str, Any]) -> None:
    """Add to a receipt: `files` (name -> size, sha256, from) and `linked` (place -> where it lies)."""
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
    """The hash of the first download, for files whose publisher states none."""
    kept = receipt(name).get("files", {}).get(file.name, {})
    value = kept.get("sha256") if isinstance(kept, dict) else None
    return value if isinstance(value, str) else None


def missing(source: Source) -> list[str]:
    """What the source brings and is not there, with the counts where a folder is incomplete."""
    found = []
    for place, want in source.expected.items():
        path = home(source) / place
        if want == "file":
            if not path.is_file() or not path.stat().st_size:
                found.append(place)
            continue
        have = count_files(path)
        if have == 0 or (isinstance(want, int) and have != want):
            of = f" ({have} of {want} files)" if isinstance(want, int) and have else ""
            found.append(f"{place}{of}")
    return found


def count_files(folder: Path) -> int:
    """Files in a folder, without half ones."""
    if not folder.is_dir():
        return 0
    return sum(1 for p in folder.iterdir() if p.suffix != ".part" and not p.name.startswith("."))


def verified(path: Path, file: RemoteFile, known: str | None) -> str:
    """SHA-256 of a file that did not come through us. Raises `DataError` if it is not what it should be."""
    size = path.stat().st_size
    if file.size and size != file.size:
        raise DataError(f"{path} has {size} bytes, published are {file.size}; remove it")
    with path.open("rb") as stream:
        digest = hashlib.file_digest(stream, "sha256").hexdigest()
    wanted = file.sha256 or file.sha256_starts or known or ""
    if not digest.startswith(wanted):
        raise DataError(f"{path} has SHA-256 {digest}, it should be {wanted}; remove it")
    if file.name.endswith(".json"):
        read_json(path)
    return digest


def adopt(name: str, source: Source, root: Path) -> list[str]:
    """Link what lies complete in another folder; the places linked.

    Looked for at <root>/<folder>/<place>, <root>/<place> and in a folder `images` of both. A folder of images must have
    the published number, each whole; a JSON file must be readable; what is known by hash must have it.
    """
    linked = {}
    for place, want in source.expected.items():
        target = home(source) / place
        if target.exists():
            continue
        bases = (root / source.folder, root)
        tried = [base / sub / place for base in bases for sub in ("", "images")]
        if (found := next((path.resolve() for path in tried if path.exists()), None)) is None:
            continue
        _fit_to_link(found, want, name, source)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.unlink(missing_ok=True)  # a link that leads nowhere
        target.symlink_to(found)
        linked[place] = str(found)
    if linked:
        write_receipt(name, source, {"linked": linked})
    return list(linked)


def _fit_to_link(found: Path, want: int | str, name: str, source: Source) -> None:
    if want == "file":
        file = next((f for f in source.files if f.name == found.name and not f.unpack), None)
        if file:
            verified(found, file, known_sha256(name, file))
        elif found.suffix == ".json":
            read_json(found)
        return
    if isinstance(want, int) and (have := count_files(found)) != want:
        raise DataError(f"{found} has {have} files, {want} are published; it is not linked")
    verify_images((path for path in found.iterdir() if path.suffix == ".jpg"), str(found))
