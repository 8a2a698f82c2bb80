"""Invalid annotations give an error in one line, whatever the evaluators would do with them."""

import json
from pathlib import Path
from typing import Any

import pytest

from bench.datasets.keypoints import KEYPOINTS
from bench.errors import DataError
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
    points = [1.0, 1.0, 1.0] * len(KEYPOINTS[kind].names)
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
def test_no_annotations_lead_to_a_traceback(kind: Any, place: str, bad: Any, tmp_path: Path):
    assert evaluated(tmp_path, kind, truth(len(KEYPOINTS[kind].names)))["AP"] == pytest.approx(100)
    for key in (None, *truth(1)[place][0]):
        content = truth(len(KEYPOINTS[kind].names))
        holder, last = (content, place) if key is None else (content[place][0], key)
        if bad is NOTHING:
            del holder[last]
        else:
            holder[last] = bad
        message = ""
        try:
            evaluated(tmp_path, kind, content)
        except DataError as problem:
            message = str(problem)  # some fields do not matter and may hold anything
        assert "\n" not in message
        assert not message or "truth" in message or "not in the annotations" in message


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"keypoints": [1, 1, 2]}, r"annotation 1 \(id 1\): keypoints must be 51 finite numbers"),
        ({"area": "large"}, "area is 'large'; a number of pixels is expected"),
        ({"num_keypoints": None}, "num_keypoints is None; a whole number is expected"),
    ],
)
def test_an_error_in_the_annotations_is_named(
    changes: dict[str, Any], message: str, tmp_path: Path
):
    content = truth(17)
    content["annotations"][0] |= changes
    with pytest.raises(DataError, match=message):
        evaluated(tmp_path, "coco", content)
