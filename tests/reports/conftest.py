"""Built sites shared by the tests of one session, and a strict reader of their pages."""

from functools import cache
from pathlib import Path
from typing import Any

import pytest

from reports.site import build
from tests.reports.ledger import HOSTILE, make


@pytest.fixture(scope="session")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small site of harmless data."""
    return build(*make(), tmp_path_factory.mktemp("plain")).out


@pytest.fixture(scope="session")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same with hostile text in every free field."""
    return build(*make(text=HOSTILE), tmp_path_factory.mktemp("hostile")).out


def pages(site: Path) -> list[Path]:
    return sorted(site.rglob("*.html"))


@cache
def read(page: Path) -> Any:
    """The page's tree by html5lib in strict mode: any parse error is raised."""
    html5lib = pytest.importorskip("html5lib", reason="html5lib reads the pages")
    return html5lib.HTMLParser(strict=True, namespaceHTMLElements=False).parse(
        page.read_text("utf-8")
    )
