"""Annotations that people have: what is repaired gives the figures of the tidy file, and a note says so."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from bench.catalog.schema import Layout
from bench.cli import main
from tests.bench.evaluate.truths import BOTH, Entries, Truth, changed, evaluated, found_in, truth_of
from tests.conftest import shared_folder

Change = Callable[[Truth], Any]
DOG = {"id": 2, "name": "dog"}


def ids(new: Callable[[int, dict[str, Any]], int]) -> Change:
    """Annotation ids from position and annotation."""

    def change(truth: Truth) -> None:
        for number, one in enumerate(truth["annotations"]):
            one["id"] = new(number, one)

    return change


def counts(new: Callable[[int, int], int]) -> Change:
    """num_keypoints from position and the right count."""

    def change(truth: Truth) -> None:
        for number, one in enumerate(truth["annotations"]):
            one["num_keypoints"] = new(number, one["num_keypoints"])

    return change


def category(number: int, name: str, *others: dict[str, Any]) -> Change:
    """People in the category `number`, beside `others`."""

    def change(truth: Truth) -> None:
        for one in truth["annotations"]:
            one["category_id"] = number
        truth["categories"] = [*others, {**truth["categories"][0], "id": number, "name": name}]

    return change


def boxes_of_dogs(truth: Truth) -> None:
    truth["categories"].append(DOG)
    for image in truth["images"][:2]:
        dog = {"id": 900 + image["id"], "image_id": image["id"], "category_id": 2}
        truth["annotations"].append({**dog, "bbox": [0, 0, 9, 9], "area": 81.0, "iscrowd": 0})


REPAIRED: dict[str, tuple[Change, str]] = {
    "ids from 0": (ids(lambda n, _: n), "annotation id 0: "),
    "the last id is 0": (ids(lambda n, _: 11 - n), "annotation id 0: "),
    "ids below 0": (ids(lambda n, _: -n - 1), "annotation id -1: "),
    "one id below 0": (ids(lambda n, _: n - 3 if n < 3 else n), "annotation id -3: "),
    "ids from 1 in each image": (
        ids(lambda n, _: n % 3 + 1),
        "3 annotation ids are used more than once (id 1 in images 11 and 12)",
    ),
    "ids from 0 in each image": (ids(lambda n, _: n % 3), "3 annotation ids are used more"),
    "one id twice": (
        ids(lambda n, _: 101 + n % 11),
        "1 annotation ids are used more than once (id 101 in images 11 and 14)",
    ),
    "ids that floats confuse": (
        ids(lambda n, _: 2**60 + n),
        f"annotation id {2**60 + 11}: the evaluator keeps ids as floats",
    ),
    "the largest ids": (
        ids(lambda n, _: 2**63 - 1 - n),
        f"annotation id {2**63 - 1}: the evaluator",
    ),
    "one id above 2^53": (
        ids(lambda n, _: 2**53 + 1 if n == 4 else n + 1),
        f"annotation id {2**53 + 1}: the evaluator",
    ),
    "always all keypoints": (counts(lambda n, _: 99), "num_keypoints differs from the labelled"),
    "never a keypoint": (counts(lambda n, count: 0), "num_keypoints differs from the labelled"),
    "one too many": (counts(lambda n, count: count + 1), "num_keypoints differs from the labelled"),
    "unlabelled people counted": (
        counts(lambda n, count: count or 5),
        "in 4 of 12 annotations (id 103: 5, labelled 0); the labelled ones count",
    ),
    "dogs in boxes": (
        boxes_of_dogs,
        "2 annotations without keypoints of other categories (2) are left out",
    ),
}
SILENT: dict[str, Change] = {
    "large ids": ids(lambda n, _: 10**13 + n),
    "the largest ids that floats keep": ids(lambda n, _: 2**53 - n),
    "person is 0": category(0, "person"),
    "person is 7, with a dog": category(7, " Person", DOG),
    "the only one with keypoints": category(3, "worker", DOG),
    "the only one": category(4, "figure"),
    "an unused category with keypoints": category(
        3, "person", {"id": 1, "name": "face", "keypoints": ["nose"]}
    ),
}


def tidy(dataset: Layout, folder: Path) -> tuple[Truth, Entries, dict[str, float]]:
    truth = truth_of(dataset)
    entries = found_in(truth)
    return truth, entries, evaluated(folder, dataset, truth, entries)[0].metrics


def in_category_of(truth: Truth, entries: Entries) -> Entries:
    [number] = {one["category_id"] for one in truth["annotations"] if "keypoints" in one}
    return [{**entry, "category_id": number} for entry in entries]


@pytest.mark.parametrize("dataset", BOTH)
@pytest.mark.parametrize("name", [*REPAIRED, *SILENT])
def test_a_repaired_truth_gives_the_figures_of_the_tidy_one(
    dataset: Layout, name: str, tmp_path: Path
):
    truth, entries, expected = tidy(dataset, tmp_path)
    change, note = REPAIRED[name] if name in REPAIRED else (SILENT[name], "")
    other = changed(truth, change)
    found, checked = evaluated(tmp_path, dataset, other, in_category_of(other, entries))
    assert found.metrics == expected
    if note:
        assert any(note in one for one in found.notes), found.notes
        assert len(found.notes) == (2 if name == "ids from 0 in each image" else 1)
    else:
        assert (*found.notes, *checked.notes) == ()
    counted = {one["id"] for one in other["annotations"] if "keypoints" in one}
    assert set(found.people.person.tolist()) <= counted, "ids are those of the file"
    assert found.diagnosis.everyone.people == 8


@pytest.mark.parametrize("dataset", BOTH)
@pytest.mark.parametrize(
    "number",
    [lambda n: n - 11, lambda n: 1_690_000_000_000 + n, lambda n: 2**63 - 1 - n],
    ids=["below 0", "a timestamp", "up to 2^63"],
)
def test_image_ids_are_any_whole_numbers(
    dataset: Layout, number: Callable[[int], int], tmp_path: Path
):
    truth, entries, expected = tidy(dataset, tmp_path)
    for image in truth["images"]:
        image["id"] = number(image["id"])
    for one in (*truth["annotations"], *entries):
        one["image_id"] = number(one["image_id"])
    assert evaluated(tmp_path, dataset, truth, entries)[0].metrics == expected


def test_ids_that_repeat_in_two_files_put_together_are_those_of_the_file_in_what_is_stored(
    tmp_path: Path,
):
    truth, entries, _ = tidy("coco", tmp_path)
    people = evaluated(tmp_path, "coco", truth, entries)[0].people
    other = changed(truth, ids(lambda n, _: n % 3))
    again = evaluated(tmp_path, "coco", other, entries)[0].people
    assert again.person.tolist() == [(one - 101) % 3 for one in people.person.tolist()]
    assert again.score.tolist() == people.score.tolist()


def areas(new: Callable[[int, float], float]) -> Change:
    def change(truth: Truth) -> None:
        for number, one in enumerate(truth["annotations"]):
            one["area"] = new(number, one["area"])
            factor = (one["area"] / (one["bbox"][2] * one["bbox"][3])) ** 0.5
            one["bbox"][2:] = [side * factor for side in one["bbox"][2:]]

    return change


@pytest.mark.parametrize(
    ("change", "note"),
    [
        (areas(lambda n, _: 0), "is 0 for 8 of 8 people"),
        (areas(lambda n, area: area * (n > 0)), "is 0 for 1 of 8 people"),
        (areas(lambda n, area: area / 700**2), "is smaller than the box of the labelled keypoints"),
        (areas(lambda n, _: 1), "for all 8 people (the first: 1 of "),
        (areas(lambda n, area: area if n == 4 else 1), ""),
        (areas(lambda n, area: 2 * area), ""),
    ],
)
@pytest.mark.parametrize("dataset", BOTH)
def test_areas_that_are_too_small_are_named(
    dataset: Layout, change: Change, note: str, tmp_path: Path
):
    truth, entries, _ = tidy(dataset, tmp_path)
    notes = evaluated(tmp_path, dataset, changed(truth, change), entries)[0].notes
    assert [one for one in notes if note and note in one] == list(notes)
    assert bool(notes) == bool(note)


@pytest.mark.parametrize(
    ("keys", "note"),
    [
        ([{"ignore": 1}], '"ignore" is set for 1 of '),
        ([{"ignore": 1}, {"ignore": True}], '"ignore" is set for 2 of '),
        ([{"ignore": 1, "iscrowd": 1}], ""),
        ([{"ignore": 0}], ""),
        ([{"ignore": "0"}, {"ignore": "false"}, {"ignore": ""}, {"ignore": " No "}], ""),
        ([{"ignore": False}, {"ignore": None}, {"ignore": 0.0}], ""),
        ([{"ignore": "1"}, {"ignore": "true"}, {"ignore": "0"}], '"ignore" is set for 2 of '),
    ],
)
@pytest.mark.parametrize("dataset", BOTH)
def test_people_whose_ignore_has_no_effect_are_counted(
    dataset: Layout, keys: list[dict[str, Any]], note: str, tmp_path: Path
):
    def change(truth: Truth) -> None:
        for one, more in zip(truth["annotations"], keys, strict=False):
            one.update(more)

    truth, entries, _ = tidy(dataset, tmp_path)
    notes = evaluated(tmp_path, dataset, changed(truth, change), entries)[0].notes
    assert [one for one in notes if "ignore" in one] == [
        one for one in notes if note and note in one
    ]
    assert any("ignore" in one for one in notes) == bool(note)


# ------------------------------------------------------------ the cases that people reported

CASES = {
    "ann-id-zero": (67.87, "annotation id 0: "),
    "ann-id-large": (67.87, ""),
    "image-id-timestamp": (67.87, ""),
    "category-zero-pred0": (67.87, ""),
    "category-two": (67.87, "category_id 1 of all entries has no keypoints in the annotations"),
    "num-keypoints-always-17": (67.87, "(id 198196: 17, labelled 14); the labelled ones count"),
    "crowd-base": (92.52, ""),
    "crowd-scores-zero": (0.0, "gives AP 92.52"),
    "crowd-one-score-zero": (68.58, "gives AP 92.52"),
}
REFUSED = {
    "category-zero-pred1": "category_id is 1; expected 0 (person); categories of the annotations: 0 (person)",
    "image-id-name": "images, entry 1: id is '000000000785.jpg', a name; ids are whole numbers",
}


@pytest.mark.data
@pytest.mark.parametrize("name", [*CASES, *REFUSED])
def test_reported_cases(name: str):
    files = shared_folder("cases")
    split = "crowdpose-test" if name.startswith("crowd") else "coco-val"
    given = ("--predictions", files / f"{name}-pred.json", "--truth", files / f"{name}-truth.json")
    arguments = ("evaluate", "--dataset", split, "--json", *given)
    done = CliRunner().invoke(main, [str(one) for one in arguments])
    if name in REFUSED:
        assert done.exit_code == 2
        assert REFUSED[name] in done.stderr
        assert done.stderr.count("\n") == 1
        return
    figure, note = CASES[name]
    [record] = json.loads(done.stdout)
    assert round(record["metrics"]["AP"], 2) == figure
    assert note in " ".join(record["notes"])
    assert bool(record["notes"]) == bool(note)
    if figure == 67.87:
        assert round(record["metrics"]["AR"], 2) == 75.00
