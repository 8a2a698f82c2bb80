"""The numbers of a claim on measured networks, and how certain they are.

Seeds are propagated through whatever has a slope, so that a - b is the usual comparison of two means. An extreme has
none where two values tie, and the largest of several noisy means is not a mean. But "max(list) - c" is the largest of
the differences "a - c", "b - c", ..., and a spread that of all pairs: each difference has a slope, and is taken at a
level at which all of them are right together. Whatever else has no slope (a magnitude, a ratio of extremes) is computed
with interval arithmetic on its parts.
"""

import ast
import itertools
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property, partial

from bench.judge.claims.arithmetic import OF_LIST, OF_RATIO, OPERATORS, POSITION, Evaluation
from bench.judge.claims.expressions import Resolved, replaced
from bench.judge.evidence import Measurement
from bench.judge.intervals import Interval, positions
from bench.judge.statistics import LEVEL, Estimate, Spread, propagate, slope
from bench.judge.tolerance import released

KINKED = {"abs", "min", "max", "spread", "argmax", "argmin"}
EXTREMES = {"min", "max", "spread"}
MOST_DIFFERENCES = 256  # that an expression is taken apart into


class MeasuredNumbers:
    """Expressions on the measurements of a claim's cells, by address."""

    def __init__(self, resolved: Resolved, measured: Mapping[str, Measurement]) -> None:
        """Every cell can also be named by its address in expressions."""
        names = {cell: (cell,) for cell in resolved.cells}
        self.resolved = resolved._replace(names={**resolved.names, **names})
        self.measured = measured

    @cached_property
    def means(self) -> dict[str, float]:
        """Mean of the seeds of every cell."""
        return {name: one.value for name, one in self.measured.items()}

    def cells(self, node: ast.expr) -> list[str]:
        """Addresses of the cells in an expression, each once."""
        return list(dict.fromkeys(self.resolved.names_in(node)))

    def value(self, node: ast.expr, at: Mapping[str, float] | None = None) -> float:
        """On the means, or on other values. Raises ZeroDivisionError."""
        return Evaluation(self.resolved, {}, self.means if at is None else at).best(node)

    def _at(self, node: ast.expr, cells: Sequence[str], values: Sequence[float]) -> float:
        return self.value(node, dict(zip(cells, values, strict=True)))

    def interval(self, node: ast.expr, level: float = LEVEL) -> Interval:
        """Where the true value is, at a level. Raises ZeroDivisionError if a denominator may be zero."""
        units = self._units(node)
        return self._combined(node, 1.0 - (1.0 - level) / max(1, len(units)))

    def confidence(self, node: ast.expr) -> float | None:
        """That the number is above zero; None if it has no slope, or rests on released weights."""
        if functions(node) & KINKED or any(m.spread is None for m in self._behind(node)):
            return None
        return self._estimate(node, LEVEL).confidence

    def scale(self, node: ast.expr) -> float:
        """The most that a point of one cell, or of all of one network, moves the number; beside ties."""
        cells = self.cells(node)
        beside = [self.means[cell] + 0.01 * place for place, cell in enumerate(cells)]
        of = partial(self._at, node, cells)
        each = {cell: slope(of, beside, place) for place, cell in enumerate(cells)}
        runs = {self.measured[cell].run for cell in cells}
        together = (sum(each[c] for c in cells if self.measured[c].run == run) for run in runs)
        return max(map(abs, (*each.values(), *together)), default=0.0)

    def denominators(self, node: ast.expr) -> list[ast.expr]:
        """What an expression divides by."""
        found = []
        for one in ast.walk(node):
            match one:
                case ast.BinOp(op=ast.Div(), right=below):
                    found.append(below)
                case ast.Call(func=ast.Name(id=name), args=[_, below]) if name in OF_RATIO:
                    found.append(below)
        return found

    def single(self, node: ast.expr) -> list[str]:
        """The cells behind which there is one training."""
        return [cell for cell in self.cells(node) if self.measured[cell].one_training]

    def spread(self, node: ast.expr) -> Spread | None:
        """The widest of the least deviations between seeds; None for released weights."""
        return max((one.spread for one in self._behind(node) if one.spread), default=None)

    def seeds(self, node: ast.expr) -> str:
        """'3 seeds each', '2 to 5 seeds', 'one seed each'."""
        counts = [len(one.values) for one in self._behind(node)]
        fewest, most = min(counts, default=0), max(counts, default=0)
        if fewest < most:
            return f"{fewest} to {most} seeds"
        return f"{fewest} seeds each" if fewest != 1 else "one seed each"

    def _behind(self, node: ast.expr) -> list[Measurement]:
        return [self.measured[cell] for cell in self.cells(node)]

    # ------------------------------------------------------------ intervals

    def _units(self, node: ast.expr) -> set[tuple[float, ...]]:
        """The parts of an expression that have a slope everywhere: their slopes. a - b and b - a are one."""
        if not functions(node) & KINKED:
            return self._direction(node)
        found = self._extreme(node)
        parts = found[1] if found else self._operands(node)
        return {unit for part in parts for unit in self._units(part)}

    def _direction(self, node: ast.expr) -> set[tuple[float, ...]]:
        """The slope in every cell, the first positive; nothing if the number is constant."""
        at, names = list(self.means.values()), list(self.means)
        used, of = set(self.cells(node)), partial(self._at, node, names)
        steep = [
            round(slope(of, at, n), 9) if name in used else 0.0 for n, name in enumerate(names)
        ]
        first = next(filter(None, steep), 0.0)
        return {tuple(one if first > 0.0 else 0.0 - one for one in steep)} if first else set()

    def gaps(self, a: ast.expr, op: ast.cmpop, b: ast.expr) -> list[ast.expr]:
        """What a comparison puts above zero. "b >= max(list)" is "best": b is not compared with itself."""
        high, low = (a, b) if isinstance(op, ast.Gt | ast.GtE) else (b, a)
        found = self.smallest(difference(high, low))
        if isinstance(op, ast.Gt | ast.Lt):
            return found
        return [one for one in found if self._units(one)] or found

    def different(self, nodes: Iterable[ast.expr]) -> int:
        """How many numbers may be wrong by chance: a - b and b - a are one, a constant is none."""
        return max(1, len({frozenset(self._units(one)) for one in nodes} - {frozenset()}))

    def smallest(self, node: ast.expr) -> list[ast.expr]:
        """The numbers of which this one is the smallest: for a - max(list), a minus each. Else itself."""
        found = self._extreme(node)
        if found is None or found[0] != "min":
            return [node]
        return [one for part in found[1] for one in self.smallest(part)]

    def _extreme(self, node: ast.expr) -> tuple[str, list[ast.expr]] | None:
        """The number as the largest ("max") or the smallest of others, without the first extreme in it."""
        calls = [
            n for n in ast.walk(node) if isinstance(n, ast.Call) and functions_of(n) & EXTREMES
        ]
        sizes = (len(self._alternatives(n)) for n in calls)
        found = [
            ("min" if (functions_of(n) == {"min"}) == up else "max", n) for n, up in _terms(node)
        ]
        if not found or math.prod(sizes) > MOST_DIFFERENCES:
            return None
        name, call = max(
            found, key=lambda one: one[0] == "min"
        )  # max a - max b: the smallest of max a - b
        return name, [replaced(node, call, one) for one in self._alternatives(call)]

    def _alternatives(self, call: ast.Call) -> list[ast.expr]:
        """What an extreme is one of; a spread is one of all differences, and at least 0."""
        parts = self._operands(call)
        if functions_of(call) != {"spread"}:
            return parts
        return [ast.Constant(0.0), *(difference(*two) for two in itertools.permutations(parts, 2))]

    def _operands(self, node: ast.expr) -> list[ast.expr]:
        match node:
            case ast.UnaryOp(operand=inner):
                return [inner]
            case ast.BinOp(left=left, right=right):
                return [left, right]
            case ast.Call(func=ast.Name(id="abs"), args=args):
                return args
            case ast.Call(args=args) if len(args) > 1:
                return args
            case ast.Call(args=[among]):
                cells = Evaluation(self.resolved, {}, {}).cells(among)
                return [ast.Name(cell) for cell in cells]
        raise TypeError(f"{ast.dump(node)} is not a number")

    def _combined(self, node: ast.expr, level: float) -> Interval:
        if not functions(node) & KINKED:
            return self._smooth(node, level)
        if found := self._extreme(node):
            return OF_LIST[found[0]]([self._combined(part, level) for part in found[1]])
        parts = [self._combined(part, level) for part in self._operands(node)]
        match node:
            case ast.UnaryOp(op=op):
                return -parts[0] if isinstance(op, ast.USub) else parts[0]
            case ast.BinOp(op=op):
                return OPERATORS[type(op)](*parts)
            case ast.Call(func=ast.Name(id="abs")):
                return abs(parts[0])
            case ast.Call(func=ast.Name(id="argmax" | "argmin" as name)):
                return Interval.hull(map(Interval.point, positions(parts, POSITION[name])))
            case ast.Call(func=ast.Name(id=name)):
                ratio = OF_RATIO.get(name)
                return ratio(parts[0] / parts[1]) if ratio else OF_LIST[name](parts)
        raise TypeError(f"{ast.dump(node)} is not a number")

    def _smooth(self, node: ast.expr, level: float) -> Interval:
        if any(one.spread is None for one in self._behind(node)):
            values = {cell: self._re_evaluated(cell) for cell in self.cells(node)}
            return Evaluation(self.resolved, values, self.means).number(node)
        for below in self.denominators(node):
            Interval.point(1.0) / self._combined(below, level)
        found = self._estimate(node, level)
        return Interval(*(found.interval or (found.value, found.value)))

    def _re_evaluated(self, cell: str) -> Interval:
        metric = self.resolved.cells[cell].metric or ""
        return Interval.around(self.measured[cell].value, released(metric))

    def _estimate(self, node: ast.expr, level: float) -> Estimate:
        """From the seeds; a training that stands in several cells is one training."""
        cells, behind = self.cells(node), self._behind(node)
        keys = [self.resolved.cells[cell].result_key for cell in cells]
        numbers = [(one.files, key) for one, key in zip(behind, keys, strict=True)]
        samples, of = [one.values for one in behind], partial(self._at, node, cells)
        return propagate(of, samples, self.spread(node), level=level, numbers=numbers)


