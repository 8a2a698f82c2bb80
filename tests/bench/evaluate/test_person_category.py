"""Predictions use the category of people that the annotations have; the commands say every note."""

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from PIL import Image

from bench.catalog.schema import Layout
from bench.cli import main
from bench.errors import DataError
from bench.results.store import Store
from tests.bench.evaluate.test_model_card import CARD
from tests.bench.evaluate.truths import BOTH, Truth, evaluated, found_in, truth_of

DOG, FACE = {"id": 5, "name": "dog"}, {"id": 6, "name": "face", "keypoints": ["nose"]}
BARE = {"id": 7, "name": "bare"}


def numbered(dataset: Layout, person: int, *others: dict[str, Any]) -> Truth:
    """People of the category `person`; without keypoints in `categories` if another one is named bare."""
    truth = truth_of(dataset)
    if BARE in others:
        del truth["categories"][0]["keypoints"]
    truth["categories"] = [*others, {**truth["categories"][0], "id": person}]
    for one in truth["annotations"]:
        one["category_id"] = person
    return truth


READ = {
    "its own": (0, [], [0], ""),
    "its own, beside others": (3, [DOG, FACE], [3], ""),
    "of a category without keypoints": (
        2,
        [DOG],
        [5],
        "category_id 5 of all entries has no keypoints in the annotations (5 (dog), 2 (person)): "
        "read as 2",
    ),
    "1, which is a dog here": (
        2,
        [{"id": 1, "name": "dog"}],
        [1],
        "(1 (dog), 2 (person)): read as 2, the category of people",
    ),
}
REFUSED = {
    "1 where people are 0": (0, [], [1], "category_id is 1; expected 0 (person); categories of "),
    "1 where people are 3": (3, [DOG], [1], "the annotations: 5 (dog), 3 (person)"),
    "of a category with keypoints": (1, [FACE], [6], "category_id is 6; expected 1 (person)"),
    "no category has keypoints": (1, [BARE], [7], "category_id is 7; expected 1 (person)"),
    "dogs among people": (1, [DOG], [1, 5], "entry 2 (line 1) category_id is 5; expected 1"),
    "a name": (1, [], ["person"], "category_id is 'person'; expected 1 (person)"),
    "a float": (1, [], [1.0], "category_id is 1.0; expected 1 (person)"),
    "true": (1, [], [True], "category_id is True; expected 1 (person)"),
}


@pytest.mark.parametrize("dataset", BOTH)
@pytest.mark.parametrize("name", [*READ, *REFUSED])
def test_predictions_are_of_the_category_of_people(dataset: Layout, name: str, tmp_path: Path):
    person, others, given, message = {**READ, **REFUSED}[name]
    entries = found_in(truth_of(dataset))
    expected = evaluated(tmp_path, dataset, truth_of(dataset), entries)[0].metrics
    for number, one in enumerate(entries):
        one["category_id"] = given[number % len(given)]
    truth = numbered(dataset, person, *others)
    if name in REFUSED:
        with pytest.raises(DataError) as raised:
            evaluated(tmp_path, dataset, truth, entries)
        assert message in str(raised.value)
        return
    found, checked = evaluated(tmp_path, dataset, truth, entries)
    assert found.metrics == expected
    assert message in " ".join(checked.notes)
    assert bool(checked.notes) == bool(message)


# ------------------------------------------------------------ notes and errors in the commands


@pytest.fixture
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A full tier of four images whose first annotation has the id 0."""
    monkeypatch.setenv("REPROPOSE_WORKSPACE", str(tmp_path))
    home = tmp_path / "data" / "full" / "coco"
    (home / "val2017").mkdir(parents=True)
    truth = truth_of("coco")
    truth["annotations"][0]["id"] = 0
    for image in truth["images"]:
        Image.new("RGB", (700, 700)).save(home / "val2017" / image["file_name"])
    (tmp_path / "found.json").write_text(json.dumps(found_in(truth)))
    (tmp_path / "card.yaml").write_text(CARD)
    store_truth(tmp_path, truth)
    return tmp_path


def store_truth(workspace: Path, truth: Truth) -> None:
    for part in ("val", "train"):
        file = workspace / f"data/full/coco/annotations/person_keypoints_{part}2017.json"
        file.parent.mkdir(exist_ok=True)
        file.write_text(json.dumps(truth))


def ask(workspace: Path, command: str, *more: str) -> Result:
    card = ["--card", str(workspace / "card.yaml")] if command == "submit" else []
    given = ["--predictions", str(workspace / "found.json"), *card, *more]
    return CliRunner().invoke(main, [command, *given])


@pytest.mark.process
def test_notes_on_annotations_reach_evaluate_and_submit(workspace: Path):
    note = "annotation id 0: the evaluator takes ids below 1"
    assert f"note: {note}" in ask(workspace, "evaluate").stderr
    [record] = json.loads(ask(workspace, "evaluate", "--json").stdout)
    assert record["notes"][0].startswith(note)
    done = ask(workspace, "submit")
    assert done.exit_code == 0, done.stderr
    assert f"note: {note}" in done.stderr
    [stored] = Store(root=workspace / "results", measured=workspace / "none").submissions()
    assert stored.result.notes[0].startswith(note)
    assert CliRunner().invoke(main, ["verify", "--all"]).stdout.startswith("verified")


@pytest.mark.parametrize("command", ["evaluate", "submit"])
@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda t: t["images"].pop(), "image_id is 14, which images does not list"),
        (lambda t: t["categories"][0].update(id=3), "category_id is 1; categories lists 3"),
        (lambda t: t["annotations"][1].update(id=0), "two people of image 11 have the annota"),
        (lambda t: t["annotations"].clear(), "nobody is evaluated"),
    ],
)
def test_a_truth_that_is_refused_is_one_line_and_stores_nothing(
    workspace: Path, command: str, change: Any, message: str
):
    truth = truth_of("coco")
    truth["annotations"][0]["id"] = 0
    change(truth)
    store_truth(workspace, truth)
    done = ask(workspace, command)
    assert done.exit_code == 2
    assert message in done.stderr
    assert done.stderr.count("\n") == 1
    assert not (workspace / "results").exists()
