"""Outputs of tools that are half converted, mixed, of two folders, or of a rarer layout: read rightly or refused."""

import gzip
import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from bench.errors import DataError
from bench.evaluate.formats.people import Reading
from bench.evaluate.image_index import ImageIndex
from bench.evaluate.predictions import read_predictions
from tests.bench.evaluate.formats.test_formats import MEAN, ONE, SAMPLES, label, read, same

OPENPOSE = SAMPLES / "openpose-body25"
FILE = "000000000012_keypoints.json"


def copied(folder: Path, source: str) -> Path:
    return Path(shutil.copytree(SAMPLES / source, folder / source))


# ------------------------------------------------------------ folders


@pytest.mark.parametrize("source", ["mmpose", "yolo-json"])
@pytest.mark.parametrize("ending", [".JSON", ".Json", ".json.gz"])
def test_endings_of_a_folder_are_read_in_any_case_and_packed(
    source: str, ending: str, tmp_path: Path
):
    folder = copied(tmp_path, source)
    for one in sorted(folder.iterdir()):
        raw = one.read_bytes()
        one.with_suffix(ending).write_bytes(gzip.compress(raw) if ending.endswith("gz") else raw)
        one.unlink()
    same(read(folder), scores=True)


@pytest.mark.parametrize(
    ("source", "reading"),
    [("mmpose", None), ("mmpose-demo", None), ("yolo-txt", None), ("openpose-coco18", MEAN)],
)
def test_files_of_one_name_in_two_folders_are_not_joined(source, reading, tmp_path: Path):
    for camera in ("a", "b"):
        shutil.copytree(SAMPLES / source, tmp_path / camera)
    with pytest.raises(DataError, match=r"'a/0+\d+' and 'b/0+\d+' are of different folders"):
        read(tmp_path, reading)


@pytest.mark.parametrize("source", ["mmpose", "mmpose-demo", "yolo-json"])
def test_folders_decide_between_images_of_one_name(source: str, tmp_path: Path):
    """Image 1 is a/000000000012, image 12 is b/000000000012."""
    name = "results_000000000012.json" if source == "mmpose-demo" else "000000000012.json"
    for camera in ("a", "b"):
        (tmp_path / camera).mkdir()
        shutil.copy(SAMPLES / source / name, tmp_path / camera)
    images = ImageIndex({1, 12}, {1: "a/000000000012.jpg", 12: "b/000000000012.jpg"})
    entries = read_predictions(tmp_path, "coco", images).entries
    assert {one["image_id"] for one in entries} == {1, 12}


@pytest.mark.parametrize(
    ("more", "message"),
    [
        (
            "coco.json",
            "is not of the format openpose; it looks like coco: give files of one format",
        ),
        ("alphapose-results.json", "is not of the format openpose; it looks like alphapose"),
        ("coco-annotations.json", "is not of the format openpose; it looks like coco-annotations"),
    ],
)
def test_a_folder_of_two_formats_says_which_file_looks_like_what(more, message, tmp_path: Path):
    folder = copied(tmp_path, "openpose-body25")
    shutil.copy(SAMPLES / more, folder / "z.json")
    with pytest.raises(DataError, match=message):
        read(folder, MEAN)


# ------------------------------------------------------------ OpenPose


def scaled(values: list[float], size: float, shift: float = 0.0) -> list[float]:
    return [v / size - shift if n % 3 < 2 else v for n, v in enumerate(values)]


@pytest.mark.parametrize(("size", "shift"), [(640, 0.0), (320, 1.0), (400, 0.0)])
def test_one_file_in_fractions_is_found_among_files_in_pixels(size, shift, tmp_path: Path):
    folder = copied(tmp_path, "openpose-body25")
    data = json.loads((folder / FILE).read_bytes())
    for person in data["people"]:
        person["pose_keypoints_2d"] = scaled(person["pose_keypoints_2d"], size, shift)
    (folder / FILE).write_text(json.dumps(data))
    with pytest.raises(
        DataError, match=rf"{FILE}: person 1: coordinates are fractions of the image"
    ):
        read(folder, MEAN)


