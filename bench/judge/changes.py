"""What the history records of a cell or claim, and why that changed from one judgement to the next.

A change is one of the verdict, of the evidence behind it, of what the paper prints or asks, or of a value that is
compared with the printed one. A latency of another machine, which is compared with nothing, may differ at every
measurement and is none. The causes are found by comparing digests of everything a verdict is made from.
"""

import hashlib
import json
from collections.abc import Iterable, Iterator
from typing import Any, Literal, NamedTuple

from bench.catalog.cells import Cell
from bench.catalog.load import Catalog
from bench.catalog.schema import Claim, Strict
from bench.files import collection_paused
from bench.judge.claims.on_paper import understand
from bench.judge.evidence import Measurements
from bench.judge.records import ClaimVerdict, Snapshot, Verdict
from bench.results.index import ResultIndex
from bench.results.inputs import combined, digest, judge_inputs
from bench.results.records import Result
from bench.results.store import Stored

Cause = Literal[
    "result arrived",
    "result changed",
    "result removed",
    "other result",
    "paper file",
    "judge",
    "measured code",
    "unknown",
]
#: What a reader is told of each cause.
CAUSES: dict[Cause, str] = {
    "result arrived": "a first result of its run or model",
    "result changed": "another result of its run or model",
    "result removed": "the results of its run or model are gone",
    "other result": "a result of another run, which the verdict also rests on",
    "paper file": "what the paper's files say",
    "judge": "the code that judges",
    "measured code": "the code that was measured has changed since, or is again what it was",
    "unknown": "none of its inputs: the environment, such as the version of a package",
}
_PROSE = {"claim", "where", "note", "place"}  # of a claim: decides nothing


class Standing(Strict):
    """What is recorded of a cell or claim; `results` and `entry` are digests of what it is made from.

    verdict: of a claim, the one on reproduced values. here: the value that was compared, rounded as printed. asks: of
    a claim, its expression, and what was registered before a run.
    """

    kind: Literal["cell", "claim"]
    paper: str
    verdict: str
    on_paper: str | None = None
    evidence: str | None = None
    printed: str = ""
    here: str | None = None
    asks: str | None = None
    reason: str = ""
    results: str = ""
    entry: str = ""

    @property
    def judged(self) -> tuple[str | None, ...]:
        """What the judge says; the rest is the paper's."""
        return self.verdict, self.on_paper, self.evidence, self.here

    @property
    def seen(self) -> tuple[str | None, ...]:
        """What a change is a change of."""
        return *self.judged, self.printed, self.asks


class State(Strict):
    """All cells and claims by name, and digests of what they share. `head`: digest of the history's last line then."""

    head: str = ""
    judge: str
    results: str
    papers: dict[str, str]
    standings: dict[str, Standing]


class Difference(NamedTuple):
    """One cell or claim that changed; None where it was not there."""

    name: str
    before: Standing | None
    after: Standing | None
    why: tuple[Cause, ...]


@collection_paused()
def state_of(measurements: Measurements, snapshot: Snapshot) -> State:
    """What a snapshot says, and digests of what it was made from."""
    catalog = measurements.catalog
    inputs = _Inputs(catalog, measurements.index)
    standings = {
        catalog.cell_index[one.key].name: _cell(one, catalog.cell_index[one.key], inputs)
        for one in snapshot.verdicts
        if one.verdict not in ("setting", "empty")
    }
    standings |= {f"{one.paper}/{one.claim.id}": _claim(one, inputs) for one in snapshot.claims}
    return State(
        judge=combined(judge_inputs()),
        results=inputs.results(measurements.index.measured),
        papers={
            paper: _digest(
                [[f.name, digest(f.name, folder)] for f in sorted(folder.glob("*.yaml"))]
            )
            for paper, folder in catalog.folders.items()
        },
        standings=standings,
    )


def differences(old: State, new: State, *, removals: bool = True) -> Iterator[Difference]:
    """What changed, cells and claims in the order of their names.

    removals: whether a verdict that is lost because its results are gone counts; if not, it stands as before.
    """
    for name in sorted({*old.standings, *new.standings}):
        before, after = old.standings.get(name), new.standings.get(name)
        if before and after and before.seen == after.seen:
            continue
        why = tuple(_causes(before, after, old, new))
        if removals or "result removed" not in why:
            yield Difference(name, before, after, why)


