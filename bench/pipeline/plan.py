"""What `repropose repro` would run: why, in which order, for how long, and what that would settle."""

import math
import statistics
from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from graphlib import TopologicalSorter
from pathlib import Path
from typing import NamedTuple

from bench.catalog.load import Catalog
from bench.catalog.schema import Tier
from bench.catalog.yaml_lines import read_mapping
from bench.errors import CatalogError
from bench.judge.budget import chosen
from bench.judge.claims.on_paper import understand
from bench.judge.cost import (
    ASSUMPTION,
    SMALL_ASSUMPTION,
    SMOKE_SECONDS,
    lab_hours,
    schedule,
    training_hours,
)
from bench.judge.records import Snapshot
from bench.judge.untested import UNDECIDED
from bench.paths import config_files, params_file
from bench.pipeline.stages import Stage
from bench.results.index import ResultIndex

MEASURING = ("data@", "count-", "time-", "run@")
# Hours of what hardly computes: preparing data, counting, timing (measured on two cores: docs/cluster.md).
SHORT = {"data@": 0.01, "count-": 0.02, "time-": 0.1}


class Estimate(NamedTuple):
    """Hours of a stage and where they are from; None where nothing like it was measured."""

    hours: float | None
    basis: str


class Needs(NamedTuple):
    """What a training needs, at the least: GPUs, GB of memory for its weights, GB of disk for its checkpoints."""

    gpus: int = 0
    memory: float | None = None
    disk: float | None = None


class Planned(NamedTuple):
    """A stage to run. settles: claims that it decides together with those before it; cells: printed values it tests.

    begun: seeds whose training was begun, so that only the rest of it is left.
    """

    stage: str
    why: str
    estimate: Estimate
    cells: int
    settles: int
    begun: int
    needs: Needs = Needs()


class State(NamedTuple):
    """What is known and measured so far. root: the checkout."""

    catalog: Catalog
    tier: Tier
    snapshot: Snapshot
    measured: ResultIndex
    root: Path


def planned(
    state: State, graph: Mapping[str, set[str]], changed: set[str], every: Mapping[str, Stage]
) -> list[Planned]:
    """The changed measuring stages of `graph`, each after those it needs; changed: what DVC would run again."""
    catalog, tier, root = state.catalog, state.tier, state.root
    order = [name for name in TopologicalSorter(graph).static_order() if name.startswith(MEASURING)]
    todo = [name for name in order if name in changed]
    known = Durations(catalog, tier, state.measured)
    needs = claims_of(state)
    found, before = [], set(order) - set(todo)
    cells: dict[str, int] = {}
    for cell in (
        catalog.cells() if tier == "full" else ()
    ):  # below, no accuracy is compared with a printed one
        cells[f"run@{cell.run}"] = cells.get(f"run@{cell.run}", 0) + 1
    for stage in todo:
        before.add(stage)
        settled = sum(stage in needed and needed <= before for needed in needs)
        work = root / "work" / tier / stage.removeprefix("run@")
        begun = list(work.glob("seed-*/last_checkpoint"))
        why = "stale" if _there(every[stage], tier, root) else "never run"
        if elsewhere := _merged(state, stage):
            why += f" here, measured on {elsewhere}"
        counts = cells.get(stage, 0), settled, len(begun)
        hours = known.rest(stage, begun)
        found.append(Planned(stage, why, hours, *counts, known.needs(stage)))
    return found


def _family(config: str) -> str:
    """The folder of a config: networks of one paper, or the stock ones."""
    return config_files()[config].parent.name


def _merged(state: State, stage: str) -> str:
    """Machines whose results of a run were merged; empty if none has any."""
    stored = state.measured.accuracies.get(stage.removeprefix("run@"), ())
    every = (one for chosen in stored for one in (chosen, *chosen.also))
    return ", ".join(
        sorted({s.machine for s in every if s.machine and s.result.tier == state.tier})
    )


def _there(stage: Stage, tier: Tier, root: Path) -> bool:
    """Whether a stage has left something."""
    names = (str(next(iter(out)) if isinstance(out, dict) else out) for out in stage["outs"])
    return any((root / name.replace("${tier}", tier)).exists() for name in names)


def claims_of(state: State) -> list[set[str]]:
    """The stages that each undecided claim about trainings needs."""
    found = []
    for verdict in state.snapshot.claims:
        if verdict.on_reproduced.holds not in UNDECIDED:
            continue
        try:
            cells = understand(state.catalog, verdict.paper, verdict.claim).cells.values()
        except CatalogError:  # of a snapshot that is older than the catalog: judged again first
            continue
        runs = {verdict.claim.instead.get(cell.run or "", cell.run) for cell in cells}
        if runs and None not in runs:
            found.append({f"run@{run}" for run in runs})
    return found


