"""A DVC remote as transport between two clones of a tiny table, as docs/cluster.md says: dvc.lock is not committed.

A folder, and S3 as moto's server on this machine speaks it, where `moto[server]` and `dvc-s3` are installed.
"""

import subprocess
import sys
import urllib.request
from collections.abc import Iterator
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


@pytest.fixture(params=["folder", "s3"])
def remote(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[dict[str, str]]:
    """Settings of a remote, its url among them."""
    if request.param == "folder":
        yield {"url": str(tmp_path / "remote")}
        return
    moto = pytest.importorskip("moto.server", reason="S3 needs `moto[server]` and dvc-s3")
    pytest.importorskip("dvc_s3", reason="S3 needs `moto[server]` and dvc-s3")
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    server = moto.ThreadedMotoServer("127.0.0.1", port=0)
    server.start()
    address = "http://{}:{}".format(*server.get_host_and_port())
    urllib.request.urlopen(urllib.request.Request(f"{address}/pose", method="PUT")).close()
    yield {"url": "s3://pose/dvc", "endpointurl": address, "region": "us-east-1"}
    server.stop()


def clone(origin: Path, name: str, remote: dict[str, str]) -> Path:
    folder = origin.parent / name
    assert call(origin.parent, "git", "clone", "-q", str(origin), name).returncode == 0
    dvc(folder, "remote", "add", "-q", "--local", "-d", "store", remote["url"])
    for setting, value in remote.items():
        dvc(folder, "remote", "modify", "-q", "--local", "store", setting, value)
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


def test_runs_of_a_cluster_are_taken_from_a_remote_without_a_committed_lock(origin, remote):
    cluster = clone(origin, "cluster", remote)
    dvc(cluster, "repro", "-q", "table-1")
    assert (cluster / "ran.log").read_text().split() == ["a", "b", "table"]
    dvc(cluster, "push", "-q", "--run-cache")

    home = clone(origin, "home", remote)
    pulled = call(home, sys.executable, "-m", "dvc", "pull")
    assert pulled.returncode == 1  # nothing says which files belong to which output
    assert "No file hash info found" in pulled.stderr
    dvc(home, "fetch", "-q", "--run-cache")
    said = dvc(home, "repro", "--pull", "table-1")
    assert said.count("is cached - skipping run") == 4
    assert not (home / "ran.log").exists()
    assert (home / "t.txt").read_text() == (cluster / "t.txt").read_text()
    assert "up to date" in dvc(home, "status")


def test_a_lock_that_is_carried_beside_names_what_is_pulled(origin, remote):
    cluster = clone(origin, "cluster", remote)
    dvc(cluster, "repro", "-q", "table-1")
    dvc(cluster, "push", "-q")
    home = clone(origin, "home", remote)
    (home / "dvc.lock").write_bytes((cluster / "dvc.lock").read_bytes())
    dvc(home, "pull", "-q")
    dvc(home, "repro", "-q", "table-1")  # writes build/inputs.json, which is not in the cache
    assert not (home / "ran.log").exists()
    assert "up to date" in dvc(home, "status")
