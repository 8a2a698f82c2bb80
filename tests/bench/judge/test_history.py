"""The history's file: only real changes are appended, every later edit is noticed, and nothing is lost."""

import itertools
import json
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bench.errors import DataError, UnknownName
from bench.judge import history, recorder
from bench.judge.changes import Standing, State
from bench.judge.history import LINES, STATE, Lines, check, read, select
from bench.judge.recorder import Stamp, record

DAY = datetime(2031, 5, 6, 7, 8, 9, tzinfo=UTC)
CELL, OTHER, CLAIM = "tinypaper-1/tiny-a/ap", "tinypaper-1/tiny-b/ap", "tinypaper/above-75"


def stamp() -> Stamp:
    return Stamp(DAY, "c" * 40, dirty=False)


def never() -> Stamp:
    pytest.fail("asks for the commit though nothing is recorded")


def state(judge: str = "judge", **verdicts: str) -> State:
    """Two cells and a claim, not run or as given: `a`, `b`, `claim`."""
    words = {"a": "not-run", "b": "not-run", "claim": "open", **verdicts}
    kinds = {"a": (CELL, "cell"), "b": (OTHER, "cell"), "claim": (CLAIM, "claim")}
    standings = {
        name: Standing(kind=kind, paper="tinypaper", verdict=words[key], reason="said so")
        for key, (name, kind) in kinds.items()
    }
    return State(judge=judge, results="", papers={"tinypaper": "p"}, standings=standings)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A history with a baseline, and three changes in two recordings."""
    where = tmp_path / "history"
    record(state(), where, stamp=stamp)
    record(state("two", a="reproduced"), where, stamp=stamp)
    record(state("three", a="deviates", claim="holds"), where, stamp=stamp)
    return where


def test_the_first_line_counts_and_the_next_ones_say_what_changed(folder):
    baseline, first, second, third = read(folder)
    assert baseline.counts == {"cells": {"not-run": 2}, "claims": {"open": 1}}
    assert (baseline.kind, baseline.name, baseline.why) == ("baseline", "", ())
    assert (first.name, first.before.verdict, first.after.verdict) == (
        CELL,
        "not-run",
        "reproduced",
    )
    assert (first.why, first.date, first.commit, first.dirty) == (("judge",), DAY, "c" * 40, False)
    assert (second.name, third.name, third.kind) == (CELL, CLAIM, "claim")
    assert [one.number for one in read(folder)] == [1, 2, 3, 4]
    line = (folder / LINES).read_bytes().splitlines()[1]
    assert line == first.line
    assert json.loads(line)["after"]["reason"] == "said so"


def test_nothing_changed_writes_no_byte_and_asks_for_no_commit(folder):
    before = {path: (path.read_bytes(), path.stat().st_mtime_ns) for path in folder.iterdir()}
    entries = record(state("three", a="deviates", claim="holds"), folder, stamp=never)
    assert entries == read(folder)
    assert before == {p: (p.read_bytes(), p.stat().st_mtime_ns) for p in folder.iterdir()}


def test_a_judge_that_changes_no_verdict_is_not_blamed_for_a_later_change(folder):
    record(state("four", a="deviates", claim="holds"), folder, stamp=never)
    after = record(state("four", a="deviates", claim="fails"), folder, stamp=stamp)
    assert after[-1].why == ("unknown",)


def test_a_removal_that_does_not_count_leaves_what_was_recorded(tmp_path):
    def measured(verdict: str, results: str) -> State:
        one = state(a=verdict)
        cell = one.standings[CELL].model_copy(update={"results": results})
        return one.model_copy(update={"standings": {**one.standings, CELL: cell}})

    record(measured("reproduced", "r"), tmp_path, stamp=stamp)
    record(measured("not-run", ""), tmp_path, removals=False, stamp=never)
    assert len(record(measured("reproduced", "r"), tmp_path, removals=False, stamp=never)) == 1
    record(measured("not-run", ""), tmp_path, removals=False, stamp=never)
    after = record(measured("deviates", "s"), tmp_path, stamp=stamp)[-1]
    assert (after.before.verdict, after.after.verdict) == ("reproduced", "deviates")
    assert after.why == ("result changed",)
    assert record(measured("not-run", ""), tmp_path, stamp=stamp)[-1].why == ("result removed",)


# ---------------------------------------------------------------- damage


def edited(path: Path, number: int, old: bytes, new: bytes) -> None:
    lines = path.read_bytes().split(b"\n")
    assert old in lines[number - 1]
    lines[number - 1] = lines[number - 1].replace(old, new)
    path.write_bytes(b"\n".join(lines))


def refused(folder: Path, number: int, problem: str) -> None:
    """Reading and checking name the line in one line; recording writes nothing."""
    content = (folder / LINES).read_bytes(), (folder / STATE).read_bytes()
    actions = (read, check, lambda where: record(state("x", b="failed"), where))
    for action in actions:
        with pytest.raises(DataError, match=problem) as caught:
            action(folder)
        assert f"{LINES}:{number}: " in str(caught.value)
        assert "\n" not in str(caught.value)
    assert content == ((folder / LINES).read_bytes(), (folder / STATE).read_bytes())


@pytest.mark.parametrize("number", [1, 2, 3])
def test_an_edited_line_is_named(folder, number):
    edited(folder / LINES, number, b"2031", b"2032")
    refused(folder, number, f"changed after line {number + 1} was written")


def test_an_edited_last_line_is_named(folder):
    edited(folder / LINES, 4, b"holds", b"fails")
    refused(folder, 4, "lines at the end were removed or changed")


def test_a_removed_last_line_is_noticed(folder):
    path = folder / LINES
    path.write_bytes(b"\n".join(path.read_bytes().split(b"\n")[:3]) + b"\n")
    refused(folder, 3, "lines at the end were removed or changed")


def test_an_emptied_file_is_noticed(folder):
    (folder / LINES).write_bytes(b"")
    refused(folder, 1, "lines at the end were removed or changed")


def test_a_removed_line_in_the_middle_is_noticed(folder):
    path = folder / LINES
    lines = path.read_bytes().split(b"\n")
    path.write_bytes(b"\n".join(lines[:1] + lines[2:]))
    refused(folder, 2, "it is numbered 3: lines were removed")


def test_a_line_that_is_cut_off_is_named(folder):
    path = folder / LINES
    path.write_bytes(path.read_bytes()[:-40])
    refused(folder, 4, "it is cut off")


def test_what_is_not_a_line_of_the_history_is_named(folder):
    path = folder / LINES
    lines = path.read_bytes().split(b"\n")
    path.write_bytes(b"\n".join([lines[0], b"<<<<<<< HEAD", *lines[1:]]))
    refused(folder, 2, "Invalid JSON")
    path.write_bytes(b"\n".join([lines[0], lines[1].replace(b'"why"', b'"who"'), *lines[2:]]))
    refused(folder, 2, "who: Extra inputs")


def test_a_missing_state_gives_a_new_baseline_and_keeps_every_line(folder):
    before = (folder / LINES).read_bytes()
    (folder / STATE).unlink()
    assert len(read(folder)) == 4
    with pytest.raises(
        DataError, match=r"state\.json is missing, so nothing tells whether the last"
    ):
        check(folder)
    entries = record(state("x", b="failed"), folder, stamp=stamp)
    assert (folder / LINES).read_bytes().startswith(before)
    assert [one.kind for one in entries] == ["baseline", "cell", "cell", "claim", "baseline"]
    check(folder)


def test_a_damaged_state_is_named(folder):
    (folder / STATE).write_text("{")
    with pytest.raises(DataError, match=r"state\.json is not readable JSON.* or delete it"):
        record(state(), folder, stamp=stamp)


def test_a_process_that_ended_between_lines_and_state_is_made_good(folder):
    old = (folder / STATE).read_bytes()
    new = state("four", a="not-run", claim="holds")
    record(new, folder, stamp=stamp)
    lines = (folder / LINES).read_bytes()
    (folder / STATE).write_bytes(old)
    record(new, folder, stamp=never)
    assert (folder / LINES).read_bytes() == lines
    check(folder)


def test_who_reads_while_another_records_sees_one_of_both(folder, monkeypatch):
    plain = Lines.of

    def late(where: Path) -> Lines:
        monkeypatch.setattr(Lines, "of", plain)
        found = plain(where)
        record(state("x", b="failed"), folder, stamp=stamp)  # another process, just afterwards
        return found

    monkeypatch.setattr(Lines, "of", late)
    assert len(check(folder)) == 4
    assert len(check(folder)) > 4


# ---------------------------------------------------------------- several at once


def test_threads_that_record_the_same_at_once_append_it_once(folder):
    new = state("four", a="better", b="failed", claim="fails")
    with ThreadPoolExecutor(8) as pool:
        done = list(pool.map(lambda _: len(record(new, folder, stamp=stamp)), range(8)))
    assert done == [7] * 8
    assert len(check(folder)) == 7


@pytest.mark.process
def test_processes_that_record_at_once_tear_and_repeat_no_line(folder, tmp_path):
    """Each records its own verdict a few times; every line is whole and follows from the one before."""
    code = (
        "import sys; from pathlib import Path; from bench.judge.recorder import record; "
        "from tests.bench.judge.test_history import state, stamp\n"
        "for i in range(5): record(state(sys.argv[2] + str(i), a=sys.argv[2] + str(i)), "
        "Path(sys.argv[1]), stamp=stamp)"
    )
    command = [sys.executable, "-c", code, str(folder)]
    running = [subprocess.Popen([*command, name]) for name in "xyz"]
    assert [one.wait() for one in running] == [0, 0, 0]
    entries = check(folder)
    moves = [(e.before.verdict, e.after.verdict) for e in entries if e.name == CELL]
    assert len(moves) == 2 + 15
    assert all(one[1] == two[0] for one, two in itertools.pairwise(moves))


# ---------------------------------------------------------------- where it is, and what is asked


def committed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, folder: Path) -> tuple[Path, Path]:
    """A checkout whose committed history is `folder`; its own history's folder."""
    root = tmp_path / "checkout"
    for module in (history, recorder):
        monkeypatch.setattr(module, "COMMITTED", folder)
    monkeypatch.setattr(history, "checkout", lambda: root)
    monkeypatch.setenv("REPROPOSE_WORKSPACE", str(root))
    return root, root / "history"


