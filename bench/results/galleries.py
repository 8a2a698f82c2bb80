"""Galleries stored next to results: the one module that reads and writes them.

    results/<tier>/<run>/seed-<n>.gallery/gallery.json   captions, alternative texts, hashes
    results/<tier>/<run>/seed-<n>.gallery/<name>.webp    the pictures

A gallery names the predictions that it draws; it is not shown once the result has other predictions.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Literal

from pydantic import Field, ValidationError

from bench.catalog.schema import Strict
from bench.errors import ResultError
from bench.files import write_atomically
from bench.results import manifest
from bench.results.provenance import sha256
from bench.results.records import AccuracyResult
from bench.results.store import Stored

LIST = "gallery.json"
_FIX = "delete the folder, or draw it again with `repropose gallery RUN`"

Point = tuple[float, float]
ErrorKind = Literal["good", "jitter", "inversion", "swap", "miss"]


class Picture(Strict):
    """One picture of a gallery, in the folder of gallery.json."""

    file: str = Field(pattern=r"^[a-z0-9-]+\.webp$")
    sha256: str = Field(pattern=r"^[0-9a-f]{64}$")
    size: int = Field(description="bytes")
    width: int = Field(gt=0)
    height: int = Field(gt=0)
    title: str
    alt: str = Field(description="alternative text: what the picture shows")


class PanelGroup(Strict):
    """Pictures that share one caption."""

    key: str
    title: str
    caption: str
    pictures: tuple[Picture, ...]
    image: int | None = Field(None, description="number of the image that all of them are about")


class Pose(Strict):
    """One annotated person and what was predicted for it; x and y in pixels of the picture, K keypoints."""

    person: int = Field(description="its id; MPII: its position in the file")
    annotated: tuple[Point | None, ...] = Field(description="[K]; null: not labelled")
    predicted: tuple[Point, ...] | None = Field(description="[K]; null: not detected")
    kinds: tuple[ErrorKind | None, ...] = Field(description="[K] error types of labelled keypoints")
    score: float = Field(description="OKS; MPII: share of joints within half a head")


class PosedImage(Strict):
    """A test image as it is, and the people in it: pages draw their poses."""

    number: int = Field(description="image id; MPII: position of the person")
    picture: Picture
    people: tuple[Pose, ...]
    unmatched: tuple[tuple[Point, ...], ...] = Field((), description="predictions of nobody")


class Gallery(Strict):
    """Predictions of a run, drawn on a few test images, and what its network computes there."""

    format: Literal[1] = 1
    predictions: str = Field(description="SHA-256 of the predictions that are drawn")
    exhibits: tuple[PanelGroup, ...]
    images: tuple[PosedImage, ...] = Field((), description="the same for every run on this data")

    @property
    def pictures(self) -> list[Picture]:
        """All pictures."""
        drawn = [picture for group in self.exhibits for picture in group.pictures]
        return [*drawn, *(one.picture for one in self.images)]


def write_gallery(
    stored: Stored[AccuracyResult], gallery: Gallery, pictures: Mapping[str, bytes]
) -> Path:
    """Store a gallery next to its result and replace an earlier one. Raises `ResultError` if that fails."""
    folder = stored.gallery
    text = json.dumps(gallery.model_dump(mode="json"), sort_keys=True, indent=1, ensure_ascii=False)
    files = {**pictures, LIST: (text + "\n").encode()}
    base = stored.base
    known = (manifest.read(base) or manifest.Manifest()).digests
    inside = folder.relative_to(base).as_posix()
    gone = {path for path in known if path.startswith(f"{inside}/")}
    content: dict[str, bytes | None] = dict.fromkeys(gone)
    content |= {f"{inside}/{name}": one for name, one in files.items()}
    manifest.record(base, content)
    for name, one in files.items():
        write_atomically(folder / name, one)
    for path in folder.iterdir():
        if path.name not in files:
            path.unlink()
    return folder


def altered_pictures(stored: Stored[AccuracyResult]) -> list[str]:
    """Pictures that are missing or have another SHA-256 than their gallery says; the reason if it is no gallery."""
    try:
        gallery = read_gallery(stored)
    except ResultError as error:
        return [str(error)]
    shown = gallery.pictures if gallery else ()
    return [
        f"{stored.gallery.name}/{one.file} is another picture"
        for one in shown
        if sha256(stored.gallery / one.file) != one.sha256
    ]


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
    for picture in gallery.pictures:
        file = stored.gallery / picture.file
        if not file.is_file() or file.stat().st_size != picture.size:
            raise ResultError(f"{file}: is missing or is not the picture that {LIST} names; {_FIX}")
    return gallery
