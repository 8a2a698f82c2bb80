"""Every family at the paper's size on real images: train, stop, resume, evaluate."""

import os
from pathlib import Path

import pytest

from bench.catalog.load import load_catalog
from bench.catalog.schema import layout
from bench.measure import train
from bench.measure.hooks import LossCurve
from bench.results.store import Store
from tests.bench.measure.paper_size import full_options, lay_out

RUNS = [
    "lightpose-w48-coco",
    "lightpose-r50-mpii",
    "tfpose-r50-e6d6-coco",
    "tfpose-r50-e6d6-mpii",
]
# LOFR has 4,000 tokens and more: of few people, and without dropout, under which PyTorch's CPU attention keeps
# every attention matrix (5 GB for one image). The two others where REPROPOSE_SLOW is set.
LOFR = ["lofr-r50-coco", "lofr-r50-mpii", "lofr-r50-crowdpose", "lofr-r50-ws25-coco"]
FEW = {
    "train_dataloader.dataset.indices": [1],  # located in the COCO sample at a share of 0.25
    "model.head.transformer.dropout": 0.0,
}
# Layers of each kind: two in sequence; on MPII, where data, keypoints and metric differ, one is enough. In
# tests/model_zoo/test_contract.py all layers at this size give shapes and pass gradients back (on the meta device),
# and one network of each structure gives values, on small images.
LAYERS = {
    "tfpose-r50-e6d6-coco": {"encoder_layers": 2, "decoder_layers": 2},
    "lightpose-r50-mpii": {"layers": 1},
    "tfpose-r50-e6d6-mpii": {"encoder_layers": 1, "decoder_layers": 1},
    "lofr-r50-mpii": {"context.layers": 1, "pose.layers": 1},
    "lofr-r50-coco": {"context.layers": 2, "pose.layers": 2},
}
# QueryPose trains by iterations, on whole images with a short side of up to 800.
QUERYPOSE = ["querypose-r50-coco", "querypose-hrw48-crowdpose"]
TWO_STEPS = {
    "train_cfg.max_iters": 2,
    "default_hooks.checkpoint.interval": 1,
    "test_dataloader.dataset.indices": 1,
}
SLOW = [*LOFR[2:], *QUERYPOSE]
FIRST = {"coco": "AP", "crowdpose": "AP", "mpii": "PCKh"}


def options_of(name):
    """One or two people to test on, but of MPII all that are laid out: PCKh is counted over all."""
    options = full_options(steps=2, batch=1, people=2)
    options |= {f"model.head.{kind}": count for kind, count in LAYERS.get(name, {}).items()}
    if not name.endswith("mpii"):
        options["test_dataloader.dataset.indices"] = 1 if name in LOFR else 2
    if name in QUERYPOSE:
        del options["train_cfg.max_epochs"]
        return options | TWO_STEPS
    return options | (FEW if name in LOFR else {})


@pytest.fixture
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("REPROPOSE_WORKSPACE", str(tmp_path))
    return tmp_path


@pytest.mark.data
@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:Use the existing .bbox_center.")
@pytest.mark.parametrize("name", [*RUNS, *LOFR, *QUERYPOSE])
def test_a_run_at_paper_size_trains_resumes_and_is_evaluated(name, workspace, samples, monkeypatch):
    if name in SLOW and not os.environ.get("REPROPOSE_SLOW"):
        pytest.skip("slow: set REPROPOSE_SLOW=1")
    loaded = load_catalog()
    defined = loaded.run(name)
    form = layout(defined.dataset)
    lay_out(form, samples, workspace, people=2)
    options = {**defined.options, **options_of(name)}
    run = defined.model_copy(update={"options": options})
    store = Store(root=workspace / "results")
    steps: list[int] = []
    kept = LossCurve.after_train_iter

    def stopping(self, runner, *given, **named):
        kept(self, runner, *given, **named)
        whole = (
            runner.iter if name in QUERYPOSE else runner.epoch
        )  # what a checkpoint is written after
        if whole == 1 and not (workspace / "stopped").exists():
            (workspace / "stopped").touch()
            raise KeyboardInterrupt
        steps.append(runner.iter)

    monkeypatch.setattr(LossCurve, "after_train_iter", stopping)
    monkeypatch.setattr("bench.measure.train.local_pretrained", lambda node: None)
    with pytest.raises(KeyboardInterrupt):
        train.measure_seed(loaded, store, name, run, "full", 0)
    before = len(steps)
    result = train.measure_seed(loaded, store, name, run, "full", 0)
    assert before > 0
    assert steps == list(range(2 * before)), "resumes after the first epoch, and skips nothing"
    assert result is not None
    assert result.evidence == "full-1"
    assert result.protocol["data"] == f"{form}-real"
    assert 0 <= result.metrics[FIRST[form]] <= 100
    assert len(store.predictions(store.accuracies("full")[0])) == result.predictions.instances
