"""The judge: measured against printed values, cell by cell.

setting, empty     nothing to judge: an input size; a dash
reproduced         a count rounds to the printed digits; an accuracy is equal within its margin
better, deviates   an accuracy above beyond chance, anything else outside; the difference is given
inconclusive       the seeds do not decide, as one never does; or the paper does not state what would decide
not-comparable     another protocol or machine, or synthetic data; the reason says what differs
stale              the code or configuration behind the only result has changed
failed             the run did not finish
quoted, not-run    no result: the row is quoted from elsewhere; or nothing has been measured yet
"""

from collections.abc import Collection, Iterable
from functools import partial
from math import floor, log10
from typing import Any, get_args

from bench.catalog.cells import Cell
from bench.catalog.load import Catalog
from bench.errors import UnknownName
from bench.files import collection_paused
from bench.forks import divided
from bench.judge.accuracy import judge_released, judge_trainings
from bench.judge.claims.arithmetic import tidy
from bench.judge.claims.on_paper import judge_claim
from bench.judge.claims.ordering import PairedDifference
from bench.judge.conflicts import find_conflicts
from bench.judge.counts import (
    CountByRule,
    basis_of,
    every_rule,
    named,
    returning,
    rounds_to,
    unexplained,
)
from bench.judge.evidence import SYNTHETIC, Measurement, Measurements
from bench.judge.explanations import explain, misprint_of
from bench.judge.intervals import Interval
from bench.judge.machines import printed_machine, same_machine
from bench.judge.protocol import unstated
from bench.judge.public_tools import Returned, also_returned, returned_words
from bench.judge.records import Comparison, Snapshot, Verdict, VerdictName
from bench.judge.statistics import LEVEL
from bench.judge.tolerance import SPEED

CHANCE = 1.0 - LEVEL


@collection_paused()
def judge_all(measurements: Measurements, paired: PairedDifference | None = None) -> Snapshot:
    """Every cell, every claim, every conflict, in printed order. `made` stays empty: bytes repeat."""
    catalog = measurements.catalog
    cells, claims = tuple(catalog.cells()), tuple(catalog.claims())
    _ = measurements.tools  # made here, so that no fork makes it again
    return Snapshot(
        verdicts=tuple(divided(lambda cell: judge_cell(cell, measurements), cells, least=5000)),
        claims=tuple(
            divided(lambda claim: judge_claim(*claim, measurements, paired), claims, least=500)
        ),
        conflicts=find_conflicts(catalog),
    )


def judge_table(measurements: Measurements, name: str) -> tuple[Verdict, ...]:
    """The cells of one table, 'transpose-2'. Raises `UnknownName`."""
    paper, table = measurements.catalog.table(name)
    cells = measurements.catalog.cells(paper.id, table.table)
    return tuple(judge_cell(cell, measurements) for cell in cells)


def failures(snapshot: Snapshot, fail_on: Collection[str]) -> list[Verdict]:
    """Verdicts that `--fail-on` names. Raises `UnknownName` for a word that is not a verdict."""
    for name in fail_on:
        if name not in get_args(VerdictName):
            raise UnknownName("verdict", name, get_args(VerdictName))
    return [verdict for verdict in snapshot.verdicts if verdict.verdict in fail_on]


def wrong_by_chance(verdicts: Iterable[Verdict]) -> float:
    """How many of these would be wrong by chance, at most: 5 % of the firm ones that do not rest on counts."""
    firm = ("reproduced", "better", "deviates")
    return CHANCE * sum(v.verdict in firm and v.evidence != "counted" for v in verdicts)


# ---------------------------------------------------------------- one cell


def judge_cell(cell: Cell, measurements: Measurements) -> Verdict:
    """Verdict on one cell, on the best available evidence, with its known misprint, and why it differs if it does."""
    verdict = _judge(cell, measurements)
    found = {
        "cause": misprint_of(cell, measurements.catalog),
        "explanation": explain(cell, verdict, measurements),
    }
    return verdict.model_copy(update={key: one for key, one in found.items() if one})


