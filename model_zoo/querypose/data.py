"""Whole images with all their people: data sets, augmentation and batches for QueryPose.

Coordinates are continuous: 0 is the image's left border, 0.5 the first pixel's centre. In COCO's keypoints pixel
centres are integers, so they are shifted by 0.5 when read (and back when written, by the estimator).
"""

import functools
from collections.abc import Iterator
from typing import Any

import mmcv
import numpy as np
from mmcv.transforms import BaseTransform
from mmcv.transforms.utils import cache_randomness
from mmengine.registry import DATA_SAMPLERS
from mmpose.datasets.datasets.body import CocoDataset, CrowdPoseDataset
from mmpose.registry import DATASETS, TRANSFORMS
from torch.utils.data import BatchSampler

from ..training.draws import Draw, Stream


class _Scenes:
    """Bottom-up samples without crowd regions and empty boxes; images with no person left are dropped in training.

    People without labelled keypoints are kept: they supervise class and box.
    """

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs, data_mode="bottomup")

    def parse_data_info(self, raw_data_info: dict) -> dict | None:
        info = super().parse_data_info(raw_data_info)
        if info is None:
            return None
        image, (x, y, width, height) = raw_data_info["raw_img_info"], info["raw_ann_info"]["bbox"]
        info["image_size"] = np.array([[image["width"], image["height"]]])
        info["bbox"] = np.array([[x, y, x + width, y + height]], dtype=np.float32)
        info["keypoints"] = info["keypoints"] + 0.5
        if not self.test_mode and (info["iscrowd"] or min(width, height) <= 0):
            return None
        return info


@DATASETS.register_module()
class CocoScenes(_Scenes, CocoDataset):
    """COCO keypoints, one sample per image."""


@DATASETS.register_module()
class CrowdPoseScenes(_Scenes, CrowdPoseDataset):
    """CrowdPose, one sample per image."""


@TRANSFORMS.register_module()
class SceneFlip(BaseTransform):
    """Flips the image horizontally with probability `prob`, with left and right keypoints swapped."""

    def __init__(self, *, prob: float) -> None:
        self.prob = prob

    @cache_randomness
    def _draw(self) -> bool:
        return np.random.rand() < self.prob

    def transform(self, results: dict) -> dict:
        if not self._draw():
            return results
        width = results["img"].shape[1]
        results["img"] = mmcv.imflip(results["img"])
        x1, y1, x2, y2 = results["bbox"].T
        results["bbox"] = np.stack([width - x2, y1, width - x1, y2], axis=1)
        keypoints = results["keypoints"][:, results["flip_indices"]]
        keypoints[..., 0] = width - keypoints[..., 0]
        results["keypoints"] = keypoints
        results["keypoints_visible"] = results["keypoints_visible"][:, results["flip_indices"]]
        return results


@TRANSFORMS.register_module()
class SceneResize(BaseTransform):
    """Resizes so that the short side is one of `short` (uniformly at random) and the long side at most `long`.

    Adds `input_size` (width, height) and `img_shape` (height, width).
    """

    def __init__(self, *, short: list[int], long: int) -> None:
        self.short, self.long = list(short), long

    @cache_randomness
    def _draw(self) -> int:
        return int(np.random.choice(self.short))

    def transform(self, results: dict) -> dict:
        before = np.array(results["img"].shape[1::-1])
        scale = (self.long, self._draw())
        # pillow averages where it shrinks
        results["img"] = mmcv.imrescale(results["img"], scale, backend="pillow")
        after = results["img"].shape[1::-1]
        ratio = (np.array(after) / before).astype(np.float32)
        if "keypoints" in results:
            results["keypoints"] = results["keypoints"] * ratio
            results["bbox"] = results["bbox"] * np.tile(ratio, 2)
        results.update(input_size=after, img_shape=after[::-1])
        return results


@TRANSFORMS.register_module()
class SceneCrop(BaseTransform):
    """Crops a window; its height and width are uniform in `low` to `high`, at most the image's.

    The window may contain nobody.
    """

    def __init__(self, *, low: int, high: int) -> None:
        self.low, self.high = low, high

    @cache_randomness
    def _draw(self, sides: tuple[int, int]) -> tuple[list[int], list[int]]:
        """Sizes and offsets for sides (height, width)."""
        sizes = [
            int(np.random.randint(min(side, self.low), min(side, self.high) + 1)) for side in sides
        ]
        return sizes, [
            int(np.random.randint(side - size + 1)) for side, size in zip(sides, sizes, strict=True)
        ]

    def transform(self, results: dict) -> dict:
        (height, width), (top, left) = self._draw(results["img"].shape[:2])
        results["img"] = results["img"][top : top + height, left : left + width]
        offset = np.array([left, top], dtype=np.float32)
        results["keypoints"] = results["keypoints"] - offset
        results["bbox"] = results["bbox"] - np.tile(offset, 2)
        results["img_shape"] = (height, width)
        return results


@TRANSFORMS.register_module()
class SceneTargets(BaseTransform):
    """Clips boxes to the image, drops people with an empty box, and marks keypoints outside the image as unlabelled.

    Packs `bboxes` [G, 4], `keypoints` [G, K, 2] and `keypoints_visible` [G, K] as labels.
    """

    def transform(self, results: dict) -> dict:
        height, width = results["img"].shape[:2]
        size = np.array([width, height], dtype=np.float32)
        boxes = results["bbox"].clip(0, np.tile(size, 2))
        keep = (boxes[:, 2:] > boxes[:, :2]).all(axis=1)
        keypoints = results["keypoints"]
        inside = ((keypoints >= 0) & (keypoints <= size)).all(axis=2)
        visible = results["keypoints_visible"] * inside
        results.update(bbox=boxes[keep], keypoints=keypoints[keep], keypoints_visible=visible[keep])
        results["instance_mapping_table"] = {}
        results["label_mapping_table"] = dict(
            bbox="bboxes", keypoints="keypoints", keypoints_visible="keypoints_visible"
        )
        return results


@DATA_SAMPLERS.register_module()
class AspectRatioBatches(BatchSampler):
    """Groups of images that are all wide or all tall, to reduce padding.

    Needs draws (`model_zoo.training.draws.Stream`) of a data set whose samples have `image_size` (`CocoScenes`,
    `CrowdPoseScenes`).
    """

    def __init__(self, sampler: Stream, batch_size: int) -> None:
        super().__init__(sampler, batch_size, drop_last=True)
        self._tall = functools.cache(
            self._is_tall
        )  # a resumed training goes through the order from its beginning

    def _is_tall(self, index: int) -> bool:
        width, height = self.sampler.dataset.get_data_info(index)["image_size"][0]
        return bool(width < height)

    def __iter__(self) -> Iterator[list[Draw]]:
        waiting: dict[bool, list[Draw]] = {True: [], False: []}
        for draw in self.sampler:
            group = waiting[self._tall(draw.index)]
            group.append(draw)
            if len(group) == self.batch_size:
                yield group[:]
                group.clear()
