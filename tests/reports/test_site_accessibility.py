"""Accessibility of every kind of page in a real browser: axe-core, no JavaScript, black and white."""

import re
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
)


AXE_OPTIONS = {"resultTypes": ["violations"]}  # of the rules that pass only the names are needed


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


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_no_violation_in_a_gallery(
    debian: Any, axe: str, gallery_page: Path, scheme: str
) -> None:
    one = Watched(debian, viewport={"width": 1280, "height": 900}, color_scheme=scheme)
    page = one.open(gallery_page)
    page.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")
    assert violations(page, axe) == []
    one.context.close()


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


@pytest.mark.parametrize("kind", KINDS)
def test_axe_finds_no_violation(debian: Any, axe: str, small: Path, kind: str) -> None:
    light = Watched(debian, viewport={"width": 1280, "height": 900}, color_scheme="light")
    assert violations(light.open(small / kind), axe) == []
    light.context.close()
    dark = Watched(debian, viewport={"width": 1280, "height": 900}, color_scheme="dark")
    assert violations(dark.open(small / kind), axe, runOnly=["color-contrast"]) == []
    dark.context.close()


def test_axe_finds_no_violation_in_an_open_card(watched: Watched, axe: str, plain: Path) -> None:
    page = watched.open(plain / "tables" / "paper0-1.html")
    page.locator("td.judged > button").first.click()
    assert violations(page, axe) == []
