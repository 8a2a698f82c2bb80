"""Annotations with more than one reading are refused, naming the entry, what arrived and what is allowed."""

import gzip
import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from bench.catalog.schema import Layout
from bench.cli import main
from bench.datasets.annotations import annotations_of, image_ids
from bench.errors import DataError
from tests.bench.evaluate.truths import BOTH, Truth, evaluated, found_in, truth_of

KEYED = {"id": 2, "name": "cyclist", "keypoints": ["nose"]}
PERSON = {"id": 1, "name": "person"}


def put(truth: Truth, place: str, number: int, **values: Any) -> None:
    truth[place][number] |= values


def categories(truth: Truth, *listed: dict[str, Any]) -> None:
    truth["categories"] = list(listed)


def spread(truth: Truth, chosen: slice, number: int = 2) -> None:
    """Some people of a second category with keypoints."""
    truth["categories"].append(KEYED)
    for one in truth["annotations"][chosen]:
        one["category_id"] = number


REFUSED = {
    # ids
    "one id for two people of an image": (
        lambda t: put(t, "annotations", 1, id=101),
        "two people of image 11 have the annotation id 101 (people 1 and 2 of the file)",
    ),
    "one id for three people": (
        lambda t: [put(t, "annotations", n, id=7) for n in (3, 5, 9)],
        "two people of image 12 have the annotation id 7 (people 4 and 6 of the file)",
    ),
    "an annotation listed again": (
        lambda t: t["annotations"].append(dict(t["annotations"][5])),
        "two people of image 12 have the annotation id 106 (people 6 and 13 of the file)",
    ),
    "a name": (
        lambda t: put(t, "images", 0, id="a.jpg"),
        "images, entry 1: id is 'a.jpg', a name; ids are whole numbers: number the images",
    ),
    "a number in quotes": (
        lambda t: put(t, "images", 2, id="13"),
        "images, entry 3: id is '13', a number in quotes; ids are whole numbers",
    ),
    "a hash": (
        lambda t: put(t, "annotations", 1, id="0f3c-a1"),
        "annotations, entry 2: id is '0f3c-a1', a name; ids are whole numbers",
    ),
    "an image by name": (
        lambda t: put(t, "annotations", 1, image_id="0.jpg"),
        "annotation 2 (id 102): image_id is '0.jpg', a name; ids are whole numbers",
    ),
    "a float": (
        lambda t: put(t, "annotations", 0, id=101.0),
        "annotations, entry 1: id is 101.0; write the whole number 101",
    ),
    "half a number": (
        lambda t: put(t, "annotations", 0, id=1.5),
        "annotations, entry 1: id is 1.5; a whole number up to 9223372036854775807 is expected",
    ),
    "2^63": (
        lambda t: put(t, "images", 0, id=2**63),
        "images, entry 1: id is 9223372036854775808; a whole number up to 9223372036854775807",
    ),
    "true": (
        lambda t: put(t, "categories", 0, id=True),
        "categories, entry 1: id is True; a whole number",
    ),
    # images
    "an image that is not listed": (
        lambda t: t["images"].pop(),
        "annotation 10 (id 110): image_id is 14, which images does not list; list it, or leave",
    ),
    "no image is listed": (
        lambda t: t["images"].clear(),
        "annotation 1 (id 101): image_id is 11, which images does not list",
    ),
    "another image": (
        lambda t: put(t, "annotations", 4, image_id=999),
        "annotation 5 (id 105): image_id is 999, which images does not list",
    ),
    "two images of one id": (
        lambda t: put(t, "images", 2, id=11),
        "images 1 (0.jpg) and 3 (2.jpg) both have the id 11; give each image its own",
    ),
    # categories
    "a category that is not listed": (
        lambda t: put(t, "annotations", 4, category_id=9),
        "annotation 5 (id 105): category_id is 9; categories lists 1 (person)",
    ),
    "everyone of a category that is not listed": (
        lambda t: categories(t, {"id": 3, "name": "person"}),
        "annotation 1 (id 101): category_id is 1; categories lists 3 (person)",
    ),
    "two categories of people": (
        lambda t: spread(t, slice(0, 5)),
        "4 annotations with labelled keypoints are of category 2, not of 1 (person); categories: "
        "1 (person), 2 (cyclist)",
    ),
    "one person of another category": (
        lambda t: spread(t, slice(7, 8)),
        "1 annotations with labelled keypoints are of category 2",
    ),
    "everyone of another category": (
        lambda t: spread(t, slice(None)),
        "8 annotations with labelled keypoints are of category 2, not of 1 (person)",
    ),
    "no category is that of people": (
        lambda t: categories(t, {"id": 1, "name": "cat"}, {"id": 2, "name": "dog"}),
        "which category is that of people? None of 1 (cat), 2 (dog) is the only one named person",
    ),
    "two are named person": (
        lambda t: categories(t, PERSON, {"id": 2, "name": "Person"}),
        "which category is that of people? None of 1 (person), 2 (Person)",
    ),
    "two have keypoints": (
        lambda t: categories(t, {**KEYED, "id": 1, "name": "rider"}, KEYED),
        "which category is that of people? None of 1 (rider), 2 (cyclist)",
    ),
    "one id for two categories": (
        lambda t: t["categories"].append({"id": 1, "name": "dog"}),
        "the category id 1 is used more than once: 1 (person), 1 (dog)",
    ),
    # numbers
    "a box with its corners swapped": (
        lambda t: put(t, "annotations", 0, bbox=[50, 50, -20, 30]),
        "annotation 1 (id 101): bbox is [50, 50, -20, 30]; x, y, width and height are expected",
    ),
    "a count below 0": (
        lambda t: put(t, "annotations", 0, num_keypoints=-1),
        "annotation 1 (id 101): num_keypoints is -1; a whole number is expected",
    ),
    "half a keypoint": (
        lambda t: put(t, "annotations", 2, num_keypoints=0.5),
        "annotation 3 (id 103): num_keypoints is 0.5; a whole number is expected",
    ),
}


