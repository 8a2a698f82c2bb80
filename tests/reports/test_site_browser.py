"""The site in a real browser (Debian's Chromium), opened from disk."""

from pathlib import Path
from typing import Any

import pytest

from tests.benchmarks.measure_sort import crowded
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
    assert rows.count() > 20
    assert all(rows.nth(i).is_visible() for i in range(rows.count()))
    page = one.open(plain / "tables" / "paper0-1.html")
    button = page.locator("td.judged > button").first
    button.click()
    card = page.locator(f"#{button.get_attribute('popovertarget')}")
    assert card.is_visible()
    assert "Commit" in card.inner_text()
    one.context.close()


def names(page: Any, group: str = "g1") -> list[str]:
    return page.locator(f"#{group} tr:not(.group):visible th.name > :first-child").all_inner_texts()


def test_sorting_orders_rows_within_a_protocol_and_says_so(watched: Watched, plain: Path) -> None:
    page = watched.open(plain / "leaderboard.html")
    header = page.locator("th[data-col=params]")
    before = [page.locator(f"#{g} tr").count() for g in ("g1", "m1")]
    header.locator("button").click()
    assert header.get_attribute("aria-sort") == "ascending"
    values = page.locator("#g1 td[data-col=params][data-p]").evaluate_all(
        "cells => cells.map(c => Number(c.dataset.p))"
    )
    assert len(values) > 5
    assert values == sorted(values)
    header.locator("button").click()
    assert header.get_attribute("aria-sort") == "descending"
    values = page.locator("#g1 td[data-col=params][data-p]").evaluate_all(
        "cells => cells.map(c => Number(c.dataset.p))"
    )
    assert values == sorted(values, reverse=True)
    assert before == [page.locator(f"#{g} tr").count() for g in ("g1", "m1")]


def test_the_browsers_ranks_are_the_ones_python_computed(watched: Watched, plain: Path) -> None:
    page = watched.open(plain / "leaderboard.html")
    ranks = "rows => rows.map(r => [r.cells[1].innerText, r.cells[0].innerText])"
    rows = "#%s tr:not(.group)"
    before = [sorted(page.locator(rows % g).evaluate_all(ranks)) for g in ("g1", "m1")]
    page.locator("th[data-col=AP] button").click()
    after = [sorted(page.locator(rows % g).evaluate_all(ranks)) for g in ("g1", "m1")]
    assert before == after
    assert any("–" in rank for _, rank in before[0])


def test_a_view_can_be_sent_as_a_link(watched: Watched, plain: Path) -> None:
    page = watched.open(plain / "leaderboard.html")
    page.locator("[name=q]").fill("method-r-a1")
    page.locator("[name=origin]").select_option("own")
    page.locator("th[data-col=AP] button").click()
    page.locator("summary", has_text="Columns").click()
    page.locator("[name=cols][value=fps]").uncheck()
    shown, address = names(page), page.url
    assert shown
    assert all("R-A1" in name for name in shown)
    page.locator("button[data-copy=link]").click()
    page.locator("#announcement", has_text="Copied").wait_for(state="attached")
    assert page.evaluate("navigator.clipboard.readText()") == address
    page.goto("about:blank")
    page.goto(address)
    assert names(page) == shown
    assert page.locator("[name=q]").input_value() == "method-r-a1"
    assert page.locator("th[data-col=AP]").get_attribute("aria-sort") == "descending"
    assert page.locator("th[data-col=fps]").is_hidden()
    page.locator("button[type=reset]").click()
    page.locator("th[data-col=fps]").wait_for(state="visible")
    assert "#" not in page.url
    assert len(names(page)) > len(shown)


def test_a_meaningless_address_shows_everything(watched: Watched, plain: Path) -> None:
    page = watched.open(
        plain / "leaderboard.html", "#sort=<b>&data=nowhere&cols=&dir=up&x=%E0%A4%A"
    )
    assert page.locator("table.board tbody tr:not(.group)").first.is_visible()
    assert page.locator("[aria-sort]").count() == 0
    assert watched.errors == []


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


def test_protocol_filters_choose_groups_and_are_in_the_address(
    watched: Watched, plain: Path
) -> None:
    page = watched.open(plain / "leaderboard.html")
    before = len(names(page))
    page.locator("[name=boxes]").select_option("ground truth")
    assert "boxes=ground+truth" in page.url
    shown = page.locator("table.board tbody:visible").evaluate_all(
        "all => all.map(b => b.dataset.boxes)"
    )
    assert shown
    assert set(shown) == {"ground truth"}
    page.locator("[name=boxes]").select_option("")
    assert len(names(page)) == before


def test_the_visible_leaderboard_is_copied(watched: Watched, plain: Path) -> None:
    page = watched.open(plain / "leaderboard.html", "#q=method-r-a1&cols=AP,params")
    for name, row in (("Markdown", "| "), ("LaTeX", r"\begin{tabular}")):
        page.get_by_role("button", name=f"Copy as {name}").click()
        page.locator("#announcement", has_text="Copied").wait_for(state="attached")
        text = page.evaluate("navigator.clipboard.readText()")
        assert row in text
        assert "70.1" in text
        assert "FPS" not in text
        assert "printed / measured here" in text


def test_a_copied_value_keeps_its_arrow_its_unit_and_its_side(
    watched: Watched, plain: Path
) -> None:
    page = watched.open(plain / "leaderboard.html", "#cols=params,flops")
    cell = page.locator("tbody:visible td[data-col=params] .printed").first
    cell.evaluate("node => { node.textContent = '5.0M (↓85%)' }")
    page.locator("td[data-col=flops]:has(b) .printed").first.evaluate("node => node.remove()")
    page.get_by_role("button", name="Copy as Markdown").click()
    page.locator("#announcement", has_text="Copied").wait_for(state="attached")
    text = page.evaluate("navigator.clipboard.readText()")
    assert "5.0M \\(↓85%\\)" in text
    assert "G; here MACs" in text
    assert "| – / " in text


def test_of_thousands_of_entries_four_hundred_are_laid_out_at_a_time(
    watched: Watched, plain: Path, tmp_path: Path
) -> None:
    """This keeps sorting fast; `measure_sort` measures it."""
    page = watched.open(crowded(plain, tmp_path, 2000))
    rows = page.locator("table.board tbody tr:not(.group)")
    assert rows.count() == 400
    page.locator("th[data-col=AP] button").click()
    assert rows.count() == 400
    best = page.locator("#g1 td[data-col=AP][data-p]").evaluate_all(
        "all => all.map(c => Number(c.dataset.p))"
    )
    assert best == sorted(best, reverse=True)
    page.get_by_role("button", name="Show 400 more").click()
    assert rows.count() == 800


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
