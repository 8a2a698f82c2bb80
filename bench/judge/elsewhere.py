"""Figures of others joined to printed cells: do they agree, and were they measured by the same protocol?

Evidence of its own kind, "reported elsewhere": it decides no verdict, and is never counted as reproduced. Two figures are
compared by exact protocol, by proxy (something of the test or of the network differs), or unknown (nothing is known to
differ, but not everything is stated). Another framework or training schedule is another training of the same network and
leaves the protocol exact; it is named all the same.
"""

from collections import defaultdict
from collections.abc import Iterator
from typing import Literal

from bench.catalog.cells import Cell, CellKey, sizes_of
from bench.catalog.load import Catalog
from bench.catalog.schema import METRICS, Strict
from bench.catalog.third_party import ThirdParty, key_of
from bench.judge.protocol import REQUIRED, UNSTATED
from bench.judge.tolerance import SPEED, tolerance

Comparison = Literal["exact", "proxy", "unknown"]
Agreement = Literal["within-rounding", "within-tolerance", "differs", "not-printed"]
#: What makes another training of the same network, not another protocol.
TRAINING = ("framework", "schedule", "printed_value")
_COMPARED = (*REQUIRED, "scales", "decoding")
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
        """'agrees within rounding, same protocol'; 'differs by +3.6; differs in boxes'."""
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
        if self.comparison == "exact":
            return f", same protocol (other {differs})" if differs else ", same protocol"
        if self.comparison == "proxy":
            return f"; differs in {differs}"
        why = [f"not stated: {unstated}"] if unstated else []
        why += [f"noted: {differs}"] if differs else []
        return f"; protocol not fully known ({'; '.join(why)})"

    @property
    def link(self) -> str:
        """Address of the file at its commit, or of the issue; built from validated parts only."""
        source = self.record.source
        place = f"issues/{source.issue}" if source.issue else f"blob/{source.commit}/{source.path}"
        return f"https://github.com/{source.repository}/{place}".replace(" ", "%20")


def _listed(names: tuple[str, ...]) -> str:
    return ", ".join(name.replace("_", " ") for name in names)


def reported_elsewhere(catalog: Catalog) -> dict[CellKey, tuple[Elsewhere, ...]]:
    """Printed cell -> the figures of others for it, authors first, then in the order of the files."""
    found: dict[CellKey, list[Elsewhere]] = defaultdict(list)
    for record in catalog.third_party:
        for address, value in record.cells.items():
            key = key_of(address)
            found[key].append(_join(record, catalog.cell_index[key], value))
    return {key: tuple(sorted(all_, key=lambda one: not one.by_authors)) for key, all_ in found.items()}


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

    Where both state something, that decides: a record about val2017 is listed with cells of test-dev, too. Counts depend
    on the input size alone, speeds on that and the hardware.
    """
    kind = METRICS[cell.metric].kind if cell.metric else ""
    keys = _COMPARED if kind in ("accuracy", "measure") else ("input_size",)
    noted = [one for one in record.differs if one not in ("split", "boxes") or kind == "accuracy"]
    found, unstated = [], []
    for key in keys:
        name = _NAMES.get(key, key)
        printed = cell.protocol.get(key, UNSTATED)
        theirs = record.protocol.get(key, UNSTATED)
        if UNSTATED not in (printed, theirs):
            noted = [one for one in noted if one != name]
            if not _same(key, printed, theirs):
                found.append(name)
        elif name not in noted and key in REQUIRED:
            unstated.append(name)
    if kind == "speed" and "hardware" not in noted and "hardware" not in record.protocol:
        unstated.append("hardware")
    return (*found, *noted), tuple(unstated)


def _same(key: str, printed: str, theirs: str) -> bool:
    if key == "input_size" and sizes_of(printed) and sizes_of(theirs):
        return sizes_of(printed) == sizes_of(theirs)
    return printed.lower() == theirs.lower()


def _agreement(value: float, half_step: float, metric: str, cell: Cell) -> Agreement:
    """Whether two figures can be one value, or lie within what two trainings or two machines of one kind may differ by."""
    number = cell.number
    if number is None:
        return "not-printed"
    off = abs(value - number.value) - number.half_step - half_step
    if off <= 1e-9:
        return "within-rounding"
    kind = METRICS[metric].kind
    if kind == "count":
        return "differs"
    allowed = SPEED * number.value if kind == "speed" else tolerance(metric, "full-1")
    return "within-tolerance" if off <= allowed else "differs"


def records(catalog: Catalog) -> Iterator[dict[str, object]]:
    """One flat record per figure and printed cell, for `--json`, pandas and CSV."""
    for key, figures in reported_elsewhere(catalog).items():
        cell = catalog.cell_index[key]
        for one in figures:
            record, source = one.record, one.record.source
            yield {
                "paper": cell.paper,
                "table": cell.table.table,
                "row_key": cell.row.key,
                "column_key": cell.column.key,
                "printed": cell.printed,
                "metric": cell.metric,
                "unit": cell.column.shown_unit,
                "value": one.value,
                "difference": one.difference,
                "agreement": one.agreement,
                "comparison": one.comparison,
                "differs": list(one.differs),
                "unstated": list(one.unstated),
                "measured_by": record.measured_by,
                "model": record.model,
                "protocol": dict(record.protocol),
                "note": record.note,
                "id": record.id,
                "repository": source.repository,
                "path": source.path,
                "commit": source.commit,
                "issue": source.issue,
                "link": one.link,
                "date": record.date.isoformat(),
                "accessed": source.accessed.isoformat(),
            }
