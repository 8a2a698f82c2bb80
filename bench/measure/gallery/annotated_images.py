"""Test images and the people annotated in them, as they are drawn in a gallery."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps

from bench.catalog.schema import DatasetName
from bench.errors import DataError
from bench.files import read_json

Points = NDArray[np.float64]
AIR = 0.12  # around the people, of the longer side


@dataclass(frozen=True)
class Scene:
    """One image: its file, the annotated people [K, 3] (x, y in pixels from 0; labelled above 0) and their ids."""

    file: Path
    people: tuple[Points, ...]
    ids: tuple[int, ...]
    boxes: tuple[tuple[float, float, float, float], ...] = ()

    def image(self) -> Image.Image:
        """The image in colour, turned by its EXIF orientation as networks read it (MMPose by OpenCV).

        Raises `DataError` if it cannot be read.
        """
        try:
            with Image.open(self.file) as opened:
                return ImageOps.exif_transpose(opened).convert("RGB")
        except OSError as error:
            raise DataError(
                f"{self.file} cannot be read: {error}; `repropose prepare` checks it"
            ) from None

    @property
    def part(self) -> tuple[float, float, float, float]:
        """x0, y0, x1, y1: all people with some air around them, within the image."""
        width, height = self.image().size
        labelled = np.concatenate([person[person[:, 2] > 0, :2] for person in self.people])
        corners = np.array(self.boxes).reshape(-1, 2)
        points = np.concatenate([labelled, corners])
        low, high = points.min(axis=0), points.max(axis=0)
        sides = (high - low) + 2 * (AIR * float((high - low).max()) + 2)
        sides = np.maximum(sides, 0.75 * sides[::-1])  # between 3:4 and 4:3, where the image allows
        sides = np.minimum(sides, (width, height))
        start = np.clip((low + high - sides) / 2, 0, np.array((width, height)) - sides)
        (x0, y0), (x1, y1) = start, start + sides
        return float(x0), float(y0), float(x1), float(y1)


def scenes_of(
    dataset: DatasetName, annotations: Path, images: Path, numbers: Sequence[int]
) -> dict[int, Scene]:
    """Scenes of a split by image id (MPII: by the person's position in the annotation file)."""
    data = read_json(annotations)
    if dataset == "mpii":
        return {number: _mpii(number, data[number], images) for number in numbers}
    files = {image["id"]: images / image["file_name"] for image in data["images"]}
    people: dict[int, list[dict[str, Any]]] = {number: [] for number in numbers}
    for one in data["annotations"]:
        if one["image_id"] in people and one.get("num_keypoints", 1):
            people[one["image_id"]].append(one)
    return {
        number: Scene(
            files[number],
            tuple(np.array(one["keypoints"], dtype=float).reshape(-1, 3) for one in found),
            tuple(one["id"] for one in found),
            tuple((x, y, x + w, y + h) for x, y, w, h in (one["bbox"] for one in found)),
        )
        for number, found in people.items()
    }


def _mpii(number: int, record: dict[str, Any], images: Path) -> Scene:
    """MPII counts pixels from 1 and says of each joint whether it is labelled."""
    joints = np.array(record["joints"], dtype=float) - 1.0
    labelled = np.array(record["joints_vis"], dtype=float)
    return Scene(images / record["image"], (np.column_stack([joints, labelled]),), (number,))
