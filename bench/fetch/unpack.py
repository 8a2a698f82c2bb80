"""Unpacking zip and tar archives, none of which is trusted.

Only regular files are written. An archive with an absolute path, `..`, a link, a device or the same file twice is
rejected, before anything is written where the format allows that; so is an archive bomb. Each file is written to a
temporary name and renamed, and an existing file with the same content is kept: interrupted unpacking resumes.
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
MAX_NAME = 1 << 16  # bytes
_EXTENDED_HEADERS = (  # they only hold the name or attributes of the file that follows
    *(tarfile.GNUTYPE_LONGNAME, tarfile.GNUTYPE_LONGLINK),
    *(tarfile.XHDTYPE, tarfile.XGLTYPE, tarfile.SOLARIS_XHDTYPE),
)
_DAMAGED = (
    *(zipfile.BadZipFile, tarfile.TarError, lzma.LZMAError, zlib.error, struct.error),
    *(EOFError, NotImplementedError, ValueError, LookupError, OSError),
)
Progress = Callable[[int], object]
#: Patterns of base names -> folder, or what gives a member's path in the folder, None for what is not wanted.
Wanted = Mapping[str, str] | Callable[[str], PurePosixPath | None]


@dataclass(frozen=True)
class Limits:
    """Limits that regular archives do not reach."""

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
    wanted: Wanted,
    *,
    limits: Limits | None = None,
    progress: Progress = lambda count: None,
) -> int:
    """Unpack the files whose base names match `wanted` (pattern -> folder below `folder`), or that it gives a path
    below `folder`; their number.

    Raises `DataError` for an archive that is damaged, malicious or too large.
    """
    limits = limits or Limits()
    try:
        if zipfile.is_zipfile(archive):
            with zipfile.ZipFile(archive) as opened:
                return _extract(
                    list(_zip_members(opened)), archive, folder, wanted, limits, progress
                )
        with tarfile.open(archive, tarinfo=_Header) as packed:
            return _extract(_tar_members(packed, limits), archive, folder, wanted, limits, progress)
    except _DAMAGED as bad:
        if isinstance(bad, OSError) and bad.errno is not None:
            raise  # an error of the disk, not of the archive
        raise DataError(
            f"{archive} is damaged or not a zip or tar archive: {_first_line(bad)}; delete it and get it again"
        ) from None
    except RuntimeError as bad:  # raised by zipfile for encrypted members
        raise DataError(f"{archive} cannot be unpacked: {bad}") from None


def _first_line(error: Exception) -> str:
    """What an error says; tarfile lists one line for each compression that it tried."""
    return str(error).partition("\n")[0].rstrip(":")


def _zip_members(opened: zipfile.ZipFile) -> Iterator[_Member]:
    """Members of a zip; its directory comes first, so all are checked before any is read."""
    for info in opened.infolist():
        _check_name(info.orig_filename)
        kind = stat.S_IFMT(info.external_attr >> 16)
        if kind not in (0, stat.S_IFREG, stat.S_IFDIR):
            raise DataError(f"the archive holds {info.filename!r}, which is a link or a device")
        if not info.is_dir():
            yield _Member(info.filename, info.file_size, partial(opened.open, info), info.CRC)


class _Header(tarfile.TarInfo):
    """A tar header whose size is checked early: tarfile reads long names and attributes into memory."""

    @classmethod
    def frombuf(cls, buf: bytes | bytearray, encoding: str, errors: str) -> Self:
        header = super().frombuf(buf, encoding, errors)
        if header.size < 0 or (header.type in _EXTENDED_HEADERS and header.size > MAX_NAME):
            raise DataError(
                f"the archive has a header of {header.size} bytes: it is an archive bomb or damaged"
            )
        return header


def _tar_members(packed: tarfile.TarFile, limits: Limits) -> Iterator[_Member]:
    """Members of a tar, in order."""

    def reader(info: tarfile.TarInfo) -> IO[bytes]:
        found = packed.extractfile(info)
        if found is None:
            raise tarfile.ReadError(f"no content for {info.name!r}")
        return found

    for number, info in enumerate(packed):
        if number >= limits.files:
            raise DataError(
                f"the archive holds more than {limits.files} files: it is an archive bomb or damaged"
            )
        _check_name(info.name)
        if info.isdir():
            continue
        if not info.isreg():
            raise DataError(f"the archive holds {info.name!r}, which is a link or a device")
        yield _Member(info.name, info.size, partial(reader, info))


def _check_name(name: str) -> None:
    path = PurePosixPath(name)
    if path.is_absolute() or ".." in path.parts or "\\" in name or "\0" in name or name[1:2] == ":":
        raise DataError(f"the archive holds {name!r}, which would leave the folder")


def _extract(
    members: Any,
    archive: Path,
    folder: Path,
    wanted: Wanted,
    limits: Limits,
    progress: Progress,
) -> int:
    """Check all members first where they are a list, then each as it is read."""
    total, seen = _Total(archive, limits), set()
    for member in members if isinstance(members, list) else []:
        total.add(member)
    total = _Total(archive, limits)
    for member in members:
        total.add(member)
        path = _wanted_path(member.name, wanted)
        if path is None:
            continue
        target = _target(folder, path)
        if target in seen:
            raise DataError(f"{archive} holds {target.name!r} twice")
        seen.add(target)
        if not _same(target, member):
            _write(target, member)
        progress(member.size)
    return len(seen)


class _Total:
    """Number and size of the files so far, checked against the limits."""

    def __init__(self, archive: Path, limits: Limits) -> None:
        self.archive, self.limits = archive, limits
        self.packed, self.files, self.bytes = archive.stat().st_size, 0, 0

    def add(self, member: _Member) -> None:
        if member.size < 0:
            raise DataError(f"{self.archive} says {member.name!r} has {member.size} bytes")
        self.files += 1
        self.bytes += member.size
        most = max(self.limits.small, self.limits.ratio * self.packed)
        if self.files > self.limits.files or self.bytes > min(most, self.limits.total):
            raise DataError(
                f"{self.archive} ({self.packed} bytes) would unpack to at least {self.files} files and "
                f"{self.bytes} bytes: it is an archive bomb or not the expected file"
            )


def _wanted_path(name: str, wanted: Wanted) -> PurePosixPath | None:
    """Relative target of a member, None if it is not wanted."""
    if callable(wanted):
        return wanted(name)
    base = PurePosixPath(name).name
    if base.startswith("."):  # hidden files of file managers
        return None
    for pattern, where in wanted.items():
        if fnmatchcase(base, pattern):
            return PurePosixPath(where) / base
    return None


def _target(folder: Path, path: PurePosixPath) -> Path:
    """The target of a file, whose folder must not be a link to elsewhere."""
    target = folder / path
    target.parent.mkdir(parents=True, exist_ok=True)
    if not target.parent.resolve().is_relative_to(folder.resolve()):
        raise DataError(f"{target.parent} is a link to another folder; nothing is unpacked into it")
    return target


def _same(target: Path, member: _Member) -> bool:
    """Whether the target already has the member's content (by a zip's checksum, else by reading both)."""
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
    """Write to a temporary name and rename. Raises `DataError` if the size is not the declared one."""
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
        raise DataError(
            f"{member.name!r} does not have the {member.size} bytes that the archive declares"
        )
    os.replace(part, target)


def require_space(folder: Path, needed: int) -> None:
    """Raises `DataError` if fewer than `needed` bytes are free on the disk of `folder`."""
    there = next(path for path in (folder, *folder.parents) if path.exists())
    free = shutil.disk_usage(there).free
    if free < needed:
        raise DataError(
            f"{there} has {free / 1e9:.1f} GB free, {needed / 1e9:.1f} GB are needed; free some, or "
            "set REPROPOSE_WORKSPACE to a larger disk"
        )
