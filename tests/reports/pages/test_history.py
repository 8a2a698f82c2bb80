"""The history's pages, its feed, its lines as a file, and a cell's own history line."""

import json
import re
import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path
from xml.etree import ElementTree

import pytest

from bench.judge import export
from bench.judge.changes import Standing
from bench.judge.history import LINES, Entry, check
from reports.pages import history
from reports.site import build
from reports.views.urls import cell_anchor
from tests.factories import HOSTILE, make
from tests.reports.conftest import pages, read
from tests.reports.pages.test_pages import text

ATOM = "{http://www.w3.org/2005/Atom}"
NOON = datetime(2031, 2, 3, 12, 0, 0, tzinfo=UTC)
CELL, CLAIM, GONE = "paper0-1/row0/ap", "paper1/claim1", "paper0-1/old/ap"


def entries(*, words: str | None = None, many: int = 0) -> tuple[Entry, ...]:
    """A baseline; two changes; one day later of a claim and a removed cell, and `many` more of one cell."""

    def standing(verdict: str, **more: str | None) -> Standing:
        kind, paper = more.pop("kind", "cell"), more.pop("paper", "paper0")
        plain = {"printed": words or "76.1", "reason": words or "made up", **more}
        return Standing(kind=kind, paper=paper, verdict=verdict, **plain)

    found: list[Entry] = []

    def add(hours: int, **fields: object) -> None:
        plain = {"commit": words or "a1b2c3" * 6, "dirty": hours > 0, "previous": "0" * 64}
        date = NOON + timedelta(hours=hours)
        found.append(Entry(number=len(found) + 1, date=date, **{**plain, **fields}))

    def change(hours: int, name: str, before: Standing | None, after: Standing | None) -> None:
        one = after or before
        add(hours, kind=one.kind, paper=one.paper, name=name, before=before, after=after, why=why)

    why: tuple[str, ...] = ("result arrived", "judge")
    add(0, kind="baseline", counts={"cells": {"not-run": 3}, "claims": {"open": 1}})
    change(1, CELL, standing("not-run"), standing("reproduced", here="76.0", evidence="full-1"))
    why = ("paper file",)
    change(1, "paper1-1/row0/ap", standing("not-run", paper="paper1"), None)
    asked = {"kind": "claim", "paper": "paper1", "on_paper": "holds", "asks": words or "[1] > 2"}
    change(25, CLAIM, standing("open", **asked), standing("contradicts", **asked))
    change(25, GONE, standing("deviates"), None)
    for i in range(many):
        change(30, CELL, standing("not-run", here=str(i)), standing("not-run", here=str(i + 1)))
    return tuple(found)


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build(*make(), tmp_path_factory.mktemp("recorded"), history=entries()).out


