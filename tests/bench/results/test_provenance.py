"""Which commit a result names: that of the checkout's own repository, or none."""

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from bench import doctor, paths
from bench.catalog.load import Catalog
from bench.errors import ReproPoseError
from bench.pipeline import run
from bench.pipeline.cluster import Cluster
from bench.results.provenance import commit, repository

pytestmark = pytest.mark.process


def git(folder: Path, *arguments: str) -> str:
    who = ("-c", "user.name=A", "-c", "user.email=a@example.org", "-c", "commit.gpgsign=false")
    command = ["git", *who, *arguments]
    done = subprocess.run(command, cwd=folder, check=True, capture_output=True, text=True)
    return done.stdout.strip()


def committed(folder: Path) -> str:
    git(folder, "init", "-q")
    git(folder, "add", "--all")
    git(folder, "commit", "-q", "--allow-empty", "-m", "all")
    return git(folder, "rev-parse", "HEAD")


@pytest.fixture
def outer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a checkout of the project in `proj`, neither of them a repository."""
    root = tmp_path / "outer" / "proj"
    for name in ("ci/setup", "pyproject.toml", "bench/results/provenance.py"):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text("content\n")
    monkeypatch.setattr(paths, "ROOT", root)
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path))
    return root.parent


def test_a_checkout_names_its_own_commit_and_whether_it_differs(outer: Path):
    head = committed(outer / "proj")
    committed(outer)
    assert repository() == (head, False, "", outer / "proj")
    (outer / "proj" / "pyproject.toml").write_text("changed\n")
    assert commit() == (head, True)


def nothing(outer: Path, patch: pytest.MonkeyPatch) -> None: ...


def inside_another(outer: Path, patch: pytest.MonkeyPatch) -> None:
    (outer / ".gitignore").write_text("proj\n")
    committed(outer)


def a_folder_of_another(outer: Path, patch: pytest.MonkeyPatch) -> None:
    committed(outer)


def a_hook_of_another(outer: Path, patch: pytest.MonkeyPatch) -> None:
    (outer / "other").mkdir()
    committed(outer / "other")
    patch.setenv("GIT_DIR", str(outer / "other" / ".git"))


def a_hook_that_names_this_folder(outer: Path, patch: pytest.MonkeyPatch) -> None:
    a_hook_of_another(outer, patch)
    patch.setenv("GIT_WORK_TREE", str(outer / "proj"))


def nothing_committed(outer: Path, patch: pytest.MonkeyPatch) -> None:
    git(outer / "proj", "init", "-q")


def something_else_committed(outer: Path, patch: pytest.MonkeyPatch) -> None:
    (outer / "proj" / ".gitignore").write_text("bench\n")
    committed(outer / "proj")


def a_lost_worktree(outer: Path, patch: pytest.MonkeyPatch) -> None:
    (outer / "proj" / ".git").write_text(f"gitdir: {outer / 'gone'}\n")


def no_git(outer: Path, patch: pytest.MonkeyPatch) -> None:
    committed(outer / "proj")
    patch.setenv("PATH", str(outer))


CASES: list[tuple[Callable[[Path, pytest.MonkeyPatch], None], str, bool]] = [
    (nothing, "is no git repository that can be read", False),
    (inside_another, "lies inside another git repository, ", True),
    (a_folder_of_another, "lies inside another git repository, ", True),
    (a_hook_of_another, "is no git repository that can be read", False),
    (a_hook_that_names_this_folder, "is no git repository that can be read", False),
    (nothing_committed, "has no commit that holds this project", True),
    (something_else_committed, "has no commit that holds this project", True),
    (a_lost_worktree, "is no git repository that can be read", False),
    (no_git, "is no git repository that can be read", False),
]


@pytest.mark.parametrize(("case", "problem", "there"), CASES, ids=[c.__name__ for c, *_ in CASES])
def test_no_commit_of_anything_else_is_named_and_one_line_says_why(
    outer, monkeypatch, capsys, case, problem, there
):
    case(outer, monkeypatch)
    assert commit() == ("unknown", False)
    [finding] = doctor._repository()
    assert problem in finding.what
    assert "\n" not in finding.what
    assert finding.state == ("note" if there else "error")
    assert "clone the repository" in finding.fix
    if there:
        run._check_repository()
        assert f"{problem}" in capsys.readouterr().err
        return
    with pytest.raises(ReproPoseError, match=f"{problem}.*which DVC needs: clone") as caught:
        run._check_repository()
    assert "\n" not in str(caught.value)


def test_a_repository_of_its_own_is_no_finding(outer, capsys):
    head = committed(outer / "proj")
    assert doctor._repository().__next__()[:2] == ("ok", f"commit {head[:9]}")
    run._check_repository()
    assert capsys.readouterr() == ("", "")


def test_an_installed_package_has_no_repository_to_check(outer: Path):
    (outer / "proj" / "pyproject.toml").unlink()
    committed(outer)
    assert repository() == ("unknown", False, "", None)
    assert list(doctor._repository()) == []
    run._check_repository()


def test_repro_stops_before_anything_is_written(outer, monkeypatch):
    monkeypatch.setattr(run, "ROOT", outer / "proj")
    monkeypatch.delenv("REPROPOSE_WORKSPACE", raising=False)
    with pytest.raises(ReproPoseError, match="which DVC needs"):
        run.reproduce(Catalog(papers={}, folders={}), "smoke", [], cluster=Cluster(), jobs=1)
    assert not (outer / "proj" / "dvc.yaml").exists()
