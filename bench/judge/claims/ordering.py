"""Claims of ordering and direction on synthetic data, with seeds.

Accuracy on synthetic people says nothing about a value on COCO, but it can say that A is above B. A claim is one of
ordering if equal networks would be exactly on its edge: `a > b`, `a - b = 1.3` (its sign), `times(a, b) = 1.4`
(above 1), `best(a, list)`. A claim about a size (`a > 75`, `a - b > 1`, `abs(a - b)`) stays open.

A contrast of a claim is decided only if the whole 95 % interval of its difference is beyond a margin: the one that
the claim registered before the run, else 0.5 points of every accuracy alike (AP, AR, PCKh; a hundredth of that for
measures from 0 to 1; for a ratio: what the margin makes of it), which is less than any improvement these papers claim.

The interval covers the training seed, and is never narrower than the documented deviation between seeds makes it. One
training decides nothing. Its interval is shown with the documented deviation; where the predictions of two single
trainings are stored, so is what other images alone would change (image-paired bootstrap), which decides nothing either.

Two kinds of contrast are no evidence. Between runs that are one training at this tier (`same_config.yaml`) the claim is
open: one configuration. Where every network behind a contrast lies below the best pose that ignores the image (the mean
pose, the box's centre), their order says nothing of what they learn: such a contrast neither supports nor contradicts.

The error probabilities of all contrasts, and of all comparisons in one sentence, add up (Bonferroni): each contrast is
judged at a level at which all are right together with 97.5 % on either side.
"""

import ast
import math
import random
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

from bench.catalog.quantities import METRICS
from bench.catalog.same_config import SameConfig
from bench.catalog.schema import Claim, Tier
from bench.judge.claims.arithmetic import Evaluation, Judged
from bench.judge.claims.choice import some
from bench.judge.claims.expressions import Resolved
from bench.judge.claims.uncertainty import (
    MeasuredNumbers,
    at_position,
    compared_with,
    difference,
    extreme,
    functions,
    ordered,
)
from bench.judge.evidence import Measurement
from bench.judge.intervals import Interval
from bench.judge.records import Holds
from bench.judge.statistics import LEVEL, Estimate

EQUAL = (50.0, 60.0)
DRAWN = (20.0, 80.0)
MARGIN = 0.5
MOST_SEEDS = 1000  # that are named as what would decide
PairedDifference = Callable[[Measurement, Measurement, str], Estimate | None]


class NotAnOrdering(ValueError):
    """The claim is about a size, which synthetic data cannot judge."""


class OneConfiguration(ValueError):
    """The claim compares a network with itself: two of its runs are one training at this tier."""


def registered_margin(claim: Claim, tier: Tier | None) -> float:
    """The margin in points that a claim registered for a tier before it was measured; else the usual one."""
    return next((one.margin for one in reversed(claim.registered) if one.tier == tier), MARGIN)


class Contrast(NamedTuple):
    """A number that is above zero if this part of a claim is true, and the margin it must exceed."""

    node: ast.expr
    value: float
    interval: Interval
    margin: float
    covers: str


