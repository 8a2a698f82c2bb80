"""Predictions constructed so that every keypoint's error type is known."""

import json
from pathlib import Path

import numpy as np
import pytest
from scipy.io import savemat

from bench.datasets.keypoints import KEYPOINTS
from bench.errors import ResultError
from bench.evaluate.metrics import evaluate_with_diagnosis
from bench.evaluate.per_person import GOOD, INVERSION, JITTER, MISS, SWAP, People, flipped

SIGMAS = np.array([26, 25, 25, 35, 35, 79, 79, 72, 72, 62, 62, 107, 107, 87, 87, 89, 89]) / 1000
AREA = 200.0 * 400.0
NOSE, LEFT_EYE, LEFT_WRIST, RIGHT_WRIST, LEFT_KNEE, RIGHT_KNEE, LEFT_ANKLE = 0, 1, 9, 10, 13, 14, 15


def pose(x: float, y: float, joints: int = 17) -> np.ndarray:
    """A person in the box (x, y, 200, 400), its joints at least 40 pixels from one another."""
    columns, rows = np.arange(joints) % 4, np.arange(joints) // 4
    return np.stack([x + 20 + 50.0 * columns, y + 20 + 80.0 * rows], axis=1)


def person(number: int, image: int, points: np.ndarray, seen: int | list[int] = 2, **more) -> dict:
    flags = np.broadcast_to(seen, len(points))
    low = points.min(axis=0) - 20
    flat = [float(v) for (x, y), s in zip(points, flags, strict=True) for v in (x, y, s)]
    return {
        "id": number,
        "image_id": image,
        "category_id": 1,
        "bbox": [*map(float, low), 200.0, 400.0],
        "area": AREA,
        "iscrowd": 0,
        "keypoints": flat,
        "num_keypoints": int((flags > 0).sum()),
        **more,
    }


def found(image: int, points: np.ndarray, score: float = 0.9) -> dict:
    flat = np.c_[points, np.ones(len(points))].ravel().tolist()
    return {"image_id": image, "category_id": 1, "keypoints": flat, "score": score}


def truth_file(
    folder: Path, people: list[dict], images: int, names=KEYPOINTS["coco"].names
) -> Path:
    file = folder / "truth.json"
    pictures = [
        {"id": i + 1, "width": 2000, "height": 900, "file_name": f"{i}.png", "crowdIndex": 0.5}
        for i in range(images)
    ]
    category = {"id": 1, "name": "person", "keypoints": list(names), "skeleton": []}
    file.write_text(
        json.dumps({"images": pictures, "annotations": people, "categories": [category]})
    )
    return file


def off(joint: int, similarity: float) -> np.ndarray:
    """A step to the right that leaves `similarity` at a joint."""
    return np.array([np.sqrt(-np.log(similarity) * 2 * AREA * (2 * SIGMAS[joint]) ** 2), 0.0])


def test_each_error_type_is_found_where_it_was_planted(tmp_path: Path):
    one, two = pose(100, 100), pose(1000, 100)
    truth = truth_file(tmp_path, [person(1, 1, one), person(2, 1, two)], 1)
    seen = one.copy()
    seen[NOSE] += off(NOSE, 0.86)
    seen[LEFT_EYE] += off(LEFT_EYE, 0.84)
    seen[LEFT_WRIST] = one[RIGHT_WRIST]
    seen[LEFT_KNEE] = two[LEFT_KNEE]
    seen[RIGHT_KNEE] = two[LEFT_KNEE]  # the partner's place on somebody else: a swap too
    seen[LEFT_ANKLE] = [700.0, 800.0]
    diagnosis, people = evaluate_with_diagnosis("coco", truth, [found(1, seen), found(1, two)])[1:3]
    expected = [GOOD] * 17
    expected[LEFT_EYE], expected[LEFT_WRIST] = JITTER, INVERSION
    expected[LEFT_KNEE] = expected[RIGHT_KNEE] = SWAP
    expected[LEFT_ANKLE] = MISS
    assert people.kinds.tolist() == [expected, [GOOD] * 17]
    errors = diagnosis.everyone.errors
    assert (errors.good, errors.jitter, errors.inversion, errors.swap, errors.miss) == (
        29, 1, 1, 2, 1,
    )  # fmt: skip
    assert diagnosis.by_keypoint["left_wrist"].inversion == 1
    assert diagnosis.by_keypoint["left_ankle"].miss == 1
    assert list(diagnosis.by_keypoint) == list(KEYPOINTS["coco"].names)


