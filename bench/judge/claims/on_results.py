"""A claim on what was measured here.

Every comparison in it is judged on one kind of evidence, one machine, one protocol. Counts are judged exactly, speeds
by ratios within one measurement, trained networks at full size by intervals over their seeds, and networks trained on
synthetic data by ordering and direction only.
"""

import ast
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from statistics import fmean

from bench.catalog.cells import Cell
from bench.catalog.numbers import parse_number
from bench.catalog.schema import Claim
from bench.judge.claims.arithmetic import Evaluation, Judged, judge_on
from bench.judge.claims.choice import Cells, choices, some
from bench.judge.claims.counts import Chosen, judge_counted
from bench.judge.claims.expressions import Resolved
from bench.judge.claims.ordering import (
    NotAnOrdering,
    OneConfiguration,
    OrderingClaim,
    PairedDifference,
    registered_margin,
)
from bench.judge.claims.speed_ratios import is_relative, judge_timed
from bench.judge.claims.trained import TrainedClaim
from bench.judge.evidence import STRONGEST, SYNTHETIC, Measurements
from bench.judge.intervals import Interval
from bench.judge.machines import is_cpu, printed_machine, same_machine
from bench.judge.records import ClaimJudgement, Holds

OPPOSITE: Mapping[type[ast.cmpop], ast.cmpop] = {
    ast.Lt: ast.GtE(), ast.LtE: ast.Gt(), ast.Gt: ast.LtE(), ast.GtE: ast.Lt()
}  # fmt: skip
NEGATED: Mapping[Holds, Holds] = {"holds": "fails", "fails": "holds", "within-rounding": "holds"}
SMALL_SCALE: Mapping[Holds, Holds] = {"holds": "supports", "fails": "contradicts"}
#: The word of `and` and of `or` is the first of these that a part has.
UNDECIDED: tuple[Holds, ...] = ("open", "not-on-this-machine", "inconclusive")
FAILING: tuple[Holds, ...] = ("fails", "contradicts")
HOLDING: tuple[Holds, ...] = ("holds", "within-rounding", "supports")


def judge_on_reproduced(
    claim: Claim, resolved: Resolved, measurements: Measurements, paired: PairedDifference | None
) -> ClaimJudgement:
    """Does the claim hold for what was measured here? `open` where something is missing."""
    judged = _Reproduced(claim, resolved, measurements, paired).of(resolved.expression.tree)
    kinds = judged.evidence
    return judged.record("mixed" if len(kinds) > 1 else next(iter(kinds), None))


