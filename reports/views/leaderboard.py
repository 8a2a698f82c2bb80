"""Every model with a result or a printed value, across papers; protocols are never mixed.

Entries are grouped by protocol: a printed group has the values of one split, one kind of boxes, one input size and so
on, with what was measured here under the same protocol; a measured group has the results of one tier and protocol;
external predictions have groups of their own. Ranks are given within a group only.
"""

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping

from bench.catalog.cells import sizes_of
from bench.catalog.load import Catalog
from bench.catalog.quantities import METRICS
from bench.judge.statistics import summarise
from bench.judge.tolerance import floor
from bench.results.index import ResultIndex
from bench.results.records import AccuracyResult, SpeedResult, SubmissionResult
from reports.views.cell import CellView
from reports.views.entries import Entry, Group, Leaderboard, Print, Value
from reports.views.ranking import Span, ranks
from reports.views.results import machine_of
from reports.views.table import Judged
from reports.views.urls import submission_link
from reports.views.words import COMPARED, SPLITS, fixed

UNKNOWN = (-math.inf, math.inf)


def leaderboard(judged: Judged, index: ResultIndex) -> Leaderboard:
    """Collect and rank all entries; counts and speeds of full-size models are added to every entry of that size."""
    speed = _speed(index)
    groups = [*_printed(judged), *_measured(judged, index), *_submitted(index)]
    for group in groups:
        for entry in () if group.small else group.entries:
            _counted(entry, index)
            _timed(entry, speed)
        _disambiguate(group)
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
            protocol.pop("machine", None)  # of the speeds, which are not ranked
            size = sizes_of(protocol.get("input_size", ""))
            if size:
                protocol["input_size"] = f"{size[1]}x{size[0]}"
            entries = found[split, tuple(sorted(protocol.items()))]
            for cell in row.cells:
                if cell.cell.metric and cell.word.key != "empty":
                    _add(entries, cell, judged.catalog)
    for number_, ((split, protocol_items), entries) in enumerate(found.items(), 1):
        if entries:
            yield Group(f"g{number_}", split, protocol_items, False, list(entries.values()))


def _add(entries: dict[object, Entry], view: CellView, catalog: Catalog) -> None:
    """Put a printed cell into its entry; if a metric is printed several times, the first is used.

    A method that several tables or papers print under one protocol is one entry, by its canonical name.
    """
    cell, method = view.cell, catalog.method(view.cell)
    alike = sum(column.metric == cell.column.metric for column in cell.table.columns)
    several = cell.column.run or cell.column.model or cell.column.key in cell.row.runs
    several = several or (alike > 1 and not cell.run)
    name = method.name if method else cell.row.label
    name = f"{name}, {cell.column.label}" if several else name
    own = (catalog.method_key(cell), name) if method else view.model or (cell.paper, name)
    subject = cell.run or own
    if subject not in entries:
        origin = "own" if cell.row.origin == "own" else "baseline"
        entries[subject] = Entry(name, view.model, cell.paper, origin, catalog.method_key(cell))
    entry = entries[subject]
    if cell.row.label not in entry.printed_as:
        entry.printed_as.append(cell.row.label)
    table = f"{cell.paper}-{cell.table.table}"
    if table not in entry.places:
        entry.places.append(table)
    entry.prints.append(Print(table, str(cell.metric), cell.printed, view.link))
    if cell.metric in entry.values:
        return
    entry.values[str(cell.metric)] = _value(view)
    if view.verdict and view.verdict.evidence and view.verdict.verdict in COMPARED:
        entry.evidence.add(view.verdict.evidence)


def _value(view: CellView) -> Value:
    cell, verdict, printed = view.cell, view.verdict, view.cell.number
    word = view.word if view.word.key in COMPARED else None
    value = Value(printed=cell.printed, word=word, link=view.link)
    if printed:
        value.printed_value = printed.value
        value.printed_short = fixed(printed.value, max(printed.decimals, 0))
    value.others, value.others_value = _others(view)
    accuracy = view.kind in ("accuracy", "measure")
    if printed and (accuracy or cell.metric == "params"):
        low, high = printed.value - printed.half_step, printed.value + printed.half_step
        value.printed_span = Span(printed.value, low, high)
    if printed and accuracy and verdict and verdict.value is not None and word:
        ends = verdict.interval or UNKNOWN
        value.here, value.here_span = view.here, Span(verdict.value, *ends)
    if cell.metric == "flops":
        value.note = f"rule {cell.rule or 'not known'}"
    return value


def _others(view: CellView) -> tuple[str | None, float | None]:
    """What others report by no other protocol than the printed one: '74.5–75.1', and the authors' or first value."""
    known = [one for one in view.elsewhere if one.comparison != "proxy"]
    ordered = sorted(known, key=lambda one: one.value)
    if not ordered:
        return None, None
    ends = dict.fromkeys((ordered[0].shown, ordered[-1].shown))
    return "–".join(ends), known[0].value


