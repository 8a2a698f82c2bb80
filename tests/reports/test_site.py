"""Building the site: reproducible bytes, minimal rewriting, no other files touched."""

import os
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from bench import files
from bench.judge.records import Snapshot
from bench.results.records import CountResult
from reports import all_pages
from reports.all_pages import Pages
from reports.build.writer import SiteError, building
from reports.site import build
from reports.views.urls import slug
from tests.factories import Memory, make

SMALL = {"papers": 1, "tables": 2, "rows": 3}  # enough for what is written, rendered and removed


def contents(site: Path) -> dict[str, bytes]:
    return {str(p.relative_to(site)): p.read_bytes() for p in site.rglob("*") if p.is_file()}


def test_two_builds_of_the_same_data_are_byte_identical(small: Path, tmp_path: Path) -> None:
    again = build(*make(**SMALL), tmp_path / "again")
    assert contents(again.out) == contents(small)


def test_the_same_data_in_another_order_gives_the_same_bytes(plain: Path, tmp_path: Path) -> None:
    snapshot, catalog, results = make()
    reversed_ = Snapshot(
        made=snapshot.made,
        verdicts=snapshot.verdicts[::-1],
        claims=snapshot.claims,
        conflicts=snapshot.conflicts,
    )
    shuffled = Memory(dict(reversed(results.results.items())))
    again = build(reversed_, catalog, shuffled, tmp_path / "again")
    assert contents(again.out) == contents(plain)


def test_nothing_changed_rewrites_nothing(tmp_path: Path) -> None:
    build(*make(**SMALL), tmp_path)
    second = build(*make(**SMALL), tmp_path)
    assert second.written == ()
    assert second.removed == ()


def test_nothing_changed_renders_no_table_model_result_or_list_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rendered: list[str] = []
    page = Pages.page

    def recording(self: Pages, name: str, *rest: Any, **content: Any) -> None:
        rendered.append(name)
        page(self, name, *rest, **content)

    monkeypatch.setattr(Pages, "page", recording)
    build(*make(**SMALL), tmp_path)
    first = set(rendered)
    rendered.clear()
    build(*make(**SMALL), tmp_path)
    assert {
        n for n in first if n.startswith(("tables/", "models/", "evidence/", "values/"))
    } == first - set(rendered)
    assert first > set(rendered)


def test_a_page_that_was_edited_or_deleted_by_hand_is_written_again(tmp_path: Path) -> None:
    build(*make(**SMALL), tmp_path)
    (tmp_path / "tables" / "paper0-1.html").write_text("edited")
    (tmp_path / "models" / "paper0-model0.svg").unlink()
    again = build(*make(**SMALL), tmp_path)
    assert set(again.written) == {"tables/paper0-1.html", "models/paper0-model0.svg"}


@pytest.mark.process
def test_a_build_by_several_processes_gives_the_same_bytes(
    plain: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(all_pages, "LEAST", 40)
    monkeypatch.setattr(threading, "active_count", lambda: 1)  # other tests left some
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: range(3))
    page, who = Pages.page, tmp_path / "who"

    def noted(self: Pages, *given: Any, **content: Any) -> None:
        with who.open("a") as file:
            file.write(f"{os.getpid()}\n")
        page(self, *given, **content)

    monkeypatch.setattr(Pages, "page", noted)
    report = build(*make(), tmp_path / "site")
    assert len(set(who.read_text().split())) == 3
    assert contents(tmp_path / "site") == contents(plain)
    assert {*report.written} >= {*contents(plain)} - {".site"}


@pytest.mark.process
def test_a_build_in_another_process_gives_the_same_bytes(plain: Path, tmp_path: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from reports.site import build; "
        "from tests.factories import make; build(*make(), Path(sys.argv[1]))"
    )
    environment = {**os.environ, "PYTHONHASHSEED": "7"}
    subprocess.run([sys.executable, "-c", code, str(tmp_path)], check=True, env=environment)
    assert contents(tmp_path) == contents(plain)


def test_one_changed_result_rewrites_only_pages_that_show_it(tmp_path: Path) -> None:
    snapshot, catalog, results = make(**SMALL)
    build(snapshot, catalog, results, tmp_path)
    changed = results.results["results/counted/paper0-run0.json"]
    assert isinstance(changed, CountResult)
    results.results["results/counted/paper0-run0.json"] = changed.model_copy(
        update={"by_module": {"backbone": {"params": 1.0}}}
    )
    assert build(snapshot, catalog, results, tmp_path).written == (
        "files/evidence.js",
        "models/paper0-model0.html",
        "evidence/results/counted/paper0-run0.html",  # its digest
        "evidence/results/counted/paper0-run0.json",
        "evidence/results/counted/paper0-run0.crate/ro-crate-metadata.json",
        "evidence/results/counted/paper0-run0.crate/result.json",
    )


