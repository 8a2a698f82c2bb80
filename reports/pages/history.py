"""How verdicts changed: recordings, newest first, each with the changes of cells and claims that it found."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

import orjson

from bench.catalog.load import Catalog
from bench.judge import export
from bench.judge.history import Entry
from reports.views import urls
from reports.views.history import ChangeView, label_of
from reports.views.words import HOLDS, VERDICTS, Word, counted, plural

NEWEST = 500  # changes on the page of all papers; the pages of papers show all
IN_FEED = 100
OPEN = 40  # changes of one recording that are shown without a click


@dataclass(frozen=True)
class Recording:
    """What one judgement found changed; a baseline has counts instead."""

    first: Entry
    changes: tuple[ChangeView, ...]

    @property
    def folded(self) -> bool:
        return len(self.changes) > OPEN

    @property
    def moves(self) -> tuple[tuple[Word, Word, int], ...]:
        """Changed words and how often, the most frequent first."""
        found = Counter(one.words for one in self.changes if one.words[0] != one.words[1])
        return tuple((a, b, n) for (a, b), n in found.most_common())

    @property
    def unmoved(self) -> int:
        """Changes of a value, an interval or a reason alone: the word is the same."""
        return sum(one.words[0] == one.words[1] for one in self.changes)

    @property
    def counts(self) -> tuple[str, ...]:
        """Of a baseline: '110 cells: 84 match, 26 differ', and claims alike."""
        words = {"cells": VERDICTS, "claims": HOLDS}
        return tuple(
            f"{plural(sum(found.values()), kind.removesuffix('s'))}: "
            + ", ".join(counted(n, label_of(words[kind], key)) for key, n in found.items())
            for kind, found in self.first.counts.items()
            if found
        )


@dataclass(frozen=True)
class HistoryView:
    """One page: of all papers, or of one."""

    paper: str | None
    page: str
    recordings: tuple[Recording, ...]
    total: int
    left_out: int


def history_views(catalog: Catalog, entries: Sequence[Entry]) -> Iterator[HistoryView]:
    """The page of all papers, then one for each."""
    links = {cell.name: cell.key for cell in catalog.cells()}
    addresses = {name: urls.cell_link(*key) for name, key in links.items()}
    addresses |= {f"{paper}/{c.id}": urls.claim_link(paper, c.id) for paper, c in catalog.claims()}
    for paper in (None, *catalog.papers):
        about = [e for e in entries if e.kind == "baseline" or paper in (None, e.paper)]
        changes = [e for e in about if e.kind != "baseline"]
        left_out = max(0, len(changes) - NEWEST) if paper is None else 0
        oldest = changes[left_out].number if left_out else 0
        shown = [e for e in about if e.number >= oldest]
        recordings = tuple(_recordings(shown, addresses))
        page = urls.history_page(paper)
        yield HistoryView(paper, page, recordings, len(changes), left_out)


def _recordings(entries: Sequence[Entry], links: Mapping[str, str]) -> Iterator[Recording]:
    def stamp(entry: Entry) -> tuple[object, ...]:
        return entry.date, entry.commit, entry.dirty, entry.kind == "baseline"

    for _, group in groupby(reversed(entries), key=stamp):
        found = sorted(group, key=lambda entry: entry.number)
        changes = (ChangeView(e, links.get(e.name)) for e in found if e.kind != "baseline")
        yield Recording(found[0], tuple(changes))


def history_files(entries: Sequence[Entry]) -> dict[str, bytes]:
    """The lines as they were recorded, and the changes as one JSON array as by `repropose history --json`."""
    changes = orjson.dumps(export.history(entries), option=orjson.OPT_INDENT_2)
    lines = b"".join(one.line + b"\n" for one in entries)
    return {"files/history.jsonl": lines, "files/history.json": changes + b"\n"}


def feed(entries: Sequence[Entry]) -> list[ChangeView]:
    """The newest changes, newest first."""
    changes = [e for e in reversed(entries) if e.kind != "baseline"]
    return [ChangeView(one) for one in changes[:IN_FEED]]
