"""`repropose fetch` from names to receipts, against a local server."""

import hashlib
import io
import json
import zipfile
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from PIL import Image

from bench.cli import main
from bench.errors import CatalogError, DataError
from bench.fetch import fetcher, sources
from bench.fetch.fetcher import Options, fetch
from bench.fetch.layout import missing, receipt
from bench.fetch.retry import RetryPolicy
from bench.fetch.sources import Source
from tests.bench.fetch.faulty import Server

BOXES = b'[{"bbox": [0, 0, 1, 1]}]'
QUICK = Options(retry=RetryPolicy(attempts=2, sleep=lambda _: None))


def picture(shade: int) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (8, 8), (shade, 0, 0)).save(out, "JPEG")
    return out.getvalue()


PICTURES = {f"{i:012d}.jpg": picture(i) for i in range(4)}


def archive() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as packed:
        for name, content in PICTURES.items():
            packed.writestr(f"val2017/{name}", content)
    return out.getvalue()


ARCHIVE = archive()


@pytest.fixture
def known(server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, Source]:
    """Three sources on the local server, in an empty workspace."""
    monkeypatch.setenv("REPROPOSE_WORKSPACE", str(tmp_path / "ws"))
    server.put("val.zip", ARCHIVE)
    server.put("net.pth", b"weights")

    def source(folder: str, files: list[dict[str, Any]], **more: Any) -> Source:
        plain = {"title": "t", "licence": "CC BY 4.0", "citation": "c"}
        return Source.model_validate({**plain, "folder": folder, "files": files, **more})

    digest = hashlib.sha256(ARCHIVE).hexdigest()
    made = {
        "pictures": source(
            "coco",
            [
                {
                    "name": "val.zip",
                    "addresses": [server.address("val.zip")],
                    "size": len(ARCHIVE),
                    "sha256": digest,
                    "unpack": {"*.jpg": "val2017"},
                }
            ],
            provides={"val2017": 4},
        ),
        "weights": source(
            "weights", [{"name": "net.pth", "addresses": [server.address("net.pth")]}]
        ),
        "boxes": source(
            "coco",
            [{"name": "boxes.json", "page": "https://drive.invalid/x", "to": "detections"}],
            by_hand="the host is a drive page",
        ),
    }
    monkeypatch.setattr(sources, "sources", lambda: made)
    monkeypatch.setattr(fetcher, "sources", lambda: made)
    return made


def full(tmp_path: Path) -> Path:
    return tmp_path / "ws" / "data" / "full"


def quietly(*names: str, **changes: Any) -> list[str]:
    said: list[str] = []
    fetch(names, Options(**{"retry": QUICK.retry, **changes}), said.append)
    return said


def test_archives_and_files_are_in_place_with_a_receipt(known, server, tmp_path):
    said = quietly("pictures", "weights")
    for name, content in PICTURES.items():
        assert (full(tmp_path) / "coco/val2017" / name).read_bytes() == content
    assert (full(tmp_path) / "weights/net.pth").read_bytes() == b"weights"
    assert receipt("weights")["files"]["net.pth"] == {
        "size": 7,
        "sha256": hashlib.sha256(b"weights").hexdigest(),
        "from": server.address("net.pth"),
    }
    assert receipt("pictures")["complete"]
    assert not list((tmp_path / "ws/data/downloads").rglob("*.*"))
    assert "CC BY 4.0" in said[0]


def test_a_second_fetch_sends_no_request(known, server):
    quietly("pictures", "weights")
    server.files.clear()
    quietly("pictures", "weights", offline=True)


def test_a_lost_image_is_restored(known, tmp_path):
    quietly("pictures")
    lost = full(tmp_path) / "coco/val2017/000000000002.jpg"
    lost.unlink()
    assert missing(known["pictures"]) == ["val2017 (3 of 4 files)"]
    quietly("pictures")
    assert lost.read_bytes() == PICTURES[lost.name]


def test_what_was_first_downloaded_is_what_later_downloads_must_equal(known, server, tmp_path):
    quietly("weights")
    (full(tmp_path) / "weights/net.pth").unlink()
    server.put("net.pth", b"WEIGHTS", etag='"new"')
    with pytest.raises(DataError, match=r"weights: net\.pth .*that of the first download was"):
        quietly("weights")
    assert not (full(tmp_path) / "weights/net.pth").exists()


def test_one_error_does_not_stop_the_others(known, server, tmp_path):
    del server.files["/net.pth"]
    with pytest.raises(DataError) as caught:
        quietly("boxes", "weights", "pictures")
    assert "404" in str(caught.value)
    assert "download boxes.json from https://drive.invalid/x to" in str(caught.value)
    assert "\n" not in str(caught.value)
    assert len(list((full(tmp_path) / "coco/val2017").iterdir())) == 4


def test_a_file_downloaded_by_hand_is_verified_and_moved_into_place(known, tmp_path):
    with pytest.raises(DataError, match="the host is a drive page") as caught:
        quietly("boxes")
    place = Path(str(caught.value).partition("/x to ")[2].partition(";")[0])
    place.parent.mkdir(parents=True)
    place.write_bytes(b"<html>")
    with pytest.raises(DataError, match="not readable JSON"):
        quietly("boxes")
    place.write_bytes(BOXES)
    quietly("boxes")
    assert (full(tmp_path) / "coco/detections/boxes.json").read_bytes() == BOXES
    assert receipt("boxes")["files"]["boxes.json"]["from"] == "found here"


def test_offline_sends_no_request_and_names_what_is_missing(known, server):
    served = server.files["/net.pth"]
    with pytest.raises(DataError, match=r"offline, and missing here: weights/net\.pth"):
        quietly("weights", offline=True)
    assert served.requests == []


