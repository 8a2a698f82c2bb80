"""Every model with a result or a printed value, across papers; protocols are never mixed.

Entries are grouped by protocol: a printed group holds figures of one split, boxes, input size and so on, beside what
was measured under the same; a measured group holds results of one tier and protocol; strangers' submissions stand
apart. Ranks exist within a group only.
"""

import math
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from bench.catalog.cells import sizes_of
from bench.catalog.schema import METRICS
from bench.judge.statistics import summarise
from bench.results.index import ResultIndex
from bench.results.records import AccuracyResult, SpeedResult, SubmissionResult
from reports.views.ranking import Rank, Span, ranks
from reports.views.results import machine_of
from reports.views.table import CellView, Judged
from reports.views.urls import cell_link, model_page, submission_link
from reports.views.words import EVIDENCE, SPLITS, Word, fixed, split_name

#: Verdicts under which the figure here may stand beside the printed one.
COMPARED = ("reproduced", "better", "deviates", "inconclusive", "stale")
FIRST_SHOWN = ("AP", "AP50", "AP75", "AR", "PCKh", "params", "flops", "fps")
CHOICES = {"boxes": "Boxes", "input_size": "Input size", "flip_test": "Flip test"}
_HASH = re.compile(r"\b([0-9a-f]{10})[0-9a-f]{22,}\b")
MAIN = tuple(name for name, metric in METRICS.items() if metric.kind == "accuracy")


@dataclass
class Figure:
    """One metric of one entry: as printed, as found here, and what each can be ranked by."""

    printed: str | None = None
    paper: Span | None = None
    here: str | None = None
    own: Span | None = None
    word: Word | None = None
    note: str = ""
    link: str | None = None


@dataclass
class Entry:
    """One model (or printed row without one) in one group."""

    label: str
    model: str | None
    source: str
    origin: str
    figures: dict[str, Figure] = field(default_factory=dict)
    evidence: set[str] = field(default_factory=set)
    places: list[str] = field(default_factory=list)
    rank: Rank | None = None
    page: str | None = None

    @property
    def link(self) -> str | None:
        return model_page(self.model) if self.model else self.page


@dataclass
class Group:
    """Entries that may be ranked against each other."""

    key: str
    split: str
    protocol: tuple[tuple[str, str], ...]
    measured: bool
    entries: list[Entry]
    small: bool = False  # smoke and lab networks, which are not the ones that are counted and timed

    @property
    def main(self) -> str | None:
        """The accuracy that ranks the group at first."""
        return next((m for m in MAIN if any(m in e.figures for e in self.entries)), None)

    @property
    def evidenced(self) -> int:
        """Entries with anything measured here."""
        return sum(bool(entry.evidence) for entry in self.entries)

    @property
    def parts(self) -> list[tuple[str, str]]:
        """What a reader may choose groups by."""
        return [(key, value) for key, value in self.protocol if key in CHOICES]

    @property
    def title(self) -> str:
        """Split and protocol in one line; long hashes by their beginning."""
        parts = [(key.replace("_", " "), _HASH.sub(r"\1", value)) for key, value in self.protocol]
        protocol = "; ".join(f"{key} {value}" for key, value in parts)
        return f"{split_name(self.split)}: {protocol or 'protocol not stated'}"


@dataclass(frozen=True)
class Leaderboard:
    """All groups, and the columns that any of them fills."""

    groups: tuple[Group, ...]
    machine: str | None

    @cached_property
    def columns(self) -> list[str]:
        used = {name for g in self.groups for e in g.entries for name in e.figures}
        return [name for name in METRICS if name in used]

    @property
    def choices(self) -> list[tuple[str, str, list[str]]]:
        """Field, its label, and the values that occur."""
        found: dict[str, set[str]] = {key: set() for key in CHOICES}
        for group in self.groups:
            for key, value in group.parts:
                found[key].add(value)
        return [(key, label, sorted(found[key])) for key, label in CHOICES.items() if found[key]]

    @property
    def splits(self) -> list[str]:
        return list(dict.fromkeys(group.split for group in self.groups))

    @property
    def evidence(self) -> list[Word]:
        used = {name for g in self.groups for e in g.entries for name in e.evidence}
        return [word for name, word in EVIDENCE.items() if name in used]


