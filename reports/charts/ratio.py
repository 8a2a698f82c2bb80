"""What was measured here against what is printed: here / printed - 1 of every compared value, paper by paper.

Values that agree are hollow, those that differ are solid, so that no mark is told by its colour alone.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import groupby

from bench.judge.explanations import SMALL
from reports.charts.axes import RIGHT, WIDTH, Centred
from reports.charts.labels import room, shortened
from reports.charts.worth import says_something
from reports.views.cell import CellView
from reports.views.table import Judged
from reports.views.words import plain_label, signed

#: Quantity -> (title, what was compared).
QUANTITIES = {
    "params": ("Parameters", "counted here"),
    "flops": ("Operations", "counted here by the rule that the paper used"),
    "speed": ("Speed", "timed on the machine that the paper names"),
    "accuracy": ("Accuracy", "measured by the protocol that the paper states"),
}
LEGEND = "○ agrees within the print ● differs ◆ undecided"
FRESH = ("reproduced", "better", "deviates", "inconclusive")
LOOKS = {"reproduced": "agrees", "inconclusive": "undecided"}
MOST_MARKS, MOST_NAMES, NAME_LETTERS = 500, 3, 24
START, STEP, LINE, TOP = 14.0, 7.0, 13.0, 38.0


@dataclass(frozen=True)
class Mark:
    """One value; `percent`: 100 (here / printed - 1). An outlier has a name, which ends or starts at its x."""

    label: str
    link: str
    printed: str
    here: str
    percent: float
    word: str
    look: str
    px: float
    py: float = 0.0
    name: str = ""
    name_y: float = 0.0
    anchor: str = "start"

    @property
    def hover(self) -> str:
        return f"{self.label}: printed {self.printed}, here {self.here}, {signed(self.percent, 1)} %, {self.word}"


@dataclass(frozen=True)
class Strip:
    """The values of one paper above a line; y of title and line in pixels."""

    title: str
    title_y: float
    base: float
    marks: tuple[Mark, ...]


@dataclass(frozen=True)
class RatioChart:
    """One quantity of all papers."""

    key: str
    title: str
    source: str
    x: Centred
    strips: tuple[Strip, ...]
    height: float
    kind: str = "ratio"
    head: tuple[str, ...] = ("Value", "Printed", "Here", "Here / printed − 1, %", "Verdict")

    @property
    def marks(self) -> list[Mark]:
        return [mark for strip in self.strips for mark in strip.marks]

    @property
    def foot(self) -> tuple[str, ...]:
        """The lines below the axis: what the marks mean, where the values are from."""
        return (LEGEND, self.source)

    @property
    def summary(self) -> str:
        """What a reader sees, in words."""
        far = sorted((m for m in self.marks if m.name), key=lambda m: -abs(m.percent))
        agree = sum(mark.look == "agrees" for mark in self.marks)
        named = f"; furthest: {', '.join(m.name for m in far[:MOST_NAMES])}" if far else ""
        return f"{len(self.marks)} values, {agree} agree with the print{named}"

    @property
    def rows(self) -> list[tuple[str, str | None, tuple[str | float, ...]]]:
        """(name, link, values) of each value, the furthest first."""
        ordered = sorted(self.marks, key=lambda m: (-abs(m.percent), m.label))
        return [
            (m.label, m.link, (m.printed, m.here, round(m.percent, 4), m.word)) for m in ordered
        ]


def ratio_charts(judged: Judged) -> list[RatioChart]:
    """One chart per quantity whose values say something."""
    found: dict[str, list[CellView]] = {key: [] for key in QUANTITIES}
    for view in judged.cells():
        key = _quantity(view)
        if key:
            found[key].append(view)
    return [chart for key, cells in found.items() if (chart := _chart(key, cells, judged))]


def _quantity(view: CellView) -> str | None:
    """What a compared cell counts as; the judge compares speeds on the printed machine only."""
    cell, verdict = view.cell, view.verdict
    if verdict is None or view.word.key not in FRESH or not verdict.value:
        return None
    if cell.number is None or cell.number.value <= 0:
        return None
    if view.kind == "accuracy":
        return "accuracy" if verdict.comparison == "exact" else None
    return view.kind if view.kind == "speed" else (cell.metric if view.kind == "count" else None)


def _percent(view: CellView) -> float:
    number_, verdict = view.cell.number, view.verdict
    assert number_
    assert verdict
    assert verdict.value is not None
    return 100.0 * (verdict.value / number_.value - 1.0)


def _chart(key: str, cells: Sequence[CellView], judged: Judged) -> RatioChart | None:
    if not says_something(round(_percent(view), 3) for view in cells):
        return None
    title, counted = QUANTITIES[key]
    shown = sorted(cells, key=lambda view: -abs(_percent(view)))[:MOST_MARKS]
    x = Centred.around_zero("here / printed − 1", [_percent(view) for view in shown], START, RIGHT)
    order = list(judged.catalog.papers)
    shown.sort(key=lambda view: order.index(view.cell.paper))
    strips, y = [], TOP
    for paper, own in groupby(shown, key=lambda view: view.cell.paper):
        method = judged.catalog.papers[paper].method
        strips.append(_strip(method, [_mark(view, method, x) for view in own], y))
        y = strips[-1].base + 12.0
    of = f"{len(shown)} of {len(cells)} values, the furthest" if len(shown) < len(cells) else ""
    return RatioChart(
        key=f"ratio-{key}",
        title=f"{title}: here / printed − 1",
        source=f"ReproPose: {counted}; {of or f'{len(cells)} values'}",
        x=x,
        strips=tuple(strips),
        height=y + 56.0,
    )


def _mark(view: CellView, method: str, x: Centred) -> Mark:
    cell = view.cell
    percent = _percent(view)
    return Mark(
        label=f"{method} Table {cell.table.table}, {cell.row.label}, {cell.column.label}",
        link=view.link,
        printed=cell.printed,
        here=view.here or "",
        percent=percent,
        word=view.word.label,
        look=LOOKS.get(view.word.key, "differs"),
        px=x.pixel(percent),
        name=f"{shortened(plain_label(cell.row.label), NAME_LETTERS)} {signed(percent, 1)} %",
    )


def _strip(title: str, marks: Iterable[Mark], top: float) -> Strip:
    """Marks stacked where they would overlap; the furthest outliers named in lines above them."""
    ordered = sorted(marks, key=lambda m: (-abs(m.percent), m.label))
    named = [m for m in ordered if abs(m.percent) > 100.0 * SMALL and m.look != "agrees"]
    lines: list[list[tuple[float, float]]] = []
    texts = {id(mark): _line(mark, lines) for mark in named[:MOST_NAMES]}
    levels: list[tuple[float, int]] = []
    heights = {id(mark): _level(mark.px, levels) for mark in reversed(ordered)}
    first = top + 4.0 + LINE * len(lines)
    base = first + STEP * (max(heights.values()) + 1) + 4.0
    placed = []
    for mark in ordered:
        at = replace(mark, py=base - 4.5 - STEP * heights[id(mark)], name="")
        if id(mark) in texts:
            anchor, line = texts[id(mark)]
            at = replace(at, name=mark.name, name_y=top + 2.0 + LINE * (line + 1), anchor=anchor)
        placed.append(at)
    return Strip(title, top, base, tuple(placed))


def _line(mark: Mark, lines: list[list[tuple[float, float]]]) -> tuple[str, int]:
    """(anchor, number of the first line that has room for its name)."""
    width = room(mark.name)
    anchor = "start" if mark.px + width < WIDTH - 4.0 else "end"
    span = (mark.px, mark.px + width) if anchor == "start" else (mark.px - width, mark.px)
    for at, taken in enumerate(lines):
        if all(span[1] + 6.0 < start or end + 6.0 < span[0] for start, end in taken):
            taken.append(span)
            return anchor, at
    lines.append([span])
    return anchor, len(lines) - 1


def _level(px: float, levels: list[tuple[float, int]]) -> int:
    """The lowest level where a mark touches no other; `levels`: (px, level) of all marks so far."""
    taken = {level for other, level in levels if abs(other - px) < STEP}
    level = next(i for i in range(len(taken) + 1) if i not in taken)
    levels.append((px, level))
    return level
