"""Prediction files as people hand them in, from the shared cases: read rightly, or refused in one line."""

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from bench.cli import main
from tests.conftest import shared_folder

pytestmark = pytest.mark.data
RIGHT = "AP              67.87"


@pytest.fixture(scope="module")
def cases() -> Path:
    return shared_folder("cases")


def evaluate(predictions: Path, truth: Path, split: str = "coco-val") -> Result:
    arguments = ("evaluate", "--dataset", split, "--predictions", predictions, "--truth", truth)
    return CliRunner().invoke(main, [str(one) for one in arguments])


@pytest.mark.parametrize(
    ("name", "note"),
    [
        ("multi-member-pred.json.gz", ""),
        ("zip-of-results-pred.zip", ""),
        ("str-id-pred.json", "4 images are given as str: '785' is 785"),
        ("ultra-id-string-pred.json", "4 images are given as str: '000000000785' is 785"),
        ("pandas-float-id-pred.json", "4 images are given as float: 785.0 is 785"),
        ("alphapose-pred.json", "read as alphapose: 12 people (recognised by its content"),
    ],
)
def test_what_is_unambiguous_is_read_and_said(cases: Path, name: str, note: str):
    done = evaluate(cases / name, cases / "coco4-truth.json")
    assert done.exit_code == 0, done.output
    assert RIGHT in done.stdout
    assert note in done.stderr


@pytest.mark.parametrize(
    ("name", "message"),
    [
        (
            "gz-two-shards-pred.json.gz",
            "holds several JSON values in a row, the second from line 1",
        ),
        (
            "kp-nested-pred.json",
            "entry 1 (line 1) keypoints has 17 nested lists of 3; 51 are expected",
        ),
    ],
)
def test_what_is_not_is_refused_in_one_line(cases: Path, name: str, message: str):
    done = evaluate(cases / name, cases / "coco4-truth.json")
    assert done.exit_code == 2
    assert message in done.stderr
    assert done.output.count("\n") == 1


def test_ids_that_are_names_are_said_to_be(cases: Path):
    done = evaluate(cases / "image-id-name-pred.json", cases / "image-id-name-truth.json")
    assert done.exit_code == 2
    assert "id is '000000000785.jpg', a name; ids are whole numbers" in done.stderr


@pytest.mark.process
def test_predictions_for_another_split_are_counted(cases: Path):
    truth = cases / "mpii5" / "mpii_gt_val.mat"
    assert evaluate(cases / "mpii5/pred-hrnet.mat", truth, "mpii-val").exit_code == 0
    done = evaluate(cases / "mpii5/pred-n-long.mat", truth, "mpii-val")
    assert done.exit_code == 2
    assert "pred-n-long.mat has 6 people, the truth has 5: it is of another split" in done.stderr
