"""Checkpoints that hold tensors and plain data only, so that PyTorch's safe default reads them."""

from typing import Any

import numpy as np
import torch
from mmengine.hooks import CheckpointHook
from mmengine.registry import HOOKS


@HOOKS.register_module()
class PlainCheckpointHook(CheckpointHook):
    """MMEngine's CheckpointHook without the pickled objects in what it writes.

    MMEngine 0.10.7 stores its message hub (log histories, NumPy scalars, enumerations) in every checkpoint;
    `torch.load` with its default `weights_only=True` refuses such a file, so the run cannot be resumed and
    MMPoseInferencer cannot load it. This hook leaves the message hub out and turns what else is no tensor into
    plain values. Lost on resume: the smoothed figures of the log window, nothing that training uses.
    """

    def before_save_checkpoint(self, runner: Any, checkpoint: dict) -> None:
        """Called by the runner with the complete checkpoint just before it is written."""
        checkpoint.pop("message_hub", None)
        plain = {key: _plain(value, key) for key, value in checkpoint.items()}
        checkpoint.clear()
        checkpoint.update(plain)


def _plain(value: Any, where: str) -> Any:
    """`value` with NumPy scalars and arrays as Python's; raises `TypeError` for what has no plain form."""
    if value is None or type(value) in (bool, int, float, str):
        return value
    if isinstance(value, torch.Tensor):
        return value
    if isinstance(value, np.generic | np.ndarray):
        return value.tolist()
    if isinstance(value, dict):
        return {_plain(key, where): _plain(item, f"{where}.{key}") for key, item in value.items()}
    if isinstance(value, list | tuple | set):
        return type(value)(_plain(item, where) for item in value)
    raise TypeError(f"checkpoint entry '{where}' is a {type(value).__name__}, not plain data")
