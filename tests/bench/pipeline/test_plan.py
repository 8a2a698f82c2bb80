"""What would run, for how long, and what it would settle."""

import statistics
from pathlib import Path
from typing import Any

import pytest

from bench.catalog.load import load_catalog
from bench.judge.cost import SMOKE_SECONDS
from bench.judge.evidence import Measurements
from bench.judge.verdicts import judge_all
from bench.pipeline import stages, watch
from bench.pipeline.durations import Durations, Estimate
from bench.pipeline.executors import Job
from bench.pipeline.plan import (
    Planned,
    State,
    by_claims,
    claims_of,
    planned,
    within,
)
from bench.results.index import ResultIndex
from bench.results.store import Store
from tests.factories import counted, provenance, trained


@pytest.fixture(scope="module")
def catalog() -> Any:
    return load_catalog()


def state(catalog: Any, root: Path, tier: str = "smoke") -> State:
    measurements = Measurements(catalog, ResultIndex(Store(root=root / "results")))
    return State(catalog, tier, judge_all(measurements), measurements.index, root)


def one(stage: str, hours: float | None) -> Planned:
    return Planned(stage, "never run", Estimate(hours, "test"), 0, 0, 0)


def test_stages_come_after_what_they_need_with_a_reason_and_what_was_begun(catalog, tmp_path):
    claimed = sorted(min(claims_of(state(catalog, tmp_path)), key=len))
    left, begun = claimed[0].removeprefix("run@"), claimed[-1].removeprefix("run@")
    (tmp_path / "results/smoke" / left).mkdir(parents=True)
    work = tmp_path / "work/smoke" / begun / "seed-0"
    work.mkdir(parents=True)
    (work / "last_checkpoint").write_text("x")
    graph = {"data@coco": set(), **{run: {"data@coco"} for run in claimed}, "transpose-2": set()}
    found = planned(state(catalog, tmp_path), graph, set(graph), stages.stages(catalog))
    by_stage = {one.stage: one for one in found}
    assert found[0].stage == "data@coco"
    assert set(by_stage) == {"data@coco", *claimed}
    assert by_stage[f"run@{left}"].why == "stale"
    assert by_stage[f"run@{begun}"].begun == 1
    assert [one.settles > 0 for one in found] == [*([False] * len(claimed)), True]


def test_what_is_there_and_unchanged_is_not_planned(catalog, tmp_path):
    graph = {"data@coco": set(), "run@transpose-r-a4-coco": {"data@coco"}}
    found = planned(state(catalog, tmp_path), graph, {"data@coco"}, stages.stages(catalog))
    assert [(one.stage, one.why) for one in found] == [("data@coco", "never run")]


def test_hours_are_those_measured_here_then_of_the_family_then_the_usual_ones(catalog, tmp_path):
    store = Store(root=tmp_path / "results")
    for run, seconds in (("transpose-r-a4-coco", 360.0), ("transpose-r-a3-coco", 1080.0)):
        result = trained(run, 0, 50.0, provenance=provenance(volatile={"seconds": seconds}))
        store.write(result)
    known = Durations(catalog, "smoke", ResultIndex(store))
    assert known.of("run@transpose-r-a4-coco") == Estimate(0.1, "measured here")
    family = known.of("run@transpose-h-a4-coco")
    assert family.hours == pytest.approx(0.2)
    assert family.basis == "median of 2 trainings of this family here"
    merged = Store(root=tmp_path / "results/machines/h200")  # on another machine, newer
    for run in ("transpose-r-a4-coco", "transpose-r-a3-coco"):
        made = provenance(volatile={"seconds": 1.0, "date": "2030-01-01"})
        merged.write(trained(run, 0, 50.0, provenance=made))
    with_merged = Durations(catalog, "smoke", ResultIndex(store))
    assert with_merged.of("run@transpose-r-a4-coco") == Estimate(0.1, "measured here")
    pace = statistics.median([360, 1080]) / SMOKE_SECONDS["transpose"]
    other = known.of("run@lofr-r50-mpii")
    seeds = len(catalog.run("lofr-r50-mpii").seeds.smoke)
    assert other.hours == pytest.approx(seeds * pace * SMOKE_SECONDS["lofr"] / 3600)
    assert other.basis == f"usual, times {pace:.1f} as measured here"
    alone = Durations(catalog, "smoke", ResultIndex(Store(root=tmp_path / "none")))
    assert alone.of("run@lofr-r50-mpii").basis == "usual"