def test_all_images_in_one_object_are_read(tmp_path: Path):
    """AlphaPose's --format open and cmu write this beside sep-json."""
    whole = {
        f"{file.name[:12]}.jpg": json.loads(file.read_bytes())
        for file in (SAMPLES / "openpose-coco18").iterdir()
    }
    (tmp_path / "alphapose-results.json").write_text(json.dumps(whole))
    same(read(tmp_path / "alphapose-results.json", ONE), scores=False)


# ------------------------------------------------------------ YOLO, AlphaPose, MMPose, COCO exports, CVAT


@pytest.mark.parametrize("ends", [(1, 1), (0, 1), (1, 0), (0, 0)])
def test_lines_that_end_in_0_or_1_have_no_score(ends: tuple[int, int], tmp_path: Path):
    """The number of a track as well as a confidence."""
    (tmp_path / "000000000001.txt").write_text("\n".join(label(end) for end in ends))
    with pytest.raises(DataError, match="yolo gives no score of a person"):
        read(tmp_path)
    assert [e["score"] for e in read(tmp_path, Reading(score="2")).entries] == [2, 2]


def test_fractions_that_are_multiplied_are_said_to_be(tmp_path: Path):
    folder = copied(tmp_path, "yolo-json")
    for file in folder.iterdir():
        data = json.loads(file.read_bytes())
        for one in data:
            points = one["keypoints"]
            points["x"] = [x / 640 for x in points["x"]]
            points["y"] = [y / 480 for y in points["y"]]
        file.write_text(json.dumps(data))
    assert "coordinates of 3 of 3 people are fractions of the image" in read(folder).notes
    assert not any("fractions" in note for note in read(SAMPLES / "yolo-json").notes)


def written(folder: Path, source: str, change: Any) -> Path:
    data = json.loads((SAMPLES / source).read_bytes())
    change(data)
    (folder / Path(source).name).write_text(json.dumps(data))
    return folder / Path(source).name


@pytest.mark.parametrize("category", [0, 3, "1", None])
def test_alphapose_finds_people_only(category: Any, tmp_path: Path):
    file = written(tmp_path, "alphapose-results.json", lambda d: d[1].update(category_id=category))
    with pytest.raises(
        DataError, match=r"entry 2: category_id is .*; AlphaPose writes 1 for people"
    ):
        read(file)


@pytest.mark.parametrize("score", [[0.9], "0.9", True, {}])
def test_a_score_of_another_type_is_named_and_not_taken_for_none(score: Any, tmp_path: Path):
    file = written(tmp_path, "mmpose/000000000012.json", lambda d: d[0].update(bbox_score=score))
    for reading in (None, ONE):
        with pytest.raises(DataError, match=r"entry 1: bbox_score is .*; a number is expected"):
            read(file, reading)


def test_entries_with_an_image_id_are_not_taken_for_those_of_an_inferencer(tmp_path: Path):
    file = written(tmp_path, "mmpose/000000000012.json", lambda d: d[0].update(image_id=12))
    with pytest.raises(DataError, match=r"entry 1 \(line 1\) has no category_id"):
        read(file)


def test_an_export_with_people_of_two_categories_is_refused(tmp_path: Path):
    def dogs(data: Any) -> None:
        data["categories"].append({**data["categories"][0], "id": 8, "name": "dog"})
        [*_, last] = [one for one in data["annotations"] if any(one.get("keypoints", ())[2::3])]
        last["category_id"] = 8

    with pytest.raises(DataError, match="is of category 8, others with keypoints are of 7"):
        read(written(tmp_path, "coco-annotations.json", dogs), ONE)


def test_an_export_without_names_of_keypoints_says_in_which_order_they_are_taken(tmp_path: Path):
    def unnamed(data: Any) -> None:
        for one in data["categories"]:
            one.pop("keypoints", None)

    file = written(tmp_path, "coco-annotations.json", unnamed)
    assert "categories name no keypoints: they are taken in coco's order" in read(file, ONE).notes


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-8"])
@pytest.mark.parametrize("declared", ["utf-8", "utf-16", "iso-8859-1"])
def test_xml_is_read_in_its_encoding_whatever_it_declares(encoding, declared, tmp_path: Path):
    text = (SAMPLES / "cvat.xml").read_text().partition("?>")[2]
    head = f'<?xml version="1.0" encoding="{declared}"?>'
    (tmp_path / "a.xml").write_bytes((head + text).encode(encoding))
    same(read(tmp_path / "a.xml", ONE), scores=False, keypoint_scores=False)
