"""Checks that all images of a data set exist and are complete."""

from collections.abc import Iterable
from pathlib import Path

from PIL import Image
from tqdm import tqdm

from bench.errors import DataError

_END_MARKS = {b"\xff\xd8": b"\xff\xd9", b"\x89P": b"IEND\xaeB`\x82"}


def verify_images(paths: Iterable[Path], what: str) -> int:
    """Count the images. Raises `DataError` naming the first that is missing, empty or truncated.

    An image that ends with its format's end mark passes without being decoded.
    """
    count = 0
    for path in tqdm(list(paths), desc=f"checking {what}", unit="image", delay=2, leave=False):
        _verify(path)
        count += 1
    return count


def _verify(path: Path) -> None:
    try:
        with path.open("rb") as stream:
            start = stream.read(2)
            stream.seek(-min(8, path.stat().st_size), 2)
            end = stream.read()
    except FileNotFoundError:
        raise DataError(f"image {path} is missing, but the annotations name it") from None
    if start in _END_MARKS and end.endswith(_END_MARKS[start]):
        return
    try:
        with Image.open(path) as image:
            image.load()
    except (OSError, SyntaxError, ValueError) as error:
        raise DataError(f"image {path} is damaged: {error}; download it again") from None
