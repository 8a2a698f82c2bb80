"""One training on two machines of two processes each, as a Slurm job of two nodes starts it: torchrun's rendezvous."""

import json
import os
import shlex
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from bench.datasets.prepare import prepare

PARAMS = """\
tier: smoke
synthetic:
  smoke:
    coco: {kind: crops, difficulty: easy, seed: 5, train: 64, val: 4}
"""
RUN = "transpose-r-a3s-coco"

pytestmark = [
    pytest.mark.slow,
    pytest.mark.process,
    pytest.mark.skipif(
        not os.environ.get("REPROPOSE_SLOW"), reason="minutes: set REPROPOSE_SLOW=1"
    ),
]


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def losses(workspace: Path) -> list[list[float]]:
    (curve,) = (workspace / "work/smoke" / RUN).glob("seed-*/curve.jsonl")
    return [json.loads(line) for line in curve.read_text().splitlines()]


def measured(workspace: Path, machines: int, processes: int) -> None:
    (workspace / "params.yaml").write_text(PARAMS)
    common = f"--nnodes={machines} --nproc-per-node={processes} --rdzv-id=1"
    options = f"{common} --rdzv-backend=c10d --rdzv-endpoint=127.0.0.1:{free_port()}"
    environment = {**os.environ, "REPROPOSE_WORKSPACE": str(workspace), "OMP_NUM_THREADS": "1"}
    if machines * processes > 1:
        environment["REPROPOSE_TORCHRUN"] = options
    command = [sys.executable, "-m", "bench.cli", *shlex.split(f"measure {RUN} --tier smoke")]
    started = [subprocess.Popen(command, env=environment) for _ in range(machines)]
    assert [one.wait(3000) for one in started] == [0] * machines


def test_two_machines_of_two_processes_train_as_one_process_does(tmp_path, monkeypatch):
    found = []
    for machines, processes in ((1, 1), (2, 2)):
        workspace = tmp_path / f"{machines}x{processes}"
        workspace.mkdir()
        (workspace / "params.yaml").write_text(PARAMS)
        monkeypatch.setenv("REPROPOSE_WORKSPACE", str(workspace))
        prepare("coco", "smoke")
        measured(workspace, machines, processes)
        found.append(losses(workspace))
    alone, shared = found
    assert [step for step, _ in alone] == [step for step, _ in shared]
    for (step, one), (_, other) in zip(alone[:3], shared[:3], strict=True):
        assert other == pytest.approx(one, rel=2e-3), step
