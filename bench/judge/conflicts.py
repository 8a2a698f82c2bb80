"""The papers against themselves and each other: one quantity with two values, likely misprints, impossible rows.

Two cells are the same quantity if metric, data and split are the same and they show the same run, the same zoo model
(counts; accuracies if quoted from the same source), or the same method by name: row label and printed settings, without
reference marks and differences of spelling. Numbers that round to each other (75.8 and 75.83) do not conflict, nor do
values whose printed protocols differ. A re-run by authors is expected to differ from a quoted value; the two are not
compared.
"""

import re
from collections import defaultdict
from collections.abc import Iterator
from itertools import combinations

from bench.catalog.cells import Cell, sizes_of
from bench.catalog.load import Catalog
from bench.errors import CatalogError
from bench.judge.intervals import Interval
from bench.judge.protocol import UNSTATED
from bench.judge.records import Conflict

_REFERENCE = re.compile(r"\[[\d,\s]+\]|\(ours\)|\bours\b", re.IGNORECASE)
_ALIAS = {
    "tp": "transpose",
    "simba": "simplebaseline",
    "darkpose": "dark",
    "resnet": "r",
    "res": "r",
}
_WORD = re.compile(r"[a-z]+\d+|[a-z]+|\d+(?:\.\d+)?|[^\w\s,;:.()/_-]")
_HIGHER = {"AP": "AP50", "AP75": "AP50", "AR": "AR50", "AR75": "AR50"}


def find_conflicts(catalog: Catalog) -> tuple[Conflict, ...]:
    """Contradictions, then likely misprints that a reader noted, then impossible and unusual rows."""
    return (*_contradictions(catalog), *_misprints(catalog), *_suspicious(catalog))


# ---------------------------------------------------------------- the same quantity twice


def normalised(text: str) -> frozenset[str]:
    """'HRNet-W48 [51]' and 'hrnet w48' -> {hrnet, w48}; marks such as † and * stay."""
    plain = _REFERENCE.sub(" ", text).lower().replace("simple baseline", "simplebaseline")
    plain = re.sub(r"\b(?:resnet|res)-?(\d+)", r"r\1", plain)
    plain = re.sub(r"\b([wr])-(\d+)", r"\1\2", plain)
    return frozenset(_ALIAS.get(word, word) for word in _WORD.findall(plain))


def _identities(cell: Cell, catalog: Catalog) -> Iterator[tuple[object, ...]]:
    kind, metric = cell.column.kind, cell.metric
    if kind == "speed":
        if cell.run:
            yield ("run", cell.paper, cell.run, metric, cell.table.split)
        return
    where = None if metric == "params" else cell.protocol["split"]
    if cell.run and cell.origin == "own":
        yield ("run", cell.run, metric, where)
    if cell.model and kind == "count":
        yield ("model", cell.model, metric)
    elif cell.model and cell.origin == "quoted":
        yield ("model", cell.model, metric, where, cell.row.source)
    size = sizes_of(cell.protocol.get("input_size", ""))
    words = _words(cell)
    own_name = normalised(catalog.papers[cell.paper].method) <= words
    if own_name if cell.origin == "own" else words:
        yield ("name", words, metric, where, size)


def _words(cell: Cell) -> frozenset[str]:
    """What names the method: the row's label and its printed settings, but for the input size."""
    words = set(normalised(cell.row.label))
    for column, text in zip(cell.table.columns, cell.row.cells, strict=True):
        if column.metric is None and not sizes_of(text):
            words |= normalised(text) - {"-"}
    return frozenset(words)


def _contradictions(catalog: Catalog) -> Iterator[Conflict]:
    groups: dict[tuple[object, ...], list[Cell]] = defaultdict(list)
    for cell in catalog.cells():
        if cell.number is not None:
            for identity in _identities(cell, catalog):
                groups[identity].append(cell)
    seen: set[frozenset[str]] = set()
    for identity, cells in groups.items():
        clashing = _clashing(cells, str(identity[0]))
        names = frozenset(c.name for c in clashing)
        if clashing and names not in seen:
            seen.add(names)
            yield _contradiction(clashing, str(identity[0]))


def _clashing(cells: list[Cell], by: str) -> list[Cell]:
    found: set[str] = set()
    for one, two in combinations(cells, 2):
        apart = one.table is not two.table or (by != "name" and one.row is not two.row)
        if apart and _comparable(one, two) and not _span(one).meets(_span(two)):
            found |= {one.name, two.name}
    return [cell for cell in cells if cell.name in found]


