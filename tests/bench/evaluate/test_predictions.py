"""What strangers send: every mistake is named by entry and line, and nothing hostile gets through."""

import gzip
import json
import time
from pathlib import Path

import numpy as np
import pytest
from scipy.io import savemat

from bench.errors import DataError, UnknownName
from bench.evaluate.predictions import dataset_of, read_predictions

KNOWN = {10, 20, 30}


def entry(image: int = 10, shift: float = 0.0, joints: int = 17, score=0.5, **more) -> dict:
    points = [v for j in range(joints) for v in (j + shift, 2.0 * j, 0.5)]
    return {"image_id": image, "category_id": 1, "keypoints": points, "score": score, **more}


def write(folder: Path, entries: list, name: str = "p.json") -> Path:
    """One entry a line, the first on line 2."""
    text = "[\n" + ",\n".join(json.dumps(e) for e in entries) + "\n]"
    file = folder / name
    file.write_bytes(gzip.compress(text.encode()) if name.endswith(".gz") else text.encode())
    return file


def broken(**changes) -> dict:
    return {**entry(), **changes}


def without(key: str) -> dict:
    return {k: v for k, v in entry().items() if k != key}


@pytest.mark.parametrize(
    ("bad", "message"),
    [
        (3, "is a int, not an object"),
        (without("score"), "has no score"),
        (broken(image_id=11), "image_id 11 is not in the annotations"),
        (broken(image_id="11"), "image_id '11' is not in the annotations: it is text"),
        (broken(image_id=True), "image_id True is not in the annotations"),
        (broken(category_id=2), "category_id is 2; expected 1"),
        (broken(keypoints=[0.0] * 48), r"keypoints has 48 numbers; 51 are expected"),
        (broken(keypoints={"x": 1}), "keypoints has dict; 51 are expected"),
        (broken(keypoints=[[1, 2, 0.5]] * 17), r"has 17 nested lists of 3; 51 .*: flatten them"),
        (broken(keypoints=[[1, 2]] * 17), r"has 17 nested lists of 2; 51 .*: flatten them"),
        (broken(keypoints=[[1.0] * 51]), r"has 1 nested lists of 51; 51 .*: flatten them"),
        (broken(keypoints=[[[1, 2, 0.5]] * 17]), r"has 1 nested lists of 17; 51 .*: flatten them"),
        (broken(keypoints=[{"x": 1, "y": 2}] * 17), r"has 17 nested dicts of 2; 51 .*: flatten"),
        (broken(keypoints=[1.0] * 34), r"has 34 numbers; 51 .*: add a score after each x, y"),
        (broken(keypoints=[0.0] * 50 + ["7"]), "not a finite number of pixels"),
        (broken(keypoints=[0.0] * 50 + [1e9]), "not a finite number of pixels"),
        (broken(keypoints=[0.0] * 50 + [10**400]), "not a finite number of pixels"),
        (broken(score=None), "score None is not a finite number up to 1000000"),
        (broken(score=1e7), "score 10000000.0 is not a finite number up to 1000000"),
        (broken(score=[0.5]), r"score \[0.5\] is not a finite number"),
        (broken(keypoints=None), "keypoints has null; 51 are expected"),
        (broken(keypoints=[0.0] * 4 + ["7"] + [0.0] * 46), "value 5 is '7'"),
        (entry(bbox=[0, 0, 1, 1]), "has a bbox, but the first entry has none"),
    ],
)
def test_an_error_is_reported_by_entry_and_line(tmp_path: Path, bad, message: str):
    file = write(tmp_path, [entry(), entry(20), bad, entry(30)])
    with pytest.raises(DataError, match=rf"p\.json: entry 3 \(line 4\) .*{message}"):
        read_predictions(file, "coco", KNOWN)


def test_boxes_are_in_all_entries_or_in_none_and_are_boxes(tmp_path: Path):
    box = [1.0, 2.0, 3.0, 4.0]
    whole = write(tmp_path, [entry(bbox=box), entry(20, bbox=box)])
    assert [e["bbox"] for e in read_predictions(whole, "coco", KNOWN).entries] == [box, box]
    with pytest.raises(DataError, match=r"entry 2 .* has no bbox while the first entry has one"):
        read_predictions(write(tmp_path, [entry(bbox=box), entry(20)]), "coco", KNOWN)
    with pytest.raises(DataError, match="bbox is not"):
        read_predictions(write(tmp_path, [entry(bbox=[1, 2, -3, 4])]), "coco", KNOWN)


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-32-le"])
def test_a_mistake_has_its_line_in_every_encoding_of_json(tmp_path: Path, encoding: str):
    file = write(tmp_path, [entry(), entry(99)])
    file.write_bytes(file.read_text().encode(encoding))
    with pytest.raises(DataError, match=r"entry 2 \(line 3\) image_id 99"):
        read_predictions(file, "coco", KNOWN)


