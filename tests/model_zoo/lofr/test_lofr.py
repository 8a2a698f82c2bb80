"""LOFR equation by equation, against values computed by hand or by loops that follow the text."""

import math

import pytest
import torch
import torch.nn.functional as F

from model_zoo.figures.lofr import prototype_products
from model_zoo.keypoints import DATASETS
from model_zoo.lofr.decoder import PoseDecoder, response_maps
from model_zoo.lofr.encoder import (
    CategoryBranch,
    ContextEncoder,
    Memory,
    SpatialPosition,
    location_map,
    resize_grid,
)
from model_zoo.lofr.graph import PrototypeGraph, SemanticGraphConv, adjacency
from model_zoo.lofr.response import by_kind, joint_response
from model_zoo.losses.location_free import (
    diversity_loss,
    located_loss,
    mass_scaled,
    peak_scaled,
    presence_loss,
)


@pytest.fixture(autouse=True)
def _seed():
    torch.manual_seed(0)


# ------------------------------------------------------------------ CNN, Eq. 1 and 2


def test_activation_maps_and_category_features_follow_equations_1_and_2():
    branch = CategoryBranch(in_channels=5, keypoints=3, dim=4)
    x = torch.randn(2, 5, 2, 3)
    logits, maps, vectors = branch(x)
    scores, embedded = branch.reduce(x), branch.embed(x)
    for b in range(2):
        for c in range(3):
            total = torch.zeros(2, 3)
            for k in range(3):
                total += branch.classify.weight[c, k] * scores[b, k]
            torch.testing.assert_close(maps[b, c], total.clamp(min=0))
            torch.testing.assert_close(logits[b, c], total.mean() + branch.classify.bias[c])
            by_hand = torch.zeros(4)
            for i in range(2):
                for j in range(3):
                    by_hand += scores[b, c, i, j] * embedded[b, :, i, j]
            torch.testing.assert_close(vectors[b, c], by_hand / 6)


def test_location_map_peaks_at_1_wherever_a_map_peaks():
    maps = torch.zeros(1, 2, 3, 4)
    maps[0, 0, 1, 2], maps[0, 1, 2, 0], maps[0, 1, 0, 0] = 5.0, 0.5, 0.25
    merged = location_map(maps)
    assert merged.shape == (1, 1, 3, 4)
    assert merged[0, 0, 1, 2] == merged[0, 0, 2, 0] == 1
    assert merged[0, 0, 0, 0] == 0.5
    assert merged.sum() == 2.5
    peaks = location_map(maps, "peak")
    assert peaks[0, 0, 1, 2] == peaks[0, 0, 2, 0] == 1
    torch.testing.assert_close(peaks[0, 0, 2, 1], torch.tensor(math.exp(-0.5)))
    assert location_map(maps, "all").shape == maps.shape
    assert location_map(torch.zeros(1, 2, 3, 4), "peak").max() == 0


# ------------------------------------------------------------------ SPE, Eq. 3 and 4


def test_position_encoding_is_the_feature_times_the_location_map():
    spe = SpatialPosition(dim=4, keypoints=2)
    feature, maps = torch.randn(1, 4, 3, 3), torch.zeros(1, 2, 3, 3)
    maps[0, 0, 1, 1] = 3.0
    encoded = spe.encoding(feature, maps, ratio=1)
    torch.testing.assert_close(encoded[0, :, 1, 1], feature[0, :, 1, 1])
    assert encoded[0, :, 0].abs().max() == 0
    tokens = spe(feature, maps, ratio=1)
    expected = F.layer_norm(spe.transform(encoded + feature)[0, :, 1, 1], (4,))
    torch.testing.assert_close(tokens[0, 4], expected)


def test_outer_product_with_one_map_each_follows_its_definition():
    spe = SpatialPosition(dim=2, keypoints=3, prior="all", product="outer")
    feature, maps = torch.randn(1, 2, 1, 1), torch.rand(1, 3, 1, 1)
    with torch.no_grad():
        spe.mix.weight.fill_(1.0)  # sums over all D x K products; every map of one cell is 1
    expected = 3 * feature[0].sum().expand(2)
    torch.testing.assert_close(spe.encoding(feature, maps, ratio=1)[0, :, 0, 0], expected)