@pytest.fixture(scope="module")
def strange(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Hostile text in all that is recorded, and more changes than the page of all papers shows."""
    found = entries(words=HOSTILE, many=history.NEWEST)
    out = tmp_path_factory.mktemp("strange")
    return build(*make(rows=3, text=HOSTILE), out, history=found).out


def rows(page: Path) -> list[str]:
    return [text(r) for r in read(page).iter("tr") if (r.get("id") or "").startswith("h-")]


def test_changes_are_shown_newest_first_by_recording(recorded: Path) -> None:
    page = read(recorded / "history.html")
    assert [text(h) for h in page.iter("h2")] == [
        "2031-02-04: 2 changes",
        "2031-02-03: 2 changes",
        "2031-02-03: first build",
    ]
    shown = rows(recorded / "history.html")
    assert [row.split()[0] for row in shown] == [CLAIM, GONE, CELL, "paper1-1/row0/ap"]
    assert "○ untested ✓ matches here 76.0, evidence: one full training run" in shown[2]
    assert "result arrived, judge made up" in shown[2]
    assert "76.1" not in shown[2]  # printed before and after alike
    assert "– not in the papers" in shown[1]
    assert "contradicts" in shown[0]
    whole = text(page)
    assert "13:00 UTC, commit a1b2c3a1b2c3 with uncommitted changes" in whole
    assert "3 cells: 3 untested; 1 claim: 1 open." in whole


def test_each_paper_has_a_page_of_its_own_changes_without_javascript(recorded: Path) -> None:
    names = [row.split()[0] for row in rows(recorded / "history" / "paper1.html")]
    assert names == [CLAIM, "paper1-1/row0/ap"]
    assert len(rows(recorded / "history" / "paper0.html")) == 2
    page = read(recorded / "history.html")
    [nav] = [e for e in page.iter("nav") if e.get("aria-label") == "Papers"]
    links = [a.get("href") for a in nav.iter("a")]
    assert links == ["history.html", "history/paper0.html", "history/paper1.html"]


def test_a_cell_tells_its_last_change_and_links_to_it(recorded: Path) -> None:
    page = read(recorded / "tables" / "paper0-1.html")
    cells = {e.get("id"): e for e in page.iter("td")}
    cell = cells[cell_anchor("row0", "ap")]
    assert "2031-02-03: untested → matches (result arrived, judge); 1 change" in text(cell)
    assert "../history/paper0.html#h-2" in [a.get("href") for a in cell.iter("a")]
    assert "History" not in text(cells[cell_anchor("row1", "ap")])


def test_a_new_change_renders_only_the_tables_that_it_is_about(tmp_path: Path) -> None:
    build(*make(), tmp_path, history=entries()[:1])
    again = build(*make(), tmp_path, history=entries()[:2])
    assert {name for name in again.written if not name.startswith("files/")} == {
        "tables/paper0-1.html",
        "history.html",
        "history/paper0.html",
        "feed.xml",
    }


def test_the_feed_has_an_entry_for_each_change_that_stays_the_same(recorded: Path) -> None:
    feed = ElementTree.fromstring((recorded / "feed.xml").read_bytes())
    found = feed.findall(f"{ATOM}entry")
    assert [one.findtext(f"{ATOM}title") for one in found] == [
        f"{GONE}: differs → not in the papers",
        f"{CLAIM}: open → contradicts at small scale",
        "paper1-1/row0/ap: untested → not in the papers",
        f"{CELL}: untested → matches",
    ]
    assert feed.findtext(f"{ATOM}updated") == "2031-02-04T13:00:00+00:00"
    assert found[-1].findtext(f"{ATOM}updated") == "2031-02-03T13:00:00+00:00"
    summary = "Result arrived, judge. Now: here 76.0, evidence: one full training run. Made up."
    assert found[-1].findtext(f"{ATOM}summary") == summary
    ids = [one.findtext(f"{ATOM}id") for one in found]
    assert len(set(ids)) == len(ids)
    anchors = {e.get("id") for e in read(recorded / "history.html").iter()}
    for one in found:
        page, _, anchor = str(one.find(f"{ATOM}link").get("href")).partition("#")  # type: ignore[union-attr]
        assert page == "history.html"
        assert anchor in anchors


def test_the_feed_has_what_rfc_4287_requires(recorded: Path, plain: Path) -> None:
    def one(parent: ElementTree.Element, name: str) -> str:
        [found] = parent.findall(f"{ATOM}{name}")
        assert found.text
        return found.text

    for site in (recorded, plain):
        feed = ElementTree.fromstring((site / "feed.xml").read_bytes())
        assert feed.tag == f"{ATOM}feed"
        assert feed.findtext(f"{ATOM}author/{ATOM}name")
        for part in (feed, *feed.findall(f"{ATOM}entry")):
            assert one(part, "title")
            assert re.fullmatch(r"urn:repropose:[a-z0-9:]+", one(part, "id"))
            assert datetime.fromisoformat(one(part, "updated")).tzinfo  # RFC 3339, with its zone
        for link in feed.iter(f"{ATOM}link"):
            assert link.get("href")
            assert link.get("rel", "alternate") == "alternate"


def test_a_later_build_keeps_every_older_entry_as_it_was(tmp_path: Path) -> None:
    def found(name: str, builds: int) -> tuple[set[str], list[bytes]]:
        site = build(*make(), tmp_path / name, history=entries()[:builds]).out
        feed = ElementTree.fromstring((site / "feed.xml").read_bytes())
        whole = {ElementTree.tostring(one).decode().strip() for one in feed.findall(f"{ATOM}entry")}
        return whole, (site / "files" / "history.jsonl").read_bytes().splitlines()

    (older, lines), (all_of_them, all_lines) = found("site", 3), found("site", 5)
    assert older < all_of_them
    assert all_lines[: len(lines)] == lines


def test_the_changes_are_json_as_the_command_prints_them(recorded: Path) -> None:
    changes = json.loads((recorded / "files" / "history.json").read_bytes())
    assert [one["name"] for one in changes] == [CLAIM, GONE, CELL, "paper1-1/row0/ap"]
    assert changes[2]["before"] == "not-run"
    assert changes[2]["after"] == "reproduced"
    assert changes == export.history(entries())


def test_the_lines_can_be_downloaded_as_they_were_recorded(recorded: Path, tmp_path: Path) -> None:
    content = (recorded / "files" / "history.jsonl").read_bytes()
    assert content.splitlines() == [one.line for one in entries()]
    shutil.copy(recorded / "files" / "history.jsonl", tmp_path / LINES)
    with pytest.raises(Exception, match="not a line of the history as it was written"):
        check(tmp_path)  # made up here without a chain of digests


def test_a_site_without_a_history_says_how_one_begins(plain: Path) -> None:
    page = text(read(plain / "history.html"))
    assert "Nothing is recorded yet. repropose site records all verdicts" in page
    assert ElementTree.fromstring((plain / "feed.xml").read_bytes()).find(f"{ATOM}entry") is None


def test_the_page_of_all_papers_is_bounded_and_those_of_papers_show_all(strange: Path) -> None:
    assert len(rows(strange / "history.html")) == history.NEWEST
    assert "4 older changes: on the pages of the papers." in text(read(strange / "history.html"))
    assert len(rows(strange / "history" / "paper0.html")) == history.NEWEST + 2
    folded = list(read(strange / "history.html").find(".//main").iter("details"))
    assert "500 changes" in text(folded[0])
    feed = ElementTree.fromstring((strange / "feed.xml").read_bytes())
    assert len(feed.findall(f"{ATOM}entry")) == history.IN_FEED


def test_hostile_text_stays_text_and_pages_stay_valid(recorded: Path, strange: Path) -> None:
    for site in (recorded, strange):
        for page in [site / "history.html", *pages(site / "history")]:
            elements = list(read(page).iter())
            ids = [e.get("id") for e in elements if e.get("id")]
            assert len(ids) == len(set(ids))
            assert not [e for e in elements if any(name.startswith("on") for name in e.attrib)]
            assert not [e for e in elements if e.tag == "img"]
            assert all(text(e) for e in elements if e.tag in ("td", "th", "h2", "li"))
            for link in (e.get("href") for e in elements if e.tag == "a"):
                target, _, _ = str(link).partition("#")
                assert not target or (page.parent / target).resolve().is_file(), link
    assert "alert(" in (strange / "history" / "paper1.html").read_text("utf-8")


def test_two_builds_with_the_same_history_are_byte_identical(
    recorded: Path, tmp_path: Path
) -> None:
    again = build(*make(), tmp_path, history=entries()).out
    files = [p.relative_to(again) for p in again.rglob("*") if p.is_file()]
    assert [p for p in files if (again / p).read_bytes() != (recorded / p).read_bytes()] == []
    assert build(*make(), tmp_path, history=entries()).written == ()
