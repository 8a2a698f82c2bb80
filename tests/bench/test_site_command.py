"""`repropose site` builds what changed, and nothing if nothing did."""

import shutil
from pathlib import Path

import pytest

from bench.catalog import load
from bench.commands import site
from bench.commands.site import build_site

FIXTURES = Path(__file__).parents[1] / "fixtures"

pytestmark = pytest.mark.process  # `git` for the commit


@pytest.fixture
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    shutil.copytree(FIXTURES / "results", tmp_path / "results")
    monkeypatch.setenv("REPROPOSE_WORKSPACE", str(tmp_path))
    monkeypatch.setattr(load, "PAPERS", FIXTURES / "papers")
    built = build_site(tmp_path / "site", record=True)
    assert built.endswith("files written")
    assert not built.startswith("0 ")
    return tmp_path


def again(workspace: Path, **given) -> str:
    return build_site(workspace / "site", record=True, **given)


def test_nothing_is_judged_where_nothing_has_changed(workspace, monkeypatch):
    monkeypatch.setattr(site, "measurements", None)
    assert again(workspace) == "nothing has changed"


def touched(workspace: Path) -> None:
    file = next((workspace / "results").rglob("*.json"))
    file.write_bytes(file.read_bytes())


def data_set(workspace: Path) -> None:
    (workspace / "data" / "smoke").mkdir(parents=True)
    (workspace / "data" / "smoke" / "other.json").touch()


CHANGES = {
    "a result": touched,
    "a data set": data_set,
    "the history": lambda workspace: (workspace / "history" / "verdicts.jsonl").touch(),
    "a page": lambda workspace: (workspace / "site" / "index.html").write_text("edited"),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_a_change_is_looked_at_once(workspace, change):
    change(workspace)
    assert again(workspace).endswith("files written")
    assert again(workspace) == "nothing has changed"


def test_other_code_and_other_questions_are_changes(workspace, monkeypatch):
    assert again(workspace, running=["run@one"]).endswith("files written")
    assert again(workspace).endswith("files written")
    for name, value in (
        ("CODE", "at its start"),
        ("code_state", lambda: "a template edited since"),
    ):
        monkeypatch.setattr(site, name, value)
        assert again(workspace).endswith("files written")
    assert again(workspace) == "nothing has changed"