# ---------------------------------------------------------------- what a claim puts in order


def pair(high: str, low: str) -> ast.expr:
    """The difference of two cells."""
    return ast.BinOp(ast.Name(high), ast.Sub(), ast.Name(low))


def difference(a: ast.expr, b: ast.expr) -> ast.expr:
    """The expression a - b."""
    return ast.BinOp(a, ast.Sub(), b)


def extreme(node: ast.expr) -> tuple[str, ast.expr] | None:
    """`argmax(list)` or `argmin(list)`: the function and the list."""
    match node:
        case ast.Call(func=ast.Name(id="argmax" | "argmin" as name), args=[among]):
            return name, among
    return None


def compared_with(a: ast.expr, b: ast.expr) -> tuple[str, ast.expr, float] | None:
    """`argmax(list) == 2`, either way round: the function, the list and the position."""
    for one, other in ((a, b), (b, a)):
        if (among := extreme(one)) and isinstance(other, ast.Constant):
            return *among, float(str(other.value))
    return None


def at_position(cells: Sequence[str], name: str, position: float) -> list[ast.expr] | None:
    """That the extreme of a list is at this 1-based place: a difference with each other cell; None if it cannot be."""
    if position not in range(1, len(cells) + 1):
        return None
    chosen = cells[int(position) - 1]
    others = [c for c in cells if c != chosen]
    return [pair(chosen, o) if name == "argmax" else pair(o, chosen) for o in others]


