"""Every bad input of the table is answered in one line with status 2, and nothing is changed."""

import json
import os
import re
import signal
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from bench.catalog import load
from bench.cli import main
from bench.commands.common import print_rows
from bench.judge.bootstrap import _cached
from tests.bench.inputs.table import FILES, ROWS, Row

SECONDS = 60  # of a row: nothing waits for a pipe


@pytest.fixture(autouse=True)
def no_hanging(monkeypatch):
    def expired(*_: object) -> None:
        raise TimeoutError(f"no answer after {SECONDS} s")

    before = signal.signal(signal.SIGALRM, expired)
    yield
    signal.alarm(0)
    signal.signal(signal.SIGALRM, before)


def prepared(row: Row, here: Path) -> list[str]:
    """The row's workspace; the command."""
    file = FILES[row.kind]
    for place, base in file.also.items():
        path = here / place
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(base())
    path = here / file.place
    path.parent.mkdir(parents=True, exist_ok=True)
    row.change(path)
    return [*file.command]


def state(folder: Path) -> dict[str, object]:
    """What is there, but for lock files: kind, size and time of each."""
    found = {}
    for path in sorted(folder.rglob("*")):
        if not path.name.endswith(".lock"):
            stat = path.lstat()
            found[str(path.relative_to(folder))] = (stat.st_mode, stat.st_size, stat.st_mtime_ns)
    return {name: stat for name, stat in found.items() if not os.path.isdir(folder / name)}


def run(here: Path, command: list[str], monkeypatch: pytest.MonkeyPatch) -> Result:
    monkeypatch.setenv("REPROPOSE_WORKSPACE", str(here))
    monkeypatch.chdir(here)
    if (here / "papers/tinypaper/third_party.yaml").is_file():
        monkeypatch.setattr(
            load, "PAPERS", here / "papers"
        )  # else those of the project are read anew
    elif (here / "papers").is_dir():
        monkeypatch.setenv("REPROPOSE_PAPERS", str(here / "papers"))
    return CliRunner().invoke(main, command)


@pytest.mark.parametrize("row", ROWS, ids=[row.id for row in ROWS])
def test_a_bad_input_is_answered_in_one_line(row: Row, tmp_path, monkeypatch):
    command = prepared(row, tmp_path)
    before = state(tmp_path)
    signal.alarm(SECONDS)
    done = run(tmp_path, command, monkeypatch)
    signal.alarm(0)
    assert isinstance(done.exception, SystemExit), (done.exception, done.output[-500:])
    assert done.exit_code == 2, done.output[-500:]
    assert done.stdout == ""
    answer = done.stderr.rpartition("\r")[2]  # after a progress bar
    assert re.fullmatch(r" *repropose: [^\n]+\n", answer), done.stderr
    words = row.says or re.escape(FILES[row.kind].place.rpartition("/")[2])
    assert re.search(words, answer), answer
    assert len(answer) < 1500
    assert answer.strip().isprintable()
    assert state(tmp_path) == before, "nothing is changed"


# A card and image ids are read beside data, a state is one of recorded verdicts: none is good by itself.
NO_GOOD_FILE = ("card", "state", "image ids")


@pytest.mark.parametrize("kind", [kind for kind in FILES if kind not in NO_GOOD_FILE])
def test_the_good_file_is_no_mistake(kind: str, tmp_path, monkeypatch):
    """So that the rows above are about what was changed in it."""
    row = Row(kind, "", lambda path: path.write_bytes(FILES[kind].base()) and None, "")
    done = run(tmp_path, prepared(row, tmp_path), monkeypatch)
    assert done.exit_code == 0, done.output


def test_the_table_is_long():
    assert len(ROWS) >= 450
    assert len({row.id for row in ROWS}) == len(ROWS)


@pytest.mark.parametrize(
    "command", [["cells", "--paper", "lofr", "--json"], ["cells", "--paper", "lofr"]]
)
def test_a_terminal_without_our_signs_gets_an_answer(command, tmp_path, monkeypatch):
    """An ASCII locale: JSON is escaped, tables have question marks."""
    monkeypatch.setenv("REPROPOSE_WORKSPACE", str(tmp_path))
    done = CliRunner(charset="ascii").invoke(main, command)
    assert done.exit_code == 0, done.exception
    assert done.stdout_bytes.isascii()
    if "--json" in command:
        plain = CliRunner().invoke(main, command)
        assert json.loads(done.stdout) == json.loads(plain.stdout)
        assert not plain.stdout.isascii(), "there is something to escape"


def test_papers_that_are_not_there_are_named(tmp_path, monkeypatch):
    monkeypatch.setenv("REPROPOSE_WORKSPACE", str(tmp_path))
    monkeypatch.setenv("REPROPOSE_PAPERS", str(tmp_path / "nowhere"))
    done = CliRunner().invoke(main, ["runs"])
    assert done.exit_code == 2
    assert re.fullmatch(r"repropose: .*nowhere is not a folder of papers; [^\n]*\n", done.stderr)


@pytest.mark.parametrize(
    "content",
    [b"", b"[1]", b"[1, [2, 1], 0.5]", b'["a", null, 1]', b"\xff", b"[" * 9999, b"[1, 2, 3]"],
)
def test_a_damaged_cache_of_comparisons_is_thrown_away(content, tmp_path):
    (tmp_path / "a.json").write_bytes(content)
    assert _cached(tmp_path / "a.json") is None


def test_what_a_terminal_obeys_is_not_printed(tmp_path, monkeypatch, capsys):
    rows = [{"a": "red \x1b[31m, back \r, turned \u202e, joined \u2066", "b": 1}]
    print_rows(rows, False, "a", "b")
    shown = capsys.readouterr().out
    assert all(sign not in shown for sign in "\x1b\r\u202e\u2066")
    assert "red" in shown
