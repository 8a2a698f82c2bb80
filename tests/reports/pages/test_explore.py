"""One image over all networks: what the page and the scripts of the runs have, in files and in a browser."""

import json
from pathlib import Path
from typing import Any

import pytest

from reports.site import build
from tests.factories import HOSTILE
from tests.reports.browser import Watched
from tests.reports.conftest import read
from tests.reports.gallery_fixture import make_with_gallery, make_with_poses
from tests.reports.pages.test_pages import text
from tests.reports.test_site_accessibility import axe, violations

__all__ = ["axe"]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("explore")
    return build(*make_with_poses(folder), folder / "site").out


def poses(site: Path, run: str) -> Any:
    content = (site / "files/poses" / f"{run}.js").read_text("ascii")
    before, _, rest = content.partition("addPoses(")
    assert before == '"use strict";\n'
    return json.loads(rest.removesuffix(");\n"))


def test_the_script_of_a_run_has_its_poses_and_pictures_that_are_there(site: Path) -> None:
    first, second = (poses(site, f"paper0-run{i}") for i in (0, 1))
    assert [image["number"] for image in first["images"]] == [11, 12, 13]
    assert [image["people"][0]["kinds"][:2] for image in second["images"]] == ["mg", "gg", "--"]
    assert second["images"][2]["people"][0]["predicted"] is None
    assert len(first["names"]) == 17
    for image in first["images"]:
        assert (site / image["picture"][0]).is_file()
    [figure] = first["figures"]
    assert (site / figure["pictures"][0][0]).is_file()
    both = [{image["picture"][0] for image in run["images"]} for run in (first, second)]
    assert both[0] == both[1]  # stored once


def test_without_scripts_the_page_leads_to_the_galleries(debian: Any, site: Path) -> None:
    one = Watched(debian, java_script_enabled=False)
    page = one.open(site / "explore.html")
    assert page.locator("form.explore").is_hidden()
    page.get_by_role("link", name="paper0-run0").click()
    assert page.locator("section.gallery").first.is_visible()
    one.context.close()


def test_a_gallery_without_poses_says_how_to_add_them(tmp_path: Path) -> None:
    out = build(*make_with_gallery(tmp_path), tmp_path / "site").out
    shown = text(read(out / "explore.html"))
    assert "repropose gallery paper0-run0 adds its poses" in shown
    assert not (out / "files/poses").exists()


def test_two_runs_are_drawn_and_the_filter_leaves_the_images_where_they_disagree(
    watched: Watched, site: Path
) -> None:
    page = watched.open(site / "explore.html")
    figures = page.locator(".explore-shown > figure")
    figures.nth(1).wait_for()
    assert page.locator("select[name=i] option").all_text_contents() == [
        "11 (1 difference)",
        "12 (0 differences)",
        "13 (16 differences)",
    ]
    assert "1 miss" in figures.nth(1).inner_text()
    assert page.locator(".explore-shown .pictures img").count() == 1
    page.get_by_label("Only where they disagree").focus()
    page.keyboard.press("Space")
    page.wait_for_function("document.querySelector('[name=i]').length === 2")
    assert "#a=paper0-run0&b=paper0-run1&i=11&d=1" in page.url
    page.get_by_role("button", name="Next").focus()
    page.keyboard.press("Enter")
    page.wait_for_function("location.hash.includes('i=13')")
    assert "16 not detected" in figures.nth(1).inner_text()
    assert page.locator(".explore-shown tr.differs").count() == 16
    page.reload()
    figures.nth(1).wait_for()
    assert "16 not detected" in figures.nth(1).inner_text()
    assert watched.errors == []
    assert {url.partition(":")[0] for url in watched.requests} == {"file"}


@pytest.mark.parametrize(("scheme", "width"), [("light", 1280), ("dark", 360)])
def test_axe_finds_no_violation_in_two_runs(
    debian: Any, axe: str, site: Path, scheme: str, width: int
) -> None:
    one = Watched(debian, viewport={"width": width, "height": 900}, color_scheme=scheme)
    page = one.open(site / "explore.html")
    page.locator(".explore-shown table").wait_for()
    assert violations(page, axe) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    one.context.close()


def test_hostile_text_stays_text_in_the_explorer(watched: Watched, tmp_path: Path) -> None:
    out = build(*make_with_poses(tmp_path, HOSTILE), tmp_path / "site").out
    page = watched.open(out / "explore.html")
    page.locator(".explore-shown table").wait_for()
    assert "<script>" in page.locator(".explore-shown h2").first.inner_text()
    assert not [one for one in watched.errors if one.startswith("dialog")]
