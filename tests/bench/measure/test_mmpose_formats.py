"""What MMPose itself writes is read as it scores it: the formats' rules against MMPose's own code."""

from pathlib import Path

import mmengine
import numpy as np
import pytest
from mmengine.structures import InstanceData
from mmpose.evaluation.metrics import CocoMetric
from mmpose.structures import PoseDataSample
from mmpose.structures.utils import split_instances

from bench.evaluate.ground_truth import known_to
from bench.evaluate.predictions import read_predictions
from tests.bench.evaluate.formats.test_formats import SAMPLES, TRUTH


def instances(people: int) -> InstanceData:
    rng = np.random.default_rng(people)
    return InstanceData(
        keypoints=rng.uniform(0, 240, (people, 17, 2)),
        keypoint_scores=rng.uniform(0, 1, (people, 17)).astype(np.float32),
        bboxes=np.sort(rng.uniform(0, 200, (people, 4))).astype(np.float32),
        bbox_scores=rng.uniform(0.1, 1, people).astype(np.float32),
    )


@pytest.mark.parametrize("people", [1, 3, 0])
def test_the_inferencers_files_have_the_scores_of_cocometric(tmp_path: Path, people: int):
    """One file as MMPoseInferencer dumps it, the other as CocoMetric formats the same people."""
    found = instances(people)
    (tmp_path / "p").mkdir()
    name = tmp_path / "p" / "000000000012.json"
    mmengine.dump(split_instances(found), name, indent="  ")
    ours = read_predictions(tmp_path / "p", "coco", known_to("coco", TRUTH).images).entries

    metric = CocoMetric(
        str(TRUTH), format_only=True, outfile_prefix=str(tmp_path / "out"), nms_mode="none"
    )
    metric.dataset_meta = {"sigmas": np.ones(17) / 17, "num_keypoints": 17, "CLASSES": ("person",)}
    if not people:
        assert ours == []
        return
    found.bbox_scales = np.full((people, 2), 100.0)
    found.areas = np.full(people, 1e4)
    for number in range(people):  # as for a top-down network, which is given one person at a time
        sample = PoseDataSample(metainfo={"id": number, "img_id": 12, "category_id": 1})
        sample.pred_instances = sample.gt_instances = found[number]
        metric.process([], [sample.to_dict()])
    metric.evaluate(people)
    theirs = read_predictions(
        tmp_path / "out.keypoints.json", "coco", known_to("coco", TRUTH).images
    ).entries
    assert len(ours) == len(theirs) == people
    for one, other in zip(ours, theirs, strict=True):
        assert one["image_id"] == other["image_id"] == 12
        assert one["score"] == pytest.approx(other["score"], abs=1e-6)
        np.testing.assert_allclose(one["keypoints"], other["keypoints"], atol=1e-5)


def test_the_samples_are_what_mmpose_would_write():
    """Keys and nesting of the sample made by hand, against `split_instances`."""
    import json

    [one] = json.loads((SAMPLES / "mmpose/000000000012.json").read_bytes())
    [made] = split_instances(instances(1))
    assert set(one) == set(made)
    assert np.shape(one["bbox"]) == np.shape(made["bbox"]) == (1, 4)
