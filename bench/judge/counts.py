"""Counts in the unit of a printed cell, by every rule that was counted."""

import re
from typing import NamedTuple

from bench.catalog.cells import Cell
from bench.errors import ResultError
from bench.judge.intervals import Interval
from bench.results.records import CountResult

SCALES = {"K": 1e3, "M": 1e6, "G": 1e9, "B": 1e9, "T": 1e12}


class CountByRule(NamedTuple):
    """A counting rule, and what it gives in the cell's unit."""

    rule: str
    value: float


def scale_of(cell: Cell) -> float:
    """The factor of a count's printed unit: 1e6 for '5.2M', 1e9 for '8.9 GFLOPs'."""
    suffix = re.search(r"\d\s*([KMGBT])", cell.printed)
    letter = suffix[1] if suffix else cell.column.shown_unit[:1].upper()
    if letter not in SCALES:
        raise ResultError(
            f"{cell.name}: unit '{cell.column.shown_unit}' of a count does not begin with K, M, G, B or T"
        )
    return SCALES[letter]


def rounds_to(value: float, cell: Cell) -> bool:
    """Whether a value, in the cell's unit, gives the printed digits when rounded."""
    return cell.number is not None and value in Interval.printed(cell.number)


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