def _judge(cell: Cell, measurements: Measurements) -> Verdict:
    if cell.metric is None:
        return _verdict(cell, "setting", "a setting, not a measurement")
    if cell.number is None:
        return _verdict(cell, "empty", "the paper prints no number here")
    if not (found := measurements.of(cell)):
        return _unmeasured(cell)
    best = found[0]
    if not best.values:
        name: VerdictName = "failed" if best.failed else "not-comparable"
        reason = best.broken or "; ".join(best.differs)
        return _verdict(cell, name, reason, best)
    failed = "; ".join(m.broken for m in found if m.broken and m is not best)
    notes = [best.note, *best.machines, best.broken, failed and f"elsewhere: {failed}"]
    if best.stale:
        value = None if best.evidence in SYNTHETIC else best.value
        return _verdict(cell, "stale", best.stale, best, value=value)
    match cell.column.kind:
        case "count":
            tools = measurements.tools.get(cell.key)
            verdict = _judge_count(cell, best, measurements.catalog, tools)
        case "speed":
            verdict = _judge_speed(cell, best)
        case _:
            verdict = _judge_accuracy(cell, best)
    reason = "; ".join(filter(None, [verdict.reason, *notes]))
    return verdict.model_copy(update={"reason": reason})


def _verdict(
    cell: Cell,
    verdict: str,
    reason: str,
    measured: Measurement | None = None,
    *,
    value: float | None = None,
    interval: tuple[float, float] | None = None,
) -> Verdict:
    """A value measured here is also shown rounded as printed, with its difference from the printed number."""
    shown: dict[str, Any] = {}
    if value is not None and cell.number is not None:
        decimals = _decimals(value, cell.number.decimals, cell.column.kind)
        difference = tidy(_difference(value, cell.number.value, cell.column.kind))
        shown = {"value": tidy(value), "shown": f"{value:.{decimals}f}", "difference": difference}
        shown["interval"] = interval
    if measured:
        shown |= {"evidence": measured.evidence, "seeds": measured.seeds, "results": measured.files}
        shown["machines"] = measured.machines
    place = dict(zip(("paper", "table", "row", "column"), cell.key, strict=True))
    given = {"verdict": verdict, "printed": cell.printed, "reason": reason}
    return Verdict.model_validate({**place, **given, **shown})


def _difference(value: float, printed: float, kind: str) -> float:
    """In % for counts and speeds, else in points."""
    relative = kind in ("count", "speed") and printed
    return (value - printed) * (100.0 / printed if relative else 1.0)


def _decimals(value: float, printed: int, kind: str) -> int:
    """As many decimals as printed; for speeds as many as two digits need, since machines differ widely."""
    if kind != "speed" or not value:
        return max(printed, 0)
    return max(printed, 1 - floor(log10(abs(value))))


def _unmeasured(cell: Cell) -> Verdict:
    why = f" ({cell.row.why_no_run})" if cell.row.why_no_run else ""
    if cell.column.kind in ("count", "speed"):
        done = "counted" if cell.column.kind == "count" else "timed"
        what = f"model {cell.model} has not been {done}" if cell.model else f"no zoo model{why}"
    else:
        what = f"run {cell.run} has no result" if cell.run else f"no run{why}"
    if cell.origin == "quoted":
        return _verdict(cell, "quoted", f"quoted from {cell.row.source or 'elsewhere'}; {what}")
    return _verdict(cell, "not-run", what)


def _judge_count(
    cell: Cell, measured: Measurement, catalog: Catalog, tools: tuple[Returned, ...] | None
) -> Verdict:
    """With the public counters that return the printed digits, whatever the verdict is; None: none was run."""
    if measured.differs:
        return _verdict(cell, "not-comparable", "; ".join(measured.differs), measured)
    if cell.metric == "params":
        verdict = _judge_parameters(cell, measured, tools)
    else:
        verdict = _judge_operations(cell, measured, catalog, tools)
    return verdict.model_copy(update={"tools": tuple(one.words for one in tools or ())})


def _judge_parameters(
    cell: Cell, measured: Measurement, tools: tuple[Returned, ...] | None
) -> Verdict:
    first, *others = measured.counts
    fitting = [one for one in measured.counts if rounds_to(one.value, cell)]
    chosen = fitting[0] if fitting else first
    words = f"counted as {chosen.rule}: {chosen.value:.6g}"
    if not fitting or len({round(o.value, 9) for o in others} | {first.value}) > 1:
        words += _listed([one for one in measured.counts if one is not chosen])
    if fitting:
        return _verdict(cell, "reproduced", words, measured, value=chosen.value)
    if tools:
        words += f"; {tools[0].words}"
    verdict = _verdict(cell, "deviates", words, measured, value=first.value)
    return verdict.model_copy(update={"reason": f"{verdict.difference:+.2g} %: {words}"})


