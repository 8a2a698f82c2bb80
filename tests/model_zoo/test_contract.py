"""What every registered model must do, whatever its family. Facts come from its config, not from
lists here."""

import fnmatch
import math

import pytest
import torch

import model_zoo


def named(output, names):
    """Outputs of `mode="tensor"` by name: a tensor, a tuple in the declared order, or a dict."""
    if isinstance(output, dict):
        return output
    values = output if isinstance(output, list | tuple) else [output]
    assert len(values) == len(names)
    return dict(zip(names, values, strict=True))


@pytest.mark.parametrize("name", model_zoo.names())
def test_paper_size_output_has_the_declared_shape(name):
    expected = model_zoo.expected_output(name)
    width, height = model_zoo.input_size(name)
    with torch.device("meta"):
        model = model_zoo.build_model(name)
    # out here "meta" is not the default device: a tensor made anywhere else is refused, as beside a GPU
    images = torch.zeros(1, 3, height, width, device="meta")
    output = model(images, None, mode="tensor")
    assert {key: tuple(v.shape) for key, v in named(output, expected).items()} == expected


@pytest.mark.parametrize("name", model_zoo.names())
def test_smoke_size_output_is_finite_and_every_parameter_gets_a_gradient(name):
    torch.manual_seed(0)
    model = model_zoo.build_model(name, tier="smoke")
    assert not model.training
    expected = model_zoo.expected_output(name, tier="smoke", batch=2)
    width, height = model_zoo.input_size(name, tier="smoke")
    images = torch.randn(2, 3, height, width)
    with torch.no_grad():
        evaluated = named(model(images, None, mode="tensor"), expected)
    assert {key: tuple(value.shape) for key, value in evaluated.items()} == expected
    assert all(torch.isfinite(value).all() for value in evaluated.values())

    outputs = named(model.train()(images, None, mode="tensor"), expected)
    sum((torch.randn_like(v) * v).sum() / math.sqrt(v.numel()) for v in outputs.values()).backward()
    excused = model_zoo.config(name).get("no_gradient", {})  # pattern -> reason
    gradients = {
        key: p.grad
        for key, p in model.named_parameters()
        if p.requires_grad and not any(fnmatch.fnmatch(key, pattern) for pattern in excused)
    }
    assert [key for key, g in gradients.items() if g is None] == []
    assert [key for key, g in gradients.items() if not torch.isfinite(g).all()] == []
    assert [key for key, g in gradients.items() if not g.any()] == []


@pytest.mark.parametrize("name", model_zoo.names())
def test_an_interrupted_smoke_training_loses_little(name):
    cfg = model_zoo.config(name, tier="smoke")
    saved = cfg.default_hooks.checkpoint
    assert not saved.by_epoch
    assert saved.interval * 5 <= cfg.train_cfg.max_iters
