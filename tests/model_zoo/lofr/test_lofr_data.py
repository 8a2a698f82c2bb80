"""Supervision without locations: what is in a batch, what a loss can know, and which samples keep their locations."""

import copy
import json

import cv2
import numpy as np
import pytest
import torch
from mmengine.dataset import pseudo_collate
from mmengine.registry import DefaultScope
from mmengine.runner.utils import set_random_seed
from mmpose.registry import DATASETS

import model_zoo
from bench.catalog.schema import Run
from bench.measure.run_config import resolved_config
from model_zoo.lofr.data import CategoryLabels, LocatedHalfBody, is_located

PEOPLE = 6
MPII_SCALES = pytest.mark.filterwarnings("ignore:Use the existing .bbox_center.")
PRINTED = {"shift_prob": 0.0, "shift_factor": 0.0, "scale_factor": (0.65, 1.35)}


def annotations(seed, keypoints=17):
    """Six people, each in a 90x120 box; keypoints in the middle two fifths of it, which every crop shows."""
    rng, labels = np.random.default_rng(seed), np.random.default_rng(0)
    people = []
    for i in range(PEOPLE):
        x, y = rng.uniform((45, 56), (75, 104), (keypoints, 2)).round(2).T
        v = labels.choice([0, 1, 2], keypoints, p=[0.3, 0.2, 0.5])
        flat = (np.stack([x, y, v], axis=1) * (v > 0)[:, None]).ravel().tolist()
        people.append(
            {
                "id": i,
                "image_id": i,
                "category_id": 1,
                "bbox": [15, 20, 90, 120],
                "area": 5400,
                "iscrowd": 0,
                "keypoints": flat,
                "num_keypoints": int((v > 0).sum()),
            }
        )
    images = [
        {"id": i, "file_name": f"{i}.png", "width": 120, "height": 160} for i in range(PEOPLE)
    ]
    return {"images": images, "annotations": people, "categories": [{"id": 1, "name": "person"}]}


def mpii_annotations(seed):
    """The same people in MPII's layout."""
    people = []
    for i, one in enumerate(annotations(seed, 16)["annotations"]):
        points = np.reshape(one["keypoints"], (16, 3))
        people.append(
            {
                "image": f"{i}.png",
                "center": [60.0, 80.0],
                "scale": 0.6,
                "joints": points[:, :2].tolist(),
                "joints_vis": (points[:, 2] > 0).astype(int).tolist(),
            }
        )
    return people


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    path = tmp_path_factory.mktemp("people")
    for i in range(PEOPLE):
        noise = np.random.default_rng(i).integers(0, 255, (160, 120, 3), np.uint8)
        cv2.imwrite(str(path / f"{i}.png"), noise)
    for name, seed in (("here", 1), ("there", 2)):
        (path / f"{name}.json").write_text(json.dumps(annotations(seed)))
        (path / f"{name}-mpii.json").write_text(json.dumps(mpii_annotations(seed)))
        (path / f"{name}-crowdpose.json").write_text(json.dumps(annotations(seed, 14)))
    return path


def data(folder, name, config="lofr-r50", pipeline=(), **changes):
    """The config's training data at smoke size with the printed augmentation, reading our files."""
    cfg = copy.deepcopy(model_zoo.config(config, tier="smoke").train_dataloader.dataset)
    own = {"data_root": str(folder), "ann_file": f"{name}.json", "data_prefix": {"img": ""}}
    cfg.update({"located_seed": 0, **own, **changes})
    crop = next(step for step in cfg.pipeline if step.type == "RandomBBoxTransform")
    crop.update(PRINTED)
    for position, transform in pipeline:
        cfg.pipeline.insert(position, transform)
    with DefaultScope.overwrite_default_scope("mmpose"):
        return DATASETS.build(cfg)


def batch(dataset):
    set_random_seed(7)
    return pseudo_collate([dataset[i] for i in range(len(dataset))])


def contents(sample):
    """Everything in a sample that the model could see, as text and bytes."""
    seen = {key: sample.get(key) for key in sample.metainfo_keys()}
    for part in ("gt_instances", "gt_instance_labels", "gt_fields"):
        for key, value in sample.get(part).items():
            seen[f"{part}.{key}"] = np.asarray(value).tobytes()
    return {key: str(value) for key, value in seen.items() if key != "img_path"}


