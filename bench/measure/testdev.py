"""COCO test-dev: its labels are secret, so this writes the file to submit to its server."""

import io
import json
import zipfile
from pathlib import Path
from typing import Any

from bench.catalog.load import Catalog
from bench.catalog.schema import layout
from bench.datasets.annotations import image_ids
from bench.datasets.splits import dataset_folder
from bench.errors import CatalogError
from bench.evaluate.predictions import read_predictions
from bench.files import write_atomically
from bench.measure import work_dir
from bench.measure.predict import predict
from bench.measure.released import (
    TEST_DEV,
    config_for_test,
    on_test_dev,
    released_model,
    released_run,
)
from bench.measure.runner import build
from bench.paths import workspace


def write_submission(catalog: Catalog, name: str, *, seed: int, released: bool) -> Path:
    """Predict test-dev with a run's trained (or released) weights and pack the entries for the server.

    Returns build/test-dev/person_keypoints_test-dev2017_<name>_results.zip. Raises `DataError` for missing data or
    weights, `CatalogError` for a run that is not on COCO.
    """
    run = catalog.run(name)
    if layout(run.dataset) != "coco":
        raise CatalogError(f"run {name} is on {run.dataset}; test-dev is COCO's")
    weights = (
        released_run(catalog, name)[1]
        if released
        else work_dir.trained("full", name, seed, "take --released, or ")
    )
    cfg = on_test_dev(config_for_test(run))
    cfg.test_evaluator.ann_file = str(dataset_folder("coco", "full") / TEST_DEV["annotations"])
    model = released_model(cfg, weights) if released else build(cfg, weights)
    entries = predict(cfg, model, workspace() / "work" / "test-dev" / name)
    return pack(entries, name, workspace() / "build" / "test-dev")


def pack(entries: list[dict[str, Any]], name: str, out: Path) -> Path:
    """Zip entries under the name that the server asks for, after checking them against the list of images."""
    stem = f"person_keypoints_test-dev2017_{name}_results"
    keys = ("image_id", "category_id", "keypoints", "score")
    content = json.dumps([{key: one[key] for key in keys} for one in entries], allow_nan=False)
    write_atomically(out / f"{stem}.json", content.encode())
    images = image_ids(dataset_folder("coco", "full") / TEST_DEV["annotations"])
    read_predictions(out / f"{stem}.json", "coco", images)
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        fixed = zipfile.ZipInfo(f"{stem}.json", date_time=(1980, 1, 1, 0, 0, 0))
        fixed.compress_type = zipfile.ZIP_DEFLATED
        archive.writestr(fixed, content)
    write_atomically(out / f"{stem}.zip", packed.getvalue())
    return out / f"{stem}.zip"
