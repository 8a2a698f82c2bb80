"""Computing an expression on intervals.

A comparison has three possible outcomes: it holds for all values in the intervals, it fails for all of them, or they
do not decide (None). A cell that occurs several times has one value: see `Evaluation.number`.

At a bound the two kinds of comparison differ, since both ends belong to an interval. B - A in [0.1, 0.3]:

    B - A <= 0.3   True: the bound itself is allowed (closed)          B - A >= 0.3   None: only the end itself
    B - A < 0.3    None: the end itself would contradict it (open)     B - A > 0.3    False: no value is above
    B > A          True where two printed cells only touch (75.8 and 75.9 at 75.85): no number rounds to both

`>=`, `<=` and `best` also hold between printed numbers that are alike (76.0 and 76.0): "no worse than" is what the
table shows. Measured numbers have no such rule.
"""

import ast
import itertools
import math
import operator
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Literal, NamedTuple

from bench.catalog.quantities import METRICS
from bench.catalog.schema import Claim
from bench.judge.claims.claimed import Truth, claimed_range, reaches
from bench.judge.claims.expressions import Resolved, replaced
from bench.judge.intervals import Interval, count, largest, positions, range_of, smallest, total
from bench.judge.records import ClaimJudgement, Holds
from bench.results.records import Evidence

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
}
POSITION: Mapping[str, bool] = {"argmax": True, "argmin": False}  # whether the largest is meant


