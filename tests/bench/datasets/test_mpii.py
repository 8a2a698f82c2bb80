"""MPII's .mat to HRNet's layout: against real entries, both ways, and with files that are something else."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import scipy.io

from bench.datasets import mpii
from bench.errors import DataError
from tests.bench.datasets.mpii_release import release

pytestmark = pytest.mark.process

BODY = {"joints_vis": [1] * 16, "joints": [[float(i), float(i)] for i in range(16)], "scale": 2.0}


def with_heads(entries: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{**e, "head": [10.0 + i, 20.0, 30.5 + i, 44.0]} for i, e in enumerate(entries)]


@pytest.fixture
def real(samples: Path) -> list[dict[str, Any]]:
    """Entries of the published HRNet files."""
    entries: list[dict[str, Any]] = json.loads((samples / "mpii/test_mpii.json").read_bytes())
    return entries


def people(*images: str) -> list[dict[str, Any]]:
    """Two people on every image, so that structs are arrays."""
    return with_heads(
        [
            {**BODY, "image": name, "center": [100.0 + i, 50.0 + 10 * k]}
            for i, name in enumerate(images)
            for k in range(2)
        ]
    )


def saved(path: Path, content: dict[str, Any]) -> Path:
    scipy.io.savemat(path, content)
    return path


def test_real_entries_survive_the_round_trip_through_a_mat(real, tmp_path):
    mat = saved(tmp_path / "m.mat", release(with_heads(real)))
    found = mpii.read_people(mat)
    assert [{k: v for k, v in p.items() if k != "head"} for p in found] == real
    assert [p["head"] for p in found] == [p["head"] for p in with_heads(real)]


def test_conversion_by_the_published_list_gives_the_published_entries(real, tmp_path):
    mat = saved(tmp_path / "m.mat", release(with_heads(real)))
    listed = [real[3], real[1]]
    (tmp_path / "mpii_val.json").write_text(json.dumps(listed))
    counts = mpii.convert(mat, tmp_path / "out", tmp_path / "mpii_val.json")
    assert counts == {"train": 3, "val": 2}
    assert json.loads((tmp_path / "out/mpii_val.json").read_bytes()) == listed
    assert json.loads((tmp_path / "out/mpii_train.json").read_bytes()) == [
        real[0],
        real[2],
        real[4],
    ]
    note = json.loads((tmp_path / "out/mpii_split.json").read_bytes())
    assert note["rule"] == "published list"


def test_the_truth_file_holds_what_the_evaluation_reads(real, tmp_path):
    from bench.evaluate.metrics import evaluate

    mat = saved(tmp_path / "m.mat", release(with_heads(real)))
    (tmp_path / "names.txt").write_text("".join(f"{e['image']}\n" for e in real))
    mpii.convert(mat, tmp_path / "out", tmp_path / "names.txt")
    truth = scipy.io.loadmat(tmp_path / "out/mpii_gt_val.mat")
    assert truth["headboxes_src"].shape == (2, 2, 5)
    assert truth["headboxes_src"][:, :, 1].tolist() == [[11.0, 20.0], [31.5, 44.0]]
    assert truth["jnt_missing"].sum(axis=0).tolist() == [0, 0, 2, 2, 0]
    perfect = [
        {"image_id": i, "keypoints": [v for x, y in e["joints"] for v in (x - 1, y - 1, 1.0)]}
        for i, e in enumerate(real)
    ]
    figures = evaluate("mpii", tmp_path / "out/mpii_gt_val.mat", perfect)
    assert figures["PCKh"] == figures["PCKh@0.1"] == 100.0
    shifted = [{**e, "keypoints": [k + 200 for k in e["keypoints"]]} for e in perfect]
    assert evaluate("mpii", tmp_path / "out/mpii_gt_val.mat", shifted)["PCKh"] == 0.0


def test_without_a_list_the_split_is_custom_and_marked(tmp_path):
    mat = saved(tmp_path / "m.mat", release(people(*(f"{i:09d}.jpg" for i in range(90)))))
    counts = mpii.convert(mat, tmp_path / "out")
    assert sum(counts.values()) == 180
    assert 6 <= counts["val"] <= 36
    note = json.loads((tmp_path / "out/mpii_split.json").read_bytes())
    assert note == {"rule": mpii.OWN_RULE}
    val = {e["image"] for e in json.loads((tmp_path / "out/mpii_val.json").read_bytes())}
    train = {e["image"] for e in json.loads((tmp_path / "out/mpii_train.json").read_bytes())}
    assert not val & train


def test_an_interrupted_conversion_is_not_mistaken_for_the_published_split(tmp_path, monkeypatch):
    mat, out = saved(tmp_path / "m.mat", release(people("a.jpg", "b.jpg"))), tmp_path / "out"
    (tmp_path / "val.txt").write_text("a.jpg\n")
    mpii.convert(mat, out, tmp_path / "val.txt")
    assert json.loads((out / mpii.SPLIT_NOTE).read_text())["rule"] == "published list"

    def killed(_):
        raise KeyboardInterrupt

    monkeypatch.setattr(mpii, "truth_file", killed)
    with pytest.raises(KeyboardInterrupt):
        mpii.convert(mat, out)
    assert "not finished" in json.loads((out / mpii.SPLIT_NOTE).read_text())["rule"]


def test_test_images_and_people_without_annotation_are_left_out(tmp_path):
    content = release(people("a.jpg", "b.jpg", "c.jpg"))
    content["RELEASE"]["img_train"] = np.array([[1, 0, 1]])
    bare = content["RELEASE"]["annolist"][0, 2]["annorect"]
    bare[0, 0]["scale"] = np.zeros((0, 0))
    bare[0, 1]["annopoints"] = np.zeros((0, 0))
    found = mpii.read_people(saved(tmp_path / "m.mat", content))
    assert [p["image"] for p in found] == ["a.jpg", "a.jpg"]


def test_a_person_that_the_mat_does_not_have_is_named(tmp_path):
    mat = saved(tmp_path / "m.mat", release(people("a.jpg", "b.jpg")))
    (tmp_path / "val.json").write_text(json.dumps([{**people("a.jpg")[0], "center": [1.0, 1.0]}]))
    with pytest.raises(
        DataError, match=r"entry 0 \(a\.jpg at \(1\.0, 1\.0\)\) is not in the \.mat"
    ):
        mpii.convert(mat, tmp_path / "out", tmp_path / "val.json")
    (tmp_path / "val.txt").write_text("z.jpg\n")
    with pytest.raises(DataError, match=r"no person of the \.mat is on 'z\.jpg'"):
        mpii.convert(mat, tmp_path / "out", tmp_path / "val.txt")
    assert not (tmp_path / "out").exists()


def _wrong_id(content: dict[str, Any]) -> None:
    content["RELEASE"]["annolist"][0, 0]["annorect"][0, 0]["annopoints"]["point"][0, 0]["id"] = 16


def _wrong_name(content: dict[str, Any]) -> None:
    content["RELEASE"]["annolist"][0, 0]["image"]["name"] = "../a.jpg"


def _wrong_count(content: dict[str, Any]) -> None:
    content["RELEASE"]["img_train"] = np.ones((1, 7))


def _no_list(content: dict[str, Any]) -> None:
    del content["RELEASE"]["annolist"]


def _no_release(content: dict[str, Any]) -> None:
    content["other"] = content.pop("RELEASE")


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (_wrong_id, "a joint has the id 16.0; allowed are 0 to 15"),
        (_wrong_name, r"an image is named '\.\./a\.jpg'"),
        (_wrong_count, "2 images, but img_train has 7 entries"),
        (_no_list, "does not have MPII's structure"),
        (_no_release, "holds other; MPII's annotations have a struct RELEASE"),
    ],
)
def test_what_is_not_mpii_is_refused_in_one_line(spoil, message, tmp_path):
    content = release(people("a.jpg", "b.jpg"))
    spoil(content)
    with pytest.raises(DataError, match=message) as caught:
        mpii.read_here(saved(tmp_path / "m.mat", content))
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("content", [b"", b"<html>", b"MATLAB 5.0".ljust(200, b"\0")])
def test_a_file_that_is_no_mat_is_refused_in_one_line(content, tmp_path):
    (tmp_path / "m.mat").write_bytes(content)
    with pytest.raises(DataError, match=r"not a readable \.mat file"):
        mpii.read_here(tmp_path / "m.mat")


@pytest.mark.parametrize("cut", [150, 300, 1000])
def test_a_cut_off_mat_file_is_refused_in_one_line(cut, tmp_path):
    mat = saved(tmp_path / "m.mat", release(people("a.jpg", "b.jpg")))
    mat.write_bytes(mat.read_bytes()[:cut])
    with pytest.raises(DataError):
        mpii.read_here(mat)


def test_a_file_that_crashes_the_reader_does_not_crash_the_program(tmp_path, monkeypatch):
    """SciPy's reader can die of a damaged file; stood in for by a reader that does."""
    killed = [sys.executable, "-c", "import os; os.kill(os.getpid(), 11)"]
    real_run = subprocess.run
    monkeypatch.setattr(mpii.subprocess, "run", lambda _, **how: real_run(killed, **how))
    with pytest.raises(DataError, match="it crashes the reader"):
        mpii.read_people(tmp_path / "m.mat")


def test_a_pickle_under_the_name_of_a_mat_is_not_unpickled(tmp_path):
    class Evil:
        def __reduce__(self):
            return (open, (str(tmp_path / "executed"), "w"))

    import pickle

    (tmp_path / "m.mat").write_bytes(pickle.dumps(Evil()))
    with pytest.raises(DataError):
        mpii.read_people(tmp_path / "m.mat")
    assert not (tmp_path / "executed").exists()
