"""The authors' own weights as evidence: loaded safely, evaluated with the chosen boxes, stored separately."""

import os
import time
from pathlib import Path
from typing import Any, Literal

from bench.catalog.load import Catalog
from bench.catalog.schema import Run, layout
from bench.datasets.prepare import manifest_of
from bench.datasets.splits import annotation_file, dataset_folder
from bench.errors import CatalogError, DataError, WeightsError
from bench.evaluate.metrics import evaluate_with_diagnosis
from bench.measure.measured_protocol import protocol, trained_on
from bench.measure.predict import predict
from bench.measure.run_config import finds_people, portable, resolved_config
from bench.measure.runner import build
from bench.paths import workspace
from bench.results.inputs import digests, released_inputs
from bench.results.locations import CONFIG
from bench.results.provenance import provenance, sha256
from bench.results.records import AccuracyResult
from bench.results.store import Store, Stored

Boxes = Literal["ground-truth", "detector"]
TEST_DEV = {
    "annotations": "annotations/image_info_test-dev2017.json",
    "boxes": "person_detection_results/COCO_test-dev2017_detections_AP_H_609_person.json",
    "images": "test2017/",
}


def released_run(catalog: Catalog, name: str) -> tuple[Run, Path]:
    """A run and the authors' file for it. Raises `CatalogError` without one, `WeightsError` if it is not there."""
    run = catalog.run(name)
    if run.released is None:
        known = ", ".join(n for n, r in catalog.runs.items() if r.released)
        raise CatalogError(f"the authors released no weights for run {name}, only for {known}")
    path = workspace() / "data" / "full" / "weights" / run.released
    if not path.is_file():
        raise WeightsError(
            f"{path} is missing; `repropose fetch {catalog.run_papers[name]}-weights` downloads it or says how"
        )
    return run, path


def evaluate_released(
    catalog: Catalog, store: Store, name: str, boxes: Boxes | None
) -> Stored[AccuracyResult]:
    """Evaluate the released weights of a run on the real test split and store the result.

    `boxes` is None for networks that find people themselves, and only for them. Raises `CatalogError` otherwise,
    `model_zoo.WeightsMismatch` for a file of another network.
    """
    started = time.monotonic()
    run, weights = released_run(catalog, name)
    cfg = with_boxes(config_for_test(run), name, boxes)
    data = str(manifest_of(run.dataset, "full")["fingerprint"])
    work = workspace() / "work" / "released" / name / (boxes or "none")
    model = released_model(cfg, weights)
    entries = predict(cfg, model, work)
    found = evaluate_with_diagnosis(
        layout(run.dataset), annotation_file(run.dataset, "full"), entries
    )
    result = AccuracyResult(
        run=name,
        tier="full",
        seed=0,
        evidence="released-weights",
        protocol=protocol(cfg, run, "full", data, trained_on(catalog, run, "full")),
        metrics=found.metrics,
        training={"weights": weights.name, "weights_sha256": sha256(weights)},
        diagnosis=found.diagnosis,
        provenance=provenance(
            inputs=digests(released_inputs(run.config)),
            seconds=round(time.monotonic() - started, 1),
        ),
    )
    beside = {**found.files(), CONFIG: portable(cfg)}
    return store.write(result, entries, beside=beside)


def config_for_test(run: Run) -> Any:
    """The run's config at full size, with no more loading processes than there are cores."""
    cfg = resolved_config(run, "full", 0)
    loader = cfg.test_dataloader
    loader.num_workers = min(loader.num_workers, len(os.sched_getaffinity(0)))
    return cfg


def released_model(cfg: Any, weights: Path) -> Any:
    """The config's network with the authors' weights in it, nothing downloaded, nothing unpickled."""
    import model_zoo

    model = build(cfg)
    model_zoo.load_released_weights(model, weights)
    return model


def with_boxes(cfg: Any, name: str, boxes: Boxes | None) -> Any:
    """The config with ground-truth or detector boxes in its test split."""
    if finds_people(cfg) != (boxes is None):
        wanted = (
            "no boxes: leave --boxes out" if boxes else "--boxes ground-truth or --boxes detector"
        )
        raise CatalogError(f"run {name} takes {wanted}")
    test = cfg.test_dataloader.dataset
    if boxes == "ground-truth":
        test.bbox_file = ""
    elif boxes == "detector" and not test.get("bbox_file"):
        raise CatalogError(
            f"run {name} has no detector boxes in its config; use --boxes ground-truth"
        )
    elif boxes == "detector" and not Path(test.bbox_file).is_file():
        raise DataError(
            f"{test.bbox_file} is missing; `repropose fetch coco-detections` says how to get it"
        )
    return cfg


def on_test_dev(cfg: Any) -> Any:
    """The config with COCO's test-dev images in its test split; their labels are secret. Raises `DataError`."""
    where = dataset_folder("coco", "full")
    test = cfg.test_dataloader.dataset
    test.ann_file = TEST_DEV["annotations"]
    test.data_prefix = {"img": TEST_DEV["images"]}
    needed = {TEST_DEV["annotations"]: "coco-test-dev", TEST_DEV["images"]: "coco-test-images"}
    if not finds_people(cfg):
        test.bbox_file = str(where / TEST_DEV["boxes"])
        needed[TEST_DEV["boxes"]] = "coco-detections"
    for place, source in needed.items():
        if not (where / place).exists():
            raise DataError(
                f"{where / place} is missing; `repropose fetch {source}` downloads it or says how"
            )
    return cfg
