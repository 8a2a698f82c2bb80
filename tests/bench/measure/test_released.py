"""Released weights as evidence, end to end: a file under the authors' names, real images, verdicts in the table."""

import contextlib
import io
import json
import shutil
import zipfile
from pathlib import Path

import pytest
import torch
from click.testing import CliRunner, Result

import model_zoo
from bench.catalog.load import load_catalog
from bench.cli import main
from bench.judge.evidence import Measurements
from bench.judge.verdicts import Verdict, judge_table
from bench.measure.testdev import pack
from bench.results.index import ResultIndex
from bench.results.store import Store

RUN = "transpose-r-a3-coco"
FILE = "tp_r_256x192_enc3_d256_h1024_mh8.pth"


def write_weights(file: Path, model: str) -> None:
    """Random weights of a zoo model, as the authors would have saved them."""
    torch.manual_seed(0)
    built = model_zoo.build_model(model)
    from model_zoo.released.transpose import released_names  # MMPose can be imported only now

    own = built.state_dict()
    names = released_names(built).items()
    torch.save({f"module.{theirs}": own[ours] for theirs, ours in names}, file)


@pytest.fixture(scope="module")
def prepared(samples: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace whose real COCO is the two smallest of the sample images."""
    root = tmp_path_factory.mktemp("released")
    where = root / "data" / "full" / "coco"
    truth = json.loads((samples / "coco" / "test_coco.json").read_text())
    ids = [785, 40083]
    truth["images"] = [i for i in truth["images"] if i["id"] in ids]
    truth["annotations"] = [a for a in truth["annotations"] if a["image_id"] in ids]
    boxes = json.loads((samples / "coco" / "test_coco_det_AP_H_56.json").read_text())
    boxes = [b for b in boxes if b["image_id"] in ids][:3]
    files = {
        "annotations/person_keypoints_val2017.json": truth,
        "annotations/person_keypoints_train2017.json": truth,
        "person_detection_results/COCO_val2017_detections_AP_H_56_person.json": boxes,
        "person_detection_results/COCO_test-dev2017_detections_AP_H_609_person.json": boxes,
        "annotations/image_info_test-dev2017.json": {
            key: truth[key] for key in ("images", "categories")
        },
    }
    for name, content in files.items():
        (where / name).parent.mkdir(parents=True, exist_ok=True)
        (where / name).write_text(json.dumps(content))
    for split in ("val2017", "train2017", "test2017"):
        (where / split).mkdir()
        for image in truth["images"]:
            shutil.copy(samples / "coco" / image["file_name"], where / split)
    (root / "data" / "full" / "weights").mkdir()
    write_weights(root / "data" / "full" / "weights" / FILE, "transpose-r-a3")
    return root


@pytest.fixture
def workspace(prepared: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("REPROPOSE_WORKSPACE", str(prepared))
    return prepared


def run(*arguments: str) -> Result:
    return CliRunner().invoke(main, arguments)


def verdicts(root: Path, row: str) -> dict[str, Verdict]:
    index = ResultIndex(Store(root / "results", root / "none"))
    table = judge_table(Measurements(load_catalog(), index), "transpose-2")
    return {v.column: v for v in table if v.row == row}


@pytest.mark.data
def test_released_weights_fill_table_2_with_the_boxes_it_prints_for(workspace: Path):
    first = run("released", RUN, "--boxes", "ground-truth")
    assert first.exit_code == 0, first.output
    assert (workspace / "results/released" / RUN / "ground-truth.json").is_file()
    alone = verdicts(workspace, "transpose-r-a3")["ap"]
    assert alone.verdict == "not-comparable"
    assert "boxes: detector-56.4 printed, ground-truth measured" in alone.reason
    second = run("released", RUN, "--boxes", "detector")
    assert second.exit_code == 0, second.output
    found = verdicts(workspace, "transpose-r-a3")["ap"]
    assert found.evidence == "released-weights"
    assert found.results == (f"results/released/{RUN}/detector-56-4.json",)
    # two images are no COCO val2017, and the reason says so
    assert found.verdict == "not-comparable"
    assert "measured on a subset" in found.reason
    assert "boxes" not in found.reason
    assert run("verify", RUN).exit_code == 0
    kept = json.loads((workspace / found.results[0]).read_text())
    assert kept["training"]["weights"] == FILE
    assert len(kept["training"]["weights_sha256"]) == 64
    assert kept["predictions"]["instances"] <= 3


@pytest.mark.data
@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ([RUN], "takes --boxes ground-truth or --boxes detector"),
        (["transpose-r-a2-coco", "--boxes", "detector"], "the authors released no weights for run"),
        (["transpose-r-a4-coco", "--boxes", "detector"], "enc4_d256_h1024_mh8.pth is missing"),
        (["transpose-r-a9-coco", "--boxes", "detector"], "unknown run 'transpose-r-a9-coco'"),
    ],
)
def test_what_cannot_be_evaluated_is_said_in_one_line(workspace: Path, arguments, told: str):
    done = run("released", *arguments)
    assert done.exit_code == 2
    assert told in done.output


@pytest.mark.data
def test_the_weights_of_another_network_are_refused_by_name(workspace: Path):
    file = workspace / "data/full/weights/tp_r_256x192_enc4_d256_h1024_mh8.pth"
    shutil.copy(workspace / "data/full/weights" / FILE, file)
    try:
        done = run("released", "transpose-r-a4-coco", "--boxes", "ground-truth")
    finally:
        file.unlink()
    assert done.exit_code == 2
    assert "this checkpoint does not belong to the model" in done.output
    assert not (workspace / "results/released/transpose-r-a4-coco").exists()


@pytest.mark.data
def test_the_test_dev_file_is_one_that_pycocotools_loads_without_labels(workspace: Path):
    done = run("test-dev", RUN, "--released")
    assert done.exit_code == 0, done.output
    stem = f"person_keypoints_test-dev2017_{RUN}_results"
    packed = workspace / "build" / "test-dev" / f"{stem}.zip"
    with zipfile.ZipFile(packed) as archive:
        assert archive.namelist() == [f"{stem}.json"]
        entries = json.loads(archive.read(f"{stem}.json"))
    assert {tuple(sorted(e)) for e in entries} == {
        ("category_id", "image_id", "keypoints", "score")
    }
    assert {len(e["keypoints"]) for e in entries} == {51}
    assert {e["category_id"] for e in entries} == {1}
    from pycocotools.coco import COCO

    images = workspace / "data/full/coco/annotations/image_info_test-dev2017.json"
    with contextlib.redirect_stdout(io.StringIO()):
        loaded = COCO(str(images)).loadRes(entries)
    assert len(loaded.anns) == len(entries) > 0
    again = pack(entries, RUN, workspace / "again")
    assert again.read_bytes() == packed.read_bytes()


@pytest.mark.data
def test_test_dev_without_weights_or_of_another_data_set_says_so(workspace: Path):
    done = run("test-dev", RUN)
    assert done.exit_code == 2
    assert "final.pth is missing: take --released, or train it first with" in done.output
    assert "is on mpii; test-dev is COCO's" in run("test-dev", "transpose-r-a4-mpii").output


@pytest.mark.data
def test_missing_detector_boxes_are_named(workspace: Path):
    boxes = workspace / "data/full/coco/person_detection_results"
    hidden = boxes.rename(workspace / "hidden")
    try:
        test_dev = run("test-dev", RUN, "--released")
        detected = run("released", RUN, "--boxes", "detector")
    finally:
        hidden.rename(boxes)
    assert detected.exit_code == test_dev.exit_code == 2
    assert "detections_AP_H_56_person.json is missing" in detected.output
    assert "AP_H_609_person.json is missing; `repropose fetch coco-detections`" in test_dev.output