def functions(node: ast.expr) -> set[str]:
    """Names of the functions that an expression calls."""
    return {
        n.func.id
        for n in ast.walk(node)
        if isinstance(n, ast.Call) and isinstance(n.func, ast.Name)
    }


def functions_of(call: ast.Call) -> set[str]:
    """The name of the called function alone."""
    return {call.func.id} if isinstance(call.func, ast.Name) else set()


def _terms(node: ast.expr, upwards: bool = True) -> Iterator[tuple[ast.Call, bool]]:
    """The extremes that are terms of a sum, and whether the sum grows with them."""
    match node:
        case ast.Call() if functions_of(node) & EXTREMES:
            yield node, upwards
        case ast.UnaryOp(op=op, operand=inner):
            yield from _terms(inner, upwards != isinstance(op, ast.USub))
        case ast.BinOp(left=left, op=ast.Add() | ast.Sub() as op, right=right):
            yield from _terms(left, upwards)
            yield from _terms(right, upwards == isinstance(op, ast.Add))
        case ast.BinOp(left=ast.Constant(value=float() | int() as k), op=ast.Mult(), right=inner):
            yield from _terms(inner, upwards) if k > 0 else ()


def ordered(resolved: Resolved, node: ast.expr) -> list[ast.expr] | None:
    """The differences that `best`, `rising` or `falling` put above zero; None for anything else."""
    match node:
        case ast.Call(func=ast.Name(id="best" | "rising" | "falling")):
            return [pair(*one) for one in Evaluation(resolved, {}, {}).pairs(node)]
    return None
