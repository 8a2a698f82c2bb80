"""What has not been tested: the job that each printed value and each claim waits for, and what a job would settle."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Literal, NamedTuple

from bench.catalog.cells import Cell
from bench.catalog.load import Catalog
from bench.errors import CatalogError
from bench.judge.claims.on_paper import understand
from bench.judge.cost import LEAST, evaluation_hours, training_hours
from bench.judge.machines import printed_machine
from bench.judge.records import ClaimVerdict, Snapshot, Verdict
from bench.results.index import ResultIndex

#: Verdicts of cells that a measurement would still test.
UNTESTED = ("not-run", "not-comparable", "failed", "stale")
#: Words of claims that a measurement would still decide.
UNDECIDED = ("open", "inconclusive", "supports", "contradicts", "not-on-this-machine")
#: Trainings that decide: one decides nothing (docs/judging.md).
SEEDS = 3
Kind = Literal["count", "time", "released", "train", "server"]
#: Splits whose labels only a server has: what it wants.
SERVERS: Mapping[str, str] = {
    "coco-test-dev2017": "the answer of COCO's evaluation server, which no command here reads",
    "mpii-test": "MPII's test labels, which only its authors have",
}


class Job(NamedTuple):
    """One measurement.

    subject: a run, or the paper whose models are counted or timed. hours: GPU hours of all seeds.
    """

    kind: Kind
    subject: str
    command: str
    tier: str
    hours: float | None
    needs: str

    @property
    def seeds(self) -> int:
        return SEEDS if self.kind == "train" else 1


@dataclass(frozen=True)
class Package:
    """Jobs that together decide claims which no smaller package decides."""

    jobs: tuple[Job, ...]
    claims: tuple[ClaimVerdict, ...]
    cells: int

    @property
    def hours(self) -> float | None:
        """GPU hours of all its jobs; None if one is not known."""
        known = [job.hours for job in self.jobs if job.hours is not None]
        return sum(known) if len(known) == len(self.jobs) else None

    @property
    def rate(self) -> float:
        """Claims settled per GPU-hour; 0 where the hours are not known."""
        return len(self.claims) / max(self.hours, LEAST) if self.hours is not None else 0.0


@dataclass(frozen=True)
class Untested:
    """Jobs by cell and claim, found once for a snapshot."""

    catalog: Catalog
    snapshot: Snapshot
    index: ResultIndex

    @cached_property
    def verdicts(self) -> Mapping[tuple[str, str, str, str], Verdict]:
        return self.snapshot.by_cell

    @cached_property
    def jobs(self) -> dict[Job, tuple[Cell, ...]]:
        """Every job that is missing, with the printed values that it would test, in printed order."""
        found: dict[Job, list[Cell]] = {}
        for cell in self.catalog.cells():
            if job := self.job_of(cell):
                found.setdefault(job, []).append(cell)
        return {job: tuple(cells) for job, cells in found.items()}

    def job_of(self, cell: Cell) -> Job | None:
        """The job that would test a cell; None if it is tested or nothing here can test it."""
        verdict = self.verdicts.get(cell.key)
        if verdict is None or verdict.verdict not in UNTESTED:
            return None
        return self._job(cell)

    def _job(self, cell: Cell) -> Job | None:
        if cell.column.kind in ("count", "speed"):
            if cell.model is None:
                return None
            if cell.column.kind == "count":
                command = f"repropose count --paper {cell.paper}"
                return Job("count", cell.paper, command, "any", 0.0, "CPU, minutes")
            machine = printed_machine(cell.protocol) or "the machine that the paper does not name"
            command = f"repropose time {cell.paper}"
            return Job("time", cell.paper, command, "any", LEAST, machine)
        if cell.run is None:
            return None
        if wanted := SERVERS.get(cell.protocol.get("split", "")):
            return self._on_server(cell.run, cell.protocol["split"], wanted)
        return self.training(cell.run)

    def _on_server(self, name: str, split: str, wanted: str) -> Job:
        """The job of a run whose numbers only a server can give; its hours are not ours to say."""
        released = " --released" if self.catalog.run(name).released else ""
        command = f"repropose test-dev {name}{released}" if split == "coco-test-dev2017" else ""
        return Job("server", name, command, "full", None, wanted)

    def training(self, name: str) -> Job:
        """The job of a run: its released weights where there are any, else trainings at full size."""
        run = self.catalog.run(name)
        if run.released:
            hours = evaluation_hours(run.config, self.index)
            boxes = "" if run.dataset in ("coco-scenes", "crowdpose") else " --boxes detector"
            command = f"repropose released {name}{boxes}"
            return Job("released", name, command, "full", hours, f"real data, {run.released}")
        return self.own_training(name)

    def own_training(self, name: str) -> Job:
        """The job that trains a run at full size, also one of which released weights exist: a run that begins with
        another's weights takes those of our own training of the same seed."""
        run = self.catalog.run(name)
        each = training_hours(run.config, self.index)
        hours = None if each is None else SEEDS * each
        command = f"repropose measure {name} --tier full"
        needs = "real data"
        if run.start:
            needs += f", the training of {run.start}"
        if run.released:
            needs += (
                "; other runs begin with the weights of this training, not with the released ones"
            )
        return Job("train", name, command, "full", hours, needs)

    def before(self, job: Job) -> tuple[Job, ...]:
        """The trainings whose weights a job begins with and that are still to be done, in their order."""
        start = self.catalog.run(job.subject).start if job.kind == "train" else None
        if start is None or self._is_trained_here(start):
            return ()
        first = self.own_training(start)
        return (*self.before(first), first)

    def _is_trained_here(self, name: str) -> bool:
        """Whether this checkout has trained all seeds of a run at full size.

        Committed results and those merged from another machine do not count: they come without weights.
        """
        every = (
            one for found in self.index.accuracies.get(name, ()) for one in (found, *found.also)
        )
        seeds = {
            one.result.seed
            for one in every
            if one.here and one.result.tier == "full" and one.result.failed is None
            if one.result.evidence != "released-weights"
        }
        return seeds >= set(self.catalog.run(name).seeds.full)

    def jobs_for(self, verdict: ClaimVerdict) -> tuple[Job, ...]:
        """The jobs that a claim still waits for, in the order of its cells; none if it is decided or cannot be.

        Each comes after the training whose weights it begins with. Such a training also stands for the released
        weights of its run: trainings are compared with trainings.
        """
        if verdict.on_reproduced.holds not in UNDECIDED:
            return ()
        jobs: dict[Job, None] = {}
        try:
            cells = understand(self.catalog, verdict.paper, verdict.claim).cells.values()
        except CatalogError:  # of a snapshot that is older than the catalog: judged again first
            return ()
        for cell in cells:
            other = verdict.claim.instead.get(cell.run or "")
            cell = self.catalog.with_run(cell, other) if other else cell
            if self._is_tested(cell):
                continue
            job = self._job(cell)
            if job is None:  # no run or model stands for it: nothing decides the claim
                return ()
            jobs |= dict.fromkeys((*self.before(job), job))
        trained = {job.subject for job in jobs if job.kind == "train"}
        return tuple(job for job in jobs if job.kind != "released" or job.subject not in trained)

    def _is_tested(self, cell: Cell) -> bool:
        """Whether a claim needs no other measurement of a cell; a quoted one is no measurement."""
        verdict = self.verdicts.get(cell.key)
        return verdict is not None and verdict.verdict not in (*UNTESTED, "quoted")

    @cached_property
    def waiting(self) -> dict[Job, tuple[int, int]]:
        """Job -> how many claims it settles alone, and how many wait for it."""
        alone, waiting = Counter[Job](), Counter[Job]()
        for _, needed in self.needs:
            waiting.update(needed)
            alone.update(needed if len(needed) == 1 else ())
        first = (one for job in self.jobs for one in self.before(job))
        return {job: (alone[job], waiting[job]) for job in {*self.jobs, *first, *waiting}}

    def settles(self, jobs: Iterable[Job]) -> list[ClaimVerdict]:
        """Claims that need none but these jobs."""
        every = set(jobs)
        touched = sorted({place for job in every for place in self._places.get(job, ())})
        return [
            claim for claim, needed in map(self.needs.__getitem__, touched) if set(needed) <= every
        ]

    @cached_property
    def _places(self) -> dict[Job, list[int]]:
        """Job -> places in `needs` of the claims that wait for it."""
        found: dict[Job, list[int]] = {}
        for place, (_, needed) in enumerate(self.needs):
            for job in needed:
                found.setdefault(job, []).append(place)
        return found

    @cached_property
    def needs(self) -> list[tuple[ClaimVerdict, tuple[Job, ...]]]:
        found = [(claim, self.jobs_for(claim)) for claim in self.snapshot.claims]
        return [(claim, needed) for claim, needed in found if needed]

    @cached_property
    def packages(self) -> list[Package]:
        """Work for volunteers: by claims settled per GPU-hour, then by claims, then by hours."""
        sets = {frozenset(needed): needed for _, needed in self.needs}
        found = [
            Package(
                jobs,
                tuple(self.settles(jobs)),
                sum(len(self.jobs.get(job, ())) for job in jobs),
            )
            for jobs in sets.values()
        ]
        return sorted(
            found, key=lambda one: (-one.rate, -len(one.claims), one.hours or 0.0, one.jobs)
        )
