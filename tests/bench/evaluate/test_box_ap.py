"""AP of boxes, beside pycocotools' own detection evaluation on a file small enough to check by hand."""

import contextlib
import copy
import io
import json
from pathlib import Path
from typing import Any

import pytest

from bench.catalog.load import load_catalog
from bench.evaluate import metrics
from bench.evaluate.box_ap import box_ap
from bench.judge.evidence import Measurements
from bench.results.index import ResultIndex
from tests.factories import Memory, trained

POINTS = [v for joint in range(17) for v in (20.0 + 3 * joint, 30.0 + 5 * (joint % 4), 2)]


def person(number: int, image: int, box: list[float], **more: Any) -> dict[str, Any]:
    plain = {"category_id": 1, "iscrowd": 0, "num_keypoints": 17, "keypoints": POINTS}
    area = 0.6 * box[2] * box[3]
    return {"id": number, "image_id": image, "bbox": box, "area": area, **plain, **more}


TRUTH = {
    "images": [{"id": i, "width": 300, "height": 300, "file_name": f"{i}.jpg"} for i in (1, 2)],
    "annotations": [
        person(1, 1, [10.0, 10.0, 100.0, 100.0]),
        person(2, 1, [150.0, 150.0, 60.0, 80.0], num_keypoints=0, keypoints=[0] * 51),
        person(3, 2, [0.0, 0.0, 200.0, 200.0], iscrowd=1),
        person(4, 2, [220.0, 20.0, 40.0, 90.0]),
    ],
    "categories": [
        {"id": 1, "name": "person", "keypoints": [str(i) for i in range(17)], "skeleton": []}
    ],
}


def found(image: int, box: list[float], score: float) -> dict[str, Any]:
    entry = {"image_id": image, "category_id": 1, "keypoints": POINTS, "score": score}
    return {**entry, "bbox": box}


BOXES = [
    found(1, [10.0, 10.0, 100.0, 100.0], 0.9),  # exact
    found(1, [150.0, 150.0, 60.0, 60.0], 0.8),  # IoU 0.75 with the person without keypoints
    found(2, [20.0, 20.0, 50.0, 50.0], 0.95),  # in the crowd: neither right nor wrong
    found(2, [100.0, 210.0, 50.0, 50.0], 0.1),  # nobody, ranked last
]


def official(truth: dict[str, Any], entries: list[dict[str, Any]], folder: Path) -> float:
    """pycocotools as its manual uses it: files in, the first of its twelve values out."""
    from pycocotools.coco import COCO
    from pycocotools.cocoeval import COCOeval

    (folder / "truth.json").write_text(json.dumps(truth))
    (folder / "found.json").write_text(json.dumps(entries))
    with contextlib.redirect_stdout(io.StringIO()):
        coco = COCO(str(folder / "truth.json"))
        evaluation = COCOeval(coco, coco.loadRes(str(folder / "found.json")), "bbox")
        evaluation.evaluate()
        evaluation.accumulate()
        evaluation.summarize()
    return 100.0 * float(evaluation.stats[0])


def test_it_is_pycocotools_own_value_and_that_of_a_calculation_by_hand(tmp_path: Path) -> None:
    before = copy.deepcopy(TRUTH)
    value = box_ap(TRUTH, BOXES)
    assert value == official(TRUTH, BOXES, tmp_path)
    # three people count; up to IoU 0.75 two are found (recall 0 to 0.66: 67 of 101), above one (34 of 101)
    assert value == pytest.approx(100 * (6 * 67 + 4 * 34) / 101 / 10)
    assert before == TRUTH


def test_the_score_of_an_entry_ranks_its_box(tmp_path: Path) -> None:
    wrong_first = [{**one, "score": 1.0 - one["score"]} for one in BOXES]
    value = box_ap(TRUTH, wrong_first)
    assert value == official(TRUTH, wrong_first, tmp_path)
    assert value < box_ap(TRUTH, BOXES)


def test_without_boxes_or_people_there_is_no_value() -> None:
    assert box_ap(TRUTH, [{k: v for k, v in one.items() if k != "bbox"} for one in BOXES]) is None
    assert box_ap(TRUTH, []) is None
    crowd = {**TRUTH, "annotations": [TRUTH["annotations"][2]]}
    assert box_ap(crowd, BOXES) is None


def test_the_evaluation_of_entries_with_boxes_has_it_and_others_do_not(tmp_path: Path) -> None:
    file = tmp_path / "truth.json"
    file.write_text(json.dumps(TRUTH))
    with_boxes = metrics.evaluate("coco", file, BOXES)
    assert with_boxes["AP_box"] == box_ap(TRUTH, BOXES)
    assert metrics.evaluate_with_diagnosis("coco", file, BOXES).metrics == with_boxes
    without = metrics.evaluate("coco", file, [{**one, "bbox": []} for one in BOXES])
    assert "AP_box" not in without
    assert set(with_boxes) == {*without, "AP_box"}


def test_table_3_of_querypose_takes_its_value_from_a_smoke_result() -> None:
    catalog = load_catalog()
    cell = catalog.cell_index["querypose", "3", "figure-3b", "ap-box"]
    result = trained(str(cell.run), 0, 12.0, metrics={"AP": 12.0, "AP_box": 34.5})
    measured = Measurements(catalog, ResultIndex(Memory({"results/smoke/a/seed-0.json": result})))
    assert measured.of(cell)[0].values == (34.5,)