@pytest.mark.slow
def test_a_mistake_at_the_end_of_a_large_file_is_found_at_once(tmp_path: Path):
    file = write(tmp_path, [*[entry(shift=n) for n in range(20_000)], entry(99)])
    started = time.process_time()
    with pytest.raises(DataError, match=r"entry 20001 \(line 20002\)"):
        read_predictions(file, "coco", KNOWN)
    assert time.process_time() - started < 10  # counted from the start for each entry: over 20 s


def test_nesting_near_the_limit_is_no_traceback(tmp_path: Path):
    for depth in range(0, 1000, 7):
        (tmp_path / "p.json").write_text('[{"image_id": ' + "[" * depth + "]" * depth + "}]")
        with pytest.raises(DataError):
            read_predictions(tmp_path / "p.json", "coco", KNOWN)


def test_millions_of_lists_are_refused_before_they_fill_the_memory(tmp_path: Path):
    (tmp_path / "p.json.gz").write_bytes(gzip.compress(b"[" + b"[]," * 2**22 + b"[]]"))
    with pytest.raises(DataError, match="has 4194306 lists and objects; at most 4194304"):
        read_predictions(tmp_path / "p.json.gz", "coco", KNOWN)


def test_many_errors_are_reported_in_part_and_counted(tmp_path: Path):
    file = write(tmp_path, [entry(99) for _ in range(40)])
    with pytest.raises(DataError, match=r"entry 5 \(line 6\).*and 35 more entries are invalid"):
        read_predictions(file, "coco", KNOWN)


def test_an_error_is_said_once_and_the_file_named_if_there_are_several(tmp_path: Path):
    same = write(tmp_path, [entry(99), entry(99), entry(98)])
    with pytest.raises(
        DataError, match=r"image_id 99 is not.*; entry 2 \(line 3\) likewise; entry 3"
    ):
        read_predictions(same, "coco", KNOWN)
    same.unlink()
    write(tmp_path, [entry(), entry(20)], "a.json")
    write(tmp_path, [entry(30), broken(score="x")], "b.json")
    with pytest.raises(DataError, match=r"b\.json: entry 2 \(line 3\) score 'x' is not a finite"):
        read_predictions(tmp_path, "coco", KNOWN)


@pytest.mark.parametrize(
    ("second", "said"), [(0.5, "repeats entry 1"), (0.25, "are the same, the score is not in 1")]
)
def test_a_repeated_pose_with_another_score_is_said_to_be_that(tmp_path: Path, second, said):
    checked = read_predictions(write(tmp_path, [entry(), entry(score=second)]), "coco", KNOWN)
    assert any(said in note for note in checked.notes)
    assert any("the score" in note for note in checked.notes) == (second != 0.5)


@pytest.mark.parametrize("score", [0, -1, -0.5])
def test_keypoint_scores_below_0_are_none(tmp_path: Path, score: float):
    file = write(tmp_path, [broken(keypoints=[1.0, 2.0, score] * 17)])
    assert "1 entries have no keypoint score above 0" in read_predictions(file, "coco", KNOWN).notes


def test_what_no_evaluator_needs_is_left_out(tmp_path: Path):
    """`segmentation` or `caption` would make pycocotools read the entry as something else."""
    file = write(tmp_path, [entry(caption="x", segmentation=[[1]], id=7, center=[1, 2])])
    [kept] = read_predictions(file, "coco", KNOWN).entries
    assert set(kept) == {"image_id", "category_id", "keypoints", "score"}


def test_oddities_are_noted(tmp_path: Path):
    crowd = [entry(20, shift) for shift in range(21)]
    silent = broken(keypoints=[1.0, 2.0, 0] * 17)
    file = write(tmp_path, [entry(), *crowd, silent, entry()], "p.json.gz")
    checked = read_predictions(file, "coco", KNOWN)
    assert len(checked.entries) == 24
    assert checked.notes == [
        "2 of 3 images have predictions",
        "1 images have more than the 20 detections that are evaluated",
        "1 entries are repeated: entry 24 repeats entry 1",
        "1 entries have no keypoint score above 0",
    ]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"{}", "is a JSON dict; predictions are a list"),
        (b"[", "not readable JSON"),
        (b"[NaN]", "NaN is not a number"),
        (b"[" * 100_000, "nested too deeply"),
        (b'[{"image_id": ' + b"9" * 6000 + b"}]", "not readable JSON"),
        (b"\x80\x04K\x01.", "not readable JSON"),
    ],
)
def test_hostile_files_are_refused_in_one_line(tmp_path: Path, content: bytes, message: str):
    (tmp_path / "p.json").write_bytes(content)
    with pytest.raises(DataError, match=message) as caught:
        read_predictions(tmp_path / "p.json", "coco", KNOWN)
    assert len(str(caught.value)) < 400


