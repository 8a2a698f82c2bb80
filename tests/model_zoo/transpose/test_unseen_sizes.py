"""Figure 5: a trained network at other input sizes, with nothing trained and the embedding of its training."""

import pytest

import model_zoo
from bench.catalog.load import load_catalog
from bench.judge.protocol import differences
from bench.measure.run_config import length

SIZES = {"128x96": 0.5, "384x288": 1.5, "512x384": 2.0}
NETWORKS = ("transpose-r-a3", "transpose-r-a3-nope", "transpose-r-a3-learnable")


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("name", NETWORKS)
def test_the_run_evaluates_the_trained_network_at_another_size(name, size):
    run = load_catalog().run(f"{name}-at-{size}-coco")
    assert (run.config, run.start) == (f"{name}-at-{size}", f"{name}-coco")
    for tier in model_zoo.TIERS:
        other, trained = (model_zoo.config(one, tier=tier) for one in (run.config, name))
        assert {v for k, v in other.train_cfg.items() if k.startswith("max")} == {0}
        assert length(other) == ("0 iterations" if tier == "smoke" else "0 epochs")
        assert other.model.backbone == trained.model.backbone
        assert other.model.head.grid_size == trained.model.head.grid_size
        assert other.model.head.position == trained.model.head.position
        sizes = [SIZES[size] * one for one in trained.codec.input_size]
        assert list(other.codec.input_size) == sizes
        assert [4 * one for one in other.codec.heatmap_size] == sizes
        (crop,) = (
            step
            for step in other.test_dataloader.dataset.pipeline
            if step["type"] == "TopdownAffine"
        )
        assert list(crop["input_size"]) == sizes


def test_a_result_at_an_unseen_size_is_compared_at_that_size():
    """At full size the row's printed 256x192 is not what such a claim is about; boxes and flip test still count."""
    catalog = load_catalog()
    cell = catalog.cell_index["transpose", "4", "sine", "ap"]
    measured = {**cell.protocol, "input_size": "128x96"}
    assert differences(cell.protocol, measured) == ("input size: 256x192 printed, 128x96 measured",)
    other = catalog.with_run(cell, "transpose-r-a3-at-128x96-coco")
    assert differences(other.protocol, measured) == ()
    assert differences(other.protocol, {**measured, "flip_test": "no"}) != ()