@pytest.mark.parametrize("detach", [True, False])
def test_gradient_reaches_the_activation_maps_only_if_asked(detach):
    spe = SpatialPosition(dim=4, keypoints=2, detach=detach)
    maps = torch.rand(1, 2, 2, 2, requires_grad=True)
    (spe(torch.randn(1, 4, 4, 4), maps, ratio=2) * torch.randn(16, 4)).sum().backward()
    assert (maps.grad is None) == detach


@pytest.mark.parametrize("ratio", [2, 4, 8])
def test_a_cell_of_a_coarser_grid_is_mapped_to_its_receptive_centre(ratio):
    coarse = torch.zeros(1, 1, 3, 2)
    coarse[0, 0, 1, 1] = 1.0
    fine = resize_grid(coarse, (3 * ratio, 2 * ratio), ratio)
    assert fine.shape == (1, 1, 3 * ratio, 2 * ratio)
    assert fine[0, 0, ratio, ratio] == 1
    torch.testing.assert_close(fine[0, 0, ratio, ratio - 1], torch.tensor(1 - 1 / ratio))
    torch.testing.assert_close(resize_grid(fine, (3, 2), 1 / ratio)[0, 0, 1, 1], torch.tensor(1.0))


def test_strided_convolutions_are_centred_at_cell_number_times_stride():
    """Why `resize_grid` pins cell i to cell ratio * i: a ResNet's stem is symmetric about it."""
    image = torch.zeros(1, 1, 33, 33)
    image[0, 0, 16, 16] = 1.0
    seen = F.conv2d(image, torch.ones(1, 1, 7, 7), stride=2, padding=3)
    seen = F.max_pool2d(seen, 3, stride=2, padding=1)[0, 0]
    rows = seen.sum(dim=1)
    torch.testing.assert_close(rows, rows.flip(0))  # about cell 4 of 9: pixel 16 at stride 4
    assert rows.argmax() in (3, 4, 5)


# ------------------------------------------------------------------ encoder, Eq. 5 to 9


def encoder(**changes):
    arguments = {
        "in_channels": (3, 5),
        "strides": (4, 8),
        "input_size": (16, 24),
        "keypoints": 2,
        "dim": 8,
        "heads": 2,
        "hidden": 16,
        "layers": 2,
        "dropout": 0.0,
        "spatial": None,
    }
    return ContextEncoder(**(arguments | changes))


FEATS = (torch.randn(2, 3, 6, 4), torch.randn(2, 5, 3, 2))
MAPS = torch.rand(2, 2, 2, 1)


def test_encoder_layer_is_attention_then_feed_forward_with_norms_after_each():
    layer = encoder(layers=1).encoders[0].layers[0]
    x = torch.randn(1, 3, 8)
    q, k, v = F.linear(x, layer.self_attn.in_proj_weight, layer.self_attn.in_proj_bias).chunk(3, 2)
    heads = []
    for h in range(2):
        part = slice(4 * h, 4 * h + 4)
        weights = (q[0, :, part] @ k[0, :, part].T / math.sqrt(4)).softmax(dim=1)  # Eq. 6
        heads.append(weights @ v[0, :, part])  # Eq. 7
    attended = layer.self_attn.out_proj(torch.cat(heads, dim=1))  # Eq. 8
    y = layer.norm1(x[0] + attended)
    expected = layer.norm2(y + layer.linear2(layer.linear1(y).relu()))  # Eq. 9
    torch.testing.assert_close(layer(x)[0], expected)


@pytest.mark.parametrize(
    ("changes", "encoders"),
    [({}, 1), ({"scales": "own"}, 2), ({"scales": "joint"}, 1), ({"spatial": {}}, 1)],
)
def test_all_scales_are_joined_along_tokens(changes, encoders):
    built = encoder(**changes)
    memory = built(FEATS, MAPS, 16)
    assert memory.tokens.shape == (2, 6 * 4 + 3 * 2, 8)
    assert memory.sizes == [(6, 4), (3, 2)]
    assert len(built.encoders) == encoders


def test_scales_meet_in_the_encoder_only_as_a_joint_sequence():
    other = (FEATS[0], torch.randn_like(FEATS[1]))
    for scales, same in (("shared", True), ("own", True), ("joint", False)):
        built = encoder(scales=scales)
        one, two = (built(feats, MAPS, 16).tokens[:, :24] for feats in (FEATS, other))
        assert torch.equal(one, two) == same


