"""Counts in the unit of a printed cell, by every rule that was counted, and what their agreement with it shows.

Operations have no single definition. A rule that the paper states makes a count exact: it returns the printed digits
or deviates. A rule that was fitted to the printed values, or belongs to the source that they are quoted from, is our
guess: what it does not return may have been counted by another rule. Between the two is what a public counter returns
(`bench.judge.public_tools`): others can run it.
"""

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from bench.catalog.cells import Cell
from bench.catalog.load import Catalog
from bench.catalog.numbers import SCALES, suffix
from bench.errors import ResultError
from bench.judge.intervals import Interval
from bench.results.records import CountResult, Result

#: One operation per multiply-accumulate in the other rules; here two.
DOUBLED = "flops-2x"
BASIS = {
    "stated": "",
    "public-tool": ", the rule of a public counter",
    "fitted": ", a rule fitted to the paper's numbers",
    "quoted-source": ", the rule of the source it is quoted from",
    None: ", a rule that nobody names",
}


class CountByRule(NamedTuple):
    """A counting rule, and what it gives in the cell's unit."""

    rule: str
    value: float


def scale_of(cell: Cell) -> float:
    """The factor of a count's unit, its column's or else the printed one: 1e6 for 'M', 1e9 for 'GFLOPs'."""
    letter = cell.column.shown_unit[:1].upper()
    letter = letter if letter in SCALES else suffix(cell.printed) or ""
    if letter not in SCALES:
        raise ResultError(
            f"{cell.name}: unit '{cell.column.shown_unit}' of a count does not begin with K, M, G, B or T"
        )
    return SCALES[letter]


def rounds_to(value: float, cell: Cell) -> bool:
    """Whether a value, in the cell's unit, gives the printed digits when rounded."""
    return cell.number is not None and value in Interval.printed(cell.number)


def basis_of(cell: Cell, catalog: Catalog) -> str | None:
    """How the rule of a count is known: stated, public-tool, fitted, quoted-source; None for an unnamed one.

    Parameters have one definition, which needs no statement. A rule that nothing accounts for is a guess.
    """
    if cell.metric == "params":
        return "stated"
    if cell.rule is None:
        return None
    known = catalog.papers[cell.paper].counting_rules.get(cell.rule)
    return known.basis if known else "fitted"


def named(cell: Cell, catalog: Catalog) -> str:
    """The rule in words with its basis: "lightpose-authors, a rule fitted to the paper's numbers"."""
    return f"{cell.rule}{BASIS[basis_of(cell, catalog)]}"


def unexplained(values: Mapping[str, float], allowed: Interval) -> str:
    """Why no rule can explain what is printed, in words; empty if one returns it or might.

    values: by every known rule. None returns it, all are on one side of it, and the nearest misses it by a larger
    factor than the rules differ among themselves (counting each multiply-accumulate once).
    """
    once = [value for rule, value in values.items() if rule != DOUBLED]
    if not once or min(values.values()) <= 0.0 or allowed.high <= 0.0:
        return ""
    low, high = min(values.values()), max(values.values())
    below, above = high < allowed.low, low > allowed.high
    if not (below or above):
        return ""
    gap = allowed.low / high if below else low / allowed.high
    spread = max(once) / min(once)
    if gap <= spread:
        return ""
    nearest = (max if below else min)(values, key=lambda rule: values[rule])
    return (
        f"no known rule explains it: the nearest, {nearest}, gives {values[nearest]:.4g}, a factor of {gap:.2f} away, "
        f"and the rules differ by {spread:.2f}"
    )


def every_rule(cell: Cell, result: Result) -> dict[str, float]:
    """The operations of this cell by every known rule; empty for anything but a count."""
    if not isinstance(result, CountResult):
        return {}
    return {rule: count * 1e9 / scale_of(cell) for rule, count in result.flops.items()}


def returning(rules: Iterable[str]) -> str:
    """'macs and doubled', or 'no known rule'."""
    return " and ".join(rules) or "no known rule"


def counts_by_rule(cell: Cell, result: CountResult) -> tuple[CountByRule, ...]:
    """The count of this cell by every rule, the default first; empty if the rule it names was not counted."""
    scale = scale_of(cell)
    if cell.metric == "params":
        counted = result.parameters
        if "total" not in counted:
            raise ResultError(
                f"counts of {result.model} give no total of parameters, only {', '.join(counted) or 'nothing'}; "
                f"delete results/counted/{result.model}.json and run `dvc repro`"
            )
        counts: dict[str, int] = {"total": counted["total"]}
        if "position_embedding" in counted:
            counts["without-position-embedding"] = counted["total"] - counted["position_embedding"]
        if "trainable" in counted:
            counts["trainable"] = counted["trainable"]
    else:
        by_rule = {name: round(g * 1e9) for name, g in result.flops.items()}
        counts = {"exact": result.macs, **by_rule}
        counts.setdefault("macs", result.macs)
    named = [CountByRule(rule, count / scale) for rule, count in counts.items()]
    return tuple(one for one in named if cell.rule in (None, one.rule))
