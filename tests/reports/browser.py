"""A real browser (Debian's Chromium) for the tests of the site, and the errors that a page logs in it."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import sync_playwright

CHROMIUM = os.environ.get("REPROPOSE_CHROMIUM") or shutil.which("chromium")


@pytest.fixture(scope="session")
def debian() -> Iterator[Any]:
    if CHROMIUM is None:
        pytest.skip("no Chromium; install it with `apt-get install chromium`")
    with sync_playwright() as driver:
        arguments = ["--no-sandbox", "--disable-background-networking"]
        chromium = driver.chromium.launch(executable_path=CHROMIUM, args=arguments)
        yield chromium
        chromium.close()


class Watched:
    """A page that records its errors and requests."""

    def __init__(self, browser: Any, **options: Any) -> None:
        self.context = browser.new_context(**options)
        self.page = self.context.new_page()
        self.errors: list[str] = []
        self.requests: list[str] = []
        self.page.on("console", lambda message: self.errors.append(message.text))
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))
        self.page.on("dialog", lambda dialog: self.errors.append(f"dialog {dialog.message}"))
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
