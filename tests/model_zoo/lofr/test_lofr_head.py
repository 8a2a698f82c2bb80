"""LOFR as a whole: losses with the printed weights, effects of its options, overfitting, no leak of locations."""

import copy
from types import SimpleNamespace

import pytest
import torch
from mmengine.registry import DefaultScope
from mmengine.structures import InstanceData
from mmpose.registry import MODELS

from model_zoo.losses.location_free import diversity_loss, located_loss, mass_scaled, presence_loss
from tests.model_zoo.lofr.small_head import feats, head, samples, small_config

PRESENCE = (torch.rand(2, 17, generator=torch.Generator().manual_seed(1)) > 0.5).float()


def test_losses_bear_the_printed_weights():
    built = head("lofr-r50-ws")
    targets, weights = torch.rand(2, 17, 16, 12), torch.ones(2, 17)
    losses = built.loss(feats(), samples(PRESENCE, targets, weights), {})
    parts, response = built.attend(feats())
    for name, weight in {"cnn": 0.2, "encoder": 0.2, "parts": 0.5}.items():
        expected = weight * presence_loss(parts.logits[name], PRESENCE)
        torch.testing.assert_close(losses[f"loss_{name}"], expected)
    torch.testing.assert_close(losses["loss_diversity"], 0.1 * diversity_loss(parts.features))
    expected = located_loss(mass_scaled(response, targets), targets, weights)
    torch.testing.assert_close(losses["loss_located"], expected)
    assert len(losses) == 5


@torch.no_grad()
def test_response_maps_spread_each_querys_attention_over_the_finest_grid():
    _, response = head().attend(feats())
    assert response.shape == (2, 17, 16, 12)
    assert response.min() > 0
    total = response.sum(dim=(2, 3))
    assert 0.7 < float(total.min()) <= float(total.max()) < 1.3  # edges are repeated or cut
    _, one_scale = head("lofr-r50-baseline").attend(feats())
    torch.testing.assert_close(one_scale.sum(dim=(2, 3)), torch.ones(2, 17))


@pytest.mark.parametrize(
    "changes",
    [
        {"pose": {"part_features": "decoder"}},
        {"pose": {"self_attention": True}},
        {"pose": {"every_layer": True}},
        {"pose": {"read": "all", "merge": "max"}, "context": {"scales": "joint"}},
        {"classification": {"shared": True}},
        {"classification": {"classifier": "softmax"}},
        {"located": {"scaling": "peak"}},
        {"located": {"pixels": "mean"}},
        {"read_out": {"maps": "scores"}},
        {"read_out": {"scales": "finest", "score": "product"}},
        {"context": {"spatial": {"prior": "peak", "detach": False}}},
        {"context": {"spatial": {"prior": "all", "product": "outer"}}},
        {"context": {"scales": "own"}},
        {"relations": {"prototypes": "both", "relations": "features", "layers": 1}},
        {"relations": {"prototypes": "learned"}},
        {"used": (2,), "context": {"spatial": None, "position": "sine"}},
    ],
)
def test_every_option_trains_and_predicts(changes):
    built = head("lofr-r50-ws", **changes)
    size = (16 // 2 ** built.used[0], 12 // 2 ** built.used[0])
    targets, weights = torch.rand(2, 17, *size), torch.ones(2, 17)
    given = samples(PRESENCE, targets, weights)
    losses = built.loss(feats(), given, {})
    sum(losses.values()).backward()
    assert all(torch.isfinite(value) for value in losses.values())
    found = built.eval().predict(feats(), given)
    assert found[0].keypoints.shape == (1, 17, 2)
    assert (found[0].keypoint_scores > 0).all() or built.score_maps


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"skeleton": "hand"}, "skeleton is 'hand'; allowed are coco, mpii, crowdpose"),
        ({"num_keypoints": 16}, "the skeleton coco has 17 keypoints, not 16"),
        ({"pose": {"part_features": "x"}}, "part_features is 'x'; allowed are pooled, decoder"),
        ({"weights": {"beta": 1.0}}, "entry of weights is 'beta'"),
        ({"read_out": {"score": "x"}}, "score is 'x'"),
        ({"read_out": {"heads": "max"}}, "entry of read_out is 'heads'; allowed are maps, scales"),
        ({"located": {"pixels": "x"}}, "pixels is 'x'; allowed are sum, mean"),
        ({"classification": {"classifier": "x"}}, "classifier is 'x'"),
        ({"weights": {"parts": 0.0}, "read_out": {"score": "presence"}}, "needs the classifier"),
        ({"context": {"spatial": {"prior": "all"}}}, "the outer product takes prior='all'"),
        ({"relations": {"prototypes": "x"}}, "prototypes is 'x'"),
        ({"context": {"scales": "x"}}, "scales is 'x'"),
    ],
)
def test_a_wrong_option_is_one_clear_line(changes, said):
    cfg = small_config("lofr-r50", **changes)
    with pytest.raises(ValueError, match=said), DefaultScope.overwrite_default_scope("mmpose"):
        MODELS.build(cfg)


