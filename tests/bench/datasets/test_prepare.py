"""Real data at the full tier, small: what must be here, what is hashed again, what a subset is."""

import hashlib
import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import scipy.io
from click.testing import CliRunner

from bench.cli import main
from bench.datasets import mpii, subset
from bench.datasets.prepare import (
    fingerprint,
    manifest_of,
    prepare,
    require_training_images,
    subset_note,
)
from bench.datasets.splits import FILES
from bench.errors import DataError
from bench.judge.protocol import differences
from tests.bench.datasets.mpii_release import release


@pytest.fixture
def full(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("REPROPOSE_WORKSPACE", str(tmp_path))
    return tmp_path / "data" / "full"


@pytest.fixture
def coco(full: Path, samples: Path) -> Path:
    """The four real images as val, the same as train; no detector's boxes."""
    for part in ("val", "train"):
        (full / "coco" / f"{part}2017").mkdir(parents=True)
        for image in (samples / "coco").glob("*.jpg"):
            shutil.copy(image, full / "coco" / f"{part}2017")
        target = full / "coco" / "annotations" / f"person_keypoints_{part}2017.json"
        target.parent.mkdir(exist_ok=True)
        shutil.copy(samples / "coco" / "test_coco.json", target)
    return full / "coco"


def hashed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Which files are hashed from now on."""
    seen: list[str] = []
    real = hashlib.file_digest

    def digest(stream: Any, kind: str) -> Any:
        seen.append(Path(stream.name).name)
        return real(stream, kind)

    monkeypatch.setattr(hashlib, "file_digest", digest)
    return seen


def test_data_that_did_not_change_is_not_hashed_again(coco, monkeypatch):
    seen = hashed(monkeypatch)
    first = manifest_of("coco", "full")
    assert sorted(seen) == ["person_keypoints_train2017.json", "person_keypoints_val2017.json"]
    seen.clear()
    assert manifest_of("coco", "full") == first
    assert seen == []
    file = coco / "annotations/person_keypoints_val2017.json"
    file.write_text(file.read_text() + "\n")
    assert fingerprint("coco", "full") != first["fingerprint"]
    assert len(seen) == 2


def test_a_lost_image_is_noticed(coco):
    manifest_of("coco", "full")
    (coco / "val2017" / "000000000785.jpg").unlink()
    with pytest.raises(DataError, match=r"000000000785\.jpg is missing"):
        manifest_of("coco", "full")


def test_the_test_split_is_enough_to_evaluate_and_not_to_train(coco):
    whole = fingerprint("coco", "full")
    shutil.rmtree(coco / "train2017")
    assert fingerprint("coco", "full") == whole
    with pytest.raises(DataError, match=r"training needs it; `repropose fetch coco-train`"):
        require_training_images("coco", "full")


def test_boxes_that_come_later_leave_the_fingerprint_as_it_was(coco, samples):
    before = fingerprint("coco", "full")
    boxes = coco / FILES["coco"][2]
    boxes.parent.mkdir()
    shutil.copy(samples / "coco" / "test_coco_det_AP_H_56.json", boxes)
    after = manifest_of("coco", "full")
    assert after["fingerprint"] == before
    assert FILES["coco"][2] in after["files"]


def test_a_missing_file_names_the_command_that_downloads_it(full):
    with pytest.raises(DataError, match="`repropose fetch mpii-annotations` downloads it"):
        prepare("mpii", "full")


def test_a_subset_is_a_workspace_fixed_by_its_seed(coco, samples, tmp_path, monkeypatch):
    boxes = coco / FILES["coco"][2]
    boxes.parent.mkdir()
    shutil.copy(samples / "coco" / "test_coco_det_AP_H_56.json", boxes)
    done = CliRunner().invoke(main, ["prepare", "coco", "--tier", "full", "--limit", "2"])
    assert done.exit_code == 0, done.output
    place = tmp_path / "data" / "subsets" / "coco-2-seed-0"
    assert f"REPROPOSE_WORKSPACE={place}" in done.stderr
    truth = place / "data/full/coco/annotations/person_keypoints_val2017.json"
    small, whole = (
        json.loads(truth.read_bytes()),
        json.loads((coco / "annotations/person_keypoints_val2017.json").read_bytes()),
    )
    ids = [image["id"] for image in small["images"]]
    assert len(ids) == 2
    assert small["annotations"] == [a for a in whole["annotations"] if a["image_id"] in ids]
    cut = json.loads((place / "data/full/coco" / FILES["coco"][2]).read_bytes())
    assert {box["image_id"] for box in cut} <= set(ids)
    written = truth.read_bytes(), truth.stat().st_mtime_ns
    subset.make("coco", 2, seed=0)
    assert (truth.read_bytes(), truth.stat().st_mtime_ns) == written
    chosen = {
        tuple(
            image["id"]
            for image in json.loads(
                (
                    subset.make("coco", 2, seed=seed)
                    / "data/full/coco/annotations/person_keypoints_val2017.json"
                ).read_bytes()
            )["images"]
        )
        for seed in range(6)
    }
    assert len(chosen) > 1
    monkeypatch.setenv("REPROPOSE_WORKSPACE", str(place))
    assert manifest_of("coco", "full")["entries"] == [2, 2]
    marked = subset_note("coco", "full")
    assert marked == "2 of 5000 test and 2 of 118287 training"
    assert differences({}, {"subset": marked}) == (f"measured on a subset: {marked}",)


@pytest.mark.process
def test_a_subset_of_mpii_keeps_people_and_truth_together(full, samples, monkeypatch):
    people = json.loads((samples / "mpii/test_mpii.json").read_bytes())
    people = [{**p, "head": [float(i), 1.0, 9.0, 9.0]} for i, p in enumerate(people)]
    full.mkdir(parents=True)
    scipy.io.savemat(full.parent / "m.mat", release(people))
    (full / "names.txt").write_text("\n".join(p["image"] for p in people[:3]))
    mpii.convert(full.parent / "m.mat", full / "mpii/annotations", full / "names.txt")
    shutil.copytree(samples / "mpii", full / "mpii" / "images")
    place = subset.make("mpii", 1, seed=3)
    home = place / "data/full/mpii/annotations"
    [person] = json.loads((home / "mpii_val.json").read_bytes())
    truth = scipy.io.loadmat(home / "mpii_gt_val.mat")
    assert truth["pos_gt_src"].shape == (16, 2, 1)
    assert np.array_equal(truth["pos_gt_src"][:, :, 0], person["joints"])
    assert truth["dataset_joints"].shape == (1, 16)
    with pytest.raises(DataError, match="has 2 entries; a subset has to be smaller"):
        subset.make("mpii", 2)


@pytest.mark.process
def test_a_custom_split_is_marked(full, samples):
    people = json.loads((samples / "mpii/test_mpii.json").read_bytes())
    full.mkdir(parents=True)
    people = [{**p, "head": [0.0, 1.0, 9.0, 9.0]} for p in people]
    scipy.io.savemat(full / "m.mat", release(people))
    mpii.convert(full / "m.mat", full / "mpii/annotations")
    shutil.copytree(samples / "mpii", full / "mpii" / "images")
    prepare("mpii", "full")
    assert subset_note("mpii", "full").endswith(mpii.OWN_RULE)


def test_a_limit_at_another_tier_is_rejected(full):
    done = CliRunner().invoke(main, ["prepare", "coco", "--tier", "smoke", "--limit", "2"])
    assert done.exit_code == 2
    assert "--limit applies to real data only" in done.stderr


@pytest.mark.parametrize(
    ("entries", "people", "marked"),
    [
        ([5000, 118287], [11004, 262465], ""),
        ([5000, 118287], [6352, 262465], "6352 of 11004 test people"),
        ([5000, 118287], [11004, 149813], "149813 of 262465 training people"),
        ([500, 118287], [1100, 262465], "500 of 5000 test"),
        ([5000, 118287], None, ""),  # a manifest of an earlier version
    ],
)
def test_annotations_with_fewer_people_are_a_subset_too(full, entries, people, marked):
    """All images, but only people with keypoints, or only some of them: a result on that is not COCO's."""
    full.mkdir(parents=True)
    manifest = {"fingerprint": "f", "split": "", "entries": entries} | (
        {"people": people} if people else {}
    )
    (full / "coco.json").write_text(json.dumps(manifest))
    assert subset_note("coco", "full") == marked
