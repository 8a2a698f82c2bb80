"""Galleries stored next to results: the one module that reads and writes them.

    results/<tier>/<run>/seed-<n>.gallery/gallery.json   captions, alternative texts, hashes
    results/<tier>/<run>/seed-<n>.gallery/<name>.webp    the pictures

A gallery names the predictions that it draws; it is not shown once the result has other predictions.
"""

import json
from collections.abc import Mapping
from itertools import chain
from pathlib import Path

from pydantic import ValidationError

from bench.errors import ResultError
from bench.files import write_atomically
from bench.results.records import AccuracyResult, Gallery
from bench.results.store import Stored

LIST = "gallery.json"
_FIX = "delete the folder, or draw it again with `repropose gallery RUN`"


def write_gallery(
    stored: Stored[AccuracyResult], gallery: Gallery, pictures: Mapping[str, bytes]
) -> Path:
    """Store a gallery next to its result and replace an earlier one. Raises `ResultError` if that fails."""
    folder = stored.gallery
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

    Raises `ResultError` for a file that is not a gallery and for a missing picture.
    """
    path = stored.gallery / LIST
    if not path.is_file() or stored.result.predictions is None:
        return None
    try:
        gallery = Gallery.model_validate_json(path.read_bytes())
    except (OSError, ValidationError) as error:
        reason = str(error).splitlines()[0]
        raise ResultError(f"{path}: is not a gallery ({reason}); {_FIX}") from None
    if gallery.predictions != stored.result.predictions.sha256:
        return None
    for picture in chain.from_iterable(group.pictures for group in gallery.exhibits):
        file = stored.gallery / picture.file
        if not file.is_file() or file.stat().st_size != picture.size:
            raise ResultError(f"{file}: is missing or is not the picture that {LIST} names; {_FIX}")
    return gallery
