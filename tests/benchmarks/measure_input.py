"""Samples per CPU second of the stock pipeline and of `model_zoo.inputs`: `python -m tests.benchmarks.measure_input`.

Interleaved in one process, on one thread: in each round the same people, drawn alike, by the one and by the other. The
smoke size on the workspace's synthetic people, 256x192 on real JPEGs (`../shared/data/coco_tiny` or REPROPOSE_SAMPLES).
Prints median and range of the ratios, and the memory before the first and after the last round.
"""

import argparse
import os
import resource
import statistics
import time
from pathlib import Path

import cv2
import torch
from mmengine.registry import DefaultScope

import model_zoo
from bench.paths import ROOT, workspace

BATCH = 32


def dataset(config: str, tier: str, data_root: Path) -> object:
    from mmpose.registry import DATASETS

    settings = model_zoo.config(config, tier=tier).train_dataloader.dataset.to_dict()
    settings["data_root"] = str(data_root)
    if "located_seed" in settings:
        settings["located_seed"] = 0
    with DefaultScope.overwrite_default_scope("mmpose"):
        return DATASETS.build(settings)


def rounds(data: object, number: int) -> list[tuple[float, float]]:
    """CPU milliseconds a sample, (stock, batches), of each round of two batches."""
    from model_zoo.inputs.topdown import CropBatches
    from model_zoo.training.draws import Draw, SeededSamples

    stock, ours = SeededSamples(data, 0), SeededSamples(CropBatches(data), 0)
    ours.__getitems__([Draw(0, 0)])
    found = []
    for one in range(number):
        draws = [Draw(n % len(stock), n) for n in range(one * 2 * BATCH, (one + 1) * 2 * BATCH)]
        begin = time.process_time()
        for draw in draws:
            stock[draw]
        middle = time.process_time()
        for half in (draws[:BATCH], draws[BATCH:]):
            ours.__getitems__(half)
        end = time.process_time()
        found.append(tuple(1e3 * t / len(draws) for t in (middle - begin, end - middle)))
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument(
        "configs",
        nargs="*",
        default=["transpose-r-a4", "lightpose-r50", "tfpose-r50-e6d6", "lofr-r50"],
    )
    given = parser.parse_args()
    torch.set_num_threads(1)
    cv2.setNumThreads(1)
    model_zoo.register()
    samples = Path(os.environ.get("REPROPOSE_SAMPLES", ROOT.parent / "shared/data"))
    places = {"smoke": workspace() / "data/smoke/coco", "full": samples / "coco_tiny"}
    for tier, root in places.items():
        for config in given.configs:
            found = rounds(dataset(config, tier, root), given.rounds)
            ratios = sorted(stock / ours for stock, ours in found)
            stock, ours = (statistics.median(times) for times in zip(*found, strict=True))
            memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
            print(
                f"{tier:6}{config:20}{stock:6.2f} ms -> {ours:5.2f} ms  x{statistics.median(ratios):.1f} "
                f"({ratios[0]:.1f} to {ratios[-1]:.1f}), peak {memory:.0f} MB",
                flush=True,
            )


if __name__ == "__main__":
    main()
