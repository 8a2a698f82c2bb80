"""The same people in three annotation formats: COCO-17, MPII-16 and CrowdPose-14."""

from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from bench.datasets.keypoints import KEYPOINTS, MPII_SHORT_NAMES
from bench.datasets.synthetic.dice import Dice
from bench.datasets.synthetic.scene import Scene
from bench.datasets.synthetic.truth import FACE, HIDDEN, OUTSIDE, VISIBLE, Person

Dataset = Literal["coco", "mpii", "crowdpose"]
Record = dict[str, Any]


def category(dataset: Dataset) -> Record:
    """The `person` category of a COCO-style file."""
    skeleton = KEYPOINTS[dataset]
    rename = {"head_top": "head", "thorax": "neck"}
    return {
        "supercategory": "person",
        "id": 1,
        "name": "person",
        "keypoints": [rename.get(name, name) for name in skeleton.names],
        "skeleton": [[a + 1, b + 1] for a, b in skeleton.limbs],
    }


def keypoints(person: Person, names: tuple[str, ...]) -> list[float]:
    """x, y, v for each name in turn, as in COCO.

    v is 2 for visible, 1 for hidden but labelled, 0 (and x = y = 0) for not labelled: points off
    the image and hidden points of the face.
    """
    flat: list[float] = []
    for name in names:
        x, y, v = person.points[name]
        if v == OUTSIDE or (v == HIDDEN and name in FACE):
            flat += [0, 0, 0]
        else:
            flat += [x, y, v]
    return flat


def run_lengths(mask: NDArray[np.bool_]) -> Record:
    """COCO's uncompressed run-length code of a mask [H, W]: runs down the columns, zeros first."""
    column = mask.T.ravel()
    edges = np.flatnonzero(column[1:] != column[:-1]) + 1
    counts = np.diff(np.concatenate([[0], edges, [column.size]])).tolist()
    return {"size": list(mask.shape), "counts": [0, *counts] if column[0] else counts}


def coco_annotation(person: Person, names: tuple[str, ...], image_id: int, number: int) -> Record:
    """One entry of `annotations` in a COCO-style keypoint file."""
    points = keypoints(person, names)
    return {
        "segmentation": run_lengths(person.mask),
        "num_keypoints": sum(v > 0 for v in points[2::3]),
        "area": person.area,
        "iscrowd": 0,
        "keypoints": points,
        "image_id": image_id,
        "bbox": list(person.box),
        "category_id": 1,
        "id": number,
    }


def crowd_index(annotations: list[Record]) -> float:
    """Crowd index of an image, 0..1.

    Mean over people of the number of other people's labelled joints inside this person's box, over
    the number of this person's own labelled joints, at most 1 (CrowdPose, Li et al. 2019, eq. 5).
    """
    ratios = []
    for one in annotations:
        x, y, w, h = one["bbox"]
        others = sum(
            v > 0 and x <= px <= x + w and y <= py <= y + h
            for other in annotations
            if other is not one
            for px, py, v in zip(*(other["keypoints"][i::3] for i in range(3)), strict=True)
        )
        ratios.append(others / max(one["num_keypoints"], 1))
    return round(min(sum(ratios) / len(ratios), 1.0), 4) if ratios else 0.0


def mpii_annotation(person: Person, file_name: str) -> Record:
    """One entry of HRNet's MPII list.

    Pixels count from 1; `center` is the middle of the whole person, `scale` the side of a square
    around it, a quarter larger than needed, over 200 pixels.
    """
    x, y, w, h = person.outline
    marks = [person.points[name] for name in KEYPOINTS["mpii"].names]
    return {
        "joints_vis": [int(v != OUTSIDE) for _, _, v in marks],
        "joints": [[_one(px), _one(py)] if v != OUTSIDE else [-1.0, -1.0] for px, py, v in marks],
        "image": file_name,
        "scale": round(1.25 * max(w, h) / 200, 6),
        "center": [_one(x + 0.5 * w), _one(y + 0.5 * h)],
    }


def _one(pixel: float) -> float:
    return round(pixel + 1.0, 2)


def mpii_marks(person: Person) -> Record:
    """What `mpii_truth` needs of a person: `head` x0, y0, x1, y1 and `joints` [16] of x, y, v."""
    return {
        "head": person.head,
        "joints": [person.points[name] for name in KEYPOINTS["mpii"].names],
    }


def mpii_truth(marks: list[Record]) -> dict[str, NDArray[Any]]:
    """The arrays that MPII's evaluation reads, for N people given by `mpii_marks`.

    `headboxes_src` [2, 2, N]: corner (upper left, lower right), coordinate, person; `pos_gt_src`
    [16, 2, N]; `jnt_missing` [16, N]; pixels count from 1. `dataset_joints` [1, 16] names the
    joints. A head size is 0.6 times its box's diagonal.
    """
    heads = np.array([m["head"] for m in marks], np.float64).reshape(-1, 2, 2) + 1.0
    joints = np.array([m["joints"] for m in marks], np.float64).reshape(-1, 16, 3)
    names = np.empty((1, 16), object)
    short = {"pelvis": "pelv", "thorax": "thor"}
    names[0, :] = [short.get(name, name) for name in MPII_SHORT_NAMES]
    return {
        "dataset_joints": names,
        "headboxes_src": np.round(heads.transpose(1, 2, 0), 2),
        "jnt_missing": (joints[:, :, 2] == OUTSIDE).T.astype(np.float64),
        "pos_gt_src": np.round((joints[:, :, :2] + 1.0).transpose(1, 2, 0), 2),
    }


def detections(scene: Scene, image_id: int, dice: Dice) -> list[Record]:
    """What a person detector would return for a scene: boxes with noise, a few people missed, a few false positives."""
    height, width, _ = scene.image.shape
    found: list[Record] = []

    def add(x: float, y: float, w: float, h: float, score: float) -> None:
        x0, y0 = max(x, 0.0), max(y, 0.0)
        x1, y1 = min(x + w, float(width)), min(y + h, float(height))
        box = [round(x0, 2), round(y0, 2), round(x1 - x0, 2), round(y1 - y0, 2)]
        record = {"bbox": box, "category_id": 1, "image_id": image_id, "score": round(score, 4)}
        found.append(record)

    for person in scene.people:
        x, y, w, h = person.box
        seen = sum(v == VISIBLE for _, _, v in person.points.values()) / len(person.points)
        dx, dy, dw, dh = (dice.uniform(-0.05, 0.05) for _ in range(4))
        score = 0.62 + 0.37 * seen - 0.1 * dice.unit()
        if seen > 0.25 or dice.chance(0.6):
            add(x + dx * w, y + dy * h, w * (1 + dw), h * (1 + dh), score)
        if dice.chance(0.15):  # a second, worse box of the same person
            add(x + 3 * dx * w, y + 3 * dy * h, w * 0.8, h * 0.75, 0.4 * score)
    if dice.chance(0.4):  # a false positive
        w, h = width * dice.uniform(0.1, 0.35), height * dice.uniform(0.2, 0.7)
        add(dice.uniform(0, width - w), dice.uniform(0, height - h), w, h, dice.uniform(0.02, 0.3))
    return found
