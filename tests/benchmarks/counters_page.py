"""The tables of docs/counters.md: what the public counters return, and which of them return what papers print."""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from bench.catalog.cells import Cell
from bench.catalog.load import Catalog, load_catalog
from bench.judge.public_tools import REWRITES, Returned, Source, returned_by, source_of
from bench.measure.count.counters import COUNTERS
from bench.results.public_counts import PublicCounts

HEADLINES = (
    *("transpose-r-a4", "transpose-h-s", "transpose-h-a6"),
    *("tfpose-r50-e6d6", "lightpose-r50", "lightpose-w48", "lofr-r50", "querypose-r50"),
    *("simplebaseline-r50", "hrnet-w32", "deeppose-r101"),
)
BLOCK = re.compile(r"(<!-- (\w+): begin -->\n).*?(<!-- \2: end -->)", re.DOTALL)


def write_page(page: Path, counts: Mapping[str, PublicCounts]) -> None:
    """Writes each generated block of the page, between its two comments, anew."""
    catalog = load_catalog()
    blocks = {
        "operations": headline_table(counts, parameters=False),
        "parameters": headline_table(counts, parameters=True),
        "cells": cell_table(catalog, counts),
    }
    text = page.read_text("utf-8")
    page.write_text(BLOCK.sub(lambda m: m[1] + "\n".join(blocks[m[2]]) + "\n" + m[3], text))


def _rows(cells: Iterable[Iterable[str]]) -> Iterator[str]:
    head, *body = [list(row) for row in cells]
    yield f"| {' | '.join(head)} |"
    yield f"|{'---|' * len(head)}"
    yield from (f"| {' | '.join(row)} |" for row in body)


def headline_table(counts: Mapping[str, PublicCounts], *, parameters: bool) -> Iterator[str]:
    """One row per counter and setting, one column per network: GMACs, or millions of parameters."""
    shown = [name for name in HEADLINES if name in counts]
    by_setting: dict[tuple[str, str], dict[str, str]] = defaultdict(dict)
    for name in shown:
        exact = counts[name].parameters / 1e6 if parameters else counts[name].macs / 1e9
        by_setting["**exact**", ""][name] = f"**{exact:.3f}**"
        for one in counts[name].counts:
            value = one.parameters if parameters else one.macs
            scale = 1e6 if parameters else 1e9
            said = "fails" if one.failed else "" if value is None else f"{value / scale:.3f}"
            by_setting[one.name, one.setting][name] = said
    order = ["**exact**", *COUNTERS]
    ranked = sorted(by_setting, key=lambda tool: order.index(tool[0].partition(" ")[0]))
    body = [
        [tool, setting, *(by_setting[tool, setting].get(name, _lacking(setting)) for name in shown)]
        for tool, setting in ranked
        if {*by_setting[tool, setting].values()} - {"", "fails"}
    ]
    yield from _rows([["counter", "setting", *(f"`{name}`" for name in shown)], *body])


def _lacking(setting: str) -> str:
    """A network without the layers that a setting replaces is counted as without it; else it was not run."""
    return "=" if setting.endswith(REWRITES) else "not run"


def cell_table(catalog: Catalog, counts: Mapping[str, PublicCounts]) -> Iterator[str]:
    """Per source of printed counts: how many there are, which counters explain them, how many none returns."""
    found = returned_by(catalog.cells(), counts)
    groups: dict[Source, list[Cell]] = defaultdict(list)
    for cell in catalog.cells():
        if cell.key in found:
            groups[source_of(cell)].append(cell)
    head = ["paper", "source", "column", "cells", "explained by", "returned by none"]
    yield from _rows([head, *(_source_row(*group, found) for group in groups.items())])


def _source_row(source: Source, cells: list[Cell], found: Mapping) -> list[str]:
    tools: dict[tuple[str, str, bool], tuple[int, Returned]] = {}
    for cell in cells:
        for one in found[cell.key]:
            hits = tools.get(one[:3], (0, one))[0] + 1
            tools[one[:3]] = (hits, one)
    explaining = sorted(
        ((hits, one) for hits, one in tools.values() if one.explains), key=lambda pair: -pair[0]
    )
    words = "; ".join(
        f"{one.tool} ({one.setting}{', halved' if one.halved else ''}): {hits}"
        for hits, one in explaining
    )
    none = sum(not found[cell.key] for cell in cells)
    return [source[0], source[1], source[2], str(len(cells)), words or "no counter", str(none)]
