"""Files: written whole or not at all, read within bounds, errors in one line. The only module that does either."""

import gc
import gzip
import io
import itertools
import json
import math
import os
import re
import stat
import tempfile
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import Any, NoReturn

import msgspec

from bench.errors import DataError, EnvironmentProblem

# Bytes after unpacking; all detections on COCO's validation set take a quarter of that.
MAX_BYTES = 2**29
# JSON lists and objects: each takes the memory of many bytes of text.
MAX_CONTAINERS = 2**22
_CONTAINERS = {dict, list}
MAX_DEPTH = 100  # beyond this the standard library parses, which refuses what Python cannot print
_NO_BRACKETS = bytes(set(range(256)) - set(b"[]{}"))


def write_atomically(path: Path, content: bytes | memoryview, *, durable: bool = True) -> None:
    """Write the whole file or none of it: temporary file in the same folder (made if missing), fsync, rename.

    `durable=False` skips the fsync, for files that are cheap to write again. Raises `EnvironmentProblem`.
    """
    handle, name = -1, ""
    try:
        handle, name = _beside(path)
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


def _beside(path: Path) -> tuple[int, str]:
    """A new file in the folder of `path`, which is made if it is missing (asking first takes as long as opening)."""
    try:
        return tempfile.mkstemp(".part", f".{path.name}.", path.parent)
    except FileNotFoundError:
        path.parent.mkdir(parents=True, exist_ok=True)
        return _beside(path)


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
    """The bytes of a file; unpacked if it is gzip (by its name or first bytes) or a zip with one JSON or XML file.

    Raises `DataError`, also beyond `limit`.
    """
    require_regular(path)
    if path.stat().st_size > limit:
        raise DataError(f"{path} has {path.stat().st_size} bytes; at most {limit} are read")
    try:
        with path.open("rb") as stream:
            raw = stream.read(limit + 1)  # it can be longer than its size says, or grow
    except OSError as error:
        raise DataError(f"{path} cannot be read: {error.strerror}") from None
    if len(raw) > limit:
        raise DataError(f"{path} has more than {limit} bytes; at most {limit} are read")
    return unpacked(raw, str(path), limit)


def require_regular(path: Path) -> None:
    """Raises `DataError` for what is no regular file, before it is opened: a pipe or a device would never end."""
    try:
        mode = path.stat().st_mode
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or str(error)
        raise DataError(f"{printable(str(path))} cannot be read: {why}") from None
    if not stat.S_ISREG(mode):
        kind = "a folder" if stat.S_ISDIR(mode) else "a pipe, a socket or a device"
        raise DataError(f"{path} is {kind}, not a file; give the path of a file")


def printable(text: str) -> str:
    """Text on one line, for messages and terminals: what controls them or turns the direction of text is replaced."""
    return "".join(c if c.isprintable() else "\ufffd" for c in text)


