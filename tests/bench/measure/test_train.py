"""Training, resuming and evaluating through the harness, on synthetic people and on real images."""

import json
import shutil
from pathlib import Path

import pytest
import torch

import model_zoo
from bench.catalog.load import load_catalog
from bench.catalog.schema import Run
from bench.datasets.prepare import fingerprint, prepare
from bench.datasets.splits import annotation_file
from bench.errors import DataError
from bench.evaluate import metrics
from bench.measure import train
from bench.results.store import Store
from tests.bench.measure.paper_size import full_options, lay_out

TINY = {"train_cfg.max_iters": 4, "train_dataloader.total_batch_size": 4}
SETTINGS = """\
tier: smoke
synthetic:
  smoke:
    coco: {kind: crops, difficulty: easy, seed: 5, train: 24, val: 8}
    coco-scenes: {kind: scenes, difficulty: easy, seed: 5, train: 8, val: 4}
"""


@pytest.fixture
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "params.yaml").write_text(SETTINGS)
    monkeypatch.setenv("REPROPOSE_WORKSPACE", str(tmp_path))
    return tmp_path


def measure(workspace: Path, run: Run, tier="smoke", name="tiny"):
    store = Store(root=workspace / "results")
    return train.measure_seed(load_catalog(), store, name, run, tier, 0)


@pytest.fixture(scope="module")
def tiny() -> Run:
    return Run(config="transpose-r-a3", dataset="coco", options=dict(TINY))


