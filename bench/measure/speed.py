"""Latencies of several models, measured in turn within one process, at batch size 1.

Top-down models are timed as in TransPose Table 2 (frames per second of the network alone), models of whole images as in
QueryPose Table 4 (end to end, with what turns outputs into people). Interleaved: in every round each model is timed
once, so that other load on the machine affects all of them. Ratios within one result can be compared; latencies of two
machines cannot.
"""

import sys
import time
from collections.abc import Callable, Mapping, Sequence
from statistics import quantiles
from typing import Any

from tqdm import tqdm

from bench.errors import EnvironmentProblem
from bench.results.inputs import digests, time_inputs
from bench.results.provenance import hardware, provenance
from bench.results.records import SpeedResult, Timing

SLOW = 20.0
FEWEST = 4
PROTOCOL = (
    "batch 1, no flip, float32, eval mode, warm-up, models interleaved; top-down: network only; whole images: "
    "with decoding and grouping, of untrained weights and an empty image (little to group)"
)


def time_models(
    group: str, models: Sequence[str], *, rounds: int | None = None, device: str | None = None
) -> SpeedResult:
    """Time `models` (zoo names) at their full size, `rounds` times each after a warm-up.

    Defaults: a GPU if there is one (200 rounds, 20 to warm up), else one CPU thread per core (7 rounds, 2; 4 and 1
    where a round of all models takes longer than `SLOW` seconds).
    """
    import torch

    import model_zoo

    if device == "cuda" and not torch.cuda.is_available():
        raise EnvironmentProblem("no CUDA device can be used here; leave --device out or give cpu")
    for backend in (torch.backends.cudnn, torch.backends.cuda.matmul):
        backend.allow_tf32 = False  # float32 as named
    device = device or ("cuda" if torch.cuda.is_available() else "cpu")
    usual = 200 if device == "cuda" else 7
    calls: dict[str, Callable[[], None]] = {}
    for name in tqdm(models, desc=f"building models of {group}", unit="model"):
        width, height = model_zoo.input_size(name)
        network = model_zoo.build_model(name).to(device).eval()
        picture = torch.zeros(1, 3, height, width, device=device)
        calls[name] = _caller(network, picture, device)
    tqdm.write(f"{group}: warm-up round", file=sys.stderr)
    slow = sum(_round(calls).values()) > 1000 * SLOW
    rounds = rounds or (FEWEST if slow else usual)
    for _ in range(0 if slow else max(1, rounds // 10)):
        _round(calls)
    counter = tqdm(range(rounds), desc=f"timing {group} on {device}", unit="round")
    each = [_round(calls) for _ in counter]
    facts = hardware()
    return SpeedResult(
        group=group,
        machine=facts.get("gpu0", f"{facts['cpu']}, {facts['cores']} cores"),
        device="cuda" if device.startswith("cuda") else "cpu",
        precision="float32",
        batch=1,
        protocol=PROTOCOL,
        timings={name: _summary([one[name] for one in each]) for name in models},
        provenance=provenance(inputs=digests(time_inputs(models))),
    )


def _round(calls: Mapping[str, Callable[[], None]]) -> dict[str, float]:
    """Milliseconds of every model, one after the other."""
    taken = {}
    for name, call in calls.items():
        start = time.perf_counter()
        call()
        taken[name] = 1000 * (time.perf_counter() - start)
    return taken


def _caller(network: Any, picture: Any, device: str) -> Callable[[], None]:
    import torch
    from mmpose.models.pose_estimators import BottomupPoseEstimator

    whole = isinstance(network, BottomupPoseEstimator)

    def call() -> None:
        with torch.inference_mode():
            if whole:
                network(picture, [_whole_image(picture)], mode="predict")
            else:
                network(picture, None, mode="tensor")
        if device.startswith("cuda"):
            torch.cuda.synchronize()

    return call


def _whole_image(picture: Any) -> Any:
    """The sample of an image that needed no resizing."""
    import numpy as np
    from mmpose.structures import PoseDataSample

    height, width = picture.shape[2:]
    shapes = {"ori_shape": (height, width), "img_shape": (height, width)}
    size = np.array([width, height])
    places = {"input_center": size / 2, "input_scale": size, "input_size": size}
    return PoseDataSample(metainfo={**shapes, **places})


def _summary(times: list[float]) -> Timing:
    low, median, high = quantiles(times, n=4)
    return Timing(median_ms=median, low_ms=low, high_ms=high, samples=len(times))
