"""Ledgers and results for the tests of store, judge and claims."""

from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from bench.catalog.load import Catalog, load_paper
from bench.results.store import Store
from tests import factories

FIXTURES = Path(__file__).parents[1] / "fixtures"


@pytest.fixture
def make() -> ModuleType:
    """The factory, by name: make.counted(...), make.trained(...), make.timed(...)."""
    return factories


def only(folder: Path) -> Catalog:
    paper = load_paper(folder)
    return Catalog(papers={paper.id: paper}, folders={paper.id: folder})


@pytest.fixture(scope="session")
def tiny() -> Catalog:
    """The sixth paper, alone."""
    return only(FIXTURES / "papers" / "tinypaper")


@pytest.fixture
def ruleless(tiny: Catalog) -> Catalog:
    """The tiny paper, but for its FLOPs column: that names no counting rule; the quoted row has its own."""
    paper = tiny.papers["tinypaper"]
    table = paper.tables[0]
    columns = tuple(c.model_copy(update={"rule": None}) for c in table.columns)
    rows = (table.rows[0].model_copy(update={"rule": "doubled"}), *table.rows[1:])
    changed = table.model_copy(update={"columns": columns, "rows": rows})
    paper = paper.model_copy(update={"tables": (changed, *paper.tables[1:])})
    return Catalog(papers={"tinypaper": paper}, folders=tiny.folders)


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "results", tmp_path / "measured")


@pytest.fixture
def fill(store: Store) -> Callable[..., Store]:
    """Write results and give the store back."""

    def write(*results: Any) -> Store:
        for one in results:
            store.write(one)
        return store

    return write
