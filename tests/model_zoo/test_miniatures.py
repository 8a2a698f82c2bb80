"""Fair miniatures: the smaller tiers keep what a paper's claims are about. Each figure is computed from the network."""

import pytest
import torch

import model_zoo
from model_zoo.layers.deformable import DeformableAttention
from model_zoo.tfpose.model import pixel_centres

# ---------------------------------------------------------------- LightPose, Table 5: what reaches the outputs

STRIDES = (4, 8, 16, 32)
FULL_RANKS = (48, 51, 51, 51)  # 17 heatmaps and 34 offsets; the branch at 1/4 has 48 channels


def rank(name, tier):
    """Rank of the linear map from the backbone's branch, which has no activation after it, to the outputs."""
    head = model_zoo.build_model(name, tier=tier).head
    layers = [head.heatmap_layer, head.offset_layer]
    with torch.no_grad():
        out = torch.cat([layer.weight.flatten(1) for layer in layers if layer is not None])
        return int(torch.linalg.matrix_rank((out @ head.reduce.weight.flatten(1)).double() * 1e3))


@pytest.mark.parametrize("tier", model_zoo.TIERS)
def test_lightposes_branches_reach_as_many_outputs_as_at_full_size(tier):
    ranks = tuple(rank(f"lightpose-w48-noenc-s{stride}", tier) for stride in STRIDES)
    assert ranks == FULL_RANKS
    heatmaps = tuple(rank(f"lightpose-w48-noenc-hm-s{stride}", tier) for stride in STRIDES)
    assert heatmaps == (17, 17, 17, 17)


@pytest.mark.parametrize("tier", ["smoke", "lab"])
@pytest.mark.parametrize(
    "name",
    [
        "lightpose-w48",
        "lightpose-w48-hm",
        "lightpose-r50",
        "lightpose-w48-mpii",
        "lightpose-r50-mpii",
    ],
)
def test_every_lightpose_miniature_has_a_channel_for_each_output(name, tier):
    assert rank(name, tier) == rank(name, "full")


@pytest.mark.parametrize("tier", ["smoke", "lab"])
def test_lightposes_grids_are_all_smaller_than_the_paper_by_one_factor(tier):
    grids = [model_zoo.config(f"lightpose-w48-noenc-s{s}", tier=tier).codec for s in STRIDES]
    assert [c.input_size[0] // c.heatmap_size[0] for c in grids] == list(STRIDES)
    sigmas = [c.sigma for c in grids]
    assert sigmas == [2, 1, 1, 1]  # HRNet's at 1/4


# ---------------------------------------------------------------- TFPose: where the attention looks at the start

TFPOSE = ("tfpose-r50-e6d6", "tfpose-r18-e6d6", "tfpose-r50-e6d6-mpii", "tfpose-r18-e0d6-noaux")
FULL_SHARES = {"decoder": 13, "encoder": 24}  # percent at 256x192


def outside(name, tier):
    """Share in percent of the decoder's and the encoder's samples that start outside the maps, where all is zero."""
    model = model_zoo.build_model(name, tier=tier)
    width, height = model_zoo.input_size(name, tier=tier)
    with torch.no_grad():
        feats = model.extract_feat(torch.zeros(1, 3, height, width))
    shapes = [tuple(one.shape[2:]) for one in feats]
    torch.manual_seed(0)
    starts = {
        "decoder": torch.randn(1, 2000, 2).sigmoid(),
        "encoder": pixel_centres(shapes)[None],
    }
    attention = next(m for m in model.head.modules() if isinstance(m, DeformableAttention))
    sizes = torch.tensor([(w, h) for h, w in shapes])[:, None]
    found = {}
    for part, reference in starts.items():
        query = torch.zeros(1, reference.shape[1], attention.value_proj.in_features)
        locations, _ = attention.sampling(query, reference, shapes)
        pixel = locations * sizes - 0.5
        out = ((pixel <= -1) | (pixel >= sizes)).any(dim=-1)
        found[part] = 100 * out.float().mean().item()
    return found


@pytest.mark.parametrize("tier", model_zoo.TIERS)
@pytest.mark.parametrize("name", TFPOSE)
def test_tfposes_samples_start_inside_the_maps_as_at_full_size(name, tier):
    """13 % of the decoder's and 24 % of the encoder's; levels C2 to C5 and MPII's square crops have fewer."""
    full, small = outside(name, "full"), outside(name, tier)
    for part, share in FULL_SHARES.items():
        assert full[part] < share + 1
        assert small[part] < full[part] + 3


@pytest.mark.parametrize("tier", ["smoke", "lab"])
def test_tfposes_heatmap_branch_ends_at_the_size_of_its_targets(tier):
    cfg = model_zoo.config("tfpose-r50-e6d6", tier=tier)
    model = model_zoo.build_model("tfpose-r50-e6d6", tier=tier).train()
    width, height = cfg.codec.input_size
    found = model(torch.zeros(2, 3, height, width), None, mode="tensor")["heatmaps"]
    assert tuple(found.shape[:1:-1]) == tuple(cfg.codec.heatmap_size)


@pytest.mark.parametrize("tier", model_zoo.TIERS)
def test_tfposes_heatmap_branch_starts_as_simplebaselines_layers_do(tier):
    """N(0, 0.001^2) and zero biases, as drawn."""
    torch.manual_seed(0)
    branch = model_zoo.build_model("tfpose-r18-e6d6", tier=tier).head.heatmap_branch
    layers = [m for m in branch if isinstance(m, torch.nn.Conv2d | torch.nn.ConvTranspose2d)]
    assert len(layers) == 4
    for layer in layers:
        assert layer.weight.std().item() == pytest.approx(0.001, rel=0.1)
        assert layer.bias is None or (layer.bias == 0).all()
    assert layers[-1].bias is not None
