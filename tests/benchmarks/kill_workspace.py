"""The workspace in which `kill_campaign` kills commands: a paper of its own, predictions, results that were sent."""

import json
import shutil
from datetime import datetime, timedelta
from pathlib import Path

from tests.bench.inputs.good import CARD

SETTINGS = """\
tier: smoke
synthetic:
  smoke:
    coco: {kind: crops, difficulty: easy, seed: 5, train: 8, val: 4}
quickstart: [data@coco, data@mpii, data@crowdpose]
"""
RUNS = """\
killed: {config: transpose-r-a2, dataset: coco, seeds: {smoke: [0]}, options: {train_cfg.max_iters: 3,
  train_dataloader.total_batch_size: 4, default_hooks.checkpoint.interval: 1, default_hooks.checkpoint.by_epoch: false}}
"""
TABLES = """\
- table: "1"
  title: Killed
  page: 1
  split: coco-val2017
  protocol: {input_size: 256x192, boxes: ground-truth, flip_test: "yes", machine: here}
  columns:
    - {key: params, label: "#Params", metric: params}
    - {key: fps, label: FPS, metric: fps}
    - {key: ap, label: AP, metric: AP}
  rows:
    - {key: killed, label: Killed, origin: own, run: killed, cells: "5.2M | 10 | 75.8"}
"""
PAPER = "id: killpaper\norder: 1\nmethod: Killed\ntitle: Killed\nauthors: N. N.\nvenue: Nowhere\nyear: 2030\n"


def begin(folder: Path) -> Path:
    """A workspace with a paper of its own, and predictions."""
    workspace = folder / "base"
    paper = workspace / "papers" / "killpaper"
    paper.mkdir(parents=True)
    for name, text in (("paper", PAPER), ("runs", RUNS), ("tables", TABLES)):
        (paper / f"{name}.yaml").write_text(text)
    (workspace / "params.yaml").write_text(SETTINGS)
    (workspace / "card.yaml").write_text(CARD)
    (workspace / "found.json").write_text("[]")
    return workspace


def predict(workspace: Path) -> None:
    """Predictions of every annotated person, a pixel off."""
    truth = json.loads(
        (workspace / "data/smoke/coco/annotations/person_keypoints_val2017.json").read_bytes()
    )
    entries = [
        {
            "image_id": one["image_id"],
            "category_id": 1,
            "keypoints": [v + (i % 3 < 2) for i, v in enumerate(one["keypoints"])],
            "score": 0.9,
        }
        for one in truth["annotations"]
    ]
    (workspace / "found.json").write_text(json.dumps(entries))


def send(there: Path, workspace: Path) -> None:
    """Copy the results of a workspace into `sent` of another, as if another machine had measured them."""
    shutil.copytree(there / "results", workspace / "sent", dirs_exist_ok=True)
    (workspace / "sent" / "manifest.txt").unlink()
    for path in (workspace / "sent").rglob("*.json"):
        result = json.loads(path.read_bytes())
        if "provenance" not in result:
            continue
        made = result["provenance"]
        made["hardware"] = {"cpu": "EPYC 9999", "cores": "64", "gpu0": "NVIDIA H200"}
        path.write_text(json.dumps(result))


def send_again(workspace: Path) -> None:
    """What was sent, measured an hour later."""
    for path in (workspace / "sent").rglob("seed-*.json"):
        result = json.loads(path.read_bytes())
        volatile = result["provenance"]["volatile"]
        date = datetime.fromisoformat(volatile["date"]) + timedelta(hours=1)
        volatile["date"] = date.isoformat()
        path.write_text(json.dumps(result))
