"""Keypoints are those of the published files: MMPose's meta information and the evaluators' sigmas are the oracle."""

import numpy as np
import pytest
from pycocotools.cocoeval import Params

from bench.datasets.keypoints import KEYPOINTS, MPII_SHORT_NAMES, limbs_of

RENAMED = {"top_head": "head_top", "neck": "thorax"}  # MMPose's names for CrowdPose


def metainfo(dataset: str) -> dict:
    from mmpose.datasets.datasets.utils import parse_pose_metainfo

    return parse_pose_metainfo({"from_file": f"configs/_base_/datasets/{dataset}.py"})


@pytest.mark.network
@pytest.mark.parametrize("dataset", KEYPOINTS)
def test_names_sides_limbs_and_sigmas_are_mmposes(dataset: str) -> None:
    ours, theirs = KEYPOINTS[dataset], metainfo(dataset)
    names = [theirs["keypoint_id2name"][k] for k in range(theirs["num_keypoints"])]
    assert list(ours.names) == [RENAMED.get(n, n) if dataset == "crowdpose" else n for n in names]
    assert ours.partners == theirs["flip_indices"]
    limbs = {frozenset(limb) for limb in theirs["skeleton_links"]}
    assert {frozenset(limb) for limb in ours.limbs} == limbs
    assert len(ours.limbs) == len(limbs)
    assert limbs_of(len(ours.names)) == ours.limbs
    if ours.sigmas is not None:
        np.testing.assert_allclose(ours.sigmas, theirs["sigmas"])


def test_coco_sigmas_are_pycocotools_own_to_the_bit() -> None:
    np.testing.assert_array_equal(KEYPOINTS["coco"].sigmas, Params("keypoints").kpt_oks_sigmas)


def test_left_and_right_are_partners_and_the_rest_have_none() -> None:
    coco = KEYPOINTS["coco"]
    partner = {coco.names[a]: coco.names[b] for a, b in enumerate(coco.partners)}
    assert partner["nose"] == "nose"
    assert partner["left_ankle"] == "right_ankle"
    assert (coco.pairs[0], len(coco.pairs)) == ((1, 2), 8)
    mpii = KEYPOINTS["mpii"].partners
    assert [mpii[i] for i in mpii] == list(range(16))
    assert KEYPOINTS["crowdpose"].partners[12:] == [12, 13]


def test_short_names_are_in_the_order_of_the_long_ones() -> None:
    for short, name in zip(MPII_SHORT_NAMES, KEYPOINTS["mpii"].names, strict=True):
        assert short[0] == name[0] or short in name
        assert short in name or short[1:] == name.partition("_")[2][:3]


def test_an_unknown_number_of_keypoints_has_no_limbs() -> None:
    assert limbs_of(5) == ()
