"""How long an evaluation takes beside pycocotools: `python -m tests.benchmarks.measure_evaluation`.

5,000 images, 11,000 people, 60,000 detections made with a seed. First whole processes: `repropose evaluate` beside the
program of pycocotools' manual, with peak memory. Then in one process, of loaded files: figures, matches, people, error
diagnosis and sampled check, beside evaluate, accumulate and summarize of pycocotools. The two alternate; each round
gives a ratio, so that other processes and the speed of the machine count as little as possible.
"""

import argparse
import contextlib
import io
import json
import os
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple

import numpy as np

from tests.conftest import ROOT

IMAGES, PEOPLE, DETECTIONS = 5000, 11_000, 60_000

MANUAL = """
import sys
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval
truth = COCO(sys.argv[1])
evaluation = COCOeval(truth, truth.loadRes(sys.argv[2]), "keypoints")
evaluation.evaluate()
evaluation.accumulate()
evaluation.summarize()
"""


class Cost(NamedTuple):
    """Seconds of processor time and of wall time, peak memory in MB (0 if not measured)."""

    cpu: float
    wall: float
    memory: float = 0.0


def made_up(rng: np.random.Generator) -> tuple[dict, list[dict]]:
    """Truth in half of the images; nine of ten people detected, the other detections where nobody is."""
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
                "iscrowd": int(rng.random() < 0.02),
                "num_keypoints": int((seen > 0).sum()),
                "keypoints": np.c_[points, seen].ravel().round(2).tolist(),
            }
        )
    found = []
    for number in range(DETECTIONS):
        if number < PEOPLE * 9 // 10:
            near = np.array(people[number]["keypoints"]).reshape(17, 3)[:, :2]
            points, score = near + rng.normal(0, 5, (17, 2)), rng.uniform(0.3, 1)
            image = people[number]["image_id"]
        else:
            points = rng.uniform(50, 450, 2) + rng.uniform(-0.5, 0.5, (17, 2)) * 120
            score, image = rng.uniform(0, 0.4), int(rng.integers(1, IMAGES + 1))
        flat = np.c_[points, rng.uniform(0.1, 1, 17)].ravel().round(3).tolist()
        found.append({"image_id": image, "category_id": 1, "keypoints": flat, "score": score})
    images = [
        {"id": i + 1, "width": 500, "height": 500, "file_name": f"{i + 1:012}.jpg"}
        for i in range(IMAGES)
    ]
    category = {"id": 1, "name": "person", "keypoints": [""] * 17, "skeleton": []}
    return {"info": {}, "images": images, "annotations": people, "categories": [category]}, found


def pycocotools_alone(truth: dict, found: list[dict]) -> tuple[Cost, list[float]]:
    """Its evaluation of loaded files."""
    from pycocotools.coco import COCO
    from pycocotools.cocoeval import COCOeval

    with contextlib.redirect_stdout(io.StringIO()):
        coco = COCO()
        coco.dataset = {**truth, "annotations": [dict(one) for one in truth["annotations"]]}
        coco.createIndex()
        evaluation = COCOeval(coco, coco.loadRes([dict(one) for one in found]), "keypoints")

        def work() -> None:
            evaluation.evaluate()
            evaluation.accumulate()
            evaluation.summarize()

        cost = timed(work)
    return cost, [100.0 * float(figure) for figure in evaluation.stats]


def ours_alone(truth: dict, found: list[dict]) -> tuple[Cost, list[float]]:
    """Everything that is stored with a result, of loaded files."""
    from bench.datasets.keypoints import KEYPOINTS
    from bench.evaluate.cautions import cautions
    from bench.evaluate.error_diagnosis import diagnose
    from bench.evaluate.figures import evaluate_entries
    from bench.evaluate.matches import Matches

    figures: list[float] = []

    def work() -> None:
        done = evaluate_entries("coco", truth, found)
        diagnose(done.evaluated, KEYPOINTS["coco"])
        matches = Matches.of(done.evaluated)
        cautions("coco", truth, found, done.evaluated, matches)
        assert not done.notes
        figures.extend(100.0 * one for one in done.figures)

    return timed(work), figures


def timed(work: Callable[[], Any]) -> Cost:
    cpu, wall = time.process_time(), time.perf_counter()
    work()
    return Cost(time.process_time() - cpu, time.perf_counter() - wall)


def process(*command: str) -> Cost:
    """A whole process, with all it does."""
    start = time.perf_counter()
    actions = [(os.POSIX_SPAWN_OPEN, 1, os.devnull, os.O_WRONLY, 0)]
    child = os.posix_spawn(
        sys.executable, [sys.executable, *command], os.environ, file_actions=actions
    )
    _, status, used = os.wait4(child, 0)
    assert status == 0, command
    return Cost(used.ru_utime + used.ru_stime, time.perf_counter() - start, used.ru_maxrss / 1024)


def spread(values: list[float], form: str) -> str:
    """Median and range."""
    return f"{median(values):{form}} ({min(values):{form}} to {max(values):{form}})"


def report(what: str, theirs: list[Cost], ours: list[Cost]) -> None:
    """Both costs, and how many times less ours is, round by round."""
    print(f"{what}, {len(ours)} rounds in turn, median and range")
    for name, costs in (("pycocotools", theirs), ("ours", ours)):
        print(f"  {name:12} CPU {spread([c.cpu for c in costs], '.2f')} s, ", end="")
        print(f"wall {spread([c.wall for c in costs], '.2f')} s", end="")
        print(f", peak {max(c.memory for c in costs):.0f} MB" if costs[0].memory else "")
    for unit in ("cpu", "wall"):
        pairs = zip(theirs, ours, strict=True)
        ratios = [getattr(one, unit) / getattr(two, unit) for one, two in pairs]
        print(f"  {unit}: {spread(ratios, '.1f')} times pycocotools", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--alone", type=int, default=3, help="rounds in one process")
    rounds = parser.parse_args()
    with tempfile.TemporaryDirectory() as place:
        files = [str(Path(place) / name) for name in ("truth.json", "found.json")]
        child = (
            os.fork()
        )  # Linux counts the memory of a process that starts another for the other's peak
        if not child:
            for file, content in zip(files, made_up(np.random.default_rng(0)), strict=True):
                Path(file).write_text(json.dumps(content))
            os._exit(0)
        assert os.waitpid(child, 0)[1] == 0
        command = ("-m", "bench.cli", "evaluate", "--truth", files[0], "--predictions", files[1])
        os.chdir(ROOT)
        costs = [(process("-c", MANUAL, *files), process(*command)) for _ in range(rounds.rounds)]
    if costs:
        report("whole processes", *map(list, zip(*costs, strict=True)))
    truth, found = made_up(np.random.default_rng(0))
    costs = []
    for _ in range(rounds.alone):
        (one, expected), (two, figures) = pycocotools_alone(truth, found), ours_alone(truth, found)
        assert figures == expected, "the figures differ"
        costs.append((one, two))
    if costs:
        report("evaluation alone", *map(list, zip(*costs, strict=True)))


if __name__ == "__main__":
    main()
