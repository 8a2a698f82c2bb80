"""No query of any network is fully masked: PyTorch's attention then gives NaN in eval mode, and finite values with
gradients (2.13), so that a training would not show it."""

import pytest
import torch
import torch.nn.functional as F
from torch import nn

import model_zoo
from model_zoo.lofr.graph import SemanticGraphConv, adjacency
from tests.model_zoo.querypose.test_querypose import sample

NETWORKS = (
    *("transpose-r-a2", "transpose-h-s", "tfpose-r18-e6d6", "tfpose-r50-e6d6", "lightpose-r50"),
    *("lofr-r50", "lofr-hrw32", "lofr-r50-baseline", "querypose-r50", "querypose-hrw32-light"),
    *("querypose-swinl-light", "querypose-hrw48-crowdpose"),
)


def fully_masked(mask):
    """Whether a boolean mask (True: may attend) or an additive one leaves a query without any key."""
    if mask is None:
        return False
    allowed = mask if mask.dtype == torch.bool else ~torch.isneginf(mask)
    return bool((~allowed.any(dim=-1)).any())


@pytest.fixture
def attention(monkeypatch):
    """Counts attentions; fails at one with a fully masked query."""
    seen = []
    product, module = F.scaled_dot_product_attention, nn.MultiheadAttention.forward

    def checked_product(query, key, value, attn_mask=None, *args, **kwargs):
        assert key.shape[-2] > 0
        assert not fully_masked(attn_mask)
        seen.append("product")
        return product(query, key, value, attn_mask, *args, **kwargs)

    def checked_module(self, *args, **kwargs):
        for name, position in (("key_padding_mask", 3), ("attn_mask", 5)):
            mask = kwargs.get(name, args[position] if len(args) > position else None)
            if mask is not None and mask.dtype == torch.bool:
                mask = ~mask  # here True means: may not attend
            assert not fully_masked(mask)
        seen.append("module")
        return module(self, *args, **kwargs)

    monkeypatch.setattr(F, "scaled_dot_product_attention", checked_product)
    monkeypatch.setattr(nn.MultiheadAttention, "forward", checked_module)
    return seen


def images(name, kind):
    """Two images: without people (one colour), almost all padding, or noise."""
    torch.manual_seed(0)
    width, height = model_zoo.input_size(name, tier="smoke")
    batch = torch.randn(2, 3, height, width)
    if kind == "no people":
        batch = torch.full_like(batch, -2.0)
    elif kind == "padded":
        batch[1, :, height // 8 :] = 0
        batch[1, :, :, width // 8 :] = 0
    return batch


@pytest.mark.parametrize("kind", ["no people", "padded", "noise"])
@pytest.mark.parametrize("name", NETWORKS)
def test_every_query_has_a_key_and_every_output_is_finite(attention, name, kind):
    model = model_zoo.build_model(name, tier="smoke")
    batch = images(name, kind)
    samples = None
    if name.startswith("querypose"):
        height, width = batch.shape[2:]
        samples = [sample(width, height, 1), sample(max(width // 8, 1), max(height // 8, 1), 1)]
        if kind != "padded":
            samples = None
    for training in (False, True):
        with torch.no_grad():
            output = model.train(training)(batch, samples, mode="tensor")
        parts = output.values() if isinstance(output, dict) else output
        for one in [output] if isinstance(output, torch.Tensor) else parts:
            assert one.isfinite().all()
    assert attention, "the network has no attention that this test sees"


@pytest.mark.parametrize("case", ["no people", "an empty part", "nobody labelled", "tiny boxes"])
@pytest.mark.parametrize("name", ["querypose-r50", "querypose-r50-light", "querypose-swinl-light"])
def test_querypose_trains_and_predicts_whatever_the_people_are(attention, name, case):
    torch.manual_seed(0)
    model = model_zoo.build_model(name, tier="smoke")
    samples = [sample(128, 90, 0 if case == "no people" else 2), sample(100, 96, 0)]
    labels = samples[0].gt_instance_labels
    if case == "an empty part":
        labels.keypoints_visible[:, :5] = 0  # no keypoint of the head is labelled
    elif case == "nobody labelled":
        labels.keypoints_visible[:] = 0
    elif case == "tiny boxes":
        labels.bboxes[:, 2:] = labels.bboxes[:, :2] + 1e-3
    batch = torch.randn(2, 3, 96, 128)
    losses = model.train()(batch, samples, mode="loss")
    assert all(value.isfinite() for value in losses.values())
    sum(losses.values()).backward()
    grads = [p.grad for p in model.parameters() if p.grad is not None]
    assert all(grad.isfinite().all() for grad in grads)
    with torch.no_grad():
        output = model.eval()(batch, samples, mode="tensor")
    assert all(value.isfinite().all() for value in output.values())
    assert attention


@pytest.mark.parametrize("skeleton", ["coco", "mpii", "crowdpose"])
def test_every_keypoint_of_lofrs_graph_has_a_neighbour(skeleton):
    joined = adjacency(skeleton)
    assert joined.any(dim=1).all()
    layer = SemanticGraphConv(dim=4, joined=joined, relations="features").eval()
    with torch.no_grad():
        mixing = layer.mixing(torch.zeros(1, len(joined), 4))
    torch.testing.assert_close(mixing.sum(dim=-1), torch.ones(1, len(joined)))


def test_what_pytorch_does_with_a_fully_masked_query_and_that_the_check_sees_it(attention):
    layer = nn.MultiheadAttention(4, 1, batch_first=True).eval()
    tokens, hidden = torch.randn(1, 3, 4), torch.ones(1, 3, dtype=torch.bool)
    with pytest.raises(AssertionError):
        layer(tokens, tokens, tokens, key_padding_mask=hidden)
    with pytest.raises(AssertionError):
        F.scaled_dot_product_attention(tokens, tokens, tokens, ~hidden)
    assert not fully_masked(torch.zeros(3, 3))
    assert fully_masked(torch.full((3, 3), -torch.inf))
