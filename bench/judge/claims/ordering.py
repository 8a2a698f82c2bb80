"""Claims of ordering and direction on synthetic data, with seeds.

Accuracy on synthetic people says nothing about a value on COCO, but it can say that A is above B. A claim is one of
ordering if equal networks would be exactly on its edge: `a > b`, `a - b = 1.3` (its sign), `times(a, b) = 1.4`
(above 1), `best(a, list)`. A claim about a size (`a > 75`, `a - b > 1`, `abs(a - b)`) stays open.

A contrast of a claim is decided only if the whole 95 % interval of its difference is beyond a margin, in points of
every accuracy alike (AP, AR, PCKh; a hundredth for measures from 0 to 1; for a ratio: what the margin makes of it):

* 0.5 where the interval covers the training seed (several seeds, or one that borrows the deviation of other runs):
  half a point is less than any improvement these papers claim;
* 2.5 where it covers the choice of images only (one seed each, image-paired bootstrap): two trainings of one network
  at smoke size differed by up to 2.3 AP in trials, which no resampling of images shows.

The error probabilities of all contrasts, and of all comparisons in one sentence, add up (Bonferroni): it holds only if
all are right with a joint confidence of 97.5 %, and fails only if one contrast is wrong at that level divided by their
number.
"""

import ast
import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean
from typing import NamedTuple

from bench.catalog.schema import METRICS
from bench.judge.claims.arithmetic import Evaluation, Judged
from bench.judge.claims.expressions import Resolved
from bench.judge.evidence import Measurement
from bench.judge.records import Holds
from bench.judge.statistics import LEVEL, Difference, Spread, propagate, slope

EQUAL = (50.0, 60.0)
DRAWN = (20.0, 80.0)
ALPHA = (1.0 - LEVEL) / 2
MARGIN_SEEDS = 0.5
MARGIN_IMAGES = 2.5
PairedDifference = Callable[[Measurement, Measurement, str], Difference | None]


class NotAnOrdering(ValueError):
    """The claim is about a size, which synthetic data cannot judge."""


class ContrastEstimate(NamedTuple):
    """The difference of one contrast, the margin it must exceed, and what its interval covers."""

    difference: Difference
    margin: float
    covers: str

    @property
    def beyond(self) -> bool | None:
        """True if entirely above the margin, False if entirely below minus the margin, else None."""
        return self.difference.above(self.margin)


class Contrast(NamedTuple):
    """A number that is above zero if this part of a claim is true; `is_pair`: it is the first cell minus the second."""

    cells: tuple[str, ...]
    value: Callable[[Mapping[str, float]], float]
    is_pair: bool = False


def _pair(high: str, low: str) -> Contrast:
    return Contrast((high, low), lambda v: v[high] - v[low], is_pair=True)


