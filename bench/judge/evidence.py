"""What was measured for a cell: from stored results to numbers in the cell's own unit.

Nothing is judged here. `Evidence` kinds, strongest first: full-3, full-1, released-weights, lab, smoke, but a single
full training comes after released weights, since it decides nothing; counts and timings are kinds of their own.
Results of different data, protocol, tier or machine are never combined into one number.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path

from bench.catalog.cells import Cell, CellKey, sizes_of
from bench.catalog.load import Catalog
from bench.catalog.schema import Tier
from bench.judge.counts import CountByRule, counts_by_rule
from bench.judge.hardware import agreement, elsewhere
from bench.judge.protocol import differences
from bench.judge.public_tools import Returned, returned_by
from bench.judge.statistics import Spread, summarise
from bench.judge.tolerance import floor
from bench.paths import ROOT
from bench.results.index import ResultIndex
from bench.results.inputs import changed
from bench.results.records import AccuracyResult, CountResult, Evidence, Result
from bench.results.store import Stored

STRONGEST = ("counted", "timed", "full-3", "full-1", "released-weights", "lab", "smoke")
SYNTHETIC = ("smoke", "lab")
#: What of a protocol trainings must share to be compared: the data, and how many times the usual schedule.
DATA = ("data", "fingerprint", "subset", "schedule")


@dataclass(frozen=True)
class Measurement:
    """A number for one cell, from all results that were measured alike.

    values: per seed, in the cell's unit (one for counts and timings). interval: of the mean of several seeds, or the
    quartiles of a timing. spread: the least deviation between seeds that is believed. source: numbers are compared
    only within one source. differs: how its protocol differs from the printed one. counts: by every rule. stale: what
    has changed since. untrained, ignoring_image: the same metric of the network before training, and of the best pose
    that ignores the image. broken: what is wrong with its results. failed: a run behind it did not finish. note: why
    these files were chosen among several. machines: whether machines that measured the same seeds agree.
    """

    evidence: Evidence
    values: tuple[float, ...]
    source: str
    results: tuple[Stored[Result], ...]
    interval: tuple[float, float] | None = None
    spread: Spread | None = None
    seeds: tuple[int, ...] = ()
    tier: Tier | None = None
    protocol: dict[str, str] = field(default_factory=dict)
    differs: tuple[str, ...] = ()
    counts: tuple[CountByRule, ...] = ()
    untrained: float | None = None
    ignoring_image: float | None = None
    stale: str = ""
    broken: str = ""
    failed: bool = False
    note: str = ""
    machines: tuple[str, ...] = ()

    @property
    def value(self) -> float:
        return summarise(self.values).mean

    @property
    def run(self) -> str:
        """The run that was measured; empty for a count or a timing."""
        first = self.results[0].result if self.results else None
        return first.run if isinstance(first, AccuracyResult) else ""

    @property
    def files(self) -> tuple[str, ...]:
        """The result files, as shown."""
        return tuple(one.file for one in self.results)

    @property
    def one_training(self) -> bool:
        """Whether a single seed is all there is: it shows nothing of what another training would give."""
        return self.spread is not None and len(self.values) == 1

    @property
    def rank(self) -> tuple[bool, bool, bool, float, int]:
        """Smaller is better: measured at all, fresh, comparable, strong, many seeds."""
        strength = float(STRONGEST.index(self.evidence))
        if self.evidence == "full-1" and self.one_training:
            strength = STRONGEST.index("released-weights") + 0.5
        seeds = -len(self.values)
        return not self.values, bool(self.stale), bool(self.differs), strength, seeds


@dataclass(frozen=True)
class Measurements:
    """What was measured for each cell of a catalog. `project`: the folder of the files named in provenance."""

    catalog: Catalog
    index: ResultIndex
    project: Path = ROOT
    _found: dict[tuple[str, str | None], list[Measurement]] = field(
        default_factory=dict, init=False
    )

    @cached_property
    def tools(self) -> dict[CellKey, tuple[Returned, ...]]:
        """Printed count -> the public counters that return its digits."""
        index = self.index
        return returned_by(self.catalog.cells(), index.public_counts, index.counts)

    def of(self, cell: Cell) -> list[Measurement]:
        """Everything measured for a cell, best first; also what failed or is stale, marked as such."""
        if cell.number is None:
            return []
        key = (cell.name, cell.run)
        if key not in self._found:
            by_kind = {"count": self._counted, "speed": self._timed}
            found = by_kind.get(cell.column.kind, self._trained)(cell)
            self._found[key] = sorted(found, key=lambda m: m.rank)
        return self._found[key]

    def _stale(self, results: Sequence[Stored[Result]]) -> str:
        """Which code or configuration has changed since these results; empty if none has."""
        recorded = {pair for one in results for pair in one.result.provenance.inputs.items()}
        found = sorted(set(changed(recorded, self.project)))
        return f"changed since it was measured: {', '.join(found)}" if found else ""

    def _counted(self, cell: Cell) -> list[Measurement]:
        stored = self.index.counts.get(cell.model or "")
        if stored is None:
            return []
        counts = counts_by_rule(cell, stored.result)
        return [
            Measurement(
                "counted",
                tuple(one.value for one in counts[:1]),
                "counted",
                (stored,),
                differs=_count_differs(cell, stored.result, bool(counts)),
                counts=counts,
                stale=self._stale([stored]),
                note=stored.note,
            )
        ]

    def _timed(self, cell: Cell) -> list[Measurement]:
        found = []
        for stored in self.index.speeds_of(cell.model):
            result = stored.result
            timing = result.timings[str(cell.model)]
            values = (timing.median_ms, timing.low_ms, timing.high_ms)
            if cell.metric == "fps":
                values = (timing.fps, 1000.0 / timing.high_ms, 1000.0 / timing.low_ms)
            keys = ("machine", "device", "precision", "batch")
            protocol = {key: str(getattr(result, key)) for key in keys}
            found.append(
                Measurement(
                    "timed",
                    values[:1],
                    stored.file,
                    (stored,),
                    interval=values[1:],
                    protocol=protocol,
                    stale=self._stale([stored]),
                    note=stored.note,
                )
            )
        return found

    def _trained(self, cell: Cell) -> list[Measurement]:
        groups = defaultdict(list)
        for stored in self.index.accuracies.get(cell.run or "", []):
            result = stored.result
            released = result.evidence == "released-weights"
            groups[result.tier, released, tuple(sorted(result.protocol.items()))].append(stored)
        return [*(self._group(cell, group) for group in groups.values()), *self._nearest(cell)]

    def _nearest(self, cell: Cell) -> list[Measurement]:
        """Released weights of the network nearest to the cell's: shown, never compared."""
        run = self.catalog.runs.get(cell.run or "")
        if run is None or run.nearest is None:
            return []
        other = self.catalog.run(run.nearest).config
        words = f"released weights of another network: {other}, not {run.config}"
        stored = self.index.accuracies.get(run.nearest, [])
        released = [one for one in stored if one.result.evidence == "released-weights"]
        found = (self._group(cell, [one]) for one in released)
        return [replace(one, differs=(words, *one.differs)) for one in found]

    def _group(self, cell: Cell, members: list[Stored[AccuracyResult]]) -> Measurement:
        """Seeds of one tier and protocol, as one measurement."""
        key = cell.result_key
        first = members[0].result
        good, twice = _once(
            [s for s in members if s.result.failed is None and key in s.result.values]
        )
        failed = [s.result for s in members if s.result.failed is not None]
        broken = [f"seed {one.seed} failed: {one.failed or 'no reason stored'}" for one in failed]
        if good:
            lacking = (s.result for s in members if s.result.failed is None and s not in good)
            broken += [f"seed {one.seed} holds no {key}" for one in lacking if one not in twice]
            broken += [f"seed {one.seed} is another seed's training, not counted" for one in twice]
        elif not broken:
            broken = [f"the result holds no {key}"]
        values = tuple(s.result.values[key] for s in good)
        before = [s.result.untrained[key] for s in good if key in s.result.untrained]
        constant = [
            pose[key] for s in good for pose in s.result.constant_poses.values() if key in pose
        ]
        kind: Evidence = "full-3" if len(good) > 2 else "full-1"
        if first.evidence == "released-weights":
            kind = "released-weights"
        if first.tier != "full":
            kind = first.tier
        spread = floor(cell.metric or "", first.tier) if kind != "released-weights" else None
        return Measurement(
            kind,
            values,
            _source(kind, first.protocol),
            tuple(good or members),
            interval=summarise(values, spread).interval if values else None,
            spread=spread,
            seeds=tuple(s.result.seed for s in good),
            tier=first.tier,
            protocol=first.protocol,
            differs=() if kind in SYNTHETIC else differences(cell.protocol, first.protocol),
            untrained=summarise(before).mean if before else None,
            ignoring_image=max(constant, default=None),
            stale=self._stale(good or members),
            broken="; ".join(broken),
            failed=bool(failed),
            note="; ".join(filter(None, [*(s.note for s in members), *elsewhere(good)])),
            machines=agreement(good, key, cell.metric or "", spread),
        )