@dataclass(frozen=True)
class _Reproduced:
    claim: Claim
    resolved: Resolved
    measurements: Measurements
    paired: PairedDifference | None

    def of(self, node: ast.expr, negated: bool = False) -> Judged:
        """Recurses through and, or, not; every comparison has its own evidence and its own word."""
        match node:
            case ast.BoolOp(op=op, values=parts):
                all_of = isinstance(op, ast.And) != negated
                return _combine([self.of(part, negated) for part in parts], all_of)
            case ast.UnaryOp(op=ast.Not(), operand=inner):
                return self.of(inner, not negated)
            case ast.Compare(left=left, ops=[op], comparators=[right]) if (
                negated and type(op) in OPPOSITE and "speed" not in self._kinds(node)
            ):  # a speed may miss a size by 10 %: both that size and its opposite would hold
                return self.of(ast.Compare(left, [OPPOSITE[type(op)]], [right]))
        cells = {name: self._cell(name) for name in self.resolved.names_in(node)}
        found = choices(cells, self.measurements)
        if isinstance(found, str):
            return Judged("open", found)
        first, *others = (self._on(node, cells, chosen, negated) for chosen in found)
        return next((one for one in (first, *others) if one.holds != "open"), first)

    def _on(self, node: ast.expr, cells: Cells, chosen: Chosen, negated: bool) -> Judged:
        try:
            judged = self._leaf(node, cells, chosen)
            holds = judged.holds
            if negated:
                holds, judged = NEGATED.get(holds, holds), judged._replace(confidence=None)
            return self._worded(holds, judged, chosen)
        except ZeroDivisionError as error:
            return Judged("open", str(error))

    def _cell(self, name: str) -> Cell:
        """The cell, with the run that the claim names instead of its own."""
        cell = self.resolved.cells[name]
        other = self.claim.instead.get(cell.run or "")
        return self.measurements.catalog.with_run(cell, other) if other else cell

    def _leaf(self, node: ast.expr, cells: Cells, chosen: Chosen) -> Judged:
        kinds = frozenset(one.evidence for one in chosen.values())
        if not kinds:  # a comparison of plain numbers
            return judge_on(self.claim, Evaluation(self.resolved, {}, {}), node)
        kind = max(kinds, key=STRONGEST.index)  # full trainings: of three seeds, and of fewer
        if kind in SYNTHETIC:
            judged = self._ordered(node, cells, chosen)
        elif kind == "counted":
            judged = judge_counted(
                self.claim, self.resolved, node, chosen, self.measurements.catalog
            )
        elif kind == "timed":
            judged = self._timed(node, cells, chosen)
        else:
            judged = self._trained(node, chosen)
        broken = dict.fromkeys(
            f"{cells[n].run}: {one.broken}" for n, one in chosen.items() if one.broken
        )
        reason = "; ".join([*filter(None, [judged.reason]), *broken])
        return judged._replace(evidence=frozenset([kind]), reason=reason)

    def _trained(self, node: ast.expr, chosen: Chosen) -> Judged:
        tree = self.resolved.expression.tree
        turned = any(isinstance(part, ast.Not) for part in ast.walk(tree))  # makes "or" of "and"
        either = any(isinstance(part, ast.Or) or turned for part in ast.walk(tree))
        return TrainedClaim(self.claim, self.resolved, chosen, self._orderings(), either).judge(
            node
        )

    def _ordered(self, node: ast.expr, cells: Cells, chosen: Chosen) -> Judged:
        tier = next(iter(chosen.values())).tier
        ordering = OrderingClaim(
            self.resolved,
            chosen,
            registered_margin(self.claim, tier),
            self.paired,
            self._orderings(),
            partial(self.measurements.catalog.one_config, tier or ""),
        )
        claimed = parse_number(self.claim.claimed) if self.claim.claimed else None
        try:
            if claimed is None:
                found = ordering.truth(node)
            elif self.claim.rounding == "at-most":
                raise NotAnOrdering("claims an upper bound, not a direction")
            else:
                found = ordering.direction(node, claimed.value)
        except OneConfiguration as why:
            return Judged("open", str(why))
        except NotAnOrdering as why:
            return Judged("open", f"{why}; synthetic data can only decide orderings")
        what = "ordering" if claimed is None else "direction"
        reason = f"synthetic data, {what} only: {found.reason}{_before(cells, chosen)}"
        plan = self.claim.registration(tier or "")
        if plan and (fewest := min(len(one.values) for one in chosen.values())) < plan.seeds:
            words = f"{fewest} of the {plan.seeds} registered seeds; undecided until all are there"
            found = found._replace(holds="inconclusive")
            reason = f"{reason}; {words}"
        return found._replace(reason=reason)

    def _orderings(self) -> int:
        """The number of comparisons of trained networks in the sentence: their error probabilities add up."""
        kinds = map(self._kinds, _comparisons(self.resolved.expression.tree))
        return sum(bool({"accuracy", "measure"} & found) for found in kinds)

    def _kinds(self, node: ast.expr) -> set[str | None]:
        return {self.resolved.cells[name].column.kind for name in self.resolved.names_in(node)}

    def _timed(self, node: ast.expr, cells: Cells, chosen: Chosen) -> Judged:
        """Ratios within one measurement; a speed itself only on the machine that the paper names."""
        central = {name: one.value for name, one in chosen.items()}
        spans = {n: Interval(*one.interval) for n, one in chosen.items() if one.interval}
        evaluation = Evaluation(self.resolved, spans, central)
        timed = next(iter(chosen.values())).protocol
        where = "{machine}, {precision}, batch {batch}".format_map(timed)
        printed = [printed_machine(cell.protocol) for cell in cells.values()]
        at_home = all(same_machine(one, timed["machine"]) for one in printed)
        if not at_home and not is_relative(evaluation, node):
            named = " and ".join(sorted({one or "an unnamed machine" for one in printed}))
            why = f"claims an absolute speed, printed for {named}; timed on {where}"
            return Judged("open", f"{why}, and only ratios are comparable between machines")
        judged = judge_timed(self.claim, evaluation, node)
        return judged._replace(reason=": ".join(filter(None, (where, judged.reason))))

    def _worded(self, holds: Holds, judged: Judged, chosen: Chosen) -> Judged:
        """The word that the evidence allows.

        Synthetic data support or contradict at small scale. What a CPU measures never refutes what was printed for a
        GPU, neither a size nor an order.
        """
        if judged.evidence & set(SYNTHETIC):
            holds = SMALL_SCALE.get(holds, holds)
        elif holds == "fails" and judged.evidence == {"timed"}:
            device = next(iter(chosen.values())).protocol["device"]
            printed = {printed_machine(self.resolved.cells[name].protocol) for name in chosen}
            if device == "cpu" and not all(map(is_cpu, printed)):
                named = " and ".join(sorted(one or "an unnamed machine" for one in printed))
                reason = f"{judged.reason}; not so on this machine, a CPU; printed for {named}"
                return judged._replace(holds="not-on-this-machine", reason=reason)
        return judged._replace(holds=holds)


