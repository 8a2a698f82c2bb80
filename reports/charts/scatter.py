"""Scatter and dot charts as data: points, axes and Pareto fronts, drawn by templates/charts.html.

Marks differ by shape (circle: the paper's own, square: baseline), never by colour alone.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from reports.charts.axes import BOTTOM, LEFT, RIGHT, TOP, Axis
from reports.charts.labels import room, row_labels
from reports.views.cell import CellView
from reports.views.entries import Entry, Group, Leaderboard
from reports.views.table import Judged, RowView, TableView
from reports.views.words import COMPARED

COSTS = {
    "params": "Parameters, M (counted here, else printed)",
    "flops": "Multiply-accumulates, G (counted here)",
    "fps": "Latency, ms (timed here)",
}
MOST_ROWS = 40
MOST_MARKS = 500
MOST_LETTERS = 28
LabelSide = Literal["before", "after"]


@dataclass(frozen=True)
class Point:
    """One mark; its label is drawn on the side `named`, or not at all."""

    label: str
    x: float
    y: float
    own: bool
    link: str | None
    px: float
    py: float
    front: bool = False
    named: LabelSide | None = None


@dataclass(frozen=True)
class Chart:
    """A scatter chart; `front` and `diagonal` (the line x = y) are in pixels."""

    key: str
    title: str
    x: Axis
    y: Axis
    points: tuple[Point, ...]
    front: tuple[tuple[float, float], ...] = ()
    diagonal: tuple[float, float, float, float] | None = None


@dataclass(frozen=True)
class Dot:
    """One row of a dot chart in pixels: the printed value, and the value measured here with its interval."""

    label: str
    y: float
    printed: float | None
    here: float | None
    interval: tuple[float, float] | None


@dataclass(frozen=True)
class DotChart:
    """A table's main accuracy, row by row."""

    title: str
    axis: Axis
    dots: tuple[Dot, ...]
    height: float

    @property
    def measured(self) -> bool:
        return any(dot.here is not None for dot in self.dots)


def pareto(points: Sequence[tuple[float, float]]) -> list[int]:
    """Indices of the (cost, accuracy) points for which no cheaper one is at least as accurate, by ascending cost."""
    front: list[int] = []
    for index in sorted(range(len(points)), key=lambda i: (points[i][0], -points[i][1])):
        if not front or points[index][1] > points[front[-1]][1]:
            front.append(index)
    return front


def _cost(entry: Entry, metric: str) -> float | None:
    span = entry.span(metric, True) or (entry.span(metric, False) if metric == "params" else None)
    if span is None or span.value <= 0:
        return None
    return 1000.0 / span.value if metric == "fps" else span.value


def cost_charts(board: Leaderboard) -> list[Chart]:
    """Accuracy against each cost, for every protocol with at least four models that have both."""
    charts = (_cost_chart(group, *cost) for group in board.groups for cost in COSTS.items())
    return [chart for chart in charts if chart]


def _cost_chart(group: Group, metric: str, label: str) -> Chart | None:
    main = group.main
    if main is None:
        return None
    found = []
    for entry in group.entries:
        span, cost = entry.span(main, group.measured), _cost(entry, metric)
        if span and cost:
            found.append((entry, cost, span.value))
    if len({(cost, value) for _, cost, value in found}) < 4:
        return None
    x = Axis.of(label, [cost for _, cost, _ in found], LEFT, RIGHT, log=True)
    source = "measured here" if group.measured else "as printed"
    y = Axis.of(f"{main}, {source}", [value for _, _, value in found], BOTTOM, TOP)
    front = pareto([(cost, value) for _, cost, value in found])
    points = [
        Point(
            e.label,
            cost,
            value,
            e.origin == "own",
            e.link,
            x.pixel(cost),
            y.pixel(value),
            i in front,
        )
        for i, (e, cost, value) in enumerate(found)
    ]
    line = _steps([points[i] for i in front])
    return Chart(f"{group.key}-{metric}", group.title, x, y, tuple(_named(points)), line)


def _steps(front: Sequence[Point]) -> tuple[tuple[float, float], ...]:
    """The front as a staircase: the best accuracy up to each cost."""
    line: list[tuple[float, float]] = []
    for point in front:
        if line:
            line.append((point.px, line[-1][1]))
        line.append((point.px, point.py))
    return tuple(line)


