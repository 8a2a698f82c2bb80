"""From a stranger's file to the leaderboard's data, and back: does what is stored stand?"""

import gzip
import hashlib
import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from bench.cli import main
from bench.datasets.splits import annotation_file
from bench.evaluate import verify
from bench.evaluate.metrics import evaluate_with_diagnosis
from bench.evaluate.per_person import KINDS
from bench.results import manifest
from bench.results.records import DiagnosedGroup, Diagnosis, KeypointErrors
from bench.results.store import Store
from tests.conftest import ROOT

pytestmark = pytest.mark.process


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(main, [str(one) for one in arguments])


def submit_example(workspace: Path, *more: str) -> Result:
    files = ("--predictions", workspace / "found.json", "--card", workspace / "card.yaml")
    return run("submit", *files, "--tier", "smoke", *more)


def stored(workspace: Path) -> Path:
    return workspace / "results" / "submitted" / "my-net" / "coco-smoke.json"


def test_evaluate_prints_every_metric_and_the_errors(workspace: Path):
    arguments = ("evaluate", "--predictions", workspace / "found.json", "--tier", "smoke")
    done = run(*arguments)
    assert done.exit_code == 0, done.output
    assert done.stdout.startswith("AP  ")
    assert "0 not detected; of" in done.stdout
    [printed] = json.loads(run(*arguments, "--json").stdout)
    assert 0 < printed["metrics"]["AP"] < 100
    assert printed["diagnosis"]["everyone"]["not_found"] == 0


def test_a_submission_is_stored_with_its_card_and_verified(workspace: Path):
    done = submit_example(workspace)
    assert done.exit_code == 0, done.output
    [one] = Store(root=workspace / "results", measured=workspace / "none").submissions()
    assert one.result.card.title == "My Net, ResNet-50"
    assert one.result.protocol["boxes"] == "detector-56.4"
    assert one.result.protocol["data"] == "coco-synthetic"
    assert one.path.with_suffix(".people.npz").is_file()
    checked = run("verify", "my-net")
    assert checked.exit_code == 0
    assert checked.stdout.startswith("verified")
    assert run("verify", "--all").exit_code == 0
    assert run("verify", stored(workspace)).exit_code == 0


def test_another_tools_file_is_submitted_with_how_it_was_read(workspace: Path):
    truth = json.loads(annotation_file("coco", "smoke").read_text())
    names = {image["id"]: image["file_name"] for image in truth["images"]}
    entries = json.loads((workspace / "found.json").read_text())
    assert submit_example(workspace).exit_code == 0
    plain = json.loads(stored(workspace).read_text())
    given = [
        {**one, "image_id": names[one["image_id"]], "box": [0, 0, 1, 1], "idx": 0}
        for one in entries
    ]
    (workspace / "found.json").write_text(json.dumps(given))
    assert submit_example(workspace, "--replace", "--format", "alphapose").exit_code == 0
    result = json.loads(stored(workspace).read_text())
    assert result["metrics"] == plain["metrics"]
    assert result["notes"][0] == f"read as alphapose: {len(entries)} people (--format)"
    assert run("verify", "my-net").exit_code == 0
    refused = submit_example(workspace, "--replace", "--score", "1")
    assert refused.exit_code == 2
    assert json.loads(stored(workspace).read_text()) == result


def test_mpii_needs_its_ground_truth_as_mat(workspace: Path):
    found = workspace / "found.json"
    done = run("evaluate", "--predictions", found, "--dataset", "mpii-val", "--truth", found)
    assert done.exit_code == 2
    assert "found.json: for MPII the annotation file is mpii_gt_val.mat" in done.output


def test_a_bad_submission_writes_nothing(workspace: Path):
    entries = json.loads((workspace / "found.json").read_text())
    for bad, message in (
        ([*entries, {**entries[0], "image_id": 1}], "image_id 1 is not in the annotations"),
        ([*entries, entries[0]], "are repeated"),
        ([], "nothing to submit"),
    ):
        (workspace / "found.json").write_text(json.dumps(bad))
        done = submit_example(workspace)
        assert done.exit_code == 2
        assert message in done.output
        assert not (workspace / "results").exists()


def change(file: Path, **changes) -> None:
    file.write_text(json.dumps({**json.loads(file.read_text()), **changes}))


def accept(workspace: Path) -> None:
    """What an editor does who rewrites the manifest, too."""
    assert run("manifest", "--accept", workspace / "results").exit_code == 0


def mismatch(workspace: Path, message: str) -> None:
    done = run("verify", "my-net")
    assert done.exit_code == 1, done.output
    assert done.stdout.startswith("mismatch")
    assert message in done.stdout


def test_a_changed_metric_is_a_mismatch(workspace: Path):
    submit_example(workspace)
    metrics = json.loads(stored(workspace).read_text())["metrics"]
    change(stored(workspace), metrics={**metrics, "AP": metrics["AP"] + 0.1})
    mismatch(workspace, "AP is ")
    change(stored(workspace), metrics={**metrics, "AP_kpt": 99.0})
    mismatch(workspace, "AP_kpt is 99 in the file and missing recomputed")


