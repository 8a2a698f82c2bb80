"""How bytes arrive: edits of any file, of JSON, of YAML, of pictures, and what there is instead of a file."""

import gzip
import io
import os
import struct
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path

CUT = "last sign is missing"


def inside(word: str) -> Callable[[bytes], bytes]:
    """JSON with `word` as the first value of its outermost object or list."""

    def edit(base: bytes) -> bytes:
        rest = base.lstrip()
        first = f'{{"zz": {word}' if rest[:1] == b"{" else f"[{word}"
        return first.encode() + (b"," if rest[1:].lstrip()[:1] not in b"]}" else b"") + rest[1:]

    return edit


def zipped(*names: str) -> Callable[[bytes], bytes]:
    def edit(base: bytes) -> bytes:
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
            for name in names:
                archive.writestr(name, base)
        return out.getvalue()

    return edit


def cut(part: float) -> Callable[[bytes], bytes]:
    return lambda base: base[: int(len(base) * part)]


def always(content: bytes) -> Callable[[bytes], bytes]:
    return lambda base: content


DEEP = 100_000
BOMB = b"a: &a [x, x, x, x, x, x, x, x, x]\n" + b"".join(
    f"{b}: &{b} [{', '.join([f'*{a}'] * 9)}]\n".encode()
    for a, b in zip("abcdefg", "bcdefgh", strict=True)
)
#: name -> edit, words of the answer.
BYTES: dict[str, tuple[Callable[[bytes], bytes], str]] = {
    "empty": (always(b""), ""),
    "blank": (always(b" \n \n"), ""),
    "half": (cut(0.5), ""),
    CUT: (lambda base: base.rstrip()[:-1], ""),
    "binary": (always(bytes(range(256)) * 4), ""),
    "null bytes": (always(b"\0" * 4096), ""),
    "a null byte in it": (lambda base: base[:20] + b"\0" + base[20:], ""),
    "Latin-1": (lambda base: base[:2] + b'"\xe9\xff"' + base[2:], ""),
    "utf-16": (lambda base: base.decode().encode("utf-16-le"), ""),
    "half a gzip": (lambda base: gzip.compress(base)[:20], ""),
    "a bare gzip mark": (always(b"\x1f\x8b"), ""),
    "zip of two": (zipped("a.json", "b.json"), ""),
    "damaged zip": (always(b"PK\x03\x04" + b"\0" * 60), ""),
    "HTML": (always(b"<!doctype html><title>404</title><p>Not found"), ""),
    "pickle": (always(b"\x80\x04\x95\x0b\x00\x00\x00\x00\x00\x00\x00\x8c\x05hello\x94."), ""),
    "deep lists": (always(b"[" * DEEP), ""),
    "deep lists, closed": (always(b"[" * DEEP + b"]" * DEEP), ""),
    "a number": (always(b"5"), ""),
    "text": (always(b'"text"'), ""),
    "true": (always(b"true"), ""),
    "null": (always(b"null"), ""),
    "list of numbers": (always(b"[1]"), ""),
}
JSON_BYTES: dict[str, tuple[Callable[[bytes], bytes], str]] = {
    "deep objects": (always(b'{"a":' * DEEP), "nested too deeply"),
    "NaN": (inside("NaN"), "NaN is not a number"),
    "Infinity": (inside("-Infinity"), "-Infinity is not a number"),
    "1e999": (inside("1e999"), "1e999 is too large a number"),
    "a key twice": (inside('{"key": 1, "key": 2}'), "has the key 'key' twice"),
    "ten thousand digits": (inside("9" * 10_000), "digits"),
    "two values": (lambda base: base + base, ""),
    "a comma too many": (lambda base: base.rstrip()[:-1] + b"," + base.rstrip()[-1:], ""),
    "a comment": (lambda base: b"// mine\n" + base, ""),
    "single quotes": (lambda base: base.replace(b'"', b"'"), ""),
    "empty list": (always(b"[]"), ""),
    "empty object": (always(b"{}"), ""),
}
YAML_BYTES: dict[str, tuple[Callable[[bytes], bytes], str]] = {
    "alias bomb": (always(BOMB), "alias"),
    "an alias in a circle": (always(b"a: &a [*a]\n"), "alias"),
    "tab": (lambda base: b"x:\n\t- y\n" + base, ""),
    "a key twice": (always(b"key: 1\nkey: 2\n"), "key"),
    "a Python object": (always(b"!!python/object/apply:os.system ['true']\n"), ""),
    "two documents": (lambda base: base + b"\n---\n" + base, ""),
    "an unknown alias": (always(b"a: *nobody\n"), ""),
}
IMAGE_BYTES: dict[str, tuple[Callable[[bytes], bytes], str]] = {
    name: BYTES[name] for name in ("empty", "half", "binary", "HTML", "null bytes", "text")
} | {
    "cut, with an end mark": (lambda base: base[: len(base) // 2] + b"\xff\xd9", "damaged"),
    "a quarter, with an end mark": (lambda base: base[: len(base) // 4] + b"\xff\xd9", "damaged"),
    "a bomb": (lambda base: png(60_000, 60_000), "too many pixels"),
    "a large one": (lambda base: png(12_000, 12_000), "too many pixels"),
    "another size": (lambda base: png(10, 10), "10x10"),
}


def png(width: int, height: int) -> bytes:
    """The head of a PNG of a size; its pixels are never written."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return (
            struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        )

    pixels = zlib.compress(b"\0" * ((width + 1) * height)) if width < 100 else b""
    head = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + head + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")


def pipe(path: Path) -> None:
    os.mkfifo(path)


def link(target: str) -> Callable[[Path], None]:
    return lambda path: path.symlink_to(target)


#: What is there instead of a file.
THINGS: dict[str, Callable[[Path], None]] = {
    "a folder": Path.mkdir,
    "a pipe": pipe,
    "an endless device": link("/dev/zero"),
    "a link to nothing": link("nothing"),
    "a link to itself": lambda path: path.symlink_to(path.name),
}
