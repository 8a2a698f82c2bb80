"""The index, the page What differs, and the lists of values that they count."""

import re
from pathlib import Path

import pytest

from bench.judge.records import Explanation
from reports import all_pages
from reports.site import build
from reports.views.going import Going
from reports.views.states import STATES
from tests.factories import HOSTILE, make
from tests.reports.conftest import read
from tests.reports.pages.test_pages import text


def explained(snapshot, cause="copied", words="as printed elsewhere", returned=()):
    """The snapshot with every deviating value 10 % above the printed one, and an explanation."""
    found = []
    for verdict in snapshot.verdicts:
        if verdict.verdict == "deviates":
            printed = float(re.search(r"[\d.]+", verdict.printed)[0])
            one = Explanation(size="large", cause=cause, words=words, returned=returned)
            changed = {"value": 1.1 * printed, "shown": f"{1.1 * printed:.1f}", "explanation": one}
            found.append(verdict.model_copy(update=changed))
        else:
            found.append(verdict)
    return snapshot.model_copy(update={"verdicts": tuple(found)})


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    snapshot, catalog, store = make(papers=2, tables=2, rows=6)
    shown = explained(snapshot, returned=("the rule macs (7.9)",))
    return build(shown, catalog, store, tmp_path_factory.mktemp("overview")).out


def test_every_number_of_the_matrix_is_the_length_of_the_list_it_leads_to(site: Path) -> None:
    links = [a for a in read(site / "index.html").iter("a") if a.get("href").startswith("values/")]
    assert len(links) > 12
    for link in links:
        number = int(re.search(r"\d+", re.sub(r"Method\d", "", text(link)))[0])
        rows = [
            row
            for row in read(site / link.get("href")).iter("tr")
            if row.get("class") != "group" and row.find("td") is not None
        ]
        assert len(rows) == number, link.get("href")


def test_the_matrix_counts_every_printed_value_once(site: Path) -> None:
    snapshot, _, _ = make(papers=2, tables=2, rows=6)
    judged = sum(v.verdict not in ("setting", "empty") for v in snapshot.verdicts)
    table = next(
        t for t in read(site / "index.html").iter("table") if "matrix" in t.get("class", "")
    )
    counts = [int(re.search(r"\d+", text(a))[0]) for a in table.iter("a")]
    assert sum(counts) == judged
    assert {word.label for word in STATES.values()} <= set(text(table).split())


def test_the_strongest_findings_are_the_largest_and_name_their_cause(site: Path) -> None:
    page = read(site / "index.html")
    found = next(e for e in page.iter("ol") if e.get("class") == "strongest")
    assert len(found.findall("li")) == 3
    assert all("Copied row: as printed elsewhere" in text(one) for one in found.findall("li"))


def test_every_paper_has_a_card_of_the_same_form(site: Path) -> None:
    cards = list(read(site / "index.html").iter("article"))
    assert len(cards) == 2
    shapes = [[e.tag for e in card] for card in cards]
    assert shapes[0] == shapes[1]
    assert all(text(card).count(word.label) >= 1 for card in cards for word in STATES.values())


def test_what_differs_has_each_number_with_size_cause_and_what_returns_it(site: Path) -> None:
    page = text(read(site / "differs.html"))
    assert "By more than 2 %" in page
    assert "Copied row: as printed elsewhere" in page
    assert "1 rule or counter returns the printed digits" in page
    assert "the rule macs (7.9)" in page
    assert "+10 %" in page


def test_a_cell_that_differs_says_why_first(site: Path) -> None:
    page = read(site / "tables" / "paper0-1.html")
    cards = [e for e in page.iter("div") if e.get("class") == "card" and "deviates" in text(e)]
    assert cards
    for card in cards:
        assert text(card.findall("*")[1]) == "Why Copied row: as printed elsewhere."


def test_a_difference_in_the_last_digit_is_said_and_is_no_alarm(tmp_path: Path) -> None:
    snapshot, catalog, store = make(papers=1, tables=2, rows=3)
    one = Explanation(size="last-digit", cause="cut-off", words="as cut off")
    verdicts = tuple(
        v.model_copy(update={"explanation": one}) if v.verdict == "deviates" else v
        for v in snapshot.verdicts
    )
    site = build(snapshot.model_copy(update={"verdicts": verdicts}), catalog, store, tmp_path).out
    page = read(site / "tables" / "paper0-1.html")
    found = [e for e in page.iter("span") if "v-deviates" in e.get("class", "").split()]
    marks = [e for e in found if "last digit" in text(e)]
    assert marks
    assert all("slight" in mark.get("class") for mark in marks)


def test_without_differences_the_pages_say_so(tmp_path: Path) -> None:
    snapshot, catalog, store = make(papers=1, tables=1, rows=2)
    site = build(snapshot.model_copy(update={"verdicts": ()}), catalog, store, tmp_path).out
    assert "No measured value is clearly another one" in text(read(site / "index.html"))
    assert "None of the values measured here." in text(read(site / "differs.html"))


def test_hostile_explanations_stay_text(tmp_path: Path) -> None:
    snapshot, catalog, store = make(papers=1, tables=1, rows=4, text=HOSTILE)
    shown = explained(snapshot, words=HOSTILE, returned=(HOSTILE,))
    site = build(shown, catalog, store, tmp_path).out
    for name in ("index.html", "differs.html"):
        page = read(site / name)
        assert "<script>alert('x')</script>" in text(page)
        assert all(e.get("src") for e in page.iter("script"))
        assert not list(page.iter("img"))


def test_every_page_describes_itself_and_has_an_icon(site: Path) -> None:
    for path in site.rglob("*.html"):
        head = read(path).find("head")
        named = {m.get("name") or m.get("property"): m.get("content") for m in head.iter("meta")}
        assert len(named["description"]) > 40, path
        assert named["og:title"] == text(head.find("title"))
        assert named["og:description"] == named["description"]
        icon = next(e.get("href") for e in head.iter("link") if e.get("rel") == "icon")
        assert (path.parent / icon).is_file()


def test_the_first_page_says_what_is_still_being_measured(tmp_path: Path) -> None:
    build(*make(papers=1, rows=1), tmp_path, going=Going(("run@<b>", "run@two"), 3))
    page = read(tmp_path / "index.html")
    [callout] = [text(e) for e in page.iter("p") if e.get("class") == "callout"]
    assert callout == (
        "Still being measured when this page was built: run@<b>, run@two, then 3 more stages. "
        "The page is built again as results arrive; reload it."
    )


def test_a_menu_of_many_papers_leads_to_the_first_page(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(all_pages, "MENU", 1)
    build(*make(papers=2, rows=1), tmp_path)
    page = read(tmp_path / "tables" / "paper0-1.html")
    menu = next(e for e in page.iter("details") if e.get("class") == "menu")
    assert [(a.get("href"), text(a)) for a in menu.iter("a")] == [("../index.html#papers", "All 2")]