def test_pages_of_a_removed_paper_are_removed(tmp_path: Path) -> None:
    build(*make(**{**SMALL, "papers": 2}), tmp_path)
    report = build(*make(**SMALL), tmp_path)
    assert "papers/paper1.html" in report.removed
    assert not (tmp_path / "papers" / "paper1.html").exists()


def test_a_folder_with_other_files_is_refused(tmp_path: Path) -> None:
    (tmp_path / "thesis.tex").write_text("years of work")
    with pytest.raises(SiteError, match="not a site"):
        build(*make(**SMALL), tmp_path)
    assert (tmp_path / "thesis.tex").read_text() == "years of work"
    assert list(tmp_path.iterdir()) == [tmp_path / "thesis.tex"]


def test_a_file_in_place_of_the_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "site").write_text("")
    with pytest.raises(SiteError, match="choose a folder"):
        build(*make(**SMALL), tmp_path / "site")


def test_with_an_empty_snapshot_every_cell_is_shown_as_not_judged(tmp_path: Path) -> None:
    _, catalog, _ = make(**SMALL)
    empty = Snapshot(verdicts=(), claims=(), conflicts=())
    report = build(empty, catalog, Memory({}), tmp_path)
    assert "Nothing has been measured yet" in report.index.read_text("utf-8")
    assert "not judged" in (tmp_path / "tables" / "paper0-1.html").read_text("utf-8")


def test_pages_with_nothing_to_show_say_what_fills_them_and_are_not_in_the_menu(
    tmp_path: Path,
) -> None:
    snapshot, catalog, _ = make(**SMALL)
    index = build(snapshot, catalog, Memory({}), tmp_path).index.read_text("utf-8")
    for page in ("explore.html", "compare.html"):
        assert f'href="{page}"' not in index
        assert "make repro" in (tmp_path / page).read_text("utf-8")
    assert "first build" in (tmp_path / "history.html").read_text("utf-8")


def test_distinct_names_get_distinct_files() -> None:
    names = ["r-a4", "R-A4", "r a4", "r/a4", "../r-a4", "", "日本", "a" * 500, "a" * 501]
    slugs = [slug(name) for name in names]
    assert len(set(slugs)) == len(names)
    assert all(set(s) <= set("abcdefghijklmnopqrstuvwxyz0123456789-") for s in slugs)
    assert all(0 < len(s) < 100 for s in slugs)


@pytest.mark.process
def test_the_site_needs_neither_torch_nor_mmpose() -> None:
    code = "import sys, reports.site; print({'torch', 'mmpose', 'mmengine'} & set(sys.modules))"
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert out.stdout.strip() == "set()"


@pytest.mark.parametrize("whole", [0, 1, 20])
def test_a_first_build_that_was_killed_is_finished_by_the_next(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, whole: int
) -> None:
    """Killed in the middle of a file: nothing of Python's is run then, so its temporary file stays."""
    out, write, written = tmp_path / "site", files.write_atomically, []

    class Killed(BaseException):
        pass

    def killed(path: Path, content: bytes, **options: Any) -> None:
        if len(written) == whole:
            path.parent.mkdir(exist_ok=True)
            path.with_name(f".{path.name}.abc.part").write_bytes(content[:10])
            raise Killed
        written.append(path)
        write(path, content, **options)

    with monkeypatch.context() as patch:
        patch.setattr(files, "write_atomically", killed)
        with pytest.raises(Killed):
            build(*make(**SMALL), out)
    again = build(*make(**SMALL), out)
    assert contents(again.out) == contents(build(*make(**SMALL), tmp_path / "other").out)


def test_a_build_waits_for_another_of_the_same_site(tmp_path: Path) -> None:
    steps: list[str] = []
    with building(tmp_path):
        second = threading.Thread(
            target=lambda: (build(*make(**SMALL), tmp_path), steps.append("b"))
        )
        second.start()
        time.sleep(0.5)
        steps.append("a")
    second.join()
    assert steps == ["a", "b"]
