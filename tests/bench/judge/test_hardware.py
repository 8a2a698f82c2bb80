"""Two machines that measured one run and seed: both are kept, and the judge says whether they agree."""

import pytest

from bench.judge.evidence import Measurements
from bench.judge.hardware import apart
from bench.judge.verdicts import judge_cell
from bench.results.index import ResultIndex
from bench.results.locations import machine_name
from bench.results.records import Predictions
from bench.results.store import Store, to_bytes
from reports.exports.terminal import render_table

CPU = {"cpu": "Xeon(R) @ 2.0GHz", "cores": "2"}
GPU = {"cpu": "EPYC", "cores": "64", "gpu0": "NVIDIA H200"}


def measured(store: Store, make, ap: dict[int, float], tier: str, other: dict, **changes) -> None:
    """Seeds measured here with AP 70, on an H200 with `ap`."""
    for seed, there in ap.items():
        kinds = ((70.0, CPU, "2030-01-02", ""), (there, {**GPU, **other}, "2030-01-01", "m"))
        for value, hardware, day, machine in kinds:
            made = make.provenance(hardware=hardware, volatile={"date": day})
            more = changes if machine else {}
            one = make.trained("tiny-a-coco", seed, value, tier, provenance=made, **more)
            path = store.root / (f"machines/h200/{tier}" if machine else tier)
            file = path / "tiny-a-coco" / f"seed-{seed}.json"
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(to_bytes(one))


@pytest.mark.parametrize(
    ("tier", "ap", "words"),
    [
        ("full", {0: 70.4}, "agree: AP of seed 0 differs by 0.4, allowed 0.416"),
        ("full", {0: 70.4, 1: 70.5}, "do not agree: AP of seeds 0, 1 differs by at most 0.5"),
        ("smoke", {0: 65.0}, "agree: AP of seed 0 differs by 5, allowed 5.54"),
        ("smoke", {0: 64.0}, "do not agree: AP of seed 0 differs by 6, allowed 5.54"),
    ],
)
def test_machines_agree_within_what_two_seeds_differ(tiny, store, make, tier, ap, words) -> None:
    measured(store, make, ap, tier, {})
    cell = tiny.cell_index["tinypaper", "1", "tiny-a", "ap"]
    found = judge_cell(cell, Measurements(tiny, ResultIndex(store)))
    [line] = found.machines
    assert line.startswith(f"xeon-r-2-0ghz-2-cores and h200 {words}")
    assert line in found.reason
    assert all(not file.startswith("results/machines") for file in found.results)
    assert f"machines: tiny-a: {line}" in render_table(tiny, "tinypaper-1", [found])
    assert len(ResultIndex(store).measured) == 2 * len(ap)


def test_what_was_measured_by_another_protocol_is_not_compared(tiny, store, make) -> None:
    measured(store, make, {0: 10.0}, "smoke", {}, protocol={"data": "other"})
    cell = tiny.cell_index["tinypaper", "1", "tiny-a", "ap"]
    assert judge_cell(cell, Measurements(tiny, ResultIndex(store))).machines == ()


def test_a_machine_is_named_after_its_gpu_or_its_processor() -> None:
    assert machine_name(GPU) == "nvidia-h200"
    assert machine_name(CPU) == "xeon-r-2-0ghz-2-cores"
    assert machine_name({}) == "unknown-some-cores"
    assert machine_name({"gpu0": "../.."}) == "unnamed"


def merged(
    store: Store, make, seed: int, value: float, day: str, machine: str = "", **more
) -> None:
    """A smoke training, here or merged."""
    made = make.provenance(hardware=CPU, volatile={"date": day})
    one = make.trained("tiny-a-coco", seed, value, "smoke", provenance=made, **more)
    base = store.root / (f"machines/{machine}" if machine else "")
    file = base / "smoke/tiny-a-coco" / f"seed-{seed}.json"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(to_bytes(one))


def test_seeds_of_other_machines_are_named_and_one_training_is_no_two_draws(
    tiny, store, make
) -> None:
    kept = Predictions(file="x.json.gz", sha256="a" * 64, images=1, instances=1)
    merged(store, make, 0, 70.0, "2030-01-01", predictions=kept)
    merged(store, make, 0, 70.0, "2029-12-31", "copy", predictions=kept)
    merged(store, make, 1, 71.0, "2030-01-01", "node-1")
    merged(store, make, 7, 70.0, "2030-01-01", "node-2", predictions=kept)
    cell = tiny.cell_index["tinypaper", "1", "tiny-a", "ap"]
    found = judge_cell(cell, Measurements(tiny, ResultIndex(store)))
    assert found.seeds == (0, 1)
    assert found.machines[0].endswith("; predictions the same byte by byte")
    assert "seed 1 measured on node-1" in found.reason
    assert "seed 7 is another seed's training, not counted" in found.reason


def test_what_failed_here_later_does_not_hide_what_another_machine_measured(
    tiny, store, make
) -> None:
    merged(store, make, 0, 70.0, "2030-01-02", failed="no memory")
    merged(store, make, 0, 71.0, "2030-01-01", "node-1")
    [one] = store.accuracies()
    assert one.result.failed is None
    assert one.note.endswith("seed-0.json; this is the one that did not fail")


def test_the_bound_grows_with_the_seeds_compared_and_equal_names_are_two_machines(
    store, make, tiny
) -> None:
    assert [round(apart(n), 2) for n in (1, 3)] == [2.77, 3.38]
    merged(store, make, 0, 70.0, "2030-01-01")
    merged(store, make, 1, 70.0, "2030-01-03")
    for seed in (0, 1):
        merged(store, make, seed, 70.5, "2030-01-02", machine_name(CPU))
    cell = tiny.cell_index["tinypaper", "1", "tiny-a", "ap"]
    [line] = judge_cell(cell, Measurements(tiny, ResultIndex(store))).machines
    assert line.startswith("two xeon-r-2-0ghz-2-cores agree: AP of seeds 0, 1 differs by at most")