def leaderboard(judged: Judged, index: ResultIndex) -> Leaderboard:
    """Collect and rank. Figures counted and timed here, at full size, are put beside every entry of that size."""
    speed = _speed(index)
    groups = [*_printed(judged), *_measured(judged, index), *_submitted(index)]
    for group in groups:
        for entry in () if group.small else group.entries:
            _counted(entry, index)
            _timed(entry, speed)
        _tell_apart(group)
        _rank(group)
    order = [*SPLITS, *sorted({group.split for group in groups} - {*SPLITS})]
    groups.sort(
        key=lambda g: (
            g.main is None,
            g.measured,
            order.index(g.split),
            -g.evidenced,
            -len(g.entries),
        )
    )
    machine = f"{machine_of(speed)}: {speed.protocol}" if speed else None
    return Leaderboard(tuple(groups), machine)


def _printed(judged: Judged) -> Iterable[Group]:
    found: dict[tuple[str, tuple[tuple[str, str], ...]], dict[object, Entry]] = defaultdict(dict)
    for view in judged.tables.values():
        for row in view.rows:
            protocol = dict(row.cells[0].cell.protocol)
            split = protocol.pop("split")
            size = sizes_of(protocol.get("input_size", ""))
            if size:
                protocol["input_size"] = f"{size[1]}x{size[0]}"
            entries = found[split, tuple(sorted(protocol.items()))]
            for cell in row.cells:
                if cell.cell.metric and cell.word.key != "empty":
                    _add(entries, cell)
    for number_, ((split, protocol_items), entries) in enumerate(found.items(), 1):
        if entries:
            yield Group(f"g{number_}", split, protocol_items, False, list(entries.values()))


def _add(entries: dict[object, Entry], view: CellView) -> None:
    """Put a printed cell into its entry; the first of several printings of one metric stands."""
    cell = view.cell
    several = cell.column.run or cell.column.model or cell.column.key in cell.row.runs
    name = f"{cell.row.label}, {cell.column.label}" if several else cell.row.label
    subject = cell.run or view.model or (cell.paper, name)
    if subject not in entries:
        origin = "own" if cell.row.origin == "own" else "baseline"
        entries[subject] = Entry(name, view.model, cell.paper, origin)
    entry = entries[subject]
    link = cell_link(cell.paper, cell.table.table, cell.row.key, cell.column.key)
    table = f"{cell.paper}-{cell.table.table}"
    if table not in entry.places:
        entry.places.append(table)
    if cell.metric in entry.figures:
        return
    entry.figures[str(cell.metric)] = _figure(view, link)
    if view.verdict and view.verdict.evidence and view.verdict.verdict in COMPARED:
        entry.evidence.add(view.verdict.evidence)


def _figure(view: CellView, link: str) -> Figure:
    cell, verdict, printed = view.cell, view.verdict, view.cell.number
    word = view.word if view.word.key in COMPARED else None
    figure = Figure(printed=cell.printed, word=word, link=link)
    if view.kind in ("accuracy", "measure") and printed:
        low, high = printed.value - printed.half_step, printed.value + printed.half_step
        figure.paper = Span(printed.value, low, high)
        if verdict and verdict.value is not None and verdict.verdict in COMPARED:
            ends = verdict.interval or (-math.inf, math.inf)
            figure.here, figure.own = view.here, Span(verdict.value, *ends)
    elif cell.metric == "params" and printed:
        low, high = printed.value - printed.half_step, printed.value + printed.half_step
        figure.paper = Span(printed.value, low, high)
    elif cell.metric == "flops":
        figure.note = f"rule {cell.rule or 'not known'}"
    return figure


def _measured(judged: Judged, index: ResultIndex) -> Iterable[Group]:
    found: dict[tuple[str, ...], dict[str, list[AccuracyResult]]] = defaultdict(dict)
    for run, results in index.accuracies.items():
        for result in (stored.result for stored in results):
            if not result.failed and result.metrics:
                key = (result.tier, *(f"{k}={v}" for k, v in sorted(result.protocol.items())))
                found[key].setdefault(run, []).append(result)
    for number_, (_, runs) in enumerate(sorted(found.items()), 1):
        first = next(iter(runs.values()))[0]
        part = f", only {subset}" if (subset := first.protocol.get("subset")) else ""
        split = f"measured here, {first.tier} tier{part}"
        entries = [_measured_entry(judged, run, results) for run, results in sorted(runs.items())]
        items = tuple(sorted(first.protocol.items()))
        yield Group(f"m{number_}", split, items, True, entries, small=first.tier != "full")