def _named(points: Sequence[Point]) -> Iterable[Point]:
    """Labels for the points of the front, left out where two labels or a label and a mark would overlap.

    No mark can be above and to the left of a point of the front; where the axis leaves no room there, the label goes
    below and to the right.
    """
    taken: list[tuple[float, float, float]] = []
    for point in points:
        width = 6.2 * min(len(point.label), MOST_LETTERS)
        candidates: dict[LabelSide, tuple[float, float, float]] = {
            "before": (point.px - 7 - width, point.px - 7, point.py - 9),
            "after": (point.px + 8, point.px + 8 + width, point.py + 10),
        }
        side: LabelSide | None = None
        if point.front:
            marks = [(p.px - 4, p.px + 4, p.py) for p in points]
            side = next((s for s, at in candidates.items() if _free(at, taken, marks)), None)
        if side:
            taken.append(candidates[side])
        yield replace(point, named=side)


def _free(
    label: tuple[float, float, float],
    labels: Sequence[tuple[float, float, float]],
    marks: Sequence[tuple[float, float, float]],
) -> bool:
    left, right, y = label
    inside = left > LEFT and right < RIGHT + 10 and TOP - 4 < y < BOTTOM
    obstacles = [(*one, 14) for one in labels] + [(*one, 9) for one in marks]
    return inside and all(
        abs(y - other) >= apart or left > end or right < start
        for start, end, other, apart in obstacles
    )


AGREEMENT = {
    "params": "Parameters, M",
    "flops": "FLOPs, G, by the rule the paper used",
    "accuracy": "Accuracy, %, under the paper's protocol",
    "speed": "Frames per second (on another machine than the paper's)",
}


def agreement_charts(judged: Judged) -> list[Chart]:
    """Printed values against those measured here, one chart per kind; on the diagonal they agree."""
    found: dict[str, list[tuple[CellView, float, float]]] = {key: [] for key in AGREEMENT}
    for view in judged.cells():
        metric, kind = view.cell.metric, view.kind
        key = metric if metric in ("params", "flops") else "speed" if metric == "fps" else kind
        value = view.verdict.value if view.verdict else None
        if key in found and view.word.key in COMPARED and value and view.cell.number:
            found[key].append((view, view.cell.number.value, value))
    return [_agreement(key, cells) for key, cells in found.items() if len(cells) > 1]


def _agreement(key: str, cells: list[tuple[CellView, float, float]]) -> Chart:
    title = AGREEMENT[key]
    if len(cells) > MOST_MARKS:
        title += f"; the {MOST_MARKS} of {len(cells)} values that agree least"
        cells = sorted(cells, key=lambda c: -abs(c[2] / c[1] - 1 if c[1] else 0))[:MOST_MARKS]
    both = [value for _, *pair in cells for value in pair]
    log = key != "accuracy"
    x = Axis.of("printed", both, LEFT, RIGHT, log=log)
    y = Axis.of("measured here", both, BOTTOM, TOP, log=log)
    points = []
    for view, printed, here in cells:
        cell = view.cell
        own = cell.origin == "own"
        points.append(
            Point(cell.name, printed, here, own, view.link, x.pixel(printed), y.pixel(here))
        )
    line = (x.pixel(x.low), y.pixel(y.low), x.pixel(x.high), y.pixel(y.high))
    return Chart(f"agree-{key}", title, x, y, tuple(points), diagonal=line)


def dot_chart(view: TableView) -> DotChart | None:
    """The accuracy column with the most printed values as dots; None if fewer than two rows have one."""
    columns: dict[str, list[tuple[str | None, RowView, CellView]]] = {}
    for title, rows in view.groups:
        for row in rows:
            for cell in row.cells:
                if cell.kind in ("accuracy", "measure") and cell.cell.number:
                    columns.setdefault(cell.cell.column.key, []).append((title, row, cell))
    chosen = max(columns.values(), key=len, default=[])
    if not 2 <= len(chosen) <= MOST_ROWS:
        return None
    cells, labels = [cell for _, _, cell in chosen], row_labels(chosen)
    values = [printed.value for c in cells if (printed := c.cell.number)]
    values += [end for c in cells for end in _here(c)]
    axis = Axis.of(cells[0].cell.column.label, values, 24.0 + room(labels), RIGHT)
    return DotChart(
        f"{cells[0].cell.column.label}, row by row",
        axis,
        tuple(_dot(cell, labels[i], i, axis) for i, cell in enumerate(cells)),
        24.0 * len(cells) + 40,
    )


def _here(view: CellView) -> list[float]:
    verdict = view.verdict
    if verdict is None or verdict.value is None or verdict.verdict not in COMPARED:
        return []
    return [verdict.value, *(verdict.interval or ())]


def _dot(view: CellView, label: str, index: int, axis: Axis) -> Dot:
    printed, here = view.cell.number, _here(view)
    return Dot(
        label=label,
        y=24.0 * index + 16,
        printed=axis.pixel(printed.value) if printed else None,
        here=axis.pixel(here[0]) if here else None,
        interval=(axis.pixel(here[1]), axis.pixel(here[2])) if len(here) == 3 else None,
    )
