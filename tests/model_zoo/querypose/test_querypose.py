"""QueryPose's own parts, each compared with an independent implementation."""

import itertools

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from mmengine.structures import InstanceData
from mmpose.structures import PoseDataSample
from torchvision.ops.boxes import box_iou, generalized_box_iou
from torchvision.ops.roi_align import _roi_align as torchvision_in_python

import model_zoo
from model_zoo.figures.querypose import part_attention
from model_zoo.layers.roi_align import RoIPyramid
from model_zoo.losses.set_prediction import People, Predictions, SetCriterion, match
from model_zoo.querypose.box_decoder import shifted_boxes
from model_zoo.querypose.keypoint_decoder import UnitLinear
from model_zoo.querypose.model import decode_predictions
from model_zoo.querypose.parts import body_parts

VARIANTS = [name for name in model_zoo.names() if name.startswith("querypose-")]
UNUSED = ("iteration.unused.", "iteration.unused_norm.")  # in the authors' module too, and counted


def sample(width, height, people, keypoints=17, seed=0):
    """A data sample with that many labelled people inside the image."""
    rng = np.random.RandomState(seed)
    corner = rng.uniform(0, 0.2, (people, 2)) * [width, height]
    size = rng.uniform(0.6, 0.8, (people, 2)) * [width, height]
    places = corner[:, None] + rng.uniform(0, 1, (people, keypoints, 2)) * size[:, None]
    labels = InstanceData()
    labels.bboxes = torch.from_numpy(np.hstack([corner, corner + size]))
    labels.keypoints = torch.from_numpy(places)
    labels.keypoints_visible = torch.ones(people, keypoints)
    found = PoseDataSample(
        metainfo=dict(img_shape=(height, width), ori_shape=(2 * height, 2 * width))
    )
    found.gt_instance_labels = labels
    return found


@pytest.mark.parametrize("name", VARIANTS)
def test_every_variant_gives_its_shapes_and_trains_every_parameter(name):
    torch.manual_seed(0)
    model = model_zoo.build_model(name, tier="smoke").train()
    for stage in model.head.box_stages:
        stage.box_delta.weight.data *= 0.1  # boxes stay near the image, with keypoints inside
    keypoints = 14 if "crowdpose" in name else 17
    inputs = torch.randn(2, 3, 96, 128)
    samples = [sample(128, 90, 2, keypoints), sample(100, 96, 1, keypoints, seed=1)]
    losses = model(inputs, samples, mode="loss")
    assert all(torch.isfinite(value) for value in losses.values())
    sum(losses.values()).backward()
    silent = {n for n, p in model.named_parameters() if p.requires_grad and p.grad is None}
    assert {n for n in silent if not any(part in n for part in UNUSED)} == set()
    with torch.no_grad():
        output = model.eval()(inputs[:, :, :90], None, mode="tensor")
    stages, queries = len(model.head.box_stages), len(model.head.proposal_boxes.weight)
    first = (stages, 2, queries)
    assert output["logits"].shape == first
    assert output["boxes"].shape == (*first, 4)
    assert output["mu"].shape == output["sigma"].shape == (*first, keypoints, 2)
    assert all(torch.isfinite(value).all() for value in output.values())
    assert ((output["sigma"] > 0) & (output["sigma"] < 1)).all()


def smoke_model(name="querypose-r50"):
    torch.manual_seed(0)
    return model_zoo.build_model(name, tier="smoke")


def test_predictions_lie_in_the_original_image():
    model = smoke_model()
    (result,) = model(torch.randn(1, 3, 96, 128), [sample(128, 96, 1)], mode="predict")
    people = result.pred_instances
    assert people.keypoints.shape == (len(people), 17, 2)
    assert (people.bboxes >= 0).all()
    assert (people.bboxes <= [256, 192, 256, 192]).all()
    mean = people.keypoint_scores.mean(axis=1)
    np.testing.assert_allclose(people.bbox_scores, people.instance_scores * mean, rtol=1e-5)


def test_equal_people_are_not_suppressed():
    model = smoke_model()
    for stage in model.head.box_stages:
        stage.box_delta.weight.data *= 0.1  # boxes stay in the image
    queries = model.head.proposal_queries.weight
    queries.data[:] = queries.data[:1].clone()  # queries that are equal find the same person
    (result,) = model(torch.randn(1, 3, 96, 128), [sample(128, 96, 1)], mode="predict")
    people = result.pred_instances
    assert len(people) == len(queries)
    first = people.keypoints[:1].repeat(len(queries), axis=0)
    np.testing.assert_allclose(people.keypoints, first, atol=1e-2)


