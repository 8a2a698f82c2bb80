"""A minute of training steps says how long trainings that were never measured take."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from bench.catalog.load import Catalog, load_catalog
from bench.errors import DataError, ReproPoseError
from bench.judge.cost import SMOKE_SECONDS
from bench.measure.short_trainings import time_runs
from bench.pipeline import calibration
from bench.pipeline.calibration import Calibration, Timing, calibrate, file_of, of_this_machine
from bench.pipeline.durations import EVALUATED, Durations, Estimate
from bench.pipeline.plan import Planned, wall_hours
from bench.results.index import ResultIndex
from bench.results.store import Store
from tests.benchmarks import predicted_times
from tests.factories import provenance, trained

DAY = datetime(2026, 11, 30, tzinfo=UTC)
TIMED = {
    "transpose-r-a4-coco": Timing(steps=160, step=0.5, rest=20.0),  # 100 s
    "transpose-h-a4-coco": Timing(steps=160, step=1.0, rest=40.0),  # 200 s
    "transpose-r-a3-at-384x288-coco": Timing(steps=0, step=0.0, rest=50.0),
}


@pytest.fixture(scope="module")
def catalog() -> Catalog:
    return load_catalog()


def found(runs: dict[str, Timing]) -> Calibration:
    return Calibration(date=DAY, machine="here", took=50.0, side_by_side=2, start=10.0, runs=runs)


def seconds(estimate: Estimate) -> float:
    assert estimate.hours is not None
    return 3600 * estimate.hours


def test_seconds_are_those_timed_then_of_the_family_by_its_steps_then_the_usual_at_this_pace(
    catalog: Catalog, tmp_path: Path
) -> None:
    store = Store(root=tmp_path / "results", measured=tmp_path / "none")
    known = Durations(catalog, "smoke", ResultIndex(store), found(TIMED))
    own, of = known.of("run@transpose-r-a4-coco"), "calibration of 2026-11-30"
    assert seconds(own) == pytest.approx(10 + 100)
    assert own.basis == of
    other = known.of("run@transpose-r-a3-coco")  # the same number of steps
    assert seconds(other) == pytest.approx(10 + 160 * 0.75 + 30)
    assert other.basis == f"{of}, mean of 2 of this family"
    evaluated = known.of("run@transpose-r-a3-nope-at-384x288-coco")  # trains nothing
    assert seconds(evaluated) == pytest.approx(10 + 50)
    untimed = known.of("run@lofr-r50-mpii")
    pace = 150 / SMOKE_SECONDS["transpose"]
    seeds = len(catalog.run("lofr-r50-mpii").seeds.smoke)
    assert seconds(untimed) == pytest.approx(10 + seeds * pace * SMOKE_SECONDS["lofr"])
    assert untimed.basis == f"usual, times {pace:.1f} as calibrated"
    store.write(
        trained("transpose-r-a4-coco", 0, 50.0, provenance=provenance(volatile={"seconds": 80.0}))
    )
    measured = Durations(catalog, "smoke", ResultIndex(store), found(TIMED))
    assert measured.of("run@transpose-r-a4-coco").basis == "measured here"
    assert seconds(measured.of("run@transpose-r-a4-coco")) == pytest.approx(90)
    bare = Durations(catalog, "smoke", ResultIndex(store))
    trains, evaluates = "run@transpose-r-a3-coco", "run@transpose-r-a3-nope-at-384x288-coco"
    assert bare.of(trains).basis == "median of 1 trainings of this family here"
    assert seconds(bare.of(evaluates)) == pytest.approx(EVALUATED * 80 / SMOKE_SECONDS["transpose"])
    lab = Durations(catalog, "lab", ResultIndex(store), found(TIMED))
    assert lab.of("run@transpose-r-a3-coco").basis == "counted operations"


def test_it_is_kept_with_what_was_measured_and_when_and_used_on_its_machine_only(
    catalog: Catalog, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(calibration, "run_dvc", lambda *_, **__: None)
    asked: list[str] = []

    def timed(names: list[str], left: float) -> list[tuple[str, Timing, float]]:
        asked.extend(names)
        assert 59 < left <= 60
        return [(name, one, 4.0) for name, one in TIMED.items()]

    runs = ["transpose-r-a4-coco", "transpose-h-a4-coco", "lofr-r50-mpii", *TIMED]
    made = calibrate(tmp_path, catalog, runs, 2, timed)
    assert set(asked[:3]) >= {"lofr-r50-mpii", "transpose-r-a3-at-384x288-coco"}  # one of each kind
    assert made.start == pytest.approx(4.0 * 1.9, abs=0.5)
    assert of_this_machine(tmp_path) == made
    assert "a few steps of 3 trainings, 2 at a time" in str(made)
    monkeypatch.setattr(calibration, "hardware", lambda: {"cpu": "Another", "cores": "64"})
    assert of_this_machine(tmp_path) is None
    file_of(tmp_path).write_text('{"runs": {}}')
    with pytest.raises(DataError, match=r"no calibration of this version .* plan --calibrate"):
        of_this_machine(tmp_path)
    with pytest.raises(ReproPoseError, match="no training was timed"):
        calibrate(tmp_path, catalog, [], 2, lambda *_: [])


@pytest.mark.process
def test_a_training_is_timed_step_by_step(catalog: Catalog, tmp_path: Path) -> None:
    [one] = time_runs(catalog, ["transpose-r-a3-coco"], tmp_path, 600.0, 1)
    assert (one.run, one.steps) == ("transpose-r-a3-coco", 160)
    assert 0.01 < one.step < one.rest
    assert one.imports > 0.5


def test_hours_side_by_side_leave_timings_alone() -> None:
    def of(stage: str, hours: float | None) -> Planned:
        return Planned(stage, "", Estimate(hours, ""), 0, 0, 0)

    plans = [
        of("run@a", 3.0),
        of("run@b", 1.0),
        of("run@c", 1.0),
        of("time-x", 0.5),
        of("run@d", None),
    ]
    assert wall_hours(plans, 2) == pytest.approx(3.5)
    assert wall_hours(plans, 1) == pytest.approx(5.5)


def test_predicted_times_knows_a_stage_by_its_command_and_divides_what_it_took() -> None:
    commands = {
        ("/x/bin/python", "/x/bin/repropose", "measure", "a", "--tier", "smoke"): "run@a",
        ("/x/bin/python", "/x/bin/repropose", "count", "--paper", "lofr"): "count-lofr",
        ("/bin/sh", "-c", "repropose measure a"): None,
        ("/x/bin/python", "/x/bin/repropose", "repro", "a"): None,
    }
    assert [predicted_times.stage_of(list(one)) for one in commands] == list(commands.values())
    plan = [
        {"stage": "run@a", "hours": 0.01, "basis": "usual"},
        {"stage": "count-lofr", "hours": 0.02, "basis": "usual"},
        {"stage": "run@b", "hours": None, "basis": "usual"},
    ]
    seen = {"run@a": predicted_times.Seen(10.0, 40.0, 25.0)}
    seen["count-lofr"] = predicted_times.Seen(0.0, 36.0, 30.0)
    rows = list(predicted_times.compared(plan, seen, {"run@a": 45.0}))
    assert [(row["wall"], row["cpu"], row["ratio"]) for row in rows] == [
        (45.0, 25.0, 1.25),  # 36 s predicted; the job took longer than its command was seen
        (36.0, 30.0, 0.5),
        (None, None, None),
    ]
    assert "kind run: 1 stages, predicted 36 s, took 45 s, ratio 1.25" in "\n".join(
        predicted_times.shown(rows, 100.0, 110.0)
    )
