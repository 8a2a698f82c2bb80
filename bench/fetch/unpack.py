"""Zip and tar archives, unpacked as if their author were hostile.

Only regular files come out. An archive with an absolute path, `..`, a link, a device or the same file twice is refused
whole, before anything is written where the format allows that; so is one that grows beyond all proportion. Each file is
written aside and renamed, and one that is already there with the same content is left: a broken-off unpacking goes on.
"""

import lzma
import os
import shutil
import stat
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import partial
from pathlib import Path, PurePosixPath
from typing import IO, Any, Self

from bench.errors import DataError

CHUNK = 1 << 20
LONGEST_NAME = 1 << 16  # bytes
_OF_THE_NEXT = (  # headers that only hold the name or attributes of the file after them
    *(tarfile.GNUTYPE_LONGNAME, tarfile.GNUTYPE_LONGLINK),
    *(tarfile.XHDTYPE, tarfile.XGLTYPE, tarfile.SOLARIS_XHDTYPE),
)
_DAMAGED = (
    *(zipfile.BadZipFile, tarfile.TarError, lzma.LZMAError, zlib.error, struct.error),
    *(EOFError, NotImplementedError, ValueError, OSError),
)
Progress = Callable[[int], object]


@dataclass(frozen=True)
class Limits:
    """What an honest archive stays below."""

    files: int = 1_000_000
    ratio: float = 100.0  # bytes out per byte in, once more than `small` bytes come out
    small: int = 64 << 20
    total: int = 1 << 40


@dataclass(frozen=True)
class _Member:
    """A regular file of an archive."""

    name: str
    size: int
    open: Callable[[], IO[bytes]]
    crc: int | None = None


def unpack(
    archive: Path,
    folder: Path,
    wanted: Mapping[str, str],
    *,
    limits: Limits | None = None,
    progress: Progress = lambda count: None,
) -> int:
    """Unpack the files whose base names match `wanted` (pattern -> folder below `folder`); how many.

    Raises `DataError` for an archive that is damaged, hostile or out of proportion.
    """
    limits = limits or Limits()
    try:
        if zipfile.is_zipfile(archive):
            with zipfile.ZipFile(archive) as opened:
                return _take(list(_zipped(opened)), archive, folder, wanted, limits, progress)
        with tarfile.open(archive, tarinfo=_Header) as packed:
            return _take(_taped(packed, limits), archive, folder, wanted, limits, progress)
    except _DAMAGED as bad:
        if isinstance(bad, OSError) and bad.errno is not None:
            raise  # of the disk and not of the archive
        raise DataError(
            f"{archive} is damaged or no zip or tar archive: {bad}; delete it and fetch it again"
        ) from None
    except RuntimeError as bad:  # zipfile says so of encrypted members
        raise DataError(f"{archive} cannot be unpacked: {bad}") from None


def _zipped(opened: zipfile.ZipFile) -> Iterator[_Member]:
    """Members of a zip; the list of contents comes first, so it is judged before any is read."""
    for info in opened.infolist():
        _judge_name(info.orig_filename)
        kind = stat.S_IFMT(info.external_attr >> 16)
        if kind not in (0, stat.S_IFREG, stat.S_IFDIR):
            raise DataError(f"the archive holds {info.filename!r}, which is a link or a device")
        if not info.is_dir():
            yield _Member(info.filename, info.file_size, partial(opened.open, info), info.CRC)


class _Header(tarfile.TarInfo):
    """A tar header that is refused before its lies cost memory: tarfile reads long names and attributes whole."""

    @classmethod
    def frombuf(cls, buf: bytes | bytearray, encoding: str, errors: str) -> Self:
        header = super().frombuf(buf, encoding, errors)
        if header.size < 0 or (header.type in _OF_THE_NEXT and header.size > LONGEST_NAME):
            raise DataError(f"the archive has a header of {header.size} bytes: a bomb, or damaged")
        return header


def _taped(packed: tarfile.TarFile, limits: Limits) -> Iterator[_Member]:
    """Members of a tar, in the order of the tape."""

    def reader(info: tarfile.TarInfo) -> IO[bytes]:
        found = packed.extractfile(info)
        if found is None:
            raise tarfile.ReadError(f"no content for {info.name!r}")
        return found

    for number, info in enumerate(packed):
        if number >= limits.files:
            raise DataError(f"the archive holds more than {limits.files} files: a bomb, or damaged")
        _judge_name(info.name)
        if info.isdir():
            continue
        if not info.isreg():
            raise DataError(f"the archive holds {info.name!r}, which is a link or a device")
        yield _Member(info.name, info.size, partial(reader, info))


