"""The site in a real browser (Debian's Chromium), opened from disk."""

from pathlib import Path
from typing import Any

import pytest

from reports.site import build
from tests.factories import make
from tests.reports.browser import Watched
from tests.reports.conftest import pages


@pytest.mark.parametrize("width", [360, 1600])
@pytest.mark.parametrize("data", ["plain", "hostile"])
def test_every_page_loads_without_errors_network_or_overflow(
    debian: Any, request: pytest.FixtureRequest, data: str, width: int
) -> None:
    one = Watched(debian, viewport={"width": width, "height": 800})
    every = pages(request.getfixturevalue(data))
    kinds = [page for page in every if page.parent.name != "models" or page.stem.endswith("0")]
    for page in every if width == 1600 else kinds:
        shown = one.open(page)
        assert shown.evaluate("document.documentElement.scrollWidth") <= width, page
    one.context.close()
    assert one.errors == []
    assert one.requests
    assert {url.partition(":")[0] for url in one.requests} <= {"file", "data"}


@pytest.mark.parametrize("width", [360, 1280, 1920])
def test_a_caption_is_no_wider_than_what_is_seen_of_its_table(
    debian: Any, plain: Path, width: int
) -> None:
    one = Watched(debian, viewport={"width": width, "height": 800})
    page = one.open(plain / "leaderboard.html")
    box = page.locator(".scroll", has=page.locator("caption")).first
    box.evaluate("e => { e.querySelector('table').style.minWidth = '3000px' }")
    assert box.evaluate("e => e.scrollWidth") >= 3000
    shown = box.evaluate("e => [e.querySelector('caption').offsetWidth, e.clientWidth]")
    assert 0 < shown[0] <= shown[1]
    one.context.close()


def test_without_javascript_every_value_is_readable(debian: Any, plain: Path) -> None:
    one = Watched(debian, java_script_enabled=False)
    page = one.open(plain / "leaderboard.html")
    assert page.locator("form.controls").is_hidden()
    assert page.locator("button.theme").is_hidden()
    rows = page.locator("table.board tbody tr:not(.group)")
    assert rows.count() > 10
    assert all(rows.nth(i).is_visible() for i in range(rows.count()))
    page = one.open(plain / "tables" / "paper0-1.html")
    button = page.locator("td.judged > button").first
    button.click()
    card = page.locator(f"#{button.get_attribute('popovertarget')}")
    assert card.is_visible()
    assert "Commit" in card.inner_text()
    one.context.close()


def test_a_chosen_theme_is_kept(watched: Watched, plain: Path) -> None:
    page = watched.open(plain / "index.html")
    background = "getComputedStyle(document.body).backgroundColor"
    light = page.evaluate(background)
    page.locator("button.theme").click()
    page.locator("button.theme").click()
    assert "dark" in page.locator("button.theme").inner_text()
    dark = page.evaluate(background)
    assert dark != light
    page.reload()
    assert page.evaluate(background) == dark


def test_a_cell_is_opened_and_closed_by_keyboard(watched: Watched, plain: Path) -> None:
    page = watched.open(plain / "tables" / "paper0-1.html")
    button = page.locator("td.judged > button").first
    button.focus()
    page.keyboard.press("Enter")
    card = page.locator(f"#{button.get_attribute('popovertarget')}")
    assert card.is_visible()
    page.keyboard.press("Escape")
    assert card.is_hidden()


def test_commands_can_be_copied(watched: Watched, plain: Path) -> None:
    page = watched.open(plain / "models" / "paper0-model0.html")
    page.locator("summary", has_text="Source of these counts").click()
    page.locator("dl.trace code.command + button.copy:visible").first.click()
    page.locator("#announcement", has_text="Copied").wait_for(state="attached")
    assert page.evaluate("navigator.clipboard.readText()").startswith("repropose measure")


def test_a_table_is_copied_as_latex_markdown_and_bibtex(watched: Watched, plain: Path) -> None:
    page = watched.open(plain / "tables" / "paper0-1.html")
    for name, start in (("LaTeX", r"\begin{table}"), ("Markdown", "### "), ("BibTeX", "@")):
        button = page.get_by_role("button", name=f"Copy {name}")
        button.focus()
        page.keyboard.press("Enter")
        page.locator("#announcement", has_text="Copied").wait_for(state="attached")
        assert page.evaluate("navigator.clipboard.readText()").startswith(start)
    stored = (plain / "tables" / "paper0-1.md").read_text("utf-8")
    page.get_by_role("button", name="Copy Markdown").click()
    page.get_by_text("Copied").first.wait_for(state="attached")
    assert page.evaluate("navigator.clipboard.readText()") == stored


def test_a_card_opens_on_hover_and_stays_open_if_clicked(watched: Watched, plain: Path) -> None:
    page = watched.open(plain / "tables" / "paper0-1.html")
    button = page.locator("td.judged > button").nth(4)
    card = page.locator(f"#{button.get_attribute('popovertarget')}")
    button.hover()
    card.wait_for(state="visible")
    page.mouse.move(2, 2)
    card.wait_for(state="hidden")
    button.hover()
    card.wait_for(state="visible")
    button.click()
    page.mouse.move(2, 2)
    page.wait_for_timeout(300)
    assert card.is_visible()
    page.keyboard.press("Escape")
    assert card.is_hidden()


def test_two_results_are_compared_image_by_image(watched: Watched, compared: Path) -> None:
    page = watched.open(compared / "compare.html")
    page.locator("[name=a]").select_option("paper0-run0, lab, seed-0")
    page.locator("[name=b]").select_option("paper0-run0, lab, seed-1")
    shown = page.locator(".pair-shown")
    assert (
        "2 of 3 images changed (correct only in the second: 1, only in the first: 1)."
        in shown.inner_text()
    )
    assert [r.split() for r in shown.locator("table", has_text="Correct in").locator("tbody tr").all_inner_texts()] == [
        ["13", "90", "%", "10", "%", "first"], ["11", "40", "%", "60", "%", "second"],
    ]  # fmt: skip
    assert "+0.20" in shown.inner_text()
    address, text = page.url, shown.inner_text()
    page.goto("about:blank")
    page.goto(address)
    assert shown.inner_text() == text
    page.locator("[name=b]").select_option("paper0-run1, lab, seed-0")
    assert "no scores per image" in shown.inner_text()
    assert watched.errors == []


@pytest.mark.parametrize("text", ["x" * 200, ("A title of many words " * 10)[:200]], ids=len)
def test_a_title_of_200_characters_widens_nobodys_column(
    debian: Any, tmp_path: Path, text: str
) -> None:
    site = build(*make(papers=1, tables=1, rows=3, text=text), tmp_path).out
    one = Watched(debian, viewport={"width": 1280, "height": 900})
    wide = "all => all.filter(e => e.scrollWidth > e.clientWidth).length"
    for name in ("index.html", "leaderboard.html", "tables/paper0-1.html", "evidence.html"):
        page = one.open(site / name)
        assert page.locator(".scroll:has(> table):visible").evaluate_all(wide) == 0, name
        heights = "all => all.map(e => e.offsetHeight / parseFloat(getComputedStyle(e).lineHeight))"
        assert max(page.locator("h1, h3").evaluate_all(heights)) < 6.5, name
        cards = page.locator("article.short h3").evaluate_all(heights)
        assert all(lines < 2.5 for lines in cards), name
    one.context.close()