@pytest.mark.parametrize("dataset", BOTH)
@pytest.mark.parametrize("name", REFUSED)
def test_what_has_more_than_one_reading_is_refused(dataset: Layout, name: str, tmp_path: Path):
    truth = truth_of(dataset)
    entries = found_in(truth)
    change, message = REFUSED[name]
    change(truth)
    with pytest.raises(DataError) as raised:
        evaluated(tmp_path, dataset, truth, entries)
    assert message in str(raised.value)
    assert "\n" not in str(raised.value)


def test_an_area_below_0_is_refused(tmp_path: Path):
    truth = truth_of("coco")
    put(truth, "annotations", 3, area=-5.0)
    with pytest.raises(DataError, match=r"annotation 4 \(id 104\): area is -5.0; a number of pix"):
        evaluated(tmp_path, "coco", truth, found_in(truth))


@pytest.mark.parametrize("dataset", BOTH)
def test_a_truth_in_which_nobody_counts_is_refused(dataset: Layout, tmp_path: Path):
    """Otherwise there would be no figure at all."""
    for change in ({"iscrowd": 1}, {"keypoints": [0] * (51 if dataset == "coco" else 42)}):
        truth = truth_of(dataset)
        entries = found_in(truth)
        truth["annotations"] = [one | change for one in truth["annotations"]]
        with pytest.raises(DataError, match="nobody is evaluated: every person is a crowd or has"):
            evaluated(tmp_path, dataset, truth, entries)
    truth["annotations"] = []
    with pytest.raises(DataError, match="nobody is evaluated"):
        evaluated(tmp_path, dataset, truth, entries)


def test_num_keypoints_of_crowdpose_leaves_out_head_and_neck_as_its_own_files_do(tmp_path: Path):
    truth = truth_of("crowdpose", images=1, people=2)
    [one, _] = truth["annotations"]
    one["keypoints"] = [5, 5, 2] * 6 + [0, 0, 0] * 6 + [9, 9, 1] * 2
    file = tmp_path / "truth.json"
    for count, repaired in ((6, False), (8, False), (7, True), (14, True), (0, True)):
        one["num_keypoints"] = count
        file.write_text(json.dumps(truth))
        checked = annotations_of(file, "crowdpose")
        assert bool(checked.notes) == repaired
        assert checked.content["annotations"][0]["num_keypoints"] == (6 if repaired else count)


@pytest.mark.parametrize("dataset", BOTH)
def test_annotations_may_be_packed(dataset: Layout, tmp_path: Path):
    truth = truth_of(dataset)
    (tmp_path / "truth.json").write_text(json.dumps(truth))
    packed = tmp_path / "truth.json.gz"
    packed.write_bytes(gzip.compress((tmp_path / "truth.json").read_bytes()))
    assert annotations_of(packed, dataset) == annotations_of(tmp_path / "truth.json", dataset)


def test_a_list_of_images_needs_no_annotations(tmp_path: Path):
    """COCO's test-dev publishes only this."""
    file = tmp_path / "images.json"
    file.write_text(json.dumps({"images": [{"id": 5}, {"id": 7}]}))
    assert image_ids(file) == {5, 7}
    file.write_text(json.dumps({"images": [{"id": 5}, {"id": 5}]}))
    with pytest.raises(DataError, match="both have the id 5"):
        image_ids(file)


# ------------------------------------------------------------ the commands


def ask(*arguments: str | Path) -> Any:
    return CliRunner().invoke(main, [str(one) for one in arguments])


@pytest.mark.data
def test_prepare_reads_annotations_with_the_same_validator(
    samples: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("REPROPOSE_WORKSPACE", str(tmp_path))
    home = tmp_path / "data" / "full" / "coco"
    (home / "val2017").mkdir(parents=True)
    (home / "annotations").mkdir()
    for image in (samples / "coco").glob("*.jpg"):
        shutil.copy(image, home / "val2017")
    whole = json.loads((samples / "coco" / "test_coco.json").read_text())
    (home / "annotations" / "person_keypoints_train2017.json").write_text(json.dumps(whole))
    truth = home / "annotations" / "person_keypoints_val2017.json"
    unlisted = {**whole, "images": whole["images"][1:]}
    truth.write_text(json.dumps(unlisted))
    refused = ask("prepare", "coco", "--tier", "full")
    assert refused.exit_code == 2
    assert "image_id is 785, which images does not list" in refused.stderr
    assert not (tmp_path / "data" / "full" / "coco.json").exists()
    put(whole, "annotations", 0, id=0)
    truth.write_text(json.dumps(whole))
    done = ask("prepare", "coco", "--tier", "full")
    assert done.exit_code == 0, done.stderr
    assert "note: annotation id 0: the evaluator takes ids below 1" in done.stderr
