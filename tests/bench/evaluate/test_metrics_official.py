"""Our figures beside those of the official evaluators and of MMPose: the same bits, on odd data above all."""

import contextlib
import io
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy.io import savemat

import model_zoo
from bench.datasets.keypoints import KEYPOINTS
from bench.evaluate import metrics

model_zoo.register()


def points(rng: np.random.Generator, count: int) -> np.ndarray:
    return rng.uniform(20, 380, 2) + rng.uniform(-0.5, 0.5, (count, 2)) * rng.uniform(5, 300, 2)


def truth_of(rng: np.random.Generator, joints: int) -> dict:
    """Images with 0 to 5 people: crowds, unlabelled and half labelled people, sizes on the borders of the ranges."""
    people: list[dict] = []
    images = [
        {
            "id": 7 * i + 3,
            "width": 400,
            "height": 400,
            "file_name": f"{i}.png",
            "crowdIndex": float(rng.choice([0.0, 0.1, 0.2, 0.5, 0.8, 1.0])),
        }
        for i in range(int(rng.integers(1, 8)))
    ]
    for image in images:
        for _ in range(int(rng.choice([0, 1, 2, 5]))):
            spots = points(rng, joints)
            seen = rng.integers(0, 3, joints) * int(rng.random() > 0.1)
            crowd = rng.random() < 0.1
            low, size = spots.min(axis=0), np.ptp(spots, axis=0)
            area = rng.choice([32.0**2, 96.0**2, 96.0**2 + 0.1, size[0] * size[1] * 0.5])
            flat = np.c_[spots * (seen > 0)[:, None], seen].ravel()
            people.append(
                {
                    "id": len(people) + 1,
                    "image_id": image["id"],
                    "category_id": 1,
                    "bbox": [float(v) for v in (*low, *size)],
                    "area": float(area),
                    "iscrowd": int(crowd),
                    "keypoints": flat.round(int(rng.integers(0, 3))).tolist(),
                    "num_keypoints": int((seen > 0).sum()),
                }
            )
    names = [f"k{i}" for i in range(joints)]
    category = {"id": 1, "name": "person", "keypoints": names, "skeleton": []}
    return {"info": {}, "images": images, "annotations": people, "categories": [category]}


def found_in(truth: dict, rng: np.random.Generator, joints: int, boxes: bool) -> list[dict]:
    """Detections: near the truth or invented, up to 30 in an image, with ties in the scores, some images left out."""
    found = []
    for image in truth["images"]:
        people = [p for p in truth["annotations"] if p["image_id"] == image["id"]]
        for number in range(int(rng.choice([0, 1, len(people), 6, 30]))):
            spots = points(rng, joints)
            if number < len(people):
                spots = np.array(people[number]["keypoints"]).reshape(joints, 3)[:, :2]
                spots = spots + rng.normal(0, rng.choice([0.0, 2.0, 15.0]), spots.shape)
            scores = rng.uniform(0.01, 1, joints)
            entry: dict[str, Any] = {
                "image_id": image["id"],
                "category_id": 1,
                "keypoints": np.c_[spots, scores].ravel().tolist(),
                "score": float(rng.choice([0.2, 0.5, 0.5, rng.random()])),
            }
            if boxes:
                entry["bbox"] = [float(v) for v in (*spots.min(axis=0), *rng.uniform(5, 300, 2))]
            found.append(entry)
    rng.shuffle(found)
    return found


def official(package: str, file: Path, found: list[dict], *more: Any, **options: Any) -> Any:
    """The evaluator as its own manual uses it: files in, `stats` out."""
    if package == "pycocotools":
        from pycocotools.coco import COCO
        from pycocotools.cocoeval import COCOeval
    else:
        from xtcocotools.coco import COCO
        from xtcocotools.cocoeval import COCOeval
    results = file.with_name("found.json")
    results.write_text(json.dumps(found))
    with contextlib.redirect_stdout(io.StringIO()):
        coco = COCO(str(file))
        evaluation = COCOeval(coco, coco.loadRes(str(results)), *more, **options)
        evaluation.evaluate()
        evaluation.accumulate()
        evaluation.summarize()
    return evaluation


def percent(names: tuple[str, ...], stats: np.ndarray) -> dict[str, float]:
    return {n: 100.0 * float(v) for n, v in zip(names, stats, strict=True) if v > -1}


def test_coco_figures_are_pycocotools_own_on_sixty_odd_sets(tmp_path: Path):
    file, compared, spread = tmp_path / "truth.json", 0, []
    for seed in range(60):
        rng = np.random.default_rng(seed)
        truth = truth_of(rng, 17)
        file.write_text(json.dumps(truth))
        found = found_in(truth, rng, 17, boxes=seed % 3 == 0)
        if not found:
            continue  # pycocotools cannot load nothing
        theirs = official("pycocotools", file, found, "keypoints")
        result = metrics.evaluate_with_diagnosis("coco", file, found)
        expected = percent(metrics.METRICS["coco"], theirs.stats)
        if "bbox" in found[0]:
            boxes = official("pycocotools", file, found, "bbox").stats
            expected |= percent(("AP_box",), boxes[:1])
        assert result.metrics == expected
        assert result.metrics == metrics.evaluate("coco", file, found)
        if "AP" in result.metrics:
            assert result.matches.average_precision() == pytest.approx(result.metrics["AP"])
            compared, spread = compared + 1, [*spread, result.metrics["AP"]]
    assert compared > 40
    assert len(set(spread)) > 25