def test_boxes_begin_as_the_image_without_its_padding():
    model = smoke_model()
    for stage in model.head.box_stages:
        torch.nn.init.zeros_(stage.box_delta.weight)
        torch.nn.init.zeros_(stage.box_delta.bias)
    feats = model.extract_feat(torch.randn(2, 3, 96, 128))
    boxes = model.head(feats, [(96, 64), (128, 96)])["boxes"]
    expected = torch.tensor([[0.0, 0, 96, 64], [0, 0, 128, 96]])[None, :, None]
    torch.testing.assert_close(boxes, expected.expand_as(boxes))


def test_images_without_people_teach_the_class_only():
    model = smoke_model().train()
    losses = model(torch.randn(2, 3, 64, 96), [sample(96, 64, 0)] * 2, mode="loss")
    assert losses["stage1.loss_class"] > 0
    assert all(losses[f"stage1.{name}"] == 0 for name in ("loss_l1", "loss_giou", "loss_keypoints"))
    sum(losses.values()).backward()


def test_attention_maps_of_the_parts_sum_to_one():
    maps, boxes = part_attention(smoke_model(), torch.randn(1, 3, 64, 96))
    assert maps.shape[:3] == (1, boxes.shape[1], 7)
    torch.testing.assert_close(maps.sum(dim=(3, 4)), torch.ones(maps.shape[:3]))
    with pytest.raises(ValueError, match="spegm"):
        part_attention(smoke_model("querypose-r50-baseline"), torch.randn(1, 3, 64, 96))


@pytest.mark.parametrize("keypoints", [17, 14])
@pytest.mark.parametrize("parts", [5, 7, 13, "all"])
def test_a_division_has_every_keypoint_once(keypoints, parts):
    number = keypoints if parts == "all" else parts
    division = body_parts(keypoints, number)
    assert len(division) == number
    assert sorted(itertools.chain(*division)) == list(range(keypoints))


def test_unknown_divisions_and_switches_are_named():
    with pytest.raises(ValueError, match="into 6 parts; allowed are 5, 7, 13, 17"):
        body_parts(17, 6)
    cfg = model_zoo.config("querypose-r50", tier="smoke").model.head
    from model_zoo.querypose.model import QueryPoseHead

    cfg.pop("type")
    pooling = dict(pooling={**cfg.pooling, "outside": "magic"})
    wrong = {key: {key: "magic"} for key in ("query", "interaction", "iteration")}
    for key, changed in {**wrong, "outside": pooling}.items():
        with pytest.raises(ValueError, match=f"{key} is 'magic'; allowed are"):
            QueryPoseHead(**{**cfg, **changed})


def test_roi_align_is_torchvisions():
    feature = torch.randn(2, 5, 12, 16)
    boxes = torch.tensor([[3.0, 2, 40, 30], [0, 0, 64, 48], [-20, -9, 90, 60], [8, 8, 9, 9]])
    rois = torch.cat([torch.cat([torch.full((4, 1), float(i)), boxes], 1) for i in range(2)])
    expected = torchvision_in_python.__wrapped__(feature, rois, 0.25, 7, 7, 2, True)
    ours = RoIPyramid([feature], [4]).pool(boxes.expand(2, -1, -1), 7)
    torch.testing.assert_close(ours, expected, atol=1e-4, rtol=0)


def test_roi_align_reads_zero_or_the_border_outside():
    feature, outside = torch.ones(1, 1, 8, 8), torch.tensor([[[64.0, 0, 96, 32]]])
    for how, value in (("border", 1.0), ("zero", 0.0)):
        pooled = RoIPyramid([feature], [4], outside=how).pool(outside, 4)
        torch.testing.assert_close(pooled, torch.full((1, 1, 4, 4), value))


