"""All eight QueryPose models take the authors' state_dict by the filling rule of reference/querypose/README.md."""

import pytest
import torch
from torchvision.models.swin_transformer import SwinTransformer

import model_zoo
from model_zoo.released.querypose import released_names
from tests.model_zoo.querypose.golden import FOLDER, facts, filled, shapes_only

BACKBONES = ("r50", "hrw32", "hrw48", "swinl")
NAMES = [f"querypose-{backbone}{kind}" for backbone in BACKBONES for kind in ("", "-light")]
needs_facts = pytest.mark.skipif(not FOLDER.is_dir(), reason=f"no golden data at {FOLDER}")


def parameters(module):
    return sum(p.numel() for p in module.parameters())


@needs_facts
@pytest.mark.parametrize("name", NAMES)
def test_the_decoders_entries_and_counts_are_the_authors_with_every_backbone(name):
    fact = facts(f"querypose_r50_{'light' if name.endswith('-light') else 'full'}")
    model = shapes_only(name)
    own, names = model.state_dict(), released_names(model)
    decoder = {t: list(own[o].shape) for t, o in names.items() if not t.startswith("backbone.")}
    assert decoder == {n: s for n, s, _ in fact["state_dict"] if not n.startswith("backbone.")}
    groups = fact["parameter_counts"]["by_group"]
    outside = groups["fpn"] + groups["backbone"]
    assert parameters(model.head) == fact["parameter_counts"]["total"] - outside


def test_swin_l_has_the_parameters_of_torchvisions_and_a_norm_for_each_output():
    widths = dict(embed_dim=192, depths=[2, 2, 18, 2], num_heads=[6, 12, 24, 48])
    with torch.device(
        "meta"
    ):  # torchvision draws its stochastic depth from numbers, not from tensors
        theirs = SwinTransformer(patch_size=[4, 4], window_size=[7, 7], num_classes=1, **widths)
    norms = sum(2 * 192 * 2**level for level in range(4))
    ours = shapes_only("querypose-swinl").backbone
    assert parameters(ours) == parameters(theirs.features) + norms


def released(model):
    """The authors' state_dict for a model, filled by the rule; what is no weight stays as it is."""
    own = model.state_dict()
    kept = ("relative_position_index",)
    return {
        theirs: own[ours].clone()
        if theirs.endswith(kept)
        else filled(theirs, list(own[ours].shape), own[ours].clone())
        for theirs, ours in released_names(model).items()
    }


@pytest.mark.parametrize("name", NAMES)
def test_a_state_dict_filled_by_the_rule_is_taken_whole_and_gives_finite_people(name):
    model = model_zoo.build_model(name, tier="smoke")
    state = released(model)
    model_zoo.load_released_weights(model, state)
    loaded, names = model.state_dict(), released_names(model)
    assert all(torch.equal(loaded[names[theirs]], value) for theirs, value in state.items())
    pixels = torch.randn(2, 3, 75, 101)  # no multiple of 32, nor of Swin's windows
    with torch.no_grad():
        output = model(pixels, None, mode="tensor")
    assert all(value.isfinite().all() for value in output.values())
    lacking = dict(list(state.items())[1:])
    with pytest.raises(model_zoo.WeightsMismatch, match="1 missing"):
        model_zoo.load_released_weights(model, lacking)


def test_entries_that_no_output_depends_on_may_be_missing_or_left_over():
    swin = model_zoo.build_model("querypose-swinl-light", tier="smoke")
    state = {n: v for n, v in released(swin).items() if not n.endswith("relative_position_index")}
    model_zoo.load_released_weights(swin, state)
    hrnet = model_zoo.build_model("querypose-hrw32-light", tier="smoke")
    fifth = {f"backbone.fpn_conv.4.{kind}": torch.ones(1) for kind in ("weight", "bias")}
    model_zoo.load_released_weights(hrnet, released(hrnet) | fifth)
    with pytest.raises(model_zoo.WeightsMismatch, match="1 unexpected"):
        model_zoo.load_released_weights(
            hrnet, released(hrnet) | {"backbone.fpn_conv.5.weight": torch.ones(1)}
        )
