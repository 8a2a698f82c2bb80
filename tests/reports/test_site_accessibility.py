"""Accessibility of every kind of page in a real browser: axe-core, no JavaScript, black and white."""

import re
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import axe_playwright_python
import pytest

from reports.site import build
from tests.reports.browser import Watched
from tests.reports.gallery_fixture import make_with_gallery

KINDS = (
    "index.html",
    "differs.html",
    "values/paper-paper0-undecided.html",
    "how-it-works.html",
    "models.html",
    "leaderboard.html",
    "boards/trained-here.html",
    "plots.html",
    "explore.html",
    "compare.html",
    "submissions.html",
    "tables/paper0-1.html",
    "papers/paper0.html",
    "models/paper0-model0.html",
    "evidence.html",
    "claims.html",
    "volunteers.html",
    "search.html",
    "papers/paper0-notes.html",
    "evidence/results/lab/paper0-run0/seed-0.html",
    "history.html",
)


AXE_OPTIONS = {
    "resultTypes": ["violations"],
    "rules": {"target-size": {"enabled": True}},
}  # of the rules that pass only the names are needed


@pytest.fixture(scope="module")
def axe() -> str:
    return (Path(axe_playwright_python.__file__).parent / "axe.min.js").read_text("utf-8")


def violations(page: Any, axe: str, **options: Any) -> list[tuple[str, str]]:
    """The violations that axe-core reports; contrast is always among the rules checked."""
    page.evaluate(axe)
    found = page.evaluate("options => axe.run(options)", AXE_OPTIONS | options)
    assert "color-contrast" in {rule["id"] for rule in found["passes"] + found["violations"]}
    return [(v["id"], v["nodes"][0]["html"][:200]) for v in found["violations"]]