@pytest.mark.parametrize(
    ("similarity", "kind"), [(0.851, GOOD), (0.849, JITTER), (0.501, JITTER), (0.499, MISS)]
)
def test_the_published_thresholds_separate_good_jitter_and_miss(
    tmp_path: Path, similarity: float, kind: int
):
    points = pose(100, 100)
    truth = truth_file(tmp_path, [person(1, 1, points)], 1)
    seen = points.copy()
    seen[NOSE] -= off(NOSE, similarity)
    assert evaluate_with_diagnosis("coco", truth, [found(1, seen)]).people.kinds[0, NOSE] == kind


def test_the_nearer_place_decides_between_jitter_and_inversion(tmp_path: Path):
    points = pose(100, 100)
    points[RIGHT_WRIST] = points[LEFT_WRIST] + off(LEFT_WRIST, 0.6)  # each is near both places
    truth = truth_file(tmp_path, [person(1, 1, points)], 1)
    nearer = [0.3, 0.7]
    kinds = []
    for share in nearer:
        seen = points.copy()
        seen[LEFT_WRIST] += share * (points[RIGHT_WRIST] - points[LEFT_WRIST])
        kinds.append(
            evaluate_with_diagnosis("coco", truth, [found(1, seen)]).people.kinds[0, LEFT_WRIST]
        )
    assert kinds == [GOOD, INVERSION]


def test_unlabelled_keypoints_are_not_classified_and_match_nothing(tmp_path: Path):
    one, two = pose(100, 100), pose(1000, 100)
    hidden = [2] * 17
    hidden[RIGHT_WRIST] = 0
    flags = [2] * 17
    flags[NOSE] = 0
    truth = truth_file(tmp_path, [person(1, 1, one, hidden), person(2, 1, two, flags)], 1)
    seen = one.copy()
    seen[LEFT_WRIST] = one[RIGHT_WRIST]
    seen[NOSE] = two[NOSE]
    kinds = evaluate_with_diagnosis("coco", truth, [found(1, seen), found(1, two)]).people.kinds
    assert kinds[0, LEFT_WRIST] == MISS
    assert kinds[0, NOSE] == MISS
    assert kinds[0, RIGHT_WRIST] == kinds[1, NOSE] == -1


def test_false_positives_negatives_and_duplicates_are_counted_apart(tmp_path: Path):
    one, two, far = pose(100, 100), pose(1000, 100), pose(1600, 450)
    crowd = person(3, 1, pose(100, 4000), 0, iscrowd=1)
    truth = truth_file(tmp_path, [person(1, 1, one), person(2, 1, two), crowd], 2)
    predictions = [
        found(1, one, 0.9),
        found(1, one + 3, 0.8),  # a duplicate
        found(1, far, 0.95),  # background
        found(1, far, 0.1),
        found(1, pose(100, 4000), 0.7),  # in the crowd: neither right nor wrong
        found(2, one, 0.2),  # an image without people
    ]
    diagnosis, people = evaluate_with_diagnosis("coco", truth, predictions)[1:3]
    assert diagnosis.detections == 6
    assert diagnosis.everyone.people == 2
    assert diagnosis.everyone.not_found == 1
    wrong = diagnosis.false_positives
    assert (wrong.background, wrong.background_confident, wrong.duplicate) == (3, 1, 1)
    assert people.person.tolist() == [1, 2]
    assert people.detection.tolist() == [0, -1]
    assert people.score.tolist() == [1.0, 0.0]
    assert (people.kinds[1] == -1).all()


def test_groups_by_size_visibility_and_crowding_hold_the_right_people(tmp_path: Path):
    alone, left, right = pose(100, 100), pose(1000, 100), pose(1050, 100)
    people = [
        person(1, 1, alone, [2] * 4 + [1] * 13, area=40.0**2),
        person(2, 1, left, area=20.0**2),
        person(3, 1, right),
    ]
    truth = truth_file(tmp_path, people, 1)
    diagnosis = evaluate_with_diagnosis("coco", truth, [found(1, right)]).diagnosis
    assert {k: g.people for k, g in diagnosis.by_size.items()} == {
        "small, below 32x32": 1, "medium, to 96x96": 1, "large": 1,
    }  # fmt: skip
    assert {k: g.people for k, g in diagnosis.by_visible.items()} == {"1-5": 1, "16 and more": 2}
    assert {k: g.people for k, g in diagnosis.by_crowding.items()} == {"0": 1, "1-2": 2}
    assert diagnosis.by_size["large"].not_found == 0
    assert diagnosis.by_crowding["0"].not_found == 1
    assert diagnosis.by_size["large"].errors.good == 17


def test_nothing_predicted_leaves_everyone_undetected(tmp_path: Path):
    truth = truth_file(tmp_path, [person(1, 1, pose(100, 100))], 1)
    metrics, diagnosis, _, matches, _ = evaluate_with_diagnosis("coco", truth, [])
    assert metrics["AP"] == metrics["AR"] == 0.0
    assert diagnosis.everyone.not_found == diagnosis.everyone.people == 1
    assert diagnosis.everyone.errors.total == diagnosis.detections == 0
    assert matches.people.tolist() == [1]