def _judge_name(name: str) -> None:
    path = PurePosixPath(name)
    if path.is_absolute() or ".." in path.parts or "\\" in name or "\0" in name or name[1:2] == ":":
        raise DataError(f"the archive holds {name!r}, which would leave the folder")


def _take(
    members: Any,
    archive: Path,
    folder: Path,
    wanted: Mapping[str, str],
    limits: Limits,
    progress: Progress,
) -> int:
    """Judge the members as a whole where they are a list, and one by one as they come."""
    _Growth(archive, limits).all_of(members if isinstance(members, list) else [])
    growth, seen = _Growth(archive, limits), set()
    for member in members:
        growth.add(member)
        place = _place(member.name, wanted)
        if place is None:
            continue
        target = _below(folder, place)
        if target in seen:
            raise DataError(f"{archive} holds {target.name!r} twice")
        seen.add(target)
        if not _same(target, member):
            _write(target, member)
        progress(member.size)
    return len(seen)


class _Growth:
    """How much comes out so far."""

    def __init__(self, archive: Path, limits: Limits) -> None:
        self.archive, self.limits = archive, limits
        self.packed, self.files, self.bytes = archive.stat().st_size, 0, 0

    def all_of(self, members: list[_Member]) -> None:
        for member in members:
            self.add(member)

    def add(self, member: _Member) -> None:
        if member.size < 0:
            raise DataError(f"{self.archive} says {member.name!r} has {member.size} bytes")
        self.files += 1
        self.bytes += member.size
        most = max(self.limits.small, self.limits.ratio * self.packed)
        if self.files > self.limits.files or self.bytes > min(most, self.limits.total):
            raise DataError(
                f"{self.archive} ({self.packed} bytes) would become more than {self.files} files or "
                f"{self.bytes} bytes: a bomb, or not what it should be"
            )


def _place(name: str, wanted: Mapping[str, str]) -> PurePosixPath | None:
    """Where a member goes, None if it is not wanted."""
    base = PurePosixPath(name).name
    if base.startswith("."):  # what file managers leave behind
        return None
    for pattern, where in wanted.items():
        if fnmatchcase(base, pattern):
            return PurePosixPath(where) / base
    return None


def _below(folder: Path, place: PurePosixPath) -> Path:
    """The target, whose folder is no link to elsewhere."""
    target = folder / place
    target.parent.mkdir(parents=True, exist_ok=True)
    if not target.parent.resolve().is_relative_to(folder.resolve()):
        raise DataError(f"{target.parent} is a link to elsewhere; nothing is unpacked into it")
    return target


def _same(target: Path, member: _Member) -> bool:
    """Is the member already there, byte for byte (by a zip's checksum, else by reading both)?"""
    if target.is_symlink() or not target.is_file() or target.stat().st_size != member.size:
        return False
    with target.open("rb") as there:
        if member.crc is not None:
            crc = 0
            while chunk := there.read(CHUNK):
                crc = zlib.crc32(chunk, crc)
            return crc == member.crc
        with member.open() as packed:
            while chunk := packed.read(CHUNK):
                if chunk != there.read(len(chunk)):
                    return False
        return True


def _write(target: Path, member: _Member) -> None:
    """Through a file aside. A member longer than it says is cut off there and refused."""
    part = target.with_name(target.name + ".part")
    with member.open() as packed, part.open("wb") as out:
        left = member.size
        while chunk := packed.read(min(CHUNK, left + 1)):
            left -= len(chunk)
            if left < 0:
                break
            out.write(chunk)
    if left:
        part.unlink()
        raise DataError(f"{member.name!r} has not the {member.size} bytes that the archive says")
    os.replace(part, target)


def room_for(folder: Path, needed: int) -> None:
    """Raises `DataError` if fewer bytes than `needed` are free where `folder` will lie."""
    there = next(path for path in (folder, *folder.parents) if path.exists())
    free = shutil.disk_usage(there).free
    if free < needed:
        raise DataError(
            f"{there} has {free / 1e9:.1f} GB free, {needed / 1e9:.1f} GB are needed; free some, or "
            "set REPROPOSE_WORKSPACE to a larger disk"
        )
