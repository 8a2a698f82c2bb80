"""Checkpoints of tensors and plain data only, which PyTorch reads with its safe default."""

from collections import OrderedDict
from typing import Any

import numpy as np
import torch
from mmengine.hooks import CheckpointHook
from mmengine.registry import HOOKS


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
