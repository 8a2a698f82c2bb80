"""Whole scenes as QueryPose takes them: every transform moves image, boxes and keypoints together."""

import json

import cv2
import numpy as np
import pytest
from mmengine.registry import DefaultScope
from mmpose.registry import TRANSFORMS

from model_zoo.querypose.data import (
    AspectRatioBatches,
    CocoScenes,
    SceneCrop,
    SceneFlip,
    SceneResize,
    SceneTargets,
)
from model_zoo.training.draws import Stream

pytestmark = pytest.mark.filterwarnings("ignore:The metainfo config file")  # MMPose finds its own

FLIP = [0, 2, 1, 4, 3, 6, 5, 8, 7, 10, 9, 12, 11, 14, 13, 16, 15]


def spot_scene(width=160, height=120, x=100.0, y=40.0):
    """A black image with one bright 8x8 square, a keypoint at its centre, and a box around it."""
    image = np.zeros((height, width, 3), np.uint8)
    image[int(y) - 4 : int(y) + 4, int(x) - 4 : int(x) + 4] = 255
    keypoints = np.full((1, 17, 2), [x, y], np.float32)
    return dict(
        img=image,
        bbox=np.array([[x - 4, y - 4, x + 4, y + 4]], np.float32),
        keypoints=keypoints,
        keypoints_visible=np.ones((1, 17), np.float32),
        flip_indices=FLIP,
        img_shape=(height, width),
        ori_shape=(height, width),
    )


def centre_of_light(image):
    weight = image[..., 0].astype(float)
    rows, columns = np.indices(weight.shape) + 0.5
    return np.array([(columns * weight).sum(), (rows * weight).sum()]) / weight.sum()


@pytest.mark.parametrize(
    "transform",
    [SceneFlip(prob=1.0), SceneResize(short=[90], long=1000), SceneCrop(low=110, high=115)],
    ids=["flip", "resize", "crop"],
)
def test_keypoints_and_boxes_follow_the_picture(transform):
    np.random.seed(3)
    results = transform.transform(spot_scene())
    light = centre_of_light(results["img"])
    np.testing.assert_allclose(results["keypoints"][0, 0], light, atol=0.1)
    np.testing.assert_allclose(results["bbox"][0].reshape(2, 2).mean(axis=0), light, atol=0.1)
    assert (results["bbox"][:, 2:] > results["bbox"][:, :2]).all()
    assert results["img_shape"] == results["img"].shape[:2]


def test_mirroring_swaps_left_and_right_and_twice_is_nothing():
    scene = spot_scene()
    scene["keypoints"][0, 5] = 10, 20
    before = {k: np.array(scene[k]) for k in ("img", "bbox", "keypoints", "keypoints_visible")}
    flip = SceneFlip(prob=1.0)
    once = flip.transform(scene)
    assert once["keypoints"][0, 6].tolist() == [150, 20]
    twice = flip.transform(once)
    for key, value in before.items():
        np.testing.assert_array_equal(twice[key], value)


@pytest.mark.parametrize(
    ("size", "expected"),
    [((640, 480), (1067, 800)), ((1000, 300), (1333, 400)), ((480, 640), (800, 1067))],
)
def test_the_short_side_is_800_unless_the_long_side_would_exceed_1333(size, expected):
    scene = spot_scene(*size)
    results = SceneResize(short=[800], long=1333).transform(scene)
    assert results["input_size"] == expected
    assert results["img"].shape[1::-1] == expected


def test_targets_are_clipped_and_hidden_outside():
    scene = spot_scene()
    scene.update(
        bbox=np.array([[-10, -10, 50, 60], [200, 0, 220, 20]], np.float32),
        keypoints=np.repeat(np.array([[[20, 30]], [[210, 10]]], np.float32), 17, axis=1),
        keypoints_visible=np.ones((2, 17), np.float32),
    )
    scene["keypoints"][0, 3] = -1, 30
    results = SceneTargets().transform(scene)
    assert results["bbox"].tolist() == [[0, 0, 50, 60]]
    assert results["keypoints_visible"][0, :5].tolist() == [1, 1, 1, 0, 1]


@pytest.fixture
def coco(tmp_path):
    """Three images: two people (one without keypoints), a crowd alone, a tall image with one person."""
    images, annotations = [], []
    sizes = {1: (64, 48), 2: (64, 48), 3: (48, 64)}
    people = [(1, 0, True), (1, 0, False), (2, 1, True), (3, 0, True)]
    for number, (width, height) in sizes.items():
        cv2.imwrite(
            str(tmp_path / f"{number}.png"), np.full((height, width, 3), 50 * number, np.uint8)
        )
        images.append(dict(id=number, file_name=f"{number}.png", width=width, height=height))
    for number, (image, crowd, labelled) in enumerate(people, start=1):
        points = [20, 21, 2] * 17 if labelled else [0, 0, 0] * 17
        annotations.append(
            dict(
                id=number,
                image_id=image,
                category_id=1,
                iscrowd=crowd,
                bbox=[10, 10, 20, 25],
                area=500,
                keypoints=points,
                num_keypoints=17 if labelled else 0,
            )
        )
    content = dict(images=images, annotations=annotations, categories=[dict(id=1, name="person")])
    (tmp_path / "coco.json").write_text(json.dumps(content))
    return tmp_path


def scenes(folder, **kwargs):
    return CocoScenes(
        ann_file=str(folder / "coco.json"), data_prefix=dict(img=f"{folder}/"), **kwargs
    )


def test_people_without_keypoints_stay_and_crowds_go(coco):
    data = scenes(coco)
    assert [data.get_data_info(i)["img_id"] for i in range(len(data))] == [1, 3]
    first = data.get_data_info(0)
    assert first["bbox"].tolist() == [[10, 10, 30, 35]] * 2
    assert first["keypoints"][0, 0].tolist() == [20.5, 21.5]
    assert first["keypoints_visible"].sum(axis=1).tolist() == [17, 0]


def test_every_image_is_evaluated(coco):
    assert len(scenes(coco, test_mode=True)) == 3


def test_batches_do_not_mix_wide_and_tall(coco):
    data = scenes(coco)
    batches = AspectRatioBatches(Stream(data, seed=1), 2)
    for batch, _ in zip(batches, range(5), strict=False):
        assert len(batch) == 2
        assert len({draw.index for draw in batch}) == 1


@pytest.mark.parametrize("tier", ["smoke", "full"])
def test_a_pipeline_of_the_configs_gives_labels_for_the_loss(coco, tier):
    import model_zoo

    cfg = model_zoo.config("querypose-r50", tier=tier)
    with DefaultScope.overwrite_default_scope("mmpose"):
        pipeline = [TRANSFORMS.build(step) for step in cfg.train_dataloader.dataset.pipeline]
    data = scenes(coco)
    for index in (0, 1):
        results = data.get_data_info(index)
        for step in pipeline:
            results = step(results)
        sample = results["data_samples"]
        assert results["inputs"].shape[1:] == sample.img_shape
        labels = sample.gt_instance_labels
        assert labels.keypoints.shape == (len(labels.bboxes), 17, 2)
        assert labels.keypoints_visible.shape == (len(labels.bboxes), 17)
