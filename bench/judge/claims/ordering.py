"""Claims of order and direction on synthetic data, with seeds.

Accuracy on synthetic people says nothing about a figure on COCO, but it can say that A is above B. A claim is one of
order if equal networks would sit exactly on its edge: `a > b`, `a - b = 1.3` (the sign of it), `times(a, b) = 1.4`
(above 1), `best(a, list)`. What claims a size (`a > 75`, `a - b > 1`, `abs(a - b)`) is left open.

A step of a claim is decided only if the whole 95 % interval of its difference lies beyond a margin, in points of
every accuracy alike (AP, AR, PCKh; a hundredth for measures from 0 to 1; for a ratio: what the margin makes of it):

* 0.5 where the interval covers the training seed (several seeds, or one that borrows the deviation of other runs):
  half a point is less than anything these papers call better;
* 2.5 where it covers the choice of images only (one seed each, image-paired bootstrap): two trainings of one network
  at smoke size lay up to 2.3 AP apart in trials, which no draw of images shows.

The doubts of all steps, and of all comparisons in one sentence, add up (Bonferroni): it holds only if all are right
with a joint confidence of 97.5 %, and fails only if one step is wrong at that level divided by their number.
"""

import ast
import itertools
import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from bench.catalog.schema import METRICS
from bench.judge.claims.arithmetic import Evaluation
from bench.judge.claims.expressions import Resolved
from bench.judge.evidence import Measured
from bench.judge.records import Holds
from bench.judge.statistics import LEVEL, Difference, Spread, propagate, slope, summarise

EQUAL = (50.0, 60.0)
DRAWN = (20.0, 80.0)
DOUBT = (1.0 - LEVEL) / 2
MARGIN_SEEDS = 0.5
MARGIN_IMAGES = 2.5
PairedDifference = Callable[[Measured, Measured, str], Difference | None]


class Unordered(ValueError):
    """The claim is about a size, which synthetic data cannot judge."""


class Ordered(NamedTuple):
    """What the seeds say; `interval` and `value` are of the number the claim is about."""

    holds: Holds
    confidence: float | None
    value: float | None
    interval: tuple[float, float] | None
    reason: str


class Found(NamedTuple):
    """The difference behind one step, the margin it must pass, and what its interval covers."""

    difference: Difference
    margin: float
    covers: str

    @property
    def beyond(self) -> bool | None:
        """True if wholly above the margin, False if wholly below minus the margin, else None."""
        return self.difference.above(self.margin)


class Step(NamedTuple):
    """A number that is above zero if this part of a claim is true; `pair`: plainly one cell minus another."""

    cells: tuple[str, ...]
    value: Callable[[Mapping[str, float]], float]
    pair: tuple[str, str] | None = None


def _pair(high: str, low: str) -> Step:
    return Step((high, low), lambda v: v[high] - v[low], (high, low))