def test_flip_test_of_a_mirrored_pair_changes_nothing_but_the_grid_shift():
    """Maps of the mirrored image, mirrored back, meet those of the image itself."""
    built = head().eval()
    plain, _ = built._maps_and_scores(feats())
    built._maps_and_scores = lambda f: (
        (plain, torch.ones(2, 17))
        if f == 0
        else (
            plain.flip(3),
            torch.ones(2, 17),
        )
    )
    maps, scores = built._flip_tested((0, 1), samples(PRESENCE), {})
    torch.testing.assert_close(maps, plain)
    assert scores.eq(1).all()


@pytest.mark.parametrize(
    ("kind", "expected"), [("response", 4.0), ("presence", 0.5), ("product", 2.0)]
)
def test_scores_of_keypoints(kind, expected):
    built = head(read_out={"score": kind})
    response = torch.full((1, 17, 2, 4), 0.0)
    response[..., 0, 0] = 0.5  # eight cells: four times the uniform value
    parts = SimpleNamespace(heatmaps=response, logits={"parts": torch.zeros(1, 17)})
    built.attend = lambda feats: (parts, response)
    _, scores = built._maps_and_scores(None)
    assert scores.eq(expected).all()


# ------------------------------------------------------------------ what the labels cannot say


def test_where_every_keypoint_is_present_two_keypoints_can_be_exchanged():
    """With all labels 1 the loss does not say which map is which joint (NOTES, "What cannot come from the labels")."""
    one = head("lofr-r50-baseline")
    other = copy.deepcopy(one)
    with torch.no_grad():
        for tensor in (other.prototypes, *other.part_classifier.parameters()):
            tensor[[5, 6]] = tensor[[6, 5]].clone()
    present = samples(torch.ones(2, 17))
    before, after = one.loss(feats(), present, {}), other.loss(feats(), present, {})
    for key in before:
        torch.testing.assert_close(before[key], after[key])
    _, maps = one.attend(feats())
    _, exchanged = other.attend(feats())
    torch.testing.assert_close(maps[:, 5], exchanged[:, 6])
    assert not torch.allclose(maps[:, 5], exchanged[:, 5])
    relabelled = samples(torch.ones(2, 17).index_fill(1, torch.tensor([5]), 0.0))
    assert (
        one.loss(feats(), relabelled, {})["loss_parts"]
        != other.loss(feats(), relabelled, {})["loss_parts"]
    )


def mirrored_weights(model, pairs):
    """The head with each keypoint's own weights given to the keypoint on the other side of the body."""
    other = copy.deepcopy(model)
    own = [other.cnn.reduce.weight, other.cnn.reduce.bias, *other.part_classifier.parameters()]
    own += [other.encoder_classifier.weight, other.encoder_classifier.bias]
    own += [other.cnn.classify.weight, other.cnn.classify.bias, other.graph.learned]
    own += [layer.relations for layer in other.graph.layers]
    with torch.no_grad():
        for tensor in own:
            tensor.copy_(tensor[pairs])
        for square in (other.cnn.classify.weight, *(one.relations for one in other.graph.layers)):
            square.copy_(square[:, pairs])
    return other


def test_where_every_keypoint_is_present_the_whole_network_may_take_left_for_right():
    """The body graph (Eq. 10) does not help: it is its own mirror image."""
    one = head("lofr-r50")
    pairs = [0, *(i + 1 if i % 2 else i - 1 for i in range(1, 17))]
    with torch.no_grad():
        for layer in one.graph.layers:
            layer.relations.normal_()
    other = mirrored_weights(one, pairs)
    present = samples(torch.ones(2, 17))
    before, after = one.loss(feats(), present, {}), other.loss(feats(), present, {})
    for key in before:
        torch.testing.assert_close(before[key], after[key])
    (_, maps), (_, exchanged) = one.attend(feats()), other.attend(feats())
    torch.testing.assert_close(exchanged, maps[:, pairs])
    assert not torch.allclose(exchanged[:, 9], maps[:, 9])


# ------------------------------------------------------------------ what is read at test time


def test_predictions_do_not_use_annotated_keypoints():
    """With the flip test and for every kind of score: annotations moved or absent, the same numbers."""
    pairs = [0, *(i + 1 if i % 2 else i - 1 for i in range(1, 17))]
    for kind in ("response", "presence", "product"):
        built = head(read_out={"score": kind}).eval()
        found = []
        for annotated in (torch.zeros(1, 17, 2), 40 * torch.rand(1, 17, 2), None):
            given = samples(PRESENCE)
            for sample in given:
                sample.set_metainfo({"flip_indices": pairs})
                if annotated is not None:
                    sample.gt_instances = InstanceData(keypoints=annotated)
            found.append(built.predict((feats(), feats(seed=1)), given, {"flip_test": True}))
        for other in found[1:]:
            for one, same in zip(found[0], other, strict=True):
                assert (one.keypoints == same.keypoints).all()
                assert (one.keypoint_scores == same.keypoint_scores).all()
