"""Supervision without locations: presence labels, and the seeded split of samples that keep their locations.

`CategoryLabels` removes the locations: what it removes is not in the batch at all.
"""

import hashlib
import json
from pathlib import Path
from typing import Any

import numpy as np
import torch
from mmcv.transforms import BaseTransform
from mmengine.dist import master_only
from mmengine.hooks import Hook
from mmpose.datasets import CocoDataset, CrowdPoseDataset, MpiiDataset
from mmpose.datasets.transforms import RandomHalfBody
from mmpose.registry import DATASETS, HOOKS, TRANSFORMS

# every entry of a sample that contains a keypoint location
LOCATIONS = ("keypoints", "transformed_keypoints", "keypoints_visible", "raw_ann_info")


def is_located(sample_id: int, share: float, seed: int) -> bool:
    """Whether a sample belongs to the `share` (0 to 1) that keeps its locations.

    Decided by a hash of seed and id, so the same on every machine, and nested: the 5 % are part of the 10 %.
    """
    digest = hashlib.sha256(f"{seed}:{sample_id}".encode()).digest()
    return int.from_bytes(digest[:8], "big") < share * 2**64


class _Located:
    """Mixin of data sets that marks a share of the samples as located.

    Args:
        located_share: share of samples whose locations may be used, 0 to 1.
        located_seed: of the split; None: the seed of the training, as the Runner has set it, so that trainings with
            other seeds have other splits.
        drop_unlocated: leave the other samples out (the paper's Sup-only).
    """

    def __init__(
        self,
        *args: Any,
        located_share: float = 0.0,
        located_seed: int | None = None,
        drop_unlocated: bool = False,
        **kwargs: Any,
    ) -> None:
        if not 0 <= located_share <= 1:
            raise ValueError(f"located_share is {located_share}; it must be between 0 and 1")
        self.located_share = located_share
        self.located_seed = torch.initial_seed() if located_seed is None else located_seed
        self.drop_unlocated = drop_unlocated
        super().__init__(*args, **kwargs)

    def load_data_list(self) -> list[dict]:
        """MMPose's samples, each with `located`."""
        samples = super().load_data_list()
        for one in samples:
            one["located"] = is_located(one["id"], self.located_share, self.located_seed)
        if self.drop_unlocated:
            samples = [one for one in samples if one["located"]]
        return samples

    def located_ids(self) -> list[int]:
        """Ids of the located samples, in the order of the data set."""
        samples = (self.get_data_info(index) for index in range(len(self)))
        return [int(one["id"]) for one in samples if one["located"]]


@DATASETS.register_module()
class LocatedCocoDataset(_Located, CocoDataset):
    """MMPose's CocoDataset with `located_share`."""


@DATASETS.register_module()
class LocatedMpiiDataset(_Located, MpiiDataset):
    """MMPose's MpiiDataset with `located_share`."""


@DATASETS.register_module()
class LocatedCrowdPoseDataset(_Located, CrowdPoseDataset):
    """MMPose's CrowdPoseDataset with `located_share`."""


@HOOKS.register_module()
class RecordSplit(Hook):
    """Writes the split to `located.json` in the work directory: share, seed, number of samples, ids."""

    @master_only
    def before_train(self, runner: Any) -> None:
        data = runner.train_dataloader.dataset
        record = dict(
            share=data.located_share,
            seed=data.located_seed,
            samples=len(data),
            located=data.located_ids(),
        )
        (Path(runner.work_dir) / "located.json").write_text(json.dumps(record))


@TRANSFORMS.register_module()
class CategoryLabels(BaseTransform):
    """Replaces locations by labels: `keypoint_presence` [1, K], 1 for a labelled keypoint inside the crop.

    The last transform before packing. A sample that the data set does not mark as `located` loses all its
    locations. If a codec has already made targets, their heatmaps and weights are set to zero.
    """

    def transform(self, results: dict) -> dict:
        """Needs `transformed_keypoints`, `keypoints_visible`, `input_size` (width, height)."""
        points = results["transformed_keypoints"]
        size = np.asarray(results["input_size"])
        inside = ((points >= -0.5) & (points < size - 0.5)).all(axis=2)
        visible = results["keypoints_visible"].reshape(inside.shape) > 0
        presence = (inside & visible).astype(np.float32)
        if not results.get("located", False):
            if "keypoint_weights" in results:
                results["heatmaps"] = np.zeros_like(results["heatmaps"])
                results["keypoint_weights"] = np.zeros_like(results["keypoint_weights"])
            for key in LOCATIONS:
                results.pop(key, None)
        table = dict(results.get("label_mapping_table", {}), keypoint_presence="keypoint_presence")
        results.update(keypoint_presence=presence, label_mapping_table=table)
        return results


@TRANSFORMS.register_module()
class LocatedHalfBody(RandomHalfBody):
    """MMPose's half-body crop for located samples only: it chooses the crop by the keypoint locations."""

    def transform(self, results: dict) -> dict:
        return super().transform(results) if results.get("located", False) else results