def test_with_spe_the_encoder_has_no_other_position():
    assert encoder(spatial={})(FEATS, MAPS, 16).position is None
    assert encoder(position="none")(FEATS, MAPS, 16).position is None
    for kind in ("learned", "sine"):
        assert encoder(position=kind)(FEATS, MAPS, 16).position.shape == (30, 8)


def test_learned_positions_refuse_images_of_another_size():
    with pytest.raises(ValueError, match="input_size"):
        encoder(input_size=(16, 16))(FEATS, MAPS, 16)


# ------------------------------------------------------------------ RePPG, Eq. 10


@pytest.mark.parametrize("skeleton", DATASETS)
def test_body_graphs_are_those_of_the_data_sets(skeleton):
    from mmengine.config import Config

    info = mmpose_metainfo(skeleton, Config)
    joined = adjacency(skeleton)
    names = [info["keypoint_info"][i]["name"] for i in range(len(joined))]
    expected = torch.eye(len(names), dtype=torch.bool)
    for limb in info["skeleton_info"].values():
        one, other = (names.index(name) for name in limb["link"])
        expected[one, other] = expected[other, one] = True
    assert torch.equal(joined, expected)
    limbs = {"coco": 19, "mpii": 15, "crowdpose": 15}[skeleton]
    assert joined.sum() == len(names) + 2 * limbs


def mmpose_metainfo(skeleton, config):
    from pathlib import Path

    import mmpose

    folder = Path(mmpose.__file__).parent / ".mim/configs/_base_/datasets"
    return config.fromfile(folder / f"{skeleton}.py").dataset_info


def test_graph_convolution_averages_over_neighbours():
    joined = torch.tensor([[1, 1, 0], [1, 1, 1], [0, 1, 1]], dtype=torch.bool)
    conv = SemanticGraphConv(dim=2, joined=joined)
    with torch.no_grad():
        conv.weight.weight.copy_(torch.eye(2))
        conv.weight.bias.zero_()
        conv.relations.copy_(torch.tensor([[0.0, math.log(3), 9], [0, 0, 0], [9, 0, 0]]))
    nodes = torch.tensor([[[4.0, 0], [0, 3], [8, 6]]])
    expected = torch.tensor([[1.0, 2.25], [4, 3], [4, 4.5]])  # weights 1/4 and 3/4; thirds; halves
    torch.testing.assert_close(conv(nodes)[0], expected)


@pytest.mark.parametrize("relations", ["learned", "features"])
def test_relations_are_zero_between_joints_that_no_limb_joins(relations):
    conv = SemanticGraphConv(dim=8, joined=adjacency("coco"), relations=relations)
    mixing = conv.mixing(torch.randn(2, 17, 8)).expand(2, 17, 17)
    assert mixing[:, ~adjacency("coco")].abs().max() == 0
    torch.testing.assert_close(mixing.sum(dim=2), torch.ones(2, 17))


def test_prototypes_learn_from_joints_as_far_away_as_there_are_layers():
    graph = PrototypeGraph(dim=8, skeleton="coco", layers=2)
    vectors = torch.randn(1, 17, 8, requires_grad=True)
    (graph(vectors)[0, 9] * torch.randn(8)).sum().backward()  # left wrist
    reached = vectors.grad[0].abs().sum(dim=1) > 0
    steps = adjacency("coco").float().matrix_power(2)[9] > 0
    assert torch.equal(reached, steps)
    assert steps.sum() == 3  # wrist, elbow, shoulder


def test_kinds_of_prototypes():
    one, two = torch.randn(2, 1, 14, 8)
    for kind, same in (("image", False), ("both", False), ("learned", True)):
        graph = PrototypeGraph(dim=8, skeleton="crowdpose", prototypes=kind)
        assert torch.equal(graph(one), graph(two)) == same


def test_prototype_products_are_cosines():
    products = prototype_products([[2.0, 0.0], [3.0, 3.0], [0.0, -1.0]])
    half = math.sqrt(0.5)
    expected = torch.tensor([[1, half, 0], [half, 1, -half], [0, -half, 1]])
    torch.testing.assert_close(products, expected)
    many = torch.randn(5, 3, 4)
    mean = torch.stack([prototype_products(one) for one in many]).mean(dim=0)
    torch.testing.assert_close(prototype_products(many), mean)


# ------------------------------------------------------------------ losses, Eq. 11 to 15


