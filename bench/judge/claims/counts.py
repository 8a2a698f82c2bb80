"""A claim on counted parameters and operations: exact, and every cell counted by one rule.

A cell whose row or column names the paper's counting rule is counted by it. What a paper counted by an unnamed rule is
still comparable within that paper if every known rule gives the same verdict.

Two things soften a refutation. Papers compute ratios and differences from printed figures: a count that misses the
claim but lies inside what the digits of its cells allow holds "within rounding". And a rule that the paper does not
state (`bench.judge.counts`) refutes only together with every other known rule.
"""

import ast
from collections.abc import Mapping

from bench.catalog.cells import Cell
from bench.catalog.load import Catalog
from bench.catalog.schema import Claim
from bench.judge.claims.arithmetic import Evaluation, Judged, judge_on
from bench.judge.claims.claimed import claimed_range
from bench.judge.claims.expressions import Resolved
from bench.judge.claims.speed_ratios import is_relative
from bench.judge.counts import BASIS, basis_of, every_rule, returning, rounds_to, unexplained
from bench.judge.evidence import Measurement
from bench.judge.intervals import Interval

Chosen = Mapping[str, Measurement]


def judge_counted(
    claim: Claim, resolved: Resolved, node: ast.expr, chosen: Chosen, catalog: Catalog
) -> Judged:
    """One comparison (or number) of a claim on the counts of its cells; `open` if no rule is known."""
    cells = {name: resolved.cells[name] for name in chosen}
    unnamed = [n for n, cell in cells.items() if cell.metric == "flops" and not cell.rule]
    if unnamed:
        if reason := _several_rules(cells, unnamed):
            return Judged("open", reason)
        return _by_every_rule(claim, resolved, node, chosen)
    counted = _evaluation(resolved, by_one_rule(cells, chosen))
    guessed = _guessed(cells, catalog)
    judged = _said(judge_on(claim, counted, node), guessed)
    if judged.holds == "fails" and _inside_print(claim, counted, node):
        allowed = _said(judged, "the printed digits of its cells allow it")
        return allowed._replace(holds="within-rounding")
    if judged.holds == "fails" and guessed:
        return _if_no_rule(claim, resolved, node, chosen, judged)
    return judged


def _said(judged: Judged, more: str) -> Judged:
    return judged._replace(reason="; ".join(filter(None, (judged.reason, more))))


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


# ---------------------------------------------------------------- within rounding


def _inside_print(claim: Claim, counted: Evaluation, node: ast.expr) -> bool:
    """Whether everything that refutes the claim lies inside what the printed digits of its cells allow."""
    numbers = {name: counted.resolved.cells[name].number for name in counted.values}
    values = {name: Interval.printed(number) for name, number in numbers.items()}
    central = {name: number.value for name, number in numbers.items() if number}
    printed = Evaluation(counted.resolved, values, central, printed=True)
    if judge_on(claim, printed, node).holds == "fails":
        return False

    def allows(number: ast.expr) -> bool:
        return any(counted.best(number) in span for span in printed.spans(number))

    match node:
        case ast.Compare(left=left, ops=ops, comparators=rest):
            sides = zip([left, *rest[:-1]], ops, rest, strict=True)
            missed = [side for side in sides if counted.compare(*side) is False]
            return all(
                allows(ast.BinOp(a, ast.Sub(), b)) and not _strict_order(counted.resolved, a, op, b)
                for a, op, b in missed
            )
        case ast.Call(func=ast.Name(id="best")):
            gaps = [(counted.central[a] - counted.central[b], a, b) for a, b in counted.pairs(node)]
            return all(gap > 0.0 or gap in values[a] - values[b] for gap, a, b in gaps)
    return claim.claimed is not None and allows(node)


def _strict_order(resolved: Resolved, a: ast.expr, op: ast.cmpop, b: ast.expr) -> bool:
    """`<` or `>` between cells: no digits of two numbers printed alike allow one to be the smaller."""
    cells_on_both = resolved.names_in(a) and resolved.names_in(b)
    return isinstance(op, ast.Lt | ast.Gt) and bool(cells_on_both)


# ---------------------------------------------------------------- rules that the paper does not state


def _guessed(cells: Mapping[str, Cell], catalog: Catalog) -> str:
    """The rules behind these counts that the paper does not state, in words; empty if it states all."""
    basis = {str(cell.rule): basis_of(cell, catalog) for cell in cells.values()}
    words = [f"by {rule}{BASIS[why]}" for rule, why in basis.items() if why != "stated"]
    return "; ".join(words)


def _if_no_rule(
    claim: Claim, resolved: Resolved, node: ast.expr, chosen: Chosen, judged: Judged
) -> Judged:
    """Fails only if it does by every known rule, and a claimed number by a margin that no rule explains."""
    operations = {
        name: every_rule(resolved.cells[name], one.results[0].result)
        for name, one in chosen.items()
        if resolved.cells[name].metric != "params"
    }
    by_rule = {}
    for rule in _common(operations):
        values = {n: operations[n][rule] if n in operations else chosen[n].value for n in chosen}
        by_rule[rule] = judge_on(claim, _evaluation(resolved, values), node)
    holding = [rule for rule, one in by_rule.items() if one.holds == "holds"]
    numbers = {rule: one.value for rule, one in by_rule.items() if one.value is not None}
    allowed = claimed_range(claim)
    unlike = unexplained(numbers, allowed) if allowed else f"so it is by {', '.join(by_rule)}"
    if by_rule and not holding and unlike:
        return _said(judged, unlike)
    what = "value" if allowed else "order"
    words = f"{returning(holding)} would give the claimed {what}"
    return _said(judged, words)._replace(holds="inconclusive")


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
