"""Results behind the verdicts, as shown: the trace of each result, and all results by machine."""

from collections import Counter, defaultdict
from dataclasses import dataclass

from bench.results.index import ResultIndex
from bench.results.records import (
    AccuracyResult,
    AnyResult,
    CountResult,
    Result,
    SpeedResult,
    SubmissionResult,
)
from bench.results.store import Stored


@dataclass(frozen=True)
class Trace:
    """Where a value comes from, as shown with it."""

    name: str
    subject: str
    commit: str
    machine: str
    command: str
    made: str
    dirty: bool
    note: str = ""
    protocol: tuple[tuple[str, str], ...] = ()
    verify: str = ""


def machine_of(result: AnyResult) -> str:
    """The hardware in one line: 'NVIDIA H200, 16 cores'."""
    if isinstance(result, SpeedResult):
        return f"{result.machine} ({result.device}, {result.precision}, batch {result.batch})"
    hardware = result.provenance.hardware
    return ", ".join(f"{key}: {value}" for key, value in hardware.items()) or "not recorded"


def _subject(result: AnyResult) -> str:
    if isinstance(result, SubmissionResult):
        return f"submission {result.card.name}, {result.dataset}, tier {result.tier}"
    if isinstance(result, CountResult):
        return f"{result.model}, {result.input_size[0]}x{result.input_size[1]} input"
    if isinstance(result, SpeedResult):
        return f"{result.group}: {result.protocol}"
    return f"run {result.run}, tier {result.tier}, seed {result.seed}"


def trace(stored: Stored[AnyResult]) -> Trace:
    """Subject, commit, machine and command of a result."""
    result = stored.result
    origin = result.provenance
    protocol = result.protocol if isinstance(result, AccuracyResult | SubmissionResult) else {}
    if isinstance(result, AccuracyResult) and (source := result.training.get("taken_from")):
        protocol = {
            **protocol,
            "training": f"that of run {source}, which has the same configuration",
        }
    if isinstance(result, AccuracyResult) and (shared := result.training.get("batch")):
        processes = " then ".join(map(str, shared.get("processes", []))) or "not recorded"
        protocol = {**protocol, "processes": processes}
    return Trace(
        name=stored.file,
        subject=_subject(result),
        commit=origin.commit,
        machine=machine_of(result),
        command=origin.command,
        made=str(origin.volatile.get("date", "not recorded")),
        dirty=origin.dirty,
        note=stored.note,
        protocol=tuple(sorted(protocol.items())),
        verify=verify_command(stored),
    )


def verify_command(stored: Stored[AnyResult]) -> str:
    """The command that recomputes the metrics of a result from its predictions; empty where there are none."""
    result = stored.result
    if isinstance(result, AccuracyResult) and result.predictions:
        return f"repropose verify {stored.file}"
    return f"repropose verify {stored.file}" if isinstance(result, SubmissionResult) else ""


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


def sessions(index: ResultIndex) -> list[Session]:
    """What was measured, by machine: who measured what, when, on what."""
    found: dict[str, list[Result]] = defaultdict(list)
    for stored in index.measured:
        found[machine_of(stored.result)].append(stored.result)
    return [Session.of(machine, results) for machine, results in sorted(found.items())]


def _kind(result: Result) -> str:
    if isinstance(result, AccuracyResult):
        return "released weights" if result.evidence == "released-weights" else f"{result.tier} run"
    return "count" if isinstance(result, CountResult) else "timing"