@pytest.mark.parametrize("layout", ["coco/val2017", "val2017", "coco/images/val2017"])
def test_a_folder_elsewhere_is_linked_and_not_copied(layout, known, server, tmp_path):
    elsewhere = tmp_path / "disk" / layout
    elsewhere.mkdir(parents=True)
    for name, content in PICTURES.items():
        (elsewhere / name).write_bytes(content)
    said = quietly("pictures", data_root=tmp_path / "disk")
    assert (full(tmp_path) / "coco/val2017").is_symlink()
    assert (full(tmp_path) / "coco/val2017").resolve() == elsewhere
    assert "val2017 linked from" in said[0]
    assert server.files["/val.zip"].requests == []
    assert receipt("pictures")["linked"] == {"val2017": str(elsewhere)}


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (lambda folder: (folder / "000000000001.jpg").unlink(), "has 3 files, 4 are published"),
        (
            lambda folder: (folder / "000000000001.jpg").write_bytes(
                PICTURES["000000000001.jpg"][:-40]
            ),
            "is damaged",
        ),
    ],
    ids=["incomplete", "cut off"],
)
def test_a_folder_elsewhere_that_is_incomplete_is_not_linked(spoil, message, known, tmp_path):
    elsewhere = tmp_path / "disk" / "val2017"
    elsewhere.mkdir(parents=True)
    for name, content in PICTURES.items():
        (elsewhere / name).write_bytes(content)
    spoil(elsewhere)
    with pytest.raises(DataError, match=message):
        quietly("pictures", data_root=tmp_path / "disk")
    assert not (full(tmp_path) / "coco/val2017").exists()


def test_too_little_space_stops_before_the_first_byte(known, server, monkeypatch):
    def full_disk(folder: Path, needed: int) -> None:
        assert needed == 2 * len(ARCHIVE)
        raise DataError("0.0 GB free")

    monkeypatch.setattr(fetcher, "require_space", full_disk)
    with pytest.raises(DataError, match="GB free"):
        quietly("pictures")
    assert server.files["/val.zip"].requests == []


def test_an_interrupted_archive_is_resumed(known, server, tmp_path):
    served = server.files["/val.zip"]
    served.drop_after = [500, 0, 0, 0]
    with pytest.raises(DataError, match="connection broke"):
        quietly("pictures")
    states = {row["source"]: (row["state"], row["begun_bytes"]) for row in fetcher.listing()}
    assert states["pictures"] == ("partial", 500)
    quietly("pictures")
    assert served.requests[-1]["range"] == "bytes=500-"


def run(*arguments: str) -> Result:
    return CliRunner().invoke(main, arguments)


def test_the_command_lists_names_and_fails_in_one_line(tmp_path, monkeypatch):
    monkeypatch.setenv("REPROPOSE_WORKSPACE", str(tmp_path))
    rows = {row["source"]: row for row in json.loads(run("fetch", "--json").stdout)}
    assert rows["coco-val"]["state"] == "not here"
    assert rows["coco-val"]["bytes"] == 815585330
    assert rows["crowdpose"]["state"] == "by hand"
    listed = run("fetch", "--list")
    assert listed.exit_code == 0
    assert "coco-train" in listed.stdout
    for arguments, message in (
        (["coco-vall"], "unknown source 'coco-vall'; did you mean: coco-val"),
        (["coco-val", "--offline"], "offline, and missing here: coco-val/val2017.zip"),
        (["crowdpose"], "download images.zip from https://drive.google.com/"),
    ):
        done = run("fetch", *arguments)
        assert done.exit_code == 2
        assert message in done.stderr
        assert done.stderr.count("\n") == 1


def test_every_file_the_full_tier_needs_has_a_source():
    from bench.catalog.schema import layout
    from bench.datasets.splits import FILES, IMAGES

    for dataset, files in FILES.items():
        kind = layout(dataset)
        for place in (*files, *(folder for _, folder in IMAGES[kind])):
            assert sources.providing(f"{kind}/{place}"), (dataset, place)


@pytest.mark.parametrize(
    ("change", "line", "message"),
    [
        ("size: 815585330", 14, "size"),
        ("- http://images", 12, "https://"),
        ("folder: coco\n", 8, "relative path"),
        ("licence: &coco-images", 6, "Field required"),
    ],
    ids=["size", "address", "folder", "licence"],
)
def test_an_error_in_the_sources_has_file_and_line(change, line, message, tmp_path):
    wrong = {
        "size: 815585330": "size: -1",
        "- http://images": "- ftp://images",
        "folder: coco\n": "folder: ../coco\n",
        "licence: &coco-images": "license: &coco-images",
    }[change]
    file = tmp_path / "sources.yaml"
    file.write_text(sources.FILE.read_text().replace(change, wrong, 1))
    with pytest.raises(CatalogError) as caught:
        sources.load(file)
    first = str(caught.value).splitlines()[0]
    assert f"sources.yaml:{line}:" in str(caught.value), first
    assert message in str(caught.value)


@pytest.mark.network
def test_every_checkpoint_that_a_model_starts_from_has_a_source():
    import model_zoo
    from bench.paths import config_files

    def starts(node: Any) -> set[str]:
        found = set()
        if isinstance(node, dict):
            init = node.get("init_cfg")
            if isinstance(init, dict) and init.get("type") == "Pretrained":
                found.add(str(init["checkpoint"]).rsplit("/", 1)[-1].removesuffix(".pth") + ".pth")
        for value in node.values() if isinstance(node, dict) else node:
            if isinstance(value, dict | list):
                found |= starts(value)
        return found

    names = {n for c in config_files() for n in starts(model_zoo.config(c, tier="full").to_dict())}
    assert "resnet50.pth" in names
    assert {n for n in names if not sources.providing(f"weights/{n}")} == set()