def _measured_entry(judged: Judged, run: str, results: list[AccuracyResult]) -> Entry:
    known = judged.catalog.runs.get(run)
    paper = judged.catalog.run_papers.get(run, "no paper")
    entry = Entry(run, known.config if known else None, paper, "own")
    entry.evidence = {result.evidence for result in results}
    for metric in (name for name in METRICS if any(name in r.metrics for r in results)):
        values = [r.metrics[metric] for r in results if metric in r.metrics]
        summary = summarise(values)
        span = Span(summary.mean, *(summary.interval or (-math.inf, math.inf)))
        seeds = f"{len(values)} seeds" if len(values) > 1 else "one seed, no interval"
        entry.figures[metric] = Figure(here=f"{summary.mean:.1f}", own=span, note=seeds)
    return entry


def _submitted(index: ResultIndex) -> Iterable[Group]:
    """Strangers' predictions, evaluated here; what their cards say decides who may be ranked together."""
    found: dict[tuple[tuple[str, str], ...], list[tuple[str, SubmissionResult]]] = defaultdict(list)
    for one in index.submissions:
        found[tuple(sorted(one.result.protocol.items()))].append((one.file, one.result))
    for number_, (protocol, results) in enumerate(sorted(found.items()), 1):
        split = f"submitted by strangers, {_evaluated_on(dict(protocol))}"
        yield Group(f"s{number_}", split, protocol, True, [_stranger(*one) for one in results])


def _evaluated_on(protocol: Mapping[str, str]) -> str:
    """The split, and that it is a part of it where it is."""
    subset = f", only {protocol['subset']}" if protocol.get("subset") else ""
    return f"{protocol.get('split', 'split not stated')}{subset}"


def _stranger(file: str, result: SubmissionResult) -> Entry:
    card = result.card
    entry = Entry(card.title, None, f"submitted by {card.authors}", "submitted")
    entry.page = submission_link(file)
    entry.evidence = {"submitted"}
    for metric, value in result.metrics.items():
        if metric in METRICS:
            # the predictions themselves are ranked, and these are known exactly
            entry.figures[metric] = Figure(here=f"{value:.1f}", own=Span(value, value, value))
    return entry


def _counted(entry: Entry, index: ResultIndex) -> None:
    if entry.model not in index.counts:
        return
    count = index.counts[entry.model].result
    for metric, value in (("params", count.parameters.get("total")), ("flops", count.macs)):
        if value is not None:
            scaled = value / (1e6 if metric == "params" else 1e9)
            figure = entry.figures.setdefault(metric, Figure())
            figure.here, figure.own = f"{scaled:.2f}", Span(scaled, scaled, scaled)
    entry.evidence.add("counted")


def _speed(index: ResultIndex) -> SpeedResult | None:
    """The one measurement whose timings the leaderboard ranks: the largest, a GPU's before a CPU's."""
    results = {stored.file: stored.result for stored in index.speeds}
    ordered = sorted(
        results, key=lambda n: (-len(results[n].timings), results[n].device != "cuda", n)
    )
    return results[ordered[0]] if ordered else None


def _timed(entry: Entry, speed: SpeedResult | None) -> None:
    if speed is None or entry.model not in speed.timings:
        return
    timing = speed.timings[entry.model]
    figure = entry.figures.setdefault("fps", Figure())
    figure.here = fixed(timing.fps, 0 if timing.fps >= 100 else 1)
    figure.own = Span(timing.fps, 1000 / timing.high_ms, 1000 / timing.low_ms)
    entry.evidence.add("timed")


def _tell_apart(group: Group) -> None:
    """Rows with one label but several models ('TransPose-H' of every depth) get the model's name added."""
    twice = Counter(entry.label for entry in group.entries)
    for entry in group.entries:
        if not entry.model:
            continue
        if sum(letter.isalpha() for letter in entry.label) < 2:  # "6" layers, a tick: no name
            entry.label = entry.model
        elif twice[entry.label] > 1:
            entry.label += f" ({entry.model})"


def _rank(group: Group) -> None:
    main = group.main
    spans = {
        id(e): span
        for e in group.entries
        if main
        and main in e.figures
        and (span := e.figures[main].own if group.measured else e.figures[main].paper)
    }
    ranked = [e for e in group.entries if id(e) in spans]
    for entry, rank in zip(ranked, ranks([spans[id(e)] for e in ranked]), strict=True):
        entry.rank = rank
    group.entries.sort(key=lambda e: -spans[id(e)].value if id(e) in spans else math.inf)
