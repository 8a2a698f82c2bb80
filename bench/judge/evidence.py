"""What was measured for a cell: from stored results to numbers in the cell's own unit.

Nothing is judged here. `Evidence` kinds, strongest first: full-3, full-1, released-weights, lab, smoke; counts and
timings stand apart. Results of different protocol, tier or machine are never put into one number.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path

from bench.catalog.load import Catalog
from bench.catalog.schema import Cell, Tier
from bench.judge.counts import Reading, readings_of
from bench.judge.protocol import differences, protocol_of, sizes_of
from bench.judge.statistics import Spread, pooled_spread, summarise
from bench.results.inputs import changed
from bench.results.records import AccuracyResult, CountResult, Evidence, Provenance, SpeedResult
from bench.results.store import PROJECT, Store, Stored

STRONGEST: tuple[Evidence, ...] = (
    "counted",
    "timed",
    "full-3",
    "full-1",
    "released-weights",
    "lab",
    "smoke",
)
SYNTHETIC = ("smoke", "lab")


@dataclass(frozen=True)
class Measured:
    """A number for one cell, with everything that was measured alike.

    values: per seed, in the cell's unit (one for counts and timings). source: numbers may be set against each other
    only within one source. differs: what separates its protocol from the printed one. broken: what is wrong with
    its files. failed: a run behind it did not finish.
    """

    evidence: Evidence
    values: tuple[float, ...]
    source: str
    files: tuple[str, ...]
    interval: tuple[float, float] | None = None
    seeds: tuple[int, ...] = ()
    tier: Tier | None = None
    protocol: dict[str, str] = field(default_factory=dict)
    differs: tuple[str, ...] = ()
    readings: tuple[Reading, ...] = ()
    untrained: float | None = None
    stale: str = ""
    broken: str = ""
    failed: bool = False
    note: str = ""

    @property
    def value(self) -> float:
        return summarise(self.values).mean

    @property
    def rank(self) -> tuple[bool, bool, bool, int]:
        """Smaller is better: measured at all, fresh, comparable, strong."""
        return (
            not self.values,
            bool(self.stale),
            bool(self.differs),
            STRONGEST.index(self.evidence),
        )


@dataclass(frozen=True)
class Book:
    """All results, read once and found by cell. `project`: where the files named in provenance lie."""

    catalog: Catalog
    store: Store
    project: Path = PROJECT

    @cached_property
    def counts(self) -> dict[str, Stored[CountResult]]:
        return {one.result.model: one for one in self.store.counts()}

    @cached_property
    def speeds(self) -> list[Stored[SpeedResult]]:
        """GPU before CPU, then by place."""
        return sorted(self.store.speeds(), key=lambda s: (s.result.device != "cuda", s.file))

    @cached_property
    def accuracies(self) -> dict[str, list[Stored[AccuracyResult]]]:
        found = defaultdict(list)
        for one in self.store.accuracies():
            found[one.result.run].append(one)
        return dict(found)

    def of(self, cell: Cell) -> list[Measured]:
        """Everything measured for a cell, best first; also what failed or is stale, marked so."""
        if cell.number is None:
            return []
        key = (cell.name, cell.run)
        if key not in self._found:
            self._found[key] = sorted(self._measured(cell), key=lambda m: m.rank)
        return self._found[key]

    @cached_property
    def _found(self) -> dict[tuple[str, str | None], list[Measured]]:
        return {}

    def _measured(self, cell: Cell) -> list[Measured]:
        match cell.column.kind:
            case "count":
                return self._counted(cell)
            case "speed":
                return self._timed(cell)
        return self._trained(cell)

    def _counted(self, cell: Cell) -> list[Measured]:
        stored = self.counts.get(self.catalog.model_of(cell) or "")
        if stored is None:
            return []
        readings = readings_of(cell, stored.result)
        differs: tuple[str, ...] = ()
        wanted = sizes_of(protocol_of(cell).get("input_size", ""))
        counted = stored.result.input_size
        if cell.metric == "flops" and wanted and wanted != (min(counted), max(counted)):
            differs = (
                f"counted at {counted[1]}x{counted[0]}, printed for {wanted[1]}x{wanted[0]}",
            )
        if not readings:
            rule = cell.row.rule or cell.column.rule
            ways = ", ".join(
                ["total", "trainable"] if cell.metric == "params" else stored.result.flops
            )
            differs = (f"rule '{rule}' was not counted; counted are {ways}",)
        return [
            Measured(
                "counted",
                tuple(r.value for r in readings[:1]),
                "counted",
                (stored.file,),
                differs=differs,
                readings=readings,
                stale=self.stale([stored.result.provenance]),
                note=stored.note,
            )
        ]

    def _timed(self, cell: Cell) -> list[Measured]:
        model = self.catalog.model_of(cell)
        found = []
        for stored in self.speeds:
            result = stored.result
            if model is None or model not in result.timings:
                continue
            timing = result.timings[model]
            values = (timing.median_ms, timing.low_ms, timing.high_ms)
            if cell.metric == "fps":
                values = (timing.fps, 1000.0 / timing.high_ms, 1000.0 / timing.low_ms)
            protocol = {
                "machine": result.machine,
                "device": result.device,
                "precision": result.precision,
                "batch": str(result.batch),
            }
            found.append(
                Measured(
                    "timed",
                    values[:1],
                    stored.file,
                    (stored.file,),
                    interval=values[1:],
                    protocol=protocol,
                    stale=self.stale([result.provenance]),
                    note=stored.note,
                )
            )
        return found

    def _trained(self, cell: Cell) -> list[Measured]:
        groups = defaultdict(list)
        for stored in self.accuracies.get(cell.run or "", []):
            result = stored.result
            released = result.evidence == "released-weights"
            groups[result.tier, released, tuple(sorted(result.protocol.items()))].append(stored)
        own = [
            self._group(cell, tier, released, dict(protocol), members)
            for (tier, released, protocol), members in groups.items()
        ]
        return [*own, *self._nearest(cell)]

    def _nearest(self, cell: Cell) -> list[Measured]:
        """Released weights of another network that come nearest to the cell's: shown, never compared."""
        run = self.catalog.runs.get(cell.run or "")
        other = run.nearest if run else None
        if run is None or other is None:
            return []
        words = f"released weights of another network: {self.catalog.run(other).config}, not {run.config}"
        found = []
        for stored in self.accuracies.get(other, []):
            result = stored.result
            if result.evidence == "released-weights":
                one = self._group(cell, result.tier, True, result.protocol, [stored])
                found.append(replace(one, differs=(words, *one.differs)))
        return found

    def _group(
        self,
        cell: Cell,
        tier: Tier,
        released: bool,
        protocol: dict[str, str],
        members: list[Stored[AccuracyResult]],
    ) -> Measured:
        metric = cell.figure
        found = {s.file: s.result.metrics | s.result.measures for s in members}
        good = [s for s in members if s.result.failed is None and metric in found[s.file]]
        broken = [
            f"seed {s.result.seed} failed: {s.result.failed or 'no reason stored'}"
            for s in members
            if s.result.failed is not None
        ]
        if not good and not broken:
            broken = [f"the result holds no {metric}"]
        values = tuple(found[s.file][metric] for s in good)
        before = [s.result.untrained[metric] for s in good if metric in s.result.untrained]
        kind: Evidence = "released-weights" if released else "full-3" if len(good) > 2 else "full-1"
        if tier != "full":
            kind = tier
        return Measured(
            kind,
            values,
            kind,
            tuple(s.file for s in good or members),
            interval=summarise(values).interval if values else None,
            seeds=tuple(s.result.seed for s in good),
            tier=tier,
            protocol=protocol,
            differs=differences(protocol_of(cell), protocol) if kind not in SYNTHETIC else (),
            untrained=summarise(before).mean if before else None,
            stale=self.stale(s.result.provenance for s in good or members),
            broken="; ".join(broken),
            failed=any(s.result.failed is not None for s in members),
            note="; ".join(s.note for s in members if s.note),
        )

    def spread(self, cell: Cell, tier: Tier) -> Spread | None:
        """Seed-to-seed deviation of the cell's metric, pooled over the runs of its data set and tier."""
        if cell.run is None or cell.metric is None:
            return None
        key = (tier, self.catalog.run(cell.run).dataset, cell.figure)
        return self._spreads.get(key)

    @cached_property
    def _spreads(self) -> dict[tuple[Tier, str, str], Spread]:
        seeds: dict[tuple[Tier, str, str], dict[str, list[float]]] = defaultdict(
            lambda: defaultdict(list)
        )
        for run, members in self.accuracies.items():
            if run not in self.catalog.runs:
                continue
            data = self.catalog.run(run).dataset
            for result in (s.result for s in members):
                if result.failed is None and result.evidence != "released-weights":
                    group = f"{run} {sorted(result.protocol.items())}"
                    for metric, value in (result.metrics | result.measures).items():
                        seeds[result.tier, data, metric][group].append(value)
        pooled = {key: pooled_spread(groups.values()) for key, groups in seeds.items()}
        return {key: spread for key, spread in pooled.items() if spread}

    def stale(self, sources: Iterable[Provenance]) -> str:
        """Which code or configuration has changed since; empty if none has."""
        recorded = {pair for source in sources for pair in source.inputs.items()}
        found = sorted(set(changed(recorded, self.project)))
        return f"changed since it was measured: {', '.join(found)}" if found else ""
