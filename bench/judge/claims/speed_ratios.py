"""A claim on timings: ratios within one measurement on one machine.

Every form of a claim is brought to a ratio first, so that "1.5 times", "50 % more", "33 % less" of the inverse and
`a > 1.5 * b` are one claim with one answer. The ratio of two medians has the interval that their quartiles give.

* A claimed size may be missed by 10 % of the ratio, or by the rounding of its digits where that is more.
* An order has no such allowance: it claims no size. A size other than 1 also claims the order inside it (1.4 times as
  fast is faster), and is judged as "within 10 %, and in that order". So the two never contradict each other.
* True if the whole interval is where the claim allows it, False if none of it is, else None.

A speed itself, instead of a ratio, is judged only on the machine that the paper names.
"""

import ast
import itertools
import math
from dataclasses import replace
from functools import partial, reduce
from typing import NamedTuple

from bench.catalog.schema import Claim
from bench.judge.claims.arithmetic import NAMES, Evaluation, Judged, combine, less, said
from bench.judge.claims.claimed import Truth, claimed_range, claimed_value
from bench.judge.intervals import Interval
from bench.judge.tolerance import SPEED


class Linear(NamedTuple):
    """A number written as scale * node + shift; percentages become the ratio that they are about."""

    node: ast.expr
    scale: float = 1.0
    shift: float = 0.0

    def times(self, factor: float) -> "Linear":
        return Linear(self.node, factor * self.scale, factor * self.shift)

    def plus(self, term: float) -> "Linear":
        return Linear(self.node, self.scale, self.shift + term)

    def solve(self, number: float) -> float:
        """The value of `node` at which the whole is `number`."""
        return (number - self.shift) / self.scale


def judge_timed(claim: Claim, evaluation: Evaluation, node: ast.expr) -> Judged:
    """A number or a comparison on timings of one machine: holds, fails or inconclusive, with the numbers in words."""
    if (allowed := claimed_range(claim)) is None:
        holds = NAMES[_truth(evaluation, node)]
        close = "the timings vary too much to decide" if holds == "inconclusive" else ""
        return Judged(holds, close)
    size = claimed_value(claim)
    holds = NAMES[_sized(evaluation, _linear(evaluation, node), size, allowed)]
    told = said(claim, evaluation, node)
    words = f"{told.reason}; a ratio may differ by {SPEED:.0%}"
    if holds == "inconclusive":
        words += "; the timings vary too much to decide"
    return told._replace(holds=holds, reason=words)


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


# ---------------------------------------------------------------- sizes and orders


def _truth(evaluation: Evaluation, node: ast.expr) -> Truth:
    if not isinstance(node, ast.Compare):  # best, rising, falling: orders
        return evaluation.truth(node)
    sides = [node.left, *node.comparators]
    pairs = zip(sides[:-1], node.ops, sides[1:], strict=True)
    return combine([_compared(evaluation, *pair) for pair in pairs], True)


def _compared(evaluation: Evaluation, left: ast.expr, op: ast.cmpop, right: ast.expr) -> Truth:
    """A comparison with a number, or of two numbers by their quotient; plain arithmetic for an order."""
    plain = evaluation.compare(left, op, right)
    if not evaluation.resolved.names_in(left):
        turned: dict[type[ast.cmpop], ast.cmpop] = {
            ast.Lt: ast.Gt(), ast.LtE: ast.GtE(), ast.Gt: ast.Lt(), ast.GtE: ast.LtE()
        }  # fmt: skip
        left, op, right = right, turned.get(type(op), op), left
    if not evaluation.resolved.names_in(left):
        return plain
    if evaluation.resolved.names_in(right):
        above, below = _balanced(left, right)
        if above is None or below is None or evaluation.number(below).low <= 0.0:
            return plain
        form, size = Linear(ast.BinOp(above, ast.Div(), below)), 1.0
    else:
        form, size = _linear(evaluation, left), evaluation.best(right)
    bound = form.solve(size)
    edge = _if_equal(evaluation, form.node)
    if edge is None or (math.isclose(edge, bound) and not isinstance(op, ast.Eq)):
        return plain
    upwards = isinstance(op, ast.Gt | ast.GtE) == (form.scale > 0.0)
    allowed = Interval(bound, math.inf) if upwards else Interval(-math.inf, bound)
    if isinstance(op, ast.Eq):
        allowed = Interval.point(bound)
    return _sized(evaluation, Linear(form.node), bound, allowed)


