"""Computing an expression on intervals.

A comparison has three possible outcomes: it holds for all values in the intervals, it fails for all of them, or they
do not decide (None). A cell that occurs several times has one value: see `Evaluation.number`.
"""

import ast
import itertools
import math
import operator
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Literal, NamedTuple

from bench.catalog.numbers import parse_number
from bench.catalog.schema import METRICS, Claim
from bench.judge.claims.expressions import Resolved
from bench.judge.intervals import Interval, count, largest, positions, range_of, smallest, total
from bench.judge.records import ClaimJudgement, Holds
from bench.results.records import Evidence

Truth = bool | None
Values = Mapping[str, Interval]
MOST_REPEATED = 8
HUNDRED, ONE = Interval.point(100.0), Interval.point(1.0)
OPERATORS: Mapping[type[ast.operator], Callable[[Interval, Interval], Interval]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
}
OF_RATIO: Mapping[str, Callable[[Interval], Interval]] = {
    "times": lambda ratio: ratio,
    "percent_less": lambda ratio: HUNDRED * (ONE - ratio),
    "percent_more": lambda ratio: HUNDRED * (ratio - ONE),
}
OF_LIST: Mapping[str, Callable[[list[Interval]], Interval]] = {
    "min": smallest,
    "max": largest,
    "spread": range_of,
    "sum": total,
    "mean": lambda parts: total(parts) / count(parts),
    "count": count,
    "argmax": partial(positions, largest_first=True),
    "argmin": partial(positions, largest_first=False),
}


