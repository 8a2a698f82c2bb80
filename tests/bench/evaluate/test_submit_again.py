"""A name on the leaderboard: taken by another submission, or by the very same, as after a kill."""

import json
import shutil
from pathlib import Path

import pytest

from bench.errors import ResultError
from bench.evaluate.model_card import read_card
from bench.evaluate.submit import submit
from bench.results.store import Store
from tests.bench.evaluate.test_model_card import CARD
from tests.bench.evaluate.test_submit_and_verify import stored, submit_example

pytestmark = pytest.mark.process


def test_a_name_is_taken_once(workspace: Path):
    assert submit_example(workspace).exit_code == 0
    (workspace / "card.yaml").write_text(CARD.replace("My Net", "Our Net"))
    again = submit_example(workspace)
    assert again.exit_code == 2
    assert "my-net already has a submission for coco" in again.output
    assert submit_example(workspace, "--replace").exit_code == 0
    assert "Our Net" in stored(workspace).read_text()


def test_the_same_submission_again_is_already_there_and_changes_nothing(workspace: Path):
    """As after a kill at the end, when the command is simply run again."""
    assert submit_example(workspace).exit_code == 0
    files = [path for path in (workspace / "results").rglob("*") if path.is_file()]
    before = {path: (path.read_bytes(), path.stat().st_mtime_ns) for path in files}
    again = submit_example(workspace)
    assert again.exit_code == 0
    assert "note: already there" in again.stderr
    assert {path: (path.read_bytes(), path.stat().st_mtime_ns) for path in files} == before
    for ending in (".predictions.json.gz", ".people.npz"):  # a file of another one beside it
        file = stored(workspace).with_suffix(ending)
        kept = file.read_bytes()
        file.write_bytes(kept + b" ")
        assert "choose another name, or replace it" in submit_example(workspace).output
        file.write_bytes(kept)
    entries = json.loads((workspace / "found.json").read_text())
    (workspace / "found.json").write_text(json.dumps(entries[1:]))
    assert submit_example(workspace).exit_code == 2


def test_an_accepted_submission_is_not_covered_by_a_later_one_of_its_name(workspace: Path):
    store = Store(root=workspace / "results", measured=workspace / "measured")
    card = read_card(workspace / "card.yaml")
    arguments = (store, workspace / "found.json", card, "coco", "smoke")
    submit(*arguments)
    accepted = submit(*arguments, committed=True)
    assert accepted.path.is_relative_to(workspace / "measured")
    shutil.rmtree(store.root)
    assert submit(*arguments).path == accepted.path
    assert not store.root.exists()
    other = card.model_copy(update={"authors": "Others"})
    with pytest.raises(ResultError, match=r"already has a submission for coco \(.*measured"):
        submit(store, workspace / "found.json", other, "coco", "smoke")


def test_a_name_that_came_with_merged_results_is_taken(workspace: Path):
    assert submit_example(workspace).exit_code == 0
    (workspace / "results/machines/h200").mkdir(parents=True)
    (workspace / "results/submitted").rename(workspace / "results/machines/h200/submitted")
    again = submit_example(workspace)
    assert again.exit_code == 0
    assert "note: already there" in again.stderr
    (workspace / "card.yaml").write_text(CARD.replace("My Net", "Our Net"))
    for more in ((), ("--replace",)):
        other = submit_example(workspace, *more)
        assert other.exit_code == 2
        assert "machines/h200/submitted/my-net/coco-smoke.json" in other.output
        assert "it was merged, so remove it first" in other.output
    assert not (workspace / "results/submitted").exists()
