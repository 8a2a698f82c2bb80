"""How long the image-paired bootstrap takes: `python -m tests.benchmarks.measure_bootstrap`.

Draws of an AP difference over 5,000 images with the detections of `measure_evaluation`, beside the literal loop over
thresholds that sums over all detections each time. The two alternate; the differences must be the same to 1e-10 points.
"""

import argparse
import time
from statistics import median

import numpy as np
from numpy.typing import NDArray

from bench.evaluate.evaluated import RECALLS, evaluate_instances
from bench.evaluate.instances import Instances, rules_of
from bench.evaluate.matches import Matches, ResampledAp
from bench.judge.bootstrap import BATCH
from tests.benchmarks.measure_evaluation import made_up, spread


def literal_ap(matches: Matches, times: NDArray[np.int64]) -> float:
    """AP in percent, every running sum over all detections."""
    weight, people = times[matches.image], int(times @ matches.people)
    total = 0.0
    for hit, ignored in zip(matches.hit, matches.ignored, strict=True):
        true = np.cumsum(weight * hit)
        seen = np.cumsum(weight * ~ignored)
        at = np.flatnonzero(hit)
        if len(at) == 0:
            continue
        precision = true[at] / np.maximum(seen[at], 1)
        envelope = np.maximum.accumulate(precision[::-1])[::-1]
        index = np.searchsorted(true[at] / people, RECALLS, side="left")
        total += float(np.sum(envelope[index[index < len(at)]])) / len(RECALLS)
    return 100.0 * total / len(matches.hit)


def one_by_one(matches: Matches, times: NDArray[np.int64]) -> NDArray[np.float64]:
    return np.array([literal_ap(matches, one) for one in times])


def batches(matches: Matches, times: NDArray[np.int64]) -> NDArray[np.float64]:
    parts = np.split(times, range(BATCH, len(times), BATCH))
    average_precision = ResampledAp(matches)
    return np.concatenate([average_precision(part) for part in parts])


def two_runs() -> tuple[Matches, Matches]:
    """One set of detections, and the same with more noise."""
    truth, found = made_up(np.random.default_rng(0))
    rng, rules = np.random.default_rng(1), rules_of("coco")
    worse = [
        {**one, "keypoints": (np.array(one["keypoints"]) + rng.normal(0, 2, 51)).tolist()}
        for one in found
    ]
    first, second = (
        Matches.of(evaluate_instances(Instances.of(truth, entries, rules), rules))
        for entries in (found, worse)
    )
    return first, second


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--draws", type=int, default=48, help="in a round of the literal loop")
    options = parser.parse_args()
    runs = two_runs()
    rng, images = np.random.default_rng(0), len(runs[0].images)
    ratios, ours = [], []
    for _ in range(options.rounds):
        drawn = (rng.integers(0, images, images) for _ in range(options.draws))
        times = np.array([np.bincount(one, minlength=images) for one in drawn])
        seconds, answers = [], []
        for metric in (one_by_one, batches):
            start = time.process_time()
            answers.append(metric(runs[0], times) - metric(runs[1], times))
            seconds.append(time.process_time() - start)
        np.testing.assert_allclose(*answers, rtol=0, atol=1e-10)
        ratios.append(seconds[0] / seconds[1])
        ours.append(2000 * seconds[1] / options.draws)
    print(
        f"{spread(ratios, '.1f')} times the literal loop; 2,000 draws in {median(ours):.1f} s of CPU"
    )


if __name__ == "__main__":
    main()
