"""Crops of people and their targets, a batch at a time: equal to the stock pipeline's, in a fraction of its time.

`CropBatches` wraps a top-down data set whose pipeline consists of the steps below, in this order:

    LoadImage GetBBoxCenterScale [RandomFlip] [RandomHalfBody] [RandomBBoxTransform] TopdownAffine
    [GenerateTarget] [CategoryLabels] PackPoseInputs

Every sample draws what the stock transforms draw from its random stream; its crop is one affine warp straight into the
batch, with the stock transforms' matrix, and so bit-equal. Targets are encoded for the whole batch.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import torch
from mmengine.dataset import BaseDataset, pseudo_collate
from mmengine.registry import FUNCTIONS
from mmengine.structures import InstanceData, PixelData
from mmpose.registry import DATASETS
from mmpose.structures.bbox import bbox_xyxy2cs, get_udp_warp_matrix, get_warp_matrix

from . import random_steps, targets
from .decoded import Images
from .packing import Sample, filled, sample_of

_ORDER = (
    "LoadImage",
    "GetBBoxCenterScale",
    "RandomFlip",
    "HalfBody",
    "RandomBBoxTransform",
    "TopdownAffine",
    "GenerateTarget",
    "CategoryLabels",
    "PackPoseInputs",
)
_NEEDED = ("LoadImage", "GetBBoxCenterScale", "TopdownAffine", "PackPoseInputs")
_METAINFO = ("dataset_name", "upper_body_ids", "lower_body_ids", "flip_indices")
_META = ("id", "img_id", "img_path", "ori_shape", "img_shape")


def steps_of(dataset: Any) -> dict[str, Any] | None:
    """The steps of a data set's pipeline by name, None where they are not those of a top-down training."""
    pipeline = getattr(getattr(dataset, "pipeline", None), "transforms", ())
    names = [type(step).__name__ for step in pipeline]
    names = [
        "HalfBody" if name in ("RandomHalfBody", "LocatedHalfBody") else name for name in names
    ]
    found = dict(zip(names, pipeline, strict=True))
    known = len(found) == len(names) and [name for name in _ORDER if name in found] == names
    if not known or not all(name in found for name in _NEEDED):
        return None
    load, target, flip = (found.get(name) for name in ("LoadImage", "GenerateTarget", "RandomFlip"))
    plain = not (load.to_float32 or load.ignore_empty or load.color_type != "color")
    plain &= target is None or _plain_target(target)
    plain &= not found["PackPoseInputs"].pack_transformed
    plain &= flip is None or (flip.direction == "horizontal" and isinstance(flip.prob, float))
    return found if plain else None


def _plain_target(target: Any) -> bool:
    several = isinstance(target.encoder, list)
    return not (
        several or target.use_dataset_keypoint_weights or target.encoder.auxiliary_encode_keys
    )


@FUNCTIONS.register_module()
def batch_collate(batch: Any) -> dict[str, Any]:
    """A batch of `CropBatches` as it is; a list of samples as MMEngine's `pseudo_collate`."""
    return batch if isinstance(batch, dict) else pseudo_collate(batch)


