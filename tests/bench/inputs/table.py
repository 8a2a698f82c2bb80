"""Bad inputs and what is said of them, as data: files that a command reads, edits of these, words of the answer.

`ROWS` is every edit of transport (how the bytes arrive) on every file, and every edit of content in edits.yaml.
"""

import io
import json
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from tests.bench.inputs.arrival import BYTES, CUT, IMAGE_BYTES, JSON_BYTES, THINGS, YAML_BYTES
from tests.bench.inputs.good import CARD, FIGURE, SAME, SETTINGS

FIXTURES = Path(__file__).parents[2] / "fixtures"
TRUTH = FIXTURES / "predictions" / "truth.json"
EVALUATE = ("evaluate", "--predictions", "found.json", "--truth", "truth.json")
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
        (*EVALUATE, "--format", "openpose", "--score", "1", "--image-ids", "ids.json"),
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
