"""Figures of others joined to printed cells: do they agree, and were they measured by the same protocol?

Evidence of its own kind, "reported elsewhere": it decides no verdict, and is never counted as reproduced. Two figures
are compared by exact protocol, by proxy (something of the test or of the network differs), or unknown (nothing is known
to differ, but not everything is stated). Another framework or training schedule is another training of the same network
and leaves the protocol exact; it is named all the same.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Any, Literal
from urllib.parse import quote

from bench.catalog.cells import Cell, CellKey
from bench.catalog.load import Catalog
from bench.catalog.quantities import METRICS
from bench.catalog.schema import Strict
from bench.catalog.third_party import ThirdParty, key_of
from bench.judge.intervals import TINY
from bench.judge.protocol import CHOSEN, UNSTATED, same
from bench.judge.records import Comparison
from bench.judge.tolerance import SPEED, equal_within

Agreement = Literal["within-rounding", "within-tolerance", "differs", "not-printed"]
#: What makes another training of the same network, not another protocol.
TRAINING = ("framework", "schedule")
#: Fields of a record of `as_records`, in order.
FIELDS = (
    *("paper", "table", "row_key", "column_key"),
    *("printed", "metric", "unit", "value", "measured_by"),
    *("difference", "agreement", "comparison", "differs", "unstated", "model", "protocol", "note"),
    *("id", "repository", "path", "commit", "issue", "link", "date", "accessed"),
)
_COMPARED = (*CHOSEN, "scales", "decoding")
_NAMES = {"decoding": "decoder"}


class Elsewhere(Strict):
    """One figure of others beside one printed cell."""

    record: ThirdParty
    cell: str
    value: float
    decimals: int
    difference: float | None
    comparison: Comparison
    differs: tuple[str, ...]
    unstated: tuple[str, ...]
    agreement: Agreement

    @property
    def by_authors(self) -> bool:
        """Whether the authors of the method published it."""
        return self.record.measured_by == "authors"

    @property
    def shown(self) -> str:
        """The value with the digits of the source, at most those that the paper's scale needs."""
        return f"{self.value:.{self.decimals}f}"

    @property
    def summary(self) -> str:
        """'agrees within rounding, same protocol'; 'differs by +3.6; other boxes'."""
        return f"{self._agreement}{self._protocol}"

    @property
    def _agreement(self) -> str:
        if self.agreement == "not-printed":
            return "the paper prints nothing"
        if self.agreement == "differs":
            return f"differs by {self.difference or 0.0:+.{self.decimals}f}".replace("-", "−")
        return f"agrees {self.agreement.replace('-', ' ')}"

    @property
    def _protocol(self) -> str:
        differs, unstated = _listed(self.differs), _listed(self.unstated)
        left_open = ", something that the source leaves open" if "unknown" in self.differs else ""
        if self.comparison == "exact":
            return f", same protocol (other {differs})" if differs else ", same protocol"
        if self.comparison == "proxy":
            return f"; other {differs}{left_open}"
        why = [f"not stated: {unstated}"] if unstated else []
        why += [f"other {differs}"] if differs else []
        return f"; protocol not fully known ({'; '.join(why)}{left_open})".replace("(, ", "(")

    @property
    def link(self) -> str:
        """Address of the file at its commit, or of the issue; built from validated parts only."""
        source = self.record.source
        place = f"issues/{source.issue}" if source.issue else f"blob/{source.commit}/{source.path}"
        return f"https://github.com/{source.repository}/{quote(place)}"


def headed(figures: Sequence[Elsewhere]) -> list[tuple[str, list[Elsewhere]]]:
    """What the authors published later, then what others measured, each under its heading."""
    parts = {"Authors later": True, "Others": False}
    found = [(name, [one for one in figures if one.by_authors is by]) for name, by in parts.items()]
    return [(name, some) for name, some in found if some]


def _listed(names: tuple[str, ...]) -> str:
    return ", ".join(name.replace("_", " ") for name in names if name != "unknown")


def brief(figures: Sequence[Elsewhere]) -> list[str]:
    """At most two phrases, for a cell: 'authors 79.5', 'others 74.5–75.1'; '6 by proxy' if there is nothing better."""
    found = []
    for name, by_authors in (("authors", True), ("others", False)):
        some = [o for o in figures if o.by_authors is by_authors and o.comparison != "proxy"]
        ordered = sorted(some, key=lambda one: one.value)
        if ordered:
            ends = dict.fromkeys((ordered[0].shown, ordered[-1].shown))
            found.append(f"{name} {'–'.join(ends)}")
    return found or ([f"{len(figures)} by proxy"] if figures else [])


