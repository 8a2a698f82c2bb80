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
from bench.errors import UnknownName
from bench.judge.accuracy import judge_released, judge_trainings
from bench.judge.claims.arithmetic import tidy
from bench.judge.claims.on_paper import judge_claim
from bench.judge.claims.ordering import PairedDifference
from bench.judge.conflicts import find_conflicts
from bench.judge.counts import CountByRule, rounds_to
from bench.judge.evidence import SYNTHETIC, Measurement, Measurements
from bench.judge.protocol import unstated
from bench.judge.records import Comparison, Snapshot, Verdict, VerdictName
from bench.judge.statistics import LEVEL
from bench.judge.tolerance import SPEED

CHANCE = 1.0 - LEVEL
MACHINE_KEYS = ("machine", "gpu", "hardware", "device")


def judge_all(measurements: Measurements, paired: PairedDifference | None = None) -> Snapshot:
    """Every cell, every claim, every conflict, in printed order. `made` stays empty: bytes repeat."""
    catalog = measurements.catalog
    return Snapshot(
        verdicts=tuple(judge_cell(cell, measurements) for cell in catalog.cells()),
        claims=tuple(judge_claim(*claim, measurements, paired) for claim in catalog.claims()),
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
    """Verdict on one cell, on the best available evidence."""
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
    notes = [best.note, best.broken, failed and f"elsewhere: {failed}"]
    if best.stale:
        value = None if best.evidence in SYNTHETIC else best.value
        return _verdict(cell, "stale", best.stale, best, value=value)
    match cell.column.kind:
        case "count":
            verdict = _judge_count(cell, best)
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
        return printed
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


def _judge_count(cell: Cell, measured: Measurement) -> Verdict:
    if measured.differs:
        return _verdict(cell, "not-comparable", "; ".join(measured.differs), measured)
    first, *others = measured.counts
    fitting = [one for one in measured.counts if rounds_to(one.value, cell)]
    is_params = cell.metric == "params"
    if not is_params and cell.rule is None:
        rules = " and ".join(one.rule for one in fitting if one.rule != "exact")
        words = (
            f"the paper names no counting rule; {rules or 'no known rule'} would give the printed value; "
            "multiply-accumulates are shown"
        )
        return _verdict(cell, "inconclusive", words, measured, value=first.value)
    if fitting and (fitting[0] is first or is_params):
        chosen = fitting[0]
        words = f"counted as {chosen.rule}: {chosen.value:.6g}"
        if is_params and len({round(o.value, 9) for o in others} | {first.value}) > 1:
            words += _listed([one for one in measured.counts if one is not chosen])
        return _verdict(cell, "reproduced", words, measured, value=chosen.value)
    words = f"counted as {first.rule}: {first.value:.6g}{_listed(others)}"
    verdict = _verdict(cell, "deviates", words, measured, value=first.value)
    return verdict.model_copy(update={"reason": f"{verdict.difference:+.2g} %: {words}"})


def _listed(counts: list[CountByRule]) -> str:
    return f" ({', '.join(f'{one.rule} {one.value:.6g}' for one in counts)})" if counts else ""


def _judge_speed(cell: Cell, measured: Measurement) -> Verdict:
    value, timed, number = measured.value, measured.protocol, cell.number
    valued = partial(_verdict, cell, measured=measured, value=value, interval=measured.interval)
    where = f"{timed['machine']}, {timed['precision']}, batch {timed['batch']}"
    printed = {**cell.table.protocol, **cell.row.protocol}
    machine = next((printed[k] for k in MACHINE_KEYS if k in printed), None)
    if machine is None or _letters(machine) not in _letters(timed["machine"]):
        printed_on = f"on {machine}" if machine else "on an unnamed machine"
        reason = f"printed {printed_on}, timed on {where}; only ratios are comparable between machines, see the claims"
        return valued("not-comparable", reason).model_copy(update={"difference": None})
    for key in ("precision", "batch"):
        if key in printed and printed[key].lower() != timed[key].lower():
            return valued("not-comparable", f"{key}: {printed[key]} printed, {timed[key]} timed")
    faster = value - number.value if number else 0.0
    faster = faster if cell.metric == "fps" else -faster
    near = number is not None and abs(faster) <= SPEED * number.value + number.half_step
    name = "reproduced" if near else "better" if faster > 0 else "deviates"
    return valued(name, f"{where}; tolerance {SPEED:.0%}")


def _letters(text: str) -> str:
    return "".join(c for c in text.lower() if c.isalnum())


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