def _judge_operations(
    cell: Cell, measured: Measurement, catalog: Catalog, tools: tuple[Returned, ...] | None
) -> Verdict:
    """By the cell's rule, or by a public counter that returns most counts of the same source.

    A rule that the paper does not state deviates only where no known rule and no counter explains the print.
    """
    value, basis = measured.counts[0].value, basis_of(cell, catalog)
    result = measured.results[0].result
    words = f"counted as {named(cell, catalog)}: {value:.6g}"
    explaining = [one for one in tools or () if one.explains]
    if explaining and basis != "stated":
        words = returned_words(explaining, result, cell)
        return _verdict(cell, "reproduced", words, measured, value=explaining[0].value)
    if basis and rounds_to(value, cell):
        if tools or basis not in ("stated", "public-tool"):
            words += also_returned(tools, result, cell)
        return _verdict(cell, "reproduced", words, measured, value=value)
    known = every_rule(cell, result)
    unlike = "" if tools else unexplained(known, Interval.printed(cell.number))
    rules = [rule for rule, other in known.items() if rounds_to(other, cell)]
    nothing = "" if rules or tools or tools is None else " and no public counter"
    why = unlike or f"{returning(rules)}{nothing} would give the printed value"
    if basis is None:
        words = f"the paper names no counting rule; {why}; multiply-accumulates are shown"
    elif basis != "stated":
        words += f"; {why}"
    if tools:
        words += also_returned(tools, result, cell)
    name = "deviates" if unlike or basis == "stated" else "inconclusive"
    verdict = _verdict(cell, name, words, measured, value=value)
    differs = f"{verdict.difference:+.2g} %: " if basis else ""
    return verdict.model_copy(update={"reason": differs + words})


def _listed(counts: list[CountByRule]) -> str:
    return f" ({', '.join(f'{one.rule} {one.value:.6g}' for one in counts)})" if counts else ""


def _judge_speed(cell: Cell, measured: Measurement) -> Verdict:
    value, timed, number = measured.value, measured.protocol, cell.number
    valued = partial(_verdict, cell, measured=measured, value=value, interval=measured.interval)
    where = f"{timed['machine']}, {timed['precision']}, batch {timed['batch']}"
    machine = printed_machine(cell.protocol)
    if number is None or not same_machine(machine, timed["machine"]):
        printed_on = f"on {machine}" if machine else "on an unnamed machine"
        reason = f"printed {printed_on}, timed on {where}; only ratios are comparable between machines, see the claims"
        return valued("not-comparable", reason).model_copy(update={"difference": None})
    for key in ("precision", "batch"):
        if key in cell.protocol and cell.protocol[key].lower() != timed[key].lower():
            return valued(
                "not-comparable", f"{key}: {cell.protocol[key]} printed, {timed[key]} timed"
            )
    allowed = Interval.around(number.value, SPEED * number.value + number.half_step)
    found = Interval(*measured.interval) if measured.interval else Interval.point(value)
    faster = (value > number.value) == (cell.metric == "fps")
    outside: VerdictName = "better" if faster else "deviates"
    names: dict[bool | None, VerdictName] = {
        True: "reproduced",
        None: "inconclusive",
        False: outside,
    }
    return valued(names[found.inside(allowed)], f"{where}; tolerance {SPEED:.0%}")


def _judge_accuracy(cell: Cell, measured: Measurement) -> Verdict:
    metric, number = cell.metric or "", cell.number
    if measured.evidence in SYNTHETIC:
        digits = 2 if cell.column.kind == "measure" else 1
        untrained = measured.untrained
        before = "" if untrained is None else f", {untrained:.{digits}f} untrained"
        seeds = f"{len(measured.values)} seed{'s' if len(measured.values) > 1 else ''}"
        there = f"{metric} {measured.value:.{digits}f} on it{before}, {seeds}"
        words = f"synthetic data, used for claims about order only ({there})"
        return _compared(_verdict(cell, "not-comparable", words, measured), "proxy")
    valued = partial(
        _verdict, cell, measured=measured, value=measured.value, interval=measured.interval
    )
    if measured.differs or number is None:
        return _compared(valued("not-comparable", "; ".join(measured.differs)), "proxy")
    chosen = unstated(cell.protocol, measured.protocol)
    if measured.evidence == "released-weights":
        found = judge_released(metric, number, measured.value, chosen)
    else:
        found = judge_trainings(metric, number, measured.values, chosen)
    return _compared(valued(found.verdict, found.reason), "unknown" if chosen else "exact")


def _compared(verdict: Verdict, comparison: Comparison) -> Verdict:
    return verdict.model_copy(update={"comparison": comparison})