@pytest.fixture(scope="module")
def gallery_page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model page with a gallery."""
    folder = tmp_path_factory.mktemp("gallery")
    return build(*make_with_gallery(folder), folder / "site").out / "models" / "paper0-model0.html"


@pytest.mark.parametrize("width", [360, 1600])
def test_the_layout_of_a_gallery_does_not_shift_while_its_pictures_load(
    debian: Any, gallery_page: Path, width: int
) -> None:
    one = Watched(debian, viewport={"width": width, "height": 700})
    page = one.open(gallery_page)
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
    assert one.errors == []
    assert {url.partition(":")[0] for url in one.requests} <= {"file", "data"}
    one.context.close()


def test_axe_finds_no_violation_in_a_gallery(
    watched: Watched, axe: str, gallery_page: Path
) -> None:
    page = watched.open(gallery_page)
    page.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")
    assert violations(page, axe) == []
    page.emulate_media(color_scheme="dark")
    assert violations(page, axe, runOnly=["color-contrast"]) == []


def test_without_javascript_a_gallery_and_its_bars_are_there(
    debian: Any, gallery_page: Path
) -> None:
    one = Watched(debian, java_script_enabled=False)
    page = one.open(gallery_page)
    assert page.locator("section.gallery img").first.is_visible()
    assert page.locator("section.diagnosis svg[role=img] rect").count() > 10
    one.context.close()


def test_bars_differ_by_pattern_not_by_colour_alone(watched: Watched, gallery_page: Path) -> None:
    page = watched.open(gallery_page)
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


@pytest.fixture(scope="module")
def one_page(debian: Any) -> Iterator[Watched]:
    one = Watched(debian, viewport={"width": 1280, "height": 900})
    yield one
    one.context.close()


@pytest.mark.parametrize("kind", KINDS)
def test_axe_finds_no_violation(one_page: Watched, axe: str, small: Path, kind: str) -> None:
    """Light, narrow and dark, with targets of 24 px; colours do not depend on the width."""
    page = one_page.page
    page.emulate_media(color_scheme="light")
    page.set_viewport_size({"width": 1280, "height": 900})
    page = one_page.open(small / kind)
    assert violations(page, axe) == []
    regions = page.locator("[role=region]").evaluate_all("all => all.map(e => e.ariaLabel)")
    assert all(regions)
    assert len(set(regions)) == len(regions)
    page.set_viewport_size({"width": 360, "height": 900})
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    assert violations(page, axe) == []
    page.emulate_media(color_scheme="dark")
    assert violations(page, axe, runOnly=["color-contrast"]) == []


def test_on_a_narrow_screen_filters_are_folded_and_one_metric_is_shown(
    debian: Any, small: Path
) -> None:
    one = Watched(debian, viewport={"width": 360, "height": 900})
    page = one.open(small / "leaderboard.html")
    filters = page.get_by_text("Filters", exact=True)
    assert page.locator("[name=q]").is_hidden()
    shown = "all => [...new Set(all.filter(e => e.checkVisibility()).map(e => e.dataset.metric))]"
    assert page.locator("th[data-side]").evaluate_all(shown) == ["AP"]
    page.get_by_label("Metric").select_option("params")
    assert page.locator("th[data-side]").evaluate_all(shown) == ["params"]
    box = page.locator(".board-place")
    assert box.evaluate("e => e.scrollWidth <= e.clientWidth")
    filters.click()
    assert page.locator("[name=q]").is_visible()
    page.get_by_label("FLOPs at most").fill(
        "1000"
    )  # what is filtered by is shown, the accuracy below the name
    assert page.locator("th[data-side]").evaluate_all(shown) == ["flops"]
    assert re.search(
        r"AP \d", page.locator("table.board tbody tr:not(.group) .origin").first.inner_text()
    )
    page.reload()
    assert page.locator("th[data-side]").evaluate_all(shown) == ["flops"]
    page.set_viewport_size({"width": 1280, "height": 900})
    assert filters.is_hidden()
    assert page.locator("[name=q]").is_visible()
    assert len(page.locator("th[data-side]").evaluate_all(shown)) > 1
    one.context.close()


@pytest.mark.parametrize("name", ["index.html", "tables/paper0-1.html"])
def test_on_a_narrow_screen_tables_are_stacked(debian: Any, small: Path, name: str) -> None:
    one = Watched(debian, viewport={"width": 360, "height": 900})
    page = one.open(small / name)
    wide = page.locator("main .scroll:has(> table):visible").evaluate_all(
        "all => all.filter(e => e.scrollWidth > e.clientWidth).length"
    )
    assert wide == 0
    one.context.close()


@pytest.mark.parametrize("name", ["leaderboard.html", "tables/paper0-1.html"])
def test_the_head_of_a_table_stays_in_sight(debian: Any, plain: Path, name: str) -> None:
    one = Watched(debian, viewport={"width": 1280, "height": 300})
    page = one.open(plain / name)
    last = page.locator(".scroll > table tbody tr").last
    last.scroll_into_view_if_needed()
    head = page.locator(".scroll > table > thead").first.bounding_box()
    assert 0 <= head["y"] < 100
    assert head["y"] + head["height"] <= last.bounding_box()["y"]
    one.context.close()


def test_a_cell_is_named_with_its_row_and_column(debian: Any, plain: Path) -> None:
    one = Watched(debian)
    page = one.open(plain / "tables" / "paper0-1.html")
    names = page.locator("td.judged > button").evaluate_all("all => all.map(e => e.textContent)")
    cells = [" ".join(name.split()) for name in names]
    assert cells
    assert all(
        re.match(r"[^,]*Method\S.*, (AP|AR|#?Params|G?FLOPs|FPS).*: printed ", c) for c in cells
    )
    assert len(set(cells)) == len(cells)
    one.context.close()


def test_the_greys_of_a_bar_differ_from_the_page_and_from_each_other(
    watched: Watched, plain: Path
) -> None:
    page = watched.open(plain / "index.html")

    def luminance(css: str) -> float:
        parts = [int(x) / 255 for x in re.findall(r"\d+", css)[:3]]
        red, green, blue = (
            x / 12.92 if x <= 0.04045 else ((x + 0.055) / 1.055) ** 2.4 for x in parts
        )
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue

    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        page.evaluate(
            "document.body.insertAdjacentHTML('beforeend', '<svg class=\"bar\">' + ['not-run', 'quoted', 'unjudged']"
            ".map(k => `<rect class=\"v-${k}\"/>`).join('') + '</svg>')"
        )
        fills = page.locator("body > svg.bar rect").evaluate_all(
            "all => all.map(e => getComputedStyle(e).fill)"
        )
        ground = page.evaluate("getComputedStyle(document.body).backgroundColor")
        lights = [luminance(css) + 0.05 for css in (ground, *fills[:3])]
        ratios = [max(a, b) / min(a, b) for a, b in pairwise(lights)]
        assert ratios[0] >= 3  # WCAG 1.4.11
        assert all(ratio >= 1.8 for ratio in ratios[1:])
        assert len(set(fills)) == 3


def test_axe_finds_no_violation_in_an_open_card(watched: Watched, axe: str, small: Path) -> None:
    page = watched.open(small / "tables" / "paper0-1.html")
    page.locator("td.judged > button").first.click()
    assert violations(page, axe) == []