def test_crowdpose_figures_are_xtcocotools_own_on_forty_odd_sets(tmp_path: Path):
    file, groups = tmp_path / "truth.json", set()
    for seed in range(40):
        rng = np.random.default_rng(1000 + seed)
        truth = truth_of(rng, 14)
        file.write_text(json.dumps(truth))
        found = found_in(truth, rng, 14, boxes=seed % 2 == 0)
        if not found:
            continue
        sigmas = KEYPOINTS["crowdpose"].sigmas
        theirs = official("xtcocotools", file, found, "keypoints_crowd", sigmas, use_area=False)
        result = metrics.evaluate_with_diagnosis("crowdpose", file, found)
        assert result.metrics == percent(metrics.METRICS["crowdpose"], theirs.stats)
        groups.add(tuple(theirs.stats[6:]))
    assert len(groups) > 20


def samples_of(people: list[dict], rng: np.random.Generator, joints: int) -> list[dict]:
    """Test samples as MMPose's test loop hands them to a metric, the truth jittered."""
    samples = []
    for number, person in enumerate(people):
        spots = np.array(person["keypoints"], dtype=float).reshape(joints, 3)[:, :2]
        size = np.array(person["bbox"][2:])
        samples.append(
            {
                "id": number,
                "img_id": person["image_id"],
                "category_id": 1,
                "pred_instances": {
                    "keypoints": spots[None] + rng.normal(0, 4, (1, joints, 2)),
                    "keypoint_scores": rng.uniform(0.1, 1, (1, joints)),
                },
                "gt_instances": {
                    "bbox_scores": np.array([float(rng.choice([0.4, 0.9]))]),
                    "bbox_scales": 1.25 * size[None],
                },
            }
        )
    return samples


@pytest.mark.data
@pytest.mark.parametrize("dataset", ["coco", "crowdpose"])
def test_figures_of_the_real_samples_are_those_of_mmpose_own_metric(
    samples: Path, tmp_path: Path, dataset: str
):
    from mmpose.datasets.datasets.utils import parse_pose_metainfo
    from mmpose.evaluation import CocoMetric

    file = samples / dataset / f"test_{dataset}.json"
    people = json.loads(file.read_text())["annotations"]
    crowd = dataset == "crowdpose"
    options = {"iou_type": "keypoints_crowd", "use_area": False} if crowd else {}
    for seed in range(4):
        metric = CocoMetric(ann_file=str(file), outfile_prefix=str(tmp_path / str(seed)), **options)
        meta = f"configs/_base_/datasets/{dataset}.py"
        metric.dataset_meta = parse_pose_metainfo({"from_file": meta})
        rng = np.random.default_rng(seed)
        for sample in samples_of(people, rng, 14 if crowd else 17):
            metric.process({}, [sample])
        with contextlib.redirect_stdout(io.StringIO()):
            theirs = np.array(list(metric.evaluate(size=len(people)).values()))
        names = metrics.METRICS["crowdpose"] if crowd else metrics.METRICS["coco"]
        entries = json.loads((tmp_path / f"{seed}.keypoints.json").read_text())
        ours = metrics.evaluate("crowdpose" if crowd else "coco", file, entries)
        assert ours == percent(names, theirs)
        assert 20 < ours["AP"] < 100


def head_boxes(people: list[dict]) -> np.ndarray:
    """[2, 2, N]: from upper neck to the top of the head, with some width."""
    joints = np.array([p["joints"] for p in people])
    low, high = joints[:, 8:10].min(axis=1) - 8, joints[:, 8:10].max(axis=1) + 8
    return np.stack([low.T, high.T])


@pytest.mark.data
def test_mpii_figures_of_the_real_samples_are_those_of_mmpose_data_set_and_metric(
    samples: Path, tmp_path: Path
):
    from mmpose.datasets.datasets import MpiiDataset
    from mmpose.evaluation import MpiiPCKAccuracy

    people = json.loads((samples / "mpii" / "test_mpii.json").read_text())
    file = tmp_path / "mpii_gt_val.mat"
    joints = np.array([p["joints"] for p in people])
    missing = 1.0 - np.array([p["joints_vis"] for p in people])
    boxes = head_boxes(people)
    truth = {"pos_gt_src": joints.transpose(1, 2, 0), "jnt_missing": missing.T}
    savemat(file, {**truth, "headboxes_src": boxes})
    data = MpiiDataset(
        ann_file=str(samples / "mpii" / "test_mpii.json"),
        headbox_file=str(file),
        test_mode=True,
    )
    for seed in range(12):
        rng = np.random.default_rng(seed)
        metric = MpiiPCKAccuracy(thr=0.5)
        entries = []
        for number in range(len(data)):
            one = data.get_data_info(number)
            # MMPose's networks answer in 0-based pixels, its MPII truth stays 1-based
            spots = one["keypoints"].astype(float) - 1 + rng.normal(0, 1 + seed, (1, 16, 2))
            truth = {k: one[k] for k in ("keypoints", "keypoints_visible", "head_size")}
            metric.process({}, [{"pred_instances": {"keypoints": spots}, "gt_instances": truth}])
            flat = np.c_[spots[0], np.ones(16)].ravel().tolist()
            entries.append({"image_id": number, "keypoints": flat, "score": 1.0})
        named = metric.evaluate(size=len(people))
        theirs = {name.rpartition("/")[2]: value for name, value in named.items()}
        ours = metrics.evaluate("mpii", file, entries)
        expected = {"PCKh": "PCK", "PCKh@0.1": "PCK@0.1"}
        expected |= {f"PCKh_{j}": f"{j.capitalize()} PCK" for j in metrics.PCKH_JOINTS}
        for mine, name in expected.items():
            assert f"{ours[mine]:.4f}" == f"{theirs[name]:.4f}"
