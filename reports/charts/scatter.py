"""Accuracy against cost, board by board: points, axes and the Pareto front, drawn by templates/charts.html.

Marks differ by shape (circle: the paper's own, square: baseline; hollow: another protocol), never by colour alone.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from reports.charts.axes import BOTTOM, HEIGHT, LEFT, RIGHT, TOP, Axis
from reports.charts.labels import room, shortened
from reports.charts.worth import says_something
from reports.views.boards import Board, Line, Section
from reports.views.words import METRIC_LABELS, number

#: Cost -> (label of the axis, unit, where its values are from).
COSTS = {
    "params": ("Parameters, M", "M", "parameters counted, else printed"),
    "flops": ("Multiply-accumulates, G", "G", "operations counted here"),
    "fps": ("Latency, ms", "ms", "latencies timed here"),
}
MOST_LETTERS = 30
LEGEND = "● paper’s own ■ baseline ○□ other protocol ⌐ none better for less"
HERE = ("trained-here", "external")  # boards of values from here
LabelSide = Literal["before", "above", "after"]


@dataclass(frozen=True)
class Point:
    """One mark; its label is on the side `named`, or not drawn. apart: its protocol is not the board's usual one."""

    label: str
    hover: str
    x: float
    y: float
    own: bool
    apart: bool
    link: str | None
    px: float
    py: float
    front: bool = False
    named: LabelSide | None = None

    @property
    def short(self) -> str:
        return shortened(self.label, MOST_LETTERS)


@dataclass(frozen=True)
class CostChart:
    """A scatter chart with its front as a staircase in pixels; `below`: far below the front, in the data only."""

    key: str
    title: str
    source: str
    note: str
    x: Axis
    y: Axis
    points: tuple[Point, ...]
    front: tuple[tuple[float, float], ...]
    below: tuple[Point, ...]
    kind: str = "cost"
    height: float = HEIGHT

    @property
    def foot(self) -> tuple[str, ...]:
        """The lines below the axis: what the marks mean, where the values are from."""
        return (self.note, LEGEND, self.source)

    @property
    def summary(self) -> str:
        """What a reader sees, in words."""
        best = [point for point in self.points if point.front]
        named = ", ".join(f"{one.label} ({number(one.y, 2)})" for one in best)
        return f"{len(self.points)} methods; from cheap to expensive, none is better for less than {named}"

    @property
    def head(self) -> tuple[str, ...]:
        return ("Method", self.x.label, self.y.label, "Protocol", "On the front")

    @property
    def rows(self) -> list[tuple[str, str | None, tuple[str | float, ...]]]:
        """(name, link, values) of each point."""
        words = {True: "another", False: "usual"}
        return [
            (p.label, p.link, (round(p.x, 6), p.y, words[p.apart], "yes" if p.front else "no"))
            for p in (*self.points, *self.below)
        ]


def pareto(points: Sequence[tuple[float, float]]) -> list[int]:
    """Indices of the (cost, accuracy) points for which no cheaper one is at least as accurate, by ascending cost."""
    front: list[int] = []
    for index in sorted(range(len(points)), key=lambda i: (points[i][0], -points[i][1])):
        if not front or points[index][1] > points[front[-1]][1]:
            front.append(index)
    return front


def cost_charts(boards: Sequence[Board]) -> list[CostChart]:
    """Of every board the accuracy against each cost, where that says something and there is a choice to make."""
    return [
        chart
        for board in boards
        for at, section in enumerate(board.sections)
        for metric in COSTS
        if (chart := _chart(board, at, section, metric))
    ]


Found = tuple[Line, float, float]


