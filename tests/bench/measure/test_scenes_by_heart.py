"""QueryPose learns a few scenes by heart: image in, people out, evaluated by COCO AP without any given box."""

import os
import shutil
from pathlib import Path

import pytest

from bench.catalog.load import load_catalog
from bench.catalog.schema import Run
from bench.datasets.prepare import prepare
from bench.measure import train
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
    "train_dataloader.batch_size": 4,
}


@pytest.mark.slow
@pytest.mark.skipif(
    os.environ.get("REPROPOSE_SLOW") != "1",
    reason="three minutes of training; REPROPOSE_SLOW=1 runs it",
)
def test_four_scenes_are_learned_by_heart(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REPROPOSE_WORKSPACE", str(tmp_path))
    (tmp_path / "params.yaml").write_text(SETTINGS)
    prepare("coco-scenes", "smoke")
    place = tmp_path / "data/smoke/coco-scenes"
    names = [place / f"annotations/person_keypoints_{split}2017.json" for split in ("train", "val")]
    shutil.copy(*names)
    shutil.rmtree(place / "val2017")
    shutil.copytree(place / "train2017", place / "val2017")
    run = Run(config="querypose-r50-1x", dataset="coco-scenes", options=OPTIONS)
    store = Store(root=tmp_path / "results")
    result = train.measure_seed(load_catalog(), store, "by-heart", run, "smoke", 0)
    assert result is not None
    assert result.protocol["boxes"] == "none"
    assert result.untrained["AP"] < 1
    assert result.metrics["AP"] > 90