@dataclass(frozen=True)
class Evaluation:
    """An expression on given values.

    values: the interval of every cell, by address.
    central: its best single value, which decides `>=` and `best` between numbers printed alike.
    loose: intervals within which `==` means equal; the rounding of the printed digits for measured counts.
    """

    resolved: Resolved
    values: Values
    central: Mapping[str, float]
    loose: Values | None = None

    # ------------------------------------------------------------ truth

    def truth(self, node: ast.expr) -> Truth:
        """Three-valued: True, False, or None where the intervals do not decide."""
        match node:
            case ast.UnaryOp(operand=inner):
                known = self.truth(inner)
                return None if known is None else not known
            case ast.BoolOp(op=op, values=parts):
                return combine([self.truth(p) for p in parts], isinstance(op, ast.And))
            case ast.Compare(left=left, ops=ops, comparators=rest):
                pairs = zip([left, *rest[:-1]], ops, rest, strict=True)
                return combine([self._compare(a, op, b) for a, op, b in pairs], True)
            case ast.Call(func=ast.Name(id="best")):
                return combine([self._not_below(*pair) for pair in self.pairs(node)], True)
            case ast.Call(func=ast.Name(id="rising" | "falling")):
                steps = ((self.values[a], self.values[b]) for b, a in self.pairs(node))
                return combine([self._less(*step) for step in steps], True)
        raise TypeError(f"{ast.dump(node)} is not a comparison")

    def pairs(self, node: ast.expr) -> list[tuple[str, str]]:
        """What `best`, `rising` or `falling` claims: of each pair of cells, the first is above the second."""
        match node:
            case ast.Call(func=ast.Name(id="best"), args=[chosen, among]):
                (cell,) = self.cells(chosen)
                metric = self.resolved.cells[cell].metric
                higher = metric is None or METRICS[metric].better == "higher"
                others = [c for c in self.cells(among) if c != cell]
                return [(cell, other) if higher else (other, cell) for other in others]
            case ast.Call(func=ast.Name(id=name), args=[among]):
                cells = self.cells(among)
                steps = itertools.pairwise(cells)
                return [(b, a) if name == "rising" else (a, b) for a, b in steps]
        raise TypeError(f"{ast.dump(node)} is not an ordering of cells")

    def _not_below(self, one: str, two: str) -> Truth:
        if self.central[one] == self.central[two]:
            return True
        less = self._less(self.values[one], self.values[two])
        return None if less is None else not less

    @staticmethod
    def _less(a: Interval, b: Interval) -> Truth:
        if a.below(b):
            return True
        return False if b.below(a) or (a.is_point and b.is_point) else None

    def _compare(self, left: ast.expr, op: ast.cmpop, right: ast.expr) -> Truth:
        """left op right, through the difference, so that a cell on both sides stays one value."""
        if isinstance(op, ast.Gt | ast.GtE):
            left, right = right, left
        if isinstance(op, ast.Eq):
            loose = replace(self, values=self.loose or self.values, loose=None)
            return loose._sides(left, right)[0].meets(loose._sides(left, right)[1])
        if isinstance(op, ast.LtE | ast.GtE) and self.best(left) == self.best(right):
            return True
        return self._less(*self._sides(left, right))

    def _sides(self, left: ast.expr, right: ast.expr) -> tuple[Interval, Interval]:
        shared = set(self.resolved.names_in(left)) & set(self.resolved.names_in(right))
        if shared:
            return self.number(ast.BinOp(left, ast.Sub(), right)), Interval.point(0.0)
        return self.number(left), self.number(right)

    # ------------------------------------------------------------ numbers

    def best(self, node: ast.expr) -> float:
        """The number on the central values: without regard to rounding."""
        points = {cell: Interval.point(value) for cell, value in self.central.items()}
        return replace(self, values=points)._plain(node).low

    def number(self, node: ast.expr) -> Interval:
        """Every value the number can take.

        Where each cell occurs once, interval arithmetic is exact. Cells that occur several times are set to the ends
        and the middle of their intervals, in all combinations, and the others remain intervals: exact wherever the
        number is monotonic within one rounding step of each cell, as in all claims. With more than MOST_REPEATED such
        cells the plain interval is returned, which is never too narrow.
        """
        outer = self._plain(node)
        repeated = self._repeated(node)
        if not repeated or len(repeated) > MOST_REPEATED:
            return outer
        ends = [[v.low, v.high] for v in (self.values[c] for c in repeated)]
        middle = tuple((low + high) / 2 for low, high in ends)
        corners = {*itertools.product(*ends), middle}
        parts = []
        for corner in corners:
            fixed = {c: Interval.point(x) for c, x in zip(repeated, corner, strict=True)}
            parts.append(replace(self, values={**self.values, **fixed})._plain(node))
        return Interval.hull(parts).within(outer)

    def _repeated(self, node: ast.expr) -> list[str]:
        times = Counter(self.resolved.names_in(node))
        return [c for c, n in times.items() if n > 1 and not self.values[c].is_point]

    def cells(self, node: ast.expr) -> tuple[str, ...]:
        """The cells of a reference, or of `others(list, cell)`."""
        match node:
            case ast.Name(id=name):
                return self.resolved.names[name]
            case ast.Call(func=ast.Name(id="others"), args=[among, without]):
                left_out = self.cells(without)
                return tuple(c for c in self.cells(among) if c not in left_out)
        raise TypeError(f"{ast.dump(node)} is not a list")

    def _plain(self, node: ast.expr) -> Interval:
        match node:
            case ast.Constant(value=int() | float() as value):
                return Interval.point(float(value))
            case ast.Name():
                return self.values[self.cells(node)[0]]
            case ast.UnaryOp(op=op, operand=inner):
                inside = self._plain(inner)
                return -inside if isinstance(op, ast.USub) else inside
            case ast.BinOp(left=left, op=op, right=right):
                return OPERATORS[type(op)](self._plain(left), self._plain(right))
            case ast.Call(func=ast.Name(id=name), args=args):
                return self._call(name, args)
        raise TypeError(f"{ast.dump(node)} is not a number")

    def _call(self, name: str, args: list[ast.expr]) -> Interval:
        if name == "abs":
            return abs(self._plain(args[0]))
        if name in OF_RATIO:
            return OF_RATIO[name](self._plain(args[0]) / self._plain(args[1]))
        if len(args) > 1:
            parts = [self._plain(arg) for arg in args]
        else:
            parts = [self.values[cell] for cell in self.cells(args[0])]
        if not parts:
            raise ZeroDivisionError(f"{name} of an empty list")
        return OF_LIST[name](parts)


