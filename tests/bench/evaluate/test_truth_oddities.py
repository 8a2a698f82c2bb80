"""Annotations whose numbers may mean something else: refused where all are, else named, and never changed."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from bench.catalog.schema import Layout
from bench.errors import DataError
from tests.bench.evaluate.truths import BOTH, Truth, changed, evaluated, found_in, truth_of

Change = Callable[[Truth], Any]


def flags(new: Callable[[int, float], float]) -> Change:
    """v of each keypoint from the position of its person and the old v."""

    def change(truth: Truth) -> None:
        for number, one in enumerate(truth["annotations"]):
            one["keypoints"][2::3] = [new(number, v) for v in one["keypoints"][2::3]]

    return change


def boxes(new: Callable[[list[float]], list[float]]) -> Change:
    def change(truth: Truth) -> None:
        for one in truth["annotations"]:
            one["bbox"] = new(one["bbox"])

    return change


def at_origin(person: int, count: int) -> Change:
    """The first labelled keypoints of a person at 0, 0."""

    def change(truth: Truth) -> None:
        points = truth["annotations"][person]["keypoints"]
        labelled = [n for n in range(0, len(points), 3) if points[n + 2] > 0]
        for n in labelled[:count]:
            points[n : n + 2] = [0.0, 0.0]

    return change


NOTED: dict[str, tuple[Change, str]] = {
    "scores in place of flags": (flags(lambda n, v: v / 4), "a v other than 0, 1 and 2 (id 101: "),
    "a third flag": (
        flags(lambda n, v: 3 if n == 3 and v else v),
        "(id 104: 3); above 0 is labelled",
    ),
    "flags above 2 for all": (
        flags(lambda n, v: v and v + 1),
        "a v other than 0, 1 and 2 (id 101: ",
    ),
    "two keypoints at 0, 0": (
        at_origin(0, 2),
        "2 labelled keypoints of 1 people are at 0, 0 (id 101: 2)",
    ),
    "five keypoints at 0, 0": (
        at_origin(4, 5),
        "5 labelled keypoints of 1 people are at 0, 0 (id 105: 5)",
    ),
    "boxes as corners": (
        boxes(lambda b: [400.0, 400.0, 400 + b[2], 400 + b[3]]),
        "12 of 12 annotations reaches beyond its image, and all could be x1, y1, x2, y2",
    ),
}
NO_NEWS: dict[str, Change] = {
    "flags as floats": flags(lambda n, v: float(v)),
    "one keypoint at 0, 0": at_origin(0, 1),
    "boxes of the whole image": boxes(lambda b: [0.0, 0.0, 700.0, 700.0]),
    "boxes that reach out, and are no corners": boxes(lambda b: [650.0, 650.0, 300.0, 300.0]),
}


@pytest.mark.parametrize("dataset", BOTH)
@pytest.mark.parametrize("name", [*NOTED, *NO_NEWS])
def test_an_oddity_is_named_and_anything_else_is_not(dataset: Layout, name: str, tmp_path: Path):
    truth = truth_of(dataset)
    change, note = NOTED[name] if name in NOTED else (NO_NEWS[name], "")
    notes = evaluated(tmp_path, dataset, changed(truth, change), found_in(truth))[0].notes
    assert [one for one in notes if note and note in one] == list(notes)
    assert bool(notes) == bool(note)


@pytest.mark.parametrize("dataset", BOTH)
@pytest.mark.parametrize("scale", [1 / 700, 1 / 500, 2 / 700])
def test_keypoints_in_fractions_of_the_image_are_refused(
    dataset: Layout, scale: float, tmp_path: Path
):
    truth = truth_of(dataset)
    entries = found_in(truth)
    for one in truth["annotations"]:
        one["keypoints"] = [v * scale if n % 3 < 2 else v for n, v in enumerate(one["keypoints"])]
    with pytest.raises(
        DataError, match="labelled keypoints are within 2 pixels of the image's corner"
    ):
        evaluated(tmp_path, dataset, truth, entries)


def reordered(new: Callable[[list[str]], list[str]]) -> Change:
    def change(truth: Truth) -> None:
        [category] = truth["categories"]
        category["keypoints"] = new(category["keypoints"])

    return change


@pytest.mark.parametrize("dataset", BOTH)
@pytest.mark.parametrize(
    "new",
    [
        lambda names: names[::-1],
        lambda names: [names[1], names[0], *names[2:]],
        lambda names: [name.replace("_", " ").title() for name in sorted(names)],
    ],
)
def test_keypoints_listed_in_another_order_are_refused(dataset: Layout, new: Any, tmp_path: Path):
    truth = changed(truth_of(dataset), reordered(new))
    with pytest.raises(
        DataError, match=r"the category of people lists keypoint \d+ as .* by position"
    ):
        evaluated(tmp_path, dataset, truth, found_in(truth_of(dataset)))


@pytest.mark.parametrize("dataset", BOTH)
@pytest.mark.parametrize(
    "new",
    [
        lambda names: [name.replace("_", "-").upper() for name in names],
        lambda names: [f"k{n}" for n in range(len(names))],
        lambda names: [{"head_top": "head", "thorax": "neck"}.get(name, name) for name in names],
        lambda names: [],
    ],
)
def test_other_spellings_and_other_names_are_read(dataset: Layout, new: Any, tmp_path: Path):
    truth = truth_of(dataset)
    expected = evaluated(tmp_path, dataset, truth, found_in(truth))[0].metrics
    found = evaluated(tmp_path, dataset, changed(truth, reordered(new)), found_in(truth))[0]
    assert found.metrics == expected
    assert found.notes == ()


@pytest.mark.parametrize("index", [-0.1, 1.01, 85, "0.5", None, True])
def test_a_crowd_index_is_a_number_from_0_to_1(index: Any, tmp_path: Path):
    truth = truth_of("crowdpose")
    truth["images"][1]["crowdIndex"] = index
    with pytest.raises(DataError, match=r"image 12 has no crowdIndex \(a number from 0 to 1\)"):
        evaluated(tmp_path, "crowdpose", truth, found_in(truth_of("crowdpose")))
