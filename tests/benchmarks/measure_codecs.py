"""What the codecs of the runs cost: `python -m tests.benchmarks.measure_codecs [--picture FILE] [TRUTH ...]`.

Prints the largest error of each codec over the crop, and draws the errors as maps. For every COCO annotation file
TRUTH: the AP of perfect heatmaps of its people, in crops of their boxes at 256x192, by the published DARK rule and by
MMPose's UDP step. With REPROPOSE_WORKSPACE set, the AP of the smoke networks trained there by both.
"""

import argparse
import json
from pathlib import Path
from typing import Any

import numpy as np

import model_zoo
from bench.catalog.load import load_catalog
from bench.datasets.splits import annotation_file
from bench.evaluate.metrics import evaluate
from bench.measure.predict import predict
from bench.measure.run_config import resolved_config
from bench.measure.runner import build
from bench.paths import workspace
from tests.model_zoo.codecs.error_map import decoded, error_map, of_model, of_querypose

DECODERS = ("DarkHeatmap", "UDPHeatmap")
CODECS = {
    "DARK as published, 48x64": "transpose-r-a4",
    "MSRA, 48x64": "lofr-r50",
    "MSRA, 24x32": "lofr-r50-baseline",
    "LightPose": "lightpose-r50",
    "LightPose without offsets": "lightpose-w48-hm",
    "TFPose": "tfpose-r50-e6d6",
}


def codec(kind: str) -> Any:
    """For crops of 192x256 (width x height)."""
    from mmpose.registry import KEYPOINT_CODECS

    settings = {"type": kind, "input_size": (192, 256), "heatmap_size": (48, 64), "sigma": 2}
    return KEYPOINT_CODECS.build(settings)


def perfect(truth: dict[str, Any], kind: str) -> list[dict[str, Any]]:
    """Entries decoded from perfect heatmaps of the labelled keypoints of all people."""
    built, found = codec(kind), []
    for person in truth["annotations"]:
        if not person.get("num_keypoints") or person.get("iscrowd"):
            continue
        points = np.array(person["keypoints"], float).reshape(-1, 3)
        x, y, width, height = person["bbox"]
        width = max(width, height * 0.75) * 1.25
        scale = np.array([width, width / 0.75])
        corner = np.array([x, y]) + np.array(person["bbox"][2:]) / 2 - scale / 2
        crop = (points[:, :2] - corner) / scale * [191, 255]
        seen = (points[:, 2] > 0) & (crop >= 0).all(axis=1) & (crop <= [191, 255]).all(axis=1)
        if seen.any():
            crop[seen] = decoded(built, crop[seen], aligned=True)
        points[:, :2] = crop / [191, 255] * scale + corner
        points[:, 2] = 1
        entry = {"image_id": person["image_id"], "category_id": 1, "score": 1.0}
        found.append({**entry, "keypoints": points.ravel().tolist()})
    return found


def differing(one: list[dict[str, Any]], other: list[dict[str, Any]]) -> float:
    """Share of the keypoints that are at least a tenth of a pixel apart."""
    points = [
        np.array([e["keypoints"] for e in found]).reshape(-1, 3)[:, :2] for found in (one, other)
    ]
    given = np.abs(points[0]).sum(axis=1) > 0
    return float((np.abs(points[0] - points[1])[given].max(axis=1) > 0.1).mean())


def trained(name: str) -> dict[str, float]:
    """AP of a smoke network by both decoders."""
    run = load_catalog().run(name)
    cfg = resolved_config(run, "smoke", 0)
    model = build(cfg, workspace() / "work/smoke" / name / "seed-0/final.pth")
    ap = {}
    for kind in DECODERS:
        from mmpose.registry import KEYPOINT_CODECS

        model.head.decoder = KEYPOINT_CODECS.build({**cfg.codec, "type": kind})
        entries = predict(cfg, model, workspace() / "build/codecs" / name / kind)
        ap[kind] = evaluate("coco", annotation_file("coco", "smoke"), entries)["AP"]
    return ap


def draw(maps: dict[str, Any], file: Path) -> None:
    """The error maps in two rows, each with its largest error; errors below 0.001 pixels are drawn as none."""
    from matplotlib.figure import Figure

    columns = -(-len(maps) // 2)
    figure = Figure(figsize=(3 * columns, 8), layout="constrained")
    for axes, (label, one) in zip(figure.subplots(2, columns).flat, maps.items(), strict=False):
        shown = axes.pcolormesh(
            one.x, one.y, one.error, shading="nearest", vmin=0, vmax=max(one.largest(), 1e-3)
        )
        axes.set(title=f"{label}\nat most {one.largest():.2f} px", aspect="equal")
        axes.invert_yaxis()
        figure.colorbar(shown, ax=axes, shrink=0.6)
    figure.savefig(file, dpi=70)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("truth", nargs="*", type=Path)
    parser.add_argument("--picture", type=Path)
    chosen = parser.parse_args()
    model_zoo.register()
    maps = {label: of_model(name) for label, name in CODECS.items()}
    maps["QueryPose"] = of_querypose()
    maps["MMPose's UDP, 48x64"] = error_map(codec("UDPHeatmap"), (192, 256), True)
    for label, one in maps.items():
        largest = " ".join(f"{one.largest(border):8.4f}" for border in (0, 8, 30))
        print(f"{label:28} {largest} mean {one.error.mean():.3f}")
    if chosen.picture:
        draw(maps, chosen.picture)
    for file in chosen.truth:
        truth = json.loads(file.read_text())
        entries = {kind: perfect(truth, kind) for kind in DECODERS}
        for kind, found in entries.items():
            metrics = evaluate("coco", file, found)
            print(file, kind, {key: round(metrics[key], 3) for key in ("AP", "AP75", "AR")})
        print(f"the two differ in {differing(*entries.values()):.2%} of the keypoints")
    for folder in sorted((workspace() / "work/smoke").glob("transpose-*-coco")):
        print(folder.name, {kind: round(ap, 2) for kind, ap in trained(folder.name).items()})


if __name__ == "__main__":
    main()
