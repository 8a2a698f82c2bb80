"""Error diagnosis as stacked bars: the share of each error type among the labelled keypoints of detected people.

Types differ by pattern (plain, lines, grid, dots, solid), so that the bars can be read in black and white.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from bench.datasets.keypoints import KEYPOINTS
from bench.results.records import AccuracyResult, DiagnosedGroup, Diagnosis, KeypointErrors
from reports.views.table import tier_and_seed

KINDS = {
    "good": "close to its ground truth",
    "jitter": "near its ground truth, but not close",
    "inversion": "on the same keypoint of the other body side",
    "swap": "on a keypoint of another person",
    "miss": "near none of these",
}
LEFT, RIGHT, STEP = 130.0, 480.0, 24.0
ORDER = {
    name: k for one in ("mpii", "crowdpose", "coco") for k, name in enumerate(KEYPOINTS[one].names)
}
PEOPLE = {
    "by_size": "size of the person in pixels",
    "by_visible": "number of visible keypoints",
    "by_crowding": "number of overlapping people",
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
    """One row: its name, its y position, its segments; `people` if it is about a group of people."""

    name: str
    y: float
    errors: KeypointErrors
    segments: tuple[Segment, ...]
    people: DiagnosedGroup | None = None

    @property
    def good(self) -> str:
        """Share of good keypoints; "none" without keypoints."""
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
    """The diagnosis of one result with its charts; `of` names the result ("smoke tier, seed 0")."""

    of: str
    diagnosis: Diagnosis
    charts: tuple[BarChart, ...]


def run_diagnosis(run: str, results: Iterable[AccuracyResult]) -> DiagnosisView | None:
    """The diagnosis of the first seed at the largest tier that has one."""
    last = max((one for one in results if one.diagnosis), key=tier_and_seed, default=None)
    if last is None or last.diagnosis is None:
        return None
    return diagnosis_view(run, f"{last.tier} tier, seed {last.seed}", last.diagnosis)


def diagnosis_view(key: str, of: str, found: Diagnosis) -> DiagnosisView:
    """A diagnosis with its charts; their anchors start with `key`."""
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
            people = [(n, one.errors, one) for n, one in sorted(groups.items(), key=_first_number)]
            yield _chart(f"errors-{run}-{key.removeprefix('by_')}", f"Errors by {title}", people)


def _first_number(group: tuple[str, object]) -> float:
    """The first number in a group's name ('6-10'): stored files do not keep the order of groups."""
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
