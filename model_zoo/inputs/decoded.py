"""Decoded images of a data set in one file, so that each is decoded once for all epochs, runs and workers.

The file is beside the data set (`data/<tier>/.decoded/`), named by a hash of the images' paths, sizes and times of
change: a changed image has another file. It is memory-mapped, so its pages belong to the system and are shared by
processes. A set that is larger than `LIMIT` when decoded has no such file: its images are decoded as they come.
"""

import hashlib
import os
import tempfile
from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np

LIMIT = 2 * 2**30  # bytes
CHECKED = 8  # images that are decoded again when a file is opened


def decode(path: str) -> np.ndarray:
    """An image [H, W, 3] as MMPose's `LoadImage` gives it: BGR, turned as its EXIF entry says."""
    image = cv2.imdecode(np.fromfile(path, np.uint8), cv2.IMREAD_COLOR)
    if image is None:
        raise OSError(f"`{path}` is no image that OpenCV reads")
    return image


class Images:
    """The images of a data set by path. folder: where decoded ones are kept; None: nowhere."""

    def __init__(self, paths: Sequence[str], folder: Path | None) -> None:
        self.places: dict[str, tuple[int, int, int]] = {}
        self.pixels = np.empty(0, np.uint8)
        names = sorted(set(paths))
        if folder is not None and names and self._small(names):
            self._open(names, folder / f"{_fingerprint(names)}.npy")

    def __getitem__(self, path: str) -> np.ndarray:
        """[H, W, 3], read-only if it comes from the file."""
        if path not in self.places:
            return decode(path)
        begin, height, width = self.places[path]
        return self.pixels[begin : begin + height * width * 3].reshape(height, width, 3)

    @staticmethod
    def _small(names: Sequence[str]) -> bool:
        """By the first images, as a whole set is not read twice."""
        some = [decode(name).nbytes for name in names[:: max(1, len(names) // 16)]]
        return sum(some) / len(some) * len(names) <= LIMIT

    def _open(self, names: Sequence[str], file: Path) -> None:
        """Open the file, and make it if it is not there or is not what the images are."""
        if not (file.is_file() and self._read(names, file)):
            _write(names, file)
            if not self._read(names, file):
                raise OSError(f"{file} differs from the images it was just made of")

    def _read(self, names: Sequence[str], file: Path) -> bool:
        try:
            whole = np.load(file, mmap_mode="r", allow_pickle=False)
        except ValueError:  # cut short, or no such file at all
            return False
        head = len(names) * 16
        shapes = np.frombuffer(whole[:head].tobytes(), np.int64).reshape(-1, 2)
        ends = np.cumsum(shapes.prod(axis=1) * 3)
        if len(shapes) != len(names) or head + ends[-1] != len(whole):
            return False
        self.pixels = whole[head:]
        self.places = {
            name: (int(end) - 3 * int(height) * int(width), int(height), int(width))
            for name, end, (height, width) in zip(names, ends, shapes, strict=True)
        }
        some = names[:: max(1, len(names) // CHECKED)]
        return all(np.array_equal(self[name], decode(name)) for name in some)


def _fingerprint(names: Sequence[str]) -> str:
    states = [(name, (state := os.stat(name)).st_size, state.st_mtime_ns) for name in names]
    return hashlib.sha256(repr(states).encode()).hexdigest()[:24]


def _write(names: Sequence[str], file: Path) -> None:
    """The shapes [N, 2] as int64 bytes, then the pixels, whole or not at all; several processes may do it at once."""
    file.parent.mkdir(parents=True, exist_ok=True)
    shapes = np.array([decode(name).shape[:2] for name in names], np.int64)
    size = shapes.nbytes + int(shapes.prod(axis=1).sum()) * 3
    handle, made = tempfile.mkstemp(dir=file.parent, suffix=".npy")
    os.close(handle)
    try:
        whole = np.lib.format.open_memmap(made, mode="w+", dtype=np.uint8, shape=(size,))
        whole[: shapes.nbytes] = np.frombuffer(shapes.tobytes(), np.uint8)
        begin = shapes.nbytes
        for name in names:
            pixels = decode(name).reshape(-1)
            whole[begin : begin + len(pixels)] = pixels
            begin += len(pixels)
        whole.flush()
        del whole
        os.replace(made, file)
    finally:
        Path(made).unlink(missing_ok=True)
