"""What `repropose repro` would run: why, in which order, for how long, and what that would settle."""

import heapq
import math
from collections.abc import Iterable, Mapping, Sequence
from graphlib import TopologicalSorter
from pathlib import Path
from typing import NamedTuple

from bench.catalog.load import Catalog
from bench.catalog.schema import Tier
from bench.errors import CatalogError
from bench.judge.budget import chosen
from bench.judge.claims.on_paper import understand
from bench.judge.records import Snapshot
from bench.judge.untested import UNDECIDED
from bench.pipeline.calibration import Calibration
from bench.pipeline.durations import Durations, Estimate, Needs
from bench.pipeline.stages import Stage
from bench.results.index import ResultIndex

MEASURING = ("data@", "count-", "time-", "run@")


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
    """What is known and measured so far. root: the checkout; calibration: of this machine."""

    catalog: Catalog
    tier: Tier
    snapshot: Snapshot
    measured: ResultIndex
    root: Path
    calibration: Calibration | None = None


def planned(
    state: State, graph: Mapping[str, set[str]], changed: set[str], every: Mapping[str, Stage]
) -> list[Planned]:
    """The changed measuring stages of `graph`, each after those it needs; changed: what DVC would run again."""
    catalog, tier, root = state.catalog, state.tier, state.root
    order = [name for name in TopologicalSorter(graph).static_order() if name.startswith(MEASURING)]
    todo = [name for name in order if name in changed]
    known = Durations(catalog, tier, state.measured, state.calibration)
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
    """The stages that each undecided claim about trainings needs, also those whose weights another begins with."""
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
            every = {one for run in runs for one in _with_starts(state.catalog, run)}
            found.append({f"run@{run}" for run in every})
    return found


def _with_starts(catalog: Catalog, run: str | None) -> list[str]:
    """A run and those whose weights it begins with, directly or not."""
    return [run, *_with_starts(catalog, catalog.run(run).start)] if run else []


def estimates(known: Durations, stages: Iterable[str]) -> dict[str, float]:
    """Hours of the measuring stages whose length is known."""
    found = {one: known.of(one).hours for one in stages if one.startswith(MEASURING)}
    return {stage: hours for stage, hours in found.items() if hours is not None}


def wall_hours(plans: Iterable[Planned], at_a_time: int) -> float:
    """Hours until all are done: timings alone, each other when a place is free; unknown lengths are left out."""
    free = [0.0] * at_a_time
    alone = 0.0
    for one in plans:
        hours = one.estimate.hours or 0.0
        if one.stage.startswith("time-"):
            alone += hours
        else:
            heapq.heapreplace(free, free[0] + hours)
    return max(free) + alone


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
