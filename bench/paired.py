"""AP differences of two single-seed runs by the image-paired bootstrap, remembered between calls."""

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path

from bench.bootstrap import Matches, compare_ap
from bench.evidence import Measured
from bench.statistics import Difference
from bench.store import Store, write_atomically

DRAWS = 400


@dataclass(frozen=True)
class PairedRuns:
    """Compares two runs by the matches stored beside their results; None where they have none.

    An answer costs some tenths of a second, so it is kept below `memory` under the hash of both files.
    """

    store: Store
    memory: Path

    def __call__(self, high: Measured, low: Measured, metric: str) -> Difference | None:
        """AP of `high` minus AP of `low` on the same images; only for AP and one seed each."""
        files = [self._matches(high), self._matches(low)]
        if metric != "AP" or None in files:
            return None
        contents = [path.read_bytes() for path in files if path]
        key = hashlib.sha256(b"".join(hashlib.sha256(c).digest() for c in contents)).hexdigest()
        kept = self.memory / f"{key}.json"
        if kept.is_file():
            value, interval, confidence = json.loads(kept.read_text())
            return Difference(value, tuple(interval) if interval else None, confidence)
        first, second = (Matches.load(path) for path in files if path)
        found = compare_ap(first, second, draws=DRAWS)
        write_atomically(kept, json.dumps(list(found)).encode())
        return found

    def _matches(self, measured: Measured) -> Path | None:
        """The matches of a single result file; `files` are shown as results/... by the store."""
        if len(measured.files) != 1:
            return None
        file = measured.files[0]
        base = self.store.root if file.startswith("results/") else self.store.measured
        inside = file.removeprefix("results/").removeprefix("reports/measured/")
        path = (base / inside).with_suffix(".matches.npz")
        return path if path.is_file() else None
