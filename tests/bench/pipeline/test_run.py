"""Stages in parallel, in a tiny DVC project."""

import json
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psutil
import pytest
import yaml

from bench.catalog.load import load_catalog
from bench.errors import UnknownName
from bench.pipeline import run, stages
from bench.pipeline.cluster import Cluster
from bench.pipeline.dvc import run_dvc, run_stage
from bench.pipeline.executors import Job, Session, alive, recorded
from bench.pipeline.watch import Watch

PIPELINE = {
    "inputs": {
        "cmd": "mkdir -p build && grep -v '#' code.txt > build/inputs.json",
        "deps": ["code.txt"],
        "outs": [{"build/inputs.json": {"cache": False, "persist": True}}],
    },
    "data": {
        "foreach": ["a"],
        "do": {"cmd": "echo ${item} > ${item}.txt", "deps": ["seed.txt"], "outs": ["${item}.txt"]},
    },
    "run": {
        "foreach": {
            "b": {"first": "a.txt", "second": "seed.txt"},
            "c": {"first": "a.txt", "second": "c.in"},
            "d": {"first": "seed.txt", "second": "seed.txt"},
        },
        "do": {
            "cmd": "echo ${key} >> ran.log && cat ${item.first} ${item.second} > ${key}.txt",
            "deps": ["${item.first}", "${item.second}"],
            "params": [{"build/inputs.json": ["run.${key}"]}],
            "outs": ["${key}.txt"],
        },
    },
    "table-1": {"cmd": "cat b.txt c.txt > t.txt", "deps": ["b.txt", "c.txt"], "outs": ["t.txt"]},
}
CODE = '{"run": {"b": 1, "c": 1, "d": 1}}\n'


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    subprocess.run(["git", "init", "-q"], cwd=tmp_path, check=True)
    monkeypatch.setattr(run, "ROOT", tmp_path)
    monkeypatch.setattr(stages, "pipeline", lambda catalog: PIPELINE)
    dvc(tmp_path, "init", "-q")
    dvc(tmp_path, "config", "core.analytics", "false")
    (tmp_path / "dvc.yaml").write_text(yaml.safe_dump({"stages": PIPELINE}))
    (tmp_path / "code.txt").write_text(CODE)
    (tmp_path / "seed.txt").write_text("1")
    (tmp_path / "c.in").write_text("c")
    return tmp_path


def dvc(folder: Path, *arguments: str) -> None:
    subprocess.run([sys.executable, "-m", "dvc", *arguments], cwd=folder, check=True)


def graph() -> dict[str, set[str]]:
    return run._needed(None, ["table-1"])


def test_only_what_a_target_needs_is_run(project):
    assert graph() == {
        "table-1": {"run@b", "run@c"},
        "run@b": {"data@a"},
        "run@c": {"data@a"},
        "data@a": set(),
    }


def carried_out(project: Path, jobs: int = 2) -> list[str]:
    assert run_stage(project, "inputs") == 0
    return run._carry_out(graph(), Session(project, Cluster(), "smoke"), jobs)


def test_stages_run_after_what_they_need_and_leave_nothing_to_do(project):
    assert carried_out(project) == []
    assert (project / "b.txt").read_text() == "a\n1"
    assert (project / "c.txt").read_text() == "a\nc"
    assert not (project / "d.txt").exists()
    assert not (project / "t.txt").exists()
    assert not {"data@a", "run@b", "run@c"} & run._changed()


def test_a_comment_runs_the_first_stage_again_and_a_number_what_it_decides(project):
    dvc(project, "repro", "-q", "table-1")
    (project / "code.txt").write_text(f"# a comment\n{CODE}")
    assert run._changed() == {"inputs", "run@d"}
    dvc(project, "repro", "-q", "table-1")
    assert sorted((project / "ran.log").read_text().split()) == ["b", "c"]
    (project / "code.txt").write_text(CODE.replace('"b": 1', '"b": 2'))
    dvc(project, "repro", "-q", "table-1")
    assert sorted((project / "ran.log").read_text().split()) == ["b", "b", "c"]


