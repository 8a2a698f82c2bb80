"""The site in a real browser (Debian's Chromium), opened from disk."""

import os
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from reports.site import build
from tests.reports.conftest import pages
from tests.reports.hung import make_hung

playwright = pytest.importorskip("playwright.sync_api", reason="playwright drives the browser")
CHROMIUM = os.environ.get("REPROPOSE_CHROMIUM") or shutil.which("chromium")
pytestmark = pytest.mark.skipif(
    CHROMIUM is None, reason="no Chromium; install it with `apt-get install chromium`"
)
KINDS = (
    "index.html",
    "leaderboard.html",
    "plots.html",
    "compare.html",
    "tables/paper0-1.html",
    "papers/paper0.html",
    "models/paper0-model0.html",
)


@pytest.fixture(scope="module")
def debian() -> Iterator[Any]:
    with playwright.sync_playwright() as driver:
        arguments = ["--no-sandbox", "--disable-background-networking"]
        chromium = driver.chromium.launch(executable_path=CHROMIUM, args=arguments)
        yield chromium
        chromium.close()


class Watched:
    """A page with everything it complained about and asked for."""

    def __init__(self, browser: Any, **options: Any) -> None:
        self.context = browser.new_context(**options)
        self.page = self.context.new_page()
        self.complaints: list[str] = []
        self.requests: list[str] = []
        self.page.on("console", lambda message: self.complaints.append(message.text))
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("dialog", lambda dialog: self.complaints.append(f"dialog {dialog.message}"))
        self.page.on("request", lambda request: self.requests.append(request.url))

    def open(self, path: Path, fragment: str = "") -> Any:
        self.page.goto(path.as_uri() + fragment)
        return self.page


@pytest.fixture
def watched(debian: Any) -> Iterator[Watched]:
    one = Watched(debian, viewport={"width": 1280, "height": 900})
    one.context.grant_permissions(["clipboard-read", "clipboard-write"])
    yield one
    one.context.close()


@pytest.mark.parametrize("width", [360, 1600])
def test_every_page_loads_without_complaint_network_or_overflow(
    debian: Any, plain: Path, hostile: Path, width: int
) -> None:
    one = Watched(debian, viewport={"width": width, "height": 800})
    every = pages(plain) + pages(hostile)
    kinds = [page for page in every if page.parent.name != "models" or page.stem.endswith("0")]
    for page in every if width == 1600 else kinds:
        shown = one.open(page)
        assert shown.evaluate("document.documentElement.scrollWidth") <= width, page
    one.context.close()
    assert one.complaints == []
    assert one.requests
    assert {url.partition(":")[0] for url in one.requests} <= {"file", "data"}


