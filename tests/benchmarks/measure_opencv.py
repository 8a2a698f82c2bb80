"""What the OpenCV version changes in AP: `REPROPOSE_WORKSPACE=... python -m tests.benchmarks.measure_opencv RUN ...`.

Evaluates the smoke networks that were trained in the workspace with the installed OpenCV. Run it once with each version
(`pip install --target FOLDER opencv-python-headless==4.10.0.84`, then PYTHONPATH=FOLDER) and compare the lines. With
--crops IMAGE, also the largest and the mean difference of a crop of the image from one computed in float64. With
--released RUN, the weights of that run in the workspace's data/full/weights, on the images of its data/full, with the
boxes of a detector; and how far the keypoints are from those of the versions tried before.
"""

import argparse
import json
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from scipy.ndimage import map_coordinates

from bench.catalog.load import load_catalog
from bench.catalog.schema import layout
from bench.datasets.splits import annotation_file
from bench.evaluate.metrics import evaluate
from bench.measure.predict import predict
from bench.measure.released import config_for_test, released_model, released_run, with_boxes
from bench.measure.run_config import finds_people, resolved_config
from bench.measure.runner import build
from bench.paths import workspace


def trained(name: str) -> dict[str, float]:
    """Metrics of a smoke network."""
    run = load_catalog().run(name)
    cfg = resolved_config(run, "smoke", 0)
    model = build(cfg, workspace() / "work/smoke" / name / "seed-0/final.pth")
    entries = predict(cfg, model, workspace() / "build/opencv" / cv2.__version__ / name)
    return evaluate(layout(run.dataset), annotation_file(run.dataset, "smoke"), entries)


def released(name: str) -> dict[str, float]:
    """Metrics of the weights under the authors' names; prints how far keypoints of other versions are from these."""
    run, weights = released_run(load_catalog(), name)
    cfg = config_for_test(run)
    cfg = with_boxes(cfg, name, None if finds_people(cfg) else "detector")
    folder = workspace() / "build/opencv"
    model = released_model(cfg, weights)
    entries = predict(cfg, model, folder / cv2.__version__ / name)
    (folder / cv2.__version__ / f"{name}.json").write_text(json.dumps(entries))
    for other in sorted(folder.glob(f"*/{name}.json")):
        if other.parent.name != cv2.__version__:
            far = distances(entries, json.loads(other.read_text()))
            shown = ", ".join(f"{q:g} %: {np.percentile(far, q):.3f}" for q in (50, 90, 99, 100))
            print(f"{name}: pixels between keypoints of {other.parent.name} and these, {shown}")
    return evaluate(layout(run.dataset), annotation_file(run.dataset, "full"), entries)


def distances(one: list[dict[str, Any]], other: list[dict[str, Any]]) -> np.ndarray:
    """Of every keypoint of entries in one order, in pixels of the image."""
    points = [
        np.array([e["keypoints"] for e in some]).reshape(-1, 3)[:, :2] for some in (one, other)
    ]
    return np.linalg.norm(points[0] - points[1], axis=1)


def crop_error(file: Path) -> tuple[float, float]:
    """Grey levels between OpenCV's bilinear crop of 192x256 and the exact one, at most and on average."""
    image = cv2.imread(str(file))
    scale, shift = 1.7, np.array([11.3, 7.9])
    matrix = np.array([[1 / scale, 0, -shift[0] / scale], [0, 1 / scale, -shift[1] / scale]])
    ours = cv2.warpAffine(image, matrix, (192, 256), flags=cv2.INTER_LINEAR)
    y, x = np.mgrid[:256, :192] * scale
    places = [y + shift[1], x + shift[0]]
    inside = (places[0] < image.shape[0] - 1) & (places[1] < image.shape[1] - 1)
    exact = np.stack(
        [map_coordinates(image[..., c].astype(float), places, order=1) for c in range(3)], axis=2
    )
    off = np.abs(ours - exact)[inside]
    return float(off.max()), float(off.mean())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("run", nargs="*")
    parser.add_argument("--crops", type=Path, nargs="*", default=[])
    parser.add_argument("--released", nargs="*", default=[])
    chosen = parser.parse_args()
    for file in chosen.crops:
        most, mean = crop_error(file)
        print(f"OpenCV {cv2.__version__} {file.name}: {most:.2f} at most, {mean:.3f} on average")
    for name in chosen.run:
        found = {key: round(value, 3) for key, value in trained(name).items()}
        print(f"OpenCV {cv2.__version__} {name}: {found}")
    for name in chosen.released:
        found = {key: round(value, 3) for key, value in released(name).items()}
        print(f"OpenCV {cv2.__version__} {name}, weights under the authors' names: {found}")


if __name__ == "__main__":
    main()