def reported_elsewhere(catalog: Catalog) -> dict[CellKey, tuple[Elsewhere, ...]]:
    """Printed cell -> the figures of others for it, authors first, then in the order of the files."""
    found: dict[CellKey, list[Elsewhere]] = defaultdict(list)
    for record in catalog.third_party:
        for address, value in record.cells.items():
            key = key_of(address)
            found[key].append(_join(record, catalog.cell_index[key], value))
    return {
        key: tuple(sorted(all_, key=lambda one: not one.by_authors)) for key, all_ in found.items()
    }


def _join(record: ThirdParty, cell: Cell, value: float) -> Elsewhere:
    differs, unstated = _differences(record, cell)
    metric = cell.metric or ""
    number = cell.number
    decimals = max(number.decimals if number else 1, _decimals(value))
    return Elsewhere(
        record=record,
        cell=cell.name,
        value=value,
        decimals=min(decimals, 3),
        difference=round(value - number.value, 6) if number else None,
        comparison=_comparison(differs, unstated),
        differs=differs,
        unstated=unstated,
        agreement=_agreement(value, record.half_step, metric, cell),
    )


def _decimals(value: float) -> int:
    return len(f"{value:.6f}".rstrip("0").partition(".")[2])


def _comparison(differs: tuple[str, ...], unstated: tuple[str, ...]) -> Comparison:
    known = {*differs} - {*TRAINING, "unknown"}
    if known:
        return "proxy"
    return "unknown" if unstated or "unknown" in differs else "exact"


def _differences(record: ThirdParty, cell: Cell) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """What differs, by comparing both protocols and by what the record notes; then what one side does not state.

    Where both state something, that decides: a record about val2017 is listed with cells of test-dev, too. Counts
    depend on the input size alone, speeds on that and the hardware.
    """
    kind = METRICS[cell.metric].kind if cell.metric else ""
    keys = _COMPARED if kind in ("accuracy", "measure") else ("input_size",)
    noted = [one for one in record.differs if one != "printed_value"]  # which the value itself says
    if kind != "accuracy":
        noted = [one for one in noted if one not in ("split", "boxes")]
    found, unstated = [], []
    for key in keys:
        name = _NAMES.get(key, key)
        printed = cell.protocol.get(key, UNSTATED)
        theirs = record.protocol.get(key, UNSTATED)
        if UNSTATED not in (printed, theirs):
            noted = [one for one in noted if one != name]
            if not same(key, printed, theirs):
                found.append(name)
        elif name not in noted and key in CHOSEN:
            unstated.append(name)
    if kind == "speed" and "hardware" not in noted and "hardware" not in record.protocol:
        unstated.append("hardware")
    return (*found, *noted), tuple(unstated)


def _agreement(value: float, half_step: float, metric: str, cell: Cell) -> Agreement:
    """Whether two figures can be one value, or are as near as two trainings or two machines of one kind."""
    number = cell.number
    if number is None:
        return "not-printed"
    off = abs(value - number.value) - number.half_step - half_step
    if off < -TINY:  # two rounded numbers that only touch are different, as everywhere
        return "within-rounding"
    kind = METRICS[metric].kind
    if kind == "count":
        return "differs"
    allowed = SPEED * number.value if kind == "speed" else equal_within(metric)
    return "within-tolerance" if off <= allowed + TINY else "differs"


def as_records(catalog: Catalog) -> Iterator[dict[str, Any]]:
    """One flat record per figure and printed cell, for `--json`, pandas and CSV."""
    for key, figures in reported_elsewhere(catalog).items():
        cell = catalog.cell_index[key]
        place = dict(zip(("paper", "table", "row_key", "column_key"), key, strict=True))
        about = {"printed": cell.printed, "metric": cell.metric, "unit": cell.column.shown_unit}
        yield from ({**place, **about, **as_record(one)} for one in figures)


def as_record(one: Elsewhere) -> dict[str, Any]:
    """A figure as plain data, without its cell."""
    known, source = one.record, one.record.source
    return {
        "value": one.value,
        "measured_by": known.measured_by,
        "difference": one.difference,
        "agreement": one.agreement,
        "comparison": one.comparison,
        "differs": list(one.differs),
        "unstated": list(one.unstated),
        "model": known.model,
        "protocol": dict(known.protocol),
        "note": known.note,
        "id": known.id,
        "repository": source.repository,
        "path": source.path,
        "commit": source.commit,
        "issue": source.issue,
        "link": one.link,
        "date": known.date.isoformat(),
        "accessed": source.accessed.isoformat(),
    }
