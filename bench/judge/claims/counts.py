"""A claim on counted parameters and operations: exact, and every cell counted by one rule.

Operations have no single definition. A cell whose row or column names the paper's counting rule is counted by it. What
a paper counted by an unnamed rule is still comparable within that paper if every known rule gives the same verdict.
"""

import ast
from collections.abc import Mapping

from bench.catalog.cells import Cell
from bench.catalog.schema import Claim
from bench.judge.claims.arithmetic import Evaluation, Judged, is_relative, judge_on
from bench.judge.claims.expressions import Resolved
from bench.judge.counts import rounds_to
from bench.judge.evidence import Measurement
from bench.judge.intervals import Interval

Chosen = Mapping[str, Measurement]


def judge_counted(claim: Claim, resolved: Resolved, node: ast.expr, chosen: Chosen) -> Judged:
    """One comparison (or number) of a claim on the counts of its cells; `open` if no rule is known."""
    cells = {name: resolved.cells[name] for name in chosen}
    unnamed = [n for n, cell in cells.items() if cell.metric == "flops" and not cell.rule]
    if not unnamed:
        return judge_on(claim, _evaluation(resolved, by_one_rule(cells, chosen)), node)
    if reason := _several_rules(cells, unnamed):
        return Judged("open", reason)
    return _by_every_rule(claim, resolved, node, chosen)


def by_one_rule(cells: Mapping[str, Cell], chosen: Chosen) -> dict[str, float]:
    """All counts by the same rule: parameters by the one that gives most of the printed values."""
    plain = {name: one.value for name, one in chosen.items()}
    if any(cell.metric != "params" for cell in cells.values()):
        return plain
    counts = _by_rule(chosen)

    def agreeing(rule: str) -> int:
        return sum(rounds_to(found[rule], cells[name]) for name, found in counts.items())

    best = max(_common(counts), key=agreeing, default=None)
    return {name: found[best] for name, found in counts.items()} if best else plain


def _by_rule(chosen: Chosen) -> dict[str, dict[str, float]]:
    """Address -> rule -> count."""
    return {name: {r.rule: r.value for r in one.counts} for name, one in chosen.items()}


def _common(counts: Mapping[str, Mapping[str, float]]) -> list[str]:
    first, *others = counts.values()
    return [rule for rule in first if all(rule in found for found in others)]


def _evaluation(resolved: Resolved, values: Mapping[str, float]) -> Evaluation:
    points = {name: Interval.point(value) for name, value in values.items()}
    loose = {
        name: Interval.around(values[name], number.half_step)
        for name in values
        if (number := resolved.cells[name].number)
    }
    return Evaluation(resolved, points, values, loose)


def _several_rules(cells: Mapping[str, Cell], unnamed: list[str]) -> str:
    """Why cells without a named rule cannot be compared with the others; empty if one rule made all."""
    named = {rule for cell in cells.values() if cell.metric == "flops" and (rule := cell.rule)}
    makers = {(c.paper, c.row.source if c.origin == "quoted" else None) for c in cells.values()}
    if not named and len(makers) == 1:
        return ""
    others = f"; other cells use {' and '.join(sorted(named))}" if named else ""
    return f"no counting rule is known for {', '.join(unnamed[:3])}{others}"


def _by_every_rule(claim: Claim, resolved: Resolved, node: ast.expr, chosen: Chosen) -> Judged:
    """What every known rule agrees on; open if they disagree, since the rule is not known."""
    counts = _by_rule(chosen)
    judged = {
        rule: judge_on(claim, _evaluation(resolved, {n: c[rule] for n, c in counts.items()}), node)
        for rule in _common(counts)
        if rule != "exact"
    }
    first = next(iter(judged.values()))
    plain = _evaluation(resolved, {name: one.value for name, one in chosen.items()})
    agreed = len({one.holds for one in judged.values()}) == 1
    if agreed and (first.holds == "holds" or is_relative(plain, node)):
        rules = f"the paper names no counting rule; by each of {', '.join(judged)}"
        return first._replace(reason="; ".join(filter(None, [first.reason, rules])))
    holding = [rule for rule, one in judged.items() if one.holds == "holds"]
    rules = " and ".join(holding) or "no known rule"
    return Judged("open", f"the paper names no counting rule; {rules} would give the claimed value")
