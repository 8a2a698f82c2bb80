"""A training that stops and resumes is the one that was never stopped: weights, losses, samples, dropout."""

import shutil
from itertools import chain
from pathlib import Path

import pytest
import torch

import model_zoo
from bench.catalog.load import load_catalog
from bench.catalog.schema import Run
from bench.datasets.prepare import prepare
from bench.measure import train, work_dir
from bench.measure.hooks import LossCurve
from model_zoo.training.loop import GroupedTrainLoop
from tests.bench.measure.forked import together

PARAMS = """\
tier: smoke
synthetic:
  smoke:
    coco: {kind: crops, difficulty: easy, seed: 5, train: 10, val: 2}
"""
BATCH = {"train_dataloader.total_batch_size": 4, "train_dataloader.group_size": 2}
DROPOUT = {"model.head.dropout": 0.1}
# three steps an epoch
EPOCHS = {
    "train_cfg.max_iters": None,
    "train_cfg.max_epochs": 3,
    "param_scheduler": [{"type": "LinearLR", "start_factor": 0.5, "begin": 0, "end": 3}],
    "default_hooks.checkpoint": {"by_epoch": True, "interval": 1},
}
ITERATIONS = {"train_cfg.max_iters": 7, "default_hooks.checkpoint.interval": 3}
LOOPS = {"epochs": EPOCHS, "iterations": ITERATIONS}
WORKERS = {"train_dataloader.num_workers": 2, "train_dataloader.persistent_workers": True}


@pytest.fixture
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "params.yaml").write_text(PARAMS)
    monkeypatch.setenv("REPROPOSE_WORKSPACE", str(tmp_path))
    prepare("coco", "smoke")
    return tmp_path


def run_of(loop: str, **more) -> Run:
    options = {**BATCH, **DROPOUT, **LOOPS[loop], **more}
    return Run(config="transpose-r-a2", dataset="coco", options=options)


def trained(rank: int, name: str, run: Run, stop: int | None = None) -> None:
    """Train, or until the end of iteration `stop`; what is left of it is in the work folder."""
    seen = []
    kept = LossCurve.after_train_iter
    step = GroupedTrainLoop.run_iter

    def after_train_iter(self, runner, *given, **named):
        self.every = 1
        kept(self, runner, *given, **named)
        if runner.iter + 1 == stop:
            raise KeyboardInterrupt

    def run_iter(self, number, batch):
        seen.append([int(one.img_id) for one in batch["data_samples"]])
        step(self, number, batch)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(LossCurve, "after_train_iter", after_train_iter)
        patch.setattr(GroupedTrainLoop, "run_iter", run_iter)
        patch.setattr(train, "predict", lambda *_: [])
        job = train._prepare(load_catalog(), name, run, "smoke", 0)
        try:
            train._train(job.cfg, job.work, job.start)
        except KeyboardInterrupt:
            assert stop
    torch.save(seen, job.work / f"seen-{rank}-{'first' if stop else 'last'}.pt")


def facts(name: str, which: str = "last"):
    work = work_dir.of("smoke", name, 0)
    seen = [torch.load(file) for file in sorted(work.glob(f"seen-*-{which}.pt"))]
    steps = [list(chain(*step)) for step in zip(*seen, strict=True)]
    return work_dir.weights(work / "final.pth"), work_dir.curve(work / "curve.jsonl"), steps


def whole(loop: str):
    """Of a training that is not stopped. Its folder goes, since a finished training with the same key is taken over."""
    trained(0, "whole", run_of(loop))
    found = facts("whole")
    shutil.rmtree(work_dir.of("smoke", "whole", 0))
    return found


@pytest.mark.parametrize("loop", LOOPS)
def test_weights_losses_and_samples_are_bit_for_bit_those_of_the_whole_training(workspace, loop):
    weights, losses, samples = whole(loop)
    trained(0, "stopped", run_of(loop), stop=5)
    trained(0, "stopped", run_of(loop))
    found, found_losses, found_samples = facts("stopped")
    assert found_losses == losses
    assert len({tuple(sorted(step)) for step in samples}) > 1
    assert found_samples == samples[3:], "from the last checkpoint, and nothing is skipped"
    assert all(torch.equal(found[key], value) for key, value in weights.items())


def test_data_workers_and_threads_change_nothing(workspace):
    """`dvc repro` leaves the number of threads open, `repropose repro` and the tests set it to one."""
    trained(0, "whole", run_of("epochs"))
    weights, losses, samples = facts("whole")
    torch.set_num_threads(2)
    trained(0, "workers", run_of("epochs", **WORKERS), stop=5)
    assert torch.get_num_threads() == 1
    trained(0, "workers", run_of("epochs", **WORKERS))
    found, found_losses, found_samples = facts("workers")
    assert (found_losses, found_samples) == (losses, samples[3:])
    assert all(torch.equal(found[key], value) for key, value in weights.items())


def test_no_two_seeds_and_no_two_epochs_see_one_order(workspace):
    trained(0, "whole", run_of("epochs"))
    samples = facts("whole")[2]
    epochs = [list(chain(*samples[begin : begin + 3])) for begin in (0, 3, 6)]
    assert len({tuple(one) for one in epochs}) == 3
    assert len({tuple(sorted(set(one))) for one in epochs}) == 1, "every epoch has every sample"


@pytest.mark.slow
@pytest.mark.parametrize("loop", LOOPS)
def test_another_number_of_processes_goes_on_with_the_same_samples(workspace, loop):
    model_zoo.register()
    _, losses, samples = whole(loop)
    trained(0, "moved", run_of(loop), stop=5)
    together(2, trained, "moved", run_of(loop))
    _, found_losses, found_samples = facts("moved")
    assert found_samples == samples[3:]
    assert found_losses == [[step, pytest.approx(loss, rel=1e-3)] for step, loss in losses]
    work = work_dir.of("smoke", "moved", 0)
    assert work_dir.batch(work) == {"images": 4, "together": 2, "processes": [1, 2]}