_MARKS = {b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16"}  # byte order marks


def read_text(path: Path, limit: int = MAX_BYTES) -> str:
    """Text in UTF-8, or in UTF-16 with a byte order mark; the mark is left out. Raises `DataError` naming the line."""
    raw = read_bytes(path, limit)
    encoding = _MARKS.get(raw[:2], "utf-8")
    try:
        return raw.decode(encoding).replace("\ufeff", "")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise DataError(
            f"{path}:{line}: byte 0x{raw[error.start]:02x} is not {encoding.upper()}, it may be Latin-1 or "
            "Windows-1252; save the file as UTF-8"
        ) from None


def unpacked(raw: bytes, what: str, limit: int = MAX_BYTES) -> bytes:
    """The bytes, or the content of gzip data or of a zip; `what` names the file. Raises `DataError`."""
    if what.endswith(".gz") or raw[:2] == b"\x1f\x8b":
        return gunzip(raw, what, limit)
    return unzip_one(raw, what, limit) if raw[:4] == b"PK\x03\x04" else raw


def gunzip(raw: bytes, what: str, limit: int = MAX_BYTES) -> bytes:
    """The content of gzip data, its members joined; `what` names the file. Raises `DataError`, also beyond `limit`."""
    try:
        with gzip.GzipFile(fileobj=io.BytesIO(raw)) as stream:
            content = stream.read(limit + 1)
    except EOFError:
        raise DataError(
            f"{what} ends in the middle of its gzip data; copy or pack it again"
        ) from None
    except (OSError, zlib.error) as error:
        raise DataError(f"{what} is not a gzip file: {error}; pack it again") from None
    if not raw:
        raise DataError(f"{what} is not a gzip file: it is empty")
    if len(content) > limit:
        raise DataError(f"{what} unpacks to more than {limit} bytes; at most {limit} are read")
    return content


def unzip_one(raw: bytes, what: str, limit: int = MAX_BYTES) -> bytes:
    """The only JSON or XML file of a zip; `what` names the zip. Raises `DataError`, also beyond `limit`."""
    try:
        with zipfile.ZipFile(io.BytesIO(raw)) as archive:
            names = [name for name in archive.namelist() if _is_content(PurePosixPath(name))]
            found = [name for name in names if name.lower().endswith((".json", ".xml", ".json.gz"))]
            if len(found) != 1:
                listed = ", ".join((found or names)[:3]) or "nothing"
                many = f"{len(found)} JSON or XML files" if found else "no JSON or XML file"
                raise DataError(
                    f"{what} is a zip with {many} ({listed}); one is expected: unpack it and give "
                    "the file, or the folder of a tool that writes one file per image"
                )
            with archive.open(found[0]) as stream:
                content = stream.read(limit + 1)
    except (zipfile.BadZipFile, zlib.error, RuntimeError, EOFError, OSError, ValueError) as error:
        raise DataError(f"{what} is a zip that cannot be unpacked: {error}") from None
    if len(content) > limit:
        raise DataError(f"{what} unpacks to more than {limit} bytes; at most {limit} are read")
    inner = f"{what}: {found[0]}"
    return gunzip(content, inner, limit) if inner.lower().endswith(".gz") else content


def _is_content(name: PurePosixPath) -> bool:
    """Whether a member of a zip is a file of its author, not one that a file manager added."""
    return name.parts[0] != "__MACOSX" and not name.name.startswith(".")


@contextmanager
def collection_paused() -> Iterator[None]:
    """No garbage collection meanwhile: parsed JSON and verdicts have no cycles, pages few, and looking takes long."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


def read_json(path: Path) -> Any:
    """JSON from a plain or gzipped file, read by `read_bytes` and `parse_json`. Raises `DataError`."""
    if not path.exists():
        raise DataError(f"{path} is missing; `repropose prepare` creates or checks it")
    return parse_json(read_bytes(path), str(path))


def parse_json(raw: bytes, what: str) -> Any:
    """JSON without NaN, infinities and keys given twice. Raises `DataError`, also for excessive nesting and numbers of
    lists."""
    if (containers := raw.count(b"[") + raw.count(b"{")) > MAX_CONTAINERS:
        raise DataError(
            f"{what} has {containers} lists and objects; at most {MAX_CONTAINERS} are read"
        )
    if not raw.strip():
        raise DataError(f"{what} is not readable JSON: it is empty")
    try:
        found = msgspec.json.decode(raw) if _depth(raw) < MAX_DEPTH else None  # a sixth of the time
    except msgspec.MsgspecError:
        found = None  # damaged, or in another encoding: the standard library reads it or says what is wrong
    if found is not None and _keys(found) == raw.count(b'":') + raw.count(b'" :'):
        return found
    try:  # a key is given twice, or the text of a value looks like a key
        return json.loads(
            raw,
            parse_constant=_reject_constant,
            parse_float=finite,
            object_pairs_hook=_with_each_key_once,
        )
    except RecursionError:
        raise DataError(f"{what} is nested too deeply to be read") from None
    except json.JSONDecodeError as error:
        if error.msg != "Extra data":
            raise DataError(f"{what} is not readable JSON: {error}") from None
        raise DataError(
            f"{what} holds several JSON values in a row, the second from line {error.lineno}, column "
            f"{error.colno}; one is read: join their entries into one list"
        ) from None
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise DataError(
            f"{what} is not readable JSON: byte 0x{raw[error.start]:02x} in line {line} is not UTF-8; it may be "
            "packed (.gz and .zip are unpacked, nothing else), binary, or text in Latin-1"
        ) from None
    except ValueError as error:
        raise DataError(f"{what} is not readable JSON: {error}{_line_of_constant(raw)}") from None


def _keys(found: Any) -> int:
    """Keys of all objects but those in a list that begins with a plain value, as numbers do."""
    counted, queue = 0, [found]
    while queue:
        one = queue.pop()
        if isinstance(one, dict):
            counted += len(one)
            queue += [value for value in one.values() if type(value) in _CONTAINERS]
        elif isinstance(one, list) and one and type(one[0]) in _CONTAINERS:
            queue += one
    return counted


def _with_each_key_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """A JSON object; JSON readers take the last of two values of a key in silence. Raises ValueError."""
    made = dict(pairs)
    if len(made) != len(pairs):
        keys = [key for key, _ in pairs]
        twice = next(key for key in keys if keys.count(key) > 1)
        raise ValueError(f"an object has the key {twice!r:.40} twice; leave one of them out")
    return made


_CONSTANT = re.compile(r'"(?:[^"\\]|\\.)*"|(NaN|-?Infinity)')


def _line_of_constant(raw: bytes) -> str:
    """Where the first NaN or infinity outside text is, for messages; '' without one."""
    text = raw.decode(json.detect_encoding(raw), errors="replace")
    first = next((found for found in _CONSTANT.finditer(text) if found[1]), None)
    if first is None:
        return ""
    line = text.count("\n", 0, first.start()) + 1
    column = first.start() - text.rfind("\n", 0, first.start())
    return f" (line {line}, column {column}); write a finite number, or leave the entry out"


def _depth(raw: bytes) -> int:
    """How deeply lists and objects are nested; brackets in texts count as well."""
    brackets = raw.translate(None, _NO_BRACKETS)
    return max(itertools.accumulate(1 if one in b"[{" else -1 for one in brackets), default=0)


def finite(digits: str) -> float:
    """For `json.loads(parse_float=...)`: 1e999 would be infinity. Raises ValueError."""
    if math.isinf(number := float(digits)):
        raise ValueError(f"{digits} is too large a number")
    return number


def _reject_constant(word: str) -> NoReturn:
    raise ValueError(f"{word} is not a number")
