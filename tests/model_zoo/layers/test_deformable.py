"""Multi-scale deformable attention: closed forms, MMCV's implementation, numerical gradients."""

import ast
import importlib.util
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch
import torch.nn.functional as F

from model_zoo.layers.deformable import (
    DeformableAttention,
    compiled_attention,
    compiled_kernel_installed,
    deformable_attention,
    grid_sample_attention,
)

SHAPES = [(6, 5), (3, 4), (2, 2)]
TOKENS = sum(height * width for height, width in SHAPES)


@pytest.fixture(scope="module")
def mmcv_attention():
    """MMCV's pure-PyTorch version, from the file it ships (mmcv-lite cannot import `mmcv.ops`)."""
    package = Path(importlib.util.find_spec("mmcv").origin).parent
    file = package / "ops" / "multi_scale_deform_attn.py"
    name = "multi_scale_deformable_attn_pytorch"
    tree = ast.parse(file.read_text())
    tree.body = [node for node in tree.body if getattr(node, "name", None) == name]
    scope = {"torch": torch, "F": F}
    exec(compile(tree, str(file), "exec"), scope)
    return lambda value, shapes, *rest: scope[name](value, torch.tensor(shapes), *rest)


def case(*, batch=2, queries=7, heads=2, channels=3, points=4, dtype=torch.float64, seed=0):
    """Random value, locations (some outside the maps) and weights, all asking for gradients."""
    rng = torch.Generator().manual_seed(seed)
    grid = (batch, queries, heads, len(SHAPES), points)
    value = torch.randn(batch, TOKENS, heads, channels, dtype=dtype, generator=rng)
    locations = torch.rand(*grid, 2, dtype=dtype, generator=rng) * 1.4 - 0.2
    weights = torch.rand(*grid, dtype=dtype, generator=rng).flatten(3).softmax(3).reshape(grid)
    return [tensor.requires_grad_() for tensor in (value, locations, weights)]


def output_and_gradients(function, inputs):
    output = function(inputs[0], SHAPES, *inputs[1:])
    upstream = torch.arange(output.numel(), dtype=output.dtype).reshape(output.shape).cos()
    return [output, *torch.autograd.grad(output, inputs, upstream)]


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize(("dtype", "tolerance"), [(torch.float64, 1e-12), (torch.float32, 2e-5)])
def test_output_and_gradients_equal_mmcv(mmcv_attention, dtype, tolerance, seed):
    inputs = case(dtype=dtype, seed=seed)
    ours = output_and_gradients(deformable_attention, inputs)
    theirs = output_and_gradients(mmcv_attention, inputs)
    for our, their in zip(ours, theirs, strict=True):
        torch.testing.assert_close(our, their, rtol=tolerance, atol=tolerance)