def test_the_history_of_a_checkout_begins_with_the_committed_one(folder, tmp_path, monkeypatch):
    root, own = committed(tmp_path, monkeypatch, folder)
    assert len(read()) == 4
    record(state("three", a="deviates", claim="holds"), stamp=never)
    record(state("four", a="better", claim="holds"), stamp=stamp)
    assert len(read()) == len(read(own)) == 5
    assert len(read(folder)) == 4
    monkeypatch.setenv("REPROPOSE_WORKSPACE", str(root / "of-a-user"))
    assert read() == ()
    assert len(record(state(), stamp=stamp)) == 1


def test_accepting_makes_it_the_committed_one_unless_that_went_on(folder, tmp_path, monkeypatch):
    _, own = committed(tmp_path, monkeypatch, folder)
    with pytest.raises(DataError, match="`repropose site` records a history first"):
        recorder.accept()
    record(state("four", a="better", claim="holds"), stamp=stamp)
    assert recorder.accept() == folder
    assert read(folder) == read(own)
    check(folder)
    record(state("five", a="failed", claim="holds"), folder, stamp=stamp)
    with pytest.raises(DataError, match="has lines that"):
        recorder.accept()
    assert len(read(folder)) == 6


def test_changes_are_found_by_paper_table_row_cell_and_claim(folder, tiny):
    entries = read(folder)
    names = {
        "tinypaper": 3,
        "tinypaper-1": 2,
        "tinypaper-1/tiny-a": 2,
        CELL: 2,
        OTHER: 0,
        "tinypaper-2": 0,
        CLAIM: 1,
        "above-75": 1,
        "b-is-best": 0,
    }
    assert {name: len(select(entries, name, tiny)) for name in names} == names
    with pytest.raises(UnknownName, match=r"'tinypaper-3'; did you mean: tinypaper"):
        select(entries, "tinypaper-3", tiny)


def test_the_committed_history_is_as_it_was_written():
    assert all(one.number for one in check(history.COMMITTED))
