"""What a training that cannot go on says: memory, a loss that is no number, a full disk, damaged work folders."""

import errno
import json
import shutil
import subprocess
import sys
from collections import namedtuple
from pathlib import Path

import pytest
import torch

import model_zoo
from bench.catalog.load import Catalog, load_catalog
from bench.catalog.schema import Run, Seeds
from bench.errors import CatalogError, EnvironmentProblem, TrainingFailed
from bench.files import write_atomically
from bench.measure import train, work_dir
from bench.results.store import Store

SETTINGS = """\
tier: smoke
synthetic:
  smoke:
    coco: {kind: crops, difficulty: easy, seed: 5, train: 8, val: 2}
"""
TINY = {
    "train_cfg.max_iters": 3,
    "train_dataloader.total_batch_size": 4,
    "default_hooks.checkpoint.interval": 1,
    "default_hooks.checkpoint.by_epoch": False,
}
RUN = Run(config="transpose-r-a2", dataset="coco", options=TINY, seeds=Seeds(smoke=(0,)))


@pytest.fixture
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "params.yaml").write_text(SETTINGS)
    monkeypatch.setenv("REPROPOSE_WORKSPACE", str(tmp_path))
    known = Catalog.run
    monkeypatch.setattr(
        Catalog, "run", lambda self, name: RUN if name == "tiny" else known(self, name)
    )
    return tmp_path


@pytest.fixture(scope="module")
def trained_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("trained")
    (folder / "params.yaml").write_text(SETTINGS)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("REPROPOSE_WORKSPACE", str(folder))
        patch.setattr(Catalog, "run", lambda self, name: RUN)
        measure(folder)
    return folder


@pytest.fixture
def trained(trained_once, workspace: Path) -> Path:
    shutil.copytree(trained_once, workspace, dirs_exist_ok=True)
    last = workspace / "work/smoke/tiny/seed-0/last_checkpoint"
    last.write_text(last.read_text().replace(str(trained_once), str(workspace)))
    return workspace


def measure(workspace: Path):
    store = Store(root=workspace / "results")
    return list(train.measure(load_catalog(), store, "tiny", "smoke"))


def failure(workspace: Path) -> str | None:
    found = Store(root=workspace / "results").accuracies("smoke")
    return found[0].result.failed if found else None


def test_out_of_memory_names_a_batch_that_was_seen_to_fit(workspace, monkeypatch):
    """A network that has room for one image at a time; memory is short before it and not after."""
    model_zoo.register()
    from mmpose.models.pose_estimators import TopdownPoseEstimator

    forward = TopdownPoseEstimator.loss
    tried = []

    def crowded(self, inputs, samples):
        tried.append(len(inputs))
        if len(inputs) > 1:
            raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB")
        return forward(self, inputs, samples)

    monkeypatch.setattr(TopdownPoseEstimator, "loss", crowded)
    with pytest.raises(
        TrainingFailed, match=r"4 images at a time.*1 at a time fit.*-batch 1`"
    ) as e:
        measure(workspace)
    assert "\n" not in str(e.value)
    assert tried == [4, 2, 1, 1, 1, 1]  # 4; 2; then a whole step of four groups of 1
    assert failure(workspace) == str(e.value)


def test_a_loss_that_is_no_number_names_step_and_cause(workspace, monkeypatch):
    model_zoo.register()
    from mmpose.models.pose_estimators import TopdownPoseEstimator

    forward, calls = TopdownPoseEstimator.loss, []

    def diverges(self, inputs, samples):
        calls.append(1)
        losses = forward(self, inputs, samples)
        return {k: v * (float("nan") if len(calls) == 2 else 1) for k, v in losses.items()}

    monkeypatch.setattr(TopdownPoseEstimator, "loss", diverges)
    with pytest.raises(TrainingFailed, match=r"not a number at step 2 \(.*loss.*\): the learning"):
        measure(workspace)
    assert "step 2" in (failure(workspace) or "")
    assert not (workspace / "work/smoke/tiny/seed-0/final.pth").exists()


@pytest.mark.parametrize(
    "error",
    [
        OSError(errno.ENOSPC, "No space left on device", "iter_1.pth"),
        RuntimeError("[enforce fail at inline_container.cc:664] . unexpected pos 192 vs 86"),
        RuntimeError("PytorchStreamWriter failed writing file data/1: file write failed"),
    ],
)
def test_a_full_disk_is_no_failure_of_the_training(workspace, monkeypatch, error):
    def full(*_, **__):
        raise error

    with monkeypatch.context() as patch:
        patch.setattr(torch, "save", full)
        with pytest.raises(EnvironmentProblem, match=r"cannot be written.*resumes"):
            measure(workspace)
    assert failure(workspace) is None