@pytest.mark.gpu
@pytest.mark.parametrize("batch", [1, 3, 64, 96])
def test_the_compiled_kernel_equals_grid_sampling(batch):
    if not (torch.cuda.is_available() and compiled_kernel_installed()):
        pytest.skip("needs CUDA and MMCV with its compiled operators")
    inputs = [tensor.detach().cuda().requires_grad_() for tensor in case(batch=batch, channels=32)]
    kernel = output_and_gradients(compiled_attention, inputs)
    sampled = output_and_gradients(grid_sample_attention, inputs)
    for one, other in zip(kernel, sampled, strict=True):
        torch.testing.assert_close(one, other, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("batch", [1, 3, 96])
def test_the_compiled_kernel_is_called_by_mmcvs_rules(mmcv_attention, monkeypatch, batch):
    """What the kernel demands of its arguments; MMCV's PyTorch version plays the kernel."""

    class Kernel:
        @staticmethod
        def apply(value, sizes, starts, locations, weights, step):
            assert sizes.tolist() == [list(shape) for shape in SHAPES]
            assert starts.tolist() == [0, 30, 42]
            assert batch % min(batch, step) == 0
            assert all(tensor.is_contiguous() for tensor in (value, locations, weights))
            assert value.dtype == locations.dtype == weights.dtype == torch.float32
            return mmcv_attention(value, SHAPES, locations, weights)

    module = SimpleNamespace(MultiScaleDeformableAttnFunction=Kernel)
    monkeypatch.setitem(sys.modules, "mmcv.ops.multi_scale_deform_attn", module)
    value, locations, weights = case(batch=batch, dtype=torch.float32)
    output = compiled_attention(value.bfloat16(), SHAPES, locations, weights)
    assert output.dtype == torch.bfloat16
    expected = grid_sample_attention(value.bfloat16().float(), SHAPES, locations, weights)
    torch.testing.assert_close(output, expected.bfloat16())


def test_half_precision_rounds_the_result_and_not_the_locations():
    """In bfloat16 a place between 0.5 and 1 is known to 1/256 only, a fifth of a pixel of a map of 48."""
    columns = torch.arange(48.0).repeat(64)[None, :, None, None]
    locations = torch.rand(1, 500, 1, 1, 1, 2) * 0.9 + 0.05
    one = torch.ones(1, 500, 1, 1, 1)
    exact = grid_sample_attention(columns, [(64, 48)], locations, one)
    half = grid_sample_attention(columns.bfloat16(), [(64, 48)], locations, one)
    assert torch.equal(half, exact.bfloat16())


def test_gradients_equal_finite_differences():
    inputs = case(batch=1, queries=2, channels=2, points=2)
    assert torch.autograd.gradcheck(
        lambda *tensors: grid_sample_attention(tensors[0], SHAPES, *tensors[1:]), inputs
    )


def at(x, y):
    """One query, one head, one level, one point at (x, y)."""
    return torch.tensor([x, y], dtype=torch.float64).reshape(1, 1, 1, 1, 1, 2)


@pytest.mark.parametrize(
    ("x", "y", "expected"),
    [
        (0.5 / 4, 0.5 / 3, 0.0),  # centre of the first pixel
        (2.5 / 4, 1.5 / 3, 6.0),  # centre of pixel (row 1, column 2)
        (3.0 / 4, 1.5 / 3, 6.5),  # half-way to its right neighbour
        (2.5 / 4, 2.0 / 3, 8.0),  # half-way to the one below
        (1.0, 1.0, 11.0 / 4),  # outer corner: a quarter of the last pixel, zeros outside
        (-1.0, 0.5, 0.0),
    ],
)
def test_a_single_point_reads_the_bilinear_value(x, y, expected):
    ramp = torch.arange(12, dtype=torch.float64).reshape(1, 12, 1, 1)  # a map of 3 rows, 4 columns
    one = torch.ones(1, 1, 1, 1, 1, dtype=torch.float64)
    assert deformable_attention(ramp, [(3, 4)], at(x, y), one).item() == pytest.approx(expected)


def test_offsets_count_in_pixels_of_their_level():
    attention = DeformableAttention(dim=4, heads=2, levels=3, points=4)
    attention.reset_parameters()
    with torch.no_grad():
        attention.attention_weights.weight.zero_()
    reference = torch.full((1, 1, 2), 0.5)
    locations, weights = attention.sampling(torch.zeros(1, 1, 4), reference, SHAPES)
    for level, (_, width) in enumerate(SHAPES):  # head 0 looks to the right, head 1 to the left
        steps = (locations[0, 0, :, level, :, 0] - 0.5) * width
        torch.testing.assert_close(steps, torch.tensor([[1.0, 2, 3, 4], [-1, -2, -3, -4]]))
    torch.testing.assert_close(weights, torch.full_like(weights, 1 / 12))


def test_attention_of_a_constant_memory_is_constant_inside():
    attention = DeformableAttention(dim=8, heads=2, levels=3, points=1).double()
    attention.reset_parameters()
    torch.nn.init.zeros_(attention.sampling_offsets.bias)
    memory = torch.ones(1, TOKENS, 8, dtype=torch.float64)
    query = torch.randn(1, 5, 8, dtype=torch.float64)
    reference = torch.full((1, 5, 2), 0.5, dtype=torch.float64)
    expected = attention.output_proj(attention.value_proj(memory[:, :1])).expand(-1, 5, -1)
    torch.testing.assert_close(attention(query, reference, memory, SHAPES), expected)


def test_tokens_that_do_not_fit_the_levels_are_refused():
    value, locations, weights = case()
    with pytest.raises(ValueError, match=r"46 tokens and 3 levels .* 42 tokens"):
        deformable_attention(value, SHAPES[:2], locations, weights)
    with pytest.raises(ValueError, match="10 channels cannot be divided among 4 heads"):
        DeformableAttention(dim=10, heads=4, levels=1, points=1)
