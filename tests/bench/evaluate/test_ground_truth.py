"""A truth that is none costs one line, whatever the evaluators would stumble over."""

import json
from pathlib import Path
from typing import Any

import pytest

from bench.errors import DataError
from bench.evaluate.predictions import KEYPOINTS
from bench.evaluate.submit import evaluate_file

NOTHING = object()


def truth(joints: int) -> dict[str, Any]:
    person = {"id": 1, "image_id": 1, "category_id": 1, "iscrowd": 0, "num_keypoints": joints}
    places = {"bbox": [0, 0, 10, 10], "area": 100.0, "keypoints": [1, 1, 2] * joints}
    image = {"id": 1, "width": 9, "height": 9, "file_name": "a.jpg", "crowdIndex": 0.5}
    return {
        "images": [image],
        "categories": [{"id": 1, "name": "person"}],
        "annotations": [{**person, **places}],
    }


def evaluated(folder: Path, kind: Any, content: Any) -> dict[str, float]:
    points = [1.0, 1.0, 1.0] * KEYPOINTS[kind]
    entry = {"image_id": 1, "category_id": 1, "score": 0.5, "keypoints": points}
    (folder / "p.json").write_text(json.dumps([entry]))
    (folder / "truth.json").write_text(json.dumps(content))
    return evaluate_file(folder / "p.json", kind, folder / "truth.json")[0].metrics


@pytest.mark.parametrize("kind", ["coco", "crowdpose"])
@pytest.mark.parametrize("place", ["annotations", "images", "categories"])
@pytest.mark.parametrize(
    "bad",
    [NOTHING, None, "x", [], {}, [3], -1, float("inf"), float("nan"), 10**40],
    ids=lambda bad: "left out" if bad is NOTHING else str(bad),
)
def test_no_truth_leads_to_a_traceback(kind: Any, place: str, bad: Any, tmp_path: Path):
    assert evaluated(tmp_path, kind, truth(KEYPOINTS[kind]))["AP"] == pytest.approx(100)
    for key in (None, *truth(1)[place][0]):
        content = truth(KEYPOINTS[kind])
        holder, last = (content, place) if key is None else (content[place][0], key)
        if bad is NOTHING:
            del holder[last]
        else:
            holder[last] = bad
        told = ""
        try:
            evaluated(tmp_path, kind, content)
        except DataError as problem:
            told = str(problem)  # some fields decide nothing, and may be anything
        assert "\n" not in told
        assert not told or "truth" in told


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"keypoints": [1, 1, 2]}, r"annotation 1 \(id 1\): keypoints has to be 51 finite numbers"),
        ({"area": "large"}, "area is 'large'; a number of pixels is wanted"),
        ({"num_keypoints": None}, "num_keypoints is None; a whole number is wanted"),
    ],
)
def test_a_mistake_of_the_truth_is_named(changes: dict[str, Any], told: str, tmp_path: Path):
    content = truth(17)
    content["annotations"][0] |= changes
    with pytest.raises(DataError, match=told):
        evaluated(tmp_path, "coco", content)
