"""Sites built once per session, and a strict parser for their pages."""

from collections.abc import Iterator
from functools import cache, partial
from pathlib import Path
from typing import Any

import html5lib
import jinja2
import numpy as np
import pytest
from jinja2.bccache import Bucket

from bench.evaluate.per_person import People
from reports.build import templates
from reports.site import build
from tests.factories import HOSTILE, Memory, make
from tests.reports.browser import debian, watched

__all__ = ["debian", "watched"]


class Compiled(jinja2.BytecodeCache):
    """Compiled templates by the digest of their source; a changed template is compiled again."""

    def __init__(self) -> None:
        self.code: dict[tuple[str, str], Any] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        bucket.code = self.code.get((bucket.key, bucket.checksum))

    def dump_bytecode(self, bucket: Bucket) -> None:
        self.code[bucket.key, bucket.checksum] = bucket.code


@pytest.fixture(scope="session", autouse=True)
def templates_compiled_once() -> Iterator[None]:
    """Every build has an environment of its own; compiling the templates is more than half of a small build."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            templates, "Environment", partial(jinja2.Environment, bytecode_cache=Compiled())
        )
        yield


@pytest.fixture(scope="session")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small site of harmless data."""
    return build(*make(), tmp_path_factory.mktemp("plain")).out


@pytest.fixture(scope="session")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small site with every kind of page and verdict, for slow tests."""
    return build(*make(papers=1, tables=2, rows=3), tmp_path_factory.mktemp("small")).out


@pytest.fixture(scope="session")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same with hostile text in every text field."""
    return build(*make(rows=5, text=HOSTILE), tmp_path_factory.mktemp("hostile")).out


@pytest.fixture(scope="session")
def compared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The small site with scores per image for two seeds of a run: images 11 and 13 flip between them."""
    snapshot, catalog, store = make()
    folder = tmp_path_factory.mktemp("people")
    store = Memory(store.results, folder)
    for seed, scores in enumerate(([0.4, 0.7, 0.9], [0.6, 0.8, 0.1])):
        path = folder / f"results/lab/paper0-run0/seed-{seed}.people.npz"
        path.parent.mkdir(parents=True, exist_ok=True)
        ids = np.array([11, 12, 13])
        kinds = np.zeros((3, 17), np.int8)
        People(ids, ids + 100, np.zeros(3, np.int64), np.array(scores), kinds).save(path)
    return build(snapshot, catalog, store, tmp_path_factory.mktemp("compared")).out


def pages(site: Path) -> list[Path]:
    return sorted(site.rglob("*.html"))


@cache
def read(page: Path) -> Any:
    """The page's tree by html5lib in strict mode: any parse error is raised."""
    return html5lib.HTMLParser(strict=True, namespaceHTMLElements=False).parse(
        page.read_text("utf-8")
    )
