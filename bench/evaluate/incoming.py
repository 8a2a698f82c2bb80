"""Results of another machine, put into a folder of their own here: from a folder, a zip or tar, or an https address.

Nothing of it is trusted. Only files with the names of a store are taken; links, devices, paths that leave the folder
and archive bombs are refused (`bench.fetch.unpack`, `LIMITS`).
"""

import hashlib
import os
import shutil
import stat
from pathlib import Path, PurePosixPath
from typing import NoReturn
from urllib.parse import urlsplit

from bench.errors import DataError, ResultError
from bench.fetch.download import download
from bench.fetch.sources import RemoteFile
from bench.fetch.unpack import Limits, require_space, unpack
from bench.files import require_regular
from bench.results import manifest
from bench.results.galleries import LIST
from bench.results.locations import (
    CONFIG,
    GALLERY,
    MACHINES,
    MATCHES,
    PEOPLE,
    PREDICTIONS,
    UNTRAINED,
)
from bench.results.store import Store

#: 100,000 results with all that lies beside them, and no more than a disk of a laptop holds.
LIMITS = Limits(files=1_000_000, total=1 << 36)
_BESIDE = (PREDICTIONS, PEOPLE, MATCHES, CONFIG, UNTRAINED)
_DEEPEST = 8


class Incoming(Store):
    """A store that came from elsewhere: its files are not ours to restore."""

    def _reject(self, path: Path, found: str) -> NoReturn:
        raise ResultError(found)


def place(name: str) -> PurePosixPath | None:
    """Where a file of an archive or folder is in a store, 'run/results/smoke/a/seed-0.json' -> 'smoke/a/seed-0.json'.

    A store begins below `results`, or is the whole, or its only folder. None for what is no file of a store.
    """
    parts = PurePosixPath(name).parts
    if "results" in parts[:-1]:
        parts = parts[parts.index("results") + 1 :]
    elif len(parts) > 1 and parts[0] not in (*manifest.FOLDERS, "data", "work", "build"):
        parts = parts[1:]
    if parts == (manifest.NAME,):
        return PurePosixPath(*parts)
    if not 2 <= len(parts) <= _DEEPEST or parts[0] not in manifest.FOLDERS:
        return None
    if any(part.startswith(".") or not part.isprintable() for part in parts):
        return None
    *folders, file = parts
    if folders[-1].endswith(GALLERY):
        wanted = file == LIST or file.endswith(".webp")
    else:
        wanted = file.endswith((".json", *_BESIDE))
    known = parts[0] != MACHINES or len(parts) > 3
    return PurePosixPath(*parts) if wanted and known else None


def receive(source: str, folder: Path) -> Path:
    """Copy, unpack or download the results in `source` into a store of its own below `folder`; where that is.

    An interrupted download is continued by the next call. Raises `DataError`; then nothing is left but that.
    """
    there = folder / hashlib.sha256(source.encode()).hexdigest()[:16]
    store = there / "results"
    shutil.rmtree(store, ignore_errors=True)  # what a killed call left may be of another source
    if "://" in source:
        archive = _downloaded(source, there)
    else:
        archive = Path(source)
        if not archive.exists():
            raise DataError(
                f"{source} does not exist; give a results folder, a .zip or .tar.gz of one, or an https address"
            )
    try:
        if archive.is_dir():
            count = _copied(archive, store)
        else:
            require_regular(archive)
            require_space(there, 2 * archive.stat().st_size)
            count = unpack(archive, store, place, limits=LIMITS)
        if not count:
            raise DataError(
                f"{source} holds no results; expected is the folder `results` of a checkout, with "
                f"{', '.join(manifest.FOLDERS[:4])}, ... in it"
            )
    except DataError:
        shutil.rmtree(there, ignore_errors=True)
        raise
    return store


def _downloaded(address: str, there: Path) -> Path:
    parts = urlsplit(address)
    loopback = parts.scheme == "http" and parts.hostname in ("127.0.0.1", "localhost", "::1")
    if not loopback and (parts.scheme != "https" or not parts.hostname):
        raise DataError(f"{address} is no https address; give https://HOST/..., a folder or a file")
    target = there / "archive"
    download(RemoteFile(name="archive", addresses=(address,)), target)
    return target


def _copied(folder: Path, store: Path) -> int:
    """Copy the files of a store in `folder`; how many."""
    base = folder / "results" if (folder / "results").is_dir() else folder
    count = 0
    for here, folders, files in os.walk(base):
        for name in (*folders, *files):
            path = Path(here, name)
            mode = path.lstat().st_mode
            if not stat.S_ISDIR(mode) and not stat.S_ISREG(mode):
                raise DataError(f"{path} is a link or a device; give the files themselves")
        for name in files:
            path = Path(here, name)
            inside = PurePosixPath("results", *path.relative_to(base).parts)
            where = place(str(inside))
            if where is None:
                continue
            if path.stat().st_size > LIMITS.total:
                raise DataError(f"{path} has {path.stat().st_size} bytes, which no result has")
            count += 1
            target = store / where
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, target, follow_symlinks=False)
    return count