def test_a_failed_stage_is_reported_and_the_others_still_run(project):
    (project / "c.in").unlink()
    assert carried_out(project) == ["run@c"]
    assert (project / "b.txt").exists()
    assert "c.in" in (project / "work/logs/run@c.log").read_text()


@pytest.mark.parametrize("name", [".dvc/tmp/rwlock", "dvc.lock"])
@pytest.mark.parametrize("until", ["", "path", "cmd"])
def test_what_a_killed_dvc_left_half_written_is_set_aside(project, name, until):
    dvc(project, "repro", "-q", "table-1")
    whole = (project / name).read_text()
    (project / name).write_text(whole[: whole.rfind(until) + 2] if until else "")
    assert carried_out(project) == []
    assert (project / "work" / f"{Path(name).name}.broken").exists()
    assert not {"data@a", "run@b", "run@c"} & run._changed()
    assert sorted((project / "ran.log").read_text().split()) == ["b", "c"]


SLEEP = {"cmd": "touch slept-${item}.txt && sleep 60", "outs": ["slept-${item}.txt"]}


@pytest.mark.parametrize(
    "command",
    [
        lambda root: run_stage(root, "sleep@a"),
        lambda root: run_dvc(root, "repro", "--keep-going", "sleep@a", "sleep@b").returncode,
    ],
)
def test_what_is_told_to_stop_leaves_dvc_whole_and_starts_nothing_more(project, command):
    """Slurm tells every process of a job at once, DVC too."""
    file = project / "dvc.yaml"
    slow = yaml.safe_load(file.read_text())
    slow["stages"]["sleep"] = {"foreach": ["a", "b"], "do": SLEEP}
    file.write_text(yaml.safe_dump(slow))
    others = set(psutil.Process().children(recursive=True))  # a browser, say
    with ThreadPoolExecutor(1) as pool:
        ended = pool.submit(command, project)
        wait_for_one(project)
        for process in set(psutil.Process().children(recursive=True)) - others:
            process.terminate()
        assert ended.result(timeout=30) == 128 + signal.SIGTERM
    assert json.loads((project / ".dvc/tmp/rwlock").read_text()).get("write", {}) == {}
    assert len(list(project.glob("slept-*"))) == 1


def wait_for_one(project: Path, seconds: float = 60.0) -> None:
    end = time.monotonic() + seconds
    while not list(project.glob("slept-*")):
        assert time.monotonic() < end, f"waited {seconds:.0f} s for a stage to begin"
        time.sleep(0.05)


def test_what_needs_a_changed_stage_is_run_again_too():
    chain = {"data@a": set(), "run@b": {"data@a"}, "run@c": {"run@b"}, "run@d": set()}
    assert run._downstream({"data@a"}, chain) == {"data@a", "run@b", "run@c"}


def test_an_interrupt_ends_what_runs_and_starts_no_further_stage(project, monkeypatch):
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(Watch, "wait", interrupted)
    with pytest.raises(KeyboardInterrupt):
        carried_out(project, jobs=1)
    (job,) = recorded(project)
    assert job.stage == "data@a"
    psutil.wait_procs([process_of(job)] if process_of(job) else [], timeout=20)
    assert not alive([job])


def process_of(job: Job) -> psutil.Process | None:
    try:
        return psutil.Process(int(job.number))
    except psutil.NoSuchProcess:
        return None


def test_the_quickstart_names_stages_that_exist():
    assert {"transpose-2", "count-querypose"} <= set(run.quickstart(load_catalog()))


def test_an_unknown_stage_in_the_quickstart_is_reported(project):
    (project / "params.yaml").write_text("quickstart: [run@b, run@x]\n")
    with pytest.raises(UnknownName, match=r"quickstart in params.yaml.*run@x"):
        run.quickstart(None)


def test_the_old_key_and_old_names_of_stages_still_work_and_say_so(project, capsys):
    (project / "params.yaml").write_text("first_look: [run-b, table-1]\n")
    assert run.quickstart(None) == ["run@b", "table-1"]
    printed = capsys.readouterr().err
    assert "rename the key first_look in params.yaml to quickstart" in printed
    assert "run-b in params.yaml is now called run@b" in printed
