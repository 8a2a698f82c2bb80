"""What LOFR's smoke and lab versions keep of the paper's: cells of the prior, varied labels, named backbones."""

from pathlib import Path

import pytest
import torch
from mmengine.registry import DefaultScope

import model_zoo
from bench.catalog.load import load_catalog
from bench.catalog.schema import Run
from bench.datasets.prepare import prepare
from bench.measure.run_config import resolved_config
from model_zoo.lofr.encoder import location_map
from model_zoo.training.loop import training_loader
from tests.model_zoo.shapes import shapes_only

CONFIGS = sorted({run.config for run in load_catalog().papers["lofr"].runs.values()})
SETTINGS = """\
tier: smoke
synthetic:
  smoke:
    coco: {kind: crops, difficulty: easy, seed: 5, train: 512, val: 4}
    mpii: {kind: crops, difficulty: easy, seed: 5, train: 512, val: 4}
"""


def with_spe(name):
    return model_zoo.config(name).model.head.context.spatial is not None


def prior_cells(name, tier):
    """Cells of the class activation maps M, from which the spatial prior F^key is made."""
    model = shapes_only(name, tier)
    width, height = model_zoo.input_size(name, tier=tier)
    feats = model.extract_feat(torch.zeros(1, 3, height, width, device="meta"))
    return model.head.cnn(feats[model.head.category])[1][0, 0].numel()


@pytest.mark.parametrize("name", [name for name in CONFIGS if with_spe(name)])
def test_the_spatial_prior_has_at_least_the_cells_of_a_256x192_image(name):
    """Of ResNet's C5: 6x8, or 8x8 of a square crop; of HRNet's finest branch many more."""
    square = name.endswith("mpii")
    for tier in model_zoo.TIERS:
        assert prior_cells(name, tier) >= (64 if square else 48), tier


@pytest.fixture(scope="module")
def crops(tmp_path_factory):
    """A function that gives a batch of training crops of a smoke config: images and samples."""
    workspace = tmp_path_factory.mktemp("people")
    (Path(workspace) / "params.yaml").write_text(SETTINGS)

    def batch(name, dataset, count=64):
        cfg = resolved_config(Run(config=name, dataset=dataset), "smoke", 0)
        cfg.train_dataloader.total_batch_size = cfg.train_dataloader.group_size = count
        with DefaultScope.overwrite_default_scope("mmpose"):
            return next(iter(training_loader(cfg.train_dataloader, seed=0)))

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("REPROPOSE_WORKSPACE", str(workspace))
        for dataset in ("coco", "mpii"):
            prepare(dataset, "smoke")
        yield batch


DATA = [("lofr-r50", "coco"), ("lofr-r50-mpii", "mpii"), ("lofr-hrw32", "coco")]
MPII_SCALES = pytest.mark.filterwarnings("ignore:Use the existing .bbox_center.")


@MPII_SCALES
@pytest.mark.parametrize(("name", "dataset"), DATA)
def test_the_spatial_prior_of_a_smoke_run_tells_places_apart(crops, name, dataset):
    torch.manual_seed(0)
    model = model_zoo.build_model(name, tier="smoke").train()
    given = model.data_preprocessor(crops(name, dataset), True)
    with torch.no_grad():
        feats = model.extract_feat(given["inputs"])
        key = location_map(model.head.cnn(feats[model.head.category])[1])
    assert key.flatten(1).std(dim=1).mean() > 0.03  # 0 on the 2x2 cells of a 48x64 crop's C5
    assert key.flatten(1).amin(dim=1).mean() < 0.9


@MPII_SCALES
@pytest.mark.parametrize(("name", "dataset"), DATA)
def test_labels_of_presence_vary_in_smoke_runs(crops, name, dataset):
    samples = crops(name, dataset, 512)["data_samples"]
    labels = torch.cat([one.gt_instance_labels.keypoint_presence for one in samples])
    share = labels.mean(dim=0)
    assert share.min() > 0.2
    assert (share < 0.97).sum() >= 14  # hips, in the middle of a box, are in nearly every crop
    assert labels.all(dim=1).float().mean() < 0.6  # fewer than half of COCO's people are complete
    assert len({tuple(row.tolist()) for row in labels}) > 16


def backbone(name, tier):
    """A backbone's settings without its initial weights."""
    settings = model_zoo.config(name, tier=tier).model.backbone.to_dict()
    return {key: value for key, value in settings.items() if key != "init_cfg"}


@pytest.mark.parametrize("name", CONFIGS)
def test_in_the_lab_every_arm_has_the_network_that_its_row_names(name):
    assert backbone(name, "lab") == backbone(name, "full")
    heads = [model_zoo.config(name, tier=tier).model.head for tier in ("lab", "full")]
    assert heads[0] == heads[1]


def test_crops_of_one_data_set_have_one_shape_in_smoke_runs():
    """Backbones are compared on the same crops, in the shape of the paper's."""
    for name in CONFIGS:
        width, height = model_zoo.input_size(name, tier="smoke")
        full = model_zoo.input_size(name)
        assert width * full[1] == height * full[0], name
        assert (width, height) == ((64, 64) if name.endswith("mpii") else (48, 64)), name


@pytest.mark.parametrize("tier", ["smoke", "lab"])
def test_arms_of_one_table_differ_at_every_tier(tier):
    """Depths of Table 6, modules of Table 5, backbones of Table 1: but for the input size in smoke runs."""
    seen = {}
    for name in CONFIGS:
        cfg = model_zoo.config(name, tier=tier)
        seen.setdefault(str((cfg.model, cfg.codec, cfg.train_dataloader)), []).append(name)
    same = [names for names in seen.values() if len(names) > 1]
    larger = [[f"{one}", f"{one}-384x288"] for one in ("lofr-hrw32", "lofr-hrw48", "lofr-r50")]
    larger.append(["lofr-r50-baseline", "lofr-r50-baseline-384x288"])
    assert sorted(same) == (sorted(larger) if tier == "smoke" else [])