@pytest.fixture(scope="module")
def hung(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model page with a gallery."""
    folder = tmp_path_factory.mktemp("hung")
    return build(*make_hung(folder), folder / "site").out / "models" / "paper0-model0.html"


@pytest.mark.parametrize("width", [360, 1600])
def test_a_gallery_keeps_its_place_while_its_pictures_load(
    debian: Any, hung: Path, width: int
) -> None:
    one = Watched(debian, viewport={"width": width, "height": 700})
    page = one.open(hung)
    height = page.evaluate("document.documentElement.scrollHeight")
    images = page.locator("section.gallery img")
    assert images.count() == 5
    for i in range(5):
        images.nth(i).scroll_into_view_if_needed()
        page.wait_for_function(
            "e => e.complete && e.naturalWidth > 0", arg=images.nth(i).element_handle()
        )
    assert page.evaluate("document.documentElement.scrollHeight") == height
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert images.nth(2).bounding_box()["width"] <= width
    assert one.complaints == []
    assert {url.partition(":")[0] for url in one.requests} <= {"file", "data"}
    one.context.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_no_violation_in_a_gallery(debian: Any, hung: Path, scheme: str) -> None:
    axe = pytest.importorskip("axe_playwright_python", reason="axe-core comes with it")
    one = Watched(debian, viewport={"width": 1280, "height": 900}, color_scheme=scheme)
    page = one.open(hung)
    page.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")
    page.evaluate((Path(axe.__file__).parent / "axe.min.js").read_text("utf-8"))
    found = page.evaluate("axe.run()")
    assert [(v["id"], v["nodes"][0]["html"][:200]) for v in found["violations"]] == []
    one.context.close()


def test_without_javascript_a_gallery_and_its_bars_are_there(debian: Any, hung: Path) -> None:
    one = Watched(debian, java_script_enabled=False)
    page = one.open(hung)
    assert page.locator("section.gallery img").first.is_visible()
    assert page.locator("section.diagnosis svg[role=img] rect").count() > 10
    one.context.close()


def test_bars_differ_by_pattern_not_by_colour_alone(watched: Watched, hung: Path) -> None:
    page = watched.open(hung)
    fill = "e => getComputedStyle(e).fill"
    fills = {
        kind: page.locator(f"svg[role=img] .bar-{kind}").first.evaluate(fill)
        for kind in ("good", "jitter", "inversion", "swap", "miss")
    }
    patterns = {kind for kind, value in fills.items() if "url(" in value}
    assert patterns == {"jitter", "inversion", "swap"}
    for kind in patterns:
        assert page.locator(f"#p-{kind}").count() == 1
    grey = [sum(map(int, re.findall(r"\d+", fills[k])[:3])) for k in ("good", "miss")]
    assert abs(grey[0] - grey[1]) > 300  # of 765: light and dark in black and white


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_no_violation(debian: Any, small: Path, scheme: str) -> None:
    axe = pytest.importorskip("axe_playwright_python", reason="axe-core comes with it")
    script = (Path(axe.__file__).parent / "axe.min.js").read_text("utf-8")
    one = Watched(debian, viewport={"width": 1280, "height": 900}, color_scheme=scheme)
    rules = {} if scheme == "light" else {"runOnly": ["color-contrast"]}
    for kind in KINDS:
        page = one.open(small / kind)
        page.evaluate(script)
        found = page.evaluate("rules => axe.run(rules)", rules)
        assert "color-contrast" in {rule["id"] for rule in found["passes"]}
        told = [(v["id"], v["nodes"][0]["html"][:200]) for v in found["violations"]]
        assert told == [], kind
    one.context.close()


def test_axe_finds_no_violation_in_an_open_card(watched: Watched, plain: Path) -> None:
    axe = pytest.importorskip("axe_playwright_python", reason="axe-core comes with it")
    page = watched.open(plain / "tables" / "paper0-1.html")
    page.locator("td.judged > button").first.click()
    page.evaluate((Path(axe.__file__).parent / "axe.min.js").read_text("utf-8"))
    found = page.evaluate("axe.run()")
    assert [(v["id"], v["nodes"][0]["html"][:200]) for v in found["violations"]] == []


def test_without_javascript_every_figure_is_readable(debian: Any, plain: Path) -> None:
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
    page.locator("#told", has_text="Copied").wait_for(state="attached")
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
    assert watched.complaints == []


def test_the_theme_is_chosen_by_hand_and_kept(watched: Watched, plain: Path) -> None:
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
    page.locator("summary", has_text="Where these counts").click()
    page.locator("code.command + button.copy:visible").first.click()
    page.locator("#told", has_text="Copied").wait_for(state="attached")
    assert page.evaluate("navigator.clipboard.readText()").startswith("repropose measure")


def test_a_table_is_copied_as_latex_markdown_and_bibtex(watched: Watched, plain: Path) -> None:
    page = watched.open(plain / "tables" / "paper0-1.html")
    for name, start in (("LaTeX", r"\begin{table}"), ("Markdown", "### "), ("BibTeX", "@")):
        button = page.get_by_role("button", name=f"Copy {name}")
        button.focus()
        page.keyboard.press("Enter")
        page.locator("#told", has_text="Copied").wait_for(state="attached")
        assert page.evaluate("navigator.clipboard.readText()").startswith(start)
    stored = (plain / "tables" / "paper0-1.md").read_text("utf-8")
    page.get_by_role("button", name="Copy Markdown").click()
    page.get_by_text("Copied").first.wait_for(state="attached")
    assert page.evaluate("navigator.clipboard.readText()") == stored


def test_a_card_opens_while_the_pointer_rests_and_stays_if_clicked(
    watched: Watched, plain: Path
) -> None:
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


def test_protocol_parts_choose_groups_and_go_into_the_address(
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


def test_the_shown_leaderboard_is_copied(watched: Watched, plain: Path) -> None:
    page = watched.open(plain / "leaderboard.html", "#q=method-r-a1&cols=AP,params")
    for name, row in (("Markdown", "| "), ("LaTeX", r"\begin{tabular}")):
        page.get_by_role("button", name=f"Copy as {name}").click()
        page.locator("#told", has_text="Copied").wait_for(state="attached")
        text = page.evaluate("navigator.clipboard.readText()")
        assert row in text
        assert "70.1" in text
        assert "FPS" not in text


def test_twenty_thousand_entries_sort_and_filter_without_a_pause(
    watched: Watched, plain: Path, tmp_path: Path
) -> None:
    source = (plain / "leaderboard.html").read_text("utf-8")
    head, group, rest = source.partition('<tbody id="g1"')
    body, end, after = rest.partition("</tbody>")
    title, first, rows = body.partition('<tr class="own"')
    many = (first + rows) * (20_000 // (first + rows).count("<tr "))
    (tmp_path / "static").symlink_to(plain / "static")
    (tmp_path / "leaderboard.html").write_text(head + group + title + many + end + after, "utf-8")
    page = watched.open(tmp_path / "leaderboard.html")
    assert page.locator("table.board tbody tr:not(.group)").count() == 400
    spent = """async column => {
      const start = performance.now();
      document.querySelector(`th[data-col=${column}] button`).click();
      await new Promise(done => requestAnimationFrame(() => setTimeout(done)));
      return performance.now() - start;
    }"""
    assert min(page.evaluate(spent, column) for column in ("AP", "params", "AR")) < 1000
    page.get_by_role("button", name="Show 400 more").click()
    assert page.locator("table.board tbody tr:not(.group)").count() == 800


def test_two_results_are_compared_image_by_image(watched: Watched, compared: Path) -> None:
    page = watched.open(compared / "compare.html")
    page.locator("[name=a]").select_option("paper0-run0, lab, seed-0")
    page.locator("[name=b]").select_option("paper0-run0, lab, seed-1")
    shown = page.locator(".pair-shown")
    assert (
        "2 of 3 images flipped: 1 only the second gets right, 1 only the first."
        in shown.inner_text()
    )
    assert [r.split() for r in shown.locator("table", has_text="Right in").locator("tbody tr").all_inner_texts()] == [
        ["13", "90", "%", "10", "%", "first"], ["11", "40", "%", "60", "%", "second"],
    ]  # fmt: skip
    assert "+0.20" in shown.inner_text()
    address, text = page.url, shown.inner_text()
    page.goto("about:blank")
    page.goto(address)
    assert shown.inner_text() == text
    page.locator("[name=b]").select_option("paper0-run1, lab, seed-0")
    assert "no record of each image" in shown.inner_text()
    assert watched.complaints == []
