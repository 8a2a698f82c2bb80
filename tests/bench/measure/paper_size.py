"""The real sample images laid out as full-size data sets, and short trainings of paper-size configs on them."""

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
from scipy.io import savemat


def lay_out(dataset: str, samples: Path, workspace: Path, people: int | None = None) -> Path:
    """`data/full/<dataset>` with the same few images to train and to test on; of MPII the first `people`."""
    place = workspace / "data/full" / dataset
    (place / "annotations").mkdir(parents=True)
    if dataset == "mpii":
        _mpii(samples / dataset, place, people)
    else:
        {"coco": _coco, "crowdpose": _crowdpose}[dataset](samples / dataset, place)
    return place


def _coco(samples: Path, place: Path) -> None:
    for split in ("train", "val"):
        file = place / f"annotations/person_keypoints_{split}2017.json"
        shutil.copy(samples / "test_coco.json", file)
        (place / f"{split}2017").symlink_to(samples, target_is_directory=True)
    (place / "person_detection_results").mkdir()
    found = json.loads((samples / "test_coco_det_AP_H_56.json").read_text())
    best = sorted(found, key=lambda box: -box["score"])[:10]
    file = place / "person_detection_results/COCO_val2017_detections_AP_H_56_person.json"
    file.write_text(json.dumps(best))


def _crowdpose(samples: Path, place: Path) -> None:
    for split in ("trainval", "test"):
        file = place / f"annotations/mmpose_crowdpose_{split}.json"
        shutil.copy(samples / "test_crowdpose.json", file)
    (place / "images").symlink_to(samples, target_is_directory=True)


def _mpii(samples: Path, place: Path, first: int | None) -> None:
    """The truth file of the evaluation is built from the samples; head boxes span neck to head top."""
    people = json.loads((samples / "test_mpii.json").read_text())[:first]
    for split in ("train", "val"):
        (place / f"annotations/mpii_{split}.json").write_text(json.dumps(people))
    (place / "images").symlink_to(samples, target_is_directory=True)
    points = np.array([one["joints"] for one in people])  # [N, 16, 2]
    heads = points[:, 8:10]
    boxes = np.stack([heads.min(1) - 20, heads.max(1) + 20])  # [2, N, 2]
    missing = 1.0 - np.array([one["joints_vis"] for one in people], dtype=float)
    savemat(
        place / "annotations/mpii_gt_val.mat",
        {
            "dataset_joints": np.array(["x"], dtype=object),
            "jnt_missing": missing.T,
            "pos_gt_src": points.transpose(1, 2, 0),
            "headboxes_src": boxes.transpose(0, 2, 1),
        },
    )


def full_options(*, steps: int, batch: int = 2, people: int = 4) -> dict[str, Any]:
    """Overrides that train a full-size definition for `steps` epochs of `people`, from random weights."""
    loaders = ("train_dataloader", "val_dataloader", "test_dataloader")
    alone = {f"{one}.num_workers": 0 for one in loaders}
    return {
        **alone,
        **{f"{one}.persistent_workers": False for one in loaders},
        "train_cfg.max_epochs": steps,
        "train_dataloader.total_batch_size": batch,
        "train_dataloader.group_size": batch,
        "train_dataloader.dataset.indices": people,
        "model.backbone.init_cfg": None,
        "val_cfg": None,
    }
