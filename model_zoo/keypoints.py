"""Keypoint names and limbs of the data sets, from MMPose's own data set files (read without importing MMPose)."""

import functools
import importlib.util
import runpy
from pathlib import Path
from typing import Any

from .layers.options import check_choice

DATASETS = ("coco", "mpii", "crowdpose")


@functools.cache
def keypoint_names(dataset: str) -> tuple[str, ...]:
    """Names such as "left_knee", by keypoint number; the top of the head is "head_top" in every data set."""
    info = _metainfo(dataset)["keypoint_info"]
    return tuple(info[k]["name"].replace("top_head", "head_top") for k in range(len(info)))


def limbs(dataset: str) -> tuple[tuple[int, int], ...]:
    """Limbs as pairs of keypoint numbers."""
    info = _metainfo(dataset)
    number = {point["name"]: k for k, point in info["keypoint_info"].items()}
    links = (limb["link"] for limb in info["skeleton_info"].values())
    return tuple((number[one], number[other]) for one, other in links)


def _metainfo(dataset: str) -> dict[str, Any]:
    check_choice("dataset", dataset, DATASETS)
    mmpose = Path(importlib.util.find_spec("mmpose").origin).parent
    return runpy.run_path(str(mmpose / f".mim/configs/_base_/datasets/{dataset}.py"))[
        "dataset_info"
    ]
