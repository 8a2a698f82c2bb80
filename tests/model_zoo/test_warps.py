"""What goes through OpenCV's warps: 8-bit images or float32 of at most four channels, and never nearest neighbour.

OpenCV 5.0 warps float64 arrays and those of other channel counts 500 times more coarsely, and its nearest-neighbour
warp loses every second column at a shift of half a pixel.
"""

import inspect
import re
from pathlib import Path

import cv2
import numpy as np
import pytest
from mmengine.dataset import Compose
from mmengine.registry import DefaultScope
from mmpose.registry import DATASETS

import model_zoo

ROOT = Path(__file__).resolve().parents[2]
WARPS = ("warpAffine", "warpPerspective", "warpPolar", "remap")
MODELS = (
    *("transpose-r-a4", "transpose-h-a6-mpii", "darkpose-r50", "hrnet-w32", "lightpose-r50-mpii"),
    *("tfpose-r50-e6d6", "lofr-r50-ws", "lofr-r50-mpii", "lofr-r50-crowdpose", "querypose-r50"),
    *(
        "querypose-hrw48-crowdpose",
        "mspn-4x-r50-384x288",
        "cpm-mpii",
        "deeppose-r101",
        "ae-hrnet-w48",
    ),
)
META = (
    *("flip_indices", "flip_pairs", "upper_body_ids", "lower_body_ids", "dataset_keypoint_weights"),
    *("num_keypoints", "skeleton_links"),
)


def fault(image, flags):
    """What OpenCV does badly with such an image; None if nothing."""
    channels = 1 if image.ndim == 2 else image.shape[2]
    if flags & 7 == cv2.INTER_NEAREST:
        return "nearest neighbour"
    if image.dtype not in (np.uint8, np.float32):
        return f"an array of {image.dtype}"
    return f"{channels} channels" if channels not in (1, 3, 4) else None


@pytest.fixture
def warped(monkeypatch):
    """The images that are warped; fails at one that OpenCV warps badly."""
    seen = []

    def watched(name, warp):
        def call(src, *args, **kwargs):
            interpolation = kwargs.get("interpolation", kwargs.get("flags", cv2.INTER_LINEAR))
            if len(args) >= 3 and "flags" not in kwargs:
                interpolation = args[2]
            assert fault(src, interpolation) is None, name
            seen.append(src)
            return warp(src, *args, **kwargs)

        return call

    for name in WARPS:
        monkeypatch.setattr(cv2, name, watched(name, getattr(cv2, name)))
    return seen


def pipelines(name):
    cfg = model_zoo.config(name)
    for loader in (cfg.get("train_dataloader"), cfg.test_dataloader):
        if loader:
            dataset = loader.dataset.get("datasets", [loader.dataset])[0]
            yield dataset.type, loader.dataset.get("pipeline") or dataset.pipeline


def sample(dataset, image, whole):
    """A sample as a data set of that type gives it: two people in the image, or one."""
    kind = DATASETS.get(dataset)
    meta = kind._load_metainfo(kind.METAINFO)
    rng, people = np.random.default_rng(0), 2 if whole else 1
    number = meta["num_keypoints"]
    return {
        **{key: meta[key] for key in META if key in meta},
        **dict(img_path=str(image), img_id=1, id=1, category_id=[1] * people, raw_ann_info=None),
        **dict(bbox=np.tile(np.float32([[20, 10, 200, 230]]), (people, 1)), located=True),
        **dict(bbox_score=np.ones(people, np.float32), iscrowd=[0] * people, segmentation=None),
        **dict(area=np.full(people, 9e3, np.float32), num_keypoints=np.full(people, number)),
        "keypoints": rng.uniform(30, 190, (people, number, 2)).astype(np.float32),
        "keypoints_visible": np.ones((people, number), np.float32),
        "invalid_segs": [],
    }


@pytest.mark.parametrize("name", MODELS)
def test_no_pipeline_warps_what_opencv_warps_badly(warped, tmp_path, name):
    image = tmp_path / "image.png"
    cv2.imwrite(str(image), np.random.default_rng(0).integers(0, 255, (240, 220, 3), np.uint8))
    for dataset, steps in pipelines(name):
        whole = not any(step["type"] == "TopdownAffine" for step in steps)
        for _ in range(4):  # some transforms are drawn by chance
            with DefaultScope.overwrite_default_scope("mmpose"):
                done = Compose(steps)(sample(dataset, image, whole))
            assert done is not None
    assert warped or name.startswith("querypose"), "no warp was seen"


def test_the_pipelines_above_have_every_transform_of_the_zoo():
    def kinds(names):
        return {step["type"] for name in names for _, steps in pipelines(name) for step in steps}

    assert kinds(model_zoo.names()) == kinds(MODELS)


def test_our_own_code_warps_crops_only():
    """`model_zoo/inputs/topdown.py` warps images as the stock transform does, and nothing else."""
    calls = re.compile(rf"\b({'|'.join(WARPS)}|revert_heatmap|INTER_NEAREST)\b")
    files = [
        p for folder in ("bench", "model_zoo", "reports") for p in (ROOT / folder).rglob("*.py")
    ]
    assert files
    warping = [path for path in files if calls.search(path.read_text(encoding="utf-8"))]
    assert warping == [ROOT / "model_zoo/inputs/topdown.py"]
    assert len(calls.findall(warping[0].read_text(encoding="utf-8"))) == 1


@pytest.mark.parametrize(
    ("image", "flags", "told"),
    [
        (np.zeros((4, 4, 3), np.uint8), cv2.INTER_LINEAR, None),
        (np.zeros((4, 4), np.float32), cv2.INTER_LINEAR, None),
        (np.zeros((4, 4, 3)), cv2.INTER_LINEAR, "float64"),
        (np.zeros((4, 4, 17), np.float32), cv2.INTER_LINEAR, "17 channels"),
        (np.zeros((4, 4, 2), np.float32), cv2.INTER_CUBIC, "2 channels"),
        (np.zeros((4, 4), np.uint8), cv2.INTER_NEAREST, "nearest"),
    ],
)
def test_the_check_names_what_it_sees(image, flags, told):
    found = fault(image, flags)
    assert found is None if told is None else told in found
    assert inspect.isbuiltin(cv2.warpAffine)  # the watch of another test is gone