@pytest.fixture(scope="module")
def trained_once(tiny, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace in which the tiny run is measured."""
    folder = tmp_path_factory.mktemp("trained")
    (folder / "params.yaml").write_text(SETTINGS)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("REPROPOSE_WORKSPACE", str(folder))
        measure(folder, tiny)
    return folder


@pytest.fixture
def trained(trained_once, workspace: Path) -> Path:
    """A copy of it, for tests that change it."""
    shutil.copytree(trained_once, workspace, dirs_exist_ok=True)
    return workspace


def test_a_result_can_be_traced_and_recomputed_from_its_predictions(trained):
    store = Store(root=trained / "results")
    [stored] = store.accuracies("smoke")
    result = stored.result
    entries = store.predictions(stored)
    truth = annotation_file("coco", "smoke")
    assert metrics.evaluate("coco", truth, entries) == result.metrics
    assert stored.result.provenance.inputs["model_zoo/transpose/model.py"]
    assert stored.result.protocol["fingerprint"] == fingerprint("coco", "smoke")
    assert "AP" in result.untrained
    assert set(result.constant_poses) == {"box corner", "box centre", "mean pose"}


def test_the_same_seed_gives_the_same_predictions(trained, tiny):
    [first] = Store(root=trained / "results").accuracies()
    shutil.rmtree(trained / "work")  # else the finished training would be taken over
    second = measure(trained, tiny, name="second")
    assert first.result.metrics == second.metrics
    assert first.result.predictions.sha256 == second.predictions.sha256


def test_an_interrupted_training_resumes_where_it_stopped(workspace, tiny, monkeypatch):
    from bench.measure.hooks import LossCurve

    options = {
        **TINY,
        "default_hooks.checkpoint.interval": 1,
        "default_hooks.checkpoint.by_epoch": False,
    }
    run = tiny.model_copy(update={"options": options})

    def stop(self, runner, batch_idx, data_batch=None, outputs=None):
        if runner.iter == 2:
            raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(LossCurve, "after_train_iter", stop)
        with pytest.raises(KeyboardInterrupt):
            measure(workspace, run)
    work = workspace / "work/smoke/tiny/seed-0"
    assert not (work / "final.pth").exists()
    seen: list[int] = []
    with monkeypatch.context() as patch:
        patch.setattr(
            LossCurve, "after_train_iter", lambda self, runner, *a, **k: seen.append(runner.iter)
        )
        measure(workspace, run)
    assert seen == [2, 3]
    assert (work / "final.pth").exists()


def test_a_finished_training_is_not_repeated(trained, tiny):
    final = trained / "work/smoke/tiny/seed-0/final.pth"
    before = final.stat().st_mtime_ns
    measure(trained, tiny)
    assert final.stat().st_mtime_ns == before


def test_changed_code_that_predicts_repeats_predictions_and_no_training(trained, tiny, monkeypatch):
    work = trained / "work/smoke/tiny/seed-0"
    before = (work / "final.pth").stat().st_mtime_ns
    made = (work / "untrained.json").stat().st_mtime_ns
    assert "AP" in measure(trained, tiny).untrained
    assert (work / "untrained.json").stat().st_mtime_ns == made, "kept while the code is the same"
    digests = train.digests
    changed = {"bench/measure/predict.py": "other"}
    monkeypatch.setattr(train, "digests", lambda names: digests(names) | changed)
    assert "AP" in measure(trained, tiny).untrained
    assert (work / "untrained.json").stat().st_mtime_ns > made
    assert (work / "final.pth").stat().st_mtime_ns == before


def test_what_was_trained_otherwise_is_moved_aside_and_not_lost(trained, tiny):
    other = tiny.model_copy(update={"options": {**TINY, "train_dataloader.total_batch_size": 5}})
    measure(trained, other)
    assert (trained / "work/smoke/tiny/seed-0.old-1/final.pth").is_file()


def test_checkpoints_open_with_the_safe_default(trained_once):
    files = list((trained_once / "work/smoke/tiny/seed-0").glob("*.pth"))
    assert files
    for file in files:
        torch.load(file, weights_only=True)


def test_a_corrupt_checkpoint_gets_a_clear_error(trained, tiny):
    final = trained / "work/smoke/tiny/seed-0/final.pth"
    final.write_bytes(final.read_bytes()[:1000])
    with pytest.raises(DataError, match=r"final.pth is damaged.*delete it"):
        measure(trained, tiny)


def test_a_run_that_starts_from_another_needs_it_trained_first(workspace, tiny):
    run = tiny.model_copy(update={"start": "transpose-r-a4-coco"})
    with pytest.raises(DataError, match="repropose measure transpose-r-a4-coco --tier smoke"):
        measure(workspace, run)


@pytest.fixture
def real(workspace: Path, samples: Path) -> Path:
    return lay_out("coco", samples, workspace)


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the first of the next tests leaves what it trained, for the second."""
    return tmp_path_factory.mktemp("weights") / "final.pth"


@pytest.mark.data
@pytest.mark.slow
@pytest.mark.parametrize("boxes", ["detector", "ground-truth"])
def test_the_paper_size_trains_and_evaluates_on_real_images(
    workspace, real, boxes, weights, monkeypatch
):
    options = full_options(steps=1, people=2)
    if boxes == "ground-truth":
        options["test_dataloader.dataset.bbox_file"] = None
    train_or_load = train._train

    def once(cfg, work, start):
        if weights.is_file():
            shutil.copy(weights, work / "final.pth")
        done = train_or_load(cfg, work, start)
        shutil.copy(work / "final.pth", weights)
        return done

    monkeypatch.setattr(train, "_train", once)
    result = measure(
        workspace, Run(config="transpose-r-a3", dataset="coco", options=options), "full"
    )
    assert result.evidence == "full-1"
    assert result.protocol["boxes"] == {"detector": "detector-56.4"}.get(boxes, boxes)
    assert result.protocol["input_size"] == "256x192"
    entries = Store(root=workspace / "results").predictions(
        Store(root=workspace / "results").accuracies("full")[0]
    )
    assert len(entries) == result.predictions.instances > 0
    assert result.metrics == pycocotools_directly(real, entries)


def pycocotools_directly(real: Path, entries: list[dict]) -> dict[str, float]:
    from pycocotools.coco import COCO
    from pycocotools.cocoeval import COCOeval

    truth = COCO(str(real / "annotations/person_keypoints_val2017.json"))
    evaluation = COCOeval(truth, truth.loadRes(json.loads(json.dumps(entries))), "keypoints")
    evaluation.evaluate()
    evaluation.accumulate()
    evaluation.summarize()
    return {
        n: 100 * v for n, v in zip(metrics.METRICS["coco"], evaluation.stats, strict=True) if v > -1
    }


@pytest.mark.data
def test_a_damaged_image_is_named_before_anything_is_trained(workspace, real, samples):
    (real / "val2017").unlink()
    shutil.copytree(samples / "coco", real / "val2017")
    image = next((real / "val2017").glob("*.jpg"))
    image.write_bytes(image.read_bytes()[:5000])
    with pytest.raises(DataError, match=rf"{image.name} is damaged"):
        prepare("coco", "full")
    assert not (workspace / "data/full/coco.json").exists()


def test_a_location_free_run_is_measured_around_joints_and_set_beside_constant_poses(workspace):
    """The mean pose of synthetic people in their own boxes is no bad guess; a corner is."""
    result = measure(workspace, Run(config="lofr-r50", dataset="coco", options=dict(TINY)))
    kinds = {"ear", "eye", "nose", "shoulder", "elbow", "wrist", "hip", "knee", "ankle"}
    assert set(result.measures) == {f"response/{kind}" for kind in kinds}
    assert all(0 < value < 1 for value in result.measures.values())
    poses = result.constant_poses
    assert list(poses) == ["box corner", "box centre", "mean pose"]
    assert poses["box corner"]["AP"] == 0 < poses["mean pose"]["AP"] < 100
    assert all(found.keys() == result.metrics.keys() for found in poses.values())


@pytest.mark.parametrize(
    ("config", "dataset"),
    [
        ("transpose-r-a3", "coco"),
        ("tfpose-r18-e6d6", "coco"),
        ("lightpose-w48", "coco"),
        ("lofr-r50-ws", "coco"),
        ("querypose-r50", "coco-scenes"),
    ],
)
def test_losses_and_gradients_are_finite_in_the_lab_tiers_precision(workspace, config, dataset):
    model_zoo.register()
    from mmengine.registry import DefaultScope
    from mmpose.registry import MODELS

    from model_zoo.training.loop import training_loader

    prepare(dataset, "smoke")
    cfg = train.resolved_config(Run(config=config, dataset=dataset), "smoke", 0)
    cfg.train_dataloader.total_batch_size = 2
    with DefaultScope.overwrite_default_scope("mmpose"):
        batch = next(iter(training_loader(cfg.train_dataloader, seed=0)))
        model = MODELS.build(cfg.model)
    model.init_weights()
    data = model.train().data_preprocessor(batch, True)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        total, parts = model.parse_losses(model(**data, mode="loss"))
    total.backward()
    assert all(torch.isfinite(value).all() for value in parts.values())
    gradients = [p.grad for p in model.parameters() if p.grad is not None]
    assert gradients
    assert all(torch.isfinite(gradient).all() for gradient in gradients)


def test_missing_data_is_an_error_and_no_failed_result(workspace):
    store = Store(root=workspace / "results")
    with pytest.raises(DataError, match="person_keypoints_val2017"):
        list(train.measure(load_catalog(), store, "transpose-r-a4-coco", "full"))
    assert not list((workspace / "results").rglob("*.json"))


@pytest.mark.parametrize("error", [DataError("image 7 is damaged"), RuntimeError("not finite")])
def test_a_training_that_breaks_leaves_a_failed_result(workspace, monkeypatch, error):
    def breaks(*_, **__):
        raise error

    monkeypatch.setattr(train, "_train", breaks)
    store = Store(root=workspace / "results")
    with pytest.raises(type(error), match=str(error)):
        list(train.measure(load_catalog(), store, "transpose-r-a4-coco", "smoke"))
    [stored] = store.accuracies("smoke")
    assert stored.result.failed == str(error)
