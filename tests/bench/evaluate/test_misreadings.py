"""Predictions that pycocotools evaluates to nearly 0 in silence: refused where the cause is sure, else it is named."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from bench.catalog.schema import Layout
from bench.datasets.keypoints import KEYPOINTS
from bench.errors import DataError
from bench.evaluate.predictions import read_predictions
from tests.bench.evaluate.truths import BOTH, Entries, evaluated, found_in, truth_of


def rewritten(entries: Entries, dataset: Layout, new: Any) -> Entries:
    """Keypoints [K, 3] of each entry replaced by `new(points, K)`."""
    count = len(KEYPOINTS[dataset].names)
    points = [np.reshape(one["keypoints"], (count, 3)) for one in entries]
    return [
        {**one, "keypoints": new(p, dataset).ravel().tolist()}
        for one, p in zip(entries, points, strict=True)
    ]


READINGS = {
    "x and y swapped": lambda p, _: p[:, [1, 0, 2]],
    "left and right swapped": lambda p, d: p[KEYPOINTS[d].partners],
    "keypoints as all x, then all y, then all scores": lambda p, _: p.T,
}


@pytest.mark.parametrize("dataset", BOTH)
@pytest.mark.parametrize("name", READINGS)
def test_another_reading_that_is_much_better_is_named(dataset: Layout, name: str, tmp_path: Path):
    truth = truth_of(dataset)
    entries = found_in(truth, noise=2.0)
    right = evaluated(tmp_path, dataset, truth, entries)[0]
    assert right.notes == ()
    found = evaluated(tmp_path, dataset, truth, rewritten(entries, dataset, READINGS[name]))[0]
    assert found.metrics["AP"] < 5
    assert any(
        f"would be {right.metrics['AP']:.2f} with {name}: check how" in one for one in found.notes
    )


@pytest.mark.parametrize("dataset", BOTH)
def test_predictions_that_are_poor_in_every_reading_are_no_news(dataset: Layout, tmp_path: Path):
    truth = truth_of(dataset)
    found = evaluated(tmp_path, dataset, truth, found_in(truth, noise=300.0))[0]
    assert found.metrics["AP"] < 5
    assert found.notes == ()


@pytest.mark.parametrize("dataset", BOTH)
@pytest.mark.parametrize("scale", [1 / 700, 1 / 600, 2 / 750])
def test_fractions_are_refused_if_all_are_and_counted_if_some_are(
    dataset: Layout, scale: float, tmp_path: Path
):
    truth = truth_of(dataset)
    entries = [one for one in found_in(truth, noise=0.0) if min(one["keypoints"]) >= 0]
    small = rewritten(entries, dataset, lambda p, _: p * [scale, scale, 1])
    with pytest.raises(DataError, match="every person are within 2 pixels of the image's corner"):
        evaluated(tmp_path, dataset, truth, small)
    notes = evaluated(tmp_path, dataset, truth, [*small[:3], *entries[3:]])[1].notes
    assert f"3 of {len(entries)} entries have all keypoints within 2 pixels" in " ".join(notes)


@pytest.mark.parametrize("place", [(0.0, 0.0), (1.0, 2.0), (0.5, 0.5)])
def test_keypoints_all_in_one_place_are_no_fractions(place: tuple[float, float], tmp_path: Path):
    """As a network that finds nothing writes them."""
    truth = truth_of("coco")
    entries = rewritten(found_in(truth), "coco", lambda p, _: p * 0 + [*place, 0.5])
    assert evaluated(tmp_path, "coco", truth, entries)[0].metrics["AP"] == 0


def corners(x: float, y: float, width: float, height: float) -> list[float]:
    return [x, y, x + width, y + height]


@pytest.mark.parametrize(
    ("box", "note"),
    [
        ([450, 450, 100, 100], ""),
        ([600, 10, 300, 20], ""),  # reaches out, but is no pair of corners
        (
            corners(450, 450, 100, 100),
            "12 of 12 entries reaches beyond its image, and all could be x1",
        ),
        (corners(400, 10, 300, 650), "12 of 12 entries reaches beyond its image"),
        ([450, 450, 0, 100], "the bbox of 12 of 12 entries has no size"),
        ([0, 0, 0, 0], "the bbox of 12 of 12 entries has no size"),
    ],
)
def test_boxes_that_are_corners_or_have_no_size_are_named(
    box: list[float], note: str, tmp_path: Path
):
    truth = truth_of("coco")
    entries = [{**one, "bbox": box} for one in found_in(truth)]
    notes = evaluated(tmp_path, "coco", truth, entries)[1].notes
    assert [one for one in notes if note and note in one] == list(notes)
    assert bool(notes) == bool(note)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('[{"score": 0.5, "score": 0.9}]', "an object has the key 'score' twice"),
        ('[{"image_id": 1, "b": {"x": 1, "x": 1}}]', "an object has the key 'x' twice"),
        ('[{"a": 1, "a": 1, "b": 2}]', "an object has the key 'a' twice; leave one of them out"),
        ('[\n{"a": "NaN"},\n{"a": NaN}]', r"NaN is not a number \(line 3, column 7\); write a fin"),
        ('[{"a":\n-Infinity}]', r"-Infinity is not a number \(line 2, column 1\)"),
        ("", "it is empty"),
        ("  \n", "it is empty"),
    ],
)
def test_json_with_two_readings_or_none_is_refused(text: str, message: str, tmp_path: Path):
    (tmp_path / "p.json").write_text(text)
    with pytest.raises(DataError, match=message) as caught:
        read_predictions(tmp_path / "p.json", "coco", {1})
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("pack", ["bz2", "lzma", "zlib"])
def test_other_packings_are_said_to_be_unreadable(pack: str, tmp_path: Path):
    packed = __import__(pack).compress(json.dumps([1] * 50).encode())
    (tmp_path / "p.json").write_bytes(packed)
    with pytest.raises(DataError, match=r"is not UTF-8; it may be packed|not readable JSON"):
        read_predictions(tmp_path / "p.json", "coco", {1})
