"""Claims of order and direction on synthetic data, with seeds.

Accuracy on synthetic people says nothing about a figure on COCO, but it can say that A is above B. A claim is one of
order if equal networks would sit exactly on its edge: `a > b`, `a - b = 1.3` (the sign of it), `times(a, b) = 1.4`
(above 1), `best(a, list)`. What claims a size (`a > 75`, `a - b > 1`, `abs(a - b)`) is left open.
"""

import ast
import itertools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from bench.evaluation import Evaluation
from bench.evidence import Measured
from bench.expressions import Resolved
from bench.records import Holds
from bench.schema import METRICS
from bench.statistics import Difference, Spread, propagate

EQUAL = (50.0, 60.0)
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

    measured: by address. spread: what a cell with a single seed borrows.
    """

    resolved: Resolved
    measured: Mapping[str, Measured]
    spread: Spread | None
    paired: PairedDifference | None = None

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
        decided = self._decide([step])
        found = self._difference(step)
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

    def _difference(self, step: Step) -> Difference:
        samples = [self.measured[cell].values for cell in step.cells]

        def of(values: Sequence[float]) -> float:
            return step.value(dict(zip(step.cells, values, strict=True)))

        found = propagate(of, samples, self.spread)
        if found.interval is None and step.pair and self.paired:
            high, low = step.pair
            metric = self.resolved.cells[high].metric or ""
            return self.paired(self.measured[high], self.measured[low], metric) or found
        return found

    def _decide(self, steps: list[Step]) -> Ordered:
        """All steps surely above zero: holds. One surely below: fails. The doubts of several add up."""
        found = [self._difference(step) for step in steps]
        if not found:
            raise Unordered("compares nothing: the list has a single cell")
        above = [one.above() for one in found]
        holds: Holds = "fails" if False in above else "inconclusive" if None in above else "holds"
        sure = [one.confidence for one in found if one.confidence is not None]
        confidence = None
        if len(sure) == len(found):
            confidence = max(0.0, 1.0 - sum(1.0 - one for one in sure))
        closest = min(found, key=lambda one: one.value)
        margin = f"{'margin' if len(found) == 1 else 'smallest margin'} {closest.value:+.2f}"
        margin += (
            f" [{closest.interval[0]:+.2f}, {closest.interval[1]:+.2f}]" if closest.interval else ""
        )
        return Ordered(holds, confidence, None, None, f"{margin}; {self._seeds(found)}")

    def _seeds(self, found: list[Difference]) -> str:
        numbers = sorted({len(m.values) for m in self.measured.values()})
        if numbers[0] > 1:
            return (
                f"{numbers[0]} seeds each"
                if len(numbers) == 1
                else f"{numbers[0]} to {numbers[-1]} seeds"
            )
        if any(one.interval is None for one in found):
            return "one seed: no interval"
        if self.spread:
            return f"single seeds borrow the deviation {self.spread.deviation:.2f} of other runs' seeds"
        return "one seed: the interval covers the choice of images only"


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