def test_boxes_are_pooled_from_the_level_of_their_size():
    levels = [torch.full((1, 1, 1024 // s, 1024 // s), float(s)) for s in (4, 8, 16, 32)]
    sides = torch.tensor([50.0, 111, 113, 223, 225, 447, 449, 2000])
    boxes = torch.stack([sides * 0, sides * 0, sides, sides], dim=1)[None]
    pooled = RoIPyramid(levels, (4, 8, 16, 32)).pool(boxes, 1).flatten()
    torch.testing.assert_close(pooled, torch.tensor([4.0, 4, 8, 8, 16, 16, 32, 32]))


def test_box_offsets_move_and_scale():
    box = torch.tensor([10.0, 20, 30, 60])
    assert torch.equal(shifted_boxes(torch.zeros(4), box), box)
    moved = shifted_boxes(torch.tensor([1.0, -2, float(np.log(2)), 0]), box)
    torch.testing.assert_close(moved, torch.tensor([10.0, -20, 50, 20]))


def test_coordinates_depend_on_the_direction_only():
    layer, x = UnitLinear(8, 4), torch.randn(3, 8)
    torch.testing.assert_close(layer(x), layer(5 * x))
    torch.testing.assert_close(layer(x), F.linear(F.normalize(x, dim=1), layer.weight, layer.bias))


def scene(people=3, queries=5, keypoints=4, seed=0):
    torch.manual_seed(seed)
    corner = torch.rand(people, 2) * 50
    boxes = torch.cat([corner, corner + 20 + torch.rand(people, 2) * 30], dim=1)
    places = (
        boxes[:, None, :2]
        + torch.rand(people, keypoints, 2) * (boxes[:, 2:] - boxes[:, :2])[:, None]
    )
    noisy = boxes[torch.arange(queries) % people] + torch.randn(queries, 4)
    return (
        People(boxes, places, torch.ones(people, keypoints), (100, 100)),
        torch.randn(queries),
        noisy,
    )


def test_matching_is_the_best_of_all_assignments():
    people, logits, boxes = scene()
    p = logits.sigmoid()
    focal = 0.25 * (1 - p) ** 2 * -p.log() - 0.75 * p**2 * -(1 - p).log()
    distance = (boxes[:, None] - people.boxes).abs().sum(2) / 100
    cost = 2 * focal[:, None] + 5 * distance - 2 * generalized_box_iou(boxes, people.boxes)
    orders = list(itertools.permutations(range(5), 3))
    best = min(orders, key=lambda order: sum(cost[q, g].item() for g, q in enumerate(order)))
    own, annotated = match(logits, boxes, people, (2.0, 5.0, 2.0))
    assert dict(zip(annotated.tolist(), own.tolist(), strict=True)) == dict(enumerate(best))


def criterion():
    torch.manual_seed(0)
    return SetCriterion(class_weight=2.0, l1_weight=5.0, giou_weight=2.0, keypoint_weight=1.0)


def perfect(people):
    size = (people.boxes[:, 2:] - people.boxes[:, :2])[:, None]
    mu = (people.keypoints - people.boxes[:, None, :2]) / size - 0.5
    logits = torch.full((1, len(mu)), 20.0)
    return Predictions(logits, people.boxes[None].clone(), mu[None], torch.full_like(mu, 0.1)[None])


def test_perfect_predictions_cost_nothing_but_the_likelihood():
    people, _, _ = scene()
    losses = criterion().unweighted(perfect(people), [people])
    for name in ("loss_class", "loss_l1", "loss_giou"):
        assert losses[name].item() == pytest.approx(0, abs=1e-6)
    sigma, log_flow = 0.1, criterion().flow.log_prob(torch.zeros(1, 2)).item()
    each = np.log(sigma) - log_flow + np.log(sigma * np.sqrt(2 * np.pi))
    assert losses["loss_keypoints"].item() == pytest.approx(2 * each, rel=1e-4)


def test_generalised_iou_loss_of_shifted_squares():
    people = People(
        torch.tensor([[0.0, 0, 10, 10]]), torch.zeros(1, 4, 2), torch.zeros(1, 4), (100, 100)
    )
    boxes = torch.tensor([[[5.0, 0, 15, 10]]])
    zeros = torch.zeros(1, 1, 4, 2)
    losses = criterion().unweighted(
        Predictions(torch.zeros(1, 1), boxes, zeros, zeros + 0.5), [people]
    )
    assert losses["loss_giou"].item() == pytest.approx(1 - 1 / 3)
    assert box_iou(boxes[0], people.boxes).item() == pytest.approx(1 / 3)
    assert losses["loss_l1"].item() == pytest.approx(0.1)


def test_keypoints_outside_the_box_or_without_label_are_masked():
    people, _, _ = scene(people=1)
    predictions = perfect(people)
    people.keypoints[0, 0] = people.boxes[0, :2] - 5
    people.visible[0, 1] = 0
    mu = predictions.mu.requires_grad_()
    predictions = predictions._replace(mu=mu + 0.05)
    criterion().unweighted(predictions, [people])["loss_keypoints"].backward()
    moved = mu.grad[0, 0].abs().sum(dim=1) > 0
    assert moved.tolist() == [False, False, True, True]


def test_keypoints_lie_relative_to_the_unclipped_box():
    output = dict(
        logits=torch.zeros(1, 1, 2),
        boxes=torch.tensor([[[[-20.0, 0, 20, 40], [-30, 0, -10, 40]]]]),
        mu=torch.zeros(1, 1, 2, 1, 2),
        sigma=torch.full((1, 1, 2, 1, 2), 0.25),
    )
    people = decode_predictions(output, 0, (100, 50), (200, 100))
    assert people["kept"].tolist() == [0]
    assert people["keypoints"].tolist() == [[[0.0, 40.0]]]
    assert people["bboxes"].tolist() == [[0.0, 0.0, 40.0, 80.0]]
    assert people["bbox_scores"].tolist() == pytest.approx([0.5 * 0.75])
