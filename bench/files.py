"""Reading and writing files: whole or not at all, within bounds, with clear errors."""

import gzip
import json
import os
import tempfile
import zlib
from pathlib import Path
from typing import Any, NoReturn

from bench.errors import DataError, ResultError


def replace_file(path: Path, content: bytes) -> None:
    """The whole file or none of it."""
    part = path.with_name(path.name + ".part")
    part.write_bytes(content)
    part.replace(path)


def read_json(path: Path) -> Any:
    """JSON from a plain or gzipped file; `DataError` says which file and where it breaks."""
    try:
        raw = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
        return json.loads(raw)
    except FileNotFoundError:
        raise DataError(f"{path} is missing; `repropose prepare` makes or checks it") from None
    except (OSError, EOFError, ValueError) as error:
        raise DataError(f"{path} is not readable JSON: {error}") from None


LIMIT = (
    2**29
)  # bytes, after unpacking; all detections of COCO's validation set take a quarter of that
CONTAINERS = 2**22  # lists and objects: each costs the memory of many bytes of text


def read_bounded(path: Path, limit: int = LIMIT) -> bytes:
    """The bytes of a plain file, unpacked if its name ends in .gz. Raises `DataError` beyond `limit`."""
    if not path.is_file():
        raise DataError(f"{path} is no file; give the path of one")
    if path.stat().st_size > limit:
        raise DataError(f"{path} has {path.stat().st_size} bytes; at most {limit} are read")
    try:
        with path.open("rb") as stream:
            raw = stream.read(limit + 1)  # a file can be longer than it says, or grow
    except OSError as error:
        raise DataError(f"{path} cannot be read: {error.strerror}") from None
    if len(raw) > limit:
        raise DataError(f"{path} has more than {limit} bytes; at most these are read")
    return unpack(raw, str(path), limit) if path.suffix == ".gz" else raw


def unpack(raw: bytes, what: str, limit: int = LIMIT) -> bytes:
    """gzip's content. Raises `DataError` if there is more than `limit` of it, or if it is damaged."""
    unpacked = zlib.decompressobj(wbits=31)
    try:
        content = unpacked.decompress(raw, limit + 1)
    except zlib.error as error:
        raise DataError(f"{what} is no gzip file: {error}") from None
    if len(content) > limit or unpacked.unconsumed_tail:
        raise DataError(f"{what} unpacks to more than {limit} bytes; at most these are read")
    if not unpacked.eof:
        raise DataError(f"{what} ends in the middle of its gzip data")
    return content


def parse_json(raw: bytes, what: str) -> Any:
    """JSON without NaN and infinities. Raises `DataError`, also for nesting and numbers of lists no honest file has."""
    if (held := raw.count(b"[") + raw.count(b"{")) > CONTAINERS:
        raise DataError(f"{what} holds {held} lists and objects; at most {CONTAINERS} are read")
    try:
        return json.loads(raw, parse_constant=_no_number)
    except RecursionError:
        raise DataError(f"{what} is nested too deeply to be read") from None
    except ValueError as error:
        raise DataError(f"{what} is not readable JSON: {error}") from None


def _no_number(word: str) -> NoReturn:
    raise ValueError(f"{word} is not a number")


def write_atomically(path: Path, content: bytes) -> None:
    """The whole file or none of it: temporary file, fsync, rename."""
    handle, name = -1, ""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=".part")
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.chmod(name, 0o644)
        os.replace(name, path)
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
    except OSError as error:
        if name:
            Path(name).unlink(missing_ok=True)
        raise ResultError(
            f"{path}: cannot be written: {error.strerror}; nothing was changed. Make room or give access, run again"
        ) from None
