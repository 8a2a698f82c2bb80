"""One more paper needs its own folder and nothing else."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from bench.catalog.load import load_catalog
from bench.cli import main
from bench.pipeline import stages

FIXTURES = Path(__file__).resolve().parents[2] / "fixtures" / "papers"


@pytest.fixture
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("REPROPOSE_WORKSPACE", str(tmp_path / "workspace"))
    return tmp_path


@pytest.mark.process
@pytest.mark.slow
def test_a_new_paper_loads_as_it_is_and_gets_its_pages(workspace, monkeypatch):
    root = workspace / "papers"
    done = CliRunner().invoke(main, ["new", "paper", "sixth", "--root", str(root)])
    assert done.exit_code == 0, done.output
    monkeypatch.setenv("REPROPOSE_PAPERS", str(root))
    loaded = load_catalog()
    assert "sixth-1" in loaded.tables
    assert {"sixth-1", "run@sixth-coco"} <= set(stages.stages(loaded))
    built = CliRunner().invoke(main, ["site"])
    assert built.exit_code == 0, built.output
    pages = [p.name for p in (workspace / "workspace/build/site").rglob("*sixth*")]
    assert pages


@pytest.mark.process
@pytest.mark.slow
def test_the_fixture_paper_is_judged_and_shown_without_a_change_elsewhere(workspace, monkeypatch):
    monkeypatch.setenv("REPROPOSE_PAPERS", str(FIXTURES))
    rows = json.loads(CliRunner().invoke(main, ["judge", "--json"]).stdout)
    assert {row["verdict"] for row in rows if row["paper"] == "tinypaper"}
    built = CliRunner().invoke(main, ["site"])
    assert built.exit_code == 0, built.output
    assert list((workspace / "workspace/build/site").rglob("*tinypaper*"))


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("transpose", "already exists"),
        ("../up", "is not a valid paper name"),
        ("Six", "is not a valid paper name"),
    ],
)
def test_a_bad_name_is_rejected_and_nothing_is_written(workspace, name, message):
    root = workspace / "papers"
    done = CliRunner().invoke(main, ["new", "paper", name, "--root", str(root)])
    assert done.exit_code == 2
    assert message in done.stderr
    assert not root.exists()
