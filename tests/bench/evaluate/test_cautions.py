"""What makes a figure depend on chance or on the evaluator, and the evaluators' own conventions."""

import contextlib
import gzip
import io
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from bench.catalog.schema import Layout
from bench.datasets.keypoints import KEYPOINTS
from bench.errors import DataError
from bench.evaluate.cautions import ORDERS, equal_scores
from bench.evaluate.instances import Instances, rules_of
from bench.evaluate.matches import Matches, scores_of
from bench.evaluate.metrics import METRICS, evaluate, evaluate_with_diagnosis
from bench.evaluate.official import official_evaluation
from bench.evaluate.reference import read_official
from tests.bench.evaluate.truths import BOTH, Entries, Truth, evaluated, found_in, truth_of

# ------------------------------------------------------------ equal scores


def scored(entries: Entries, score: Any) -> Entries:
    return [{**one, "score": float(score(n, one["score"]))} for n, one in enumerate(entries)]


TIES = {
    "all equal": lambda n, score: 1.0,
    "two values": lambda n, score: n % 2,
    "one decimal": lambda n, score: round(score, 1),
    "most are 0": lambda n, score: score * (n % 5 == 0),
}


@pytest.mark.parametrize("dataset", BOTH)
@pytest.mark.parametrize("name", TIES)
def test_equal_scores_are_named_with_the_range_of_ap_over_renumberings(
    dataset: Layout, name: str, tmp_path: Path
):
    truth = truth_of(dataset, images=6)
    entries = scored(found_in(truth), TIES[name])
    found = evaluated(tmp_path, dataset, truth, entries)[0]
    [note] = found.notes
    images = {}
    for one in entries:
        images.setdefault(one["score"], set()).add(one["image_id"])
    tied = sum(len(images[one["score"]]) > 1 for one in entries)
    assert note.startswith(f"{tied} of 18 detections have an equal score in another image")
    low, high = (float(part) for part in note.split(" given, ")[1].split(" over")[0].split(" to "))
    assert f"AP is {found.metrics['AP']:.2f} with the numbers given" in note
    assert f"over {ORDERS} random renumberings" in note
    assert low < high


@pytest.mark.parametrize("dataset", BOTH)
@pytest.mark.parametrize("name", TIES)
def test_another_order_is_what_the_evaluator_gives_for_other_image_numbers(
    dataset: Layout, name: str, tmp_path: Path
):
    truth = truth_of(dataset, images=6)
    entries = scored(found_in(truth), TIES[name])
    evaluation = official_evaluation(dataset, truth_of(dataset, images=6), entries)
    for seed in range(4):
        order = np.random.default_rng(seed).permutation(6)
        number = {11 + at: int(rank) for at, rank in enumerate(order)}
        for one in truth["images"]:
            one["id"] = 11 + number[one["id"]]
        for one in (*truth["annotations"], *entries):
            one["image_id"] = 11 + number[one["image_id"]]
        entries.sort(key=lambda one: one["image_id"])
        (tmp_path / "truth.json").write_text(json.dumps(truth))
        expected = evaluate(dataset, tmp_path / "truth.json", entries)["AP"]
        read = read_official(evaluation, rules_of(dataset))
        again = Matches.of(read).renumbered(scores_of(read), order)
        assert again.average_precision() == pytest.approx(expected)
        times = np.array([3, 0, 1, 0, 2, 1])
        assert again.average_recall(times) == Matches.of(read).average_recall(times)
        truth, entries = (
            truth_of(dataset, images=6),
            scored(found_in(truth_of(dataset, 6)), TIES[name]),
        )


@pytest.mark.parametrize("dataset", BOTH)
def test_scores_that_differ_and_equal_scores_of_one_image_are_no_news(
    dataset: Layout, tmp_path: Path
):
    truth = truth_of(dataset, images=6)
    entries = found_in(truth)
    assert evaluated(tmp_path, dataset, truth, entries)[0].notes == ()
    by_image = [{**one, "score": one["image_id"] / 100} for one in entries]
    assert evaluated(tmp_path, dataset, truth, by_image)[0].notes == ()
    nothing = read_official(official_evaluation(dataset, truth_of(dataset), []), rules_of(dataset))
    assert equal_scores(nothing, Matches.of(nothing)) == []


# ------------------------------------------------------------ matches of both evaluators


def crowds(truth: Truth) -> None:
    for one in truth["annotations"][::4]:
        one["iscrowd"] = 1


@pytest.mark.parametrize("dataset", BOTH)
@pytest.mark.parametrize("noise", [0.0, 6.0, 15.0, 400.0])
@pytest.mark.parametrize("crowded", [False, True])
def test_matches_give_the_evaluators_own_ap_and_ar(dataset: Layout, noise: float, crowded: bool):
    truth = truth_of(dataset)
    if crowded:
        crowds(truth)
    evaluation = official_evaluation(dataset, truth, found_in(truth_of(dataset), noise))
    matches = Matches.of(read_official(evaluation, rules_of(dataset)))
    with contextlib.redirect_stdout(io.StringIO()):
        evaluation.accumulate()
        evaluation.summarize()
    stats = dict(zip(METRICS[dataset], evaluation.stats, strict=True))
    assert matches.average_precision() == pytest.approx(100 * stats["AP"])
    assert matches.average_recall() == pytest.approx(100 * stats["AR"])


@pytest.mark.parametrize("dataset", BOTH)
@pytest.mark.parametrize("low", [0, -1, -7])
def test_matches_refuse_ids_that_mean_not_matched(dataset: Layout, low: int):
    truth = truth_of(dataset)
    truth["annotations"][4]["id"] = low
    with pytest.raises(DataError, match=f"annotation id {low}: 0 and less stand for 'not matched'"):
        Instances.of(truth, found_in(truth_of(dataset)), rules_of(dataset))


