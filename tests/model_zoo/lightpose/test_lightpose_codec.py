"""LightPose's label and losses against closed forms."""

import math

import numpy as np
import pytest
import torch

from model_zoo.lightpose.model import CenterOffsetHeatmap, heatmap_loss, offset_loss

WIDTH, HEIGHT = 192, 256
STRIDES = (4, 8, 16, 32)


def codec(stride, **kwargs):
    grid = (WIDTH // stride, HEIGHT // stride)
    return CenterOffsetHeatmap(
        **{"input_size": (WIDTH, HEIGHT), "heatmap_size": grid, "sigma": 2.0} | kwargs
    )


def points(count, seed=0):
    """Keypoints [1, count, 2] anywhere on the image's pixels (whose area reaches half a pixel out)."""
    unit = np.random.default_rng(seed).uniform(size=(1, count, 2))
    return unit * (WIDTH, HEIGHT) - 0.5


@pytest.mark.parametrize("stride", STRIDES)
def test_a_perfect_prediction_decodes_to_the_keypoint(stride):
    keypoints = points(500)
    label = codec(stride).encode(keypoints)
    decoded, scores = codec(stride).decode(label["heatmaps"], label["offsets"])
    assert np.abs(decoded - keypoints).max() < 1e-3
    assert (scores == 1).all()
    assert (label["keypoint_weights"] == 1).all()


@pytest.mark.parametrize("stride", STRIDES)
def test_any_cell_leads_to_the_keypoint_because_offsets_are_signed(stride):
    keypoints = points(50)
    label = codec(stride).encode(keypoints)
    elsewhere = np.random.default_rng(1).uniform(size=label["heatmaps"].shape)
    decoded, _ = codec(stride).decode(elsewhere, label["offsets"])
    assert np.abs(decoded - keypoints).max() < 1e-3


@pytest.mark.parametrize("stride", STRIDES)
def test_heatmaps_alone_err_by_a_uniform_share_of_a_cell(stride):
    plain = codec(stride, shift=0.0)
    errors = []
    for seed in range(10):
        keypoints = points(600, seed)
        decoded, _ = plain.decode(plain.encode(keypoints)["heatmaps"])
        errors.append(decoded[0] - keypoints[0])
    error = np.concatenate(errors)  # [6000, 2] pixels
    assert np.abs(error).max() <= stride / 2 + 1e-3
    rms = stride / math.sqrt(12)  # of a uniform error
    assert np.abs(error.mean(axis=0)).max() < 4 * rms / math.sqrt(len(error))
    assert np.sqrt((error**2).mean(axis=0)) == pytest.approx(rms, rel=0.03)
    assert np.abs(error).mean() == pytest.approx(stride / 4, rel=0.03)


def test_heatmap_is_the_gaussian_around_the_floor():
    keypoints = np.array([[[37.0, 90.0]]])  # cell (2, 5) of stride 16
    heatmap = codec(16, sigma=1.5).encode(keypoints)["heatmaps"][0]
    for row in range(16):
        for column in range(12):
            square = (column - 37 // 16) ** 2 + (row - 90 // 16) ** 2
            assert heatmap[row, column] == pytest.approx(math.exp(-square / (2 * 1.5**2)))


def test_offset_at_the_keypoints_cell_is_the_papers_fraction_up_to_a_constant():
    keypoints = np.array([[[37.0, 90.0]]])
    x, y = codec(16).encode(keypoints)["offsets"][:, 90 // 16, 37 // 16]
    half = 15 / 32  # from a cell's first pixel to its centre
    assert (x + half, y + half) == (
        pytest.approx(37 / 16 - 37 // 16),
        pytest.approx(90 / 16 - 90 // 16),
    )


def test_keypoints_outside_the_image_and_invisible_ones_weigh_nothing():
    keypoints = np.array([[[-0.6, 10.0], [191.6, 10.0], [5.0, 256.0], [5.0, 5.0], [5.0, 5.0]]])
    label = codec(16).encode(keypoints, np.array([[1, 1, 1, 1, 0]], np.float32))
    assert label["keypoint_weights"].tolist() == [[0, 0, 0, 1, 0]]
    assert not label["heatmaps"][:3].any()


@pytest.mark.parametrize("stride", STRIDES)
def test_a_mirrored_image_has_the_mirrored_label(stride):
    keypoints = np.floor(points(50) + 0.5)  # no keypoint on the border of two cells
    mirrored = keypoints * (-1, 1) + (WIDTH - 1, 0)
    label, other = codec(stride).encode(keypoints), codec(stride).encode(mirrored)
    assert np.allclose(label["heatmaps"][..., ::-1], other["heatmaps"])
    offsets = other["offsets"].reshape(50, 2, *other["offsets"].shape[1:])
    expected = label["offsets"].reshape(offsets.shape)[..., ::-1] * [[[-1]], [[1]]]
    assert np.allclose(expected, offsets, atol=1e-5)


def test_quarter_shift_goes_to_the_higher_neighbour_inside_the_grid():
    heatmaps = np.zeros((3, 16, 12), np.float32)
    heatmaps[:, 5, 3] = 1
    heatmaps[0, 5, 2] = 0.5  # left
    heatmaps[1, 6, 3] = 0.5  # below; the third is symmetric
    decoded, _ = codec(16).decode(heatmaps)
    assert (decoded[0] - (3 * 16 + 7.5, 5 * 16 + 7.5)).tolist() == [[-4, 0], [0, 4], [0, 0]]
    corner = np.zeros((1, 16, 12), np.float32)
    corner[0, 0, 0], corner[0, 0, 1] = 1, 0.5
    assert codec(16).decode(corner)[0].tolist() == [[[7.5, 7.5]]]


def test_a_batch_decodes_as_its_images_do():
    labels = [codec(16).encode(points(17, seed)) for seed in range(3)]
    maps = [torch.from_numpy(np.stack([one[key] for one in labels])) for key in
            ("heatmaps", "offsets")]  # fmt: skip
    keypoints, scores = codec(16).batch_decode(*maps)
    for seed in range(3):
        assert np.abs(keypoints[seed] - points(17, seed)).max() < 1e-3
        assert scores[seed].shape == (1, 17)


@pytest.mark.parametrize(
    ("kwargs", "reason"),
    [
        ({"heatmap_size": (12, 15)}, "one integer stride"),
        ({"heatmap_size": (13, 17)}, "one integer stride"),
        ({"sigma": 0.0}, "must be positive"),
    ],
)
def test_a_label_that_cannot_be_is_refused(kwargs, reason):
    with pytest.raises(ValueError, match=reason):
        codec(16, **kwargs)


# ------------------------------------------------------------------------------------ losses


def targets():
    """Two images: heatmaps [2, 3, 16, 12], offsets [2, 3, 2, 16, 12], all keypoints visible."""
    labels = [codec(16).encode(points(3, seed)) for seed in range(2)]
    heatmaps = torch.from_numpy(np.stack([one["heatmaps"] for one in labels]))
    offsets = torch.from_numpy(np.stack([one["offsets"] for one in labels]))
    return heatmaps, offsets.unflatten(1, (3, 2)), torch.ones(2, 3)


def test_a_perfect_prediction_costs_nothing():
    heatmaps, offsets, weights = targets()
    assert heatmap_loss(heatmaps, heatmaps, weights) == 0
    assert offset_loss(offsets, offsets, heatmaps, weights) == 0


def test_heatmap_loss_sums_over_cells_and_averages_over_keypoints():
    heatmaps, _, weights = targets()
    by_hand = np.mean([float((one.numpy() ** 2).sum()) for one in heatmaps.flatten(0, 1)])
    assert float(heatmap_loss(torch.zeros_like(heatmaps), heatmaps, weights)) == pytest.approx(
        by_hand
    )


def test_offset_loss_weighs_a_cell_by_the_heatmap_above_a_tenth():
    heatmaps, offsets, weights = targets()
    wrong = offsets + torch.tensor([1.0, -2.0]).view(2, 1, 1)  # three cells too far, in L1
    values = heatmaps.numpy()
    by_hand = 3 * np.where(values > 0.1, values, 0).sum() / 6
    assert float(offset_loss(wrong, offsets, heatmaps, weights)) == pytest.approx(by_hand, rel=1e-5)


def test_offsets_far_from_the_keypoint_do_not_matter():
    heatmaps, offsets, weights = targets()
    predicted = torch.zeros_like(offsets, requires_grad=True)
    offset_loss(predicted, offsets, heatmaps, weights).backward()
    far = (heatmaps <= 0.1)[:, :, None].expand_as(offsets)
    assert not predicted.grad[far].any()
    assert predicted.grad[~far].any()


def test_invisible_keypoints_cost_nothing():
    heatmaps, offsets, _ = targets()
    none = torch.zeros(2, 3)
    assert heatmap_loss(heatmaps + 1, heatmaps, none) == 0
    assert offset_loss(offsets + 1, offsets, heatmaps, none) == 0