def _before(cells: Cells, chosen: Chosen) -> str:
    """What each run scored before training, where known: an ordering of networks that learnt nothing means little.

    The joints of one measure are averaged, metrics never.
    """
    found: dict[str, list[tuple[float, float]]] = {}
    for name, one in chosen.items():
        if one.untrained is not None:
            what = f"{cells[name].metric} of {cells[name].run}"
            found.setdefault(what, []).append((one.untrained, one.value))
    means = {
        what: [fmean(side) for side in zip(*both, strict=True)] for what, both in found.items()
    }
    shown = [f"{what} {before:.3g} to {after:.3g}" for what, (before, after) in means.items()]
    return f"; before to after training: {some(shown)}" if shown else ""


def _comparisons(node: ast.expr) -> list[ast.expr]:
    """The operands of `and`, `or` and `not`."""
    match node:
        case ast.BoolOp(values=parts):
            return [one for part in parts for one in _comparisons(part)]
        case ast.UnaryOp(op=ast.Not(), operand=inner):
            return _comparisons(inner)
    return [node]


def _combine(parts: list[Judged], all_of: bool) -> Judged:
    """`and`: one failing part decides, then an undecided one, then the weakest holding one; `or` the other way round.

    Evidence is that of the parts that decide.
    """
    decisive, others = (FAILING, HOLDING) if all_of else (HOLDING, FAILING)
    order = (*decisive, *UNDECIDED, *reversed(others))
    holds = min((part.holds for part in parts), key=order.index)
    deciding = [part for part in parts if part.holds == holds] if holds in decisive else parts
    known = [p.confidence for p in parts if p.confidence is not None]
    confidence = None
    if known:
        confidence = max(0.0, 1.0 - sum(1.0 - one for one in known)) if all_of else max(known)
    return Judged(
        holds,
        "; ".join(dict.fromkeys(p.reason for p in parts if p.reason)),
        frozenset().union(*(p.evidence for p in deciding)),
        confidence=confidence,
    )