@pytest.mark.parametrize("dataset", BOTH)
def test_matches_refuse_several_categories(dataset: Layout):
    truth = truth_of(dataset)
    truth["categories"].append({"id": 2, "name": "cyclist"})
    truth["annotations"][4]["category_id"] = 2
    with pytest.raises(DataError, match="2 categories were evaluated; matches are those of one"):
        Instances.of(truth, found_in(truth_of(dataset)), rules_of(dataset))


# ------------------------------------------------------------ CrowdPose


def plain(truth: Truth, entries: Entries, file: Path) -> dict[str, float]:
    """xtcocotools as its manual uses it."""
    from xtcocotools.coco import COCO
    from xtcocotools.cocoeval import COCOeval

    file.write_text(json.dumps(truth))
    file.with_name("found.json").write_text(json.dumps(entries))
    with contextlib.redirect_stdout(io.StringIO()):
        gold = COCO(str(file))
        evaluation = COCOeval(
            gold,
            gold.loadRes(str(file.with_name("found.json"))),
            "keypoints_crowd",
            KEYPOINTS["crowdpose"].sigmas,
            use_area=False,
        )
        evaluation.evaluate()
        evaluation.accumulate()
        evaluation.summarize()
    pairs = zip(METRICS["crowdpose"], evaluation.stats, strict=True)
    return {name: 100 * float(value) for name, value in pairs}


def test_no_predictions_for_crowdpose_are_figures_of_0(tmp_path: Path):
    found = evaluated(tmp_path, "crowdpose", truth_of("crowdpose"), [])[0]
    assert found.metrics == dict.fromkeys(METRICS["crowdpose"], 0.0)
    assert found.diagnosis.everyone.not_found == 8


@pytest.mark.parametrize("dataset", BOTH)
def test_a_packed_truth_gives_the_same_figures(dataset: Layout, tmp_path: Path):
    truth = truth_of(dataset)
    expected = evaluated(tmp_path, dataset, truth, found_in(truth))[0].metrics
    packed = tmp_path / "truth.json.gz"
    packed.write_bytes(gzip.compress(json.dumps(truth).encode()))
    assert evaluate(dataset, packed, found_in(truth)) == expected


@pytest.mark.parametrize("others", [[2], [0], [2, 3, 4]])
def test_unused_categories_take_nothing_from_crowdpose_classes(others: list[int], tmp_path: Path):
    """xtcocotools averages the -1 of a category without people into AP_easy, AP_medium and AP_hard."""
    truth = truth_of("crowdpose")
    truth["categories"] += [{"id": number, "name": f"c{number}"} for number in others]
    entries = found_in(truth_of("crowdpose"), noise=0.0)
    entries = [{**one, "score": 0.1 + 0.9 * (n % 3 < 2)} for n, one in enumerate(entries)]
    ours = evaluated(tmp_path, "crowdpose", truth, entries)[0].metrics
    assert {name: round(value, 6) for name, value in ours.items()} == dict.fromkeys(ours, 100.0)
    theirs = plain(truth, entries, tmp_path / "plain.json")
    assert theirs["AP"] == pytest.approx(100)
    assert theirs["AP_medium"] <= 0.01


@pytest.mark.parametrize(
    ("index", "name"),
    [
        *((index, "easy") for index in (0.0, 0.1, 0.1999)),
        *((index, "medium") for index in (0.2, 0.5, 0.7999)),
        *((index, "hard") for index in (0.8, 1.0)),
    ],
)
def test_crowdpose_classes_are_easy_below_02_and_hard_from_08(
    index: float, name: str, tmp_path: Path
):
    """As the evaluators have them; LOFR's paper prints 0 to 0.1, 0.1 to 0.8 and 0.8 to 1."""
    truth = truth_of("crowdpose", images=2)
    for image in truth["images"]:
        image["crowdIndex"] = index
    entries = found_in(truth)
    found = evaluate_with_diagnosis("crowdpose", _written(tmp_path, truth), entries)
    assert {key for key in found.metrics if "_" in key} == {f"AP_{name}"}
    theirs = plain(truth, entries, tmp_path / "plain.json")
    assert found.metrics == {key: value for key, value in theirs.items() if value > -1}


def _written(folder: Path, truth: Truth) -> Path:
    (folder / "truth.json").write_text(json.dumps(truth))
    return folder / "truth.json"


@pytest.mark.parametrize(
    ("silent", "count"), [(lambda n: True, 12), (lambda n: n == 4, 1), (lambda n: n % 2, 6)]
)
@pytest.mark.parametrize("score", [0, 0.0, -0.5])
def test_detections_that_crowdpose_drops_are_counted_with_the_ap_they_would_give(
    silent: Any, count: int, score: float, tmp_path: Path
):
    truth = truth_of("crowdpose")
    entries = found_in(truth)
    with_them = evaluated(tmp_path, "crowdpose", truth, entries)[0].metrics["AP"]
    for number, one in enumerate(entries):
        if silent(number):
            one["keypoints"][2::3] = [score] * 14
    found = evaluated(tmp_path, "crowdpose", truth, entries)[0]
    assert found.metrics == {
        key: value
        for key, value in plain(truth, entries, tmp_path / "p.json").items()
        if value > -1
    }
    [note] = found.notes
    assert note.startswith(f"{count} detections have no keypoint score above 0: CrowdPose's evalua")
    assert f"(AP {found.metrics['AP']:.2f}, shown because published figures come from it)" in note
    assert f"gives AP {with_them:.2f}." in note
