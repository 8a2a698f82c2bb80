"""Other tools' files: every sample gives the same people, and what a file cannot say is asked for by name."""

import json
import shutil
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner, Result

from bench.cli import main
from bench.datasets.annotations import PersonCategory
from bench.errors import DataError
from bench.evaluate.formats import FORMATS
from bench.evaluate.formats.people import Reading, plain_name
from bench.evaluate.ground_truth import known_to
from bench.evaluate.predictions import Checked, read_predictions
from tests.conftest import ROOT

SAMPLES = ROOT / "tests" / "fixtures" / "predictions"
TRUTH = SAMPLES / "truth.json"
ONE = Reading(score="1")
MEAN = Reading(score="keypoint-mean")
# file or folder, format, what has to be said of it
WITH_SCORES = [
    ("coco.json", "coco"),
    ("alphapose-results.json", "alphapose"),
    ("alphapose-halpe26.json", "alphapose"),
    ("mmpose", "mmpose"),
    ("mmpose-demo", "mmpose"),
    ("yolo-txt", "yolo"),
    ("yolo-json", "yolo"),
]
WITHOUT_SCORES = [
    ("openpose-body25", "openpose"),
    ("openpose-coco18", "openpose"),
    ("cvat.xml", "cvat"),
    ("coco-annotations.json", "coco-annotations"),
]


def read(path: Path, reading: Reading | None = None) -> Checked:
    return read_predictions(path, "coco", known_to("coco", TRUTH).images, reading=reading)


def by_person(entries: list[dict[str, Any]]) -> dict[tuple[int, int], Any]:
    """Keypoints [17, 3] by image and the rank of the nose from the left."""
    points = [(e["image_id"], np.reshape(e["keypoints"], (17, 3)), e["score"]) for e in entries]
    points.sort(key=lambda one: (one[0], one[1][0, 0]))
    return {(image, rank): (p, score) for rank, (image, p, score) in enumerate(points)}


def same(found: Checked, *, scores: bool, keypoint_scores: bool = True) -> None:
    """The people of coco.json, within the digits that the tools write (a hundredth of a pixel)."""
    want, have = by_person(read(SAMPLES / "coco.json").entries), by_person(found.entries)
    assert list(have) == list(want)
    for key, (points, score) in want.items():
        np.testing.assert_allclose(have[key][0][:, :2], points[:, :2], atol=0.01)
        if keypoint_scores:
            np.testing.assert_allclose(have[key][0][:, 2], points[:, 2], atol=1e-6)
        if scores:
            assert have[key][1] == pytest.approx(score, abs=1e-5)


@pytest.mark.parametrize(("file", "form"), WITH_SCORES)
def test_a_tools_file_is_recognised_and_gives_the_same_people(file: str, form: str):
    found = read(SAMPLES / file)
    same(found, scores=True)
    said = [note for note in found.notes if note.startswith(f"read as {form}: 3 people")]
    assert bool(said) == (form != "coco")  # a list of COCO entries needs no word
    same(read(SAMPLES / file, Reading(form=form)), scores=True)


@pytest.mark.parametrize(("file", "form"), WITHOUT_SCORES)
def test_a_score_that_the_tool_does_not_give_is_asked_for_by_option(file: str, form: str):
    with pytest.raises(DataError, match=rf"{form} gives no score of a person: choose --score"):
        read(SAMPLES / file)
    found = read(SAMPLES / file, ONE)
    same(found, scores=False, keypoint_scores=form == "openpose")
    assert {e["score"] for e in found.entries} == {1.0}
    assert f"read as {form}: 3 people; score of a person: 1 (--score)" in found.notes[0]


def test_every_format_has_a_sample_made_by_hand():
    assert {form for _, form in [*WITH_SCORES, *WITHOUT_SCORES]} == set(FORMATS)


def test_the_keypoint_mean_counts_found_keypoints_only(tmp_path: Path):
    folder = shutil.copytree(SAMPLES / "openpose-body25", tmp_path / "o")
    file = folder / "000000000012_keypoints.json"
    data = json.loads(file.read_bytes())
    values = [0.0] * 75
    values[0:3], values[6:9], values[24:27] = [5, 6, 0.9], [7, 8, 0.5], [1, 1, 0.1]  # 24: mid hip
    data["people"][0]["pose_keypoints_2d"] = values
    file.write_text(json.dumps(data))
    found = read(folder, MEAN)
    [one] = [e for e in found.entries if e["image_id"] == 12]
    assert one["score"] == pytest.approx(0.7)


