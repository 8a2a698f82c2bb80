"""Files that a stranger wrote, read within bounds: nothing is executed, nothing grows without limit."""

import json
import zlib
from pathlib import Path
from typing import Any, NoReturn

from bench.errors import DataError

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
