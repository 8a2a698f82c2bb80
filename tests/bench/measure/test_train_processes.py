"""A training shared by two processes with the environment that torchrun gives: one result, of all test images."""

import os
import subprocess
import sys
from pathlib import Path

from bench.datasets.prepare import prepare
from bench.results.store import Store

PARAMS = """\
tier: smoke
synthetic:
  smoke:
    coco-scenes: {kind: scenes, difficulty: easy, seed: 5, train: 12, val: 5}
"""
SCRIPT = """\
import os, socket, sys
import model_zoo
from bench.catalog.load import load_catalog
from bench.catalog.schema import Run
from bench.measure import train
from bench.paths import workspace
from bench.results.store import Store

model_zoo.register()  # both processes are copies of this one: it imports PyTorch and MMPose once
with socket.socket() as free:
    free.bind(("127.0.0.1", 0))
    port = free.getsockname()[1]
os.environ |= {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(port), "WORLD_SIZE": "2"}
other = os.fork()
os.environ |= dict.fromkeys(("RANK", "LOCAL_RANK"), "0" if other else "1")
options = {"train_cfg.max_iters": 3, "train_dataloader.batch_size": 2}
run = Run(config="querypose-r50", dataset="coco-scenes", options=options)
store = Store(root=workspace() / "results")
result = train.measure_seed(load_catalog(), store, "tiny", run, "smoke", 0)
print("RESULT" if result else "HELPED", flush=True)
if other:
    sys.exit(os.waitpid(other, 0)[1])
"""


def test_two_processes_train_and_evaluate_together(tmp_path: Path, monkeypatch):
    (tmp_path / "params.yaml").write_text(PARAMS)
    monkeypatch.setenv("REPROPOSE_WORKSPACE", str(tmp_path))
    prepare("coco-scenes", "smoke")
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT],
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[3]), "OMP_NUM_THREADS": "1"},
    )
    assert done.returncode == 0, done.stderr[-3000:]
    assert sorted(done.stdout.split()).count("RESULT") == 1
    assert sorted(done.stdout.split()).count("HELPED") == 1
    store = Store(root=tmp_path / "results")
    [stored] = store.accuracies("smoke")
    assert not stored.result.failed
    images = {entry["image_id"] for entry in store.predictions(stored)}
    assert len(images) == 5
    queries = 8
    assert len(store.predictions(stored)) <= 5 * queries  # no image twice
