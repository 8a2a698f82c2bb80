"""Training curves of a run: loss over iterations, one line per seed."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby

from bench.results.records import AccuracyResult
from reports.charts.axes import BOTTOM, LEFT, RIGHT, TOP, Axis
from reports.charts.worth import says_something

MOST_POINTS = 200
MOST_ROWS = 24
DASHES = ("", "6 3", "2 3", "8 3 2 3", "14 4", "1 5", "12 3 2 3 2 3", "4 8")


@dataclass(frozen=True)
class Line:
    """One seed: its name, its path in pixels, its dash pattern, its (iteration, loss) pairs."""

    name: str
    path: str
    dash: str
    points: tuple[tuple[float, float], ...]

    @property
    def first(self) -> float:
        return self.points[0][1]

    @property
    def last(self) -> float:
        return self.points[-1][1]


@dataclass(frozen=True)
class CurveChart:
    """The losses of one run at one tier."""

    key: str
    title: str
    source: str
    x: Axis
    y: Axis
    lines: tuple[Line, ...]

    @property
    def foot(self) -> tuple[str, ...]:
        """The line below the axis."""
        return (self.source,)

    @property
    def rows(self) -> list[tuple[float, list[float | None]]]:
        """(iteration, loss of each line) at up to `MOST_ROWS` iterations, including the last."""
        losses = [dict(line.points) for line in self.lines]
        steps = sorted({step for line in losses for step in line})
        some = steps[:: -max(1, -(-len(steps) // MOST_ROWS))][::-1]
        return [(step, [line.get(step) for line in losses]) for step in some]


def losses(result: AccuracyResult) -> list[tuple[float, float]]:
    """The stored (iteration, loss) pairs whose numbers are finite; empty if there are none."""
    stored = result.training.get("loss", [])
    pairs = stored if isinstance(stored, list) else []
    found = [
        (float(pair[0]), float(pair[1]))
        for pair in pairs
        if isinstance(pair, list | tuple)
        and len(pair) == 2
        and all(type(end) in (int, float) and abs(end) < 1e12 for end in pair)
    ]
    step = max(1, len(found) // MOST_POINTS)
    return found[::step]


def curve_charts(run: str, results: Sequence[AccuracyResult]) -> Iterable[CurveChart]:
    """One chart per tier of the run that stored a curve."""
    for tier, group in groupby(results, key=lambda result: result.tier):
        found = [(result, points) for result in group if len(points := losses(result)) > 1]
        every = [point for _, points in found for point in points]
        if not says_something(every):
            continue
        positive = all(loss > 0 for _, loss in every)
        x = Axis.of("iteration", [step for step, _ in every], LEFT, RIGHT)
        y = Axis.of("loss", [loss for _, loss in every], BOTTOM, TOP, log=positive)
        lines = tuple(
            Line(
                f"seed {result.seed}",
                "M" + "L".join(f"{x.pixel(step)} {y.pixel(loss)}" for step, loss in points),
                DASHES[number % len(DASHES)],
                tuple(points),
            )
            for number, (result, points) in enumerate(found)
        )
        title = f"Training loss of {run}, {tier} tier"
        source = f"ReproPose: as stored with {len(found)} results of this run"
        yield CurveChart(f"loss-{run}-{tier}", title, source, x, y, lines)
