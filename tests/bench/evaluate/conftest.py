"""A workspace with data, predictions and a card: what a submission needs."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from bench.datasets.prepare import prepare
from bench.datasets.splits import annotation_file
from tests.bench.evaluate.test_model_card import CARD

SETTINGS = """\
tier: smoke
synthetic:
  smoke:
    coco: {kind: scenes, difficulty: easy, seed: 5, train: 1, val: 4}
"""


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace with the data set, predictions for it, and a card."""
    folder = tmp_path_factory.mktemp("workspace")
    (folder / "params.yaml").write_text(SETTINGS)
    (folder / "card.yaml").write_text(CARD)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("REPROPOSE_WORKSPACE", str(folder))
        prepare("coco", "smoke")
        truth = json.loads(annotation_file("coco", "smoke").read_text())
    rng = np.random.default_rng(0)
    entries = []
    for person in truth["annotations"]:
        points = np.array(person["keypoints"], dtype=float).reshape(17, 3)
        points[:, :2] += rng.normal(0, 2, (17, 2))
        points[:, 2] = 0.5
        entry = {"image_id": person["image_id"], "category_id": 1, "score": rng.random()}
        entries.append({**entry, "keypoints": points.ravel().tolist()})
    (folder / "found.json").write_text(json.dumps(entries))
    return folder


@pytest.fixture
def workspace(prepared: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "workspace"
    shutil.copytree(prepared, folder)
    monkeypatch.setenv("REPROPOSE_WORKSPACE", str(folder))
    return folder
