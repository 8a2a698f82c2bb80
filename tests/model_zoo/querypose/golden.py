"""The filling rule of reference/querypose/README.md: weights are derived from names, so none are stored."""

import functools
import json
import os
import zlib
from pathlib import Path

import numpy as np
import torch

from tests.model_zoo import shapes

SHARED = Path(os.environ.get("REPROPOSE_SHARED", Path(__file__).parents[4] / "shared"))
FOLDER = SHARED / "reference" / "querypose"


def filled(name: str, shape: list[int], kept: torch.Tensor | None = None) -> torch.Tensor:
    """The value of one entry of the authors' state_dict; `kept` is the value the rule leaves as it is."""
    if name == "init_proposal_boxes.weight" or name.endswith("flow.flow.mask"):
        return kept
    if name.endswith("num_batches_tracked"):
        return torch.zeros((), dtype=torch.int64)
    rng = np.random.RandomState(zlib.crc32(name.encode()))
    if name.endswith("running_var"):
        return _float(rng.uniform(0.5, 1.5, shape))
    values = rng.standard_normal(shape)
    if len(shape) >= 2:
        return _float(values * _spread(name, shape))
    return _float(1 + 0.1 * values if name.endswith("weight") else 0.1 * values)


def _spread(name: str, shape: list[int]) -> float:
    if name in ("init_proposal_features.weight", "part_query.weight"):
        return 1.0
    spread = np.sqrt(1 / np.prod(shape[1:]))
    if name.endswith("bboxes_delta.weight"):
        spread *= 0.5
    if ".inst_convs." in name or name.startswith("inst_convs."):
        spread *= np.sqrt(2)
    if name.endswith("LSA_conv.weight"):
        spread *= 2
    if name == "backbone.reduction_conv.0.weight":
        spread *= 0.001
    return spread


def _float(values: np.ndarray) -> torch.Tensor:
    return torch.from_numpy(values.astype(np.float32))


def image(width: int = 320, height: int = 256) -> torch.Tensor:
    """The golden image [1, 3, H, W], normalised."""
    pixels = np.random.RandomState(2022).uniform(0, 255, (1, 3, height, width)).astype(np.float32)
    mean = torch.tensor([123.675, 116.28, 103.53])[:, None, None]
    std = torch.tensor([58.395, 57.12, 57.375])[:, None, None]
    return (torch.from_numpy(pixels) - mean) / std


def facts(name: str) -> dict:
    return json.loads((FOLDER / f"{name}.json").read_text())


@functools.cache
def shapes_only(name):
    """A model on the meta device, built once."""
    return shapes.shapes_only(name)
