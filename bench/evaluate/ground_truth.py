"""What predictions are evaluated against: MPII's ground truth, and what predictions may refer to."""

from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from bench.catalog.schema import Layout
from bench.datasets.annotations import Annotations, PersonCategory, annotations_of
from bench.datasets.matlab import read_arrays
from bench.errors import DataError
from bench.evaluate.image_index import ImageIndex
from bench.files import read_bytes


class Known(NamedTuple):
    """What predictions may refer to: images (MPII: positions of the people), and the category of people."""

    images: ImageIndex
    person: PersonCategory = PersonCategory()


def known_to(dataset: Layout, truth: Path, checked: Annotations | None = None) -> Known:
    """What predictions for this ground truth may refer to. checked: its annotations, if read. Raises `DataError`."""
    if dataset == "mpii":
        if truth.suffix != ".mat":
            raise DataError(
                f"{truth}: for MPII the annotation file is mpii_gt_val.mat, as in HRNet's code"
            )
        return Known(ImageIndex(range(len(mpii_truth(truth).heads))))
    checked = checked or annotations_of(truth, dataset)
    return Known(ImageIndex.of(checked.content["images"]), checked.person)


class MpiiTruth(NamedTuple):
    """The people of MPII's validation split.

    joints [N, 16, 2] in 1-based pixels. labelled: [N, 16]. heads: [N], 0.6 of the head box's diagonal in pixels.
    """

    joints: NDArray[np.float64]
    labelled: NDArray[np.bool_]
    heads: NDArray[np.float64]


def mpii_truth(ground_truth: Path) -> MpiiTruth:
    """The people of mpii_gt_val.mat. Raises `DataError`."""
    if not ground_truth.is_file():
        raise DataError(
            f"{ground_truth} is missing; `repropose fetch mpii-annotations` downloads it"
        )
    return _read_truth(read_bytes(ground_truth), str(ground_truth))


@lru_cache(maxsize=2)
def _read_truth(raw: bytes, what: str) -> MpiiTruth:
    """Cached, since each read starts a process."""
    shapes = {"pos_gt_src": (16, 2), "jnt_missing": (16,), "headboxes_src": (2, 2)}
    found = read_arrays(raw, what, list(shapes))
    people = found["pos_gt_src"].shape[-1]
    for name, shape in shapes.items():
        if found[name].shape != (*shape, people):
            raise DataError(
                f"{what}: {name} has the shape {found[name].shape}; for {people} people it must be "
                f"{(*shape, people)}"
            )
    boxes = found["headboxes_src"]
    heads = 0.6 * np.linalg.norm(boxes[1] - boxes[0], axis=0)
    joints, labelled = found["pos_gt_src"].transpose(2, 0, 1), found["jnt_missing"].T == 0
    if not np.isfinite(joints[labelled]).all() or not np.isfinite(heads).all():
        raise DataError(f"{what}: a joint or a head box is not finite; download it again")
    truth = MpiiTruth(joints, labelled, heads)
    for array in truth:
        array.flags.writeable = False
    return truth
