"""Batches of crops equal what the stock pipeline makes of the same random stream."""

import numpy as np
import pytest
import torch
from mmengine.registry import DefaultScope
from mmengine.runner import Runner
from mmpose.datasets.transforms import RandomBBoxTransform
from mmpose.registry import DATASETS
from scipy import stats

import model_zoo
from bench.datasets.prepare import prepare
from model_zoo.inputs import in_batches
from model_zoo.inputs.decoded import Images, decode
from model_zoo.inputs.random_steps import jittered, truncated_normal
from model_zoo.inputs.topdown import CropBatches, steps_of
from model_zoo.training.draws import Draw, SeededSamples

# MMPose's own warning for each sample of MPII
pytestmark = pytest.mark.filterwarnings("ignore:Use the existing")
PEOPLE = "{kind: crops, difficulty: easy, seed: 5, train: 24, val: 6}"
CONFIGS = (  # UDP, MSRA, TFPose's, LightPose's, LOFR's labels, half bodies of located people, MPII
    "transpose-r-a4",
    "simplebaseline-r50",
    "tfpose-r50-e6d6",
    "lightpose-r50",
    "lofr-r50",
    "lofr-r50-mpii",
    "transpose-r-a4-mpii",
)


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    folder = tmp_path_factory.mktemp("people")
    (folder / "params.yaml").write_text(
        f"tier: smoke\nsynthetic:\n  smoke:\n    coco: {PEOPLE}\n    mpii: {PEOPLE}\n"
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("REPROPOSE_WORKSPACE", str(folder))
        prepare("coco", "smoke")
        prepare("mpii", "smoke")
    return folder


def loader(root, config, split="train", tier="smoke"):
    """The config of a loader, on the synthetic people."""
    settings = model_zoo.config(config, tier=tier).to_dict()[f"{split}_dataloader"]
    data = settings["dataset"]
    data["data_root"] = str(root / data["data_root"].replace("data/full", "data/smoke"))
    if "headbox_file" in data:
        data["headbox_file"] = str(root / data["headbox_file"])
    data.update({"located_seed": 0, "located_share": 0.5} if "located_seed" in data else {})
    if data.get("bbox_file"):
        data["bbox_file"] = None
    return settings


def built(settings):
    with DefaultScope.overwrite_default_scope("mmpose"):
        return DATASETS.build(settings["dataset"])


def labels(sample):
    return {
        f"{part}.{name}": value
        for part in ("gt_instance_labels", "gt_fields")
        for name, value in getattr(sample, part).items()
    }


@pytest.mark.parametrize("config", CONFIGS)
def test_a_batch_equals_the_stock_samples(config, root):
    data = built(loader(root, config))
    draws = [Draw(index % len(data), index) for index in range(60)]
    stock = SeededSamples(data, seed=3)
    expected = [stock[draw] for draw in draws]
    found = SeededSamples(CropBatches(data), seed=3).__getitems__(draws)
    assert torch.equal(torch.stack([one["inputs"] for one in expected]), found["inputs"])
    for one, sample in zip(expected, found["data_samples"], strict=True):
        wanted, given = labels(one["data_samples"]), labels(sample)
        assert wanted.keys() == given.keys()
        for name, value in wanted.items():
            assert value.dtype == given[name].dtype
            torch.testing.assert_close(given[name], value, rtol=0, atol=1e-6, msg=name)
    flips = [one["data_samples"].metainfo["flip"] for one in expected]
    assert flips == [sample.metainfo["flip"] for sample in found["data_samples"]]
    assert 0 < sum(flips) < len(flips)


@pytest.mark.parametrize("config", ["transpose-r-a4", "lightpose-r50"])
def test_at_the_papers_size_too(config, root):
    data = built(loader(root, config, tier="full"))
    stock, batches = SeededSamples(data, seed=1), SeededSamples(CropBatches(data), seed=1)
    draws = [Draw(index, index) for index in range(6)]
    found = batches.__getitems__(draws)
    for draw, pixels, sample in zip(draws, found["inputs"], found["data_samples"], strict=True):
        expected = stock[draw]
        assert torch.equal(expected["inputs"], pixels)
        wanted, given = labels(expected["data_samples"]), labels(sample)
        for name, value in wanted.items():
            torch.testing.assert_close(given[name], value, rtol=0, atol=1e-6, msg=name)


@pytest.mark.parametrize("config", ["transpose-r-a4", "transpose-r-a4-mpii", "lofr-r50"])
def test_test_batches_pack_what_the_stock_pipeline_packs(config, root):
    settings = loader(root, config, split="test")
    assert in_batches(settings)["dataset"]["type"] == "CropBatches"
    with DefaultScope.overwrite_default_scope("mmpose"):
        stock, ours = (
            next(iter(Runner.build_dataloader(one))) for one in (settings, in_batches(settings))
        )
    assert torch.equal(torch.stack(stock["inputs"]), ours["inputs"])
    for one, other in zip(stock["data_samples"], ours["data_samples"], strict=True):
        assert one.metainfo.keys() == other.metainfo.keys()
        for name, value in one.metainfo.items():
            assert np.array_equal(
                np.asarray(value, object), np.asarray(other.metainfo[name], object)
            )
        assert one.gt_instances.keys() == other.gt_instances.keys()
        for name, value in one.gt_instances.items():
            assert np.array_equal(value, other.gt_instances.get(name)), name


def test_another_pipeline_stays_as_it_is(root):
    settings = loader(root, "transpose-r-a4")
    settings["dataset"]["pipeline"].insert(5, {"type": "Albumentation", "transforms": []})
    settings["dataset"]["pipeline"][5] = {"type": "YOLOXHSVRandomAug"}
    assert steps_of(built(settings)) is None
    with pytest.raises(ValueError, match="CropBatches takes"):
        CropBatches(built(settings))
    assert in_batches(settings) == settings


def test_draws_have_the_distribution_of_the_stock_transform():
    step = RandomBBoxTransform(shift_prob=0.4, scale_factor=(0.6, 1.4), rotate_prob=0.6)
    random = np.random.RandomState(0)
    boxes = np.ones((4000, 2), np.float32)
    centers, scales, turns = jittered(step, random.random_sample((4000, 7)), boxes * 0, boxes)
    np.random.seed(1)
    stock = [step._get_transform_params(1) for _ in range(4000)]
    for ours, theirs in (
        (centers[:, 0], [offset[0, 0] for offset, _, _ in stock]),
        (scales[:, 0], [scale[0, 0] for _, scale, _ in stock]),
        (turns, [turn[0] for _, _, turn in stock]),
    ):
        assert stats.ks_2samp(ours, theirs).pvalue > 0.01


def test_truncated_normal_numbers_are_scipys():
    uniform = np.random.RandomState(2).random_sample(1000)
    assert np.allclose(truncated_normal(uniform), stats.truncnorm.ppf(uniform, -1, 1), atol=1e-12)


def test_decoded_images_are_the_images_and_follow_a_change(root, tmp_path):
    files = sorted((root / "data/smoke/coco").rglob("*.png"))[:4]
    paths = [str(tmp_path / file.name) for file in files]
    for file, path in zip(files, paths, strict=True):
        (tmp_path / path).write_bytes(file.read_bytes())
    kept = Images(paths, tmp_path / "kept")
    assert all(np.array_equal(kept[path], decode(path)) for path in paths)
    assert not kept[paths[0]].flags.writeable
    (made,) = (tmp_path / "kept").iterdir()
    made.write_bytes(made.read_bytes()[:-40])  # cut short: made again
    assert all(
        np.array_equal(Images(paths, tmp_path / "kept")[path], decode(path)) for path in paths
    )
    (tmp_path / paths[1]).write_bytes(files[0].read_bytes())
    again = Images(paths, tmp_path / "kept")
    assert np.array_equal(again[paths[1]], decode(paths[0]))
