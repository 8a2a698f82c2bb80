"""How a result was measured: what makes two accuracies comparable, in the words of the papers' tables.yaml."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from bench.catalog.load import Catalog
from bench.catalog.schema import Run, Tier
from bench.evaluate.metrics import evaluated_on
from bench.measure.run_config import TIMES, finds_people, plain_config, shared
from bench.results.provenance import sha256

DETECTORS = {
    "COCO_val2017_detections_AP_H_56_person.json": "detector-56.4",
    "COCO_test-dev2017_detections_AP_H_609_person.json": "detector-60.9",
}
TRAINING_SETS = {
    "person_keypoints_train2017": "coco-train2017",
    "mpii_train": "mpii-train",
    "mpii_trainval": "mpii-trainval",
    "mmpose_crowdpose_trainval": "crowdpose-trainval",
}
DECODING = {  # codec -> how a heatmap, or whatever the network gives, becomes coordinates
    "DarkHeatmap": "dark",
    "UDPHeatmap": "dark",
    "MSRAHeatmap": "quarter-shift",
    "MegviiHeatmap": "quarter-shift",
    "AssociativeEmbedding": "quarter-shift",
    "IntegralRegressionLabel": "integral",
    "RegressionLabel": "regression",
    "NormalizedCoordinates": "regression",
}


def protocol(cfg: Any, run: Run, tier: Tier, data: str, training: str) -> dict[str, str]:
    """What makes two accuracies comparable, read from the resolved config.

    data: fingerprint of the data set. training: as `trained_on` gives it. OpenCV is named because its versions crop
    differently: 4.x rounds bilinear weights to 1/32, 5.0 does not.
    """
    import cv2

    test = cfg.test_dataloader.dataset
    boxes = Path(test["bbox_file"]) if test.get("bbox_file") else None
    without_file = "none" if finds_people(cfg) else "ground-truth"
    flipped = bool(cfg.model.get("test_cfg", {}).get("flip_test"))
    width, height = cfg.codec.input_size if "codec" in cfg else (0, 0)
    return {
        **evaluated_on(run.dataset, tier, data),
        "boxes": DETECTORS.get(boxes.name, "detector") if boxes else without_file,
        **({"boxes_sha256": sha256(boxes)} if boxes else {}),
        "input_size": f"{height}x{width}" if width else _scene_size(test),
        "flip_test": "yes" if flipped else "no",
        "decoding": decoding(cfg),
        "trained_on": training,
        "scales": "single",
        "models": "one network",
        "test_augmentation": "flip" if flipped else "none",
        "refinement": "none",
        "decoder": str(cfg.codec.type) if "codec" in cfg else str(cfg.model.type),
        "opencv": str(cv2.__version__),
        **({"schedule": f"{cfg[TIMES]} times the usual length"} if TIMES in cfg else {}),
    }


def batch(cfg: Any) -> str:
    """The batch that a config is trained with: '56 images, 14 at a time'."""
    found = shared(cfg)
    several = f", {found.group} at a time" if found.group < found.total else ""
    return f"{found.total} images{several}"


def decoding(cfg: Any) -> str:
    """How the network's output becomes coordinates: 'dark', 'quarter-shift', 'offset', 'integral', 'regression'."""
    if "codec" not in cfg:
        return "regression"
    codec = cfg.codec
    if codec.type == "CenterOffsetHeatmap":  # LightPose, with or without its offsets
        shifted = "quarter-shift" if codec.get("shift", 0.25) else "maximum"
        return "offset" if cfg.model.head.get("offset", True) else shifted
    if codec.get("unbiased"):
        return "dark"
    return DECODING.get(codec.type, str(codec.type))


def trained_on(catalog: Catalog, run: Run, tier: Tier) -> str:
    """The training sets of a run, those of the run it starts from first: 'coco-train2017+mpii-train'."""
    if tier != "full":
        return "synthetic"
    before = [trained_on(catalog, catalog.run(run.start), tier)] if run.start else []
    names = [*before, *_training_sets(plain_config(run, tier).train_dataloader.dataset)]
    return "+".join(dict.fromkeys("+".join(names).split("+")))


def _training_sets(dataset: Any) -> Iterator[str]:
    for one in dataset.get("datasets", [dataset]):
        stem = Path(one["ann_file"]).stem
        yield TRAINING_SETS.get(stem, stem)


def _scene_size(test: Any) -> str:
    """How whole images are resized: 'short-side-800', as papers say it."""
    sides = [step["short"] for step in test.get("pipeline", []) if step["type"] == "SceneResize"]
    return f"short-side-{sides[0][0]}" if sides else "whole image"
