"""The store: stable bytes, the newer of two, and one clear line for invalid files."""

import datetime
import gzip
import json
import os
from pathlib import Path

import pytest

from bench.errors import EnvironmentProblem, ResultError
from bench.results.index import ResultIndex
from bench.results.locations import slug
from bench.results.store import Store, to_bytes

PEOPLE = [
    {"image_id": i // 2, "category_id": 1, "keypoints": [1.0] * 51, "score": 0.5} for i in range(6)
]


def test_missing_folders_hold_nothing(store: Store) -> None:
    assert ResultIndex(store).files == {}


def test_what_is_written_is_read_back(store, make) -> None:
    results = [
        make.counted("tiny-a", 5),
        make.timed(tiny_a=3.0),
        make.trained("tiny-a-coco", 0, 40.0),
    ]
    for one in results:
        store.write(one)
    files = ResultIndex(store).files
    assert {file: one.result for file, one in files.items()} == {
        "results/counted/tiny-a.json": results[0],
        "results/timed/tiny.json": results[1],
        "results/smoke/tiny-a-coco/seed-0.json": results[2],
    }
    assert list(files) == sorted(files)


def test_bytes_are_sorted_stable_and_end_with_a_newline(store, make) -> None:
    path = store.write(make.counted("tiny-a", 5)).path
    first = path.read_bytes()
    assert list(json.loads(first)) == sorted(json.loads(first))
    assert first.endswith(b"}\n")
    store.write(make.counted("tiny-a", 5))
    assert path.read_bytes() == first
    assert path.stat().st_mode & 0o777 == 0o644


def test_tiers_and_released_weights_have_their_own_folders(store, make) -> None:
    store.write(make.trained("tiny-a-coco", 0, 40.0))
    store.write(make.trained("tiny-a-coco", 0, 75.0, "full"))
    store.write(make.trained("tiny-a-coco", 0, 75.8, "full", evidence="released-weights"))
    assert [s.path.name for s in store.accuracies("full")] == [
        "seed-0.json",
        "detector-56-4.json",
    ]
    assert len(store.accuracies()) == 3


def test_predictions_are_stored_with_the_result_and_checked(store, make) -> None:
    stored = store.write(make.trained("tiny-a-coco", 0, 40.0), PEOPLE)
    assert stored.result.predictions.images == 3
    assert stored.result.predictions.instances == 6
    (read,) = store.accuracies()
    assert store.predictions(read) == PEOPLE
    assert stored.predictions.name == "seed-0.predictions.json.gz"
    stored.predictions.write_bytes(gzip.compress(b"[]"))
    with pytest.raises(ResultError, match=r"SHA-256 is not the one in results/smoke.*dvc repro"):
        store.predictions(read)


@pytest.mark.parametrize("file", ["../seed-0.json", "/etc/passwd", "a/b.json.gz", "", ".."])
def test_predictions_never_lead_out_of_the_folder(store, make, file: str) -> None:
    stored = store.write(make.trained("tiny-a-coco", 0, 40.0), PEOPLE)
    record = stored.result.predictions.model_copy(update={"file": file})
    escaped = stored._replace(result=stored.result.model_copy(update={"predictions": record}))
    with pytest.raises(ResultError, match="must be in the folder of the result"):
        store.predictions(escaped)


@pytest.mark.parametrize("name", ["../x", "a/b", "", "A", "a--b", "a.b"])
def test_an_invalid_name_is_rejected(store, make, name: str) -> None:
    with pytest.raises(ResultError, match="is not a valid file name"):
        store.write(make.counted(name, 5))
    assert not store.root.exists()


@pytest.mark.parametrize(
    ("content", "found"),
    [
        (b"", "not readable JSON"),
        (b"\xff\xfe", "not readable JSON"),
        (b"[1]", "expected a JSON object, found list"),
        (b"{}", "format"),
        (b'{"kind": "count", "macs": NaN}', "NaN is not a number"),
        (b'{"kind": "count", "format": 1}', "Field required"),
        (b'{"kind": "count", "format": 2}', "format 2 is newer than format 1"),
    ],
)
def test_an_invalid_file_is_named_with_what_to_do(store, content: bytes, found: str) -> None:
    path = store.root / "counted" / "tiny-a.json"
    path.parent.mkdir(parents=True)
    path.write_bytes(content)
    with pytest.raises(ResultError, match=rf"results/counted/tiny-a\.json.*{found}.*`dvc repro`"):
        store.counts()


def test_a_committed_file_is_restored_with_git(store) -> None:
    path = store.measured / "counted" / "tiny-a.json"
    path.parent.mkdir(parents=True)
    path.write_text("{")
    with pytest.raises(
        ResultError, match=r"`git checkout -- reports/measured/counted/tiny-a\.json`"
    ):
        store.counts()


def test_a_file_in_the_wrong_folder_is_rejected(store, make) -> None:
    path = store.write(make.counted("tiny-a", 5)).path
    path.rename(path.with_name("tiny-b.json"))
    with pytest.raises(ResultError, match=r"content belongs to counted/tiny-a\.json"):
        store.counts()


def test_a_smoke_result_cannot_pass_for_a_full_one(store, make) -> None:
    with pytest.raises(ResultError, match="tier 'smoke' cannot give evidence 'full-3'"):
        store.write(make.trained("tiny-a-coco", 0, 40.0, evidence="full-3"))


def test_numbers_that_are_not_finite_are_never_written(store, make) -> None:
    with pytest.raises(ResultError, match="not finite"):
        store.write(make.trained("tiny-a-coco", 0, float("nan")))
    assert not store.root.exists()


@pytest.mark.parametrize(
    ("generated", "committed", "wins", "says"),
    [
        ("2030-01-01", "2030-01-02T10:00:00+01:00", "reports/measured", "the newer one"),
        ("2030-01-02", "2030-01-01", "results/", "the newer one"),
        (None, "2030-01-01", "results/", "the dates do not decide"),
    ],
)
def test_of_two_files_of_one_measurement_the_newer_counts(
    store, make, generated, committed, wins, says
) -> None:
    for date, is_committed, ap in ((generated, False, 1.0), (committed, True, 2.0)):
        made = make.provenance(volatile={"date": date} if date else {})
        result = make.trained("tiny-a-coco", 0, ap, "lab", provenance=made)
        store.write(result, committed=is_committed)
    (kept,) = store.accuracies()
    assert kept.file.startswith(wins)
    assert says in kept.note


@pytest.mark.parametrize("date", ["yesterday", "2030-13-01", 20300101, ["2030-01-01"]])
def test_an_invalid_date_is_rejected_with_the_file(store, make, date) -> None:
    store.write(make.counted("tiny-a", 5, provenance=make.provenance(volatile={"date": date})))
    with pytest.raises(
        ResultError,
        match=r"results/counted/tiny-a\.json: provenance > volatile > date: .*dvc repro",
    ):
        store.counts()


def test_the_newest_date_is_the_latest_moment_and_not_the_last_in_the_alphabet(store, make) -> None:
    assert ResultIndex(store).newest_date is None
    dates = ["2030-01-02T00:30:00+02:00", "2030-01-01T23:00:00", None]  # 22:30 and 23:00 in UTC
    for number, when in enumerate(dates):
        made = make.provenance(volatile={"date": when} if when else {})
        store.write(make.counted(f"tiny-{number}", 5, provenance=made))
    assert ResultIndex(store).newest_date == datetime.date(2030, 1, 1)


def test_timings_of_two_machines_both_stay(store, make) -> None:
    for machine in ("Tesla T4", "H200"):
        store.write(make.timed(machine, "cuda", tiny_a=1.0), committed=True)
    assert [s.file for s in store.speeds()] == [
        "reports/measured/timed/h200-cuda/tiny.json",
        "reports/measured/timed/tesla-t4-cuda/tiny.json",
    ]


def test_a_write_that_fails_leaves_nothing_half_written(store, make, monkeypatch) -> None:
    path = store.write(make.counted("tiny-a", 5)).path
    before = path.read_bytes()

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(EnvironmentProblem, match=r"No space left on device; nothing was changed"):
        store.write(make.counted("tiny-a", 6))
    assert path.read_bytes() == before
    assert [p.name for p in path.parent.iterdir()] == ["tiny-a.json"]


def test_committed_fixture_results_have_the_bytes_the_store_writes() -> None:
    root = Path(__file__).parents[2] / "fixtures" / "results"
    stored = ResultIndex(Store(root, root / "none")).measured
    assert len(stored) > 8
    for one in stored:
        assert to_bytes(one.result) == one.path.read_bytes()


def test_slugs_are_names() -> None:
    assert slug("NVIDIA Tesla T4 (16 GB)") == "nvidia-tesla-t4-16-gb"


@pytest.mark.parametrize("wrong", ["0.0", "-1.0", "1e999"])
def test_a_latency_is_a_positive_number(store, make, wrong) -> None:
    store.write(make.speed({"tiny-a": (2.0, 1.0, 3.0)}))
    [path] = store.root.glob("timed/*.json")
    path.write_text(path.read_text().replace('"median_ms": 2.0', f'"median_ms": {wrong}'))
    with pytest.raises(ResultError, match=r"median_ms|too large"):
        store.speeds()


def test_a_metric_is_a_finite_number(store, make) -> None:
    store.write(make.trained("tiny-a-coco", 0, 75.8))
    [path] = store.root.glob("smoke/*/*.json")
    path.write_text(path.read_text().replace("75.8", "1e999"))
    with pytest.raises(ResultError, match="1e999 is too large a number"):
        store.accuracies()
