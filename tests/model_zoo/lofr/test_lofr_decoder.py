"""LOFR's decoder: attention, part features, response maps, and how its weights are drawn."""

import math

import pytest
import torch

from model_zoo.lofr.decoder import (
    CrossAttention,
    PoseDecoder,
    ResponseLayer,
    init_like_detr,
    response_maps,
)
from model_zoo.lofr.encoder import Memory

SMALL = {"dim": 8, "heads": 2, "hidden": 16, "dropout": 0.0, "self_attention": True}


@pytest.fixture(autouse=True)
def _seed():
    torch.manual_seed(0)


def pose(layers=3, **changes):
    return PoseDecoder(layers=layers, **(SMALL | changes))


def memory(tokens=6):
    return Memory(torch.randn(2, tokens, 8), None, [(2, tokens // 2)])


def test_attention_that_returns_its_weights_gives_the_same_values():
    attention = CrossAttention(dim=8, heads=2, dropout=0.0)
    memory = Memory(torch.randn(2, 6, 8), torch.randn(6, 8), [(2, 3)])
    queries = torch.randn(2, 4, 8)
    shown, quiet = attention(queries, memory, show=True), attention(queries, memory)
    torch.testing.assert_close(shown.values, quiet.values)
    assert quiet.weights is None
    torch.testing.assert_close(shown.weights.sum(dim=3), torch.ones(2, 2, 4))
    torch.testing.assert_close(shown.scores.softmax(dim=3), shown.weights)


def test_returned_weights_have_no_dropout():
    attention = CrossAttention(dim=8, heads=2, dropout=0.5).train()
    memory = Memory(torch.randn(1, 50, 8), None, [(5, 10)])
    weights = attention(torch.randn(1, 4, 8), memory, show=True).weights
    torch.testing.assert_close(weights.sum(dim=3), torch.ones(1, 2, 4))
    assert weights.min() > 0


def step_by_step(decoder, values, context, position=None):
    """What every layer attends to, [B, heads, K, L] each, and the values after the last."""
    seen = []
    for layer in decoder.layers:
        attended = layer(values, context, position, show=True)
        values = attended.values
        seen.append(attended.weights)
    return seen, values


@pytest.mark.parametrize("read", ["last", "all"])
@pytest.mark.parametrize("part_features", ["pooled", "decoder"])
def test_decoder_returns_the_last_layer_or_the_mean(read, part_features):
    decoder, context, prototypes = (
        pose(read=read, part_features=part_features),
        memory(),
        torch.randn(2, 4, 8),
    )
    shown = decoder(prototypes, context)
    seen, values = step_by_step(decoder, prototypes, context)
    expected = (seen[-1] if read == "last" else torch.stack(seen).mean(dim=0)).mean(dim=1)
    torch.testing.assert_close(shown.attention, expected)
    pooled = torch.stack([expected[b] @ context.tokens[b] for b in range(2)])
    torch.testing.assert_close(shown.features, pooled if values is None else values)
    torch.testing.assert_close(shown.scores.softmax(dim=3), seen[-1])


def test_pooled_part_features_read_nothing_but_what_the_response_selects():
    """Section 3.4. The decoder's output reaches the classifier around the response map as well."""
    flat = Memory(torch.ones(1, 6, 8) * torch.randn(8), None, [(2, 3)])  # no place differs
    one, other = torch.randn(2, 1, 4, 8)
    for kind, same in (("pooled", True), ("decoder", False)):
        decoder = pose(part_features=kind)
        found = [decoder(prototypes, flat).features for prototypes in (one, other)]
        assert torch.allclose(*found, atol=1e-6) is same


def test_pooling_needs_neither_values_nor_a_feed_forward_network_in_the_last_layer():
    names = {name for name, _ in pose().layers[-1].named_parameters()}
    assert type(pose().layers[-1]) is ResponseLayer
    assert {name.split(".")[0] for name in names} == {"self_attention", "cross_attention"}
    assert {name.split(".")[1] for name in names if name.startswith("cross")} == {"query", "key"}


def test_heads_are_merged_by_mean_or_maximum():
    context, prototypes = memory(), torch.randn(2, 4, 8)
    decoder = pose(merge="max")
    strongest = step_by_step(decoder, prototypes, context)[0][-1].amax(dim=1)
    found = decoder(prototypes, context).attention
    torch.testing.assert_close(found, strongest / strongest.sum(dim=2, keepdim=True))


def test_query_positions_of_every_layer_follow_detr():
    """Values begin at zero; the prototypes are added to queries and keys, never to values."""
    decoder, context, prototypes = (
        pose(every_layer=True, part_features="decoder"),
        memory(),
        torch.randn(2, 4, 8),
    )
    values = torch.zeros(2, 4, 8)
    for layer in decoder.layers:
        own = layer.self_attention
        query = values + prototypes
        values = own.norm(values + own.attention(query, query, values)[0])
        attended = layer.cross_attention(values + prototypes, context)
        values = layer.norm1(values + attended.values)
        values = layer.norm2(values + layer.linear2(layer.linear1(values).relu()))
    torch.testing.assert_close(decoder(prototypes, context).features, values)
    once = pose(part_features="decoder")
    once.load_state_dict(decoder.state_dict())
    assert not torch.allclose(once(prototypes, context).features, values)


def test_matrices_are_drawn_as_detrs():
    """Xavier-uniform, with q, k and v as one matrix of 3 D x D; their biases are zero."""
    decoder = PoseDecoder(layers=2, dim=64, heads=2, hidden=128, dropout=0.0, self_attention=True)
    init_like_detr(decoder)
    shapes = {"linear1": 64 + 128, "linear2": 64 + 128, "out": 128, "out_proj": 128}
    for name, parameter in decoder.named_parameters():
        if parameter.dim() == 2:
            part = name.split(".")[-2]
            bound = math.sqrt(6 / shapes.get(part, 4 * 64))
            assert 0.97 * bound < parameter.abs().max() <= bound, name
    assert not decoder.layers[0].cross_attention.query.bias.any()


def test_response_of_one_scale_is_the_attention_on_its_grid():
    attention = torch.rand(2, 5, 6).softmax(dim=2)
    maps = response_maps(attention, [(2, 3)], [8])
    torch.testing.assert_close(maps.flatten(2), attention)


def test_response_of_several_scales_adds_weight_per_cell():
    weights = torch.zeros(1, 1, 16 + 4)
    weights[..., 5], weights[..., 16 + 3] = 0.25, 0.75  # fine cell (1, 1), coarse cell (1, 1)
    maps = response_maps(weights, [(4, 4), (2, 2)], [4, 8])[0, 0]
    assert maps[2, 2] == 0.75 / 4  # the coarse cell looks at pixel 8: fine cell (2, 2)
    assert maps[1, 1] == 0.25 + 0.75 / 4 / 4  # and half as much one cell off, each way
    assert maps[0].abs().max() == 0
    finest = response_maps(weights, [(4, 4), (2, 2)], [4, 8], scales="finest")[0, 0]
    assert finest.sum() == finest[1, 1] == 0.25
