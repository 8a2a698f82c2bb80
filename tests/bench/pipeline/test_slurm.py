"""A table of six runs on a real Slurm of one node: a job cancelled, the node drained, jobs preempted; nothing lost."""

import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from bench.pipeline import run, stages, watch
from bench.pipeline.cluster import Cluster
from bench.pipeline.executors import Session, alive, recorded
from tests.bench.pipeline.one_node_slurm import OneNodeSlurm, missing
from tests.waiting import wait_for

pytestmark = [
    pytest.mark.slow,
    pytest.mark.process,
    pytest.mark.skipif(bool(missing()), reason=f"no Slurm here: {missing()}"),
]

RUNS = "abcdef"
STEPS = 12
SLOWLY = 120.0  # seconds
# A training in miniature: every step is noted once done, by one write, and is its own checkpoint.
TRAIN = f"""
import sys, time
from pathlib import Path
name = sys.argv[1]
work = Path("work", name)
work.mkdir(parents=True, exist_ok=True)
steps = work / "steps"
for step in range(len(steps.read_text().split()) if steps.exists() else 0, {STEPS}):
    time.sleep(0.3)
    with steps.open("a") as file:
        file.write(f"{{step}}\\n")
Path(f"{{name}}.txt").write_text(name)
"""
PIPELINE = {
    "inputs": {"cmd": "mkdir -p build && echo '{}' > build/inputs.json",
               "outs": [{"build/inputs.json": {"cache": False, "persist": True}}]},
    "data": {"foreach": ["x"], "do": {"cmd": "echo ${item} > ${item}.txt", "outs": ["${item}.txt"]}},
    "run": {"foreach": list(RUNS),
            "do": {"cmd": "python train.py ${item}", "deps": ["train.py", "x.txt"], "outs": ["${item}.txt"]}},
    "table-1": {"cmd": "cat ?.txt > t.out", "deps": [f"{one}.txt" for one in RUNS], "outs": ["t.out"]},
}  # fmt: skip


@pytest.fixture
def slurm(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[OneNodeSlurm]:
    one = OneNodeSlurm(tmp_path / "slurm", cpus=2)
    for name, value in one.environment.items():
        monkeypatch.setenv(name, value)
    one.start()
    yield one
    one.stop()


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    root = tmp_path / "project"
    root.mkdir()
    monkeypatch.setattr(run, "ROOT", root)
    monkeypatch.setattr(stages, "pipeline", lambda catalog: PIPELINE)
    monkeypatch.setitem(watch.LOOK_S, "slurm", 0.5)
    subprocess.run(["git", "init", "-q"], cwd=root, check=True)
    for arguments in (["init", "-q"], ["config", "core.analytics", "false"]):
        subprocess.run([sys.executable, "-m", "dvc", *arguments], cwd=root, check=True)
    (root / "dvc.yaml").write_text(yaml.safe_dump({"stages": PIPELINE}))
    (root / "train.py").write_text(TRAIN)
    assert run.run_stage(root, "inputs") == 0
    return root


class Command(threading.Thread):
    """`repropose repro table-1 --executor slurm` in the background; `failed` is what it reports."""

    def __init__(self, root: Path) -> None:
        super().__init__(daemon=True)
        self.root, self.failed = root, ["did not end"]
        self.start()

    def run(self) -> None:
        cluster = Cluster(executor="slurm", partition="low")
        session = Session(self.root, cluster, "smoke")
        self.failed = run._carry_out(run._needed(None, ["table-1"]), session, 1)


def steps(root: Path, name: str) -> list[int]:
    file = root / "work" / name / "steps"
    return [int(line) for line in file.read_text().split()] if file.exists() else []


def test_a_cancelled_a_drained_and_a_preempted_job_lose_nothing_and_run_nothing_twice(
    slurm, project
):
    first = Command(project)
    wait_for(
        "two runs to train", lambda: sum(len(steps(project, one)) > 1 for one in RUNS) >= 2, SLOWLY
    )
    states = alive(recorded(project))
    victim = next(stage for stage, state in states.items() if state == "pending")
    number = next(job.number for job in recorded(project) if job.stage == victim)
    slurm("scancel", number)
    # preempted: a job of more priority takes the node, those of ours are requeued
    slurm("sbatch", "-p", "high", "--exclusive", "-o", "/dev/null", "--wrap", "sleep 2")
    wait_for("the preemption", lambda: "running" not in alive(recorded(project)).values(), SLOWLY)
    # drained: what runs may end, nothing starts
    slurm("scontrol", "update", f"nodename={slurm.host}", "state=drain", "reason=test")
    wait_for(
        "the other's job to end", lambda: "RUNNING" not in slurm("squeue", "-h", "-o", "%T"), SLOWLY
    )
    assert first.is_alive()
    slurm("scontrol", "update", f"nodename={slurm.host}", "state=resume")
    first.join(300)
    assert first.failed == [victim]

    again = Command(project)
    again.join(120)
    assert again.failed == []
    for one in RUNS:
        assert (project / f"{one}.txt").read_text() == one
        assert steps(project, one) == list(range(STEPS))
    assert not {f"run@{one}" for one in RUNS} & run._changed()


def test_the_same_command_finds_the_jobs_of_an_interrupted_one(slurm, project, capsys):
    session = Session(project, Cluster(executor="slurm", partition="low"), "smoke")
    session.submit(["data@x"], {})
    wait_for("the data", lambda: (project / "x.txt").exists(), SLOWLY)
    session.submit([f"run@{one}" for one in RUNS[:2]], {})  # and the command is killed here
    command = Command(project)
    command.join(300)
    assert command.failed == []
    told = capsys.readouterr().err
    assert "goes on: run@a" in told
    assert "goes on: run@b" in told
    numbers = Counter(job.stage for job in every_job(project))
    assert numbers["run@a"] == numbers["run@b"] == 1
    assert steps(project, "a") == list(range(STEPS))


def every_job(root: Path) -> list:
    files = (root / "work/jobs").glob("*/jobs.jsonl")
    lines = [line for file in files for line in file.read_text().splitlines()]
    return [job for line in lines for job in recorded(root) if f'"{job.stage}"' in line]
