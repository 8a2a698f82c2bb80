"""LightPose's networks: what they are, what they count, that every part learns."""

import numpy as np
import pytest
import torch
from mmengine.structures import InstanceData, PixelData
from mmpose.models.backbones import HRNet
from mmpose.registry import KEYPOINT_CODECS
from mmpose.structures import PoseDataSample

import model_zoo
from bench.measure.count.model_counts import record
from model_zoo.figures.transpose import layer_rows
from model_zoo.lightpose.model import HRNetToStage3, LightPoseHead, Maps, PreNormEncoderLayer
from tests.model_zoo.shapes import shapes_only

PRINTED = {  # parameters (M) and FLOPs (G) of LightPose's Tables 2, 3, 4 and 6; None where blank
    "lightpose-r50": ("12.0", "3.9"),
    "lightpose-r50-384x288": ("12.0", "8.7"),
    "lightpose-r50-mpii": ("12.0", "5.2"),
    "lightpose-w48": ("8.8", "4.9"),
    "lightpose-w48-384x288": ("8.8", "11.0"),
    "lightpose-w48-mpii": ("8.8", "6.5"),
    "lightpose-w48-hm": ("8.8", "4.9"),
    "lightpose-w48-noenc-hm-s16": ("5.6", None),
    "lightpose-w48-noenc-s16": ("5.6", "4.3"),
}


@pytest.mark.parametrize("name", PRINTED)
def test_parameters_and_flops_are_the_printed_ones(name):
    """Convolutions and linear layers, and 2 per element of batch norm, as the tool THOP counts."""
    model = shapes_only(name)
    ops = record(model, (1, 3, *model_zoo.input_size(name)[::-1]))
    flops = sum(op.macs for op in ops if op.kind in ("conv", "linear"))
    flops += sum(2 * op.elements for op in ops if op.kind == "batch_norm")
    parameters, printed = PRINTED[name]
    assert f"{sum(p.numel() for p in model.parameters()) / 1e6:.1f}" == parameters
    if printed is not None:
        assert f"{flops / 1e9:.1f}" == printed


@pytest.mark.parametrize(("name", "millions"), [("lightpose-r50", 15.1), ("lightpose-w48", 11.9)])
def test_the_twelve_layers_of_table_1_give_other_parameters(name, millions):
    model = shapes_only(name)
    six, one = model.parameters(), model.head.encoder[0].parameters()
    twelve = sum(p.numel() for p in six) + 6 * sum(p.numel() for p in one)
    assert twelve / 1e6 == pytest.approx(millions, abs=0.05)


# ---------------------------------------------------------------------------------- backbone

EXTRA = {
    "stage1": {"num_modules": 1, "num_branches": 1, "block": "BOTTLENECK", "num_blocks": (1,),
                "num_channels": (8,)},
    "stage2": {"num_modules": 1, "num_branches": 2, "block": "BASIC", "num_blocks": (1, 1),
                "num_channels": (6, 12)},
    "stage3": {"num_modules": 1, "num_branches": 3, "block": "BASIC", "num_blocks": (1, 1, 1),
                "num_channels": (6, 12, 24)},
}  # fmt: skip
STAGE4 = {
    "num_modules": 1,
    "num_branches": 4,
    "block": "BASIC",
    "num_blocks": (1,) * 4,
    "num_channels": (6, 12, 24, 48),
}


def with_blocks(block):
    """EXTRA with stages 2 and 3 of another block, as wide at their ends."""
    widths = {"BASIC": 1, "BOTTLENECK": 4}
    stages = {name: dict(EXTRA[name], block=block) for name in ("stage2", "stage3")}
    wide = [widths[block] * one for one in EXTRA["stage3"]["num_channels"]]
    stage4 = dict(STAGE4, num_channels=(*wide, 2 * wide[-1]))
    return {**EXTRA, **stages}, stage4


@pytest.mark.parametrize("block", ["BASIC", "BOTTLENECK"])
@pytest.mark.parametrize("stride", [4, 8, 16, 32])
def test_backbone_is_what_enters_stage_4_of_the_stock_hrnet(stride, block):
    torch.manual_seed(0)
    extra, stage4 = with_blocks(block)
    whole = HRNet({**extra, "stage4": stage4})
    cut = HRNetToStage3(extra=extra, stride=stride)
    cut.load_state_dict({k: v for k, v in whole.state_dict().items() if k in cut.state_dict()})
    for model in (whole, cut):
        model.eval()
    seen = []
    whole.stage4.register_forward_pre_hook(
        lambda _, inputs: seen.extend(m.clone() for m in inputs[0])
    )
    images = torch.randn(2, 3, 64, 96)
    whole(images)
    (out,) = cut(images)
    assert torch.equal(out, seen[(4, 8, 16, 32).index(stride)])


def test_backbone_refuses_other_strides():
    with pytest.raises(ValueError, match="stride is 2; allowed are 4, 8, 16, 32"):
        HRNetToStage3(extra=EXTRA, stride=2)


# ---------------------------------------------------------------------------- encoder and head


def test_encoder_layer_is_pytorchs_with_norm_first():
    torch.manual_seed(0)
    ours = PreNormEncoderLayer(dim=32, heads=4, hidden=64, dropout=0.0)
    theirs = torch.nn.TransformerEncoderLayer(
        32, 4, 64, dropout=0.0, batch_first=True, norm_first=True
    )
    theirs.load_state_dict(ours.state_dict())
    tokens = torch.randn(2, 10, 32)
    assert torch.allclose(ours(tokens), theirs(tokens), atol=1e-6)