def _once(
    good: list[Stored[AccuracyResult]],
) -> tuple[list[Stored[AccuracyResult]], list[AccuracyResult]]:
    """The trainings, each once; and those whose predictions are another seed's: no draw of their own."""
    kept: list[Stored[AccuracyResult]] = []
    twice = []
    for one in good:
        if any(one.result.repeats(other.result) for other in kept):
            twice.append(one.result)
        else:
            kept.append(one)
    return kept, twice


def _source(kind: Evidence, protocol: Mapping[str, str]) -> str:
    """Trainings are compared with trainings of the same tier and length on the same data."""
    tier = "full" if kind in ("full-1", "full-3") else kind
    return " ".join([tier, *(protocol.get(key, "") for key in DATA)])


def _count_differs(cell: Cell, result: CountResult, counted: bool) -> tuple[str, ...]:
    """Why a count does not match the printed cell: another rule or input size; empty if it does."""
    if not counted:
        rules = ", ".join(["total", "trainable"] if cell.metric == "params" else result.flops)
        return (f"rule '{cell.rule}' was not counted; counted are {rules}",)
    wanted, size = sizes_of(cell.protocol.get("input_size", "")), result.input_size
    if cell.metric == "flops" and wanted and wanted != (min(size), max(size)):
        return (f"counted at {size[1]}x{size[0]}, printed for {wanted[1]}x{wanted[0]}",)
    return ()