@dataclass(frozen=True)
class Evaluation:
    """An expression on given values.

    values: the interval of every cell, by address.
    central: its best single value.
    loose: intervals within which `==` means equal; the rounding of the printed digits for measured counts.
    printed: these are the paper's own numbers, of which two that are alike satisfy `>=`, `<=` and `best`.
    """

    resolved: Resolved
    values: Values
    central: Mapping[str, float]
    loose: Values | None = None
    printed: bool = False

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
                return combine([self.compare(a, op, b) for a, op, b in pairs], True)
            case ast.Call(func=ast.Name(id="best")):
                return combine([self.not_below(*pair) for pair in self.pairs(node)], True)
            case ast.Call(func=ast.Name(id="rising" | "falling")):
                steps = ((self.values[a], self.values[b]) for b, a in self.pairs(node))
                return combine([less(*step) for step in steps], True)
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

    def not_below(self, one: str, two: str) -> Truth:
        alike = self.printed and math.isclose(self.central[one], self.central[two])
        return alike or at_most(self.values[two], self.values[one])

    def compare(self, left: ast.expr, op: ast.cmpop, right: ast.expr) -> Truth:
        """left op right. Of several possible positions (argmax, argmin) one is enough for `==`."""
        both = self._cases(ast.Tuple([left, right], ast.Load()))
        found = {self._compare(op, *one.elts) for one in both if isinstance(one, ast.Tuple)}
        if isinstance(op, ast.Eq):
            return True in found
        return found.pop() if len(found) == 1 else None

    def _compare(self, op: ast.cmpop, left: ast.expr, right: ast.expr) -> Truth:
        if isinstance(op, ast.Gt | ast.GtE):
            left, right = right, left
        if isinstance(op, ast.Eq):
            loose = replace(self, values=self.loose or self.values, loose=None)
            one, two = loose._sides(left, right)
            return one.meets(two)
        sides = self._sides(left, right)
        if isinstance(op, ast.Lt | ast.Gt):
            return less(*sides)
        alike = self.printed and math.isclose(self.best(left), self.best(right), abs_tol=1e-9)
        return alike or at_most(*sides)

    def _sides(self, left: ast.expr, right: ast.expr) -> tuple[Interval, Interval]:
        """Both sides, or their difference and zero, so that a cell on both sides stays one value.

        A cell that is left out of a side (`others`) is not on it: of two sides, printed cells that only touch differ.
        """
        if self.resolved.behind(left) & self.resolved.behind(right):
            return self.number(ast.BinOp(left, ast.Sub(), right)), Interval.point(0.0)
        return self.number(left), self.number(right)

    # ------------------------------------------------------------ numbers

    def best(self, node: ast.expr) -> float:
        """The number on the central values: without regard to rounding."""
        points = {cell: Interval.point(value) for cell, value in self.central.items()}
        return replace(self, values=points).spans(node)[0].low

    def number(self, node: ast.expr) -> Interval:
        """Every value that the number can take, and between several possible positions what lies between them."""
        return Interval.hull(self.spans(node))

    def spans(self, node: ast.expr) -> list[Interval]:
        """The same as one interval for each position that an argmax or argmin can have."""
        return [self._span(case) for case in self._cases(node)]

    def _cases(self, node: ast.expr) -> Iterator[ast.expr]:
        """The expression with each of its positions replaced by every number that it may be."""
        if (found := _first_position(node)) is None:
            yield node
            return
        among = [self.values[cell] for cell in self.cells(found.args[0])]
        for position in positions(among, POSITION[_function(found)], printed=self.printed):
            yield from self._cases(replaced(node, found, ast.Constant(position)))

    def _span(self, node: ast.expr) -> Interval:
        """Where each cell occurs once, interval arithmetic is exact.

        Cells that occur several times are set to the ends and the middle of their intervals, in all combinations: exact
        wherever the number is monotonic within one rounding step of each cell, as in all claims. With more than
        MOST_REPEATED such cells the plain interval is returned, which is never too narrow.
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
        return self.resolved.listed(node)

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


def _function(node: ast.Call) -> str:
    return node.func.id if isinstance(node.func, ast.Name) else ""


@lru_cache(maxsize=1024)
def _first_position(node: ast.expr) -> ast.Call | None:
    calls = (n for n in ast.walk(node) if isinstance(n, ast.Call))
    return next((n for n in calls if _function(n) in POSITION), None)


def less(a: Interval, b: Interval) -> Truth:
    """a < b: True if for all of their values, False if for none."""
    return True if a.below(b) else False if b.at_most(a) else None


def at_most(a: Interval, b: Interval) -> Truth:
    """a <= b: True if for all of their values, False if for none."""
    return True if a.at_most(b) else False if b.below(a) else None


def combine(parts: list[Truth], all_of: bool) -> Truth:
    """Three-valued `and` (or `or`): one failing (holding) part decides; else None if any part is None."""
    if (not all_of) in parts:
        return not all_of
    return None if None in parts else all_of


# ---------------------------------------------------------------- a claim on intervals

NAMES: Mapping[bool | None, Holds] = {True: "holds", False: "fails", None: "inconclusive"}


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


def judge_on(claim: Claim, evaluation: Evaluation, node: ast.expr) -> Judged:
    """A number compared with the claimed one, or a comparison, on exact or printed values."""
    allowed = claimed_range(claim)
    if allowed is None:
        holds = NAMES[evaluation.truth(node)]
        words = "the values are too close together to decide" if holds == "inconclusive" else ""
        return Judged(holds, words)
    holds = NAMES[reaches(evaluation.spans(node), claim, allowed)]
    return said(claim, evaluation, node)._replace(holds=holds)


def said(claim: Claim, evaluation: Evaluation, node: ast.expr) -> Judged:
    """The claimed number and the one that the values give, in words; undecided."""
    value, reach = evaluation.best(node), evaluation.number(node)
    words = f"claimed {claim.claimed} ({claim.rounding}); the cells give {value:.4g}"
    if not reach.is_point:
        words += f", between {reach.low:.4g} and {reach.high:.4g}"
    ends = tidy(reach.low), tidy(reach.high)
    return Judged("inconclusive", words, value=tidy(value), interval=ends)


def tidy(value: float) -> float:
    """Ten significant digits: 1.3 and not 1.2999999999999972."""
    return float(f"{value:.10g}")
