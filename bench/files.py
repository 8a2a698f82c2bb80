"""Files: written whole or not at all, read within bounds, errors in one line. The only module that does either."""

import json
import math
import os
import tempfile
import zlib
from pathlib import Path
from typing import Any, NoReturn

from bench.errors import DataError, EnvironmentProblem

# Bytes after unpacking; all detections on COCO's validation set take a quarter of that.
MAX_BYTES = 2**29
# JSON lists and objects: each takes the memory of many bytes of text.
MAX_CONTAINERS = 2**22


def write_atomically(path: Path, content: bytes | memoryview, *, durable: bool = True) -> None:
    """Write the whole file or none of it: temporary file in the same folder (made if missing), fsync, rename.

    `durable=False` skips the fsync, for files that are cheap to write again. Raises `EnvironmentProblem`.
    """
    handle, name = -1, ""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=".part")
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            if durable:
                file.flush()
                os.fsync(file.fileno())
        os.chmod(name, 0o644)
        os.replace(name, path)
        if durable:
            _sync_folder(path.parent)
    except OSError as error:
        if name:
            Path(name).unlink(missing_ok=True)
        raise EnvironmentProblem(
            f"{path}: cannot be written: {error.strerror}; nothing was changed. "
            "Free some space or allow access, then run it again"
        ) from None


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def write_if_changed(path: Path, content: bytes, *, durable: bool = True) -> bool:
    """`write_atomically` unless the file has this content already, so that its time stays; whether it was written."""
    if path.is_file() and path.stat().st_size == len(content) and path.read_bytes() == content:
        return False
    write_atomically(path, content, durable=durable)
    return True


def read_bytes(path: Path, limit: int = MAX_BYTES) -> bytes:
    """The bytes of a file, unpacked if its name ends in .gz. Raises `DataError` beyond `limit`."""
    if not path.is_file():
        raise DataError(f"{path} is not a file; give the path of a file")
    if path.stat().st_size > limit:
        raise DataError(f"{path} has {path.stat().st_size} bytes; at most {limit} are read")
    try:
        with path.open("rb") as stream:
            raw = stream.read(limit + 1)  # it can be longer than its size says, or grow
    except OSError as error:
        raise DataError(f"{path} cannot be read: {error.strerror}") from None
    if len(raw) > limit:
        raise DataError(f"{path} has more than {limit} bytes; at most {limit} are read")
    return gunzip(raw, str(path), limit) if path.suffix == ".gz" else raw


def gunzip(raw: bytes, what: str, limit: int = MAX_BYTES) -> bytes:
    """The content of gzip data; `what` names the file in messages. Raises `DataError`, also beyond `limit`."""
    unpacker = zlib.decompressobj(wbits=31)
    try:
        content = unpacker.decompress(raw, limit + 1)
    except zlib.error as error:
        raise DataError(f"{what} is not a gzip file: {error}") from None
    if len(content) > limit or unpacker.unconsumed_tail:
        raise DataError(f"{what} unpacks to more than {limit} bytes; at most {limit} are read")
    if not unpacker.eof:
        raise DataError(f"{what} ends in the middle of its gzip data")
    return content


def read_json(path: Path) -> Any:
    """JSON from a plain or gzipped file, read by `read_bytes` and `parse_json`. Raises `DataError`."""
    if not path.exists():
        raise DataError(f"{path} is missing; `repropose prepare` creates or checks it")
    return parse_json(read_bytes(path), str(path))


def parse_json(raw: bytes, what: str) -> Any:
    """JSON without NaN and infinities. Raises `DataError`, also for excessive nesting and numbers of lists."""
    if (containers := raw.count(b"[") + raw.count(b"{")) > MAX_CONTAINERS:
        raise DataError(
            f"{what} has {containers} lists and objects; at most {MAX_CONTAINERS} are read"
        )
    try:
        return json.loads(raw, parse_constant=_reject_constant, parse_float=finite)
    except RecursionError:
        raise DataError(f"{what} is nested too deeply to be read") from None
    except ValueError as error:
        raise DataError(f"{what} is not readable JSON: {error}") from None


def finite(digits: str) -> float:
    """For `json.loads(parse_float=...)`: 1e999 would be infinity. Raises ValueError."""
    if math.isinf(number := float(digits)):
        raise ValueError(f"{digits} is too large a number")
    return number


def _reject_constant(word: str) -> NoReturn:
    raise ValueError(f"{word} is not a number")
