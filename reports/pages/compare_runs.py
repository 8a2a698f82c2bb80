"""Comparing two results: metrics, differences in protocol, images that only one of them gets right.

The page lists every result once, grouped by the people it was evaluated on; a script compares any two of them.
"""

import hashlib
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from bench.catalog.quantities import METRICS
from bench.catalog.schema import Tier
from bench.errors import UnknownName
from bench.evaluate.matches import Matches
from bench.evaluate.per_person import People, flipped
from bench.judge.bootstrap import compare_ap
from bench.judge.statistics import Estimate
from bench.results.index import ResultIndex
from bench.results.records import AccuracyResult
from bench.results.store import Store, Stored

MOST_IMAGES = 10_000
COMPARED_BY = ("AP", "AP50", "AP75", "AR", "PCKh")


@dataclass(frozen=True)
class ComparedResult:
    """One result on the comparison page; `scores` has one percentage per image of its group."""

    name: str
    run: str
    result: AccuracyResult
    scores: tuple[int, ...]

    @property
    def right(self) -> int:
        """Number of images it gets right."""
        return sum(score >= 50 for score in self.scores)

    @property
    def metrics(self) -> dict[str, float]:
        return {key: round(value, 3) for key, value in self.result.metrics.items()}


@dataclass(frozen=True)
class ComparisonGroup:
    """Results on the same people; `images` is empty where results per person were not stored."""

    images: tuple[int, ...]
    results: tuple[ComparedResult, ...]

    @property
    def data(self) -> str:
        """The data they were evaluated on: 'coco-synthetic'."""
        named = (one.result.protocol.get("data", "data not stated") for one in self.results)
        return ", ".join(sorted(set(named)))


def comparison_groups(index: ResultIndex) -> list[ComparisonGroup]:
    """All results with metrics, grouped by the people they were evaluated on."""
    found: dict[str, list[ComparedResult]] = defaultdict(list)
    images: dict[str, tuple[int, ...]] = {"": ()}
    for run, results in sorted(index.accuracies.items()):
        for one in results:
            result = one.result
            if result.failed or not result.metrics:
                continue
            scores: dict[int, float] = {}
            key = ""
            if one.people.is_file():
                stored = People.load(one.people)
                if len(np.unique(stored.image)) <= MOST_IMAGES:
                    scores = stored.by_image()
                    key = hashlib.sha256(stored.person.tobytes()).hexdigest()
                    images[key] = tuple(scores)
            percent = tuple(int(100 * score) for score in scores.values())
            found[key].append(ComparedResult(_name(result, one.file), run, result, percent))
    return [ComparisonGroup(images[key], tuple(own)) for key, own in sorted(found.items())][::-1]


def compared_by(groups: list[ComparisonGroup]) -> list[str]:
    """The metrics that any of the results has, of those that the page shows."""
    used = {metric for group in groups for one in group.results for metric in one.metrics}
    return [name for name in COMPARED_BY if name in used]


def _name(result: AccuracyResult, file: str) -> str:
    return f"{result.run}, {result.tier}, {Path(file).stem}"


@dataclass(frozen=True)
class Pair:
    """Two results; `ap` is the AP of the second minus that of the first on the same images, None if not known."""

    first: Stored[AccuracyResult]
    second: Stored[AccuracyResult]
    ap: Estimate | None
    flips: list[tuple[int, float, float]] | None

    @property
    def metrics(self) -> list[tuple[str, float | None, float | None]]:
        one, two = self.first.result.metrics, self.second.result.metrics
        return [(m, one.get(m), two.get(m)) for m in METRICS if m in one or m in two]

    @property
    def protocols(self) -> list[tuple[str, str, str]]:
        """(key, first, second) of every difference in how they were evaluated."""
        one, two = self.first.result.protocol, self.second.result.protocol
        keys = sorted({*one, *two})
        rows = [(k, one.get(k, "not stated"), two.get(k, "not stated")) for k in keys]
        return [row for row in rows if row[1] != row[2]]


def find(store: Store, name: str, tier: Tier) -> Stored[AccuracyResult]:
    """The result named RUN or RUN/seed-1; the first seed if none is given. Raises `UnknownName`."""
    run, _, stem = name.partition("/")
    stored = store.accuracies(tier)
    own = [one for one in stored if one.result.run == run]
    if not own:
        runs = {one.result.run for one in stored}
        hint = "`repropose runs` lists all runs, `repropose measure RUN` measures one"
        raise UnknownName(f"{tier}-tier result of run", run, runs, hint)
    chosen = [one for one in own if stem in ("", one.path.stem)]
    if not chosen:
        raise UnknownName(f"result of {run}", stem, [one.path.stem for one in own])
    return chosen[0]


def pair(first: Stored[AccuracyResult], second: Stored[AccuracyResult]) -> Pair:
    """Raises `ResultError` if the two were evaluated on different people."""
    people = [first.people, second.people]
    known = all(path.is_file() for path in people)
    flips = flipped(People.load(first.people), People.load(second.people)) if known else None
    return Pair(first, second, _ap(first, second), flips)


def _ap(*results: Stored[AccuracyResult]) -> Estimate | None:
    files = [stored.matches for stored in results]
    if not all(file.is_file() for file in files):
        return None
    one, two = (Matches.load(file) for file in files)
    return compare_ap(two, one, draws=400)


def table_of(found: Pair) -> list[dict[str, str | float | None]]:
    """One row per metric, for the terminal."""
    rows: list[dict[str, str | float | None]] = []
    for metric, one, two in found.metrics:
        difference = two - one if one is not None and two is not None else None
        interval = (found.ap.interval or ()) if found.ap and metric == "AP" else ()
        rows.append(
            {
                "metric": metric,
                "first": _rounded(one),
                "second": _rounded(two),
                "difference": _rounded(difference),
                "interval": " to ".join(f"{end:+.2f}" for end in interval) or None,
            }
        )
    return rows


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 3)
