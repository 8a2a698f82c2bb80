"""QueryPose on CrowdPose through the harness: no given box, easy, medium and hard, nothing suppressed on the way."""

import json
from collections import Counter
from pathlib import Path

import pytest

from bench.catalog.load import load_catalog
from bench.catalog.schema import Run
from bench.datasets.prepare import prepare
from bench.datasets.splits import annotation_file
from bench.evaluate import metrics
from bench.measure import predict, train
from bench.results.store import Store

SETTINGS = """\
tier: smoke
synthetic:
  smoke:
    crowdpose: {kind: scenes, difficulty: easy, seed: 5, train: 4, val: 20}
"""
RUN = Run(
    config="querypose-hrw48-crowdpose",
    dataset="crowdpose",
    options={"train_cfg.max_iters": 2, "train_dataloader.total_batch_size": 2},
)


@pytest.fixture
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "params.yaml").write_text(SETTINGS)
    monkeypatch.setenv("REPROPOSE_WORKSPACE", str(tmp_path))
    prepare("crowdpose", "smoke")
    return tmp_path


def kinds_of_scenes() -> set[str]:
    """What the data have, by CrowdPose's own limits of the crowd index."""
    truth = json.loads(annotation_file("crowdpose", "smoke").read_text())
    found = {image["crowdIndex"] for image in truth["images"]}
    limits = {"easy": (0.0, 0.1), "medium": (0.1, 0.8), "hard": (0.8, 1.1)}
    return {
        kind for kind, (low, high) in limits.items() if any(low <= value < high for value in found)
    }


def test_a_run_tells_easy_medium_and_hard_without_a_given_box(workspace):
    store = Store(root=workspace / "results")
    result = train.measure_seed(load_catalog(), store, "crowd", RUN, "smoke", 0)
    assert result.protocol["boxes"] == "none"
    expected = {"AP", "AP50", "AP75", "AR", "AR50", "AR75"}
    assert set(result.metrics) == expected | {f"AP_{kind}" for kind in kinds_of_scenes()}
    assert kinds_of_scenes() >= {"easy", "medium"}
    [stored] = store.accuracies("smoke")
    truth = annotation_file("crowdpose", "smoke")
    assert metrics.evaluate("crowdpose", truth, store.predictions(stored)) == result.metrics


def test_equal_people_all_reach_the_evaluator(workspace):
    from model_zoo import build_model

    model = build_model(RUN.config, tier="smoke")
    for stage in model.head.box_stages:
        stage.box_delta.weight.data *= 0.1  # boxes stay in the image
    queries = model.head.proposal_queries.weight
    queries.data[:] = queries.data[:1].clone()
    cfg = train.resolved_config(RUN, "smoke", 0)
    entries = predict.predict(cfg, model, workspace / "work")
    counts = Counter(entry["image_id"] for entry in entries)
    assert set(counts.values()) == {len(queries)}
    assert len(counts) == 20
