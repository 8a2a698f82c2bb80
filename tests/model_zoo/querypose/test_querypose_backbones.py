"""QueryPose's other backbones and necks: order of Swin's weights, names of the authors' entries, loading."""

import pytest
import torch
import torch.nn.functional as F
from torchvision.models.swin_transformer import SwinTransformer

import model_zoo
from model_zoo.querypose.necks import HRFPN, SumFPN
from model_zoo.querypose.swin import ReleasedSwin
from model_zoo.released.querypose import describe_checkpoint, released_names
from tests.model_zoo.querypose.golden import shapes_only


def torchvision_name(name):
    """Entry name of our Swin to torchvision's, whose weights have the order of Swin's authors."""
    name = name.replace("patch_embed.projection.", "features.0.0.")
    name = name.replace("patch_embed.norm.", "features.0.2.")
    if name.startswith("stages."):
        _, stage, kind, rest = name.split(".", 3)
        number = 2 * int(stage) + 1
        name = f"features.{number}.{rest}" if kind == "blocks" else f"features.{number + 1}.{rest}"
    for ours, theirs in (
        (".w_msa.", "."),
        (".ffn.layers.0.0.", ".mlp.0."),
        (".ffn.layers.1.", ".mlp.3."),
    ):
        name = name.replace(ours, theirs)
    return name


def test_swin_is_torchvisions_with_equal_weights():
    torch.manual_seed(0)
    widths = dict(depths=[2, 2], num_heads=[2, 4])
    theirs = SwinTransformer(patch_size=[4, 4], embed_dim=16, window_size=[7, 7], **widths).eval()
    settings = dict(strides=(4, 2), out_indices=(0, 1), drop_path_rate=0.0)
    ours = ReleasedSwin(embed_dims=16, **widths, **settings)
    ours.eval()
    state = theirs.state_dict()
    for name, value in ours.state_dict().items():
        if not name.startswith("norm"):
            value.copy_(state[torchvision_name(name)].view_as(value))
    x = torch.randn(1, 3, 60, 88)  # windows and merging need padding
    with torch.no_grad():
        expected = theirs.features(x)
        expected = F.layer_norm(expected, expected.shape[-1:]).permute(0, 3, 1, 2)
        torch.testing.assert_close(ours(x)[1], expected, atol=1e-4, rtol=0)


def test_swin_reads_the_weights_of_its_authors(tmp_path):
    settings = dict(
        embed_dims=8, depths=(1, 1), num_heads=(1, 2), strides=(4, 2), out_indices=(0, 1)
    )
    source = ReleasedSwin(**settings)
    renamed = {
        name.replace("stages.", "layers.", 1)
        .replace("projection", "proj")
        .replace(".w_msa.", ".")
        .replace("ffn.layers.0.0", "mlp.fc1")
        .replace("ffn.layers.1", "mlp.fc2"): torch.randn_like(value)
        if value.is_floating_point()
        else value
        for name, value in source.state_dict().items()
        if not name.startswith("norm")
    }
    path = tmp_path / "swin.pth"
    torch.save({"model": renamed}, path)
    model = ReleasedSwin(**settings, init_cfg=dict(type="Pretrained", checkpoint=str(path)))
    model.init_weights()
    assert torch.equal(
        model.stages[0].blocks[0].ffn.layers[1].weight, renamed["layers.0.blocks.0.mlp.fc2.weight"]
    )
    torch.save({"model": dict(list(renamed.items())[:-3])}, path)
    with pytest.raises(ValueError, match="lacks 3 entries"):
        model.init_weights()


def test_pyramids_of_constant_maps():
    maps = [torch.full((1, c, 16 // 2**i, 32 // 2**i), 1.0) for i, c in enumerate((2, 3, 4, 5))]
    for neck in (SumFPN, HRFPN):
        pyramid = neck(in_channels=(2, 3, 4, 5), out_channels=6)
        for conv in (m for m in pyramid.modules() if isinstance(m, torch.nn.Conv2d)):
            torch.nn.init.constant_(conv.weight, 1.0)
            torch.nn.init.zeros_(conv.bias)
        out = pyramid(maps)
        assert [o.shape for o in out] == [(1, 6, 16 // 2**i, 32 // 2**i) for i in range(4)]
        # every lateral gives its number of channels; P2 sums all four; a 3x3 output sums 9 pixels of 6 channels
        assert out[0][0, 0, 5, 5] == (2 + 3 + 4 + 5) * 9 * 6


NAMES = {
    "querypose-hrw32-light": [
        "backbone.reduction_conv.0.weight",
        "backbone.fpn_conv.3.bias",
        "backbone.bottom_up.conv1.weight",
        "backbone.bottom_up.layer1.0.downsample.1.running_mean",
        "backbone.bottom_up.transition1.1.0.1.num_batches_tracked",
        "backbone.bottom_up.stage4.2.branches.3.3.bn2.weight",
        "backbone.bottom_up.stage4.2.fuse_layers.3.0.2.1.weight",
    ],
    "querypose-swinl": [
        "backbone.fpn_lateral5.weight",
        "backbone.bottom_up.patch_embed.proj.weight",
        "backbone.bottom_up.layers.2.blocks.17.attn.relative_position_bias_table",
        "backbone.bottom_up.layers.0.downsample.reduction.weight",
        "backbone.bottom_up.layers.3.blocks.1.mlp.fc2.bias",
        "backbone.bottom_up.norm3.weight",
    ],
}


@pytest.mark.parametrize("name", NAMES)
def test_entries_have_the_names_of_detectron2s_ports(name):
    assert set(NAMES[name]) <= set(released_names(shapes_only(name)))


def test_a_checkpoint_of_another_decoder_is_refused_with_its_name():
    full = model_zoo.build_model("querypose-r50", tier="smoke")
    light = model_zoo.build_model("querypose-r50-light", tier="smoke")
    own = full.state_dict()
    state = {theirs: own[ours] for theirs, ours in released_names(full).items()}
    assert describe_checkpoint(state) == "QueryPose with ResNet, full decoder, 2 stages, 8 queries"
    before = {name: value.clone() for name, value in light.state_dict().items()}
    with pytest.raises(model_zoo.WeightsMismatch, match="full decoder"):
        model_zoo.load_released_weights(light, state)
    assert all(torch.equal(before[name], value) for name, value in light.state_dict().items())
    model_zoo.load_released_weights(full, state)
