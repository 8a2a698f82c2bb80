"""All results of a store, read once and found by file, model or run; judge and site share it."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import UTC, date
from functools import cached_property
from itertools import chain
from operator import attrgetter

from bench.results.galleries import read_gallery
from bench.results.records import (
    AccuracyResult,
    AnyResult,
    CountResult,
    Gallery,
    Result,
    SpeedResult,
    SubmissionResult,
)
from bench.results.store import Store, Stored


@dataclass(frozen=True)
class ResultIndex:
    """Every part is read when it is first asked for. Raises `ResultError` for files that are invalid."""

    store: Store

    @cached_property
    def counts(self) -> dict[str, Stored[CountResult]]:
        """By model."""
        return {one.result.model: one for one in self.store.counts()}

    @cached_property
    def speeds(self) -> list[Stored[SpeedResult]]:
        """GPU before CPU, then by file."""
        return sorted(self.store.speeds(), key=lambda s: (s.result.device != "cuda", s.file))

    @cached_property
    def accuracies(self) -> dict[str, list[Stored[AccuracyResult]]]:
        """By run; those of one run by tier and seed, released weights last in their tier."""
        found = defaultdict(list)
        for one in self.store.accuracies():
            found[one.result.run].append(one)
        return dict(found)

    @cached_property
    def submissions(self) -> list[Stored[SubmissionResult]]:
        """By name, data set and tier."""
        return self.store.submissions()

    @cached_property
    def measured(self) -> list[Stored[Result]]:
        """Counts, timings and accuracies, by file: all that is evidence for papers."""
        runs = chain.from_iterable(self.accuracies.values())
        return sorted([*self.counts.values(), *self.speeds, *runs], key=attrgetter("file"))

    @cached_property
    def files(self) -> dict[str, Stored[AnyResult]]:
        """Results of every kind, by file."""
        every = sorted([*self.measured, *self.submissions], key=attrgetter("file"))
        return {one.file: one for one in every}

    def speeds_of(self, model: str | None) -> list[Stored[SpeedResult]]:
        """Measurements that include this model."""
        return [one for one in self.speeds if model in one.result.timings]

    @cached_property
    def galleries(self) -> dict[str, Gallery]:
        """By the file of the accuracy whose predictions they show."""
        every = chain.from_iterable(self.accuracies.values())
        return {one.file: gallery for one in every if (gallery := read_gallery(one))}

    @property
    def newest_date(self) -> date | None:
        """The day (UTC) of the newest measurement; None if none is dated."""
        dates = [found for one in self.measured if (found := one.result.provenance.date)]
        return max(dates).astimezone(UTC).date() if dates else None