def test_presence_loss_is_binary_cross_entropy():
    logits = torch.tensor([[0.0, math.log(3)]])
    labels = torch.tensor([[1.0, 0.0]])
    torch.testing.assert_close(
        presence_loss(logits, labels), torch.tensor((math.log(2) + math.log(4)) / 2)
    )
    literal = presence_loss(logits, labels, classifier="softmax")  # probabilities 1/4 and 3/4
    torch.testing.assert_close(literal, torch.tensor(math.log(4)))


def test_softmax_over_keypoints_cannot_reach_zero_where_several_are_present():
    """Of n present keypoints each gets at most 1 / n; the sigmoid has no such floor."""
    labels = torch.ones(1, 17)
    assert presence_loss(torch.zeros(1, 17), labels, classifier="softmax") > 2.8
    assert presence_loss(torch.full((1, 17), 20.0), labels) < 1e-6


def test_diversity_loss_is_the_mean_cosine_over_pairs():
    same = torch.ones(1, 4, 8) * torch.tensor([1.0, 2, 3, 4])[:, None]
    assert diversity_loss(same) == pytest.approx(1)
    assert diversity_loss(torch.eye(4)[None]) == pytest.approx(0)
    assert diversity_loss(torch.tensor([[[1.0, 0], [-2.0, 0]]])) == pytest.approx(-1)
    parts = torch.randn(3, 5, 8)
    pairs = [
        F.cosine_similarity(parts[b, i], parts[b, j], dim=0)
        for b in range(3)
        for i in range(5)
        for j in range(5)
        if i != j
    ]
    torch.testing.assert_close(diversity_loss(parts), torch.stack(pairs).mean())


def test_located_loss_ignores_what_has_no_location():
    heatmaps, targets = torch.zeros(2, 2, 2, 2), torch.zeros(2, 2, 2, 2)
    targets[0, 0, 0, 0], targets[1] = 2.0, 100.0
    weights = torch.tensor([[1.0, 1.0], [0.0, 0.0]])
    assert located_loss(heatmaps, targets, weights, pixels="mean") == 0.5  # of two keypoints
    assert located_loss(heatmaps, targets, torch.zeros(2, 2)) == 0


def test_scaled_maps():
    response = torch.tensor([[[[0.1, 0.3], [0.4, 0.2]]]])
    torch.testing.assert_close(peak_scaled(response), response / 0.4)
    torch.testing.assert_close(mass_scaled(response, torch.full((1, 1, 2, 2), 1.5)), response * 6)


@pytest.mark.parametrize(
    "loss",
    [
        lambda x: presence_loss(x[..., 0], torch.ones(2, 3)),
        lambda x: presence_loss(x[..., 0], torch.ones(2, 3), classifier="softmax"),
        diversity_loss,
        lambda x: located_loss(x[..., None], torch.zeros(2, 3, 4, 1), torch.ones(2, 3)),
        lambda x: peak_scaled(x[..., None].sigmoid()).square().sum(),
        lambda x: mass_scaled(x[..., None].sigmoid(), torch.ones(2, 3, 4, 1)).square().sum(),
    ],
)
def test_gradients_of_the_losses_agree_with_finite_differences(loss):
    x = torch.randn(2, 3, 4, dtype=torch.float64, requires_grad=True)

    def double(x):
        torch.set_default_dtype(torch.float64)
        try:
            return loss(x)
        finally:
            torch.set_default_dtype(torch.float32)

    assert torch.autograd.gradcheck(double, (x,))


def at(x, *shape):
    """A slice of `x` as a tensor of another shape, so that every module is checked from one vector."""
    return x[: math.prod(shape)].view(shape)