def _sized(evaluation: Evaluation, form: Linear, size: float, allowed: Interval) -> Truth:
    """Within 10 % of the claimed ratio or its rounding; on its side of equality, if the claim excludes that."""
    claimed, ends = form.solve(size), sorted((form.solve(allowed.low), form.solve(allowed.high)))
    near = sorted((claimed / (1.0 + SPEED), claimed * (1.0 + SPEED)))
    measured = evaluation.number(form.node)
    parts = [measured.inside(Interval(min(ends[0], near[0]), max(ends[1], near[1])))]
    edge = _if_equal(evaluation, form.node)
    if edge is not None and ends[0] > edge:
        parts.append(less(Interval.point(edge), measured))
    elif edge is not None and ends[1] < edge:
        parts.append(less(measured, Interval.point(edge)))
    return combine(parts, True)


def _if_equal(evaluation: Evaluation, node: ast.expr) -> float | None:
    """The ratio if all timings were equal; None if the number is no ratio or has no such value."""
    if not is_relative(evaluation, node):
        return None
    try:
        return replace(evaluation, central=dict.fromkeys(evaluation.central, 1.0)).best(node)
    except ZeroDivisionError:
        return None


# ---------------------------------------------------------------- one form for all


def _linear(evaluation: Evaluation, node: ast.expr) -> Linear:
    """The ratio behind a percentage, behind sums and products with constants, and behind (a - b) / b."""

    def constant(part: ast.expr) -> float | None:
        return None if evaluation.resolved.names_in(part) else evaluation.best(part)

    def same(one: ast.expr, two: ast.expr) -> bool:
        return _text(evaluation, one) == _text(evaluation, two)

    match node:
        case ast.Call(func=ast.Name(id="percent_more"), args=[a, b]):
            return Linear(ast.BinOp(a, ast.Div(), b), 100.0, -100.0)
        case ast.Call(func=ast.Name(id="percent_less"), args=[a, b]):
            return Linear(ast.BinOp(a, ast.Div(), b), -100.0, 100.0)
        case ast.UnaryOp(op=op, operand=inner):
            return _linear(evaluation, inner).times(-1.0 if isinstance(op, ast.USub) else 1.0)
        case ast.BinOp(left=ast.BinOp(left=a, op=ast.Sub(), right=b), op=ast.Div(), right=c):
            if same(b, c):
                return Linear(ast.BinOp(a, ast.Div(), c), 1.0, -1.0)
            if same(a, c):
                return Linear(ast.BinOp(b, ast.Div(), c), -1.0, 1.0)
        case ast.BinOp(left=ast.BinOp(left=k, op=ast.Mult(), right=a), op=ast.Div(), right=c) if (
            constant(k)
        ):
            return _linear(evaluation, ast.BinOp(a, ast.Div(), c)).times(constant(k) or 1.0)
        case ast.BinOp(left=a, op=op, right=b):
            one, two = constant(a), constant(b)
            match op:
                case ast.Add() | ast.Sub() if two is not None:
                    return _linear(evaluation, a).plus(two if isinstance(op, ast.Add) else -two)
                case ast.Add() | ast.Sub() if one is not None:
                    sign = 1.0 if isinstance(op, ast.Add) else -1.0
                    return _linear(evaluation, b).times(sign).plus(one)
                case ast.Mult() if one or two:
                    return _linear(evaluation, a if two else b).times(two or one or 1.0)
                case ast.Div() if two:
                    return _linear(evaluation, a).times(1.0 / two)
    return Linear(node)


def _text(evaluation: Evaluation, node: ast.expr) -> str:
    """The expression with the names of its cells: each reference to one has a placeholder of its own."""
    text = ast.dump(node)
    for placeholder, cells in evaluation.resolved.names.items():
        text = text.replace(repr(placeholder), repr(cells))
    return text


def _balanced(left: ast.expr, right: ast.expr) -> tuple[ast.expr | None, ast.expr | None]:
    """Both sides of a comparison with every subtracted term moved to the other: a - b > c becomes a > c + b."""
    sides: dict[bool, list[ast.expr]] = {True: [], False: []}
    for sign, term in [*_terms(left, True), *_terms(right, False)]:
        sides[sign].append(term)
    above, below = (_sum(sides[side]) for side in (True, False))
    return above, below


def _terms(node: ast.expr, sign: bool) -> list[tuple[bool, ast.expr]]:
    match node:
        case ast.BinOp(left=a, op=ast.Add() | ast.Sub() as op, right=b):
            return [*_terms(a, sign), *_terms(b, sign == isinstance(op, ast.Add))]
        case ast.UnaryOp(op=op, operand=inner):
            return _terms(inner, sign == isinstance(op, ast.UAdd))
    return [(sign, node)]


def _sum(terms: list[ast.expr]) -> ast.expr | None:
    return reduce(lambda one, two: ast.BinOp(one, ast.Add(), two), terms) if terms else None
