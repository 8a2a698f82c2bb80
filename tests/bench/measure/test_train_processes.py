"""A training shared by two processes with the environment that torchrun gives: one result, of all test images."""

from pathlib import Path

import model_zoo
from bench.catalog.load import load_catalog
from bench.catalog.schema import Run
from bench.datasets.prepare import prepare
from bench.measure import train
from bench.results.store import Store
from tests.bench.measure.forked import together

PARAMS = """\
tier: smoke
synthetic:
  smoke:
    coco-scenes: {kind: scenes, difficulty: easy, seed: 5, train: 12, val: 5}
"""


def share(rank: int, folder: Path) -> None:
    """One of the two processes. It writes what it was: the one with the result, or a helper."""
    options = {
        "train_cfg.max_iters": 3,
        "train_dataloader.total_batch_size": 4,
        "train_dataloader.group_size": 2,
    }
    run = Run(config="querypose-r50", dataset="coco-scenes", options=options)
    store = Store(root=folder / "results")
    result = train.measure_seed(load_catalog(), store, "tiny", run, "smoke", 0)
    (folder / f"rank-{rank}").write_text("RESULT" if result else "HELPED")


def test_two_processes_train_and_evaluate_together(tmp_path: Path, monkeypatch):
    (tmp_path / "params.yaml").write_text(PARAMS)
    monkeypatch.setenv("REPROPOSE_WORKSPACE", str(tmp_path))
    prepare("coco-scenes", "smoke")
    model_zoo.register()  # both processes are copies of this one: they import neither PyTorch nor MMPose
    together(2, share, tmp_path)
    said = sorted((tmp_path / f"rank-{rank}").read_text() for rank in (0, 1))
    assert said == ["HELPED", "RESULT"]
    store = Store(root=tmp_path / "results")
    [stored] = store.accuracies("smoke")
    assert not stored.result.failed
    assert stored.result.protocol["batch"] == "4 images, 2 at a time"
    assert stored.result.training["batch"] == {"images": 4, "together": 2, "processes": [2]}
    images = {entry["image_id"] for entry in store.predictions(stored)}
    assert len(images) == 5
    queries = 8
    assert len(store.predictions(stored)) <= 5 * queries  # no image twice
