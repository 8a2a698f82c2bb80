"""Search: what is found, under which names, by keyboard, from any page, without network."""

import json
from pathlib import Path

import pytest

from reports.build.static import MINISEARCH
from reports.pages.search import size_words
from tests.reports.browser import Watched
from tests.reports.conftest import read


def data(site: Path) -> list[list[str]]:
    script = (site / "files/search.js").read_text("ascii")
    start = '"use strict";\nconst SEARCH = '
    assert script.startswith(start)
    return json.loads(script.removeprefix(start).removesuffix(";\n"))


@pytest.mark.parametrize("name", ["plain", "hostile"])
def test_every_document_leads_to_a_page_and_a_place_on_it(
    request: pytest.FixtureRequest, name: str
) -> None:
    site: Path = request.getfixturevalue(name)
    ids = {page: {e.get("id") for e in read(site / page).iter()} for page in pages_of(site)}
    for kind, title, _, url in data(site):
        assert title.strip(), kind
        page, _, fragment = url.partition("#")
        assert page in ids
        assert not fragment or fragment in ids[page], url


def pages_of(site: Path) -> list[str]:
    return [page.relative_to(site).as_posix() for page in site.rglob("*.html")]


def test_papers_tables_rows_models_claims_and_protocols_are_documents(plain: Path) -> None:
    kinds = {kind for kind, *_ in data(plain)}
    assert kinds >= {"page", "paper", "notes", "table", "protocol", "model", "row", "claim"}
    urls = [url for *_, url in data(plain)]
    assert {"models/paper0-model0.html", "claims.html#claim-paper1--claim4"} <= set(urls)


def test_a_size_is_found_either_way_round_and_with_either_sign() -> None:
    assert size_words("256×192") == size_words("256x192") == "256x192 192x256"
    assert size_words("256x256") == "256x256"
    assert size_words("whole image") == ""


def test_the_library_is_there_with_its_licence(plain: Path) -> None:
    library, licence = (plain / "static" / name for name in MINISEARCH)
    assert "MiniSearch" in library.read_text("utf-8")
    assert "Permission is hereby granted" in licence.read_text("utf-8")


def test_a_slash_focuses_the_field_and_arrows_choose(watched: Watched, plain: Path) -> None:
    page = watched.open(plain / "tables/paper0-1.html")
    before = len(watched.requests)
    page.keyboard.press("/")
    field = page.get_by_role("combobox", name="Search the site")
    assert field.evaluate("e => e === document.activeElement")
    assert field.input_value() == ""
    page.keyboard.type("mAP 256x192")
    page.get_by_role("option").first.wait_for()
    assert field.get_attribute("aria-expanded") == "true"
    names = page.get_by_role("option").all_inner_texts()
    assert any("Method1 Table 2" in name for name in names)
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    chosen = page.locator("[role=option][aria-selected=true]")
    assert chosen.count() == 1
    assert field.get_attribute("aria-activedescendant") == chosen.get_attribute("id")
    target = chosen.locator("a").get_attribute("href")
    page.keyboard.press("Enter")
    page.wait_for_url(target)
    assert len(watched.requests) > before
    assert {url.partition(":")[0] for url in watched.requests} == {"file"}
    assert watched.errors == []


def test_misspelt_words_are_found_and_nonsense_is_not(watched: Watched, plain: Path) -> None:
    page = watched.open(plain / "index.html")
    field = page.get_by_role("combobox", name="Search the site")
    field.fill("leaderbord")
    page.get_by_role("option", name="Leaderboard").wait_for()
    field.fill("qqqqqqqq")
    page.get_by_text("Nothing found").wait_for()
    assert page.get_by_role("option").count() == 0
    field.press("Escape")
    assert page.get_by_text("Nothing found").count() == 0


def test_a_slash_typed_into_a_field_stays_there(watched: Watched, plain: Path) -> None:
    page = watched.open(plain / "leaderboard.html")
    other = page.locator("[name=q]")
    other.focus()
    page.keyboard.type("a/b")
    assert other.input_value() == "a/b"


def test_hostile_titles_are_shown_as_text(watched: Watched, hostile: Path) -> None:
    page = watched.open(hostile / "search.html")
    page.get_by_role("combobox", name="Search the site").fill("script alert")
    page.get_by_role("option").first.wait_for()
    assert "<script>" in page.get_by_role("option").first.inner_text()
    assert watched.errors == []


def test_without_scripts_a_link_leads_to_a_list_of_everything(plain: Path) -> None:
    links = {a.get("href") for a in read(plain / "tables/paper0-1.html").iter("a")}
    assert "../search.html" in links
    listed = {a.get("href") for a in read(plain / "search.html").iter("a")}
    assert {"tables/paper1-2.html", "models/paper0-model0.html", "papers/paper0.html"} <= listed
