"""A run of MMEngine's own Runner: train, checkpoint, resume, infer, all with PyTorch's safe
default."""

import json

import cv2
import numpy as np
import pytest
import torch

import model_zoo

pytestmark = [
    pytest.mark.filterwarnings("ignore:pkg_resources is deprecated as an API"),
    pytest.mark.filterwarnings("ignore:'pkgutil.find_loader' is deprecated"),
    pytest.mark.filterwarnings("ignore:.*instance named of .* has been created"),
    pytest.mark.filterwarnings("ignore:The metainfo config file .* does not exist"),
]


@pytest.fixture
def dataset(tmp_path):
    """Two noise images with one person each, in COCO's layout."""
    rng = np.random.default_rng(0)
    images, people = [], []
    for i in (1, 2):
        file = tmp_path / "train2017" / f"{i:012d}.jpg"
        file.parent.mkdir(exist_ok=True)
        cv2.imwrite(str(file), rng.integers(0, 255, (80, 60, 3), dtype=np.uint8))
        images.append({"id": i, "file_name": file.name, "width": 60, "height": 80})
        points = np.column_stack([rng.uniform(8, 52, 17), rng.uniform(8, 72, 17), np.full(17, 2)])
        people.append(
            {
                "id": i, "image_id": i, "category_id": 1, "iscrowd": 0, "bbox": [5, 5, 50, 70],
                "area": 3000.0,
                "num_keypoints": 17, "keypoints": points.round(1).ravel().tolist(),
            }
        )  # fmt: skip
    annotations = tmp_path / "annotations" / "person_keypoints_train2017.json"
    annotations.parent.mkdir()
    category = {"id": 1, "name": "person", "keypoints": [str(k) for k in range(17)], "skeleton": []}
    content = {"info": {}, "images": images, "annotations": people, "categories": [category]}
    annotations.write_text(json.dumps(content))
    return tmp_path


def run_config(dataset, iterations):
    cfg = model_zoo.config("transpose-r-a2", tier="smoke")
    cfg.work_dir = str(dataset / "work")
    cfg.train_dataloader.update(total_batch_size=2)
    for loader in (cfg.train_dataloader, cfg.val_dataloader, cfg.test_dataloader):
        loader.dataset.data_root = str(dataset)
        loader.dataset.ann_file = "annotations/person_keypoints_train2017.json"
        loader.dataset.data_prefix = {"img": "train2017/"}
        loader.dataset.pop("bbox_file", None)
    for evaluator in (cfg.val_evaluator, cfg.test_evaluator):
        evaluator.ann_file = str(dataset / "annotations/person_keypoints_train2017.json")
    cfg.train_cfg.update(max_iters=iterations, val_interval=iterations)
    cfg.default_hooks.checkpoint.interval = 2
    cfg.default_hooks.logger.interval = 1
    return cfg


def test_a_run_can_be_resumed_and_inferred_from_with_safe_loading(dataset):
    model_zoo.register()
    from mmengine.runner import Runner
    from mmpose.apis import MMPoseInferencer

    Runner.from_cfg(run_config(dataset, 2)).train()
    file = dataset / "work" / "iter_2.pth"
    content = torch.load(file, weights_only=True)
    assert content["meta"]["iter"] == 2
    assert content["message_hub"]["log_scalars"] == {}
    assert content["optimizer"]["state"]

    cfg = run_config(dataset, 4)
    cfg.resume, cfg.load_from, cfg.experiment_name = True, None, "resumed"
    runner = Runner.from_cfg(cfg)
    model = runner.train()
    assert runner.iter == 4
    resumed = torch.load(dataset / "work" / "iter_4.pth", weights_only=True)["state_dict"]
    assert set(resumed) == set(model.state_dict())
    assert any(not torch.equal(resumed[k], v) for k, v in content["state_dict"].items())

    config_file = dataset / "work" / "config.py"
    cfg.dump(config_file)
    inferencer = MMPoseInferencer(
        pose2d=str(config_file),
        pose2d_weights=str(dataset / "work" / "iter_4.pth"),
        det_model="whole_image",
        device="cpu",
    )
    image = str(dataset / "train2017" / f"{1:012d}.jpg")
    result = next(inferencer(image, return_vis=True))
    assert result["visualization"][0].shape == (80, 60, 3)
    person = result["predictions"][0][0]
    assert np.isfinite(person["keypoints"]).all()
    assert len(person["keypoints"]) == len(person["keypoint_scores"]) == 17


def test_values_without_a_plain_form_are_refused():
    from model_zoo.checkpoint import PlainCheckpointHook

    hook = PlainCheckpointHook()
    checkpoint = {"meta": {"a": np.float32(2), "b": (np.arange(2), True)}}
    hook.before_save_checkpoint(None, checkpoint)
    assert checkpoint == {"meta": {"a": 2.0, "b": ([0, 1], True)}}
    with pytest.raises(TypeError, match=r"meta\.hub.*object"):
        hook.before_save_checkpoint(None, {"meta": {"hub": object()}})
