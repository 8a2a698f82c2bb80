"""The papers against themselves and each other: one quantity with two values, likely misprints, impossible rows.

Two cells are the same quantity if metric, data and split are the same and they show the same run, the same zoo model
(counts), or the same method (`bench/papers/methods.yaml`) at the same input size; of a method that is not listed there,
the same label. Counts are compared across data sets, speeds only within one paper. Numbers that round to each other
(75.8 and 75.83) do not conflict, nor do values whose printed protocols differ in something that both state. What only
one of them states may explain a difference: the reason says so. A re-run by authors is expected to differ from a quoted
value; the two are not compared.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from itertools import combinations

from bench.catalog.cells import Cell, sizes_of
from bench.catalog.load import Catalog
from bench.catalog.methods import printed_name
from bench.errors import CatalogError
from bench.judge.intervals import Interval
from bench.judge.protocol import UNSTATED
from bench.judge.records import Conflict

_HIGHER = {"AP": "AP50", "AP75": "AP50", "AR": "AR50", "AR75": "AR50"}
#: Settings of a test that may explain a difference where one of two papers states them and the other does not.
_EXPLAINS = ("flip_test", "scales", "test_augmentation", "refinement", "models")
_NETWORKS = {"run": "all show the same run", "model": "all show the same network"}


def find_conflicts(catalog: Catalog) -> tuple[Conflict, ...]:
    """Contradictions, then likely misprints that a reader noted, then impossible and unusual rows."""
    return (*_contradictions(catalog), *_misprints(catalog), *_suspicious(catalog))


# ---------------------------------------------------------------- the same quantity twice


def _identities(cell: Cell, catalog: Catalog) -> Iterator[tuple[object, ...]]:
    """What the cell shows, as keys of quantities; the first entry says by what two cells are the same."""
    kind, metric = cell.column.kind, cell.metric
    known = catalog.method_key(cell)
    method = known or printed_name(cell.table, cell.row)
    if kind == "speed":
        if cell.run:
            yield ("run", cell.paper, cell.run, metric, cell.table.split)
        yield ("method", cell.paper, method, metric)
        return
    where = None if kind == "count" else cell.protocol["split"]
    if cell.run and cell.origin == "own":
        yield ("run", cell.run, metric, where or cell.protocol["split"])
    if cell.model and kind == "count":
        yield ("model", cell.model, metric)
    if known or cell.origin != "own":
        yield ("method", method, metric, where)


def _contradictions(catalog: Catalog) -> Iterator[Conflict]:
    groups: dict[tuple[object, ...], list[Cell]] = defaultdict(list)
    for cell in catalog.cells():
        if cell.number is not None:
            for identity in _identities(cell, catalog):
                groups[identity].append(cell)
    seen: set[frozenset[str]] = set()
    for identity, cells in groups.items():
        for clashing in _clashing(cells, str(identity[0])):
            names = frozenset(c.name for c in clashing)
            if not any(names <= other for other in seen):
                seen.add(names)
                yield _contradiction(clashing, str(identity[0]), catalog)


def _clashing(cells: list[Cell], by: str) -> Iterator[list[Cell]]:
    """Cells of one quantity that contradict each other, those of one input size together."""
    spans = {cell.name: _span(cell) for cell in cells}
    if all(one.meets(two) for one, two in combinations(set(spans.values()), 2)):
        return  # as nearly everywhere, and cheaper to see than what follows
    found: dict[tuple[int, int] | None, set[str]] = defaultdict(set)
    sizes = {cell.name: _sizes(cell, cells) for cell in cells}
    for one, two in combinations(cells, 2):
        apart = one.table is not two.table or (by != "method" and one.row is not two.row)
        first, second = sizes[one.name], sizes[two.name]
        same_size = not first or not second or bool(first & second)
        if spans[one.name].meets(spans[two.name]) or not apart or not same_size:
            continue
        if _comparable(one, two, by):
            size = min(first & second or first | second, default=None)
            found[size] |= {one.name, two.name}
    for names in found.values():
        yield [cell for cell in cells if cell.name in names]


def _size(cell: Cell) -> tuple[int, int] | None:
    return sizes_of(cell.protocol.get("input_size", ""))


def _sizes(cell: Cell, cells: Iterable[Cell]) -> set[tuple[int, int]]:
    """The input size of a cell; where none is printed, those of cells with the same value; empty if it may be any."""
    if size := _size(cell):
        return {size}
    return {size for one in cells if (size := _size(one)) and _span(one).meets(_span(cell))}


def _comparable(one: Cell, two: Cell, by: str) -> bool:
    """Whether nothing that both print explains a difference.

    A counting rule does, but only between values that the papers counted themselves: of quoted ones it is our guess.
    """
    if by == "method" and one.run and two.run and one.run != two.run:
        return False  # two trainings, or one network on two data sets
    if one.column.kind == "count":
        is_params, same_rule = one.column.metric == "params", one.rule == two.rule
        return is_params or same_rule or "quoted" in (one.origin, two.origin)
    if one.origin != two.origin and "rerun" in (one.origin, two.origin):
        return False
    first, second = one.protocol, two.protocol
    shared = set(first) & set(second) - {"split", "input_size"}
    if one.column.kind != "speed":
        shared.discard("machine")
    return all(first[key] == second[key] or UNSTATED in (first[key], second[key]) for key in shared)


def _span(cell: Cell) -> Interval:
    return Interval.printed(cell.number)


def _contradiction(cells: list[Cell], by: str, catalog: Catalog) -> Conflict:
    first = cells[0]
    papers = list(dict.fromkeys(cell.paper for cell in cells))
    sizes = sorted({f"{size[1]}x{size[0]}" for cell in cells if (size := _size(cell))})
    why = _NETWORKS.get(by, f"same method{', ' + sizes[0] if sizes else ''}")
    splits = list(dict.fromkeys(cell.protocol["split"] for cell in cells))
    sources = sorted({c.row.source for c in cells if c.row.source and c.origin == "quoted"})
    reason = [f"{why}, {' and '.join(splits)}"]
    reason.append("in one paper" if len(papers) == 1 else " and ".join(papers))
    reason += [f"quoted from {', '.join(sources)}"] if sources else []
    reason += _explanations(cells, catalog)
    method = catalog.method(first)
    what = f"{first.column.label} of {method.name if method else first.row.label}"
    return _conflict(what, cells, "; ".join(reason))


def _explanations(cells: list[Cell], catalog: Catalog) -> Iterator[str]:
    """What may explain the difference: settings that not all of the tables state, another variant of the method."""
    if cells[0].column.kind == "accuracy":
        stated = {f"{c.paper}-{c.table.table}": _settings(c) for c in cells}
        if len(set(stated.values())) > 1:
            texts = (f"{table}: {text or 'nothing'}" for table, text in stated.items())
            yield f"stated about the test: {', '.join(texts)}"
    for cell, other in _variants(cells, catalog):
        named = catalog.method(other)
        yield f"{cell.printed} is what {other.name} prints for {named.name if named else other.row.label}"


def _settings(cell: Cell) -> str:
    stated = ((key, cell.protocol.get(key, UNSTATED)) for key in _EXPLAINS)
    return " and ".join(f"{k.replace('_', ' ')} {v}" for k, v in stated if v != UNSTATED)


def _variants(cells: Iterable[Cell], catalog: Catalog) -> Iterator[tuple[Cell, Cell]]:
    """Cells of variants of the method with one of the clashing values, for the same metric and split."""
    for cell in cells:
        key = catalog.method_key(cell)
        for other in catalog.cells() if key else ():
            method = catalog.method(other)
            if method and method.variant_of == key and other.number == cell.number:
                same_metric = other.metric == cell.metric
                if same_metric and other.protocol["split"] == cell.protocol["split"]:
                    yield cell, other


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
