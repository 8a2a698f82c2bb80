"""Bad inputs and what is said of them, as data: files that a command reads, edits of these, words of the answer.

`ROWS` is every edit of transport (how the bytes arrive) on every file, and every edit of content in edits.yaml.
"""

import gzip
import io
import json
import os
import zipfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import yaml

FIXTURES = Path(__file__).parents[2] / "fixtures"
TRUTH = FIXTURES / "predictions" / "truth.json"
EVALUATE = ("evaluate", "--predictions", "found.json", "--truth", "truth.json")
SETTINGS = """\
tier: smoke
synthetic:
  smoke:
    coco: {kind: crops, difficulty: easy, seed: 5, train: 2, val: 1}
quickstart: [transpose-1]
"""
CARD = """\
name: mine
title: My network
authors: N. N.
boxes: ground-truth
input_size: 256x192
flip_test: no
training_data: COCO
"""
SAME = "- {tiers: [smoke], runs: [tiny-a-coco, tiny-b-coco], reason: made up}\n"
FIGURE = """\
- id: one
  cells: {"tinypaper:1/tiny-a/ap": 75.5}
  model: a
  metric: AP
  value: 75.5
  printed: "75.5"
  measured_by: library
  source: {repository: owner/name, path: a.md, commit: "759b39c13fea6ba094afc1fa932f51dc1b11cbf9",
    accessed: "2026-11-29"}
  date: "2023-10-12"
  protocol: {split: coco-val2017}
  note: made up
"""


CUT = "last sign is missing"
NOTHING = ("empty", "blank", "null")  # a list without entries, which is none


class File(NamedTuple):
    """A file that a command reads: where it is in the workspace, its good content, the command, what else is there.

    form: json, yaml or image. own: edits of transport that are no mistake for it.
    """

    place: str
    base: Callable[[], bytes]
    command: tuple[str, ...]
    also: Mapping[str, Callable[[], bytes]] = {}
    form: str = "json"
    own: tuple[str, ...] = ()


def fixture(*parts: str) -> Callable[[], bytes]:
    return FIXTURES.joinpath(*parts).read_bytes


def text(content: str) -> Callable[[], bytes]:
    return content.encode


def paper(name: str) -> dict[str, Callable[[], bytes]]:
    files = ("paper", "tables", "runs", "claims")
    rest = {
        f"papers/tinypaper/{one}.yaml": fixture("papers", "tinypaper", f"{one}.yaml")
        for one in files
    }
    return {place: base for place, base in rest.items() if place != f"papers/tinypaper/{name}.yaml"}


def picture() -> bytes:
    from PIL import Image

    out = io.BytesIO()
    Image.radial_gradient("L").resize((64, 48)).convert("RGB").save(out, "JPEG")
    return out.getvalue()


def real(image: str = "") -> dict[str, Callable[[], bytes]]:
    """COCO with one image, as `prepare --tier full` verifies it."""
    folder = "data/full/coco"
    annotations = f"{folder}/annotations/person_keypoints_{{}}2017.json"
    listed = {"val": listing, "train": listing}
    files: dict[str, Callable[[], bytes]] = {annotations.format(s): f for s, f in listed.items()}
    files |= {f"{folder}/{s}2017/1.jpg": picture for s in ("val", "train")}
    return {place: base for place, base in files.items() if place != image}


def listing() -> bytes:
    found = json.loads(TRUTH.read_bytes())
    found["images"] = [{**found["images"][0], "file_name": "1.jpg", "width": 64, "height": 48}]
    found["annotations"] = [one for one in found["annotations"] if one["image_id"] == 1]
    return json.dumps(found).encode()


def result(*parts: str) -> Callable[[], bytes]:
    return fixture("results", *parts)