def _comparable(one: Cell, two: Cell) -> bool:
    """Whether nothing that is printed explains a difference.

    A counting rule does, but only between values that the papers counted themselves: of quoted ones it is our guess.
    """
    if one.column.kind == "count":
        is_params, same_rule = one.column.metric == "params", one.rule == two.rule
        return is_params or same_rule or "quoted" in (one.origin, two.origin)
    if one.origin != two.origin and "rerun" in (one.origin, two.origin):
        return False
    first, second = one.protocol, two.protocol
    shared = set(first) & set(second) - {"split", "input_size"}
    return all(first[key] == second[key] or UNSTATED in (first[key], second[key]) for key in shared)


def _span(cell: Cell) -> Interval:
    return Interval.printed(cell.number)


def _contradiction(cells: list[Cell], by: str) -> Conflict:
    first = cells[0]
    papers = dict.fromkeys(cell.paper for cell in cells)
    networks = {"run": "all show the same run", "model": "all show the same network"}
    why = networks.get(by, "same method by name")
    sources = sorted({c.row.source for c in cells if c.row.source and c.origin == "quoted"})
    reason = f"{why}, {first.table.split}; {'in one paper' if len(papers) == 1 else ' and '.join(papers)}"
    reason += f"; quoted from {', '.join(sources)}" if sources else ""
    return _conflict(f"{first.column.label} of {first.row.label}", cells, reason)


# ---------------------------------------------------------------- misprints, impossible rows


def _misprints(catalog: Catalog) -> Iterator[Conflict]:
    cells = {cell.name: cell for cell in catalog.cells()}
    for paper in catalog.papers.values():
        for one in paper.misprints:
            cell = cells.get(f"{paper.id}-{one.cell}")
            if cell is None:
                raise CatalogError(
                    f"papers/{paper.id}/paper.yaml: misprint names unknown cell '{one.cell}'; "
                    "write table/row/column with the keys of tables.yaml"
                )
            likely = f"; probably {one.likely}" if one.likely else ""
            what = f"likely misprint: {cell.column.label} of {cell.row.label}"
            yield _conflict(what, [cell], f"{one.reason}{likely}")


def _suspicious(catalog: Catalog) -> Iterator[Conflict]:
    for rows in catalog.rows.values():
        for row in rows.values():
            numbers = [cell for cell in row if cell.number]
            cells = {str(cell.column.metric): cell for cell in numbers}
            once_each = len(cells) == len(numbers)  # a row may show a metric twice (val and test)
            if once_each:
                yield from _impossible(cells)


def _impossible(cells: dict[str, Cell]) -> Iterator[Conflict]:
    def found(kind: str, reason: str, *metrics: str) -> Conflict:
        among = [cells[metric] for metric in metrics]
        return _conflict(f"{kind}: {among[0].row.label}", among, reason)

    for low, high in _HIGHER.items():
        if low in cells and high in cells and _span(cells[high]).below(_span(cells[low])):
            yield found("impossible", f"{low} cannot be above {high}", low, high)
    if "AP" in cells and "AR" in cells and _span(cells["AP"]).low > _span(cells["AR"]).high + 1.0:
        yield found("impossible", "AP cannot be more than a point above AR", "AP", "AR")
    sizes = [metric for metric in ("AP_M", "AP_L") if metric in cells]
    if "AP" in cells and len(sizes) == 2 and _outside(cells["AP"], [cells[m] for m in sizes]):
        yield found("unusual", "AP is not between AP_M and AP_L", "AP", *sizes)
    joints = [metric for metric in cells if metric.startswith("PCKh_")]
    if "PCKh" in cells and len(joints) == 7 and _outside(cells["PCKh"], [cells[m] for m in joints]):
        yield found(
            "impossible", "the mean over joints is outside the range of the joints", "PCKh", *joints
        )


def _outside(cell: Cell, parts: list[Cell]) -> bool:
    return not _span(cell).meets(Interval.hull(map(_span, parts)))


def _conflict(what: str, cells: list[Cell], reason: str) -> Conflict:
    return Conflict(
        what=what,
        cells=tuple(c.name for c in cells),
        printed=tuple(c.printed for c in cells),
        reason=reason,
    )