def combine(parts: list[Truth], all_of: bool) -> Truth:
    """Three-valued `and` (or `or`): one failing (holding) part decides; else None if any part is None."""
    if (not all_of) in parts:
        return not all_of
    return None if None in parts else all_of


# ---------------------------------------------------------------- a claim on intervals

NAMES: Mapping[bool | None, Holds] = {True: "holds", False: "fails", None: "inconclusive"}


def claimed_range(claim: Claim) -> Interval | None:
    """What the claimed number allows, by its rounding; None for yes-or-no claims.

    nearest: half of the last digit around it. floor, ceil: one last digit above, below. about: one last digit around
    it or 5 % of it, whichever is wider. at-least, at-most: the number itself as a bound.
    """
    number = parse_number(claim.claimed) if claim.claimed is not None else None
    if number is None:
        return None
    value, digit = number.value, 2.0 * number.half_step
    about = max(digit, 0.05 * abs(value))
    below, above = {
        "nearest": (digit / 2, digit / 2),
        "floor": (0.0, digit),
        "ceil": (digit, 0.0),
        "about": (about, about),
        "at-least": (0.0, math.inf),
        "at-most": (math.inf, 0.0),
    }[claim.rounding]
    return Interval(value - below, value + above)


class Judged(NamedTuple):
    """The judgement on a claim or on one comparison in it."""

    holds: Holds
    reason: str
    evidence: frozenset[Evidence] = frozenset()
    value: float | None = None
    interval: tuple[float, float] | None = None
    confidence: float | None = None

    def record(self, evidence: Evidence | Literal["paper", "mixed"] | None) -> ClaimJudgement:
        """As it is stored."""
        return ClaimJudgement.model_validate({**self._asdict(), "evidence": evidence})


def judge_on(claim: Claim, evaluation: Evaluation, node: ast.expr, slack: float = 0.0) -> Judged:
    """A number compared with the claimed one, or a comparison, on intervals."""
    allowed = claimed_range(claim)
    if allowed is None:
        holds = NAMES[evaluation.truth(node)]
        words = "the values are too close together to decide" if holds == "inconclusive" else ""
        return Judged(holds, words)
    value, reach = evaluation.best(node), evaluation.number(node)
    reach = Interval(reach.low - slack * abs(reach.low), reach.high + slack * abs(reach.high))
    holds = NAMES[reach.meets(allowed)]
    words = f"claimed {claim.claimed} ({claim.rounding}); the cells give {value:.4g}"
    if not reach.is_point:
        words += f", between {reach.low:.4g} and {reach.high:.4g}"
    return Judged(holds, words, value=tidy(value), interval=(tidy(reach.low), tidy(reach.high)))


def tidy(value: float) -> float:
    """Ten significant digits: 1.3 and not 1.2999999999999972."""
    return float(f"{value:.10g}")


def is_relative(evaluation: Evaluation, node: ast.expr) -> bool:
    """Whether doubling every speed, or halving every count, changes nothing: so it is for ratios and orderings."""
    faster = {
        name: value * (2.0 if evaluation.resolved.cells[name].metric == "fps" else 0.5)
        for name, value in evaluation.central.items()
    }
    match node:
        case ast.Call(func=ast.Name(id="best" | "rising" | "falling")):
            return True
        case ast.Compare(left=left, comparators=rest):
            sides = itertools.pairwise([left, *rest])
            numbers: list[ast.expr] = [ast.BinOp(a, ast.Sub(), b) for a, b in sides]
            factors = [1.0, 2.0, 0.5]
        case _:
            numbers, factors = [node], [1.0]
    changed = replace(evaluation, central=faster)
    pairs = [(evaluation.best(number), changed.best(number)) for number in numbers]
    close = partial(math.isclose, rel_tol=1e-9, abs_tol=1e-9)
    return all(any(close(there, k * here) for k in factors) for here, there in pairs)