FILES: dict[str, File] = {
    "predictions": File(
        "found.json",
        fixture("predictions", "coco.json"),
        EVALUATE,
        {"truth.json": TRUTH.read_bytes},
        own=("utf-16", "empty list"),
    ),
    "truth": File(
        "truth.json",
        TRUTH.read_bytes,
        EVALUATE,
        {"found.json": fixture("predictions", "coco.json")},
        own=("utf-16",),
    ),
    "image ids": File(
        "ids.json",
        text('{"a": 1, "b": 12}'),
        (*EVALUATE, "--format", "openpose", "--image-ids", "ids.json"),
        {
            "found.json/a_keypoints.json": fixture(
                "predictions", "openpose-coco18", "000000000001_keypoints.json"
            ),
            "truth.json": TRUTH.read_bytes,
        },
        own=("utf-16", "empty object"),
    ),
    "accuracy": File(
        "results/smoke/tiny-a-coco/seed-0.json",
        result("smoke", "tiny-a-coco", "seed-0.json"),
        ("results",),
    ),
    "count": File("results/counted/tiny-a.json", result("counted", "tiny-a.json"), ("results",)),
    "speed": File("results/timed/tiny.json", result("timed", "tiny.json"), ("results",)),
    "submission": File(
        "results/submitted/golden/coco-smoke.json",
        fixture("golden", "results", "submitted", "golden", "coco-smoke.json"),
        ("results",),
    ),
    "snapshot": File(
        "old.json",
        text('{"made": null, "verdicts": [], "claims": [], "conflicts": []}'),
        ("compare", "old.json", "new.json"),
        {"new.json": text('{"made": null, "verdicts": [], "claims": [], "conflicts": []}')},
    ),
    "state": File("history/state.json", text(""), ("history",)),
    "settings": File(
        "params.yaml",
        text(SETTINGS),
        ("prepare", "coco"),
        form="yaml",
    ),
    "card": File(
        "card.yaml",
        text(CARD),
        ("submit", "--predictions", "found.json", "--card", "card.yaml", "--tier", "smoke"),
        {"found.json": fixture("predictions", "coco.json")},
        form="yaml",
        own=(CUT,),
    ),
    "paper": File(
        "papers/tinypaper/paper.yaml",
        fixture("papers", "tinypaper", "paper.yaml"),
        ("runs",),
        paper("paper"),
        form="yaml",
    ),
    "tables": File(
        "papers/tinypaper/tables.yaml",
        fixture("papers", "tinypaper", "tables.yaml"),
        ("runs",),
        paper("tables"),
        form="yaml",
        own=NOTHING,
    ),
    "runs": File(
        "papers/tinypaper/runs.yaml",
        fixture("papers", "tinypaper", "runs.yaml"),
        ("runs",),
        paper("runs"),
        form="yaml",
        own=NOTHING,
    ),
    "claims": File(
        "papers/tinypaper/claims.yaml",
        fixture("papers", "tinypaper", "claims.yaml"),
        ("claims",),
        paper("claims"),
        form="yaml",
        own=NOTHING,
    ),
    "one configuration": File(
        "papers/same_config.yaml", text(SAME), ("runs",), paper(""), "yaml", NOTHING
    ),
    "figures": File(
        "papers/tinypaper/third_party.yaml",
        text(FIGURE),
        ("runs",),
        paper(""),
        "yaml",
        (*NOTHING, CUT),
    ),
    "annotations": File(
        "data/full/coco/annotations/person_keypoints_val2017.json",
        listing,
        ("prepare", "coco", "--tier", "full"),
        real("data/full/coco/annotations/person_keypoints_val2017.json"),
        own=("utf-16",),
    ),
    "image": File(
        "data/full/coco/val2017/1.jpg",
        picture,
        ("prepare", "coco", "--tier", "full"),
        real("data/full/coco/val2017/1.jpg"),
        form="image",
    ),
}


# ---------------------------------------------------------------- how bytes arrive


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
    import struct
    import zlib

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
#: A folder of predictions is read; of a file that may be missing, nothing that is no file is taken for it.
MAY_BE_MISSING = ("settings", "state", "tables", "runs", "claims", "one configuration", "figures")
MAY_BE_NOWHERE = ("accuracy", "count", "speed", "submission", "paper")
NO_FILE = {
    ("predictions", "a folder"),
    *((kind, thing) for kind in MAY_BE_MISSING for thing in THINGS),
    *((kind, f"a link to {what}") for kind in MAY_BE_NOWHERE for what in ("nothing", "itself")),
}


class Row(NamedTuple):
    """One bad input. kind: key of `FILES`. name: the edit. change: makes the file there. says: words of the answer."""

    kind: str
    name: str
    change: Callable[[Path], None]
    says: str

    @property
    def id(self) -> str:
        return f"{self.kind}: {self.name}"


def rewritten(kind: str, edit: Callable[[bytes], bytes]) -> Callable[[Path], None]:
    return lambda path: path.write_bytes(edit(FILES[kind].base())) and None


def transport() -> Iterator[Row]:
    special = {"json": JSON_BYTES, "yaml": YAML_BYTES, "image": {}}
    for kind, file in FILES.items():
        edits = IMAGE_BYTES if file.form == "image" else BYTES | special[file.form]
        for name, (edit, says) in edits.items():
            if name not in file.own:
                yield Row(kind, name, rewritten(kind, edit), says)
        for name, thing in THINGS.items():
            if (kind, name) not in NO_FILE:
                yield Row(kind, name, thing, "")


# ---------------------------------------------------------------- what they say


def replaced(data: Any, path: str, value: Any) -> Any:
    """`data` with the value at a path of keys and positions, 'a/0/b'; '~a/b' deletes it."""
    *steps, last = path.removeprefix("~").split("/")
    node = data
    for step in steps:
        node = node[int(step) if isinstance(node, list) else step]
    last = int(last) if isinstance(node, list) else last
    if path.startswith("~"):
        del node[last]
    elif isinstance(node, list) and last == len(node):
        node.append(value)
    else:
        node[last] = value
    return data


def changed(kind: str, path: str, value: Any) -> Callable[[bytes], bytes]:
    def edit(base: bytes) -> bytes:
        if FILES[kind].form == "yaml":
            data = replaced(yaml.safe_load(base), path, value)
            return yaml.safe_dump(data, sort_keys=False, allow_unicode=True).encode()
        return json.dumps(replaced(json.loads(base), path, value)).encode()

    return edit


def content() -> Iterator[Row]:
    edits = yaml.safe_load(Path(__file__).with_name("edits.yaml").read_text("utf-8"))
    for kind, rows in edits.items():
        for place, value, says in rows:
            path = str(place)
            yield Row(
                kind, f"{path} = {value!r:.60}", rewritten(kind, changed(kind, path, value)), says
            )


ROWS = [*transport(), *content()]