@pytest.mark.parametrize(
    ("score", "message"),
    [
        ("mean", r"--score is 'mean'"),
        ("nan", r"--score is 'nan'"),
        ("inf", r"--score is 'inf'"),
        ("", r"--score is ''"),
    ],
)
def test_a_score_that_is_none_is_refused(score: str, message: str):
    with pytest.raises(DataError, match=message):
        read(SAMPLES / "cvat.xml", Reading(score=score))


@pytest.mark.parametrize("file", ["mmpose", "yolo-txt", "alphapose-results.json", "coco.json"])
def test_a_score_that_is_not_needed_is_refused(file: str):
    with pytest.raises(DataError, match=r"leave --score out|COCO entries have both"):
        read(SAMPLES / file, ONE)


def renamed(folder: Path, source: str) -> Path:
    """A copy of a sample whose files are frame_0 and frame_1, which the annotations do not name."""
    copied = shutil.copytree(SAMPLES / source, folder / source)
    for number, one in enumerate(sorted(copied.iterdir())):
        ending = one.name.removeprefix("results_")[12:]
        one.rename(copied / f"frame_{number}{ending}")
    return copied


@pytest.mark.parametrize(
    ("source", "reading"),
    [("openpose-coco18", MEAN), ("mmpose", None), ("yolo-txt", None), ("yolo-json", None)],
)
def test_images_that_the_names_do_not_say_are_asked_for_by_option(source, reading, tmp_path):
    folder = renamed(tmp_path, source)
    with pytest.raises(DataError, match=r"'frame_0' .*--image-ids FILE.*\"frame_0\": 785"):
        read(folder, reading)
    ids = tmp_path / "ids.json"
    ids.write_text(json.dumps({"frame_0": 1, "frame_1": "000000000012.jpg"}))
    same(read(folder, (reading or Reading())._replace(images=ids)), scores=reading is None)
    ids.write_text("[1, 12]")
    with pytest.raises(DataError, match="is not a JSON object"):
        read(folder, (reading or Reading())._replace(images=ids))


def test_frames_of_a_video_are_named_and_need_their_ids(tmp_path: Path):
    names = ("000000000001", "000000000012")
    frames = [
        {"frame_id": n, "instances": json.loads((SAMPLES / f"mmpose/{name}.json").read_bytes())}
        for n, name in enumerate(names)
    ]
    (tmp_path / "video.json").write_text(json.dumps(frames))
    with pytest.raises(DataError, match=r"'frame 0' .*--image-ids FILE"):
        read(tmp_path / "video.json")
    (tmp_path / "ids").write_text('{"frame 0": 1, "frame 1": 12}')
    same(read(tmp_path / "video.json", Reading(images=tmp_path / "ids")), scores=True)


def test_an_export_is_matched_by_file_name_and_not_by_its_own_ids(tmp_path: Path):
    """Its image 1 is the annotations' 12: by id every person would be on a wrong image, in silence."""
    export = json.loads((SAMPLES / "coco-annotations.json").read_bytes())
    assert export["images"][0]["id"] == 1
    assert export["images"][0]["file_name"] == "000000000012.jpg"
    found = read(SAMPLES / "coco-annotations.json", ONE)
    assert sorted(e["image_id"] for e in found.entries) == [1, 1, 12]
    del export["images"][0]["file_name"]
    (tmp_path / "e.json").write_text(json.dumps(export))
    with pytest.raises(DataError, match="images need an id and a file_name"):
        read(tmp_path / "e.json", ONE)


@pytest.mark.parametrize("file", ["cvat.xml", "coco-annotations.json"])
def test_an_annotation_of_a_smaller_copy_of_an_image_is_refused(file: str, tmp_path: Path):
    text = (SAMPLES / file).read_text()
    smaller = text.replace('width="640" height="480"', 'width="320" height="240"')
    smaller = smaller.replace('"width": 640, "height": 480', '"width": 320, "height": 240')
    (tmp_path / file).write_text(smaller)
    with pytest.raises(DataError, match="is 320x240, the annotations say 640x480"):
        read(tmp_path / file, ONE)


