"""Every image is decoded to its last row and has the annotated size, whatever its end looks like."""

import io
import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner
from PIL import Image

from bench.cli import main
from bench.datasets import images
from bench.datasets.images import verify_images
from bench.errors import DataError

SIZE = (96, 64)


def picture(
    kind: str = "JPEG", turn: int | None = None, plain: bool = False, **options: Any
) -> bytes:
    """A small image with detail everywhere; turn: its EXIF orientation."""
    rng = np.random.default_rng(0)
    pixels = rng.integers(0, 255, (SIZE[1], SIZE[0], 3), dtype=np.uint8)
    if plain:
        pixels[32:] = 128  # as libjpeg fills what is missing
    exif = Image.Exif()
    if turn:
        exif[images.ORIENTATION] = turn
    out = io.BytesIO()
    Image.fromarray(pixels).save(out, kind, exif=exif.tobytes() if turn else b"", **options)
    return out.getvalue()


def verify(folder: Path, content: bytes, size: tuple[int, int] | None = SIZE) -> images.Verified:
    path = folder / "000000000785.jpg"
    path.write_bytes(content)
    return verify_images({path: size}, "test")


@pytest.mark.parametrize(
    "content",
    [
        picture(),
        picture(progressive=True),
        picture(restart_marker_blocks=2),
        picture(subsampling=0, quality=95),
        picture(plain=True),
        picture() + bytes(100),  # padded
        picture()[:-2] + b"\xff\xff\xff\xd9",  # fill bytes before the end mark
        picture("JPEG", quality=30).removesuffix(b"\xff\xd9"),  # all pixels, no end mark
        picture("PNG"),
        picture("BMP"),
    ],
)
def test_a_whole_image_passes(tmp_path: Path, content: bytes):
    assert verify(tmp_path, content) == (1, [])


def cut(content: bytes, part: float, end: bytes) -> bytes:
    return content[: int(part * len(content))] + end


@pytest.mark.parametrize("part", [0.4, 0.8, 0.97])
@pytest.mark.parametrize("end", [b"", b"\xff\xd9", bytes(300)], ids=["", "end mark", "zeros"])
@pytest.mark.parametrize("options", [{}, {"progressive": True}, {"restart_marker_blocks": 2}])
def test_a_jpeg_that_ends_before_its_last_row_is_damaged(tmp_path, part, end, options):
    """With an end mark libjpeg fills the rest with grey, and no decoder says a word."""
    with pytest.raises(DataError, match=r"000000000785\.jpg is damaged: .*; download it again"):
        verify(tmp_path, cut(picture(**options), part, end))


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"<html>",
        cut(picture("PNG"), 0.5, b"IEND\xaeB`\x82"),
        cut(picture("PNG"), 0.9, b""),
        cut(picture("BMP"), 0.9, b""),
    ],
)
def test_any_other_damaged_file_is_named(tmp_path: Path, content: bytes):
    with pytest.raises(DataError, match=r"000000000785\.jpg is damaged"):
        verify(tmp_path, content)


@pytest.mark.parametrize(
    ("content", "size", "message"),
    [
        (picture(), (192, 128), "is 96x64, the annotations say 192x128"),
        (picture(), (64, 96), "is 96x64, the annotations say 64x96"),
        (picture("PNG"), (96, 65), "is 96x64, the annotations say 96x65"),
        (
            picture(turn=6),
            (96, 64),
            "is 64x96 as its EXIF orientation turns it, the annotations say 96x64",
        ),
    ],
)
def test_an_image_of_another_size_is_named_with_both(tmp_path, content, size, message):
    with pytest.raises(DataError, match=message):
        verify(tmp_path, content, size)


@pytest.mark.parametrize(("turn", "size"), [(3, SIZE), (2, SIZE), (6, SIZE[::-1]), (8, SIZE[::-1])])
def test_images_that_exif_turns_are_listed(tmp_path: Path, turn: int, size: tuple[int, int]):
    assert verify(tmp_path, picture(turn=turn), size) == (1, ["000000000785.jpg"])
    assert verify(tmp_path, picture(turn=1), SIZE) == (1, [])


@pytest.mark.process
def test_many_images_are_checked_in_processes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(images, "_SOLO", 3)
    paths = {tmp_path / f"{n:012d}.jpg": SIZE for n in range(40)}
    for path in paths:
        path.write_bytes(picture(turn=3 if path.stem.endswith("7") else None))
    found = verify_images(paths, "test", jobs=2)
    assert found.images == 40
    assert found.turned == [f"{n:012d}.jpg" for n in (7, 17, 27, 37)]
    (tmp_path / "000000000033.jpg").write_bytes(cut(picture(), 0.5, b"\xff\xd9"))
    with pytest.raises(DataError, match=r"000000000033\.jpg is damaged"):
        verify_images(paths, "test", jobs=2)


@pytest.fixture
def coco(tmp_path: Path, samples: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The real samples as val2017, without training images."""
    monkeypatch.setenv("REPROPOSE_WORKSPACE", str(tmp_path))
    home = tmp_path / "data" / "full" / "coco"
    (home / "annotations").mkdir(parents=True)
    (home / "val2017").mkdir()
    for image in (samples / "coco").glob("*.jpg"):
        shutil.copy(image, home / "val2017")
    for part in ("val", "train"):
        shutil.copy(
            samples / "coco/test_coco.json", home / f"annotations/person_keypoints_{part}2017.json"
        )
    return home


def prepared() -> Any:
    return CliRunner().invoke(main, ["prepare", "coco", "--tier", "full"])


@pytest.mark.data
@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (lambda i: i.resize((320, 212)), "is 320x212, the annotations say 640x425"),
        (lambda i: i.rotate(90, expand=True), "is 425x640, the annotations say 640x425"),
        (lambda i: i.crop((0, 0, 640, 424)), "is 640x424, the annotations say 640x425"),
    ],
)
def test_prepare_names_a_real_image_of_another_size(coco: Path, spoil, message: str):
    path = coco / "val2017" / "000000000785.jpg"
    with Image.open(path) as image:
        spoil(image).save(path)
    done = prepared()
    assert done.exit_code == 2
    assert f"000000000785.jpg {message}" in done.stderr


@pytest.mark.data
def test_prepare_names_a_real_image_that_is_cut_and_notes_one_that_is_turned(coco: Path):
    path = coco / "val2017" / "000000000785.jpg"
    whole = path.read_bytes()
    path.write_bytes(cut(whole, 0.6, b"\xff\xd9"))
    assert "000000000785.jpg is damaged: it ends before its last row" in prepared().stderr
    with Image.open(io.BytesIO(whole)) as image:
        exif = Image.Exif()
        exif[images.ORIENTATION] = 3
        image.save(path, exif=exif)
    done = prepared()
    assert done.exit_code == 0, done.output
    assert "1 images have an EXIF orientation, such as 000000000785.jpg" in done.stderr
    manifest = json.loads((coco.parent / "coco.json").read_text())
    assert (manifest["images"], manifest["turned"]) == (4, ["000000000785.jpg"])
