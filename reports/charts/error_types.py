"""Error diagnosis as stacked bars: of all labelled keypoints of the people found, how many went which way.

Kinds differ by pattern (plain, lines, grid, dots, solid), so that the bars are read in black and white.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from bench.catalog.schema import TIERS
from bench.datasets.keypoints import KEYPOINTS
from bench.results.records import AccuracyResult, DiagnosedGroup, Diagnosis, KeypointErrors

KINDS = {
    "good": "close to its own place",
    "jitter": "near its own place, but not close",
    "inversion": "on the same person's other side",
    "swap": "on another person's keypoint",
    "miss": "near none of them",
}
LEFT, RIGHT, STEP = 130.0, 480.0, 24.0
ORDER = {
    name: k for one in ("mpii", "crowdpose", "coco") for k, name in enumerate(KEYPOINTS[one].names)
}
PEOPLE = {
    "by_size": "size of the person, pixels",
    "by_visible": "number of keypoints that can be seen",
    "by_crowding": "number of other people who overlap",
}


@dataclass(frozen=True)
class Segment:
    """One kind's share of a bar, in pixels."""

    kind: str
    x: float
    width: float
    count: int


@dataclass(frozen=True)
class Bar:
    """One row: its name, its place, its segments; `people` where it is about some of them."""

    name: str
    y: float
    errors: KeypointErrors
    segments: tuple[Segment, ...]
    people: DiagnosedGroup | None = None

    @property
    def good(self) -> str:
        """Share of good keypoints; "none" if there are no keypoints."""
        total = self.errors.total
        return f"{100 * self.errors.good / total:.0f} % good" if total else "none"


@dataclass(frozen=True)
class BarChart:
    """Stacked bars that all have the same length: 100 %."""

    key: str
    title: str
    bars: tuple[Bar, ...]

    @property
    def height(self) -> float:
        return STEP * len(self.bars) + 34

    @property
    def ticks(self) -> list[tuple[float, str]]:
        return [(LEFT + (RIGHT - LEFT) * i / 4, f"{25 * i} %") for i in range(5)]

    @property
    def of_people(self) -> bool:
        return any(bar.people for bar in self.bars)


@dataclass(frozen=True)
class DiagnosisView:
    """The diagnosis of one result, and its charts; `of` says which result ("smoke tier, seed 0")."""

    of: str
    found: Diagnosis
    charts: tuple[BarChart, ...]


def diagnosis_view(run: str, results: Iterable[tuple[str, AccuracyResult]]) -> DiagnosisView | None:
    """The diagnosis of the largest tier that has one, of its first seed."""
    own = [(result, result.diagnosis) for _, result in results if result.diagnosis]
    if not own:
        return None
    result, found = max(own, key=lambda one: (TIERS.index(one[0].tier), -one[0].seed))
    return drawn(run, f"{result.tier} tier, seed {result.seed}", found)


def drawn(key: str, of: str, found: Diagnosis) -> DiagnosisView:
    """The charts of a diagnosis; `key` begins their anchors."""
    return DiagnosisView(of, found, tuple(_charts(key, found)))


def _charts(run: str, found: Diagnosis) -> Iterator[BarChart]:
    rows = [("all keypoints", found.everyone.errors, None)]
    rows += [
        (name.replace("_", " "), errors, None)
        for name, errors in sorted(found.by_keypoint.items(), key=lambda one: ORDER.get(one[0], 99))
    ]
    yield _chart(f"errors-{run}-keypoints", "Errors by keypoint", rows)
    for key, title in PEOPLE.items():
        groups: dict[str, DiagnosedGroup] = getattr(found, key)
        if len(groups) > 1:
            some = [(n, group.errors, group) for n, group in sorted(groups.items(), key=_least)]
            yield _chart(f"errors-{run}-{key.removeprefix('by_')}", f"Errors by {title}", some)


def _least(group: tuple[str, object]) -> float:
    """The number that a group's name begins with ('6-10'); stored files have lost their order."""
    number = re.search(r"\d+", group[0])
    return float(number[0]) if number else float("inf")


def _chart(
    key: str, title: str, rows: Iterable[tuple[str, KeypointErrors, DiagnosedGroup | None]]
) -> BarChart:
    bars = [
        Bar(name, 4 + STEP * number, errors, tuple(_segments(errors)), people)
        for number, (name, errors, people) in enumerate(rows)
    ]
    return BarChart(key, title, tuple(bars))


def _segments(errors: KeypointErrors) -> Iterator[Segment]:
    x, scale = LEFT, (RIGHT - LEFT) / max(1, errors.total)
    for kind in KINDS:
        count = getattr(errors, kind)
        if count:
            yield Segment(kind, round(x, 1), round(count * scale, 1), count)
        x += count * scale
