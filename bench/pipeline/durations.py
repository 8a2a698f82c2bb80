"""How long the stages of the pipeline take here, what they need, and what these numbers are from."""

import statistics
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

from bench.catalog.load import Catalog
from bench.catalog.schema import Run, Tier
from bench.catalog.yaml_lines import read_mapping
from bench.judge.cost import (
    ASSUMPTION,
    SMALL_ASSUMPTION,
    SMOKE_SECONDS,
    lab_hours,
    schedule,
    training_hours,
)
from bench.paths import params_file
from bench.pipeline.calibration import Calibration, family
from bench.results.index import ResultIndex

# Hours of what trains nothing, DVC's start included, in a `make repro` on two cores, November 2026
# (tests/benchmarks/predicted_times.py): means of 3 data sets, of the counts of 5 papers, the timing of TransPose.
SHORT = {"data@": 0.014, "count-": 0.006, "time-": 0.026}
# Seconds of a run without training steps at the smoke tier, predictions and their evaluation: CPU time of
# transpose-r-a3-at-384x288-coco, the middle of three sizes, without 4 s of imports.
EVALUATED = 29.0


class Estimate(NamedTuple):
    """Hours of a stage and where they are from; None where nothing like it was measured."""

    hours: float | None
    basis: str


class Needs(NamedTuple):
    """What a training needs, at the least: GPUs, GB of memory for its weights, GB of disk for its checkpoints."""

    gpus: int = 0
    memory: float | None = None
    disk: float | None = None


class Durations:
    """How long stages take: as measured here, as a calibration found, as others of the family took here, else assumed.

    A calibration also says how long a stage takes to start; what was measured of a training leaves that out.
    """

    def __init__(
        self,
        catalog: Catalog,
        tier: Tier,
        index: ResultIndex,
        calibration: Calibration | None = None,
    ) -> None:
        self.catalog, self.tier, self.index = catalog, tier, index
        self._calibration = calibration if tier == "smoke" else None
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
        each, basis = self._each(name, run)
        if each is None:
            return Estimate(None, basis)
        start = self._calibration.start if self._calibration else 0.0
        return Estimate((start + len(getattr(run.seeds, self.tier)) * each) / 3600, basis)

    def _each(self, name: str, run: Run) -> tuple[float | None, str]:
        """Seconds of one training, one seed, and what they are from."""
        if own := self._seconds.get(name):
            return statistics.median(own), "measured here"
        if self.tier == "full":
            return _seconds(training_hours(run.config, self.index)), "counted operations"
        if self._calibration:
            steps = schedule(run.config, self.tier).get("max_iters")
            if found := self._calibration.seconds(self.catalog, name, steps):
                return found
        if others := self._families.get(self._kind(run)):
            basis = f"median of {len(others)} trainings of this family here"
            return statistics.median(others), basis
        if self.tier == "lab":
            hours = lab_hours(run.config, self.index, self._people(run.dataset))
            return _seconds(hours), "counted operations"
        how = "calibrated" if self._calibration else "measured here"
        basis = "usual" + (f", times {self._pace:.1f} as {how}" if self._pace else "")
        each, trains = self._kind(run)
        return (SMOKE_SECONDS[each] if trains else EVALUATED) * (self._pace or 1.0), basis

    def _kind(self, run: Run) -> tuple[str, bool]:
        """Its family, and whether it trains at all."""
        return family(run.config), schedule(run.config, self.tier).get("max_iters") != 0

    @cached_property
    def _families(self) -> dict[tuple[str, bool], list[float]]:
        """Seconds measured here, by `_kind`."""
        found: dict[tuple[str, bool], list[float]] = {}
        for name, seconds in self._seconds.items():
            if name in self.catalog.runs:
                found.setdefault(self._kind(self.catalog.run(name)), []).extend(seconds)
        return found

    @cached_property
    def _pace(self) -> float | None:
        """How many times longer smoke trainings took here than `SMOKE_SECONDS` says; None before the first.

        By the calibration, where there is one.
        """
        timed = [
            (each, one)
            for (each, trains), every in self._families.items()
            for one in every
            if trains
        ]
        if self._calibration:
            timed = [
                (family(self.catalog.run(name).config), one.steps * one.step + one.rest)
                for name, one in self._calibration.runs.items()
                if name in self.catalog.runs and one.steps
            ]
        ratios = [one / SMOKE_SECONDS[each] for each, one in timed]
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


def _seconds(hours: float | None) -> float | None:
    return None if hours is None else 3600 * hours


def assumption(tier: Tier, calibration: Calibration | None = None) -> str:
    """What the hours of a tier rest on, to be printed beside them."""
    if tier == "full":
        return ASSUMPTION
    if tier == "smoke" and calibration:
        return f"hours are those of trainings on this machine; else from the {calibration}"
    more = "; `repropose plan --calibrate` measures in a minute" if tier == "smoke" else ""
    return (
        "hours are those of trainings on this machine, one at a time on an otherwise idle core; "
        f"{SMALL_ASSUMPTION[tier]}{more}"
    )
