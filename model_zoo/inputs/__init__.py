"""Top-down samples a batch at a time: what MMPose's transforms give, without their cost (docs/speed.md)."""

from collections.abc import Mapping
from typing import Any

from ..compat import import_mmpose

import_mmpose()  # so that a module of this folder can be the first import

TEST_STEPS = ["LoadImage", "GetBBoxCenterScale", "TopdownAffine", "PackPoseInputs"]


def in_batches(loader: Mapping[str, Any]) -> dict[str, Any]:
    """A loader's config with its data set in `CropBatches` if it is one for top-down tests; else as it is."""
    data = loader["dataset"]
    if [step["type"] for step in data.get("pipeline", [])] != TEST_STEPS:
        return dict(loader)
    batches = {"type": "CropBatches", "dataset": data}
    return {**loader, "dataset": batches, "collate_fn": {"type": "batch_collate"}}
