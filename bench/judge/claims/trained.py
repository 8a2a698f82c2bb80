"""Claims on networks measured at full size: trainings with their seeds, or released weights with their tolerance.

A claim puts numbers into ranges: `a > b` puts a - b above 0, a claimed 1.3 puts it around 1.3, `a == b` around 0. It
holds if every interval is inside its range, fails if one is outside, and is else inconclusive. A claimed size and an
equality are ranges with two ends and are widened by the margin within which two trainings are called equal
(`tolerance.equal_within`); bounds are not. To be inside a range with two ends takes two one-sided tests at 5 %.

That one of several comparisons fails is the easier the more there are: the level of "fails" is divided among them
(Bonferroni). That all hold needs no such care, unless the sentence says "or". One training decides nothing.
"""

import ast
import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

from bench.catalog.schema import Claim
from bench.judge.claims.arithmetic import Evaluation, Judged, tidy
from bench.judge.claims.claimed import claimed_range, claimed_value
from bench.judge.claims.expressions import Resolved
from bench.judge.claims.uncertainty import (
    MeasuredNumbers,
    at_position,
    compared_with,
    difference,
    extreme,
    ordered,
)
from bench.judge.evidence import Measurement
from bench.judge.intervals import TINY, Interval
from bench.judge.records import Holds
from bench.judge.statistics import EQUIVALENCE, LEVEL
from bench.judge.tolerance import equal_within

ABOVE = Interval(0.0, math.inf)
NOWHERE = Interval(math.inf, math.inf)


class Part(NamedTuple):
    """One number of a claim, and the range in which the claim puts it; `strict`: without its ends."""

    node: ast.expr
    allowed: Interval = ABOVE
    strict: bool = False

    @property
    def two_sided(self) -> bool:
        """Whether it is about a size or an equality, and not a bound."""
        return math.isfinite(self.allowed.high - self.allowed.low)

    def inside(self, reach: Interval) -> bool:
        """Whether all of an interval is allowed."""
        slack = -TINY if self.strict else TINY
        return reach.low >= self.allowed.low - slack and reach.high <= self.allowed.high + slack

    def outside(self, reach: Interval) -> bool:
        """Whether nothing of an interval is allowed."""
        slack = -TINY if self.strict else TINY
        return reach.high < self.allowed.low - slack or reach.low > self.allowed.high + slack