@dataclass(frozen=True)
class OrderingClaim:
    """One claim on the seeds of its cells; `paired` is used where single seeds give no interval.

    measured: by address. spread: what a cell with a single seed borrows. among: the number of comparisons of this
    kind in the sentence.
    """

    resolved: Resolved
    measured: Mapping[str, Measurement]
    spread: Spread | None
    paired: PairedDifference | None = None
    among: int = 1

    def truth(self, node: ast.expr) -> Judged:
        """A comparison, `best`, `rising` or `falling`. Raises `NotAnOrdering` if it is about a size."""
        contrasts = self._contrasts(node)
        for contrast in contrasts:
            if any(abs(value) > 1e-9 for value in self._if_equal(contrast)):
                raise NotAnOrdering("claims a size, not only an ordering")
        return self._decide(contrasts)

    def direction(self, node: ast.expr, claimed: float) -> Judged:
        """The side of its edge on which a claimed number is. Raises `NotAnOrdering` if it has none."""
        if among := _extreme(node):
            return self._decide(self._extreme_contrasts(*among, claimed))
        if _functions(node) & {"abs", "spread", "count", "argmax", "argmin"}:
            raise NotAnOrdering("claims a size, not a direction")
        number = self._number(node)
        edge, other = self._if_equal(number)
        if abs(edge - other) > 1e-9 or claimed == edge:
            raise NotAnOrdering("claims a size, not a direction")
        sign = 1.0 if claimed > edge else -1.0
        contrast = Contrast(number.cells, lambda v: sign * (number.value(v) - edge))
        if not _both_ways(contrast):
            raise NotAnOrdering(
                "claims a size: its sign is fixed (the largest minus the smallest, or a value minus itself)"
            )
        decided = self._decide([contrast])
        found = self._estimate(contrast).difference
        ends = sorted(edge + sign * end for end in found.interval) if found.interval else None
        return decided._replace(
            value=edge + sign * found.value, interval=(ends[0], ends[1]) if ends else None
        )

    # ------------------------------------------------------------ contrasts

    def _cells(self, node: ast.expr) -> tuple[str, ...]:
        return Evaluation(self.resolved, {}, {}).cells(node)

    def _if_equal(self, contrast: Contrast) -> list[float]:
        """What it would be if all networks were equal, at two levels."""
        return [contrast.value(dict.fromkeys(self.measured, level)) for level in EQUAL]

    def _number(self, node: ast.expr) -> Contrast:
        cells = tuple(dict.fromkeys(self.resolved.names_in(node)))
        return Contrast(cells, lambda v: Evaluation(self.resolved, {}, v).best(node))

    def _contrasts(self, node: ast.expr) -> list[Contrast]:
        if isinstance(node, ast.Compare):
            sides = [node.left, *node.comparators]
            parts = zip(sides[:-1], node.ops, sides[1:], strict=True)
            return [one for a, op, b in parts for one in self._compared(a, op, b)]
        return [_pair(*pair) for pair in Evaluation(self.resolved, {}, {}).pairs(node)]

    def _compared(self, a: ast.expr, op: ast.cmpop, b: ast.expr) -> list[Contrast]:
        if isinstance(op, ast.Eq):
            for one, other in ((a, b), (b, a)):
                if (among := _extreme(one)) and isinstance(other, ast.Constant):
                    return self._extreme_contrasts(*among, float(str(other.value)))
            raise NotAnOrdering("claims that two numbers are equal, which no sample can show")
        if {"argmax", "argmin", "count"} & (_functions(a) | _functions(b)):
            raise NotAnOrdering("claims a position within bounds")
        high, low = (a, b) if isinstance(op, ast.Gt | ast.GtE) else (b, a)
        if isinstance(high, ast.Name) and isinstance(low, ast.Name):
            return [_pair(self._cells(high)[0], self._cells(low)[0])]
        return [self._number(ast.BinOp(high, ast.Sub(), low))]

    def _extreme_contrasts(self, name: str, among: ast.expr, position: float) -> list[Contrast]:
        cells = self._cells(among)
        if position not in range(1, len(cells) + 1):
            raise NotAnOrdering(
                f"position {position:g} is not among the {len(cells)} cells of the list"
            )
        chosen = cells[int(position) - 1]
        others = [c for c in cells if c != chosen]
        return [_pair(chosen, o) if name == "argmax" else _pair(o, chosen) for o in others]

    # ------------------------------------------------------------ deciding

    def _estimate(self, contrast: Contrast) -> ContrastEstimate:
        samples = [self.measured[cell].values for cell in contrast.cells]

        def of(values: Sequence[float]) -> float:
            return contrast.value(dict(zip(contrast.cells, values, strict=True)))

        found = propagate(of, samples, self.spread)
        means = [fmean(one) for one in samples]
        scale = max((abs(slope(of, means, n)) for n in range(len(means))), default=0.0)
        if found.interval is None and contrast.is_pair and self.paired:
            high, low = contrast.cells
            metric = self.resolved.cells[high].metric or ""
            images = self.paired(self.measured[high], self.measured[low], metric)
            if images is not None and images.interval is not None:
                return ContrastEstimate(
                    images, MARGIN_IMAGES, "the choice of images only (one seed each)"
                )
        margin = MARGIN_SEEDS * scale * self._point(contrast)
        return ContrastEstimate(found, margin, self._covers(found, samples))

    def _point(self, contrast: Contrast) -> float:
        """A point of the values: 1 of those in percent, 0.01 of measures between 0 and 1."""
        metrics = [self.resolved.cells[cell].metric for cell in contrast.cells]
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

    def _decide(self, contrasts: list[Contrast]) -> Judged:
        """All contrasts above their margins: holds. One below: fails. Error probabilities add up."""
        found = [self._estimate(contrast) for contrast in contrasts]
        if not found:
            raise NotAnOrdering("compares nothing: the list has a single cell")
        confidences = [one.difference.confidence for one in found]
        known = [one for one in confidences if one is not None]
        joint = 1.0 - sum(1.0 - one for one in known) if len(known) == len(found) else None
        wrong = ALPHA / (len(found) * self.among) + 1e-12
        below = (p for one, p in zip(found, confidences, strict=True) if one.beyond is False)
        holds: Holds = "inconclusive"
        if any(p is not None and p <= wrong for p in below):
            holds = "fails"
        elif joint is not None and joint >= 1.0 - ALPHA / self.among - 1e-12:
            holds = "holds" if all(one.beyond for one in found) else "inconclusive"
        confidence = None if joint is None else max(0.0, joint)
        return Judged(holds, self._words(found), confidence=confidence)

    def _words(self, found: list[ContrastEstimate]) -> str:
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


def _both_ways(contrast: Contrast) -> bool:
    """Whether some values would put the number above zero and others below."""
    generator = random.Random(0)
    draws = ({cell: generator.uniform(*DRAWN) for cell in contrast.cells} for _ in range(200))
    signs = {value > 0 for value in map(contrast.value, draws) if abs(value) > 1e-9}
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