def _chart(board: Board, at: int, section: Section, metric: str) -> CostChart | None:
    main, side = section.main, "here" if board.key in HERE else "printed"
    found = list(_found(section, metric, side))
    if main is None:
        return None
    usual = [i for i, (line, _, _) in enumerate(found) if not _apart(line, section)]
    front = [usual[i] for i in pareto([found[i][1:] for i in usual])]
    if len(front) < 2:
        return None
    label, unit, counted = COSTS[metric]
    least = _least([found[i][2] for i in front])
    drawn = [(cost, value) for _, cost, value in found if value >= least]
    if not says_something(drawn, len(found) - len(drawn)):
        return None
    x = Axis.of(label, [cost for _, cost, _ in found], LEFT, RIGHT, log=True)
    y = Axis.of(f"{main}, {side}", [v for _, _, v in found if v >= least], BOTTOM, TOP)
    points = [
        _point(one, main, unit, i not in usual, i in front, x, y) for i, one in enumerate(found)
    ]
    below = tuple(point for point in points if point.y < least)
    several = len(board.sections) > 1
    where = section.title if several and section.title.startswith(board.name) else board.name
    where = f"{where}, {section.title}" if several and where != section.title else where
    cost_name = METRIC_LABELS[metric] if metric != "fps" else "latency"
    return CostChart(
        key=f"{board.key}-{at}-{metric}" if at else f"{board.key}-{metric}",
        title=f"{where}: {main} against {cost_name}",
        source=f"ReproPose: {main} {side}; {counted}; {len(points)} methods",
        note=f"{len(below)} below {number(y.low, 0)} not drawn, but in the data" if below else "",
        x=x,
        y=y,
        points=tuple(_named([point for point in points if point.y >= least])),
        front=_steps([points[i] for i in front]),
        below=below,
    )


def _found(section: Section, metric: str, side: str) -> Iterator[Found]:
    """Rows with both an accuracy and a cost."""
    for line in section.lines:
        shown, cost = line.values.get((section.main or "", side)), _cost(line, metric)
        if cost and shown and shown.value is not None:
            yield line, cost, shown.value


def _point(found: Found, main: str, unit: str, apart: bool, front: bool, x: Axis, y: Axis) -> Point:
    line, cost, value = found
    chips = f" ({', '.join(line.chips)})" if line.chips else ""
    return Point(
        label=line.name,
        hover=f"{line.name}{chips}: {main} {number(value, 2)}, {number(cost, 2)} {unit}",
        x=cost,
        y=value,
        own=line.origin == "own",
        apart=apart,
        link=next((one.link for one in line.prints if one.metric == main), line.link),
        px=x.pixel(cost),
        py=y.pixel(value),
        front=front,
    )


def _least(front: Sequence[float]) -> float:
    """The least accuracy that is drawn: as far below the front as the front reaches, so that the front can be read."""
    return 2 * min(front) - max(front)


def _cost(line: Line, metric: str) -> float | None:
    shown = line.values.get((metric, "here"))
    if shown is None and metric == "params":
        shown = line.values.get((metric, "printed"))
    if shown is None or shown.value is None or shown.value <= 0:
        return None
    return 1000.0 / shown.value if metric == "fps" else shown.value


def _apart(line: Line, section: Section) -> bool:
    """Whether its protocol contradicts what is usual in the section; what is not stated contradicts nothing."""
    return any(
        line.protocol.get(key, value) not in (value, "not stated")
        for key, value in section.usual.items()
    )


def _steps(front: Sequence[Point]) -> tuple[tuple[float, float], ...]:
    """The front as a staircase: the best accuracy up to each cost."""
    line: list[tuple[float, float]] = []
    for point in front:
        if line:
            line.append((point.px, line[-1][1]))
        line.append((point.px, point.py))
    return tuple(line)


def _named(points: Sequence[Point]) -> list[Point]:
    """Labels for the points of the front, the cheapest first, left out where they would overlap a label or a mark.

    Above and to the left of a point of the front there are few marks; where there is no room, the label goes below and
    to the right, or above and to the right.
    """
    taken: list[tuple[float, float, float]] = []
    marks = [(p.px - 4, p.px + 4, p.py) for p in points]
    named = list(points)
    for i in sorted(range(len(points)), key=lambda i: points[i].px):
        point, width = points[i], room(points[i].short)
        candidates: dict[LabelSide, tuple[float, float, float]] = {
            "before": (point.px - 7 - width, point.px - 7, point.py - 9),
            "after": (point.px + 8, point.px + 8 + width, point.py + 10),
            "above": (point.px + 7, point.px + 7 + width, point.py - 9),
        }
        side = next((s for s, at in candidates.items() if _free(at, taken, marks)), None)
        if point.front and side:
            taken.append(candidates[side])
            named[i] = replace(point, named=side)
    return named


def _free(
    label: tuple[float, float, float],
    labels: Sequence[tuple[float, float, float]],
    marks: Sequence[tuple[float, float, float]],
) -> bool:
    left, right, y = label
    inside = left > LEFT and right < RIGHT + 8 and TOP - 4 < y < BOTTOM
    obstacles = [(*one, 14) for one in labels] + [(*one, 9) for one in marks]
    return inside and all(
        abs(y - other) >= apart or left > end or right < start
        for start, end, other, apart in obstacles
    )
