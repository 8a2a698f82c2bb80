"""TFPose: targets, losses, the decoder's refinement, the branch that vanishes, overfitting."""

from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
import torch
import yaml
from mmengine.logging import MMLogger
from mmengine.registry import DefaultScope
from mmengine.structures import InstanceData, PixelData
from mmpose.registry import KEYPOINT_CODECS, MODELS, TRANSFORMS
from mmpose.structures import PoseDataSample

import model_zoo
from model_zoo.figures.tfpose import query_attention, sampling_points
from model_zoo.tfpose.model import NormalizedCoordinates, coordinate_loss, heatmap_loss

FLIP = [0, 2, 1, 4, 3, 6, 5, 8, 7, 10, 9, 12, 11, 14, 13, 16, 15]
NAMES = [name for name in model_zoo.names() if model_zoo.family(name) == "tfpose"]


def small(name="tfpose-r18-e6d6", seed=0, **head):
    """A smoke-size model in eval mode, entries of its head's config replaced by `head`."""
    cfg = model_zoo.config(name, tier="smoke").model
    cfg.head.update(head)
    torch.manual_seed(seed)
    with DefaultScope.overwrite_default_scope("mmpose"), quietly():
        model = MODELS.build(cfg)
        model.init_weights()
    return model.eval()


@contextmanager
def quietly():
    """Without MMEngine's log line per initialised parameter."""
    logger = MMLogger.get_current_instance()
    level = logger.level
    logger.setLevel("WARNING")
    yield
    logger.setLevel(level)


def images(batch=2, seed=0):
    return torch.randn(batch, 3, 64, 48, generator=torch.Generator().manual_seed(seed))


def samples(batch, seed=0):
    """Random labelled keypoints as MMPose packs them for a smoke-size model."""
    rng = np.random.default_rng(seed)
    codec = KEYPOINT_CODECS.build(model_zoo.config("tfpose-r18-e6d6", tier="smoke").codec)
    packed = []
    for _ in range(batch):
        encoded = codec.encode(rng.uniform((2, 2), (45, 61), (1, 17, 2)))
        sample = PoseDataSample(metainfo={"flip_indices": FLIP, "input_size": (48, 64)})
        sample.gt_instance_labels = InstanceData(
            keypoint_labels=torch.from_numpy(encoded["keypoint_labels"]),
            keypoint_weights=torch.from_numpy(encoded["keypoint_weights"]),
        )
        sample.gt_fields = PixelData(heatmaps=torch.from_numpy(encoded["heatmaps"]))
        packed.append(sample)
    return packed


def test_every_run_of_the_paper_has_its_model():
    ledger = Path(__file__).parents[3] / "bench" / "papers" / "tfpose" / "runs.yaml"
    runs = yaml.safe_load(ledger.read_text())
    assert {run["config"] for run in runs.values()} <= set(NAMES)


# ---------------------------------------------------------------- targets


@pytest.mark.parametrize("name", ["tfpose-r50-e6d6", "tfpose-r50-e6d6-384x288"])
def test_a_perfect_prediction_returns_to_the_true_keypoint(name):
    """Crop, encode, decode, back to the image: below a thousandth of a pixel of the input."""
    cfg, rng = model_zoo.config(name), np.random.default_rng(3)
    x, y, width, height = 40.0, 25.0, 90.0, 210.0
    keypoints = rng.uniform((x, y), (x + width, y + height), (1, 17, 2))
    results = {
        "img": np.zeros((300, 200, 3), np.uint8),
        "bbox": np.array([[x, y, x + width, y + height]], np.float32),
        "keypoints": keypoints.astype(np.float32),
        "keypoints_visible": np.ones((1, 17), np.float32),
    }
    with DefaultScope.overwrite_default_scope("mmpose"):
        for step in cfg.val_pipeline[1:3]:
            results = TRANSFORMS.build(step)(results)
    model = small()
    model.head.decoder = codec = KEYPOINT_CODECS.build(cfg.codec)
    encoded = codec.encode(results["transformed_keypoints"], results["keypoints_visible"])
    assert encoded["keypoint_weights"].all()

    sample = PoseDataSample(metainfo={key: results[key] for key in ("input_center", "input_scale")})
    sample.set_metainfo({"input_size": cfg.codec.input_size})
    sample.gt_instances = InstanceData(bboxes=results["bbox"], bbox_scores=np.ones(1, np.float32))
    prediction = model.head.decode(torch.from_numpy(encoded["keypoint_labels"])[None])
    (sample,) = model.add_pred_to_datasample(prediction, None, [sample])
    input_pixels = np.array(cfg.codec.input_size) / results["input_scale"]
    error = np.abs(sample.pred_instances.keypoints - keypoints) * input_pixels
    assert error.max() < 1e-3
    assert (sample.pred_instances.keypoint_scores == 1).all()