@DATASETS.register_module()
class CropBatches:
    """A top-down data set that gives whole batches (PyTorch asks for them by `__getitems__`).

    Args:
        dataset: an MMPose data set, or its config; its pipeline as the module says. Raises `ValueError` if it is not.
        keep_decoded: keep decoded images beside the data set (`model_zoo.inputs.decoded`).

    In a stock config: `dataset=dict(type="CropBatches", dataset=...)`, `collate_fn=dict(type="batch_collate")`.
    """

    def __init__(self, dataset: Any, keep_decoded: bool = True) -> None:
        self.dataset = DATASETS.build(dataset) if isinstance(dataset, dict) else dataset
        self.dataset.full_init()
        found = steps_of(self.dataset)
        if found is None:
            raise ValueError(
                "CropBatches takes a top-down pipeline with the steps "
                f"{', '.join(_ORDER)}, some of the random ones left out; see model_zoo/inputs/topdown.py"
            )
        self.found = found
        self.steps = random_steps.Steps(
            *(found.get(n) for n in ("RandomFlip", "HalfBody", "RandomBBoxTransform"))
        )
        self.located_only = type(self.steps.half_body).__name__ == "LocatedHalfBody"
        self.info = {name: self.dataset.metainfo[name] for name in _METAINFO}
        self.width, self.height = map(int, found["TopdownAffine"].input_size)
        folder = Path(self.dataset.data_root or ".").parent / ".decoded" if keep_decoded else None
        paths = [self._info(index)["img_path"] for index in range(len(self))] if folder else []
        self.images = Images(paths, folder)

    def __len__(self) -> int:
        return len(self.dataset)

    def __getattr__(self, name: str) -> Any:
        """Everything else is the data set's."""
        if name == "dataset" or name.startswith("__"):
            raise AttributeError(name)
        return getattr(self.dataset, name)

    def __getitem__(self, index: int) -> dict[str, Any]:
        batch = self.__getitems__([index])
        return {"inputs": batch["inputs"][0], "data_samples": batch["data_samples"][0]}

    def __getitems__(self, indices: Sequence[int]) -> dict[str, Any]:
        """The batch of these samples, drawn from NumPy's global generator."""
        return self.batch(indices, [np.random.mtrand._rand] * len(indices))

    def batch(
        self, indices: Sequence[int], randoms: Sequence[np.random.RandomState | Any]
    ) -> dict[str, Any]:
        """inputs: uint8 [B, 3, H, W]; data_samples: B samples with labels. randoms: the generator of each sample.

        A generator may be a function that gives it, called right before its sample is drawn.
        """
        infos = [self._info(index) for index in indices]
        drawn = []
        for info, random in zip(infos, randoms, strict=True):
            generator = random() if callable(random) else random
            located = not self.located_only or info.get("located", False)
            visible = _plain_visible(info)
            drawn.append(
                random_steps.draw(self.steps, generator, visible, self.info, located=located)
            )
        images = [self.images[info["img_path"]] for info in infos]
        flips = np.array([one.flip for one in drawn])
        keypoints, visible = self._people(infos, images, flips)
        centers, scales, matrices = self._boxes(infos, images, flips, drawn, keypoints)
        crops = np.empty((len(infos), self.height, self.width, 3), np.uint8)
        size = (self.width, self.height)
        for image, flip, matrix, crop in zip(images, flips, matrices, crops, strict=True):
            turned = cv2.flip(image, 1) if flip else image
            cv2.warpAffine(turned, matrix, size, dst=crop, flags=cv2.INTER_LINEAR)
        pairs = zip(keypoints, matrices, strict=True)
        moved = np.concatenate([cv2.transform(points[None], matrix) for points, matrix in pairs])
        if "GenerateTarget" in self.found:
            labels = targets.encode(self.found["GenerateTarget"].encoder, moved, visible)
            samples = self._samples(infos, images, flips, moved, visible, labels)
        else:
            parts = zip(infos, images, centers, scales, moved, strict=True)
            samples = [self._packed(*part) for part in parts]
        inputs = torch.from_numpy(np.ascontiguousarray(crops.transpose(0, 3, 1, 2)))
        return {"inputs": inputs, "data_samples": samples}

    def _packed(
        self,
        info: dict[str, Any],
        image: np.ndarray,
        center: np.ndarray,
        scale: np.ndarray,
        moved: np.ndarray,
    ) -> Any:
        """A sample for testing, with all that the stock pipeline packs."""
        padding = self.found["GetBBoxCenterScale"].padding
        if not ("bbox_center" in info and "bbox_scale" in info):
            info["bbox_center"], info["bbox_scale"] = bbox_xyxy2cs(info["bbox"], padding=padding)
        shape = image.shape[:2]
        info |= {"ori_shape": shape, "img_shape": shape, "bbox_scale": scale[None]}
        info["img"] = np.zeros((1, 1, 3), np.uint8)  # the pixels are in the batch
        info |= {"input_size": (self.width, self.height), "input_center": center}
        info |= {"input_scale": scale, "transformed_keypoints": moved[None], **self.info}
        return self.found["PackPoseInputs"].transform(info)["data_samples"]

    def _info(self, index: int) -> dict[str, Any]:
        """A person's entry without a copy of the data set's names, which MMPose adds to each."""
        info: dict[str, Any] = BaseDataset.get_data_info(self.dataset, int(index))
        return info

    def _people(
        self, infos: Sequence[dict], images: Sequence[np.ndarray], flips: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        """Keypoints [B, K, 2] and visible [B, K], mirrored where the image is."""
        keypoints = np.stack([info["keypoints"][0] for info in infos])
        visible = np.stack([_plain_visible(info) for info in infos])
        pairs = self.info["flip_indices"]
        for index in np.flatnonzero(flips):
            keypoints[index] = keypoints[index, pairs]
            visible[index] = visible[index, pairs]
            keypoints[index, :, 0] = images[index].shape[1] - 1 - keypoints[index, :, 0]
        return keypoints, visible

    def _boxes(
        self,
        infos: Sequence[dict],
        images: Sequence[np.ndarray],
        flips: np.ndarray,
        drawn: Sequence[random_steps.Drawn],
        keypoints: np.ndarray,
    ) -> tuple[np.ndarray, np.ndarray, list[np.ndarray]]:
        """Centres [B, 2] and scales [B, 2] of the crops in the images, mirrored if so drawn, and the matrices [2, 3]
        to the crops."""
        padding = self.found["GetBBoxCenterScale"].padding
        boxes = [
            (info["bbox_center"], info["bbox_scale"] * padding)
            if "bbox_center" in info and "bbox_scale" in info
            else bbox_xyxy2cs(info["bbox"], padding=padding)
            for info in infos
        ]
        centers = np.concatenate([center for center, _ in boxes])
        scales = np.concatenate([scale for _, scale in boxes])
        widths = np.array([image.shape[1] for image in images], centers.dtype)
        centers[:, 0] = np.where(flips, widths - centers[:, 0] - 1, centers[:, 0])
        for index, one in enumerate(drawn):
            if one.half is not None:
                box = self.steps.half_body._get_half_body_bbox(keypoints[index], one.half)
                centers[index], scales[index] = box
        turns = np.zeros(len(infos))
        if self.steps.jitter is not None:
            uniform = np.stack([one.jitter for one in drawn])
            centers, scales, turns = random_steps.jittered(
                self.steps.jitter, uniform, centers, scales
            )
        crop = self.found["TopdownAffine"]
        scales = crop._fix_aspect_ratio(scales, aspect_ratio=self.width / self.height)
        matrix = get_udp_warp_matrix if crop.use_udp else get_warp_matrix
        size = (self.width, self.height)
        parts = zip(centers, scales, turns, strict=True)
        matrices = [matrix(center, scale, turn, output_size=size) for center, scale, turn in parts]
        return centers, scales, matrices

    def _samples(
        self,
        infos: Sequence[dict],
        images: Sequence[np.ndarray],
        flips: np.ndarray,
        moved: np.ndarray,
        visible: np.ndarray,
        labels: dict[str, np.ndarray],
    ) -> list[Sample]:
        """A `PoseDataSample` for each, with labels and without `gt_instances`, which no loss looks at."""
        codec = self.found["GenerateTarget"].encoder
        if "CategoryLabels" in self.found:
            _presence(infos, moved, visible, labels, (self.width, self.height))
        tables = dict(codec.label_mapping_table, keypoint_presence="keypoint_presence")
        instance = {
            tables[k]: torch.from_numpy(v).unbind() for k, v in labels.items() if k in tables
        }
        table = codec.field_mapping_table
        field = {table[k]: torch.from_numpy(v).unbind() for k, v in labels.items() if k in table}
        samples = []
        for index, (info, image) in enumerate(zip(infos, images, strict=True)):
            shape = image.shape[:2]
            meta = {name: info[name] for name in _META if name in info}
            meta |= {
                "ori_shape": shape,
                "img_shape": shape,
                "input_size": (self.width, self.height),
            }
            meta |= {"flip": bool(flips[index]), "flip_indices": self.info["flip_indices"]}
            parts = {
                "gt_instances": InstanceData(),
                "gt_instance_labels": filled(InstanceData(), instance, index),
                "gt_fields": filled(PixelData(), field, index),
            }
            samples.append(sample_of(meta, parts))
        return samples


def _plain_visible(info: dict[str, Any]) -> np.ndarray:
    """Visibility [K] of a person."""
    visible: np.ndarray = info["keypoints_visible"][0]
    return visible if visible.ndim == 1 else visible[:, 0]


def _presence(
    infos: Sequence[dict],
    moved: np.ndarray,
    visible: np.ndarray,
    labels: dict[str, np.ndarray],
    size: tuple[int, int],
) -> None:
    """What `CategoryLabels` does to a sample, for a batch: adds `keypoint_presence` [B, 1, K], removes locations."""
    inside = ((moved >= -0.5) & (moved < np.asarray(size) - 0.5)).all(axis=2)
    labels["keypoint_presence"] = (inside & (visible > 0)).astype(np.float32)[:, None]
    unlocated = [index for index, info in enumerate(infos) if not info.get("located", False)]
    labels["heatmaps"][unlocated] = 0
    labels["keypoint_weights"][unlocated] = 0
