"""Why a printed number that was measured differs: how far it is off, the likely cause, and what returns its digits.

Causes are looked for in this order, and the first that applies is given:

copied           the same method with another input or for other data has this number, and its own count is nearer to it
input-size       another input size of the network returns the digits, though no table prints them there
misprint         a reader noted one in paper.yaml
counting-rule    another known rule or a public counter returns the digits
cut-off          the exact value begins with the printed digits: it was cut off, or rounded twice
none             nothing of that

A rule that returns two or three digits and a value that was cut off may be chance: the words say what was found.
"""

from collections.abc import Iterator
from math import floor

from bench.catalog.cells import Cell, sizes_of
from bench.catalog.load import Catalog
from bench.catalog.numbers import Number
from bench.judge.counts import counts_by_rule, every_rule, rounds_to
from bench.judge.evidence import Measurements
from bench.judge.intervals import TINY
from bench.judge.records import CauseName, Explanation, Size, Verdict
from bench.results.records import CountResult

SMALL = 0.02  # of the printed number


def misprint_of(cell: Cell, catalog: Catalog) -> str | None:
    """The known misprint of a cell, in words."""
    found = catalog.papers[cell.paper].misprint(*cell.key[1:])
    if found is None:
        return None
    likely = f", probably {found.likely}" if found.likely else ""
    return f"likely misprint{likely}: {found.reason}"


def size_of(number: Number, value: float) -> Size:
    """How far a value is from the printed number: in its last digit only, at most `SMALL` of it, or further."""
    step = 10.0**-number.decimals
    if abs(round(value, number.decimals) - number.value) <= step * (1.0 + 1e-6):
        return "last-digit"
    return "small" if abs(value - number.value) <= SMALL * abs(number.value) + TINY else "large"


def explain(cell: Cell, verdict: Verdict, measurements: Measurements) -> Explanation | None:
    """Of a value that deviates, is better, or is a count that the print is not known to be; else None."""
    differs = verdict.verdict in ("deviates", "better")
    undecided = verdict.verdict == "inconclusive" and cell.column.kind == "count"
    if verdict.value is None or cell.number is None or not (differs or undecided):
        return None
    returned = tuple(_returned(cell, verdict, measurements))
    cause, words = next(_causes(cell, verdict, measurements, returned))
    size = size_of(cell.number, verdict.value)
    return Explanation(size=size, cause=cause, words=words, returned=returned)


def _causes(
    cell: Cell, verdict: Verdict, measurements: Measurements, returned: tuple[str, ...]
) -> Iterator[tuple[CauseName, str]]:
    known = misprint_of(cell, measurements.catalog)
    if cell.column.kind == "count":
        if other := _copied_from(cell, verdict, measurements):
            yield "copied", _of_other(cell, other, measurements.catalog)
        if other_size := _other_size(cell, measurements):
            yield "input-size", other_size
    if known:
        yield "misprint", known
    if returned:
        yield "counting-rule", f"{cell.printed} is what {returned[0]} returns"
    if cell.column.kind == "count" and _cut_off(cell.number, verdict.value):
        yield (
            "cut-off",
            f"{verdict.value:.6g} begins with {cell.printed}: cut off instead of rounded",
        )
    yield "none", "no explanation was found"


def _returned(cell: Cell, verdict: Verdict, measurements: Measurements) -> Iterator[str]:
    """Known rules, then public counters, that return the printed digits."""
    counted = measurements.index.counts.get(cell.model or "")
    if cell.metric == "flops" and counted:
        for rule, value in every_rule(cell, counted.result).items():
            if rule != cell.rule and rounds_to(value, cell):
                yield f"the rule {rule} ({value:.4g})"
    for one in measurements.tools.get(cell.key, ()):
        share = f"{one.returned} of {one.counted} counts of this source"
        yield f"{one.tool}, {one.setting} ({one.value:.4g}; {share})"


def _copied_from(cell: Cell, verdict: Verdict, measurements: Measurements) -> Cell | None:
    """A cell of the same method with another network, which has this number and fits it better."""
    catalog, number = measurements.catalog, cell.number
    method = catalog.method_key(cell)
    if method is None or number is None or verdict.value is None:
        return None
    off = abs(verdict.value - number.value)
    for other in catalog.by_method[method, cell.metric]:
        if other.model and other.model != cell.model and other.number == number:
            own = _count(other, other.model, measurements)
            if own is not None and abs(own - number.value) < off:
                return other
    return None


def _of_other(cell: Cell, other: Cell, catalog: Catalog) -> str:
    """'35.3G is what LightPose Table 3 prints for this method at 384x288'."""
    size = sizes_of(other.protocol.get("input_size", ""))
    at = f"on {other.protocol['split']}"
    if size and size != sizes_of(cell.protocol.get("input_size", "")):
        at = f"at {size[1]}x{size[0]}"
    where = f"{catalog.papers[other.paper].method} Table {other.table.table}"
    return f"{cell.printed} is what {where} prints for this method {at}"


def _other_size(cell: Cell, measurements: Measurements) -> str:
    """The model of the same method, in words, whose count at its own input size rounds to what is printed."""
    method = measurements.catalog.method(cell)
    for model in method.models if method else ():
        value = _count(cell, model, measurements) if model != cell.model else None
        if value is not None and rounds_to(value, cell):
            height, width = reversed(measurements.index.counts[model].result.input_size)
            return f"{cell.printed} is the count of {model} at {height}x{width} ({value:.4g})"
    return ""


def _count(cell: Cell, model: str | None, measurements: Measurements) -> float | None:
    """The count of a model by the rule of a cell and in its unit; None if it was not counted so."""
    stored = measurements.index.counts.get(model or "")
    if stored is None or not isinstance(stored.result, CountResult):
        return None
    found = counts_by_rule(cell, stored.result)
    return found[0].value if found else None


def _cut_off(number: Number | None, value: float | None) -> bool:
    """Whether the digits of the value, cut off where the print ends, are the printed ones."""
    if number is None or value is None:
        return False
    step = 10.0**-number.decimals
    return abs(floor(value / step + 1e-9) * step - number.value) < step / 2
