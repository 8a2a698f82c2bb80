"""Galleries beside results: the one place that reads and writes them.

    results/<tier>/<run>/seed-<n>.gallery/gallery.json   captions, alternative texts, hashes
    results/<tier>/<run>/seed-<n>.gallery/<name>.webp    the pictures

A gallery names the predictions that it draws; beside a result with other predictions it is no longer shown.
"""

import json
from collections.abc import Mapping
from pathlib import Path

from pydantic import ValidationError

from bench.errors import ResultError
from bench.files import write_atomically
from bench.results.records import AccuracyResult, Gallery, Picture
from bench.results.store import Stored

LIST = "gallery.json"


def folder_of(stored: Stored[AccuracyResult]) -> Path:
    """Where the gallery of a result lies, if it has one."""
    return stored.path.with_suffix(".gallery")


def write_gallery(
    stored: Stored[AccuracyResult], gallery: Gallery, pictures: Mapping[str, bytes]
) -> Path:
    """Store a gallery beside its result, in place of an earlier one. Raises `ResultError` if that fails."""
    folder = folder_of(stored)
    for name, content in pictures.items():
        write_atomically(folder / name, content)
    text = json.dumps(gallery.model_dump(mode="json"), sort_keys=True, indent=1, ensure_ascii=False)
    write_atomically(folder / LIST, (text + "\n").encode())
    for path in folder.iterdir():
        if path.name != LIST and path.name not in pictures:
            path.unlink()
    return folder


def read_gallery(stored: Stored[AccuracyResult]) -> Gallery | None:
    """The gallery of a result; None if it has none, or one of other predictions.

    Raises `ResultError` for a file that is no gallery or a picture that is not there.
    """
    path = folder_of(stored) / LIST
    if not path.is_file() or stored.result.predictions is None:
        return None
    try:
        gallery = Gallery.model_validate_json(path.read_bytes())
    except (OSError, ValidationError) as error:
        reason = str(error).splitlines()[0]
        raise ResultError(f"{path}: is no gallery ({reason}); {_MEND}") from None
    if gallery.predictions != stored.result.predictions.sha256:
        return None
    for exhibit in gallery.exhibits:
        for picture in exhibit.pictures:
            _present(path.parent, picture)
    return gallery


_MEND = "delete the folder, or draw it anew with `repropose gallery RUN`"


def _present(folder: Path, picture: Picture) -> None:
    path = folder / picture.file
    if not path.is_file() or path.stat().st_size != picture.size:
        raise ResultError(f"{path}: is missing or not the picture that {LIST} names; {_MEND}")
