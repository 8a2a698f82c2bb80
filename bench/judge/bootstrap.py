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

from bench.errors import DataError, ResultError
from bench.evaluate.matches import Matches, ResampledAp
from bench.files import parse_json, read_bytes, write_atomically
from bench.judge.evidence import Measurement
from bench.judge.statistics import LEVEL, Estimate

Metric = Callable[[NDArray[np.int64]], NDArray[np.float64]]
# The tail of an interval with Bonferroni's correction for 20 comparisons holds 0.125 %, so 10 of these draws.
DRAWS = 8000
BATCH = 16  # draws at once
IMAGES = "the choice of images only"
OTHER_IMAGES = "the two were not evaluated on the same images and people"


def paired_bootstrap(first: Metric, second: Metric, images: int, *, draws: int = DRAWS) -> Estimate:
    """first - second over `draws` draws of as many images with replacement, the same for both.

    `first` and `second` take how often each image was drawn, [B, N], and give [B]. The interval is the percentile one;
    the confidence is the share of draws with a difference above zero, ties counted half. It covers the choice of
    images and not the training seed. Raises ValueError without images.
    """
    if images < 1:
        raise ValueError("a bootstrap needs at least one image")
    once = np.ones((1, images), dtype=np.int64)
    rng = np.random.default_rng(0)
    differences = []
    for done in range(0, draws, BATCH):
        batch = min(BATCH, draws - done)
        drawn = (rng.integers(0, images, images) for _ in range(batch))
        times = np.array([np.bincount(one, minlength=images) for one in drawn])
        differences.append(first(times) - second(times))
    found = np.concatenate(differences)
    found = found[~np.isnan(found)]
    value = float((first(once) - second(once))[0])
    if len(found) == 0:
        return Estimate(value, None, None)
    low, high = np.quantile(found, [0.5 - LEVEL / 2, 0.5 + LEVEL / 2])
    sure = float(np.mean(found > 0) + 0.5 * np.mean(found == 0))
    return Estimate(value, (float(low), float(high)), sure, IMAGES)


def compare_ap(first: Matches, second: Matches, *, draws: int = DRAWS) -> Estimate:
    """Difference of two runs' AP on the same images. Raises `ResultError` if the images differ."""
    if not _same_people(first, second):
        raise ResultError(
            "the two runs were not evaluated on the same images and people; compare runs of one tier"
        )
    metrics = ResampledAp(first), ResampledAp(second)
    return paired_bootstrap(*metrics, len(first.images), draws=draws)


def _same_people(first: Matches, second: Matches) -> bool:
    same_images = np.array_equal(first.images, second.images)
    return same_images and np.array_equal(first.people, second.people)


def _cached(path: Path) -> Estimate | None:
    """A stored comparison; None if there is none, or it cannot be read: then it is made again."""
    try:
        value, interval, confidence = parse_json(read_bytes(path), path.name)
        low, high = map(float, interval) if interval else (0.0, 0.0)
        sure = None if confidence is None else float(confidence)
        if low > high or not 0 <= (sure or 0) <= 1:
            return None
        return Estimate(float(value), (low, high) if interval else None, sure, IMAGES)
    except (DataError, ValueError, TypeError):
        return None


@dataclass(frozen=True)
class PairedRuns:
    """Compares two runs by the matches stored with their results; None where they have none.

    It says what other images would change and nothing of other trainings, so that it is shown and decides no claim.

    A comparison costs seconds, so it is cached in the folder `cache` under the hash of both files
    and the number of draws.
    """

    cache: Path

    def __call__(self, high: Measurement, low: Measurement, metric: str) -> Estimate | None:
        """AP of `high` minus AP of `low` on the same images; only for AP and one seed each.

        Without an interval if the two were evaluated on different images: `covers` says so.
        """
        if metric != "AP" or len(high.results) != 1 or len(low.results) != 1:
            return None
        files = [high.results[0].matches, low.results[0].matches]
        if not all(path.is_file() for path in files):
            return None
        hashes = (hashlib.sha256(path.read_bytes()).digest() for path in files)
        key = hashlib.sha256(b"".join([*hashes, str(DRAWS).encode()])).hexdigest()
        cached = self.cache / f"{key}.json"
        if known := _cached(cached):
            return known
        first, second = map(Matches.load, files)
        if not _same_people(first, second):
            return Estimate(high.value - low.value, None, None, OTHER_IMAGES)
        found = compare_ap(first, second)
        write_atomically(cached, json.dumps(list(found)[:3]).encode())
        return found
