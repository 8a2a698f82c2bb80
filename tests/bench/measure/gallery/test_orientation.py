"""A gallery shows an image as the network reads it, also if its EXIF data say that it is turned."""

from pathlib import Path

import cv2
import numpy as np
import pytest
from mmpose.datasets.transforms import LoadImage
from PIL import Image

from bench.datasets.images import ORIENTATION
from bench.measure.gallery.annotated_images import Scene


def written(path: Path, turn: int | None) -> Path:
    """A lossless-enough picture, 24x16, each corner of another shade."""
    pixels = np.zeros((16, 24, 3), dtype=np.uint8)
    pixels[:8, :12], pixels[:8, 12:], pixels[8:, :12] = 240, (200, 20, 20), (20, 200, 20)
    exif = Image.Exif()
    if turn is not None:
        exif[ORIENTATION] = turn
    options = {"exif": exif.tobytes()} if turn is not None else {}
    Image.fromarray(pixels).save(path, quality=100, subsampling=0, **options)
    return path


@pytest.mark.parametrize("turn", [None, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9])
def test_the_image_is_turned_as_mmpose_turns_it(tmp_path: Path, turn: int | None):
    path = written(tmp_path / "a.jpg", turn)
    read = LoadImage().transform({"img_path": str(path)})["img"]
    person = np.array([[2.0, 2.0, 1.0], [5.0, 9.0, 1.0]])
    scene = Scene(path, (person,), (1,))
    shown = np.asarray(scene.image())
    assert shown.shape == read.shape
    assert np.abs(shown.astype(int) - cv2.cvtColor(read, cv2.COLOR_BGR2RGB)).max() <= 6
    _, _, right, bottom = scene.part
    assert right <= shown.shape[1]
    assert bottom <= shown.shape[0]
