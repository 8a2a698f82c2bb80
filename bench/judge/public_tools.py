"""Which public counters return a printed count, and whether that explains it.

One counter of many returns two or three printed digits by chance. So a counter in one version and setting explains the
printed counts of a source (a paper's own, or those that it quotes from one place) only if it returns most of those of
its networks that were counted: `SHARE`, and at least `LEAST` networks of different counts.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from bench.catalog.cells import Cell, CellKey
from bench.judge.counts import rounds_to, scale_of
from bench.results.public_counts import RELEASED, PublicCounts, ToolCount
from bench.results.records import CountResult, Result
from bench.results.store import Stored

#: Share of a source's printed counts that a counter has to return, and how many different ones at least.
SHARE, LEAST = 0.75, 2
#: How the names of settings end that replace layers before they count, the second doing what the first does, too.
REWRITES = (", torch.nn layers", ", attention of nn.Linear")
Tool = tuple[str, str, bool]  # counter with version, setting, halved
Source = tuple[str, str, str]  # paper, where its numbers come from, metric


class Returned(NamedTuple):
    """A counter that returns the printed digits of a cell.

    value: in the cell's unit. halved: what the counter calls operations is taken at two for a multiply-accumulate.
    returned, counted: how many of the source's different printed counts it returns, of how many.
    """

    tool: str
    setting: str
    halved: bool
    value: float
    returned: int
    counted: int

    @property
    def released(self) -> int:
        """The year of this version; far in the future if it is not known."""
        return RELEASED.get(self.tool, 9999)

    @property
    def explains(self) -> bool:
        """Whether it returns too many of the source's counts for chance."""
        return self.returned >= max(LEAST, SHARE * self.counted)

    @property
    def words(self) -> str:
        """'thop 0.1.1 of 2022 (eval mode) gives 8.94 (6 of 7 counts of this source)'."""
        setting = f"{self.setting}, halved" if self.halved else self.setting
        year = f" of {RELEASED[self.tool]}" if self.tool in RELEASED else ""
        share = f"{self.returned} of {self.counted} counts of this source"
        return f"{self.tool}{year} ({setting}) gives {self.value:.4g} ({share})"


def returned_by(
    cells: Iterable[Cell],
    public: Mapping[str, PublicCounts],
    counted: Mapping[str, Stored[CountResult]] | None = None,
) -> dict[CellKey, tuple[Returned, ...]]:
    """Cell -> the counters that return its digits: those that return most of its source, then the older.

    counted: exact counts as they are now; a network that has another one since says nothing (`PublicCounts.about`).
    """
    values: dict[CellKey, dict[Tool, float]] = {}
    sources: dict[Source, list[Cell]] = defaultdict(list)
    for cell in cells:
        known = public.get(cell.model or "")
        if cell.number is None or cell.column.kind != "count" or known is None:
            continue
        exact = (counted or {}).get(cell.model or "")
        if counted is None or (exact and known.about(exact.result)):
            values[cell.key] = dict(_values(cell, known.counts))
            sources[source_of(cell)].append(cell)
    _fill(values)
    found: dict[CellKey, tuple[Returned, ...]] = {}
    for group in sources.values():
        shares = _shares(group, values)
        for cell in group:
            fitting = [(t, v) for t, v in values[cell.key].items() if rounds_to(v, cell)]
            some = [Returned(*tool, value, *shares[tool]) for tool, value in fitting]
            found[cell.key] = tuple(_different(some))
    return found


def returned_words(tools: Sequence[Returned], exact: Result, cell: Cell) -> str:
    """'returned by a public tool: thop 0.1.1 (eval mode) gives 8.9 (6 of 7 ...), and by fvcore; exact is 6.32'."""
    first, *others = tools
    more = list(dict.fromkeys(one.tool for one in others if one.tool != first.tool))
    also = f", also by {', '.join(more)}" if more else ""
    return f"returned by a public tool: {first.words}{also}{_exact(exact, cell)}"


def also_returned(tools: Sequence[Returned] | None, exact: Result, cell: Cell) -> str:
    """'; thop 0.1.1 (eval mode) gives 8.9 (1 of 7 ...); exact is 6.32', what follows words about a rule.

    Also where no counter returns the print; empty if none was run (None).
    """
    if tools is None:
        return ""
    first = tools[0].words if tools else "no public counter returns it"
    return f"; {first}{_exact(exact, cell)}"


def _exact(result: Result, cell: Cell) -> str:
    """'; exact is 6.32' multiply-accumulates, in the cell's unit."""
    if not isinstance(result, CountResult):
        return ""
    return f"; exact is {result.macs / scale_of(cell):.4g}"


def source_of(cell: Cell) -> Source:
    """Whose count it is: (paper, "own" or the network's source, metric). What a paper re-ran is of its source."""
    other = cell.row.source or cell.origin if cell.origin != "own" else "own"
    return cell.paper, other, cell.metric or ""


def _values(cell: Cell, counts: Iterable[ToolCount]) -> Iterator[tuple[Tool, float]]:
    """What each counter prints for the cell's network, in the cell's unit."""
    for one in counts:
        if cell.metric == "params":
            if one.parameters is not None:
                yield (one.name, one.setting, False), one.parameters / scale_of(cell)
        elif one.operations is not None and one.operations > 0:
            yield (one.name, one.setting, False), one.operations / scale_of(cell)
            if one.per_mac == 2:
                yield (one.name, one.setting, True), one.operations / 2.0 / scale_of(cell)


def _different(some: Iterable[Returned]) -> list[Returned]:
    """Best first, and of settings of one counter that return the same value only the best or else the plainest."""
    ranked = sorted(some, key=lambda one: (-one.returned, one.released, len(one.setting)))
    kept: dict[tuple[str, float], Returned] = {}
    for one in ranked:
        kept.setdefault((one.tool, one.value), one)
    return list(kept.values())


def _fill(values: Mapping[CellKey, dict[Tool, float]]) -> None:
    """A setting that rewrites layers is left out where there are none: it returns what it does without rewriting."""
    rewriting = {tool for found in values.values() for tool in found if tool[1].endswith(REWRITES)}
    for found in values.values():
        for counter, setting, halved in rewriting - found.keys():
            kept = setting.rpartition(", ")[0]
            for other in (kept + REWRITES[0], kept):
                if (counter, other, halved) in found:
                    found[counter, setting, halved] = found[counter, other, halved]
                    break


def _shares(
    group: list[Cell], values: Mapping[CellKey, Mapping[Tool, float]]
) -> dict[Tool, tuple[int, int]]:
    """Tool -> (returned, counted) of the group's different counts: a number printed twice for one network is one."""
    found: dict[Tool, dict[tuple[str | None, str], bool]] = defaultdict(dict)
    for cell in group:
        for tool, value in values[cell.key].items():
            found[tool][cell.model, cell.printed] = rounds_to(value, cell)
    return {tool: (sum(hits.values()), len(hits)) for tool, hits in found.items()}