def test_changed_predictions_are_a_mismatch_also_with_a_forged_hash(workspace: Path):
    submit_example(workspace)
    packed = stored(workspace).with_suffix(".predictions.json.gz")
    entries = json.loads(gzip.decompress(packed.read_bytes()))
    entries[0]["keypoints"][0] += 500.0
    packed.write_bytes(gzip.compress(json.dumps(entries).encode()))
    mismatch(workspace, "its SHA-256 is not the one in")
    record = json.loads(stored(workspace).read_text())["predictions"]
    sha = hashlib.sha256(packed.read_bytes()).hexdigest()
    change(stored(workspace), predictions={**record, "sha256": sha})
    mismatch(workspace, "recomputed")


def test_a_result_of_other_data_is_a_mismatch(workspace: Path):
    submit_example(workspace)
    protocol = json.loads(stored(workspace).read_text())["protocol"]
    change(stored(workspace), protocol={**protocol, "fingerprint": "f" * 64})
    mismatch(workspace, "evaluated on other data: fingerprint ffffffffffff")


def test_a_changed_truth_a_changed_diagnosis_and_changed_people_are_mismatches(workspace: Path):
    submit_example(workspace)
    diagnosis = json.loads(stored(workspace).read_text())["diagnosis"]
    change(stored(workspace), diagnosis={**diagnosis, "detections": 3})
    mismatch(workspace, "the error diagnosis differs")
    change(stored(workspace), diagnosis={**diagnosis, "undefined": {"swap": "no names"}})
    mismatch(workspace, "the error diagnosis differs")
    change(stored(workspace), diagnosis=diagnosis)
    people = stored(workspace).with_suffix(".people.npz")
    kept = people.read_bytes()
    people.write_bytes(b"PK")
    mismatch(workspace, "no stored people")
    people.write_bytes(kept)
    accept(workspace)
    assert run("verify", "my-net").exit_code == 0
    truth = workspace / "data/smoke/coco/annotations/person_keypoints_val2017.json"
    content = json.loads(truth.read_text())
    content["annotations"][0]["keypoints"][0] += 100
    truth.write_text(json.dumps(content))
    mismatch(workspace, "was changed after it was generated")


def test_changed_words_about_data_and_predictions_are_mismatches(workspace: Path):
    """A subset passed off as the whole, and a few predictions as many."""
    submit_example(workspace)
    kept = json.loads(stored(workspace).read_text())
    for key in ("data", "split", "subset"):
        change(stored(workspace), protocol={**kept["protocol"], key: "coco-real"})
        mismatch(workspace, f"its protocol states {key} 'coco-real', but it is '")
    change(stored(workspace), protocol=kept["protocol"])
    change(stored(workspace), predictions={**kept["predictions"], "instances": 9999})
    mismatch(workspace, "it states 9999 predictions on ")


def test_the_wording_of_what_a_diagnosis_leaves_undefined_does_not_matter():
    group = DiagnosedGroup(
        people=0, not_found=0, errors=KeypointErrors.model_validate(dict.fromkeys(KINDS, 0))
    )
    old, new, other = (
        Diagnosis(thresholds="t", everyone=group, detections=0, by_keypoint={}, undefined=undefined)
        for undefined in ({"size": "no areas"}, {"size": "there are no areas"}, {})
    )
    assert verify._counts(old) == verify._counts(new) != verify._counts(other)


def test_matches_of_another_result_are_a_mismatch(workspace: Path):
    """The paired bootstrap draws from them."""
    submit_example(workspace)
    matches = stored(workspace).with_suffix(".matches.npz")
    truth = annotation_file("coco", "smoke")
    entries = json.loads((workspace / "found.json").read_text())
    evaluate_with_diagnosis("coco", truth, entries).matches.save(matches)
    mismatch(workspace, "coco-smoke.matches.npz is not in the manifest")
    accept(workspace)
    assert run("verify", "my-net").exit_code == 0
    evaluate_with_diagnosis("coco", truth, entries[1:]).matches.save(matches)
    mismatch(workspace, "coco-smoke.matches.npz has other matches")


@pytest.mark.parametrize(
    "spoil", [[3], [{}], [{"image_id": []}], [{"image_id": 1, "keypoints": [1]}]]
)
def test_predictions_that_are_invalid_are_a_mismatch(workspace: Path, spoil: list):
    submit_example(workspace)
    packed = stored(workspace).with_suffix(".predictions.json.gz")
    packed.write_bytes(gzip.compress(json.dumps(spoil).encode()))
    record = json.loads(stored(workspace).read_text())["predictions"]
    sha = hashlib.sha256(packed.read_bytes()).hexdigest()
    change(stored(workspace), predictions={**record, "sha256": sha})
    mismatch(workspace, "its predictions cannot be evaluated: results/submitted/my-net")


def test_a_result_that_cannot_be_checked_is_neither_an_error_nor_a_success(workspace: Path):
    submit_example(workspace)
    change(stored(workspace), predictions=None)
    accept(workspace)
    recorded = run("verify", "my-net")
    assert recorded.exit_code == 0
    assert recorded.stdout.startswith("recorded  results/submitted/my-net/coco-smoke.json: no pred")
    (workspace / "results" / "manifest.txt").unlink()
    done = run("verify", "--all")
    assert done.exit_code == 0
    committed = len(manifest.read(ROOT / "reports" / "measured").digests)
    assert f"0 verified, {committed} recorded, 1 unchecked, 0 mismatch" in done.stderr
    named = run("verify", "my-net")
    assert named.exit_code == 2
    assert "no predictions are stored with it" in named.stdout
    unknown = run("verify", "my-nett")
    assert unknown.exit_code == 2
    assert "unknown result 'my-nett'; did you mean: my-net" in unknown.output
