"""A DVC remote as transport between two clones of a tiny table, as docs/cluster.md says: dvc.lock is not committed."""

import subprocess
import sys
from pathlib import Path

import pytest
import yaml

pytestmark = [pytest.mark.process, pytest.mark.slow]

PIPELINE = {
    "inputs": {"cmd": "mkdir -p build && cat code.json > build/inputs.json", "deps": ["code.json"],
               "outs": [{"build/inputs.json": {"cache": False, "persist": True}}]},
    "data": {"cmd": "echo data > data.txt", "params": [{"build/inputs.json": ["data"]}], "outs": ["data.txt"]},
    "run": {"foreach": ["a", "b"],
            "do": {"cmd": "echo ${item} >> ran.log && mkdir -p results/${item} && cat data.txt > results/${item}/x",
                   "deps": ["data.txt"], "params": [{"build/inputs.json": ["run.${item}"]}],
                   "outs": ["results/${item}"]}},
    "table-1": {"cmd": "echo table >> ran.log && cat results/*/x > t.txt", "deps": ["results/a", "results/b"],
                "outs": ["t.txt"]},
}  # fmt: skip


def call(folder: Path, *command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, cwd=folder, capture_output=True, text=True)


def dvc(folder: Path, *arguments: str) -> str:
    done = call(folder, sys.executable, "-m", "dvc", *arguments)
    assert done.returncode == 0, done.stderr
    return done.stdout + done.stderr


def clone(origin: Path, name: str) -> Path:
    folder = origin.parent / name
    assert call(origin.parent, "git", "clone", "-q", str(origin), name).returncode == 0
    dvc(folder, "remote", "add", "-q", "--local", "-d", "store", str(origin.parent / "remote"))
    return folder


@pytest.fixture
def origin(tmp_path: Path) -> Path:
    folder = tmp_path / "origin"
    folder.mkdir()
    call(folder, "git", "init", "-q")
    dvc(folder, "init", "-q")
    dvc(folder, "config", "core.analytics", "false")
    (folder / "dvc.yaml").write_text(yaml.safe_dump({"stages": PIPELINE}))
    (folder / "code.json").write_text('{"data": 1, "run": {"a": 1, "b": 2}}')
    call(folder, "git", "add", "--all")
    named = ("-c", "user.name=n", "-c", "user.email=n@example.org")
    assert call(folder, "git", *named, "commit", "-qm", "begin").returncode == 0
    return folder


def test_runs_of_a_cluster_are_taken_from_a_remote_without_a_committed_lock(origin):
    cluster = clone(origin, "cluster")
    dvc(cluster, "repro", "-q", "table-1")
    assert (cluster / "ran.log").read_text().split() == ["a", "b", "table"]
    dvc(cluster, "push", "-q", "--run-cache")

    home = clone(origin, "home")
    pulled = call(home, sys.executable, "-m", "dvc", "pull")
    assert pulled.returncode == 1  # nothing says which files belong to which output
    assert "No file hash info found" in pulled.stderr
    dvc(home, "fetch", "-q", "--run-cache")
    said = dvc(home, "repro", "--pull", "table-1")
    assert said.count("is cached - skipping run") == 4
    assert not (home / "ran.log").exists()
    assert (home / "t.txt").read_text() == (cluster / "t.txt").read_text()
    assert "up to date" in dvc(home, "status")


def test_a_lock_that_is_carried_beside_names_what_is_pulled(origin):
    cluster = clone(origin, "cluster")
    dvc(cluster, "repro", "-q", "table-1")
    dvc(cluster, "push", "-q")
    home = clone(origin, "home")
    (home / "dvc.lock").write_bytes((cluster / "dvc.lock").read_bytes())
    dvc(home, "pull", "-q")
    dvc(home, "repro", "-q", "table-1")  # writes build/inputs.json, which is not in the cache
    assert not (home / "ran.log").exists()
    assert "up to date" in dvc(home, "status")
