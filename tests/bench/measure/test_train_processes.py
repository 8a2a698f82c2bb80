"""A training shared by two processes with the environment that torchrun gives: one result, of all test images."""

import multiprocessing
import os
import socket
import warnings
from pathlib import Path

import torch

import model_zoo
from bench.catalog.load import load_catalog
from bench.catalog.schema import Run
from bench.datasets.prepare import prepare
from bench.measure import train
from bench.results.store import Store

PARAMS = """\
tier: smoke
synthetic:
  smoke:
    coco-scenes: {kind: scenes, difficulty: easy, seed: 5, train: 12, val: 5}
"""
SECONDS = 300


def share(rank: int, port: int, folder: Path) -> None:
    """One of the two processes. It writes what it was: the one with the result, or a helper."""
    os.environ |= {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(port), "WORLD_SIZE": "2"}
    os.environ |= dict.fromkeys(("RANK", "LOCAL_RANK"), str(rank))
    warnings.resetwarnings()  # errors in tests only
    torch.set_num_threads(1)  # a copied process has no other threads
    options = {"train_cfg.max_iters": 3, "train_dataloader.batch_size": 2}
    run = Run(config="querypose-r50", dataset="coco-scenes", options=options)
    store = Store(root=folder / "results")
    result = train.measure_seed(load_catalog(), store, "tiny", run, "smoke", 0)
    (folder / f"rank-{rank}").write_text("RESULT" if result else "HELPED")


def test_two_processes_train_and_evaluate_together(tmp_path: Path, monkeypatch):
    (tmp_path / "params.yaml").write_text(PARAMS)
    monkeypatch.setenv("REPROPOSE_WORKSPACE", str(tmp_path))
    prepare("coco-scenes", "smoke")
    model_zoo.register()  # both processes are copies of this one: they import neither PyTorch nor MMPose
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    copies = multiprocessing.get_context("fork")
    both = [copies.Process(target=share, args=(rank, port, tmp_path)) for rank in (0, 1)]
    try:
        for one in both:
            one.start()
        for one in both:
            one.join(SECONDS)
        assert [one.exitcode for one in both] == [0, 0]
    finally:
        for one in both:
            one.kill()
    said = sorted((tmp_path / f"rank-{rank}").read_text() for rank in (0, 1))
    assert said == ["HELPED", "RESULT"]
    store = Store(root=tmp_path / "results")
    [stored] = store.accuracies("smoke")
    assert not stored.result.failed
    images = {entry["image_id"] for entry in store.predictions(stored)}
    assert len(images) == 5
    queries = 8
    assert len(store.predictions(stored)) <= 5 * queries  # no image twice