def losses_and_gradients(config, given):
    torch.manual_seed(0)
    model = model_zoo.build_model(config, tier="smoke").train()
    given = copy.deepcopy(given)
    losses = model(**model.data_preprocessor(given, training=True), mode="loss")
    sum(value for key, value in losses.items() if key.startswith("loss")).backward()
    gradients = {k: p.grad for k, p in model.named_parameters() if p.grad is not None}
    return {k: v.detach() for k, v in losses.items()}, gradients


@pytest.fixture(
    scope="module",
    params=["lofr-r50", "lofr-r50-baseline", "lofr-r50-mpii", "lofr-r50-crowdpose"],
)
def free(request, folder):
    name = request.param
    kind = name.removeprefix("lofr-r50").removesuffix("-baseline")  # of the annotation file
    return name, [batch(data(folder, where + kind, name)) for where in ("here", "there")]


@MPII_SCALES
def test_moved_keypoints_leave_every_entry_of_the_batch_as_it_was(free):
    _, (here, there) = free
    assert all(torch.equal(a, b) for a, b in zip(here["inputs"], there["inputs"], strict=True))
    for one, other in zip(here["data_samples"], there["data_samples"], strict=True):
        assert contents(one) == contents(other)
        assert "keypoints" not in one.gt_instances
        assert not one.gt_fields.heatmaps.any()


@MPII_SCALES
def test_moved_keypoints_leave_loss_and_gradients_bit_identical(free):
    name, batches = free
    (losses, gradients), (moved, others) = (losses_and_gradients(name, one) for one in batches)
    diversity = set() if name.endswith("baseline") else {"loss_diversity"}
    assert set(losses) == {"loss_cnn", "loss_encoder", "loss_parts"} | diversity
    assert losses["loss_parts"] > 0
    assert all(torch.equal(losses[key], moved[key]) for key in losses)
    assert gradients.keys() == others.keys()
    assert all(torch.equal(gradients[key], others[key]) for key in gradients)


def test_another_label_changes_the_loss(folder):
    here = batch(data(folder, "here"))
    before, _ = losses_and_gradients("lofr-r50", here)
    labels = here["data_samples"][0].gt_instance_labels.keypoint_presence
    labels[0, 0] = 1 - labels[0, 0]
    after, _ = losses_and_gradients("lofr-r50", here)
    assert before["loss_parts"] != after["loss_parts"]


def test_the_half_body_crop_would_leak(folder):
    """Why it is off: it moves the crop with the keypoints, and this test's method notices."""
    half = (3, {"type": "RandomHalfBody", "min_total_keypoints": 3, "prob": 1.0})
    here, there = (batch(data(folder, name, pipeline=[half])) for name in ("here", "there"))
    pairs = zip(here["inputs"], there["inputs"], strict=True)
    assert not all(torch.equal(a, b) for a, b in pairs)


def test_only_located_samples_contain_keypoint_locations(folder):
    here, there = (
        batch(data(folder, name, "lofr-r50-ws", located_share=0.5)) for name in ("here", "there")
    )
    located = [is_located(i, 0.5, 0) for i in range(PEOPLE)]
    assert 0 < sum(located) < PEOPLE
    for given, one, other in zip(located, here["data_samples"], there["data_samples"], strict=True):
        assert bool(one.gt_fields.heatmaps.any()) == given
        assert ("keypoints" in one.gt_instances) == given
        assert (contents(one) == contents(other)) != given


def test_located_share_moves_the_located_loss_alone(folder):
    here, there = (
        batch(data(folder, name, "lofr-r50-ws", located_share=0.5)) for name in ("here", "there")
    )
    (one, _), (other, _) = (losses_and_gradients("lofr-r50-ws", given) for given in (here, there))
    changed = {key for key in one if not torch.equal(one[key], other[key])}
    assert changed == {"loss_located"}


def test_sup_only_reads_located_samples_alone(folder):
    whole = data(folder, "here", "lofr-r50-sup")
    part = data(folder, "here", "lofr-r50-sup", located_share=0.5)
    assert len(whole) == PEOPLE
    assert part.located_ids() == [i for i in range(PEOPLE) if is_located(i, 0.5, 0)]
    assert len(part) == len(part.located_ids())


