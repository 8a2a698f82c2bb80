"""Results of another machine: what fits this checkout is kept beside ours, the rest is refused by name."""

import json
import shutil
import tarfile
import zipfile
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from bench.datasets.prepare import prepare
from bench.errors import DataError
from bench.evaluate import incoming, merge
from bench.evaluate.verify import checkable, other_files, verify
from bench.measure import selfcheck
from bench.measure.recheck import recheck
from bench.measure.train import measure_seed
from bench.results.inputs import digests, time_inputs
from bench.results.store import Store, to_bytes
from tests.bench.fetch.faulty import serving
from tests.factories import provenance, speed

RUN = selfcheck.NAME
FILE = f"smoke/{RUN}/seed-0.json"
CATALOG = selfcheck.short_catalog()
ELSEWHERE = {"cpu": "EPYC 9999", "cores": "64", "gpu0": "NVIDIA H200"}


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A workspace with data and the results of a short training."""
    folder = tmp_path_factory.mktemp("merge")
    (folder / "params.yaml").write_text(selfcheck.SETTINGS)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("REPROPOSE_WORKSPACE", str(folder))
        prepare("coco", "smoke")
        measure_seed(CATALOG, Store(folder / "results"), RUN, CATALOG.run(RUN), "smoke", 0)
        yield folder


@pytest.fixture
def sent(workspace: Path, tmp_path: Path) -> Path:
    """A copy of the results, as another machine would send them."""
    shutil.copytree(workspace / "results", tmp_path / "sent" / "results")
    edit(tmp_path / "sent/results", {"provenance/hardware": ELSEWHERE})
    return tmp_path / "sent" / "results"


@pytest.fixture
def here(tmp_path: Path) -> Store:
    return Store(tmp_path / "here" / "results", tmp_path / "measured")


def edit(base: Path, changes: dict[str, Any], file: str = FILE) -> None:
    """Change entries of a result, 'a/b' -> value; its manifest goes, as for what was edited it says so anyway."""
    data = json.loads((base / file).read_text())
    for path, value in changes.items():
        *steps, last = path.split("/")
        node = data
        for step in steps:
            node = node[step]
        node[last] = value
    (base / file).write_text(json.dumps(data, indent=2, sort_keys=True) + "\n")
    (base / "manifest.txt").unlink(missing_ok=True)


def merged(store: Store, source: Path | str, **named: Any) -> list[merge.Outcome]:
    received = incoming.receive(str(source), store.root.parent / "work")
    found = list(merge.merge(CATALOG, store, received, recheck, **named))
    shutil.rmtree(received.parent)
    return found


def content(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def zipped(folder: Path, file: Path) -> Path:
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as out:
        for name, data in content(folder).items():
            out.writestr(f"results/{name}", data)
    return file


def taped(folder: Path, file: Path) -> Path:
    with tarfile.open(file, "w:gz") as out:
        out.add(folder, "cluster/results")
    return file


def test_a_result_of_another_machine_is_recomputed_and_kept_beside_ours(sent, here):
    [one] = merged(here, sent)
    assert (one.state, one.kept) == ("merged", f"results/machines/nvidia-h200/{FILE}")
    assert one.reason.startswith("8 metrics from 12 predictions; protocol and length of its config")
    [stored] = here.accuracies()
    assert stored.file == f"results/machines/nvidia-h200/{FILE}"
    assert stored.predictions.is_file()
    assert stored.config.is_file()
    every = checkable(here, [])
    states = [c.state for c in (*verify(CATALOG, here, every, recheck), *other_files(here, every))]
    assert states == ["verified"]
    before = content(here.root)
    [again] = merged(here, sent)
    assert (again.state, again.kept) == ("equal", one.kept)
    assert content(here.root) == before


@pytest.mark.parametrize("pack", [zipped, taped])
def test_an_archive_is_read_as_its_folder_is(pack, sent, here, tmp_path):
    [one] = merged(here, pack(sent, tmp_path / "archive"))
    assert one.state == "merged"


def test_an_address_is_downloaded(sent, here, tmp_path):
    with serving() as server:
        server.put("r.zip", zipped(sent, tmp_path / "archive").read_bytes())
        [one] = merged(here, server.address("r.zip"))
    assert one.state == "merged"
    with pytest.raises(DataError, match="is no https address"):
        merged(here, "http://example.org/r.zip")


def test_both_stay_where_two_machines_measured_one_seed_and_the_equal_is_skipped(
    workspace, sent, here
):
    shutil.copytree(workspace / "results", here.root)
    [ours] = here.accuracies()
    [one] = merged(here, workspace / "results")
    assert (one.state, one.kept) == ("equal", f"results/{FILE}")
    [one] = merged(here, sent)
    assert one.state == "merged"
    [stored] = here.accuracies()
    assert {stored.file, *(other.file for other in stored.also)} == {
        ours.file,
        f"results/machines/nvidia-h200/{FILE}",
    }


REFUSED = {
    "code": (
        {"provenance/inputs/bench/measure/train.py": None},
        "code or configuration differ from this checkout's: bench/measure/train.py; check out",
    ),
    "inputs left out": ({"provenance/inputs": {}}, "code or configuration differ"),
    "data": ({"protocol/fingerprint": "0" * 64}, "evaluated on other data: fingerprint 00000"),
    "protocol": ({"protocol/flip_test": "maybe"}, "its protocol states flip_test 'maybe', its"),
    "evaluator": (
        {"protocol/evaluator": "pycocotools 1.0"},
        "its protocol differs: evaluator pycocotools 1.0, here pycocotools",
    ),
    "a protocol of its own": (
        {"protocol/weather": "good"},
        "its protocol states weather, which its config does not",
    ),
    "a date to come": (
        {"provenance/volatile/date": "2099-01-01T00:00:00+00:00"},
        "its date is 2099-01-01, which is to come",
    ),
    "a metric": ({"metrics/AP": 99.0}, "AP is 99 in the file and"),
    "seed": ({"seed": 3}, "its content belongs to"),
    "a failed run": ({"failed": "no memory"}, "the run failed there: no memory; measure it again"),
    "a number in quotes": ({"metrics/AP": "1"}, "Input should be a valid number"),
    "another run": ({"run": "no-such-run"}, "its content belongs to smoke/no-such-run"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_does_not_fit_is_refused_by_name_and_nothing_is_stored(name, sent, here):
    changes, words = REFUSED[name]
    if name == "code":
        changes = {}
        data = json.loads((sent / FILE).read_text())
        data["provenance"]["inputs"]["bench/measure/train.py"] = "content:0"
        (sent / FILE).write_text(json.dumps(data))
    edit(sent, changes)
    [one] = merged(here, sent)
    assert (one.state, one.file) == ("refused", FILE)
    assert words in one.reason, one.reason
    assert not here.root.exists()


def test_another_batch_or_another_augmentation_is_another_training(sent, here):
    config = sent / f"smoke/{RUN}/seed-0.config"
    kept = json.loads(config.read_text())
    edit(sent, {"protocol/batch": "4 images"})
    other = json.loads(config.read_text())
    other["train_dataloader"]["total_batch_size"] = 4
    other["train_dataloader"]["dataset"]["pipeline"] = kept["train_dataloader"]["dataset"][
        "pipeline"
    ][:1]
    config.write_text(json.dumps(other))
    [one] = merged(here, sent)
    assert one.state == "refused"
    assert "trains with another total_batch_size than the zoo's" in one.reason
    assert "prepares training images otherwise than the zoo's" in one.reason


def test_a_training_that_is_sent_again_as_another_seed_is_refused(sent, here):
    merged(here, sent)
    folder = sent / f"smoke/{RUN}"
    for path in [*folder.iterdir()]:
        path.rename(folder / path.name.replace("seed-0", "seed-7"))
    config = folder / "seed-7.config"
    data = json.loads(config.read_text())
    data["randomness"]["seed"] = 7
    config.write_text(json.dumps(data))
    file = f"smoke/{RUN}/seed-7.json"
    edit(sent, {"seed": 7, "predictions/file": "seed-7.predictions.json.gz"}, file)
    [one] = merged(here, sent)
    assert f"those of another seed, results/machines/nvidia-h200/{FILE}: one training" in one.reason


@pytest.mark.parametrize("name", ["", "../x", "x" * 61, "Node"])
def test_a_name_that_is_no_folder_name_is_refused_before_anything_is_written(name, sent, here):
    with pytest.raises(DataError, match=r"^machine name .* is not valid; allowed are up to 60"):
        merged(here, sent, machine=name)
    assert not here.root.exists()


def test_edited_and_missing_files_beside_it_are_noticed(sent, here):
    config = sent / f"smoke/{RUN}/seed-0.config"
    kept = config.read_bytes()
    config.unlink()
    assert "seed-0.config is missing beside it" in merged(here, sent)[0].reason
    config.write_text(json.dumps({**json.loads(kept), "test_dataloader": {"dataset": 3}}))
    assert "seed-0.config" in merged(here, sent)[0].reason
    config.write_text(json.dumps({**json.loads(kept), "train_dataloader": {"dataset": 3}}))
    assert "seed-0.config" in merged(here, sent)[0].reason
    config.write_bytes(kept)
    (sent / f"smoke/{RUN}/seed-0.predictions.json.gz").write_bytes(b"x")
    assert "its SHA-256 is not the one in" in merged(here, sent)[0].reason
    assert not here.root.exists()


def test_a_later_measurement_of_the_same_machine_replaces_an_earlier_and_no_other_way(sent, here):
    dates = [(datetime.now(UTC) + timedelta(minutes=n)).isoformat() for n in (-9, 0, -5)]
    edit(sent, {"provenance/volatile/date": dates[0]})
    [one] = merged(here, sent)
    later = {"provenance/volatile/date": dates[1], "training/loss": [[1, 0.5]]}
    kept = (here.root.parent / one.kept).read_bytes()
    edit(sent, later)
    [again] = merged(here, sent)
    assert again.state == "merged"
    assert again.reason.startswith(
        "replaces an earlier measurement of it on nvidia-h200; 8 metrics"
    )
    assert (here.root.parent / one.kept).read_bytes() != kept
    edit(sent, {"provenance/volatile/date": dates[2], "training/loss": []})
    [earlier] = merged(here, sent)
    assert "a later measurement of it on nvidia-h200 is here" in earlier.reason
    [apart] = merged(here, sent, machine="node-7")
    assert apart.kept == f"results/machines/node-7/{FILE}"


def test_a_merge_that_is_killed_leaves_whole_results_and_goes_on(sent, here, monkeypatch):
    """Killed at each write of the last step: no JSON without all beside it."""
    plain = merge.write_atomically
    for kills in range(20):
        left = iter(range(kills))

        def dies(path, content, left=left):
            if next(left, None) is None:
                raise KeyboardInterrupt
            plain(path, content)

        monkeypatch.setattr(merge, "write_atomically", dies)
        try:
            merged(here, sent)
        except KeyboardInterrupt:
            assert here.accuracies() == []
        else:
            break
    monkeypatch.setattr(merge, "write_atomically", plain)
    every = checkable(here, [])
    states = [c.state for c in (*verify(CATALOG, here, every, recheck), *other_files(here, every))]
    assert states == ["verified"]
    assert kills > 4


def test_timings_are_kept_beside_ours_once_their_code_is_the_same(here, tmp_path):
    there = Store(tmp_path / "sent" / "results", tmp_path / "none")
    one = speed({"transpose-r-a3": (20.0, 19.0, 21.0)}, group="transpose", machine="H200")
    there.write(one)
    [refused] = merged(here, there.root)
    assert "code or configuration differ" in refused.reason
    made = provenance(hardware=ELSEWHERE, inputs=digests(time_inputs(["transpose-r-a3"])))
    there.write(one.model_copy(update={"provenance": made}))
    [kept] = merged(here, there.root)
    assert kept.state == "merged"
    assert [s.file for s in here.speeds()] == ["results/machines/nvidia-h200/timed/transpose.json"]


def test_the_merged_result_has_the_bytes_that_were_sent(sent, here):
    [one] = merged(here, sent)
    [stored] = here.accuracies()
    kept = (here.root.parent / one.kept).read_bytes()
    assert kept == (sent / FILE).read_bytes() == to_bytes(stored.result)
