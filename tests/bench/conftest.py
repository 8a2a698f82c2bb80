"""Ledgers and results for the tests of store, judge and claims."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from bench.catalog.load import Catalog, load_paper
from bench.results.records import AccuracyResult, CountResult, Provenance, SpeedResult, Timing
from bench.results.store import Store

FIXTURES = Path(__file__).parents[1] / "fixtures"
SYNTHETIC = {"data": "synthetic-easy", "split": "coco-val2017", "boxes": "ground-truth"}
PRINTED = {
    "split": "coco-val2017",
    "boxes": "detector-56.4",
    "input_size": "256x192",
    "flip_test": "yes",
}


def provenance(**changes: Any) -> Provenance:
    plain = {
        "commit": "0" * 40,
        "dirty": False,
        "command": "repropose",
        "environment": {},
        "hardware": {},
    }
    return Provenance(**{**plain, **changes})


def counted(
    model: str, total: int, embedding: int = 0, flops: float = 1.0, **changes: Any
) -> CountResult:
    parameters = {"total": total, "trainable": total - embedding, "position_embedding": embedding}
    fields = {
        "input_size": (192, 256),
        "macs": int(flops * 1e9),
        "flops": {"conv-linear": flops},
        "provenance": provenance(),
    }
    return CountResult(model=model, parameters=parameters, **{**fields, **changes})


def trained(run: str, seed: int, ap: float, tier: str = "smoke", **changes: Any) -> AccuracyResult:
    full = tier == "full"
    fields = {
        "evidence": "full-1" if full else tier,
        "protocol": PRINTED if full else SYNTHETIC,
        "metrics": {"AP": ap, "AR": ap + 2.0},
        "provenance": provenance(),
    }
    return AccuracyResult(run=run, seed=seed, tier=tier, **{**fields, **changes})


def timed(machine: str = "2 cores", device: str = "cpu", **latency: float) -> SpeedResult:
    return SpeedResult(
        group="tiny",
        machine=machine,
        device=device,
        precision="fp32",
        batch=1,
        protocol="model only",
        timings={
            name.replace("_", "-"): Timing(
                median_ms=ms, low_ms=0.98 * ms, high_ms=1.02 * ms, samples=50
            )
            for name, ms in latency.items()
        },
        provenance=provenance(),
    )


@pytest.fixture
def make() -> Any:
    """The builders above, by name: make.counted(...), make.trained(...), make.timed(...)."""

    class Builders:
        counted = staticmethod(counted)
        trained = staticmethod(trained)
        timed = staticmethod(timed)
        provenance = staticmethod(provenance)

    return Builders


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