def test_crowdpose_errors_are_found_with_its_own_keypoints_and_areas(tmp_path: Path):
    one, two = pose(100, 100, 14), pose(1000, 100, 14)
    people = [person(1, 1, one), person(2, 1, two)]
    for p in people:
        del p["area"]
    truth = truth_file(tmp_path, people, 1, KEYPOINTS["crowdpose"].names)
    seen = one.copy()
    seen[4] = one[5]  # left wrist on the right one
    seen[8] = two[8]
    result = evaluate_with_diagnosis("crowdpose", truth, [found(1, seen)])
    assert result.people.kinds[0].tolist() == [0, 0, 0, 0, 2, 0, 0, 0, 3, 0, 0, 0, 0, 0]
    assert result.diagnosis.everyone.not_found == 1
    assert result.diagnosis.by_keypoint["left_knee"].swap == 1
    assert result.metrics["AP"] > 0


@pytest.mark.process
def test_mpii_errors_are_in_head_sizes_and_what_is_undefined_is_named(tmp_path: Path):
    poses = np.stack([pose(100, 100, 16), pose(1000, 100, 16)])
    heads = np.full(2, 30.0)
    corners = np.zeros((2, 2))
    missing = np.zeros((16, 2))
    missing[3, 0] = 1
    file = tmp_path / "mpii_gt_val.mat"
    side = heads / 0.6 / np.sqrt(2)
    savemat(
        file,
        {
            "jnt_missing": missing,
            "pos_gt_src": (poses + 1).transpose(1, 2, 0),
            "headboxes_src": np.stack([corners, corners + side]),
        },
    )
    seen = poses.copy()
    seen[0, 0] += [2.9, 0]
    seen[0, 1] += [3.1, 0]
    seen[0, 2] += [14.9, 0]
    seen[0, 4] += [0, 15.1]
    seen[0, 10] = poses[0, 15]
    seen[0, 11] = poses[1, 11]
    entries = [{**found(i, p), "image_id": i} for i, p in enumerate(seen)]
    for known, kind in ((True, SWAP), (False, MISS)):
        if known:
            (tmp_path / "mpii_val.json").write_text(json.dumps([{"image": "a"}, {"image": "a"}]))
        else:
            (tmp_path / "mpii_val.json").unlink()
        metrics, diagnosis, people, matches, _ = evaluate_with_diagnosis("mpii", file, entries)
        kinds = people.kinds[0].tolist()
        assert kinds == [0, 1, 1, -1, 4, 0, 0, 0, 0, 0, 2, kind, 0, 0, 0, 0]
        assert ("swap" in diagnosis.undefined) is not known
        assert diagnosis.false_positives is None
        assert {"size", "visible", "crowding"} <= set(diagnosis.undefined)
        assert people.score.tolist() == [pytest.approx(12 / 15), 1.0]
        assert matches is None
    assert metrics["PCKh@0.1"] < metrics["PCKh"]
    assert list(diagnosis.by_keypoint) == list(KEYPOINTS["mpii"].names)


def test_images_flip_between_two_results_where_one_is_right_and_the_other_wrong(tmp_path: Path):
    points = [pose(100, 100), pose(1000, 100)]
    people = [person(i + 1, i // 2 + 1, points[i % 2]) for i in range(6)]
    truth = truth_file(tmp_path, people, 3)
    everyone = [found(p["image_id"], points[i % 2]) for i, p in enumerate(people)]
    first = evaluate_with_diagnosis("coco", truth, everyone).people
    second = evaluate_with_diagnosis("coco", truth, everyone[:2]).people
    assert flipped(first, second) == [(2, 1.0, 0.0), (3, 1.0, 0.0)]
    assert flipped(first, second, 1.0) == flipped(first, second)  # right at the threshold itself
    assert flipped(second, first, 1.0) == [(2, 0.0, 1.0), (3, 0.0, 1.0)]
    assert flipped(first, first) == []
    second.save(tmp_path / "kept.people.npz")
    again = People.load(tmp_path / "kept.people.npz")
    assert again.by_image() == second.by_image() == {1: 1.0, 2: 0.0, 3: 0.0}
    fewer = truth_file(tmp_path, people[:4], 3)
    with pytest.raises(ResultError, match="not of the same people"):
        flipped(first, evaluate_with_diagnosis("coco", fewer, everyone[:2]).people)


def test_a_damaged_file_of_people_is_named(tmp_path: Path):
    (tmp_path / "x.people.npz").write_bytes(b"PK\x03\x04 not a zip")
    with pytest.raises(ResultError, match=r"x\.people\.npz: no stored people"):
        People.load(tmp_path / "x.people.npz")
