import json
from pathlib import Path

import numpy as np
import pytest
from scipy.io import savemat

from bench.errors import DataError
from bench.evaluate import metrics
from bench.evaluate.metrics import EVALUATORS, evaluated_on


def coco_truth(people: int, rng: np.random.Generator) -> dict:
    """A COCO file of `people` people, four to an image, some joints unlabelled, one crowd box."""
    annotations = []
    for number in range(people):
        points = rng.uniform(20, 400, (17, 2)).round(1)
        seen = rng.integers(0, 3, 17)
        box = [*points.min(0), *(points.max(0) - points.min(0))]
        flat = [float(v) for (x, y), s in zip(points, seen, strict=True) for v in (x, y, s)]
        annotations.append(
            {
                "id": number + 1,
                "image_id": number // 4 + 1,
                "category_id": 1,
                "bbox": box,
                "area": float(box[2] * box[3] * rng.uniform(0.02, 0.6)),
                "iscrowd": int(number == 5),
                "keypoints": flat,
                "num_keypoints": int((seen > 0).sum()),
            }
        )
    names = [f"joint{i}" for i in range(17)]
    return {
        "info": {},
        "images": [
            {"id": i + 1, "width": 420, "height": 420, "file_name": f"{i}.png"}
            for i in range(people // 4 + 2)
        ],
        "annotations": annotations,
        "categories": [{"id": 1, "name": "person", "keypoints": names, "skeleton": []}],
    }


def noisy(truth: dict, rng: np.random.Generator, spread: float) -> list[dict]:
    """Predictions: jittered truth, ties in the scores, some people missed, some invented."""
    found = []
    for person in truth["annotations"]:
        if rng.random() < 0.15:
            continue
        points = np.array(person["keypoints"]).reshape(17, 3)
        points[:, :2] += rng.normal(0, spread, (17, 2))
        points[:, 2] = rng.uniform(0, 1, 17)
        found.append(
            {
                "image_id": person["image_id"],
                "category_id": 1,
                "keypoints": points.ravel().tolist(),
                "score": float(rng.choice([0.3, 0.5, 0.9])),
            }
        )
    return found


@pytest.mark.network
@pytest.mark.parametrize("seed", range(5))
def test_coco_figures_equal_those_of_mmpose_own_metric(tmp_path: Path, seed: int):
    import model_zoo

    model_zoo.register()
    from mmpose.datasets.datasets.utils import parse_pose_metainfo
    from mmpose.evaluation import CocoMetric

    rng = np.random.default_rng(seed)
    truth = coco_truth(30, rng)
    file = tmp_path / "truth.json"
    file.write_text(json.dumps(truth))
    predictions = noisy(truth, rng, 6.0)
    ours = metrics.evaluate("coco", file, predictions)

    metric = CocoMetric(ann_file=str(file), nms_mode="none", score_mode="bbox")
    metric.dataset_meta = parse_pose_metainfo({"from_file": "configs/_base_/datasets/coco.py"})
    (tmp_path / "found.keypoints.json").write_text(json.dumps(predictions))
    theirs = [100 * value for _, value in metric._do_python_keypoint_eval(str(tmp_path / "found"))]
    expected = {n: v for n, v in zip(metrics.METRICS["coco"], theirs, strict=True) if v >= 0}
    assert ours == pytest.approx(expected, abs=1e-9)
    assert 0 < ours["AP"] < 100


def test_no_predictions_at_all_score_zero(tmp_path: Path):
    file = tmp_path / "truth.json"
    file.write_text(json.dumps(coco_truth(4, np.random.default_rng(0))))
    assert set(metrics.evaluate("coco", file, []).values()) == {0.0}


def test_a_malformed_annotation_file_is_named(tmp_path: Path):
    file = tmp_path / "truth.json"
    file.write_text('{"images": []}')
    with pytest.raises(
        DataError, match=r"truth.json is not a COCO annotation file: it has no annotations"
    ):
        metrics.evaluate("coco", file, [{"image_id": 1}])
    file.write_text('{"images": [')
    with pytest.raises(DataError, match="not readable JSON"):
        metrics.evaluate("coco", file, [{"image_id": 1}])


def test_pckh_counts_visible_joints_within_the_threshold():
    truth = np.zeros((2, 2, 2))
    predicted = np.array([[[3.0, 4.0], [0.0, 0.0]], [[0.0, 5.1], [9.0, 9.0]]])
    visible = np.array([[True, True], [True, False]])
    heads = np.array([10.0, 10.0])
    assert metrics.pckh(predicted, truth, heads, visible, 0.5).tolist() == [50.0, 100.0]


def mpii_truth(file: Path, rng: np.random.Generator, people: int = 12) -> np.ndarray:
    points = rng.uniform(50, 300, (people, 16, 2))
    corners = rng.uniform(10, 40, (people, 2))
    savemat(
        file,
        {
            "dataset_joints": np.array(["x"], dtype=object),
            "jnt_missing": (rng.random((16, people)) < 0.2).astype(float),
            "pos_gt_src": points.transpose(1, 2, 0),
            "headboxes_src": np.stack([corners.T, corners.T + rng.uniform(20, 60, (2, people))]),
        },
    )
    return points


@pytest.mark.network
@pytest.mark.parametrize("seed", range(3))
@pytest.mark.process
def test_mpii_figures_equal_those_of_mmpose_own_metric(tmp_path: Path, seed: int):
    import model_zoo

    model_zoo.register()
    from mmpose.evaluation import MpiiPCKAccuracy

    rng = np.random.default_rng(seed)
    file = tmp_path / "mpii_gt_val.mat"
    points = mpii_truth(file, rng)
    from scipy.io import loadmat

    mat = loadmat(file)
    found = points - 1 + rng.normal(0, 8, points.shape)
    entries = [
        {"image_id": i, "keypoints": np.c_[p, np.ones(16)].ravel().tolist(), "score": 1.0}
        for i, p in enumerate(found)
    ]
    ours = metrics.evaluate("mpii", file, entries)
    sizes = 0.6 * np.linalg.norm(mat["headboxes_src"][1] - mat["headboxes_src"][0], axis=0)
    results = [
        {
            "pred_coords": found[i][None],
            "gt_coords": points[i][None],
            "mask": (mat["jnt_missing"].T[i] == 0)[None],
            "head_size": np.array([[sizes[i], sizes[i]]]),
        }
        for i in range(len(points))
    ]
    theirs = MpiiPCKAccuracy(norm_item="head").compute_metrics(results)
    assert ours["PCKh"] == pytest.approx(theirs["PCK"], abs=1e-3)
    assert ours["PCKh@0.1"] == pytest.approx(theirs["PCK@0.1"], abs=1e-3)
    assert ours["PCKh_elbow"] == pytest.approx(theirs["Elbow PCK"], abs=1e-3)
    assert 10 < ours["PCKh"] < 100


@pytest.mark.process
def test_mpii_predictions_must_cover_every_person(tmp_path: Path):
    file = tmp_path / "mpii_gt_val.mat"
    mpii_truth(file, np.random.default_rng(0))
    with pytest.raises(DataError, match="cover 1 of 12 people; first missing position: 1"):
        metrics.evaluate("mpii", file, [{"image_id": 0, "keypoints": [0.0] * 48, "score": 1.0}])


def test_a_protocol_says_whether_its_people_are_real(monkeypatch) -> None:
    monkeypatch.setattr(
        "bench.datasets.prepare.subset_note", lambda _, tier: "5 images" if tier == "full" else ""
    )
    both = {"fingerprint": "f", "evaluator": EVALUATORS["coco"]}
    real = {"data": "coco-real", "split": "coco-val2017", "subset": "5 images"}
    assert evaluated_on("coco-scenes", "full", "f") == real | both
    synthetic = {"data": "coco-scenes-synthetic", "split": "synthetic"}
    assert evaluated_on("coco-scenes", "smoke", "f") == synthetic | both


@pytest.mark.parametrize("positions", [(0, 5), (0, 1, 2), (0,)])
def test_predictions_of_mpii_are_one_of_each_annotated_person(positions) -> None:
    found = [{"image_id": n, "keypoints": [0.0] * 48} for n in positions]
    with pytest.raises(DataError):
        metrics._by_position(found, 2)