def _causes(before: Standing | None, after: Standing | None, old: State, new: State) -> list[Cause]:
    """Its own inputs and the judge; if no input of its own differs, also what it shares with others."""
    if before is None or after is None:
        return ["paper file"]
    found: list[Cause] = []
    if before.results != after.results:
        gone, first = not after.results, not before.results
        found.append("result removed" if gone else "result arrived" if first else "result changed")
    elif (before.verdict == "stale") != (after.verdict == "stale"):
        found.append("measured code")
    if before.entry != after.entry:
        found.append("paper file")
    own = bool(found)
    if old.judge != new.judge and before.judged != after.judged:
        found.append("judge")
    if not own and old.results != new.results:
        found.append("other result")
    if not own and old.papers.get(before.paper) != new.papers.get(after.paper):
        found.append("paper file")
    return found or ["unknown"]


# ---------------------------------------------------------------- one cell, one claim


def _cell(verdict: Verdict, cell: Cell, inputs: "_Inputs") -> Standing:
    return Standing(
        kind="cell",
        paper=cell.paper,
        verdict=verdict.verdict,
        evidence=verdict.evidence,
        printed=verdict.printed,
        here=None if verdict.difference is None else verdict.shown,
        reason=verdict.reason,
        results=inputs.results(inputs.behind(cell)),
        entry=inputs.entry(cell),
    )


def _claim(judged: ClaimVerdict, inputs: "_Inputs") -> Standing:
    claim, here = judged.claim, judged.on_reproduced
    cells = list(understand(inputs.catalog, judged.paper, claim).cells.values())
    measured = [
        inputs.catalog.with_run(c, claim.instead[c.run]) if c.run in claim.instead else c
        for c in cells
    ]
    behind = {one.file: one for cell in measured for one in inputs.behind(cell)}
    asked = claim.model_dump(mode="json", exclude=_PROSE)
    return Standing(
        kind="claim",
        paper=judged.paper,
        verdict=here.holds,
        on_paper=judged.on_paper.holds,
        evidence=here.evidence,
        printed=claim.claimed or "",
        asks=_asked(claim),
        reason=here.reason,
        results=inputs.results(behind.values()),
        entry=_digest([asked, *map(inputs.entry, cells)]),
    )


def _asked(claim: Claim) -> str:
    """The expression, how the claimed number is rounded, and what was registered before a run."""
    rounded = f" ({claim.rounding})" if claim.claimed and claim.rounding != "nearest" else ""
    known = "".join(f"; {one.words} ({one.digest})" for one in claim.registered)
    return f"{claim.expression}{rounded}{known}"


class _Inputs:
    """Digests of what cells are made from, each computed once."""

    def __init__(self, catalog: Catalog, index: ResultIndex) -> None:
        self.catalog, self.index = catalog, index
        self._results: dict[str, str] = {}
        self._entries: dict[str, str] = {}
        self._plain: dict[int, str] = {}

    def behind(self, cell: Cell) -> list[Stored[Any]]:
        """Every result of a cell's run or model, whichever of them the judge takes."""
        if cell.column.kind == "count":
            counted = self.index.counts.get(cell.model or "")
            return [counted] if counted else []
        if cell.column.kind == "speed":
            return list(self.index.speeds_of(cell.model))
        run = self.catalog.runs.get(cell.run or "")
        names = [name for name in (cell.run, run and run.nearest) if name]
        return [one for name in names for one in self.index.accuracies.get(name, [])]

    def results(self, found: Iterable[Stored[Result]]) -> str:
        """Digest of what was measured, without dates and machines; empty if nothing was."""
        every = sorted((one.file, self._result(one)) for one in found)
        return _digest(every) if every else ""

    def _result(self, stored: Stored[Result]) -> str:
        if stored.file not in self._results:
            plain = stored.result.model_dump(mode="json", exclude={"provenance"})
            self._results[stored.file] = _digest(plain)
        return self._results[stored.file]

    def entry(self, cell: Cell) -> str:
        """Digest of what the paper's files say of one cell."""
        if cell.name not in self._entries:
            run = self.catalog.runs.get(cell.run or "")
            parts = [self._part(one) for one in (cell.column, cell.row, run)]
            self._entries[cell.name] = _digest([cell.printed, dict(cell.protocol), *parts])
        return self._entries[cell.name]

    def _part(self, part: Strict | None) -> str:
        """A row without its cells, a column or a run without its note; of each once, as many cells share it."""
        if id(part) not in self._plain:
            self._plain[id(part)] = part.model_dump_json(exclude={"cells", "note"}) if part else ""
        return self._plain[id(part)]


def _digest(plain: Any) -> str:
    """Sixteen hexadecimal digits of the SHA-256 of plain data."""
    text = json.dumps(plain, sort_keys=True)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:16]