@dataclass(frozen=True)
class Order:
    """One claim on the seeds of its cells; `paired` may stand in where single seeds give no interval.

    measured: by address. spread: what a cell with a single seed borrows. among: in how many comparisons of this
    kind the sentence consists.
    """

    resolved: Resolved
    measured: Mapping[str, Measured]
    spread: Spread | None
    paired: PairedDifference | None = None
    among: int = 1

    def truth(self, node: ast.expr) -> Ordered:
        """A comparison, `best`, `rising` or `falling`. Raises `Unordered` if it is about a size."""
        steps = self._steps(node)
        for step in steps:
            if any(abs(step.value(self._everywhere(equal))) > 1e-9 for equal in EQUAL):
                raise Unordered("claims a size, and not only an order")
        return self._decide(steps)

    def direction(self, node: ast.expr, claimed: float) -> Ordered:
        """The side on which a claimed number lies. Raises `Unordered` if it has none."""
        if among := _extreme(node):
            return self._decide(self._extreme_steps(*among, claimed))
        if _functions(node) & {"abs", "spread", "count", "argmax", "argmin"}:
            raise Unordered("claims a size, and not a direction")
        number = self._number(node)
        edge, other = (number.value(self._everywhere(equal)) for equal in EQUAL)
        if abs(edge - other) > 1e-9 or claimed == edge:
            raise Unordered("claims a size, and not a direction")
        sign = 1.0 if claimed > edge else -1.0
        step = Step(number.cells, lambda v: sign * (number.value(v) - edge), None)
        if not _both_ways(step):
            raise Unordered(
                "claims a size: its sign cannot come out otherwise (the largest less the smallest, or less itself)"
            )
        decided = self._decide([step])
        found = self._found(step).difference
        ends = sorted(edge + sign * end for end in found.interval) if found.interval else None
        return decided._replace(
            value=edge + sign * found.value, interval=(ends[0], ends[1]) if ends else None
        )

    # ------------------------------------------------------------ steps

    def _cells(self, node: ast.expr) -> tuple[str, ...]:
        return Evaluation(self.resolved, {}, {}).cells(node)

    def _number(self, node: ast.expr) -> Step:
        cells = tuple(dict.fromkeys(self.resolved.names_in(node)))
        return Step(cells, lambda v: Evaluation(self.resolved, {}, v).best(node))

    def _steps(self, node: ast.expr) -> list[Step]:
        match node:
            case ast.Call(func=ast.Name(id="best"), args=[chosen, among]):
                (cell,) = self._cells(chosen)
                metric = self.resolved.cells[cell].metric
                higher = metric is None or METRICS[metric].better == "higher"
                others = [c for c in self._cells(among) if c != cell]
                return [_pair(cell, other) if higher else _pair(other, cell) for other in others]
            case ast.Call(func=ast.Name(id="rising" | "falling" as name), args=[among]):
                pairs = itertools.pairwise(self._cells(among))
                return [_pair(b, a) if name == "rising" else _pair(a, b) for a, b in pairs]
            case ast.Compare(left=left, ops=ops, comparators=rest):
                parts = zip([left, *rest[:-1]], ops, rest, strict=True)
                return [step for a, op, b in parts for step in self._compared(a, op, b)]
        raise TypeError(f"{ast.dump(node)} is no truth")

    def _compared(self, a: ast.expr, op: ast.cmpop, b: ast.expr) -> list[Step]:
        if isinstance(op, ast.Eq):
            for one, other in ((a, b), (b, a)):
                if (among := _extreme(one)) and isinstance(other, ast.Constant):
                    return self._extreme_steps(*among, float(str(other.value)))
            raise Unordered("claims that two numbers are equal, which no sample shows")
        if {"argmax", "argmin", "count"} & (_functions(a) | _functions(b)):
            raise Unordered("claims a position within bounds")
        high, low = (a, b) if isinstance(op, ast.Gt | ast.GtE) else (b, a)
        if isinstance(high, ast.Name) and isinstance(low, ast.Name):
            return [_pair(self._cells(high)[0], self._cells(low)[0])]
        return [self._number(ast.BinOp(high, ast.Sub(), low))]

    def _extreme_steps(self, name: str, among: ast.expr, position: float) -> list[Step]:
        cells = self._cells(among)
        if position not in range(1, len(cells) + 1):
            raise Unordered(
                f"position {position:g} is not among the {len(cells)} cells of the list"
            )
        chosen = cells[int(position) - 1]
        others = [c for c in cells if c != chosen]
        return [_pair(chosen, o) if name == "argmax" else _pair(o, chosen) for o in others]

    # ------------------------------------------------------------ deciding

    def _everywhere(self, value: float) -> dict[str, float]:
        return dict.fromkeys(self.measured, value)

    def _found(self, step: Step) -> Found:
        samples = [self.measured[cell].values for cell in step.cells]

        def of(values: Sequence[float]) -> float:
            return step.value(dict(zip(step.cells, values, strict=True)))

        found = propagate(of, samples, self.spread)
        means = [summarise(one).mean for one in samples]
        scale = max((abs(slope(of, means, n)) for n in range(len(means))), default=0.0)
        if found.interval is None and step.pair and self.paired:
            high, low = step.pair
            metric = self.resolved.cells[high].metric or ""
            images = self.paired(self.measured[high], self.measured[low], metric)
            if images is not None and images.interval is not None:
                return Found(images, MARGIN_IMAGES, "the choice of images only (one seed each)")
        margin = MARGIN_SEEDS * scale * self._point(step)
        return Found(found, margin, self._covers(found, samples))

    def _point(self, step: Step) -> float:
        """A point of the figures: 1 of those in percent, 0.01 of measures between 0 and 1."""
        metrics = [self.resolved.cells[cell].metric for cell in step.cells]
        return 0.01 if all(m and METRICS[m].kind == "measure" for m in metrics) else 1.0

    def _covers(self, found: Difference, samples: Sequence[Sequence[float]]) -> str:
        if found.interval is None:
            return ""
        fewest, most = min(map(len, samples)), max(map(len, samples))
        if fewest == 1 and self.spread:
            return (
                f"the seed: single seeds borrow the deviation {self.spread.deviation:.2f} of others"
            )
        seeds = f"{fewest} seeds each" if fewest == most else f"{fewest} to {most} seeds"
        return f"the spread of {seeds}"

    def _decide(self, steps: list[Step]) -> Ordered:
        """All steps surely above their margins: holds. One surely below: fails. Doubts add up."""
        found = [self._found(step) for step in steps]
        if not found:
            raise Unordered("compares nothing: the list has a single cell")
        sure = [one.difference.confidence for one in found]
        known = [one for one in sure if one is not None]
        joint = 1.0 - sum(1.0 - one for one in known) if len(known) == len(found) else None
        wrong = DOUBT / (len(found) * self.among) + 1e-12
        below = (p for one, p in zip(found, sure, strict=True) if one.beyond is False)
        holds: Holds = "inconclusive"
        if any(p is not None and p <= wrong for p in below):
            holds = "fails"
        elif joint is not None and joint >= 1.0 - DOUBT / self.among - 1e-12:
            holds = "holds" if all(one.beyond for one in found) else "inconclusive"
        confidence = None if joint is None else max(0.0, joint)
        return Ordered(holds, confidence, None, None, self._words(found))

    def _words(self, found: list[Found]) -> str:
        closest = min(found, key=lambda one: one.difference.value - one.margin)
        words = "difference" if len(found) == 1 else f"smallest of {len(found)} differences"
        words += f" {closest.difference.value:+.2f}"
        if closest.difference.interval:
            words += " [{:+.2f}, {:+.2f}]".format(*closest.difference.interval)
        words += f", margin {closest.margin:.2f}"
        if not all(one.covers for one in found):
            return f"{words}; one seed: no interval"
        covers = " and ".join(dict.fromkeys(one.covers for one in found))
        return f"{words}; the interval covers {covers}"


def _both_ways(step: Step) -> bool:
    """Whether some figures would put the number above zero and others below."""
    dice = random.Random(0)
    draws = ({cell: dice.uniform(*DRAWN) for cell in step.cells} for _ in range(200))
    signs = {value > 0 for value in map(step.value, draws) if abs(value) > 1e-9}
    return len(signs) == 2


def _functions(node: ast.expr) -> set[str]:
    return {
        n.func.id
        for n in ast.walk(node)
        if isinstance(n, ast.Call) and isinstance(n.func, ast.Name)
    }


def _extreme(node: ast.expr) -> tuple[str, ast.expr] | None:
    match node:
        case ast.Call(func=ast.Name(id="argmax" | "argmin" as name), args=[among]):
            return name, among
    return None
