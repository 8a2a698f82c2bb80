"""Results behind the verdicts: look-ups by file, model and run, and the trace of each result."""

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from pathlib import Path

from bench.results.galleries import folder_of, read_gallery
from bench.results.records import (
    AccuracyResult,
    CountResult,
    Gallery,
    Result,
    SpeedResult,
    SubmissionResult,
)
from bench.results.store import Store, all_results


@dataclass(frozen=True)
class Trace:
    """Where one figure comes from, as shown beside it."""

    name: str
    subject: str
    commit: str
    machine: str
    command: str
    made: str
    dirty: bool
    note: str = ""
    protocol: tuple[tuple[str, str], ...] = ()


def people_of(path: Path) -> Path | None:
    """What became of each person, beside a result; None where that was not stored."""
    beside = path.with_suffix(".people.npz")
    return beside if beside.is_file() else None


def machine_of(result: Result | SubmissionResult) -> str:
    """The hardware in one line: 'NVIDIA H200, 16 cores'."""
    if isinstance(result, SpeedResult):
        return f"{result.machine} ({result.device}, {result.precision}, batch {result.batch})"
    hardware = result.provenance.hardware
    return ", ".join(f"{key}: {value}" for key, value in hardware.items()) or "not recorded"


def _subject(result: Result | SubmissionResult) -> str:
    if isinstance(result, SubmissionResult):
        return f"submission {result.card.name}, {result.dataset}, tier {result.tier}"
    if isinstance(result, CountResult):
        return f"{result.model}, {result.input_size[0]}x{result.input_size[1]} input"
    if isinstance(result, SpeedResult):
        return f"{result.group}: {result.protocol}"
    return f"run {result.run}, tier {result.tier}, seed {result.seed}"


def trace(name: str, result: Result | SubmissionResult, note: str = "") -> Trace:
    """Subject, commit, machine and command of a result."""
    origin = result.provenance
    protocol = result.protocol if isinstance(result, AccuracyResult | SubmissionResult) else {}
    return Trace(
        name=name,
        subject=_subject(result),
        commit=origin.commit,
        machine=machine_of(result),
        command=origin.command,
        made=str(origin.volatile.get("date", "not recorded")),
        dirty=origin.dirty,
        note=note,
        protocol=tuple(sorted(protocol.items())),
    )


@dataclass(frozen=True)
class Measured:
    """All results, indexed once."""

    results: dict[str, Result] = field(default_factory=dict)
    counts: dict[str, tuple[str, CountResult]] = field(default_factory=dict)
    speeds: dict[str, list[tuple[str, SpeedResult]]] = field(default_factory=dict)
    accuracies: dict[str, list[tuple[str, AccuracyResult]]] = field(default_factory=dict)
    traces: dict[str, Trace] = field(default_factory=dict)
    submissions: tuple[tuple[str, SubmissionResult], ...] = ()
    galleries: dict[str, tuple[Path, Gallery]] = field(default_factory=dict)
    people: dict[str, Path] = field(default_factory=dict)

    @classmethod
    def of(cls, store: Store) -> "Measured":
        """Index a store; results are taken in the order of their files."""
        stored = sorted(all_results(store), key=lambda one: one.file)
        by_file: dict[str, Result] = {one.file: one.result for one in stored}
        counts: dict[str, tuple[str, CountResult]] = {}
        speeds: dict[str, list[tuple[str, SpeedResult]]] = defaultdict(list)
        accuracies: dict[str, list[tuple[str, AccuracyResult]]] = defaultdict(list)
        for name, result in by_file.items():
            if isinstance(result, CountResult):
                counts[result.model] = (name, result)
            elif isinstance(result, SpeedResult):
                for model in result.timings:
                    speeds[model].append((name, result))
            else:
                accuracies[result.run].append((name, result))
        traces = {one.file: trace(one.file, one.result, one.note) for one in stored}
        people = {one.file: file for one in stored if (file := people_of(one.path))}
        handed_in = store.submissions()
        strangers = tuple((one.file, one.result) for one in handed_in)
        traces |= {one.file: trace(one.file, one.result, one.note) for one in handed_in}
        galleries = {
            one.file: (folder_of(one), gallery)
            for one in stored
            if isinstance(one.result, AccuracyResult) and (gallery := read_gallery(one))
        }
        return cls(
            by_file, counts, dict(speeds), dict(accuracies), traces, strangers, galleries, people
        )

    @property
    def sessions(self) -> list["Session"]:
        """What was measured, by machine: who measured what, when, on what."""
        found: dict[str, list[Result]] = defaultdict(list)
        for result in self.results.values():
            found[machine_of(result)].append(result)
        return [Session.of(machine, results) for machine, results in sorted(found.items())]

    @property
    def machines(self) -> list[str]:
        """Every machine a result names, each once."""
        return sorted({machine_of(result) for result in self.results.values()})

    @property
    def commits(self) -> list[str]:
        return sorted({result.provenance.commit for result in self.results.values()})


@dataclass(frozen=True)
class Session:
    """All results of one machine."""

    machine: str
    kinds: tuple[tuple[str, int], ...]
    data: tuple[str, ...]
    days: tuple[str, ...]
    commits: tuple[str, ...]
    dirty: int

    @classmethod
    def of(cls, machine: str, results: list[Result]) -> "Session":
        """Kinds are counted, timed, or the tier of a training; days run from the first to the last."""
        kinds = Counter(_kind(one) for one in results)
        protocols = [one.protocol for one in results if isinstance(one, AccuracyResult)]
        data = {f"{p['data']} {p.get('split', '')}".strip() for p in protocols if "data" in p}
        days = sorted({str(one.provenance.volatile.get("date", ""))[:10] for one in results} - {""})
        commits = sorted({one.provenance.commit for one in results})
        dirty = sum(one.provenance.dirty for one in results)
        ends = tuple(dict.fromkeys([days[0], days[-1]])) if days else ()
        return cls(machine, tuple(kinds.items()), tuple(sorted(data)), ends, tuple(commits), dirty)


def _kind(result: Result) -> str:
    if isinstance(result, AccuracyResult):
        return "released weights" if result.evidence == "released-weights" else f"{result.tier} run"
    return "count" if isinstance(result, CountResult) else "timing"