def label(*more: float, **changes: float) -> str:
    values = {"class": 0, "x": 0.5, "y": 0.5, "w": 0.1, "h": 0.1}
    points = [changes.get(f"p{n}", 0.25) for n in range(51)]
    return " ".join(
        f"{v:g}" for v in [changes.get("kind", 0), *list(values.values())[1:], *points, *more]
    )


@pytest.mark.parametrize(
    ("lines", "score", "wanted"),
    [
        ([label(0.5), label(0.75)], None, [0.5, 0.75]),  # save_conf
        ([label(0.5, 3), label(0.75, 4)], None, [0.5, 0.75]),  # save_conf, tracked
        ([label(), label()], "2", [2, 2]),
        ([label(3), label(4)], "2", [2, 2]),  # tracked: the last number is no confidence
        ([], None, []),
    ],
)
def test_the_last_numbers_of_a_label_line_are_told_apart(tmp_path, lines, score, wanted):
    (tmp_path / "000000000001.txt").write_text("\n".join(lines))
    found = read(tmp_path, Reading(score=score))
    assert [e["score"] for e in found.entries] == wanted
    if lines:
        assert found.entries[0]["keypoints"][:2] == [160, 120]  # 0.25 of 640 x 480
    if score:
        with pytest.raises(DataError, match="yolo gives no score of a person"):
            read(tmp_path)


def test_images_without_people_and_results_in_parts_are_read(tmp_path: Path):
    folder = shutil.copytree(SAMPLES / "mmpose", tmp_path / "m")
    (folder / "000000000000.json").write_text("[]")  # the first, and nobody on it
    same(read(folder), scores=True)
    entries = json.loads((SAMPLES / "coco.json").read_bytes())
    (tmp_path / "parts").mkdir()
    for rank in range(2):
        (tmp_path / "parts" / f"rank{rank}.json").write_text(json.dumps(entries[rank::2]))
    found = read(tmp_path / "parts")
    same(found, scores=True)
    assert "entries of 2 files in" in found.notes[0]


def test_a_zip_of_an_annotation_tool_is_read(tmp_path: Path):
    with zipfile.ZipFile(tmp_path / "task.zip", "w") as packed:
        packed.write(SAMPLES / "cvat.xml", "annotations.xml")
        packed.writestr("images/000000000001.jpg", b"\xff\xd8")
    same(read(tmp_path / "task.zip", ONE), scores=False, keypoint_scores=False)


@pytest.mark.parametrize(
    "name", ["Left Shoulder", "left-shoulder", "LeftShoulder", "left_shoulder"]
)
def test_keypoints_are_known_in_the_usual_spellings(name: str):
    assert plain_name(name) == "left_shoulder"


def test_keypoints_that_ultralytics_moved_to_the_corner_are_counted(tmp_path: Path):
    moved = label(0.5, p0=0, p1=0, p2=0.3, p6=0, p7=0, p8=0.4)
    (tmp_path / "000000000001.txt").write_text(moved)
    assert any("2 of 17 keypoints are at 0, 0: predict" in note for note in read(tmp_path).notes)


@pytest.mark.parametrize(("file", "form"), [*WITH_SCORES[1:], *WITHOUT_SCORES])
def test_people_get_the_category_that_the_annotations_give_them(file: str, form: str):
    reading = ONE if (file, form) in WITHOUT_SCORES else None
    person = PersonCategory(7, "7 (person)")
    images = known_to("coco", TRUTH).images
    found = read_predictions(SAMPLES / file, "coco", images, person, reading)
    assert {entry["category_id"] for entry in found.entries} == {7}


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(main, [str(one) for one in arguments])


def test_the_command_says_what_it_recognised_and_evaluates_the_same():
    plain = run("evaluate", "--truth", TRUTH, "--predictions", SAMPLES / "coco.json")
    other = run("evaluate", "--truth", TRUTH, "--predictions", SAMPLES / "mmpose")
    assert (plain.exit_code, other.exit_code) == (0, 0), other.output
    assert plain.stdout == other.stdout
    assert "AP              94.42" in plain.stdout
    assert "note: read as mmpose: 3 people (recognised by its content" in other.stderr
    scored = ("--format", "openpose", "--score", "keypoint-mean")
    folder = SAMPLES / "openpose-body25"
    done = run("evaluate", "--truth", TRUTH, "--predictions", folder, *scored)
    assert "AP              94.42" in done.stdout
    asked = run("evaluate", "--truth", TRUTH, "--predictions", folder)
    assert asked.exit_code == 2
    assert asked.output.count("\n") == 1
