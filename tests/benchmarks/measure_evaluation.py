"""How long an evaluation takes beside pycocotools alone: `python -m tests.benchmarks.measure_evaluation`.

5,000 images, 6,352 people, 104,125 detections made at random. The three evaluations alternate; each round gives
a ratio of processor times, so that other processes and the speed of the machine do not count.
"""

import contextlib
import io
import json
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np

from bench.evaluate.metrics import METRICS, evaluate, evaluate_with_diagnosis

IMAGES, PEOPLE, DETECTIONS, ROUNDS = 5000, 6352, 104_125, 3


def made_up(rng: np.random.Generator) -> tuple[dict, list[dict]]:
    """Truth in half of the images; most people detected, every other detection where nobody is."""
    people = []
    for number, image in enumerate(np.sort(rng.integers(1, IMAGES // 2, PEOPLE))):
        size = rng.uniform(30, 250)
        points = rng.uniform(50, 450, 2) + rng.uniform(-0.5, 0.5, (17, 2)) * size
        seen = rng.integers(0, 3, 17)
        people.append(
            {
                "id": number + 1,
                "image_id": int(image),
                "category_id": 1,
                "bbox": [*map(float, points.min(axis=0)), *map(float, np.ptp(points, axis=0))],
                "area": float(size * size / 2),
                "iscrowd": 0,
                "num_keypoints": int((seen > 0).sum()),
                "keypoints": np.c_[points, seen].ravel().tolist(),
            }
        )
    found = []
    for number in range(DETECTIONS):
        if number < PEOPLE - 300:
            near = np.array(people[number]["keypoints"]).reshape(17, 3)[:, :2]
            points, score = near + rng.normal(0, 5, (17, 2)), rng.uniform(0.3, 1)
            image = people[number]["image_id"]
        else:
            points = rng.uniform(50, 450, 2) + rng.uniform(-0.5, 0.5, (17, 2)) * 120
            score, image = rng.uniform(0, 0.4), int(rng.integers(1, IMAGES + 1))
        flat = np.c_[points, np.full(17, 0.5)].ravel().tolist()
        found.append({"image_id": image, "category_id": 1, "keypoints": flat, "score": score})
    images = [{"id": i + 1, "width": 500, "height": 500, "file_name": ""} for i in range(IMAGES)]
    category = {"id": 1, "name": "person", "keypoints": [""] * 17, "skeleton": []}
    return {"info": {}, "images": images, "annotations": people, "categories": [category]}, found


def plain(file: Path, found: list[dict]) -> list[float]:
    """pycocotools as its manual uses it."""
    from pycocotools.coco import COCO
    from pycocotools.cocoeval import COCOeval

    with contextlib.redirect_stdout(io.StringIO()):
        truth = COCO(str(file))
        evaluation = COCOeval(truth, truth.loadRes([dict(f) for f in found]), "keypoints")
        evaluation.evaluate()
        evaluation.accumulate()
        evaluation.summarize()
    return [100.0 * float(figure) for figure in evaluation.stats]


def timed(work: Callable[[], Any]) -> tuple[float, Any]:
    start = time.process_time()
    answer = work()
    return time.process_time() - start, answer


def spread(parts: list[float], whole: list[float]) -> str:
    """Median and range of the ratios, round by round."""
    ratios = [part / one for part, one in zip(parts, whole, strict=True)]
    return f"{median(ratios):.2f} ({min(ratios):.2f} to {max(ratios):.2f})"


def main() -> None:
    truth, found = made_up(np.random.default_rng(0))
    alone, figures, everything = [], [], []
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "truth.json"
        file.write_text(json.dumps(truth))
        for _ in range(ROUNDS):
            seconds, expected = timed(lambda: plain(file, found))
            alone.append(seconds)
            seconds, metrics = timed(lambda: evaluate("coco", file, found))
            figures.append(seconds)
            seconds, examined = timed(lambda: evaluate_with_diagnosis("coco", file, found))
            everything.append(seconds)
            print(f"{alone[-1]:.1f} s, {figures[-1]:.1f} s, {everything[-1]:.1f} s", flush=True)
    assert metrics == examined.metrics == dict(zip(METRICS["coco"], expected, strict=True))
    print(f"pycocotools alone {median(alone):.1f} s of processor time, {ROUNDS} rounds in turn")
    print(f"the same ten figures: {spread(figures, alone)} of that")
    print(f"with diagnosis, people, matches and notes: {spread(everything, alone)} of that")


if __name__ == "__main__":
    main()
