"""What evaluations of poses are known to get wrong, one test each; `docs/evaluation.md` tells the story."""

import contextlib
import io
import json
from pathlib import Path

import numpy as np
import pytest
from scipy.io import savemat

import model_zoo
from bench.catalog.load import load_catalog
from bench.catalog.quantities import METRICS
from bench.errors import DataError
from bench.evaluate import metrics

model_zoo.register()
POSE = np.stack([20.0 * (np.arange(17) % 4), 25.0 * (np.arange(17) // 4)], axis=1)


def coco(folder: Path, areas: list[float]) -> tuple[Path, list[dict]]:
    """One person an image, of these areas, and their perfect detections."""
    people, found = [], []
    for number, area in enumerate(areas):
        flat = np.c_[POSE, np.full(17, 2)].ravel().tolist()
        place = {"image_id": number + 1, "category_id": 1, "keypoints": flat}
        box = {"bbox": [0.0, 0.0, 60.0, 100.0], "area": area, "iscrowd": 0, "num_keypoints": 17}
        people.append({**place, **box, "id": number + 1})
        found.append({**place, "score": 0.5})
    file = folder / "truth.json"
    images = [{"id": i + 1, "width": 99, "height": 99} for i in range(len(areas))]
    category = {"id": 1, "name": "person", "keypoints": [""] * 17, "skeleton": []}
    file.write_text(json.dumps({"images": images, "annotations": people, "categories": [category]}))
    return file, found


def test_a_person_of_exactly_96_squared_is_medium_and_large_and_a_small_one_neither(
    tmp_path: Path,
):
    file, found = coco(tmp_path, [96.0**2])
    figures = metrics.evaluate("coco", file, found)
    assert figures["AP_M"] == figures["AP_L"] == pytest.approx(100)
    file, found = coco(tmp_path, [31.0**2])
    figures = metrics.evaluate("coco", file, found)
    assert figures["AP"] == pytest.approx(100)
    assert {"AP_M", "AP_L"}.isdisjoint(figures)


def test_a_box_in_the_entries_changes_the_area_of_false_positives_and_so_ap_m(tmp_path: Path):
    file, found = coco(tmp_path, [50.0**2, 50.0**2])
    lost = found.pop()
    far = (np.array(lost["keypoints"]).reshape(17, 3) + np.array([500.0, 0, 0])).ravel().tolist()
    found = [{**lost, "keypoints": far, "score": 0.9}, *found]  # spans 60x100: medium
    by_keypoints = metrics.evaluate("coco", file, found)
    large = [{**f, "bbox": [0.0, 0.0, 300.0, 300.0]} for f in found]
    by_boxes = metrics.evaluate("coco", file, large)
    assert by_keypoints["AP"] == by_boxes["AP"]
    assert by_keypoints["AP_M"] < by_boxes["AP_M"]


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("where", ["keypoints", "score"])
def test_a_network_that_gives_no_number_is_refused_and_not_called_perfect(tmp_path, where, value):
    """pycocotools takes a detection with a NaN for right at every threshold."""
    file, found = coco(tmp_path, [50.0**2, 50.0**2])
    if where == "score":
        found[0]["score"] = value
    else:
        found[0]["keypoints"] = [value, *(9e3 for _ in range(50))]
    for evaluated in (metrics.evaluate, metrics.evaluate_with_diagnosis):
        with pytest.raises(
            DataError, match="1 predictions have a coordinate or a score that is not"
        ):
            evaluated("coco", file, found)


def test_a_recall_of_35_in_100_is_a_step_short_in_pycocotools_and_so_here(tmp_path):
    """0.35 is below np.linspace(0, 1, 101)[35], with which the evaluator compares it."""
    file, found = coco(tmp_path, [50.0**2] * 100)
    steps = {n: metrics.evaluate("coco", file, found[:n])["AP"] * 1.01 for n in (34, 35, 36)}
    assert steps == {34: pytest.approx(35), 35: pytest.approx(35), 36: pytest.approx(37)}


def test_xtcocotools_drops_detections_without_keypoint_scores_and_pycocotools_does_not(
    tmp_path: Path,
):
    file, found = coco(tmp_path, [50.0**2])
    mute = np.array(found[0]["keypoints"]).reshape(17, 3) * [1, 1, 0]
    found[0]["keypoints"] = mute.ravel().tolist()
    assert metrics.evaluate("coco", file, found)["AP"] == pytest.approx(100)
    from xtcocotools.coco import COCO
    from xtcocotools.cocoeval import COCOeval

    (tmp_path / "found.json").write_text(json.dumps(found))
    with contextlib.redirect_stdout(io.StringIO()):
        truth = COCO(str(file))
        evaluation = COCOeval(truth, truth.loadRes(str(tmp_path / "found.json")), "keypoints")
        evaluation.evaluate()
        evaluation.accumulate()
        evaluation.summarize()
    assert evaluation.stats[0] == 0


def mpii(folder: Path, head: float) -> tuple[Path, np.ndarray]:
    """One person with heads of `head` pixels (0.6 of the box's diagonal)."""
    joints = np.random.default_rng(0).uniform(50, 200, (16, 2))
    corner = np.array([[0.0], [head / 0.6]])
    truth = {
        "pos_gt_src": joints[:, :, None],
        "jnt_missing": np.zeros((16, 1)),
        "headboxes_src": np.stack([np.zeros((2, 1)), corner]),
    }
    savemat(folder / "mpii_gt_val.mat", truth)
    return folder / "mpii_gt_val.mat", joints


def entries(joints: np.ndarray) -> list[dict]:
    flat = np.c_[joints, np.ones(16)].ravel().tolist()
    return [{"image_id": 0, "keypoints": flat, "score": 1.0}]


def test_mpii_truth_is_1_based_and_predictions_are_0_based(tmp_path: Path):
    file, joints = mpii(tmp_path, 10.0)  # a pixel in both directions is 0.14 heads
    assert metrics.evaluate("mpii", file, entries(joints - 1))["PCKh@0.1"] == pytest.approx(100)
    assert metrics.evaluate("mpii", file, entries(joints))["PCKh@0.1"] == 0
    assert metrics.evaluate("mpii", file, entries(joints))["PCKh"] == pytest.approx(100)


def test_mean_at_01_of_hrnet_is_the_twelfth_threshold_and_so_011(tmp_path: Path):
    file, joints = mpii(tmp_path, 100.0)
    for distance, at_10, at_11 in ((9.9, 100, 100), (10.5, 0, 100), (11.1, 0, 0)):
        off = joints - 1 + [0.0, distance]
        figures = metrics.evaluate("mpii", file, entries(off))
        assert figures["PCKh@0.1"] == pytest.approx(at_10)
        assert figures["PCKh@0.11"] == pytest.approx(at_11)
        assert set(figures) <= set(METRICS)


def test_what_transpose_prints_as_mean_at_01_is_judged_by_the_threshold_of_hrnet():
    [table] = [t for t in load_catalog().papers["transpose"].tables if t.table == "5"]
    assert {c.label: c.metric for c in table.columns if c.metric} == {
        "Mean@0.5": "PCKh",
        "Mean@0.1": "PCKh@0.11",
        "#Params": "params",
    }


def test_pelvis_and_thorax_do_not_count_in_the_mean(tmp_path: Path):
    file, joints = mpii(tmp_path, 10.0)
    wrong = joints - 1
    wrong[6:8] += 100
    assert metrics.evaluate("mpii", file, entries(wrong))["PCKh"] == pytest.approx(100)


# ------------------------------------------------------------ what the configs leave to MMPose


def metric(folder: Path, file: Path):
    """The evaluator of a top-down COCO config, writing its entries beside `file`."""
    from mmpose.datasets.datasets.utils import parse_pose_metainfo
    from mmpose.registry import METRICS

    wanted = dict(model_zoo.config("transpose-r-a4").test_evaluator)
    wanted |= {"ann_file": str(file), "format_only": True, "outfile_prefix": str(folder / "out")}
    built = METRICS.build(wanted)
    built.dataset_meta = parse_pose_metainfo({"from_file": "configs/_base_/datasets/coco.py"})
    return built


def sample(number: int, points: np.ndarray, scores: list[float], box: float, size: list[float]):
    return {
        "id": number,
        "img_id": 1,
        "pred_instances": {"keypoints": points[None], "keypoint_scores": np.array([scores])},
        "gt_instances": {"bbox_scores": np.array([box]), "bbox_scales": np.array([size])},
    }


def test_a_person_scores_the_box_times_the_mean_of_the_keypoints_above_02(tmp_path: Path):
    file, _ = coco(tmp_path, [2500.0])
    built = metric(tmp_path, file)
    scores = [0.9, 0.5, 0.4, 0.2] + [0.1] * 13  # 0.2 itself is not above
    built.process({}, [sample(0, POSE, scores, 0.7, [80.0, 110.0])])
    built.evaluate(size=1)
    entry = json.loads((tmp_path / "out.keypoints.json").read_text())[0]
    assert entry["score"] == pytest.approx(0.7 * (0.9 + 0.5 + 0.4) / 3)
    assert entry["keypoints"][2::3] == pytest.approx(scores)


def test_oks_nms_measures_with_the_mean_area_of_the_enlarged_boxes(tmp_path: Path):
    """Two detections apart by just more and just less than OKS 0.9, and boxes of two sizes."""
    file, _ = coco(tmp_path, [2500.0])
    sigmas = np.array([26, 25, 25, 35, 35, 79, 79, 72, 72, 62, 62, 107, 107, 87, 87, 89, 89]) / 1e3
    small, large = [60.0, 80.0], [90.0, 120.0]
    area = (60 * 80 + 90 * 120) / 2

    def step(oks: float) -> float:
        """Pixels by which all joints move for this OKS."""
        low, high = 0.0, 50.0
        for _ in range(60):
            middle = (low + high) / 2
            reached = np.exp(-(middle**2) / (2 * area * (2 * sigmas) ** 2)).mean()
            low, high = (middle, high) if reached > oks else (low, middle)
        return low

    for oks, kept in ((0.905, 1), (0.895, 2)):
        built = metric(tmp_path, file)
        moved = POSE + np.array([step(oks), 0.0])
        built.process({}, [sample(0, POSE, [0.9] * 17, 0.9, small)])
        built.process({}, [sample(1, moved, [0.8] * 17, 0.9, large)])
        built.evaluate(size=2)
        left = json.loads((tmp_path / "out.keypoints.json").read_text())
        assert len(left) == kept
        assert left[0]["score"] == pytest.approx(0.81)


def top_down() -> list[str]:
    return [
        name
        for name in model_zoo.names()
        if "Topdown" in (cfg := model_zoo.config(name)).model.type and "codec" in cfg
    ]


def test_flipped_heatmaps_shift_a_pixel_exactly_where_pixel_centres_are_not_aligned():
    seen = set()
    for name in top_down():
        cfg = model_zoo.config(name)
        if cfg.model.test_cfg.get("flip_mode") != "heatmap":
            continue
        steps = {step["type"]: step for step in cfg.test_dataloader.dataset.pipeline}
        aligned = cfg.codec.type in ("UDPHeatmap", "DarkHeatmap")
        assert bool(steps["TopdownAffine"].get("use_udp")) == aligned, name
        if cfg.codec.type != "MegviiHeatmap":  # shifts while decoding
            assert cfg.model.test_cfg.shift_heatmap is not aligned, name
        seen.add(aligned)
    assert seen == {True, False}


def test_every_top_down_box_grows_by_a_quarter():
    from mmpose.registry import TRANSFORMS

    for name in top_down():
        steps = model_zoo.config(name).test_dataloader.dataset.pipeline
        grow = next(step for step in steps if step["type"] == "GetBBoxCenterScale")
        person = {"bbox": np.array([[10.0, 20.0, 110.0, 220.0]])}
        grown = TRANSFORMS.build(dict(grow)).transform(person)
        assert grown["bbox_scale"].tolist() == [[125.0, 250.0]], name
        assert grown["bbox_center"].tolist() == [[60.0, 120.0]], name


def test_dark_on_aligned_pixels_finds_a_point_between_pixels_and_brings_it_back():
    """Crop, target, decoding and the way back to the image, as the config of TransPose sets them."""
    from mmpose.registry import KEYPOINT_CODECS, TRANSFORMS

    cfg = model_zoo.config("transpose-r-a4")
    codec = KEYPOINT_CODECS.build(dict(cfg.codec))
    points = np.random.default_rng(3).uniform([60, 90], [260, 420], (1, 17, 2)).astype(np.float32)
    person = {
        "img": np.zeros((480, 640, 3), np.uint8),
        "bbox": np.array([[50.0, 80.0, 270.0, 430.0]]),
        "keypoints": points.copy(),
        "keypoints_visible": np.ones((1, 17), np.float32),
    }
    for step in cfg.test_dataloader.dataset.pipeline[1:3]:
        person = TRANSFORMS.build(dict(step)).transform(person)
    inside = person["transformed_keypoints"]
    maps = codec.encode(inside, np.ones((1, 17), np.float32))["heatmaps"]
    decoded, _ = codec.decode(maps)
    # MMPose stretches by W / (W - 1) while decoding, since its way back divides by W ...
    stretch = np.array(person["input_size"]) / (np.array(person["input_size"]) - 1)
    assert np.abs(decoded - inside * stretch).max() < 0.05
    size, centre = person["bbox_scale"], person["bbox_center"]
    back = decoded / person["input_size"] * size + centre - 0.5 * size
    assert np.abs(back - points).max() < 0.15
    # ... without it half a pixel of the image and more would be lost
    lost = inside / person["input_size"] * size + centre - 0.5 * size
    assert np.abs(lost - points).max() > 0.5