def test_coordinates_run_from_the_first_to_the_last_pixel_centre():
    codec = NormalizedCoordinates(input_size=(192, 256), heatmap_size=(48, 64))
    keypoints = np.array([[[0, 0], [191, 255], [95.5, 127.5], [191.01, 3], [3, -0.01], [9, 9]]])
    visible = np.array([[1, 1, 1, 1, 1, 0]], np.float32)
    encoded = codec.encode(keypoints, visible)
    assert encoded["keypoint_labels"][0, :3].tolist() == [[0, 0], [1, 1], [0.5, 0.5]]
    assert encoded["keypoint_weights"].tolist() == [[1, 1, 1, 0, 0, 0]]


def test_the_auxiliary_target_peaks_at_the_udp_position():
    codec = NormalizedCoordinates(input_size=(192, 256), heatmap_size=(48, 64), sigma=2)
    on_grid = np.array([[[12.0, 30.0]]]) * np.array([191, 255]) / np.array([47, 63])
    heatmap = codec.encode(on_grid)["heatmaps"][0]
    assert heatmap[30, 12] == pytest.approx(1)
    assert heatmap[30, 14] == pytest.approx(np.exp(-0.5), abs=1e-6)
    assert heatmap[32, 12] == pytest.approx(np.exp(-0.5), abs=1e-6)


# ---------------------------------------------------------------- losses


def test_coordinate_loss_is_the_l1_distance_of_labelled_joints_summed_over_layers():
    target = torch.zeros(1, 3, 2)
    layers = torch.zeros(2, 1, 3, 2)
    layers[0, 0, 0] = torch.tensor([0.3, 0.1])
    layers[1, 0, 1] = torch.tensor([0.0, -0.6])
    layers[:, 0, 2] = 0.9  # not labelled
    weights = torch.tensor([[1.0, 1.0, 0.0]])
    loss = coordinate_loss(layers, target, weights)
    assert loss.item() == pytest.approx(((0.3 + 0.1) / 2 + 0.6 / 2) / 2)
    assert coordinate_loss(layers, target, torch.zeros(1, 3)).item() == 0


def test_heatmap_loss_is_the_mean_squared_error_of_labelled_joints():
    heatmaps = torch.zeros(1, 2, 2, 2)
    heatmaps[0, 0, 0, 0], heatmaps[0, 1] = 2.0, 7.0
    weights = torch.tensor([[1.0, 0.0]])
    assert heatmap_loss(heatmaps, torch.zeros(1, 2, 2, 2), weights).item() == 4 / 8
    with pytest.raises(ValueError, match=r"\[1, 2, 2, 2\], targets \[1, 2, 4, 4\]"):
        heatmap_loss(heatmaps, torch.zeros(1, 2, 4, 4), weights)


def test_the_auxiliary_loss_weighs_fifty():
    model, batch = small().train(), samples(2)
    head = model.head
    outputs = head(model.extract_feat(images()))
    weights = torch.cat([sample.gt_instance_labels.keypoint_weights for sample in batch])
    truth = torch.stack([sample.gt_fields.heatmaps for sample in batch])
    losses = model.loss(images(), batch)
    assert set(losses) == {"loss_coordinates", "loss_heatmaps"}
    plain = heatmap_loss(outputs["heatmaps"], truth, weights)
    torch.testing.assert_close(losses["loss_heatmaps"], 50 * plain)


