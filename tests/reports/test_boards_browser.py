"""The boards of the leaderboard in a real browser: what the script does is what the page and Python say."""

import json
from pathlib import Path
from typing import Any

from reports.pages.board import LIMIT
from tests.benchmarks.measure_sort import crowded
from tests.reports.browser import Watched

ROWS = "table.board tbody tr:not(.group)"


def names(page: Any) -> list[str]:
    return page.locator(f"{ROWS} th.name > :first-child").all_inner_texts()


def column(page: Any, metric: str, side: str) -> list[str]:
    """The texts of a column, by the place of its head."""
    place = page.locator(f"th[data-metric={metric}][data-side={side}]").evaluate(
        "e => e.cellIndex + 1"
    )
    return page.locator(ROWS).evaluate_all(
        "(rows, at) => rows.map(r => r.cells[at].firstChild.textContent)", place
    )


def numbers(texts: list[str]) -> list[float]:
    return [float(text.replace("\u202f", "")) for text in texts if text != "·"]


def test_rows_drawn_by_the_script_are_those_of_the_page(watched: Watched, plain: Path) -> None:
    page = watched.open(plain / "leaderboard.html")
    written = page.locator("table.board tbody").evaluate_all("all => all.map(b => b.outerHTML)")
    page.locator("[name=strict]").check()
    page.locator("[name=strict]").uncheck()
    drawn = page.locator("table.board tbody").evaluate_all("all => all.map(b => b.outerHTML)")
    assert ["".join(one.split()) for one in drawn] == ["".join(one.split()) for one in written]
    assert watched.errors == []


def test_every_column_is_sorted_by_the_value_it_shows(watched: Watched, plain: Path) -> None:
    page = watched.open(plain / "leaderboard.html")
    heads = page.locator("th[data-side]:visible").evaluate_all(
        "all => all.map(e => [e.dataset.metric, e.dataset.side, e.dataset.better])"
    )
    assert {("AP", "printed"), ("params", "here"), ("fps", "here")} <= {(m, s) for m, s, _ in heads}
    for metric, side, better in heads:
        head = page.locator(f"th[data-metric={metric}][data-side={side}]")
        head.locator("button").click()
        found = numbers(column(page, metric, side))
        assert len(found) > 5
        assert found == sorted(found, reverse=better == "higher"), (metric, side)
        assert head.get_attribute("aria-sort") == f"{'de' if better == 'higher' else 'a'}scending"
    head.locator("button").click()
    assert numbers(column(page, metric, side)) == found[::-1]


def test_strict_groups_are_ranked_as_in_the_downloads(watched: Watched, plain: Path) -> None:
    page = watched.open(plain / "leaderboard.html", "#strict=1")
    records = json.loads((plain / "files" / "leaderboard.json").read_text("utf-8"))["figures"]
    printed = [one for one in records if not one["group"].startswith("m")]
    expected = {(one["label"], one["source"]): one["rank"] or "unranked" for one in printed}
    found = page.locator(f"{ROWS} th.name").evaluate_all("all => all.map(e => e.innerText)")
    assert len(found) == len(expected)
    ranks = sorted(text.split()[0] for text in found)
    assert ranks == sorted(expected.values())
    assert any("–" in rank for rank in ranks)


def test_a_view_can_be_sent_as_a_link(watched: Watched, plain: Path) -> None:
    page = watched.open(plain / "leaderboard.html")
    page.locator("[name=q]").fill("method-r-a1")
    page.locator("[name=origin]").select_option("own")
    page.locator("th[data-metric=AP] button").first.click()
    page.locator("summary", has_text="Columns").click()
    page.locator("[name=cols][value=fps]").uncheck()
    shown, address = names(page), page.url
    assert shown
    assert all("R-A1" in name for name in shown)
    page.locator("summary", has_text="Share").click()
    page.locator("button[data-copy=link]").click()
    page.locator("#announcement", has_text="Copied").wait_for(state="attached")
    assert page.evaluate("navigator.clipboard.readText()") == address
    page.goto("about:blank")
    page.goto(address)
    assert names(page) == shown
    assert page.locator("[name=q]").input_value() == "method-r-a1"
    assert page.locator("th[data-metric=AP][data-side=printed]").get_attribute("aria-sort")
    assert page.locator("th[data-metric=fps]").first.is_hidden()
    page.locator("button[type=reset]").click()
    page.locator("th[data-metric=fps]").first.wait_for(state="visible")
    assert "#" not in page.url
    assert len(names(page)) > len(shown)


def test_a_meaningless_address_shows_everything(watched: Watched, plain: Path) -> None:
    page = watched.open(plain / "leaderboard.html", "#sort=<b>.x&origin=nowhere&cols=&x=%E0%A4%A")
    assert page.locator(ROWS).first.is_visible()
    assert page.locator("[aria-sort]").count() == 0
    assert watched.errors == []


def test_a_limit_leaves_rows_that_cost_no_more_and_the_front_those_that_none_beats(
    watched: Watched, plain: Path
) -> None:
    page = watched.open(plain / "leaderboard.html")
    page.locator("[name=flops]").fill("5.8")
    costs = numbers(column(page, "flops", "here"))
    assert costs
    assert max(costs) <= 5.8
    page.locator("[name=flops]").fill("")
    page.locator("[name=front]").select_option("params")
    cost, gain = (numbers(column(page, *key)) for key in (("params", "printed"), ("AP", "printed")))
    assert 0 < len(gain) < 10
    assert gain == sorted(gain, reverse=True)
    assert cost == sorted(cost, reverse=True)


def test_the_visible_rows_are_copied(watched: Watched, plain: Path) -> None:
    page = watched.open(plain / "leaderboard.html", "#q=method-r-a1&cols=AP,params")
    page.locator("summary", has_text="Share").click()
    for name, row in (("Markdown", "| "), ("LaTeX", r"\begin{tabular}")):
        page.get_by_role("button", name=f"Copy as {name}").click()
        page.locator("#announcement", has_text="Copied").wait_for(state="attached")
        text = page.evaluate("navigator.clipboard.readText()")
        assert row in text
        assert "70.1" in text
        assert "FPS" not in text
        assert "Params M here" in text


def test_of_twenty_thousand_rows_the_page_holds_few_and_stays_small(
    watched: Watched, plain: Path, tmp_path: Path
) -> None:
    """`measure_sort` measures the time that this saves."""
    path = crowded(plain, tmp_path, 20_000)
    assert path.stat().st_size < 8e6
    page = watched.open(path)
    assert page.locator(ROWS).count() == LIMIT
    page.locator("th[data-metric=AP] button").first.click()
    assert page.locator(ROWS).count() == LIMIT
    best = numbers(column(page, "AP", "printed"))
    assert best == sorted(best, reverse=True)
    page.get_by_role("button", name=f"Show {LIMIT} more").click()
    assert page.locator(ROWS).count() == 2 * LIMIT
    everything = "document.createNodeIterator(document, NodeFilter.SHOW_ALL)"
    nodes = page.evaluate(
        f"(() => {{ const i = {everything}; let n = 0; while (i.nextNode()) n++; return n; }})()"
    )
    assert nodes < 60_000


def test_without_javascript_the_board_has_its_rows_and_no_dead_controls(
    debian: Any, plain: Path
) -> None:
    one = Watched(debian, java_script_enabled=False)
    page = one.open(plain / "boards" / "trained-here.html")
    assert page.locator(ROWS).count() == 20
    assert page.locator("form.controls").is_hidden()
    assert page.locator("nav.boards a").count() == 2
    one.context.close()
