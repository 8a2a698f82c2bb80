"""TransPose's parts: attention, areas, position embeddings, initial weights."""

import numpy as np
import pytest
import torch

import model_zoo
from model_zoo.figures.transpose import layer_rows
from model_zoo.layers.encoder import EncoderLayer
from model_zoo.layers.position import sine_position_embedding


@pytest.fixture(scope="module")
def model():
    torch.manual_seed(0)
    model = model_zoo.build_model("transpose-h-a4", tier="smoke")
    for parameter in model.head.encoder.parameters():  # attention that is far from uniform
        parameter.data.mul_(3)
    return model


@pytest.fixture(scope="module")
def images():
    return torch.randn(2, 3, 64, 48, generator=torch.Generator().manual_seed(1))


def test_rows_equal_the_weights_of_pytorchs_own_attention():
    torch.manual_seed(0)
    layer = EncoderLayer(dim=24, heads=3, hidden=8).double().eval()
    tokens, position = torch.randn(2, 20, 24).double(), torch.randn(20, 24).double()
    query = tokens + position
    _, expected = layer.self_attn(query, query, tokens, need_weights=True)
    index = torch.tensor([[3, 3, 0], [19, 7, 1]])
    rows = layer_rows(layer, tokens, position, index)
    torch.testing.assert_close(rows[0], expected[0, index[0]])
    torch.testing.assert_close(rows[1], expected[1, index[1]])


def test_columns_and_areas_agree_with_all_rows(model, images):
    from model_zoo.figures import transpose

    rows = transpose.attention_rows(model, images, range(192), layer=1)
    assert rows.shape == (2, 192, 192)
    torch.testing.assert_close(rows.sum(2), torch.ones(2, 192))
    columns = transpose.attention_columns(model, images, [5, 100], layer=1)
    torch.testing.assert_close(columns, rows.transpose(1, 2)[:, [5, 100]])
    threshold = rows.median().item()
    area = transpose.dependency_area(model, images, [7], layer=1, threshold=threshold)
    assert area.shape == (2, 1, 16, 12)
    assert torch.equal(area.flatten(2), rows[:, [7]] >= threshold)
    area = transpose.affected_area(model, images, [7], layer=1, threshold=threshold)
    assert torch.equal(area.flatten(2), rows[:, :, [7]].transpose(1, 2) >= threshold)
    assert transpose.THRESHOLD == 0.00075


def test_reading_attention_changes_neither_mode_nor_output(model, images):
    from model_zoo.figures.transpose import attention_rows

    model.train()
    first = attention_rows(model, images, [0])
    assert model.training
    model.eval()
    assert torch.equal(first, attention_rows(model, images, [0]))


@pytest.mark.parametrize(("index", "layer"), [([192], -1), ([-1], -1), ([0], 4), ([0], -5)])
def test_tokens_and_layers_that_do_not_exist_are_refused(model, images, index, layer):
    from model_zoo.figures.transpose import attention_rows

    with pytest.raises(IndexError, match=r"0 to 191|4 layers"):
        attention_rows(model, images, index, layer)


def test_sine_embedding_follows_its_formula():
    height, width, dim = 3, 5, 8
    expected = np.zeros((height * width, dim))
    for row in range(height):
        for column in range(width):
            for i in range(dim // 2):
                divisor = 10000 ** (2 * (i // 2) / (dim // 2))
                wave = np.sin if i % 2 == 0 else np.cos
                y, x = (row + 1) / (height + 1e-6), (column + 1) / (width + 1e-6)
                expected[row * width + column, i] = wave(2 * np.pi * y / divisor)
                expected[row * width + column, dim // 2 + i] = wave(2 * np.pi * x / divisor)
    ours = sine_position_embedding(height, width, dim)
    np.testing.assert_allclose(ours, expected, atol=2e-6)
    with pytest.raises(ValueError, match="multiple of 4"):
        sine_position_embedding(2, 2, 6)


@pytest.mark.parametrize("name", ["transpose-r-a3", "transpose-r-a3-learnable", "transpose-r-a3s"])
def test_unseen_input_sizes_give_heatmaps_of_a_quarter(name):
    model = model_zoo.build_model(name, tier="smoke")
    with torch.no_grad():
        assert model(torch.randn(1, 3, 128, 96), None, mode="tensor").shape == (1, 17, 32, 24)
    head = model.head
    if head.position == "sine":
        dim = head.pos_embedding.shape[2]
        assert torch.equal(head.position_embedding(16, 12), sine_position_embedding(16, 12, dim))
    height, width = head.grid_size[::-1]
    assert torch.equal(head.position_embedding(height, width), head.pos_embedding[:, 0])


def test_layers_start_as_copies_and_the_last_convolution_near_zero():
    model = model_zoo.build_model("transpose-r-a3", tier="smoke")
    first, *others = [layer.state_dict() for layer in model.head.encoder.layers]
    assert all(torch.equal(first[key], layer[key]) for layer in others for key in first)
    bound = (6 / (48 + 3 * 48)) ** 0.5  # Xavier-uniform of the joint 3d x d matrix
    joint = first["self_attn.in_proj_weight"].abs().max()
    assert 0.95 * bound < joint <= bound
    assert 0.0008 < model.head.final_layer.weight.std() < 0.0012
    assert not model.head.final_layer.bias.any()


def test_wrong_options_list_what_is_allowed():
    from model_zoo.transpose.model import TransPoseHead

    sizes = {
        "in_channels": 8,
        "out_channels": 2,
        "grid_size": (2, 2),
        "dim": 8,
        "heads": 1,
        "hidden": 8,
        "layers": 1,
    }
    with pytest.raises(ValueError, match="sine, learnable, none"):
        TransPoseHead(**sizes, position="cosine")
    with pytest.raises(ValueError, match="deconv, bilinear, none"):
        TransPoseHead(**sizes, upsampling="nearest")
