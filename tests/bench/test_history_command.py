"""`repropose site` records, `repropose history` shows: in a workspace with the tiny paper and its results."""

import json
import re
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

import repropose
from bench.catalog import load
from bench.cli import main
from bench.commands import site
from bench.judge import verdicts

FIXTURES = Path(__file__).parents[1] / "fixtures"
CELL = "tinypaper-1/tiny-a/params"

pytestmark = pytest.mark.process  # `git` for the commit


def run(*arguments: str) -> Result:
    return CliRunner().invoke(main, arguments)


@pytest.fixture
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The tiny paper is the only one; its site is built, and so its history has a baseline."""
    shutil.copytree(FIXTURES / "papers", tmp_path / "papers")
    shutil.copytree(FIXTURES / "results", tmp_path / "results")
    monkeypatch.setenv("REPROPOSE_WORKSPACE", str(tmp_path))
    monkeypatch.setattr(load, "PAPERS", tmp_path / "papers")
    monkeypatch.setattr(site, "is_current", lambda *_: False)  # papers and code of a test
    built()
    return tmp_path


def built() -> None:
    done = run("site")
    assert done.exit_code == 0, done.output


def changes(*arguments: str) -> list[dict]:
    done = run("history", *arguments, "--json")
    assert done.exit_code == 0, done.output
    return json.loads(done.stdout)


def edit(workspace: Path, old: str, new: str, name: str = "tables.yaml") -> None:
    file = workspace / "papers" / "tinypaper" / name
    text = file.read_text()
    assert text.count(old) == 1
    file.write_text(text.replace(old, new))


def test_a_second_build_records_nothing_and_writes_the_same_bytes(workspace):
    def contents() -> dict[str, bytes]:
        folders = (workspace / "build" / "site", workspace / "history")
        return {str(p): p.read_bytes() for f in folders for p in f.rglob("*") if p.is_file()}

    before = contents()
    built()
    assert contents() == before
    shutil.rmtree(workspace / "build")  # as `make clean`
    built()
    assert contents() == before
    assert changes() == []
    assert run("history").stderr.startswith("0 changes since 20")
    assert run("history", "--check").stdout == "1 line, each as it was written\n"


def test_an_edited_printed_number_shows_with_its_cause_on_page_and_feed(workspace):
    edit(workspace, "5.2M | 8.0G", "5.3M | 8.0G")
    built()
    [change] = changes(CELL)
    assert (change["from"]["printed"], change["to"]["printed"]) == ("5.2M", "5.3M")
    assert (change["before"], change["after"]) == ("reproduced", "deviates")
    assert change["why"] == ["paper file"]
    assert len(change["commit"]) >= 7
    assert re.match(r"20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$", change["date"])
    assert "printed 5.3M" in run("history", "tinypaper-1").stdout
    page = (workspace / "build/site/history/tinypaper.html").read_text()
    assert CELL in page
    assert "printed 5.2M" in page
    feed = (workspace / "build/site/feed.xml").read_text()
    assert f"{CELL}: matches → differs" in feed


def test_a_new_result_shows(workspace):
    source = workspace / "results" / "counted" / "tiny-a.json"
    counted = json.loads(source.read_text())
    away = source.rename(workspace / "tiny-a.json")
    built()
    [change] = changes(CELL)
    assert (change["before"], change["after"]) == ("reproduced", "not-run")
    assert change["why"] == ["result removed"]
    counted["parameters"]["total"] = 9_000_000
    source.write_text(json.dumps(counted))
    built()
    away.replace(source)
    built()
    assert [one["why"] for one in changes(CELL)] == [
        ["result changed"],
        ["result arrived"],
        ["result removed"],
    ]
    assert [one["after"] for one in changes(CELL)] == ["reproduced", "deviates", "not-run"]


def test_a_change_of_the_judge_shows(workspace, monkeypatch):
    monkeypatch.setattr("bench.judge.changes.combined", lambda *_: "another judge")
    judge = verdicts.judge_cell

    def strict(cell, *rest):
        found = judge(cell, *rest)
        return found.model_copy(update={"verdict": "deviates"}) if cell.name == CELL else found

    monkeypatch.setattr(verdicts, "judge_cell", strict)
    built()
    [change] = changes()
    assert (change["name"], change["why"]) == (CELL, ["judge"])
    assert (change["before"], change["after"]) == ("reproduced", "deviates")


def test_results_that_were_cleaned_away_are_no_change(workspace):
    shutil.rmtree(workspace / "results")
    built()
    assert changes() == []
    shutil.copytree(FIXTURES / "results", workspace / "results")
    built()
    assert changes() == []


def test_a_preview_records_nothing(workspace):
    edit(workspace, "5.2M | 8.0G", "5.3M | 8.0G")
    site.build_site(workspace / "build" / "site")
    assert changes() == []


def test_an_edited_line_is_named_with_status_1_and_the_site_is_not_built(workspace):
    edit(workspace, "5.2M | 8.0G", "5.3M | 8.0G")
    built()
    assert run("history", "--check").stdout.endswith("lines, each as it was written\n")
    file = workspace / "history" / "verdicts.jsonl"
    text = file.read_text()
    file.write_text(text.replace("5.3M", "5.2M", 1))
    checked = run("history", "--check")
    assert checked.exit_code == 1
    assert re.search(r"verdicts\.jsonl:\d+: ", checked.stderr)
    assert checked.stderr.count("\n") == 1
    refused = run("site")
    assert refused.exit_code == 2
    assert refused.stderr.count("\n") == 1
    file.write_text(text)
    built()


def test_without_a_history_and_with_a_wrong_name_one_line_says_so(workspace):
    assert "unknown paper, table, cell or claim 'tinypapr'" in run("history", "tinypapr").stderr
    assert changes("above-75") == []
    shutil.rmtree(workspace / "history")
    assert "nothing is recorded yet; `repropose site`" in run("history").stderr


@pytest.mark.parametrize("arguments", [("tinypaper", "--check"), ("--check", "--accept")])
def test_what_would_be_ignored_is_refused(workspace, arguments):
    refused = run("history", *arguments)
    assert refused.exit_code == 2
    assert "give a NAME, --check or --accept" in refused.stderr


def test_python_gives_the_same_as_a_table_with_documented_columns(workspace):
    edit(workspace, "5.2M | 8.0G", "5.3M | 8.0G")
    empty = repropose.history()
    built()
    table = repropose.history(CELL)
    assert list(table.columns) == list(empty.columns)
    assert table.to_dict("records") == changes(CELL)
    words = set(re.findall(r"\w+", str(repropose.history.__doc__)))
    assert set(table.columns) <= words