def test_mpii_wants_every_person_once(tmp_path: Path):
    people = [entry(n, joints=16) for n in range(3)]
    assert len(read_predictions(write(tmp_path, people), "mpii", {0, 1, 2}).entries) == 3
    with pytest.raises(DataError, match="1 of 3 people have no entry, the first is 1"):
        read_predictions(write(tmp_path, [people[0], people[2]]), "mpii", {0, 1, 2})
    with pytest.raises(DataError, match=r"entry 4 \(line 5\) person 0 was entry 1"):
        read_predictions(write(tmp_path, [*people, people[0]]), "mpii", {0, 1, 2})


@pytest.mark.process
def test_a_mat_file_of_hrnet_holds_1_based_pixels(tmp_path: Path):
    found = np.random.default_rng(0).uniform(1, 300, (3, 16, 3))
    savemat(tmp_path / "pred.mat", {"preds": found})
    entries = read_predictions(tmp_path / "pred.mat", "mpii", {0, 1, 2}).entries
    points = np.array([e["keypoints"] for e in entries]).reshape(3, 16, 3)
    np.testing.assert_allclose(points[:, :, :2], found[:, :, :2] - 1)
    savemat(tmp_path / "pred.mat", {"preds": found[:, :, :2]})
    assert read_predictions(tmp_path / "pred.mat", "mpii", {0, 1, 2}).entries[0]["score"] == 1.0


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        ({"x": np.zeros((3, 16, 2))}, r"holds x \(3, 16, 2\); preds is expected"),
        ({"preds": np.zeros((3, 14, 2))}, r"shape \(3, 14, 2\); expected \[N, 16, 2 or 3\]"),
        ({"preds": np.zeros((3, 16, 2), complex)}, "complex numbers"),
        ({"preds": np.full((3, 16, 2), np.nan)}, "not a finite number"),
        ({"preds": np.array([[["a"] * 2] * 16] * 3, dtype=object)}, "of class cell"),
    ],
)
@pytest.mark.process
def test_other_mat_files_are_refused(tmp_path: Path, arrays: dict, message: str):
    savemat(tmp_path / "pred.mat", arrays)
    with pytest.raises(DataError, match=message):
        read_predictions(tmp_path / "pred.mat", "mpii", {0, 1, 2})


@pytest.mark.process
@pytest.mark.parametrize("people", [1, 2, 4, 6])
def test_a_mat_file_of_another_split_is_named_with_both_counts(tmp_path: Path, people: int):
    savemat(tmp_path / "pred.mat", {"preds": np.ones((people, 16, 3))})
    with pytest.raises(DataError, match=rf"has {people} people, the truth has 3: it is of another"):
        read_predictions(tmp_path / "pred.mat", "mpii", {0, 1, 2})


def test_images_given_in_another_way_are_noted_once(tmp_path: Path):
    """Also for MPII, where an image_id is the position of a person."""
    given = [entry(10), broken(image_id="20"), broken(image_id=30.0)]
    checked = read_predictions(write(tmp_path, given), "coco", KNOWN)
    assert [e["image_id"] for e in checked.entries] == [10, 20, 30]
    assert checked.notes == [
        "1 images are given as str: '20' is 20",
        "1 images are given as float: 30.0 is 30",
    ]
    people = [broken(image_id=str(n), keypoints=[1.0] * 48) for n in range(3)]
    assert read_predictions(write(tmp_path, people), "mpii", {0, 1, 2}).entries[2]["image_id"] == 2


def test_a_repetition_is_found_however_the_image_is_given(tmp_path: Path):
    file = write(tmp_path, [entry(), broken(image_id="10"), broken(image_id=10.0)])
    assert "2 entries are repeated: entry 2 repeats entry 1" in " ".join(
        read_predictions(file, "coco", KNOWN).notes
    )


@pytest.mark.process
def test_damaged_mat_files_are_refused(tmp_path: Path):
    savemat(tmp_path / "pred.mat", {"preds": np.zeros((3, 16, 2))}, do_compression=True)
    whole = (tmp_path / "pred.mat").read_bytes()
    for content in (b"", whole[:100], whole[:-20], b"\x80\x04K\x01." * 50):
        (tmp_path / "pred.mat").write_bytes(content)
        with pytest.raises(DataError, match=r"pred\.mat"):
            read_predictions(tmp_path / "pred.mat", "mpii", {0, 1, 2})


def test_an_unknown_split_names_the_known(tmp_path: Path):
    assert dataset_of("mpii-val") == "mpii"
    with pytest.raises(UnknownName, match="unknown split 'coco-vall'; did you mean: coco-val"):
        dataset_of("coco-vall")
