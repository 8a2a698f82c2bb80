"""Checkpoints: written as tensors and plain data only, and never loaded as another network's in silence."""

import importlib
from collections import OrderedDict
from typing import Any

import numpy as np
import torch
from mmengine.hooks import CheckpointHook
from mmengine.registry import HOOKS
from torch import nn

from .compat import import_mmpose

import_mmpose()  # so that this module can be the first import
from mmpose.models.pose_estimators import TopdownPoseEstimator  # noqa: E402
from mmpose.registry import MODELS  # noqa: E402


@HOOKS.register_module()
class PlainCheckpointHook(CheckpointHook):
    """MMEngine's CheckpointHook without the pickled objects in what it writes.

    MMEngine 0.10.7 stores its message hub (log histories, NumPy scalars) and NumPy arrays in every checkpoint;
    `torch.load` with its default `weights_only=True` refuses such a file, so the run cannot be resumed and
    MMPoseInferencer cannot load it. This hook leaves the log histories out and converts everything else that is not a
    tensor to plain values. Lost on resume: the smoothed values of the log window, nothing that training uses.
    """

    def before_save_checkpoint(self, runner: Any, checkpoint: dict) -> None:
        """Called by the runner with the complete checkpoint just before it is written.

        Raises `TypeError` naming the entry that has no plain form.
        """
        hub = checkpoint.get("message_hub")
        if hub is not None:  # the runner requires all three entries to resume
            checkpoint["message_hub"] = {
                "log_scalars": {},
                "runtime_info": hub["runtime_info"],
                "resumed_keys": hub["resumed_keys"],
            }
        for key, value in checkpoint.items():
            checkpoint[key] = _plain(value, key)


def _plain(value: Any, where: str) -> Any:
    """`value` with NumPy scalars and arrays as Python's; raises `TypeError` for anything else."""
    if value is None or type(value) in (bool, int, float, str) or isinstance(value, torch.Tensor):
        return value
    if isinstance(value, np.generic | np.ndarray):
        return value.tolist()
    if isinstance(value, dict):
        plain = {_plain(key, where): _plain(item, f"{where}.{key}") for key, item in value.items()}
        return OrderedDict(plain) if where == "state_dict" else plain
    if isinstance(value, list | tuple | set):
        return type(value)(_plain(item, where) for item in value)
    raise TypeError(f"checkpoint entry '{where}' is a {type(value).__name__}, not plain data")


class CheckedLoading:
    """Mixin of a pose estimator: a checkpoint that fits less than half of its head is the authors' or an error.

    MMEngine 0.10.7 (MMPoseInferencer, `tools/test.py`, `load_checkpoint`) only logs a warning if no name or no shape
    fits, and the network predicts with its random weights. The authors' entries are loaded under our names; own
    checkpoints, whole or in part, are loaded as ever. Raises `WeightsMismatch`.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.register_load_state_dict_pre_hook(_own_or_released)  # type: ignore[attr-defined]


@MODELS.register_module()
class CheckedTopdown(CheckedLoading, TopdownPoseEstimator):
    """MMPose's top-down estimator with `CheckedLoading`."""


def _own_or_released(model: nn.Module, state: dict, prefix: str, *_: Any) -> None:
    """Replaces the authors' entries in `state` by ours, in place; `prefix` comes before each of ours."""
    # by name, as no training depends on how another's checkpoint is read
    loading = importlib.import_module(f"{__package__}.released.loading")
    loading.own_or_released(model, state, prefix)