@dataclass(frozen=True)
class OrderingClaim:
    """One claim on the seeds of its cells.

    measured: by address. margin: in points. paired: the effect of other images alone, shown between single trainings.
    among: the number of comparisons of this kind in the sentence. one_config: which of some runs are one training here.
    """

    resolved: Resolved
    measured: Mapping[str, Measurement]
    margin: float = MARGIN
    paired: PairedDifference | None = None
    among: int = 1
    one_config: Callable[[Collection[str]], SameConfig | None] = lambda runs: None

    @cached_property
    def _numbers(self) -> MeasuredNumbers:
        return MeasuredNumbers(self.resolved, self.measured)

    def truth(self, node: ast.expr) -> Judged:
        """A comparison, `best`, `rising` or `falling`. Raises `NotAnOrdering` if it is about a size."""
        parts = self._parts(node)
        for part in parts:
            if any(abs(value) > 1e-9 for value in self._if_equal(part)):
                raise NotAnOrdering("claims a size, not only an ordering")
        return self._decide(parts)

    def direction(self, node: ast.expr, claimed: float) -> Judged:
        """The side of its edge on which a claimed number is. Raises `NotAnOrdering` if it has none."""
        if among := extreme(node):
            return self._decide(self._position(*among, claimed))
        if functions(node) & {"abs", "spread", "count", "argmax", "argmin"}:
            raise NotAnOrdering("claims a size, not a direction")
        edge, other = self._if_equal(node)
        if abs(edge - other) > 1e-9 or claimed == edge:
            raise NotAnOrdering("claims a size, not a direction")
        level = ast.Constant(edge)
        side = difference(node, level) if claimed > edge else difference(level, node)
        if not self._both_ways(side):
            raise NotAnOrdering(
                "claims a size: its sign is fixed (the largest minus the smallest, or a value minus itself)"
            )
        ends = self._numbers.interval(node)
        return self._decide(self._numbers.smallest(side))._replace(
            value=self._numbers.value(node), interval=(ends.low, ends.high)
        )

    # ------------------------------------------------------------ what is claimed

    def _if_equal(self, node: ast.expr) -> list[float]:
        """What it would be if all networks were equal, at two levels."""
        return [self._numbers.value(node, dict.fromkeys(self.measured, level)) for level in EQUAL]

    def _both_ways(self, node: ast.expr) -> bool:
        """Whether some values would put the number above zero and others below."""
        generator = random.Random(0)
        cells = self._numbers.cells(node)
        draws = ({cell: generator.uniform(*DRAWN) for cell in cells} for _ in range(200))
        values = (self._numbers.value(node, drawn) for drawn in draws)
        above = (value > 0 for value in values if abs(value) > 1e-9)
        first = next(above, None)
        return any(one is not first for one in above)

    def _parts(self, node: ast.expr) -> list[ast.expr]:
        if isinstance(node, ast.Compare):
            sides = [node.left, *node.comparators]
            found = zip(sides[:-1], node.ops, sides[1:], strict=True)
            return [one for a, op, b in found for one in self._compared(a, op, b)]
        return ordered(self.resolved, node) or []

    def _compared(self, a: ast.expr, op: ast.cmpop, b: ast.expr) -> list[ast.expr]:
        if isinstance(op, ast.Eq):
            if place := compared_with(a, b):
                return self._position(*place)
            raise NotAnOrdering("claims that two numbers are equal, which no sample can show")
        if {"argmax", "argmin", "count"} & (functions(a) | functions(b)):
            raise NotAnOrdering("claims a position within bounds")
        return self._numbers.gaps(a, op, b)

    def _position(self, name: str, among: ast.expr, position: float) -> list[ast.expr]:
        cells = Evaluation(self.resolved, {}, {}).cells(among)
        pairs = at_position(cells, name, position)
        if pairs is None:
            raise NotAnOrdering(
                f"position {position:g} is not among the {len(cells)} cells of the list"
            )
        return pairs

    # ------------------------------------------------------------ deciding

    def _decide(self, parts: list[ast.expr]) -> Judged:
        """All contrasts above their margins: holds. One below: fails. Error probabilities add up."""
        if not parts:
            raise NotAnOrdering("compares nothing: the list has a single cell")
        self._refuse_one_training(parts)
        found = [self._contrast(part) for part in parts]
        words = self._words(found)
        if any(self._numbers.single(part) for part in parts):
            return Judged("inconclusive", words)
        blind = [part for part in parts if self._ignores_image(part)]
        if len(blind) == len(parts):
            return Judged("inconclusive", f"{words}; {self._below(blind)}")
        different = self._numbers.different(parts)
        strict = 1.0 - (1.0 - LEVEL) / (different * max(1, self.among))
        surely = [self._numbers.interval(part, strict) for part in parts]
        holds: Holds = "inconclusive"
        each = list(zip(surely, found, strict=True))
        if any(
            s.high < 0.0 and c.interval.high < -c.margin for s, c in each if c.node not in blind
        ):
            holds = "fails"
        elif blind:
            words = f"{words}; {self._below(blind)}"
        elif all(s.low > 0.0 and c.interval.low > c.margin for s, c in each):
            holds = "holds"
        else:
            words = f"{words}; {self._more_seeds(each)}"
        known = [p for part in parts if (p := self._numbers.confidence(part)) is not None]
        joint = max(0.0, 1.0 - sum(1.0 - p for p in known)) if len(known) == len(parts) else None
        return Judged(holds, words, confidence=joint)

    def _more_seeds(self, each: list[tuple[Interval, Contrast]]) -> str:
        """What more seeds would settle if the means stayed: intervals narrow with the root of their number.

        each: a contrast, with its interval at the level divided among all.
        """
        below = [(s, c) for s, c in each if c.value < -c.margin]  # one of them suffices to fail
        if not below and any(c.value <= c.margin for _, c in each):
            return "no number of seeds decides a difference within the margin"
        needed = []
        for surely, one in below or each:
            seeds = min(len(self.measured[cell].values) for cell in self._numbers.cells(one.node))
            size = abs(one.value)
            narrower = max(_half(one.interval) / (size - one.margin), _half(surely) / size)
            needed.append(max(seeds + 1, math.ceil(seeds * narrower**2)))
        number = min(needed) if below else max(needed)
        shown = f"about {number}" if number <= MOST_SEEDS else f"more than {MOST_SEEDS}"
        return f"{shown} seeds each would decide if the means stayed"

    def _refuse_one_training(self, parts: list[ast.expr]) -> None:
        """Raises `OneConfiguration` if a contrast compares runs that are one training at this tier."""
        for part in parts:
            runs = {self.measured[cell].run for cell in self._numbers.cells(part)}
            if same := self.one_config(runs):
                both = " and ".join(run for run in same.runs if run in runs)
                raise OneConfiguration(f"one configuration at this tier: {both}; {same.reason}")

    def _ignores_image(self, node: ast.expr) -> bool:
        """Whether every network of a contrast lies below the best pose that ignores the image."""
        behind = [self.measured[cell] for cell in self._numbers.cells(node)]
        below = (m.ignoring_image is not None and m.value < m.ignoring_image for m in behind)
        return bool(behind) and all(below)

    def _below(self, blind: list[ast.expr]) -> str:
        cells = dict.fromkeys(cell for part in blind for cell in self._numbers.cells(part))
        shown = [
            f"{one.run} {one.value:.1f} below {one.ignoring_image:.1f}"
            for one in map(self.measured.__getitem__, cells)
        ]
        return f"not judged, since a pose that ignores the image is better: {some(shown)}"

    def _contrast(self, node: ast.expr) -> Contrast:
        cells = [self.resolved.cells[cell].metric for cell in self._numbers.cells(node)]
        point = 0.01 if all(m and METRICS[m].kind == "measure" for m in cells) else 1.0
        covers = f"the interval covers the spread of {self._numbers.seeds(node)}"
        return Contrast(
            node,
            self._numbers.value(node),
            self._numbers.interval(node),
            self.margin * point * self._numbers.scale(node),
            self._one_training(node) if self._numbers.single(node) else covers,
        )

    def _one_training(self, node: ast.expr) -> str:
        """The documented deviation is all that is known of other trainings; and what other images would do."""
        spread = self._numbers.spread(node)
        words = "one training decides nothing"
        if spread:
            words += f": the interval is that of the documented deviation {spread.deviation:g} between seeds"
        match node:
            case ast.BinOp(ast.Name(), ast.Sub(), ast.Name()) if self.paired:
                high, low = self._numbers.cells(node)
                metric = self.resolved.cells[high].metric or ""
                images = self.paired(self.measured[high], self.measured[low], metric)
                if images is not None and images.interval is not None:
                    ends = "[{:+.2f}, {:+.2f}]".format(*images.interval)
                    words += f" ({ends} covers {images.covers})"
                elif images is not None:
                    words += f" ({images.covers})"
        return words

    def _words(self, found: list[Contrast]) -> str:
        closest = min(found, key=lambda one: one.value - one.margin)
        words = "difference" if len(found) == 1 else f"smallest of {len(found)} differences"
        places = 3 if 0 < closest.margin < 0.1 else 2  # of measures, which run from 0 to 1
        low, high = closest.interval.low, closest.interval.high
        words += f" {closest.value:+.{places}f} [{low:+.{places}f}, {high:+.{places}f}]"
        words += f", margin {closest.margin:.{places}f}"
        undecided = (one for one in found if self._numbers.single(one.node))
        return f"{words}; {next(undecided, closest).covers}"


def _half(interval: Interval) -> float:
    return (interval.high - interval.low) / 2.0
