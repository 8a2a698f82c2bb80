"""Image-paired bootstrap: is the AP of one run above that of another on images like these?

The same images are drawn with replacement for both runs, so that what is hard for both cancels out. `Matches` holds
the evaluator's own matching of detections to people, so a draw costs a weighted sum and no new matching.
"""

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bench.errors import ResultError
from bench.evaluate.matches import Matches
from bench.files import write_atomically
from bench.judge.evidence import Measured
from bench.judge.statistics import LEVEL, Difference
from bench.results.store import Store

Metric = Callable[[NDArray[np.int64]], float]


def paired_bootstrap(
    first: Metric,
    second: Metric,
    images: int,
    *,
    draws: int = 1000,
    seed: int = 0,
    level: float = LEVEL,
) -> Difference:
    """first - second over `draws` draws of as many images with replacement, the same for both.

    `first` and `second` take how often each image was drawn, [N]. The interval is the percentile one; the confidence
    is the share of draws with a difference above zero, ties counted half. It covers the choice of images and not
    the training seed. Raises ValueError without images.
    """
    if images < 1:
        raise ValueError("a bootstrap needs at least one image")
    once = np.ones(images, dtype=np.int64)
    random = np.random.default_rng(seed)
    even = np.full(images, 1.0 / images)
    found = np.empty(draws)
    for draw in range(draws):
        times = random.multinomial(images, even)
        found[draw] = first(times) - second(times)
    found = found[~np.isnan(found)]
    value = first(once) - second(once)
    if len(found) == 0:
        return Difference(value, None, None)
    low, high = np.quantile(found, [0.5 - level / 2, 0.5 + level / 2])
    sure = float(np.mean(found > 0) + 0.5 * np.mean(found == 0))
    return Difference(value, (float(low), float(high)), sure)


def compare_ap(first: Matches, second: Matches, *, draws: int = 1000, seed: int = 0) -> Difference:
    """Difference of two runs' AP on the same images. Raises `ResultError` if the images differ."""
    if not np.array_equal(first.images, second.images) or not np.array_equal(
        first.people, second.people
    ):
        raise ResultError(
            "the two runs were not evaluated on the same images and people; compare runs of one tier"
        )
    return paired_bootstrap(
        first.average_precision, second.average_precision, len(first.images), draws=draws, seed=seed
    )


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