def _measured(judged: Judged, index: ResultIndex) -> Iterable[Group]:
    found: dict[tuple[str, ...], dict[str, list[AccuracyResult]]] = defaultdict(dict)
    for run, results in index.accuracies.items():
        for result in (stored.result for stored in results):
            if not result.failed and result.metrics:
                key = (result.tier, *(f"{k}={v}" for k, v in _ranked_by(result)))
                found[key].setdefault(run, []).append(result)
    for number_, (_, runs) in enumerate(sorted(found.items()), 1):
        first = next(iter(runs.values()))[0]
        part = f", only {subset}" if (subset := first.protocol.get("subset")) else ""
        split = f"measured here, {first.tier} tier{part}"
        entries = [_measured_entry(judged, run, results) for run, results in sorted(runs.items())]
        items = tuple(_ranked_by(first))
        yield Group(f"m{number_}", split, items, True, entries, small=first.tier != "full")


def _ranked_by(result: AccuracyResult) -> list[tuple[str, str]]:
    """What of its protocol makes a result comparable with another network's: not the batch, which is of its recipe."""
    return sorted((key, value) for key, value in result.protocol.items() if key != "batch")


def _measured_entry(judged: Judged, run: str, results: list[AccuracyResult]) -> Entry:
    catalog = judged.catalog
    known = catalog.runs.get(run)
    model = known.config if known else None
    method = catalog.methods.of_model(model) if model else None
    name = catalog.methods.methods[method].name if method else run
    entry = Entry(name, model, catalog.run_papers.get(run, "no paper"), "own", method, run)
    entry.evidence = {result.evidence for result in results}
    for metric in (name for name in METRICS if any(name in r.metrics for r in results)):
        values = [r.metrics[metric] for r in results if metric in r.metrics]
        summary = summarise(values, floor(metric, results[0].tier))
        span = Span(summary.mean, *(summary.interval or UNKNOWN))
        seeds = f"{len(values)} seeds" if len(values) > 1 else "one seed, no interval"
        entry.values[metric] = Value(here=f"{summary.mean:.1f}", here_span=span, note=seeds)
    return entry


def _submitted(index: ResultIndex) -> Iterable[Group]:
    """External predictions, evaluated here; those whose cards state the same protocol are ranked together."""
    found: dict[tuple[tuple[str, str], ...], list[tuple[str, SubmissionResult]]] = defaultdict(list)
    for one in index.submissions:
        found[tuple(sorted(one.result.protocol.items()))].append((one.file, one.result))
    for number_, (protocol, results) in enumerate(sorted(found.items()), 1):
        split = f"external predictions, {_evaluated_on(dict(protocol))}"
        yield Group(
            f"s{number_}", split, protocol, True, [_external_entry(*one) for one in results]
        )


def _evaluated_on(protocol: Mapping[str, str]) -> str:
    """The split, and the subset if it was only part of it."""
    subset = f", only {protocol['subset']}" if protocol.get("subset") else ""
    return f"{protocol.get('split', 'split not stated')}{subset}"


def _external_entry(file: str, result: SubmissionResult) -> Entry:
    card = result.card
    entry = Entry(card.title, None, f"submitted by {card.authors}", "submitted")
    entry.page = submission_link(file)
    entry.evidence = {"submitted"}
    for metric, value in result.metrics.items():
        if metric in METRICS:
            # the predictions themselves are ranked, so there is no uncertainty
            entry.values[metric] = Value(here=f"{value:.1f}", here_span=Span(value, value, value))
    return entry


def _counted(entry: Entry, index: ResultIndex) -> None:
    if entry.model not in index.counts:
        return
    count = index.counts[entry.model].result
    totals = (("params", count.parameters.get("total"), 1e6), ("flops", count.macs, 1e9))
    for metric, total, unit in totals:
        if total is not None:
            value, scaled = entry.values.setdefault(metric, Value()), total / unit
            value.here, value.here_span = f"{scaled:.2f}", Span(scaled, scaled, scaled)
    entry.evidence.add("counted")


def _speed(index: ResultIndex) -> SpeedResult | None:
    """The measurement whose timings the leaderboard ranks: the one with most models, on a GPU if there is a choice."""
    results = {stored.file: stored.result for stored in index.speeds}
    found = [(-len(one.timings), one.device != "cuda", name) for name, one in results.items()]
    return results[min(found)[-1]] if found else None


def _timed(entry: Entry, speed: SpeedResult | None) -> None:
    if speed is None or entry.model not in speed.timings:
        return
    timing = speed.timings[entry.model]
    value = entry.values.setdefault("fps", Value())
    value.here = fixed(timing.fps, 0 if timing.fps >= 100 else 1)
    value.here_span = Span(timing.fps, 1000 / timing.high_ms, 1000 / timing.low_ms)
    entry.evidence.add("timed")


def _disambiguate(group: Group) -> None:
    """Add what tells entries of one name apart: the run of a measured one, else the model ('TransPose-H')."""
    twice = Counter(entry.label for entry in group.entries)
    for entry in group.entries:
        if not entry.model:
            continue
        if (
            sum(letter.isalpha() for letter in entry.label) < 2
        ):  # "6" layers or a tick is not a name
            entry.label = entry.model
        elif twice[entry.label] > 1:
            entry.label += f" ({entry.run or entry.model})"


def _rank(group: Group) -> None:
    main = group.main
    spans = {id(e): span for e in group.entries if main and (span := e.span(main, group.measured))}
    ranked = [e for e in group.entries if id(e) in spans]
    for entry, rank in zip(ranked, ranks([spans[id(e)] for e in ranked]), strict=True):
        entry.rank = rank
    group.entries.sort(key=lambda e: -spans[id(e)].value if id(e) in spans else math.inf)
