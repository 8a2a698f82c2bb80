"""Stages side by side, on a tiny DVC project of our own."""

import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from bench.catalog.load import load_catalog
from bench.errors import UnknownName
from bench.pipeline import run

STAGES = {
    "data-a": {"cmd": "echo a > a.txt", "deps": ["seed.txt"], "outs": ["a.txt"]},
    "run-b": {"cmd": "cat a.txt > b.txt", "deps": ["a.txt"], "outs": ["b.txt"]},
    "run-c": {"cmd": "cat a.txt c.in > c.txt", "deps": ["a.txt", "c.in"], "outs": ["c.txt"]},
    "run-d": {"cmd": "echo d > d.txt", "deps": ["seed.txt"], "outs": ["d.txt"]},
    "table-1": {"cmd": "cat b.txt c.txt > t.txt", "deps": ["b.txt", "c.txt"], "outs": ["t.txt"]},
}


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    def dvc(*arguments: str) -> None:
        subprocess.run([sys.executable, "-m", "dvc", *arguments], cwd=tmp_path, check=True)

    subprocess.run(["git", "init", "-q"], cwd=tmp_path, check=True)
    dvc("init", "-q")
    dvc("config", "core.analytics", "false")
    (tmp_path / "dvc.yaml").write_text(yaml.safe_dump({"stages": STAGES}))
    (tmp_path / "seed.txt").write_text("1")
    (tmp_path / "c.in").write_text("c")
    monkeypatch.setattr(run, "ROOT", tmp_path)
    monkeypatch.setattr(run, "stages", lambda catalog: STAGES)
    return tmp_path


def graph() -> dict[str, set[str]]:
    return run._needed(None, ["table-1"])


def test_only_what_a_target_rests_on_is_needed(project):
    assert graph() == {
        "table-1": {"run-b", "run-c"},
        "run-b": {"data-a"},
        "run-c": {"data-a"},
        "data-a": set(),
    }


def test_stages_run_after_what_they_need_and_leave_nothing_to_do(project):
    assert run._side_by_side(graph(), jobs=2) == []
    assert (project / "b.txt").read_text() == "a\n"
    assert (project / "c.txt").read_text() == "a\nc"
    assert not (project / "d.txt").exists()
    assert not (project / "t.txt").exists()
    assert not {"data-a", "run-b", "run-c"} & run._changed()


def test_a_failed_stage_is_told_and_the_others_still_run(project):
    (project / "c.in").unlink()
    assert run._side_by_side(graph(), jobs=2) == ["run-c"]
    assert (project / "b.txt").exists()
    assert "c.in" in (project / "work/logs/run-c.log").read_text()


def test_what_rests_on_a_changed_stage_is_done_again_too():
    chain = {"data-a": set(), "run-b": {"data-a"}, "run-c": {"run-b"}, "run-d": set()}
    assert run._downstream({"data-a"}, chain) == {"data-a", "run-b", "run-c"}


def test_an_interrupt_starts_no_further_stage(monkeypatch):
    started: list[str] = []

    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(run, "_stage", lambda name: started.append(name) or 0)
    monkeypatch.setattr(run, "wait", interrupted)
    monkeypatch.setattr(run, "_changed", lambda: {f"run-{i}" for i in range(9)})
    with pytest.raises(KeyboardInterrupt):
        run._side_by_side({f"run-{i}": set() for i in range(9)}, jobs=2)
    assert len(started) <= 2


def test_the_first_look_names_stages_that_exist():
    assert {"transpose-2", "count-querypose"} <= set(run.first_look(load_catalog()))


def test_an_unknown_stage_in_the_first_look_is_told(project):
    (project / "params.yaml").write_text("first_look: [run-b, run-x]\n")
    with pytest.raises(UnknownName, match=r"first_look in params.yaml.*run-x"):
        run.first_look(None)
