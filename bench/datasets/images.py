"""Checks that all images of a data set exist, are complete and have the annotated size: each is decoded once.

About 4 ms of one processor core for a COCO image, so 20 s for the 5,000 of val2017 and 8 minutes for all of train2017,
divided by the number of cores.
"""

import io
import os
import warnings
from collections.abc import Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import NamedTuple

from PIL import Image, UnidentifiedImageError
from tqdm import tqdm

from bench.errors import DataError
from bench.files import require_regular

Size = tuple[int, int]  # width, height in pixels
ORIENTATION = 0x0112  # EXIF tag; 5 to 8 swap width and height
_SOLO = 256  # up to here, starting processes costs more than it saves
_END = b"\xff\xd9"  # of a JPEG
_MORE = bytes(range(1, 200, 3))  # what a decoder that still waits for pixels takes as such


class Verified(NamedTuple):
    """How many images were checked, and the names of those with an EXIF orientation other than upright."""

    images: int
    turned: list[str]


def verify_images(
    images: Mapping[Path, Size | None], what: str, jobs: int | None = None
) -> Verified:
    """Decode every image, in `jobs` processes (all cores), and compare its size with the annotated one.

    The size is that after EXIF orientation, as networks read it. Raises `DataError` naming the first image that is
    missing, damaged, ends before its last row or has another size.
    """
    turned = []
    bar = tqdm(total=len(images), desc=f"checking {what}", unit="image", delay=2, leave=False)
    with bar:
        for path, (error, orientation) in zip(images, _checked(images, jobs), strict=True):
            bar.update()
            if error:
                raise DataError(error)
            if orientation != 1:
                turned.append(path.name)
    return Verified(len(images), turned)


def _checked(images: Mapping[Path, Size | None], jobs: int | None) -> Iterator[tuple[str, int]]:
    jobs = jobs or len(os.sched_getaffinity(0))
    if jobs == 1 or len(images) <= _SOLO:
        yield from map(_check, images.items())
        return
    with ProcessPoolExecutor(jobs, mp_context=get_context("spawn")) as pool:
        try:
            yield from pool.map(_check, images.items(), chunksize=32)
        finally:
            pool.shutdown(cancel_futures=True)


def _check(item: tuple[Path, Size | None]) -> tuple[str, int]:
    """What is wrong with an image ('' if nothing is), and its EXIF orientation."""
    path, wanted = item
    try:
        require_regular(path)
        raw = path.read_bytes()
        with (
            warnings.catch_warnings(action="error", category=Image.DecompressionBombWarning),
            Image.open(io.BytesIO(raw)) as image,
        ):
            orientation, size = image.getexif().get(ORIENTATION, 1), image.size
            if image.format == "JPEG":
                short = _ends_early(raw, size)
            else:
                image.load()
                short = False
    except DataError as error:
        if not path.exists():
            return f"image {path} is missing, but the annotations name it", 1
        return f"image {error}", 1
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        return f"image {path} has too many pixels: {error}; no photograph has as many", 1
    except UnidentifiedImageError:
        return f"image {path} is damaged: it is no picture; download it again", 1
    except (OSError, SyntaxError, ValueError) as error:
        return f"image {path} is damaged: {error}; download it again", 1
    if short:
        return f"image {path} is damaged: it ends before its last row; download it again", 1
    turns = orientation in range(5, 9)
    width, height = size[::-1] if turns else size
    if wanted and (width, height) != wanted:
        why = " as its EXIF orientation turns it" if turns else ""
        return (
            f"image {path} is {width}x{height}{why}, the annotations say {wanted[0]}x{wanted[1]}; use "
            "the images that were annotated",
            orientation,
        )
    return "", orientation


def _ends_early(raw: bytes, size: Size) -> bool:
    """Whether a JPEG lacks pixels. Raises `OSError` if it is no JPEG.

    libjpeg fills what is missing with grey and only warns, if there is an end mark. So the file is decoded twice, at an
    eighth of its size: as it is, and with more bytes before its end mark, which change nothing if it has all pixels.
    """
    body = raw.rstrip(b"\0").removesuffix(_END).rstrip(b"\xff")
    decoded = []
    for more in (b"", _MORE):
        with Image.open(io.BytesIO(body + more + _END)) as image:
            if not image.info.get("progressive"):  # whose later scans a small image does not need
                image.draft(None, (size[0] // 8, size[1] // 8))
            decoded.append(image.tobytes())
    return decoded[0] != decoded[1]
