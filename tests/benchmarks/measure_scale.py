"""What a large ledger costs: load, judge, site, and again after one new result.

    python -m tests.benchmarks.measure_scale [--papers 500] [--profile judge]

Made-up papers of 200 printed numbers and 10 claims each, as YAML files, with a count and a smoke training of every
run, as result files. Prints seconds of CPU, of forks too, since the machine may be busy, and the most memory up to
then, that of the largest fork added (docs/scale.md).
"""

import argparse
import cProfile
import os
import pstats
import resource
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import yaml

from bench.catalog import load
from bench.judge.changes import state_of
from bench.judge.evidence import Measurements
from bench.judge.recorder import record
from bench.judge.verdicts import judge_all
from bench.results.index import ResultIndex
from bench.results.store import Store, to_bytes
from reports.site import build
from tests.factories import counted, trained

TABLES, ROWS, CLAIMS = 4, 10, 10
COLUMNS = [
    {"key": "size", "label": "Input size"},
    {"key": "params", "label": "#Params", "metric": "params"},
    {"key": "flops", "label": "FLOPs", "metric": "flops", "rule": "macs"},
    {"key": "ap", "label": "AP", "metric": "AP"},
    {"key": "ap50", "label": "AP50", "metric": "AP50"},
    {"key": "ar", "label": "AR", "metric": "AR"},
]


def write_paper(root: Path, number: int) -> None:
    """One paper of `TABLES` x `ROWS` x 5 numbers, every row with a run of its own model."""
    name = f"paper{number:03}"
    folder = root / name
    folder.mkdir(parents=True)
    paper = {
        "id": name,
        "order": number,
        "method": f"Method{number}",
        "title": f"Method {number}",
        "authors": "A. Author, B. Author",
        "venue": "Nowhere",
        "year": 2021,
        "counting_rules": {"macs": {"basis": "stated", "reason": "made up"}},
    }
    runs = {
        f"{name}-run{row}": {"config": f"{name}-model{row}", "dataset": "coco"}
        for row in range(ROWS)
    }
    tables = [
        {
            "table": str(table + 1),
            "title": "Accuracy and cost",
            "page": 6,
            "split": "coco-val2017",
            "protocol": {"boxes": "detector-56.4", "input_size": "256x192"},
            "columns": COLUMNS,
            "rows": [
                {
                    "key": f"row{row}",
                    "label": f"Method{number}-A{row}",
                    "origin": "own",
                    "run": f"{name}-run{row}",
                    "cells": f"256x192 | {5 + row}.0M | {7 + row}.9G | {70 + row / 10} | 90.1 | 75.2",
                }
                for row in range(ROWS)
            ],
        }
        for table in range(TABLES)
    ]
    claims = [
        {
            "id": f"claim{one}",
            "claim": "A is better than B",
            "expression": f"[1/row{one % ROWS}/ap] > [1/row{(one + 1) % ROWS}/ap]",
            "place": {"page": 6, "table": "1"},
        }
        for one in range(CLAIMS)
    ]
    parts = {"paper": paper, "runs": runs, "tables": tables, "claims": claims}
    for part, data in parts.items():
        (folder / f"{part}.yaml").write_text(yaml.dump(data, Dumper=yaml.CSafeDumper))


def write_results(store: Store, papers: int) -> None:
    for number in range(papers):
        for row in range(ROWS):
            name = f"paper{number:03}"
            _write(store, counted(f"{name}-model{row}", 5_000_000 + row, 0, 7.9 + row, "macs"))
            _write(store, trained(f"{name}-run{row}", 0, 40.0 + row))


def _write(store: Store, result: Any) -> None:
    kind = "counted" if result.kind == "count" else f"smoke/{result.run}"
    name = result.model if result.kind == "count" else f"seed-{result.seed}"
    file = store.root / kind / f"{name}.json"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(to_bytes(result))


class Steps:
    """Runs steps and prints what each took."""

    def __init__(self, profiled: str) -> None:
        self.profiled = profiled

    def __call__(self, name: str, step: Callable[[], Any]) -> Any:
        start, used = time.perf_counter(), _cpu()
        profile = cProfile.Profile() if name == self.profiled else None
        found = profile.runcall(step) if profile else step()
        cpu, wall = _cpu() - used, time.perf_counter() - start
        own, forks = map(resource.getrusage, (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
        most = (own.ru_maxrss + forks.ru_maxrss) / 2**20
        print(f"{name:22} {cpu:7.1f} s of CPU, {wall:7.1f} s, {most:5.2f} GB at most", flush=True)
        if profile:
            pstats.Stats(profile).sort_stats("tottime").print_stats(25)
        return found


def measure(folder: Path, papers: int, profiled: str) -> None:
    for number in range(papers):
        write_paper(folder / "papers", number)
    store = Store(folder / "results", folder / "measured")
    write_results(store, papers)
    load.PAPERS = folder / "papers"  # type: ignore[misc]
    steps = Steps(profiled)
    for again in ("", " again"):
        if again:
            _write(store, trained("paper000-run0", 1, 41.0))
        catalog = steps(f"load{again}", load.load_catalog)
        index = ResultIndex(store)
        steps(f"results{again}", lambda index=index: len(index.measured))
        measurements = Measurements(catalog, index)
        snapshot = steps(f"judge{again}", lambda found=measurements: judge_all(found))
        history = steps(
            f"history{again}",
            lambda found=measurements, made=snapshot: record(
                state_of(found, made), folder / "history"
            ),
        )
        report = steps(
            f"site{again}",
            lambda c=catalog, i=index, s=snapshot, h=history: build(
                s, c, i, folder / "site", history=h
            ),
        )
        print(f"  {len(report.written)} files written, {len(report.unchanged)} kept", flush=True)
    numbers = sum(cell.number is not None for cell in catalog.cells())
    print(f"{papers} papers, {numbers} numbers, {sum(1 for _ in catalog.claims())} claims")
    pages = sorted((p for p in (folder / "site").rglob("*") if p.is_file()), key=_size)
    print(f"{len(pages)} files, {sum(map(_size, pages)) / 1e6:.0f} MB; the largest:")
    for page in pages[-8:]:
        print(f"  {page.relative_to(folder / 'site')}: {_size(page) / 1e6:.1f} MB")


def _cpu() -> float:
    """Seconds of CPU of this process and of the forks that have ended."""
    used = os.times()
    return used.user + used.system + used.children_user + used.children_system


def _size(path: Path) -> int:
    return path.stat().st_size


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--papers", type=int, default=500)
    parser.add_argument("--profile", default="", help="a step: load, results, judge, history, site")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        measure(Path(folder), given.papers, given.profile)


if __name__ == "__main__":
    main()