def test_a_finished_training_is_evaluated_on_a_nearly_full_disk(trained, monkeypatch):
    usage = namedtuple("usage", "free")
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage(8192))
    shutil.rmtree(trained / "results")
    assert measure(trained)[0].metrics
    (trained / "work/smoke/tiny/seed-0/final.pth").unlink()
    with pytest.raises(EnvironmentProblem, match="less than 1 GB is free"):
        measure(trained)


WORK = "work/smoke/tiny/seed-0"


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("curve.jsonl", b'[20, 0.1]\n[4\n[60, "x"]\n[80, 0.1]\n', "curve.jsonl:2: not"),
        ("batch.json", b"[1]", "batch.json does not say"),
        ("final.pth", b"PK\3\4", "final.pth is damaged"),
        ("final.pth", "number", "final.pth is damaged"),
        ("final.pth", "other", "final.pth holds weights of another model"),
    ],
)
def test_a_damaged_work_folder_is_named_and_the_result_stays(trained, name, content, says):
    path = trained / WORK / name
    if isinstance(content, bytes):
        path.write_bytes(content)
    else:
        torch.save(5 if content == "number" else {"a": torch.zeros(1)}, path)
    with pytest.raises(work_dir.DamagedWork, match=says) as error:
        measure(trained)
    assert "\n" not in str(error.value)
    assert failure(trained) is None, "the stored result is the earlier one"


def checkpoint(work: Path) -> Path:
    """Before the last of three steps; final.pth was not yet written."""
    (work / "final.pth").unlink()
    return sorted(work.glob("iter_*.pth"))[-1]


@pytest.mark.parametrize("damage", ["no meta", "other model", "cut", "number"])
def test_what_is_no_checkpoint_of_this_training_is_set_aside(trained, damage):
    path = checkpoint(trained / WORK)
    found = torch.load(path, weights_only=True)
    if damage == "no meta":
        del found["meta"]
    elif damage == "other model":
        found["state_dict"] = {"weight": torch.zeros(3)}
    torch.save(7 if damage == "number" else found, path)
    if damage == "cut":
        path.write_bytes(path.read_bytes()[:5000])
    assert measure(trained)[0].metrics
    assert path.with_suffix(".damaged").is_file()


def test_edited_or_damaged_predictions_of_the_untrained_network_are_made_again(trained):
    kept = trained / WORK / "untrained.json"
    good = kept.read_bytes()
    before = measure(trained)[0].untrained
    for bad in (b"[]", b"{", b"\xff\xfe", b'{"a": 1}'):
        kept.write_bytes(bad)
        assert measure(trained)[0].untrained == before
        assert kept.read_bytes() == good


def test_an_unreadable_key_is_another_training(trained):
    (trained / WORK / "key").write_bytes(b"\xff\xfe\0")
    assert measure(trained)[0].metrics
    assert (trained / "work/smoke/tiny/seed-0.old-1/final.pth").is_file()


def test_a_second_process_on_a_run_is_told_who_works_there(workspace):
    lock = workspace / "work/smoke/tiny/.seed-0.lock"
    code = (
        "import sys, time\nfrom pathlib import Path\nfrom bench.locks import alone\n"
        "with alone(Path(sys.argv[1]), 'x'):\n print('held', flush=True)\n sys.stdin.read()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code, str(lock)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as other:
        assert other.stdout.readline() == b"held\n"
        with pytest.raises(
            EnvironmentProblem, match=rf"tiny seed 0.*process {other.pid} \(.*\) since"
        ):
            measure(workspace)
        other.kill()
        other.wait()
    assert json.loads(lock.read_bytes())["pid"] == other.pid, "left by what was killed"
    write_atomically(workspace / "params.yaml", b"tier: smoke\n")
    with pytest.raises(Exception, match="has no entry synthetic"):  # past the lock
        measure(workspace)


@pytest.mark.parametrize(
    ("option", "value", "says"),
    [
        ("train_dataloader.total_batch_sizes", 4, "did you mean: total_batch_size"),
        ("train_datalaoder.total_batch_size", 4, "it has no train_datalaoder"),
        ("train_dataloader.total_batch_size", "four", "has .*: give a number"),
        ("train_dataloader.total_batch_size", [4], "give a number"),
        ("model.head", 5, "give a mapping"),
        ("model.nose.depth", 5, "it has no nose"),
        ("surprise", 5, "is not in the config 'transpose-r-a2'"),
        ("train_cfg.max_iters.x", 5, "it has no max_iters"),
    ],
)
def test_a_misspelt_or_mistyped_option_is_named_before_anything_is_written(
    workspace, monkeypatch, option, value, says
):
    run = RUN.model_copy(update={"options": {option: value}})
    monkeypatch.setattr(Catalog, "run", lambda self, name: run)
    with pytest.raises(CatalogError, match=says) as error:
        measure(workspace)
    assert "\n" not in str(error.value)
    assert not (workspace / "work/smoke/tiny/seed-0").exists()
    assert not (workspace / "results").exists()
