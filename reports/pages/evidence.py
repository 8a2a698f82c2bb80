"""Evidence that opens: a page for each result, and one where any two results are compared and a file is checked."""

import hashlib
import json
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from bench.results.index import ResultIndex
from bench.results.records import AccuracyResult, AnyResult, CountResult, SpeedResult
from bench.results.store import Stored, to_bytes
from reports.views.cell import CellView
from reports.views.results import Trace, trace
from reports.views.table import Judged
from reports.views.urls import result_page
from reports.views.words import clean, number

Lines = tuple[tuple[str, str], ...]
_DIGITS = 12


@dataclass(frozen=True)
class ResultView:
    """One result. content: the JSON file as downloaded; values: what it measured; cells: those that rest on it."""

    stored: Stored[AnyResult]
    trace: Trace
    content: bytes
    values: Lines
    cells: tuple[CellView, ...]

    @property
    def page(self) -> str:
        return result_page(self.stored.file)

    @property
    def json_file(self) -> str:
        return result_page(self.stored.file, "json")

    @property
    def sha256(self) -> str:
        """Digest of the JSON file."""
        return hashlib.sha256(self.content).hexdigest()

    @property
    def kind(self) -> str:
        """The key of its kind of evidence."""
        result = self.stored.result
        if isinstance(result, CountResult):
            return "counted"
        if isinstance(result, SpeedResult):
            return "timed"
        return result.evidence if isinstance(result, AccuracyResult) else "submitted"

    @property
    def predictions(self) -> Mapping[str, str | int] | None:
        """File, digest and size of the predictions behind it, if it has any."""
        kept = getattr(self.stored.result, "predictions", None)
        return kept.model_dump() if kept else None

    @property
    def groups(self) -> list[tuple[str, Lines]]:
        """What it depends on, under headings: code and inputs, environment, hardware."""
        made = self.stored.result.provenance
        volatile = {key: str(value) for key, value in made.volatile.items()}
        found = {
            "Protocol": dict(self.trace.protocol),
            "Environment": made.environment,
            "Hardware": made.hardware,
            "Not repeatable": volatile,
            "Inputs": made.inputs,
        }
        return [(name, tuple(sorted(lines.items()))) for name, lines in found.items() if lines]


def result_views(judged: Judged, index: ResultIndex) -> list[ResultView]:
    """All results, by file."""
    cells: dict[str, list[CellView]] = defaultdict(list)
    for view in judged.cells():
        for file in view.verdict.results if view.verdict else ():
            cells[file].append(view)
    return [
        ResultView(
            stored=stored,
            trace=trace(stored),
            content=to_bytes(stored.result),
            values=tuple(_values(stored.result)),
            cells=tuple(cells[file]),
        )
        for file, stored in index.files.items()
    ]


def _values(result: AnyResult) -> Iterable[tuple[str, str]]:
    if isinstance(result, CountResult):
        for name, count in result.parameters.items():
            yield f"parameters, {name.replace('_', ' ')}", number(count, 0)
        yield "multiply-accumulates", number(result.macs, 0)
        for rule, flops in result.flops.items():
            yield f"FLOPs by rule {rule}, G", number(flops, 6)
    elif isinstance(result, SpeedResult):
        for model, timing in sorted(result.timings.items()):
            quartiles = f"{number(timing.low_ms, 2)} to {number(timing.high_ms, 2)}"
            yield f"{model}, ms", f"{number(timing.median_ms, 2)} ({quartiles})"
    else:
        yield from ((name, number(value, 4)) for name, value in result.metrics.items())
        if isinstance(result, AccuracyResult):
            if result.failed:
                yield "failed", result.failed
            yield from ((name, number(value, 4)) for name, value in result.measures.items())


def comparison_data(views: Iterable[ResultView]) -> str:
    """A script that defines `EVIDENCE`: what the page compares, and the digests that it checks files against.

    A script and not JSON, since a page opened from disk may not fetch a file. Equal environments are stored once.
    """
    shared: dict[str, int] = {}
    results = []
    for view in views:
        parts = []
        own: dict[str, str] = {f"Value: {name}": text for name, text in view.values}
        for group, lines in view.groups:
            named = {f"{group}: {key}": value for key, value in lines}
            if group in ("Environment", "Hardware"):
                parts.append(shared.setdefault(_text(named), len(shared)))
            elif group == "Inputs":  # the beginning of a digest is enough to see a change
                own |= {key: value[: len("content:") + _DIGITS] for key, value in named.items()}
            else:
                own |= named
        made = view.stored.result.provenance
        own |= {"Commit": made.commit, "Command": made.command}
        own["Uncommitted changes"] = "yes" if made.dirty else "no"
        digests = {view.sha256: "the result itself"}
        if view.predictions:
            digests[str(view.predictions["sha256"])] = "its predictions"
        record = {"file": view.stored.file, "page": view.page, "subject": view.trace.subject}
        results.append({**record, "parts": parts, "own": own, "digests": digests})
    listed = ",\n".join(map(_text, results))
    return f'"use strict";\nconst EVIDENCE = {{"parts": [{",".join(shared)}], "results": [\n{listed}\n]}};\n'


def _text(data: object) -> str:
    """JSON in ASCII, which is also JavaScript."""
    return json.dumps(_clean(data), sort_keys=True, allow_nan=False)


def _clean(data: object) -> object:
    if isinstance(data, dict):
        return {clean(key): _clean(value) for key, value in data.items()}
    return [_clean(one) for one in data] if isinstance(data, list) else clean(data)
