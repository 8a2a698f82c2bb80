"""Metrics of a run besides its accuracy: a method's own, and constant poses for comparison."""

from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from bench.catalog.schema import Layout
from bench.evaluate.metrics import evaluate

Points = NDArray[np.float64]


def measures(cfg: Any, model: Any) -> dict[str, float]:
    """Means over the test split of what the head's `measure(feats, samples)` gives; {} if it has none.

    On annotated boxes, as these measures look at annotated keypoints.
    """
    if not hasattr(model.head, "measure"):
        return {}
    import torch
    from mmengine.runner import Runner

    from model_zoo.inputs import in_batches

    loader_cfg = cfg.to_dict()["test_dataloader"]
    loader_cfg["dataset"]["bbox_file"] = None
    values = defaultdict(list)
    model.eval()
    with torch.inference_mode():
        for batch in Runner.build_dataloader(in_batches(loader_cfg)):
            given = model.data_preprocessor(batch, False)
            found = model.head.measure(model.extract_feat(given["inputs"]), given["data_samples"])
            for name, each in found.items():
                values[name].append(each.float().cpu())
    joined = {name: torch.cat(parts) for name, parts in values.items()}
    return {name: float(each.mean()) for name, each in joined.items() if len(each)}


def constant_poses(cfg: Any, layout: Layout, truth: Path) -> dict[str, dict[str, float]]:
    """Metrics of poses that ignore the image: corner and centre of the box, mean pose.

    The mean pose is that of the training set's labelled keypoints, in units of the box. Top-down data sets only.
    """
    train, test = (_people(cfg[f"{split}_dataloader"]["dataset"]) for split in ("train", "test"))
    relative = (train.poses - train.corners) / train.sizes
    weight = train.visible[..., None]
    mean = (relative * weight).sum(axis=0) / np.maximum(weight.sum(axis=0), 1)
    fixed = {
        "box corner": np.zeros_like(mean),
        "box centre": np.full_like(mean, 0.5),
        "mean pose": mean,
    }
    found = {}
    for name, pose in fixed.items():
        placed = test.corners + pose * test.sizes
        key = "id" if layout == "mpii" else "img_id"
        found[name] = evaluate(layout, truth, _entries(test.numbers[key], placed))
    return found


class _People(NamedTuple):
    """Annotated people: numbers by key, poses [N, K, 2], boxes' corners and sizes [N, 1, 2], visible [N, K]."""

    numbers: dict[str, list[int]]
    poses: Points
    corners: Points
    sizes: Points
    visible: NDArray[np.bool_]


def _people(settings: Any) -> _People:
    from mmpose.registry import DATASETS

    plain = {**settings, "pipeline": [], "serialize_data": False}  # read once, here
    infos = DATASETS.build(
        plain | ({"bbox_file": None} if "bbox_file" in settings else {})
    ).data_list
    boxes = np.array([one["bbox"][0] for one in infos], dtype=float)  # x1 y1 x2 y2
    visible = np.array([one["keypoints_visible"][0] for one in infos], dtype=float)
    return _People(
        {key: [int(one[key]) for one in infos] for key in ("id", "img_id")},
        np.array([one["keypoints"][0][:, :2] for one in infos], dtype=float),
        boxes[:, None, :2],
        boxes[:, None, 2:] - boxes[:, None, :2],
        visible.reshape(len(infos), -1) > 0,
    )


def _entries(numbers: Sequence[int], poses: Points) -> list[dict[str, Any]]:
    scored = np.concatenate([poses, np.ones((*poses.shape[:2], 1))], axis=2)
    return [
        {"image_id": number, "category_id": 1, "keypoints": pose.ravel().tolist(), "score": 1.0}
        for number, pose in zip(numbers, scored, strict=True)
    ]
