"""Where location-free networks put the joints after a long training: the table in `bench/papers/lofr/NOTES-model.md`.

    python -m tests.benchmarks.measure_lofr_places FOLDER lofr | decoder | baseline | covered

Twenty times the smoke tier's training: 6,000 iterations of 16 on 20,000 easy crops, seed 0; 13 minutes of one core.
FOLDER becomes a workspace of its own; the same command goes on where it was interrupted. Distances are in units of the
longer side of a person's box.
"""

import argparse
import json
import os
from pathlib import Path
from typing import Any

import numpy as np

SETTINGS = """\
tier: smoke
synthetic:
  smoke:
    coco: {kind: crops, difficulty: easy, seed: 1, train: 20000, val: 300}
"""
VARIANTS = {
    "lofr": ("lofr-r50", {}),
    "decoder": ("lofr-r50", {"model.head.pose.part_features": "decoder"}),
    "baseline": ("lofr-r50-baseline", {}),
    "covered": ("lofr-r50", {}),
}
NEAR = 0.1


def options(iterations: int) -> dict[str, Any]:
    """The smoke schedule, stretched."""
    warm = min(100, iterations // 2)
    return {
        "train_cfg.max_iters": iterations,
        "train_cfg.val_interval": iterations,
        "default_hooks.checkpoint.interval": max(1, iterations // 20),
        "optim_wrapper.optimizer.lr": 3e-3,
        "param_scheduler": [
            {"type": "LinearLR", "start_factor": 0.02, "begin": 0, "end": warm, "by_epoch": False},
            {
                "type": "CosineAnnealingLR",
                "T_max": iterations - warm,
                "eta_min": 1e-5,
                "begin": warm,
                "end": iterations,
                "by_epoch": False,
            },
        ],
    }


def cover_joints() -> None:
    """Patches over joints (each with probability 0.2), which are then absent; crops all but fixed."""
    from mmcv.transforms import BaseTransform
    from mmpose.registry import TRANSFORMS

    import model_zoo
    from bench.measure import train

    model_zoo.register()

    @TRANSFORMS.register_module()
    class CoverJoints(BaseTransform):
        def transform(self, results: dict[str, Any]) -> dict[str, Any]:
            image, points = results["img"], results["transformed_keypoints"][0]
            seen = results["keypoints_visible"].reshape(-1)
            height, width = image.shape[:2]
            chosen = points[np.random.rand(len(points)) < 0.2]
            places = [
                *(chosen + np.random.uniform(-2, 2, chosen.shape)),
                *np.random.uniform(0, [width, height], (2, 2)),
            ]
            for place in places:
                half = np.random.uniform(3, 8, 2)
                x0, y0 = np.maximum(0, np.round(place - half)).astype(int)
                x1, y1 = np.round(place + half).astype(int) + 1
                patch = image[y0:y1, x0:x1]
                plain = np.random.rand() < 0.5
                patch[...] = np.random.randint(0, 256, 3 if plain else patch.shape)
                low, high = np.array([x0, y0]) - 0.5, np.array([x1, y1]) - 0.5
                seen[((points >= low) & (points < high)).all(axis=1)] = 0
            results["keypoints_visible"] = seen.reshape(results["keypoints_visible"].shape)
            return results

    resolved = train.resolved_config

    def covered(*arguments: Any) -> Any:
        cfg = resolved(*arguments)
        steps = cfg.train_dataloader.dataset.pipeline
        steps.insert([s["type"] for s in steps].index("TopdownAffine") + 1, {"type": "CoverJoints"})
        [box] = [step for step in steps if step["type"] == "RandomBBoxTransform"]
        box.update(shift_prob=0.5, shift_factor=0.05, scale_factor=(0.9, 1.15))
        return cfg

    train.resolved_config = covered


def distances(entries: list[dict[str, Any]], truth: Path) -> dict[str, np.ndarray]:
    """Distance to every labelled joint, of what was found and of three poses that look at no image."""
    people = {one["image_id"]: one for one in json.loads(truth.read_text())["annotations"]}
    found, wanted, labelled = [], [], []
    for entry in entries:
        person = people[entry["image_id"]]
        x, y, *size = person["bbox"]
        for points, kept in ((entry["keypoints"], found), (person["keypoints"], wanted)):
            kept.append((np.reshape(points, (-1, 3))[:, :2] - [x, y]) / max(size))
        labelled.append(np.reshape(person["keypoints"], (-1, 3))[:, 2] > 0)
    joints, known = np.array(wanted), np.array(labelled)
    ratio = np.array([person["bbox"][2:] for person in people.values()])
    middle = (ratio / ratio.max(axis=1, keepdims=True)).mean(axis=0) / 2
    mean = np.nanmean(np.where(known[..., None], joints, np.nan), axis=0)
    low, high = -0.1 * np.ones(2), 2 * middle + 0.1
    poses = {
        "found": np.array(found),
        "at random in the crop": np.random.default_rng(0).uniform(low, high, joints.shape),
        "the box's centre": middle,
        "the mean pose": mean,
    }
    return {name: np.linalg.norm(pose - joints, axis=-1)[known] for name, pose in poses.items()}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("variant", choices=VARIANTS)
    parser.add_argument("--iterations", type=int, default=6000)
    given = parser.parse_args()
    given.folder.mkdir(parents=True, exist_ok=True)
    (given.folder / "params.yaml").write_text(SETTINGS)
    os.environ["REPROPOSE_WORKSPACE"] = str(given.folder.resolve())

    from bench.catalog.load import load_catalog
    from bench.catalog.schema import Run
    from bench.datasets.splits import annotation_file
    from bench.measure import train
    from bench.results.store import Store

    if given.variant == "covered":
        cover_joints()
    config, more = VARIANTS[given.variant]
    run = Run(config=config, dataset="coco", options={**options(given.iterations), **more})
    store = Store(root=given.folder / "results")
    train.measure_seed(load_catalog(), store, given.variant, run, "smoke", 0)
    [stored] = [one for one in store.accuracies("smoke") if one.result.run == given.variant]
    print(f"{given.variant}: AP {stored.result.metrics['AP']:.1f}")
    truth = annotation_file("coco", "smoke")
    for name, apart in distances(store.predictions(stored), truth).items():
        print(f"{name:22} median {np.median(apart):.3f}  within {NEAR} {(apart < NEAR).mean():.1%}")


if __name__ == "__main__":
    main()
