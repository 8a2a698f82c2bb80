"""Writes tests/fixtures/golden: submissions as a processor with another exp stores them.

    python -m tests.bench.evaluate.golden

NumPy's exp has other last bits with AVX-512 than without. Here every tenth value of exp is moved by one unit in the
last place, so that the stored OKS differ from those of any processor. The data are synthetic, the same bytes on every
machine; the test makes them again. Run this again when the synthetic people or the format of results change.
"""

import json
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from bench.catalog.schema import Layout
from bench.datasets.prepare import prepare
from bench.datasets.splits import annotation_file
from bench.evaluate.metrics import evaluate_with_diagnosis
from bench.evaluate.submit import submit
from bench.files import read_json
from bench.results.records import ModelCard
from bench.results.store import Store
from tests.conftest import ROOT

GOLDEN = ROOT / "tests" / "fixtures" / "golden"
DATASETS: tuple[Layout, ...] = ("coco", "crowdpose", "mpii")
SETTINGS = """\
tier: smoke
synthetic:
  smoke:
    coco: {kind: scenes, difficulty: hard, seed: 5, train: 1, val: 8}
    crowdpose: {kind: scenes, difficulty: hard, seed: 5, train: 1, val: 8}
    mpii: {kind: scenes, difficulty: hard, seed: 5, train: 1, val: 4}
"""
CARD = ModelCard(
    name="golden",
    title="Golden set",
    authors="this project",
    boxes="none",
    input_size="whole image",
    flip_test=False,
    training_data="none",
)
MADE = {"commit": "0" * 40, "dirty": False, "command": "", "environment": {}, "hardware": {}}


@contextmanager
def other_exp() -> Iterator[None]:
    """exp of doubles, one value in ten with another last bit."""
    own = np.exp

    def moved(x: np.ndarray) -> np.ndarray:
        chosen = np.ascontiguousarray(x, dtype=float).view(np.int64) // 8 % 10 == 0
        return np.where(chosen, np.nextafter(own(x), 2.0), own(x))

    np.exp = moved
    try:
        yield
    finally:
        np.exp = own


def people_of(dataset: Layout) -> list[dict]:
    """Image (MPII: position) and keypoints [K, 3] of everyone in the test split."""
    if dataset == "mpii":
        listed = read_json(annotation_file(dataset, "smoke").with_name("mpii_val.json"))
        return [
            {"image_id": n, "points": np.c_[np.array(one["joints"]) - 1.0, one["joints_vis"]]}
            for n, one in enumerate(listed)
        ]
    return [
        {"image_id": one["image_id"], "points": np.array(one["keypoints"], float).reshape(-1, 3)}
        for one in read_json(annotation_file(dataset, "smoke"))["annotations"]
    ]


def predictions(dataset: Layout, seed: int) -> list[dict]:
    """The truth, moved by up to some ten pixels."""
    rng = np.random.default_rng(seed)
    entries = []
    for one in people_of(dataset):
        points = one["points"].copy()
        points[:, :2] += rng.normal(0, rng.uniform(1, 12), points[:, :2].shape)
        points[:, 2] = 0.5
        flat = points.round(2).ravel().tolist()
        entry = {"image_id": one["image_id"], "category_id": 1, "score": round(rng.random(), 6)}
        entries.append({**entry, "keypoints": flat})
    return entries


def store_one(store: Store, dataset: Layout, folder: Path) -> None:
    """A submission, people and matches as `other_exp` gives them."""
    truth, entries = annotation_file(dataset, "smoke"), predictions(dataset, seed=0)
    plain = evaluate_with_diagnosis(dataset, truth, entries)
    with other_exp():
        other = evaluate_with_diagnosis(dataset, truth, entries)
    differing = int((plain.people.score != other.people.score).sum())
    (folder / "found.json").write_text(json.dumps(entries))
    with other_exp():
        stored = submit(store, folder / "found.json", CARD, dataset, "smoke")
    for ending, content in other.files().items():
        stored.path.with_suffix(ending).write_bytes(content)
    print(f"{dataset}: {differing} of {len(plain.people.score)} scores differ")
    record = json.loads(stored.path.read_text()) | {"provenance": MADE}
    stored.path.write_text(json.dumps(record, indent=1) + "\n")


def main() -> None:
    shutil.rmtree(GOLDEN, ignore_errors=True)
    GOLDEN.mkdir(parents=True)
    (GOLDEN / "params.yaml").write_text(SETTINGS)
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        shutil.copy(GOLDEN / "params.yaml", folder)
        os.environ["REPROPOSE_WORKSPACE"] = place
        for dataset in DATASETS:
            prepare(dataset, "smoke")
            store_one(Store(root=GOLDEN / "results", measured=folder), dataset, folder)


if __name__ == "__main__":
    main()
