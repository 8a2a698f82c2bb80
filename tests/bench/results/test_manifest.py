"""The manifest of a results folder: what it notices, and that it survives parallel stages, kills and merges."""

import subprocess
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import pytest

from bench.errors import EnvironmentProblem, ResultError
from bench.results import manifest
from bench.results.manifest import accept, present, read, record
from bench.results.store import Store


def write(base: Path, path: str, content: bytes) -> None:
    record(base, {path: content})
    (base / path).parent.mkdir(parents=True, exist_ok=True)
    (base / path).write_bytes(content)


def state(base: Path, path: str) -> str:
    found = read(base)
    assert found
    return found.state(base, path)


@pytest.fixture
def base(tmp_path: Path) -> Path:
    for name in ("a", "b", "c"):
        write(tmp_path, f"counted/{name}.json", name.encode())
    return tmp_path


def test_a_file_is_as_recorded_changed_gone_earlier_or_unknown(base):
    assert state(base, "counted/a.json") == "recorded"
    (base / "counted/a.json").write_bytes(b"A")
    assert state(base, "counted/a.json") == "changed"
    (base / "counted/a.json").unlink()
    assert state(base, "counted/a.json") == "gone"
    write(base, "counted/b.json", b"new")
    (base / "counted/b.json").write_bytes(b"b")
    assert state(base, "counted/b.json") == "earlier"
    (base / "counted/d.json").write_bytes(b"planted")
    assert state(base, "counted/d.json") == "unknown"
    assert list(present(base)) == ["counted/b.json", "counted/c.json", "counted/d.json"]


def test_one_line_a_write_and_none_where_nothing_changes(base):
    lines = (base / manifest.NAME).read_text().splitlines()
    assert len(lines) == 4
    assert lines[0] == manifest.HEADER
    assert [line.split("  ")[1] for line in lines[1:]] == [f"counted/{n}.json" for n in "abc"]
    before = (base / manifest.NAME).stat().st_mtime_ns
    record(base, {"counted/b.json": b"b", "counted/never.json": None})
    assert (base / manifest.NAME).stat().st_mtime_ns == before


def test_what_was_accepted_is_recorded_and_a_removal_too(base):
    (base / "counted/a.json").write_bytes(b"A")
    (base / "counted/b.json").unlink()
    accept(base, "counted/a.json")
    accept(base, "counted/b.json")
    assert state(base, "counted/a.json") == "recorded"
    assert state(base, "counted/b.json") == "unknown", "neither there nor expected"
    (base / "counted/b.json").write_bytes(b"b")
    assert state(base, "counted/b.json") == "earlier"


@pytest.mark.parametrize("line", [2, 3])
@pytest.mark.parametrize("how", ["deleted", "digest", "path", "chain", "cut short"])
def test_a_changed_line_breaks_the_chain(base, line, how):
    file = base / manifest.NAME
    lines = file.read_text().splitlines()
    digest, path, chain = lines[line - 1].split("  ")
    changed = {
        "deleted": None,
        "digest": f"{'0' * 64}  {path}  {chain}",
        "path": f"{digest}  counted/z.json  {chain}",
        "chain": f"{digest}  {path}  {'0' * 64}",
        "cut short": f"{digest}  {path}",
    }[how]
    lines[line - 1 : line] = [] if changed is None else [changed]
    file.write_text("\n".join(lines) + "\n")
    found = read(base)
    assert found.broken
    assert found.broken[0] in (line, line + 1)


def test_lines_of_two_branches_continue_two_chains(base, tmp_path_factory):
    other = tmp_path_factory.mktemp("other")
    (other / manifest.NAME).write_bytes((base / manifest.NAME).read_bytes())
    common = (base / manifest.NAME).read_text().splitlines()
    for where, name in ((base, "ours"), (other, "theirs")):
        write(where, f"counted/{name}.json", name.encode())
        write(where, f"counted/{name}-2.json", name.encode())
    own = [(where / manifest.NAME).read_text().splitlines()[4:] for where in (base, other)]
    (base / manifest.NAME).write_text("\n".join([*common, *own[0], *own[1]]) + "\n")
    assert read(base).broken == ()
    assert len(read(base).digests) == 7
    write(base, "counted/after.json", b"after")
    assert read(base).broken == ()
    (base / manifest.NAME).write_text("\n".join([*common, *own[0][1:], *own[1]]) + "\n")
    assert read(base).broken == (5,), "a line of one branch is missing"


@pytest.mark.process
def test_git_merges_two_branches_that_stored_results(tmp_path, make):
    def git(*arguments: str) -> None:
        identity = ("-c", "user.name=x", "-c", "user.email=x@example.org")
        subprocess.run(
            ["git", *identity, *arguments], cwd=tmp_path, check=True, capture_output=True
        )

    store = Store(tmp_path / "results", tmp_path / "measured")
    (tmp_path / ".gitattributes").write_text("measured/manifest.txt merge=union\n")
    git("init", "-b", "main")

    def commit(*models: str) -> None:
        for model in models:
            store.write(make.counted(model, 5), committed=True)
        git("add", "--all")
        git("commit", "-m", "results")

    commit("common")
    git("checkout", "-b", "side")
    commit("theirs", "theirs-2")
    git("checkout", "main")
    commit("ours")
    git("merge", "side")
    found = read(store.measured)
    assert found.broken == ()
    assert {found.state(store.measured, path) for path in present(store.measured)} == {"recorded"}
    assert len(found.digests) == 4


def _many(base: Path, worker: int) -> None:
    for number in range(10):
        record(base, {f"counted/m{worker}-{number}.json": b"x"})


@pytest.mark.process
def test_parallel_stages_lose_no_line(tmp_path):
    with ProcessPoolExecutor(4, mp_context=get_context("spawn")) as pool:
        list(pool.map(_many, [tmp_path] * 4, range(4)))
    found = read(tmp_path)
    assert len(found.digests) == 40
    assert found.broken == ()


def test_a_line_comes_before_its_file(store, make, monkeypatch):
    """Whatever is killed in between leaves a missing or an earlier file, and the same command mends it."""
    stored = store.write(make.counted("tiny-a", 5))
    path = "counted/tiny-a.json"

    def full(*_):
        raise EnvironmentProblem("no space")

    with monkeypatch.context() as patch:
        patch.setattr("bench.results.store.write_atomically", full)
        with pytest.raises(EnvironmentProblem):
            store.write(make.counted("tiny-a", 6))
    assert state(store.root, path) == "earlier"
    store.write(make.counted("tiny-a", 6))
    assert state(store.root, path) == "recorded"
    assert stored.base == store.root


def test_without_a_manifest_there_is_none_and_a_damaged_one_is_named(tmp_path):
    assert read(tmp_path) is None
    (tmp_path / manifest.NAME).write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ResultError, match="is not a manifest"):
        read(tmp_path)