def gradients(model, loss):
    model.zero_grad()
    loss.backward()
    return {key for key, p in model.named_parameters() if p.grad is not None and p.grad.any()}


def test_each_loss_reaches_exactly_the_parts_it_supervises():
    model = small().train()
    everything = {key for key, _ in model.named_parameters()}
    branch = {key for key in everything if key.startswith("head.heatmap_branch")}
    decoder = {key for key in everything if key.startswith("head.keypoint_decoder")}
    assert branch
    assert decoder
    assert gradients(model, model.loss(images(), samples(2))["loss_coordinates"]) == (
        everything - branch
    )
    reached = gradients(model, model.loss(images(), samples(2))["loss_heatmaps"])
    assert reached >= branch
    assert not reached & decoder
    assert {key for key in everything if key.startswith(("backbone", "head.encoder"))} <= reached


# ---------------------------------------------------------------- decoder


@pytest.mark.parametrize("name", ["tfpose-r18-e6d6", "tfpose-r18-e0d6-noaux-noq2q"])
def test_every_layer_refines_in_inverse_sigmoid_space(name):
    model = small(name)
    refinements = []
    for layer in model.head.keypoint_decoder.layers:
        layer.refine.register_forward_hook(lambda _, __, out: refinements.append(out))
    decoder = model.head.keypoint_decoder
    with torch.no_grad():
        steps = list(decoder.steps(*model.head.memory(model.extract_feat(images()))))
    assert len(steps) == len(refinements) == 6
    before = decoder.start.sigmoid().expand(2, -1, -1)
    for step, refinement in zip(steps, refinements, strict=True):
        torch.testing.assert_close(step.reference, before)
        torch.testing.assert_close(step.coordinates, (before.logit() + refinement).sigmoid())
        before = step.coordinates


def test_each_layer_is_trained_by_its_own_coordinates_only():
    """The refinement of a layer gets no gradient from the coordinates of the layers after it."""
    model = small().train()
    last = model(images(), None, mode="tensor")["coordinates"].sum()
    reached = gradients(model, last)
    refine = {key for key, _ in model.named_parameters() if ".refine." in key}
    assert refine & reached == {key for key in refine if ".layers.5." in key}


def test_without_query_to_query_attention_keypoints_do_not_know_of_each_other():
    for name, independent in (
        ("tfpose-r18-e0d6-noaux-noq2q", True),
        ("tfpose-r18-e0d6-noaux", False),
    ):
        model = small(name)
        with torch.no_grad():
            one = model(images(), None, mode="tensor")
            model.head.keypoint_decoder.queries[0] += 1.0
            other = model(images(), None, mode="tensor")
        assert not torch.equal(one[:, 0], other[:, 0])
        assert torch.allclose(one[:, 1:], other[:, 1:], atol=1e-6) == independent


# ---------------------------------------------------------------- inference


def test_the_auxiliary_branch_vanishes_at_inference():
    model = small()
    plain = small("tfpose-r18-e6d6-noaux")
    assert plain.head.heatmap_branch is None
    unmatched = plain.load_state_dict(model.state_dict(), strict=False)
    assert not unmatched.missing_keys
    assert {key.split(".")[1] for key in unmatched.unexpected_keys} == {"heatmap_branch"}
    with torch.no_grad():
        expected = model(images(), None, mode="tensor")
        assert torch.equal(plain(images(), None, mode="tensor"), expected)
        for parameter in model.head.heatmap_branch.parameters():
            parameter.fill_(float("nan"))
        assert torch.equal(model(images(), None, mode="tensor"), expected)


def predicted(model, inputs):
    """Keypoints [B, K, 2] in pixels of the crop, pixel centres, as `predict` gives them."""
    batch = samples(len(inputs))
    feats = [model.extract_feat(inputs), model.extract_feat(inputs.flip(3))]
    with torch.no_grad():
        found = model.head.predict(feats, batch, test_cfg=model.test_cfg)
    assert model.test_cfg.flip_test
    return np.stack([each.keypoints[0] for each in found]) / [48, 64] * [47, 63]


