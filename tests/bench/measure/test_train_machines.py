"""One training on two machines of two processes each, as a Slurm job of two nodes starts it: torchrun's rendezvous."""

import os
import shlex
import shutil
import socket
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from bench.datasets.prepare import prepare
from bench.results.store import Store

STEPS = 40
PARAMS = """\
tier: smoke
synthetic:
  smoke:
    coco: {kind: crops, difficulty: easy, seed: 5, train: 64, val: 4}
"""
RUN = "tiny-b-coco"
PAPER = Path(__file__).parents[2] / "fixtures" / "papers" / "tinypaper"

pytestmark = [
    pytest.mark.slow,
    pytest.mark.process,
    pytest.mark.skipif(not os.environ.get("REPROPOSE_SLOW"), reason="slow: set REPROPOSE_SLOW=1"),
]


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def paper(folder: Path) -> None:
    """The tiny paper with one run of the zoo: a few steps, small ones, so that rounding does not grow."""
    shutil.copytree(PAPER, folder)
    runs = yaml.safe_load((folder / "runs.yaml").read_text())
    options = {"train_cfg.max_iters": STEPS, "optim_wrapper.optimizer.lr": 1e-4}
    runs[RUN] = {"config": "transpose-r-a3s", "dataset": "coco", "options": options}
    (folder / "runs.yaml").write_text(yaml.safe_dump(runs))


def measured(workspace: Path, machines: int, processes: int) -> None:
    (workspace / "params.yaml").write_text(PARAMS)
    common = f"--nnodes={machines} --nproc-per-node={processes} --rdzv-id=1"
    options = f"{common} --rdzv-backend=c10d --rdzv-endpoint=127.0.0.1:{free_port()}"
    papers = {"REPROPOSE_PAPERS": str(workspace / "papers"), "REPROPOSE_WORKSPACE": str(workspace)}
    environment = {**os.environ, **papers, "OMP_NUM_THREADS": "1"}
    if machines * processes > 1:
        environment["REPROPOSE_TORCHRUN"] = options
    command = [sys.executable, "-m", "bench.cli", *shlex.split(f"measure {RUN} --tier smoke")]
    started = [subprocess.Popen(command, env=environment) for _ in range(machines)]
    assert [one.wait(600) for one in started] == [0] * machines


def test_two_machines_of_two_processes_train_as_one_process_does(tmp_path, monkeypatch):
    found = []
    for machines, processes in ((1, 1), (2, 2)):
        workspace = tmp_path / f"{machines}x{processes}"
        workspace.mkdir()
        (workspace / "params.yaml").write_text(PARAMS)
        monkeypatch.setenv("REPROPOSE_WORKSPACE", str(workspace))
        prepare("coco", "smoke")
        paper(workspace / "papers" / "tinypaper")
        measured(workspace, machines, processes)
        [stored] = Store(root=workspace / "results", measured=workspace / "none").accuracies()
        assert stored.result.training["batch"]["processes"] == [machines * processes]
        found.append(stored.result)
    alone, shared = found
    [[first, one], [last, other]] = alone.training["loss"]
    assert [step for step, _ in shared.training["loss"]] == [first, last] == [20, STEPS]
    assert [loss for _, loss in shared.training["loss"]] == pytest.approx([one, other], rel=2e-3)