EQUATIONS = {
    "1 and 2": (
        lambda: CategoryBranch(in_channels=3, keypoints=2, dim=4),
        lambda m, x: torch.cat([one.flatten() for one in m(at(x, 1, 3, 2, 2))]),
    ),
    "3 and 4, elementwise": (
        lambda: SpatialPosition(dim=4, keypoints=2, detach=False),
        lambda m, x: m(at(x, 1, 4, 2, 2), at(x.sigmoid(), 1, 2, 2, 2), 1),
    ),
    "3 and 4, outer": (
        lambda: SpatialPosition(dim=4, keypoints=2, prior="all", product="outer", detach=False),
        lambda m, x: m(at(x, 1, 4, 2, 2), at(x.sigmoid(), 1, 2, 1, 1), 2),
    ),
    "5 to 9": (
        lambda: ContextEncoder(**SMALLEST),
        lambda m, x: m([at(x, 1, 3, 2, 2), at(x, 1, 5, 1, 1)], None, 16).tokens,
    ),
    "10, learned": (
        lambda: PrototypeGraph(dim=2, skeleton="crowdpose", prototypes="both"),
        lambda m, x: m(at(x, 1, 14, 2)),
    ),
    "10, from features": (
        lambda: SemanticGraphConv(
            dim=4, joined=adjacency("crowdpose")[:4, :4], relations="features"
        ),
        lambda m, x: m(at(x, 1, 4, 4)),
    ),
    **{
        f"decoder and response, {kind}": (
            lambda kind=kind, every=every: PoseDecoder(
                **dict.fromkeys(("layers", "heads"), 2),
                dim=4,
                hidden=4,
                dropout=0.0,
                self_attention=True,
                part_features=kind,
                every_layer=every,
            ),
            lambda m, x: decoded(m, x),
        )
        for kind, every in (("pooled", False), ("pooled", True), ("decoder", False))
    },
}
SMALLEST = {
    "in_channels": (3, 5),
    "strides": (4, 8),
    "input_size": (8, 8),
    "keypoints": 2,
    "dim": 4,
    "heads": 2,
    "hidden": 4,
    "layers": 2,
    "dropout": 0.0,
    "spatial": None,
}


def decoded(module, x):
    memory = Memory(at(x[4:], 1, 5, 4), None, [(2, 2), (1, 1)])
    given = module(at(x, 1, 2, 4), memory)
    maps = response_maps(given.attention, memory.sizes, [4, 8])
    return torch.cat([maps.flatten(), given.features.flatten()])


@pytest.mark.parametrize("equation", EQUATIONS)
def test_gradients_of_the_equations_agree_with_finite_differences(equation):
    """With respect to the input and to every weight."""
    make, apply = EQUATIONS[equation]
    module = make().double()
    names = [name for name, _ in module.named_parameters()]
    x = torch.randn(28, dtype=torch.float64, requires_grad=True)

    class Applied(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.module = module

        def forward(self, x):
            return apply(self.module, x)

    def function(x, *weights):
        given = {f"module.{name}": one for name, one in zip(names, weights, strict=True)}
        return torch.func.functional_call(Applied(), given, (x,))

    weights = [one.detach().requires_grad_() for one in module.parameters()]
    assert torch.autograd.gradcheck(function, (x, *weights))


# ------------------------------------------------------------------ measures of their own


def test_joint_response_averages_around_the_joint():
    response = torch.zeros(1, 2, 9, 9)
    response[0, 0, 4, 4] = 5.0
    response[0, 1] = 3.0  # flat: no peak
    points = torch.tensor([[[4.0, 4.0], [1.0, 1.0]]])
    values = joint_response(response, points, torch.ones(1, 2, dtype=torch.bool), radius=1.0)
    torch.testing.assert_close(values, torch.tensor([[1 / 5, 0.0]]))  # 1 of the 5 cells within 1
    own = joint_response(response, points, torch.ones(1, 2, dtype=torch.bool), radius=0.0)
    torch.testing.assert_close(own, torch.tensor([[1.0, 0.0]]))


def test_joint_response_has_no_value_for_absent_joints_and_averages_left_with_right():
    response = torch.rand(3, 17, 8, 8)
    points = torch.rand(3, 17, 2) * 7
    visible = torch.zeros(3, 17, dtype=torch.bool)
    visible[0, 9] = visible[1, 10] = visible[2, 10] = True  # wrists
    values = joint_response(response, points, visible)
    assert torch.equal(values.isnan(), ~visible)
    kinds = by_kind(values, "coco")
    assert torch.equal(kinds["wrist"], values[visible])
    assert len(kinds["ankle"]) == 0
    names = ["ear", "eye", "nose", "shoulder", "elbow", "wrist", "hip", "knee", "ankle"]
    assert list(kinds) == names


def test_located_loss_as_a_sum_is_the_mean_times_the_pixels():
    found, targets = torch.rand(2, 17, 6, 4), torch.rand(2, 17, 6, 4)
    weights = (torch.rand(2, 17) > 0.5).float()
    mean = located_loss(found, targets, weights, pixels="mean")
    torch.testing.assert_close(located_loss(found, targets, weights), 24 * mean)
