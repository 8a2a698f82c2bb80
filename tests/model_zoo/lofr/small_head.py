"""LOFR's head, smaller than in smoke runs, and what it is given."""

import copy

import torch
from mmengine.registry import DefaultScope
from mmengine.structures import InstanceData, PixelData
from mmpose.registry import MODELS
from mmpose.structures import PoseDataSample

import model_zoo

SMALL = {
    "transformer": {"dim": 16, "heads": 2, "hidden": 32},
    "context": {"layers": 1},
    "pose": {"layers": 2},
}


def small_config(name, **changes):
    """The head of a smoke network, smaller; changes of `SMALL`'s groups and of `weights` are merged."""
    cfg = copy.deepcopy(model_zoo.config(name, tier="smoke").model.head)
    for key, value in (*SMALL.items(), *changes.items()):
        if key in (*SMALL, "weights"):
            cfg[key].update(value)
        else:
            cfg[key] = value
    return cfg


def head(name="lofr-r50", **changes):
    cfg = small_config(name, **changes)
    torch.manual_seed(0)
    with DefaultScope.overwrite_default_scope("mmpose"):
        return MODELS.build(cfg)


def feats(batch=2, seed=0):
    """What the smoke backbone yields for 48x64 images."""
    g = torch.Generator().manual_seed(seed)
    sizes = ((16, 16, 12), (32, 8, 6), (64, 4, 3))
    return tuple(torch.randn(batch, *size, generator=g) for size in sizes)


def samples(presence, heatmaps=None, weights=None):
    made = []
    for i, row in enumerate(presence):
        sample = PoseDataSample(metainfo={"flip_indices": list(range(row.numel()))})
        labels = {"keypoint_presence": row[None]}
        if heatmaps is not None:
            labels["keypoint_weights"] = weights[i][None]
            sample.gt_fields = PixelData(heatmaps=heatmaps[i])
        sample.gt_instance_labels = InstanceData(**labels)
        made.append(sample)
    return made
