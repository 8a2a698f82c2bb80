"""The history's page in a real browser: narrow and wide, light and dark, without JavaScript."""

from pathlib import Path
from typing import Any

import pytest

from tests.reports.browser import Watched
from tests.reports.pages.test_history import recorded, strange
from tests.reports.test_site_accessibility import axe, violations

__all__ = ["axe", "recorded", "strange"]


@pytest.mark.parametrize("width", [360, 1280])
def test_axe_finds_no_violation_and_nothing_overflows(
    debian: Any, axe: str, recorded: Path, strange: Path, width: int
) -> None:
    one = Watched(debian, viewport={"width": width, "height": 900})
    page = one.open(recorded / "history.html")
    assert violations(page, axe) == []
    page.emulate_media(color_scheme="dark")
    assert violations(page, axe, runOnly=["color-contrast"]) == []
    one.errors.clear()  # axe asks for the style sheet, which the page forbids
    for site in (recorded, strange):
        page = one.open(site / "history" / "paper0.html")
        page.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")
        assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert one.errors == []
    assert {url.partition(":")[0] for url in one.requests} <= {"file", "data"}
    one.context.close()


def test_without_javascript_changes_are_filtered_by_paper(debian: Any, recorded: Path) -> None:
    one = Watched(debian, java_script_enabled=False)
    page = one.open(recorded / "history.html")
    assert page.locator("tr[id^=h-]").count() == 4
    page.locator("nav.subjects a", has_text="Method1").click()
    assert page.locator("tr[id^=h-]:visible").count() == 2
    assert page.locator("nav.subjects [aria-current=page]").inner_text() == "Method1"
    one.context.close()


def test_a_link_to_a_change_opens_what_is_folded(debian: Any, strange: Path) -> None:
    one = Watched(debian, viewport={"width": 1280, "height": 900})
    page = one.open(strange / "history" / "paper0.html", "#h-60")
    page.locator("#h-60").wait_for(state="visible")
    one.context.close()
