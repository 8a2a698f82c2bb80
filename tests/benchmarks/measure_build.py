"""How long the site takes: `python -m tests.benchmarks.measure_build` (not a test; prints seconds and sizes)."""

import tempfile
import time
from pathlib import Path

from reports.site import build
from tests.factories import make

LEDGERS = {
    "whole ledger": {"papers": 5, "tables": 7, "rows": 9, "claims": 50},
    "10,000 rows": {"papers": 20, "tables": 10, "rows": 50, "claims": 50},
}


def main() -> None:
    for name, size in LEDGERS.items():
        data = make(**size)
        with tempfile.TemporaryDirectory() as folder:
            for what in ("first", "again"):
                start, used = time.perf_counter(), time.process_time()
                report = build(*data, Path(folder) / "site")
                seconds, cpu = time.perf_counter() - start, time.process_time() - used
                print(
                    f"{name}, {what}: {seconds:.1f} s ({cpu:.1f} s of CPU); {len(report.written)} files written"
                )
            files = list((Path(folder) / "site").rglob("*.html"))
            largest = max(files, key=lambda p: p.stat().st_size)
            print(f"  largest page: {largest.name}, {largest.stat().st_size / 1e6:.1f} MB")


if __name__ == "__main__":
    main()