@dataclass(frozen=True)
class TrainedClaim:
    """One comparison, or one number, of a claim.

    among: the comparisons of trained networks in the sentence; either: some of them are alternatives ("or").
    """

    claim: Claim
    resolved: Resolved
    measured: Mapping[str, Measurement]
    among: int = 1
    either: bool = False

    @cached_property
    def _numbers(self) -> MeasuredNumbers:
        return MeasuredNumbers(self.resolved, self.measured)

    def judge(self, node: ast.expr) -> Judged:
        """Raises ZeroDivisionError if a denominator may be zero."""
        reach = self._numbers.interval
        parts = self._parts(node)
        different = self._numbers.different(part.node for part in parts)
        share = (1.0 - LEVEL) / (different * max(1, self.among))
        fails = any(part.outside(reach(part.node, 1.0 - share)) for part in parts)
        holds = all(part.inside(reach(part.node, self._needed(part))) for part in parts)
        word: Holds = "fails" if fails else "holds" if holds else "inconclusive"
        words, alone = self._words(node, parts), self._numbers.single(node)
        if alone:
            word = "inconclusive"
            more = f" and {len(alone) - 1} more" if len(alone) > 1 else ""
            words += f"; one training of {alone[0]}{more} decides nothing"
        judged = Judged(word, words, confidence=None if alone else self._confidence(parts))
        if self.claim.claimed is None:
            return judged
        value, ends = self._numbers.value(node), reach(node)
        return judged._replace(value=tidy(value), interval=(tidy(ends.low), tidy(ends.high)))

    def _needed(self, part: Part) -> float:
        """The level of the interval that must be inside for "holds"."""
        share = 1.0 - (EQUIVALENCE if part.two_sided else LEVEL)
        return 1.0 - share / (self.among if self.either else 1)

    def _confidence(self, parts: list[Part]) -> float | None:
        """That all parts are above 0, where that is what is claimed; error probabilities add up."""
        known = [
            self._numbers.confidence(part.node) if part.allowed == ABOVE else None for part in parts
        ]
        found = [one for one in known if one is not None]
        return max(0.0, 1.0 - sum(1.0 - p for p in found)) if len(found) == len(parts) else None

    # ------------------------------------------------------------ what is claimed

    def _parts(self, node: ast.expr) -> list[Part]:
        if (allowed := claimed_range(self.claim)) is not None:
            if among := extreme(node):
                return self._position(*among, claimed_value(self.claim))
            if allowed.high == math.inf:
                return [Part(one, allowed) for one in self._numbers.smallest(node)]
            wide = self._margin(node) if math.isfinite(allowed.low) else 0.0
            return [Part(node, Interval(allowed.low - wide, allowed.high + wide))]
        if (pairs := ordered(self.resolved, node)) is not None:
            return [Part(one) for one in pairs]
        if not isinstance(node, ast.Compare):
            raise TypeError(f"{ast.dump(node)} is not a comparison")
        sides = [node.left, *node.comparators]
        found = zip(sides[:-1], node.ops, sides[1:], strict=True)
        return [part for a, op, b in found for part in self._compared(a, op, b)]

    def _compared(self, a: ast.expr, op: ast.cmpop, b: ast.expr) -> list[Part]:
        if isinstance(op, ast.Eq):
            if place := compared_with(a, b):
                return self._position(*place)
            gap = difference(a, b)
            return [Part(gap, Interval.around(0.0, self._margin(gap)))]
        strict = isinstance(op, ast.Gt | ast.Lt)
        return [Part(gap, strict=strict) for gap in self._numbers.gaps(a, op, b)]

    def _position(self, name: str, among: ast.expr, position: float) -> list[Part]:
        cells = Evaluation(self.resolved, {}, {}).cells(among)
        pairs = at_position(cells, name, position)
        return [Part(ast.Constant(0.0), NOWHERE)] if pairs is None else [Part(p) for p in pairs]

    def _margin(self, node: ast.expr) -> float:
        """What equality within the metrics' margin makes of the number: scaled by how steep it is."""
        cells = self._numbers.cells(node)
        margins = (equal_within(self.resolved.cells[cell].metric or "") for cell in cells)
        margin = max(margins, default=0.0)
        for below in self._numbers.denominators(node):
            span = Interval.around(self._numbers.value(below), margin * self._numbers.scale(below))
            Interval.point(1.0) / span  # a denominator that may be equal to zero
        return margin * self._numbers.scale(node)

    # ------------------------------------------------------------ in words

    def _words(self, node: ast.expr, parts: list[Part]) -> str:
        if not parts:
            return "compares nothing: the list has a single cell"
        value, reach = self._numbers.value, self._numbers.interval
        trained = self._numbers.spread(node) is not None
        covers = self._numbers.seeds(node) if trained else "released weights, by their tolerance"
        if self.claim.claimed is not None and extreme(node) is None:
            ends = reach(node)
            return (
                f"claimed {self.claim.claimed} ({self.claim.rounding}); the cells give {value(node):.4g}, "
                f"between {ends.low:.4g} and {ends.high:.4g} ({covers}); allowed {_range(parts[0].allowed)}"
            )
        closest = min(parts, key=lambda part: value(part.node))
        ends = reach(closest.node)
        words = "difference" if len(parts) == 1 else f"smallest of {len(parts)} differences"
        words += f" {value(closest.node):+.2f} [{ends.low:+.2f}, {ends.high:+.2f}], {covers}"
        return f"{words}; equal within ±{closest.allowed.high:.2g}" if closest.two_sided else words


def _range(allowed: Interval) -> str:
    if math.isinf(allowed.high):
        return f"from {allowed.low:.4g}"
    if math.isinf(allowed.low):
        return f"up to {allowed.high:.4g}"
    return f"{allowed.low:.4g} to {allowed.high:.4g}"
