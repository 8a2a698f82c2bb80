"""QueryPose learns a few scenes by heart: image in, people out, evaluated by COCO AP without any given box.

    python -m tests.benchmarks.measure_querypose_scenes

Three minutes of one core. Exits with 1 unless the trained network reaches 90 AP and the untrained one stays below 1.
"""

import os
import shutil
import tempfile
from pathlib import Path

from bench.catalog.load import load_catalog
from bench.catalog.schema import Run
from bench.datasets.prepare import prepare
from bench.measure import train
from bench.results.records import AccuracyResult
from bench.results.store import Store

STEPS = 1500
SETTINGS = """\
tier: smoke
synthetic:
  smoke:
    coco-scenes: {kind: scenes, difficulty: easy, seed: 4, train: 4, val: 4}
"""
PIPELINE = [
    {"type": "LoadImage"},
    {"type": "SceneResize", "short": [96], "long": 1333},
    {"type": "SceneTargets"},
    {"type": "PackPoseInputs"},
]
OPTIONS = {
    "train_cfg.max_iters": STEPS,
    "param_scheduler.1.end": STEPS,
    "param_scheduler.1.T_max": STEPS - 30,
    "optim_wrapper.optimizer.lr": 1e-3,
    "train_dataloader.dataset.pipeline": PIPELINE,
    "train_dataloader.total_batch_size": 4,
    "train_dataloader.group_size": 4,
}


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        os.environ["REPROPOSE_WORKSPACE"] = folder
        result = learned(Path(folder))
    before, after = result.untrained["AP"], result.metrics["AP"]
    print(f"four scenes: AP {before:.1f} untrained, {after:.1f} after {STEPS} iterations")
    raise SystemExit(not (result.protocol["boxes"] == "none" and before < 1 and after > 90))


def learned(folder: Path) -> AccuracyResult:
    """The result of a run that is tested on the four scenes that it is trained on."""
    (folder / "params.yaml").write_text(SETTINGS)
    prepare("coco-scenes", "smoke")
    place = folder / "data/smoke/coco-scenes"
    names = [place / f"annotations/person_keypoints_{split}2017.json" for split in ("train", "val")]
    shutil.copy(*names)
    shutil.rmtree(place / "val2017")
    shutil.copytree(place / "train2017", place / "val2017")
    run = Run(config="querypose-r50-1x", dataset="coco-scenes", options=OPTIONS)
    store = Store(root=folder / "results")
    result = train.measure_seed(load_catalog(), store, "by-heart", run, "smoke", 0)
    assert result is not None
    return result


if __name__ == "__main__":
    main()