def test_attention_rows_are_those_of_the_forward_pass():
    torch.manual_seed(0)
    layer = PreNormEncoderLayer(dim=32, heads=4, hidden=64, dropout=0.0)
    tokens, position = torch.randn(2, 10, 32), torch.randn(10, 32)
    values = layer.norm1(tokens)
    _, matrix = layer.self_attn(values + position, values + position, values)
    index = torch.tensor([[3, 7], [0, 9]])
    rows = layer_rows(layer, values, position, index)
    assert torch.allclose(rows, torch.stack([matrix[b, index[b]] for b in range(2)]), atol=1e-6)


def head(**kwargs):
    small = {
        "in_channels": 24,
        "out_channels": 17,
        "dim": 32,
        "layers": 2,
        "heads": 4,
        "hidden": 64,
    }
    return LightPoseHead(**small | kwargs)


def sample(codec, keypoints):
    """A data sample with the codec's label of keypoints [1, K, 2]."""
    label = {key: torch.from_numpy(value) for key, value in codec.encode(keypoints).items()}
    weights = label.pop("keypoint_weights")
    out = PoseDataSample(metainfo={"flip_indices": [0, *range(16, 0, -1)]})
    out.gt_fields = PixelData(**label)
    out.gt_instance_labels = InstanceData(keypoint_weights=weights)
    return out


CODEC = {
    "type": "CenterOffsetHeatmap",
    "input_size": (48, 64),
    "heatmap_size": (3, 4),
    "sigma": 1.0,
}


def images_and_samples(count):
    random = np.random.default_rng(0)
    codec = KEYPOINT_CODECS.build(CODEC)
    keypoints = random.uniform(size=(count, 1, 17, 2)) * (48, 64) - 0.5
    images = torch.from_numpy(random.normal(size=(count, 3, 64, 48)).astype(np.float32))
    return images, [sample(codec, one) for one in keypoints], keypoints


def test_initial_weights_come_from_the_seed_alone():
    states = []
    for _ in range(2):  # built before the seed is set
        model = head()
        torch.manual_seed(0)
        model.init_weights()
        states.append(model.state_dict())
    assert all(torch.equal(states[0][key], states[1][key]) for key in states[0])


@pytest.mark.parametrize("layers", [0, 2])
@pytest.mark.parametrize("offset", [True, False])
def test_each_loss_reaches_its_branch_and_everything_before_it(layers, offset):
    torch.manual_seed(0)
    model = head(layers=layers, offset=offset)
    _, samples, _ = images_and_samples(2)
    losses = model.loss((torch.randn(2, 24, 4, 3),), samples)
    assert set(losses) == ({"loss_heatmap", "loss_offset"} if offset else {"loss_heatmap"})
    for loss, branch in (("loss_heatmap", "heatmap_layer"), ("loss_offset", "offset_layer")):
        if loss in losses:
            model.zero_grad()
            losses[loss].backward(retain_graph=True)
            reached = {k for k, p in model.named_parameters() if p.grad is not None}
            other = {"heatmap_layer", "offset_layer"} - {branch}
            assert reached == {
                k for k, _ in model.named_parameters() if k.partition(".")[0] not in other
            }


def test_total_loss_is_heatmap_loss_plus_alpha_times_offset_loss():
    torch.manual_seed(0)
    single, double = head(), head(offset_weight=2.0)
    double.load_state_dict(single.state_dict())
    _, samples, _ = images_and_samples(2)
    maps = (torch.randn(2, 24, 4, 3),)
    a, b = single.eval().loss(maps, samples), double.eval().loss(maps, samples)
    assert torch.equal(a["loss_heatmap"], b["loss_heatmap"])
    assert torch.allclose(2 * a["loss_offset"], b["loss_offset"])


def test_flip_test_of_perfect_maps_changes_nothing():
    codec = KEYPOINT_CODECS.build(CODEC)
    indices = [0, *range(16, 0, -1)]
    keypoints = np.floor(np.random.default_rng(0).uniform(size=(1, 17, 2)) * (48, 64))
    mirrored = (keypoints * (-1, 1) + (47, 0))[:, indices]
    both = []
    for points in (keypoints, mirrored):
        label = codec.encode(points)
        offsets = torch.from_numpy(label["offsets"]).unflatten(0, (17, 2))
        both.append(Maps(torch.from_numpy(label["heatmaps"])[None], offsets[None]))
    mean = both[0].averaged_with(both[1], indices)
    assert torch.allclose(mean.heatmaps, both[0].heatmaps)
    assert torch.allclose(mean.offsets, both[0].offsets, atol=1e-6)
    alone = Maps(both[0].heatmaps).averaged_with(Maps(both[1].heatmaps), indices)
    assert torch.equal(alone.heatmaps, mean.heatmaps)
    assert alone.offsets is None


@pytest.mark.parametrize("name", ["lightpose-w48", "lightpose-r50"])
def test_a_handful_of_crops_can_be_overfitted(name):
    torch.manual_seed(0)
    model = model_zoo.build_model(name, tier="smoke").train()
    model.head.decoder = KEYPOINT_CODECS.build(CODEC)
    images, samples, keypoints = images_and_samples(4)
    optimizer = torch.optim.Adam(model.parameters(), lr=3e-3)
    for step in range(120):
        if step == 90:
            optimizer.param_groups[0]["lr"] = 3e-4
        optimizer.zero_grad()
        sum(model.loss(images, samples).values()).backward()
        optimizer.step()
    with torch.no_grad():  # in training mode: batch statistics, as while learning
        outputs = model(images, None, mode="tensor")
    found, _ = model.head.decoder.batch_decode(*outputs)
    error = np.linalg.norm(np.stack(found) - keypoints, axis=3)
    assert error.mean() < 0.5  # pixels of an input of 48x64
