"""QueryPose on batches: images of different size, people without labels, more people than queries, bfloat16."""

import pytest
import torch

import model_zoo
from model_zoo.layers.roi_align import RoIPyramid
from model_zoo.registry import register
from tests.model_zoo.querypose.test_querypose import sample, smoke_model

register()

SIZES = [(128, 90), (100, 96)]


def test_images_of_a_batch_do_not_know_of_each_other():
    model, images = smoke_model(), torch.randn(2, 3, 96, 128)
    samples = [sample(*size, people=1) for size in SIZES]
    with torch.no_grad():
        both = model(images, samples, mode="tensor")
        for index in range(2):
            one = slice(index, index + 1)
            alone = model(images[one], samples[one], mode="tensor")
            for key, value in both.items():
                torch.testing.assert_close(value[:, one], alone[key], atol=1e-4, rtol=1e-4)


def test_without_samples_an_image_is_all_of_the_input():
    model, images = smoke_model(), torch.randn(1, 3, 96, 128)
    with torch.no_grad():
        plain = model(images, None, mode="tensor")["boxes"]
        whole = model(images, [sample(128, 96, 1)], mode="tensor")["boxes"]
        padded = model(images, [sample(100, 90, 1)], mode="tensor")["boxes"]
    assert torch.equal(plain, whole)
    assert not torch.allclose(plain, padded)


def finite_losses(model, samples):
    losses = model.train()(torch.randn(len(samples), 3, 96, 128), samples, mode="loss")
    sum(losses.values()).backward()
    assert all(value.isfinite() for value in losses.values())
    assert all(p.grad.isfinite().all() for p in model.parameters() if p.grad is not None)
    return losses


def test_people_without_a_labelled_keypoint_teach_class_and_box():
    person = sample(128, 96, 2)
    person.gt_instance_labels.keypoints_visible.zero_()
    losses = finite_losses(smoke_model(), [person])
    assert losses["stage1.loss_keypoints"] == 0
    assert losses["stage1.loss_l1"] > 0


@pytest.mark.parametrize("people", [[0, 1], [12], [1]])
def test_losses_are_finite_whatever_the_number_of_people(people):
    """None in one image, more than the eight queries, one in a batch of one."""
    finite_losses(smoke_model(), [sample(128, 96, count) for count in people])


def test_predictions_in_bfloat16_are_plain_arrays_near_those_in_float32():
    model, images = smoke_model(), torch.randn(1, 3, 96, 128)
    for stage in model.head.box_stages:
        stage.box_delta.weight.data *= 0.1
    found = []
    for half in (False, True):
        with torch.no_grad(), torch.autocast("cpu", dtype=torch.bfloat16, enabled=half):
            (result,) = model(images, [sample(128, 96, 1)], mode="predict")
        found.append(result.pred_instances)
    assert found[1].keypoints.dtype == found[1].keypoint_scores.dtype == "float32"
    assert abs(found[0].keypoints - found[1].keypoints).max() < 6  # of 256x192 pixels


def test_a_pyramid_in_bfloat16_is_read_at_the_same_cells():
    """Row 353 of the maps laid below one another is no number of bfloat16."""
    sizes = [(200, 336), (100, 168), (50, 84), (25, 42)]  # of an image of 1344x800
    rows = [torch.linspace(0, 1, h)[None, None, :, None].expand(1, 1, h, w) for h, w in sizes]
    boxes = torch.tensor([[[0.0, 0, 1344, 800], [100, 10, 800, 700], [30, 40, 60, 90]]])
    expected = RoIPyramid(rows, (4, 8, 16, 32)).pool(boxes, 7)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        half = RoIPyramid([level.bfloat16() for level in rows], (4, 8, 16, 32)).pool(boxes, 7)
    torch.testing.assert_close(half.float(), expected, atol=5e-3, rtol=0)


def test_every_model_of_the_issue_is_there():
    backbones = ("r50", "hrw32", "hrw48", "swinl")
    wanted = {f"querypose-{each}{kind}" for each in backbones for kind in ("", "-light")}
    assert wanted <= set(model_zoo.names())