def test_a_budget_buys_what_settles_most_claims_for_each_hour():
    plans = [
        one("data@x", 0.0),
        one("run@a", 1.0),
        one("run@b", 1.0),
        one("run@c", 5.0),
        one("run@d", None),
    ]
    claims = [{"run@a", "run@b"}, {"run@a"}, {"run@c"}, {"run@d"}]
    assert [p.stage for p in within(plans, claims, 2.0)] == ["data@x", "run@a", "run@b"]
    assert [p.stage for p in within(plans, claims, 1.5)] == ["data@x", "run@a"]
    assert [p.stage for p in within(plans, claims, 100)] == ["data@x", "run@a", "run@b", "run@c"]


def test_claims_first_means_what_settles_most_for_each_hour_and_then_the_rest():
    plans = [
        one("data@x", 0.0),
        one("run@d", None),
        one("run@c", 5.0),
        one("run@b", 1.0),
        one("run@a", 1.0),
    ]
    claims = [{"run@a", "run@b"}, {"run@a"}, {"run@c"}]
    found = [p.stage for p in by_claims(plans, claims)]
    assert found == ["data@x", "run@a", "run@b", "run@c", "run@d"]


def test_what_was_never_measured_is_estimated_from_counted_operations(catalog, tmp_path):
    store = Store(root=tmp_path / "results", measured=tmp_path / "none")
    run = catalog.run("transpose-r-a4-coco")
    store.write(counted(run.config, 6_000_000, flops=8.0))
    index = ResultIndex(store)
    lab = Durations(catalog, "lab", index)
    each = 0.1 + 8e9 * 3 * 20 * 40_000 / 10e12 / 3600
    assert lab.of("run@transpose-r-a4-coco").basis == "counted operations"
    assert lab.of("run@transpose-r-a4-coco").hours == pytest.approx(len(run.seeds.lab) * each)
    needs = lab.needs("run@transpose-r-a4-coco")
    assert (needs.gpus, needs.memory) == (1, pytest.approx(0.096))  # 16 bytes a parameter
    assert needs.disk == pytest.approx(0.144 * len(run.seeds.lab))


def test_a_training_that_was_begun_needs_its_rest(catalog, tmp_path):
    store = Store(root=tmp_path / "results", measured=tmp_path / "none")
    made = provenance(volatile={"seconds": 360.0})
    store.write(trained("transpose-r-a4-coco", 0, 50.0, provenance=made))
    known = Durations(catalog, "smoke", ResultIndex(store))
    file = tmp_path / "last_checkpoint"
    file.write_text("work/smoke/transpose-r-a4-coco/seed-0/iter_40.pth")
    whole = known.of("run@transpose-r-a4-coco").hours
    left = known.rest("run@transpose-r-a4-coco", [file])
    assert left.hours == pytest.approx(whole - 0.1 * 40 / 160)
    assert left.basis == "measured here; the rest of what was begun"
    store.write(trained("lofr-r50-mpii", 0, 50.0, provenance=made))  # of 300 steps
    known = Durations(catalog, "smoke", ResultIndex(store))
    other = known.of("run@lofr-r50-mpii").hours - known.rest("run@lofr-r50-mpii", [file]).hours
    assert other == pytest.approx(0.1 * 40 / 300)
    file.write_text("nonsense")
    assert known.rest("run@transpose-r-a4-coco", [file]).hours == whole


def test_the_time_left_is_that_of_all_stages_over_those_that_run_at_a_time(monkeypatch):
    monkeypatch.setattr(watch.time, "time", lambda: 3600.0)
    running = [
        Job("run@a", "1", Path("x"), "local", 1800.0),
        Job("run@b", "2", Path("x"), "local", 0.0),
    ]
    hours = {"run@a": 2.0, "run@b": 0.5, "run@c": 1.5, "run@d": 0.0}
    assert watch.time_left(hours, running, 2) == ", more than 1.5 h left"
    assert watch.time_left({"run@c": 0.5}, [], 1) == ", about 30 min left"
    assert watch.time_left({"run@d": 0.0}, [], 1) == ""


def test_claims_that_wait_for_trainings_are_known_by_their_runs(catalog, tmp_path):
    found = claims_of(state(catalog, tmp_path))
    assert all(stage.startswith("run@") for needed in found for stage in needed)
    assert len(found) > 50


def test_a_budget_also_buys_the_training_whose_weights_another_begins_with(catalog, tmp_path):
    needs = claims_of(state(catalog, tmp_path))
    start, finetuned = "run@transpose-r-a4-coco", "run@transpose-r-a4-mpii-384x384-finetuned"
    scratch = "run@transpose-r-a4-mpii"
    claims = [needed for needed in needs if needed == {start, finetuned, scratch}]
    assert claims
    plans = [one(start, 50.0), one(finetuned, 15.0), one(scratch, 12.0)]
    assert [p.stage for p in within(plans, claims, 77.0)] == [start, finetuned, scratch]
    assert within(plans, claims, 76.9) == []
    assert [p.stage for p in within(plans[1:], claims, 27.0)] == [finetuned, scratch]  # start done