def test_located_split_is_nested_seeded_and_of_the_asked_size():
    shares = (0.05, 0.1, 0.25, 1.0)
    found = [{i for i in range(20000) if is_located(i, share, 0)} for share in shares]
    assert found[0] < found[1] < found[2] < found[3]
    for share, ids in zip(shares, found, strict=True):
        assert len(ids) == pytest.approx(20000 * share, rel=0.06)
    assert found[1] != {i for i in range(20000) if is_located(i, 0.1, 1)}
    assert not any(is_located(i, 0.0, 0) for i in range(1000))


def test_the_split_follows_the_seed_of_the_training(folder):
    """The interval over seeds covers which samples keep their locations."""
    splits = []
    for seed in (0, 1, 1):
        set_random_seed(seed)
        made = data(folder, "here", "lofr-r50-ws", located_share=0.5, located_seed=None)
        assert made.located_seed == seed
        splits.append(made.located_ids())
    assert splits[0] != splits[1] == splits[2]


@pytest.mark.parametrize("name", ["lofr-r50-ws", "lofr-r50-sup-mpii", "lofr-r50-crowdpose"])
def test_a_training_here_names_its_split_by_its_seed(name):
    """So that what looks at the training data later finds the same split."""
    run = Run(config=name, dataset="coco" if name.endswith("ws") else name.split("-")[-1])
    for seed in (0, 3):
        assert resolved_config(run, "smoke", seed).train_dataloader.dataset.located_seed == seed
    fixed = Run(
        config=name, dataset=run.dataset, options={"train_dataloader.dataset.located_seed": 7}
    )
    assert resolved_config(fixed, "smoke", 3).train_dataloader.dataset.located_seed == 7


def test_share_outside_0_to_1_is_refused(folder):
    with pytest.raises(ValueError, match=r"located_share is 5"):
        data(folder, "here", located_share=5)


def test_split_is_recorded(folder, tmp_path):
    from types import SimpleNamespace

    from model_zoo.lofr.data import RecordSplit

    split = data(folder, "here", "lofr-r50-ws", located_share=0.5)
    loader = SimpleNamespace(dataset=split)
    RecordSplit().before_train(SimpleNamespace(train_dataloader=loader, work_dir=tmp_path))
    record = json.loads((tmp_path / "located.json").read_text())
    assert record == {"share": 0.5, "seed": 0, "samples": PEOPLE, "located": split.located_ids()}


def test_presence_is_visible_and_inside_the_crop():
    points = np.array([[[0.0, 0], [-1, 5], [47.4, 63.4], [47.6, 3], [3, 70], [20, 20]]])
    visible = np.array([[1.0, 1, 1, 1, 1, 0]])
    results = CategoryLabels().transform(
        {
            "transformed_keypoints": points,
            "keypoints": points,
            "keypoints_visible": visible,
            "input_size": (48, 64),
        }
    )
    assert results["keypoint_presence"].tolist() == [[1, 0, 1, 0, 0, 0]]
    assert "keypoints" not in results
    assert "transformed_keypoints" not in results


def test_half_body_waits_for_located_samples():
    transform = LocatedHalfBody(min_total_keypoints=2, prob=1.0, min_lower_keypoints=9)
    sample = {
        "keypoints": np.random.default_rng(0).uniform(0, 9, (1, 6, 2)),
        "keypoints_visible": np.ones((1, 6)),
        "upper_body_ids": [0, 1, 2],
        "lower_body_ids": [3, 4, 5],
        "bbox_center": np.zeros((1, 2)),
        "bbox_scale": np.ones((1, 2)),
    }
    assert not transform(dict(sample, located=False))["bbox_center"].any()
    assert not transform(dict(sample))["bbox_center"].any()
    assert transform(dict(sample, located=True))["bbox_center"].all()


@pytest.mark.parametrize("name", [n for n in model_zoo.names() if n.startswith("lofr-")])
def test_only_runs_with_locations_bear_a_located_loss(name):
    cfg = model_zoo.config(name)
    share = cfg.train_dataloader.dataset.located_share
    assert (cfg.model.head.weights.located > 0) == (share > 0)
    kinds = [step.type for step in cfg.train_dataloader.dataset.pipeline]
    assert kinds[-2:] == ["CategoryLabels", "PackPoseInputs"]
    assert not {"RandomHalfBody", "CoarseDropout", "Albumentation"} & set(kinds)