class Durations:
    """How long stages take: as measured here, else as runs of the same family took here, else an assumption."""

    def __init__(self, catalog: Catalog, tier: Tier, index: ResultIndex) -> None:
        self.catalog, self.tier, self.index = catalog, tier, index
        self._seconds = {
            run: [
                float(seconds)
                for chosen in stored
                for one in (chosen, *chosen.also)  # what was merged may be newer
                if one.result.tier == tier
                and one.here
                and (seconds := one.result.provenance.volatile.get("seconds"))
            ]
            for run, stored in index.accuracies.items()
        }

    def of(self, stage: str) -> Estimate:
        """Hours of one stage, all its seeds."""
        for kind, hours in SHORT.items():
            if stage.startswith(kind):
                return Estimate(hours, "usual")
        name = stage.removeprefix("run@")
        run = self.catalog.run(name)
        seeds = len(getattr(run.seeds, self.tier))
        if own := self._seconds.get(name):
            return Estimate(seeds * statistics.median(own) / 3600, "measured here")
        if self.tier == "full":
            each = training_hours(run.config, self.index)
            return Estimate(None if each is None else seeds * each, "counted operations")
        if others := self._families.get(_family(run.config)):
            basis = f"median of {len(others)} trainings of this family here"
            return Estimate(seeds * statistics.median(others) / 3600, basis)
        if self.tier == "lab":
            each = lab_hours(run.config, self.index, self._people(run.dataset))
            return Estimate(None if each is None else seeds * each, "counted operations")
        basis = "usual" + (f", times {self._pace:.1f} as measured here" if self._pace else "")
        usual = SMOKE_SECONDS[_family(run.config)]
        return Estimate(seeds * usual * (self._pace or 1.0) / 3600, basis)

    @cached_property
    def _families(self) -> dict[str, list[float]]:
        found: dict[str, list[float]] = {}
        for name, seconds in self._seconds.items():
            if name in self.catalog.runs:
                found.setdefault(_family(self.catalog.run(name).config), []).extend(seconds)
        return found

    @cached_property
    def _pace(self) -> float | None:
        """How many times longer smoke trainings took here than `SMOKE_SECONDS` says; None before the first."""
        ratios = [
            one / SMOKE_SECONDS[family] for family, every in self._families.items() for one in every
        ]
        return statistics.median(ratios) if ratios else None

    def rest(self, stage: str, begun: Sequence[Path]) -> Estimate:
        """What is left of a stage whose trainings were begun, by the steps in their `last_checkpoint` files."""
        whole = self.of(stage)
        if not begun or whole.hours is None:
            return whole
        run = self.catalog.run(stage.removeprefix("run@"))
        each = whole.hours / len(getattr(run.seeds, self.tier))
        planned = schedule(run.config, self.tier)
        lengths = {"iter": planned.get("max_iters"), "epoch": planned.get("max_epochs")}
        done = 0.0
        for file in begun:
            unit, _, steps = Path(file.read_text().strip()).stem.rpartition("_")
            if (length := lengths.get(unit)) and steps.isdecimal():
                done += min(int(steps) / length, 1.0)
        return Estimate(whole.hours - each * done, f"{whole.basis}; the rest of what was begun")

    def _people(self, dataset: str) -> int:
        """Crops or images of an epoch below full size, as params.yaml says."""
        settings = read_mapping(params_file()).get("synthetic", {})
        return int(settings.get(self.tier, {}).get(dataset, {}).get("train", 0))

    def needs(self, stage: str) -> Needs:
        """Of a run: weights, gradients and two moments in memory, two checkpoints of weights and moments a seed."""
        name = stage.removeprefix("run@")
        if name not in self.catalog.runs:
            return Needs()
        run = self.catalog.run(name)
        gpus = int(self.tier != "smoke")
        if self.tier == "smoke" or run.config not in self.index.counts:  # counts are of full size
            return Needs(gpus)
        weights = 4 * self.index.counts[run.config].result.parameters["total"] / 1e9
        return Needs(gpus, 4 * weights, 6 * weights * len(getattr(run.seeds, self.tier)))


def estimates(
    catalog: Catalog, tier: Tier, index: ResultIndex, stages: Iterable[str]
) -> dict[str, float]:
    """Hours of the measuring stages whose length is known."""
    known = Durations(catalog, tier, index)
    found = {one: known.of(one).hours for one in stages if one.startswith(MEASURING)}
    return {stage: hours for stage, hours in found.items() if hours is not None}


def within(plans: Sequence[Planned], claims: Iterable[set[str]], budget: float) -> list[Planned]:
    """The stages that settle most claims per hour and together fit a budget of hours, in the order of `plans`.

    Greedy: the claim whose missing stages cost least for what they settle comes next; stages of unknown length are
    left out.
    """
    stages = _chosen(plans, claims, budget)
    return [one for one in plans if one.stage in stages or not one.stage.startswith("run@")]


def by_claims(plans: Sequence[Planned], claims: Iterable[set[str]]) -> list[Planned]:
    """What trainings need first, then the trainings that settle most claims per hour, then the others as they were."""
    place = {stage: number for number, stage in enumerate(_chosen(plans, claims, math.inf))}

    def order(one: Planned) -> tuple[bool, int]:
        return one.stage.startswith("run@"), place.get(one.stage, len(place))

    return sorted(plans, key=order)


def _chosen(plans: Sequence[Planned], claims: Iterable[set[str]], budget: float) -> list[str]:
    """Stages in the order in which they settle most claims per hour, until the budget is spent."""
    return chosen({one.stage: one.estimate.hours for one in plans}, claims, budget)


def assumption(tier: Tier) -> str:
    """What the hours of a tier rest on, to be printed beside them."""
    if tier == "full":
        return ASSUMPTION
    return (
        "hours are those of trainings on this machine, one at a time on an otherwise idle core; "
        + SMALL_ASSUMPTION[tier]
    )