def test_flip_test_makes_predictions_of_the_mirror_image_mirrored():
    model = small()
    straight, mirrored = predicted(model, images()), predicted(model, images().flip(3))
    mirrored[..., 0] = 47 - mirrored[..., 0]
    np.testing.assert_allclose(straight, mirrored[:, FLIP], atol=1e-3)


def test_flip_test_averages_both_views():
    model = small()
    with torch.no_grad():
        one, other = (model(x, None, mode="tensor") for x in (images(), images().flip(3)))
    other = other[:, FLIP] * torch.tensor([-1.0, 1.0]) + torch.tensor([1.0, 0.0])
    expected = ((one + other) / 2 * torch.tensor([47.0, 63.0])).numpy()
    np.testing.assert_allclose(predicted(model, images()), expected, atol=1e-3)


# ---------------------------------------------------------------- what can be looked at


@pytest.mark.parametrize("layer", [0, -1])
def test_sampling_points_are_those_the_layer_uses(monkeypatch, layer):
    from model_zoo.layers import deformable

    model, used = small(), []
    original = deformable.deformable_attention

    def spy(value, shapes, locations, weights):
        used.append((locations, weights))
        return original(value, shapes, locations, weights)

    monkeypatch.setattr(deformable, "deformable_attention", spy)
    with torch.no_grad():
        model(images(), None, mode="tensor")
    locations, weights = used[3 + layer % 6]  # three encoder layers come first
    found = sampling_points(model, images(), layer)
    assert found[0].shape == (2, 17, 8, 3, 2, 2)
    torch.testing.assert_close(found, (locations, weights))
    torch.testing.assert_close(found[1].sum(dim=(3, 4)), torch.ones(2, 17, 8))


def test_query_attention_is_a_distribution_and_uniform_for_equal_queries():
    model = small().train()  # also in training mode: nothing is dropped out
    model.head.keypoint_decoder.layers[0].q2q.dropout = 0.5
    attention = query_attention(model, images(), 0)
    assert model.training
    assert attention.shape == (2, 17, 17)
    torch.testing.assert_close(attention.sum(dim=2), torch.ones(2, 17))
    assert attention.std(dim=2).min() > 0
    with torch.no_grad():
        for matrix in (model.head.keypoint_decoder.queries, model.head.keypoint_decoder.embedding):
            matrix.fill_(0.3)
    torch.testing.assert_close(query_attention(model, images(), 0), torch.full((2, 17, 17), 1 / 17))


def test_attention_of_a_missing_layer_or_kind_raises():
    with pytest.raises(ValueError, match="no query-to-query attention"):
        query_attention(small("tfpose-r18-e0d6-noaux-noq2q"), images())
    with pytest.raises(IndexError, match="layer 6 of a decoder of 6 layers"):
        sampling_points(small(), images(), 6)


# ---------------------------------------------------------------- learning


def test_overfits_a_handful_of_crops():
    model = small(encoder_layers=1, decoder_layers=2).train()
    inputs, batch = images(4), samples(4)
    target = torch.cat([sample.gt_instance_labels.keypoint_labels for sample in batch])
    steps, rate = 150, 6e-3
    optimizer = torch.optim.AdamW(model.parameters(), lr=rate)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, rate, total_steps=steps)
    first = model.loss(inputs, batch)
    for _ in range(steps):
        optimizer.zero_grad()
        last = model.loss(inputs, batch)
        sum(last.values()).backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        schedule.step()
    with torch.no_grad():
        found = model(inputs, None, mode="tensor")["coordinates"]
    error = ((found - target) * torch.tensor([47.0, 63.0])).norm(dim=2)
    assert error.mean() < 0.2, f"mean error {error.mean():.3f} pixels of the crop"
    assert last["loss_heatmaps"] < 0.1 * first["loss_heatmaps"]
