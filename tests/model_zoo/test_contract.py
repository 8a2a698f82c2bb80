"""What every registered model must do, whatever its family. Facts come from its config, not from
lists here.

Every network is built on the meta device at every size that it is trained at: output shapes, and a backward pass that
must reach every parameter. Values (finite, not zero) are checked on the CPU for one network of every structure, at the
smoke size and at the paper's widths and depths on small images.
"""

import fnmatch
import math

import pytest
import torch

import model_zoo
from tests.model_zoo.shapes import shapes_only
from tests.model_zoo.small_images import OF_THE_SIZE, build_small

TIERS = ("full", "smoke", "lab")
FAMILIES = sorted({model_zoo.family(name) for name in model_zoo.names()})
NO_LAYERS = ("init_cfg", "data_preprocessor", "train_cfg", "test_cfg", "decoder", "loss", "weights")


def sizes(name):
    """The tiers at which a model is another network than at the full one, and the full one."""
    full = model_zoo.config(name)
    lab = model_zoo.config(name, tier="lab")
    same = all(structure_of(lab, part) == structure_of(full, part) for part in ("backbone", "head"))
    return ("full", "smoke") if same and lab.get("codec") == full.get("codec") else TIERS


def structure_of(cfg, part):
    return {k: v for k, v in cfg.model[part].to_dict().items() if k not in NO_LAYERS}


def matches(name, patterns):
    return any(fnmatch.fnmatch(name, pattern) for pattern in patterns)


def named(output, names):
    """Outputs of `mode="tensor"` by name: a tensor, a tuple in the declared order, or a dict."""
    if isinstance(output, dict):
        return output
    values = output if isinstance(output, list | tuple) else [output]
    assert len(values) == len(names)
    return dict(zip(names, values, strict=True))


def trainable(name, model):
    """Parameters that must get a gradient: all but those that are frozen or that the config excuses."""
    excused = model_zoo.config(name).get("no_gradient", {})  # pattern -> reason
    return {
        key: parameter
        for key, parameter in model.named_parameters()
        if parameter.requires_grad and not matches(key, excused)
    }


def structure(name):
    """The switches of a network: each entry of its model's config with its path. Numbers are reduced to whether they
    are 0, and lists to their entries, so that widths, depths and sizes do not count, but a part that is present or
    absent, a type, a string or a flag does."""

    def walk(node, path):
        if isinstance(node, dict):
            for key, value in node.items():
                yield from () if key in NO_LAYERS else walk(value, f"{path}.{key}")
        elif isinstance(node, list | tuple):
            for value in node:
                yield from walk(value, path)
        else:
            yield path, node if node is None or isinstance(node, str) else bool(node)

    return frozenset(walk(model_zoo.config(name).model.to_dict(), ""))


def one_per_structure(family):
    """The first network of each structure of a family, by structure."""
    names = [name for name in model_zoo.names() if model_zoo.family(name) == family]
    return {structure(name): name for name in reversed(names)}


@pytest.fixture
def on_meta():
    """Batch norm and sampling on the meta device are slow Python; there only shapes and inputs matter."""

    def scale(x, mean, var, weight, bias, *args):
        return x * weight[:, None, None] + bias[:, None, None]

    def sample(x, grid, *args, **named):
        assert len(x) == len(grid)
        assert grid.shape[-1] == 2
        return x.mean((2, 3))[:, :, None, None] + grid.sum(-1)[:, None]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(torch.nn.functional, "batch_norm", scale)
        patch.setattr(torch.nn.functional, "grid_sample", sample)
        yield


def reached(outputs):
    """Tensors that the backward pass from these outputs arrives at, found in the graph without running it."""
    found, seen = set(), set()
    nodes = [value.grad_fn for value in outputs.values()]
    while nodes:
        if (node := nodes.pop()) is not None and node not in seen:
            seen.add(node)
            found.add(getattr(node, "variable", None))
            nodes += (child for child, _ in node.next_functions)
    return found


@pytest.mark.parametrize("name", model_zoo.names())
def test_outputs_have_the_declared_shape_and_the_backward_pass_reaches_every_parameter(
    on_meta, name
):
    for tier in sizes(name):
        expected = model_zoo.expected_output(name, tier=tier)
        width, height = model_zoo.input_size(name, tier=tier)
        model = shapes_only(name, tier)
        assert not model.training
        # out here "meta" is not the default device: a tensor made anywhere else is refused, as with a GPU
        images = torch.zeros(1, 3, height, width, device="meta")
        outputs = named(model(images, None, mode="tensor"), expected)
        assert {key: tuple(value.shape) for key, value in outputs.items()} == expected, tier

        parameters = trainable(name, model)
        found = reached(outputs)
        if not found.issuperset(parameters.values()):  # some are used in training only
            found = reached(named(model.train()(images, None, mode="tensor"), expected))
        unreached = sorted(key for key, parameter in parameters.items() if parameter not in found)
        assert unreached == [], tier


def without_dropout(model):
    """Under dropout PyTorch's attention keeps every matrix on the CPU: gigabytes at LOFR's full size."""
    for module in model.modules():
        if isinstance(module, torch.nn.Dropout):
            module.p = 0.0
        elif isinstance(getattr(module, "dropout", None), float):
            module.dropout = 0.0
    return model


def check_values(name, model, images, expected):
    outputs = named(model(images, None, mode="tensor"), expected)
    assert all(torch.isfinite(value).all() for value in outputs.values()), name
    sum((torch.randn_like(v) * v).sum() / math.sqrt(v.numel()) for v in outputs.values()).backward()
    found = {key: parameter.grad for key, parameter in trainable(name, model).items()}
    assert [key for key, gradient in found.items() if gradient is None] == [], name
    norms = {key: float(gradient.norm()) for key, gradient in found.items()}
    assert [key for key, norm in norms.items() if not math.isfinite(norm)] == [], name
    assert [key for key, norm in norms.items() if norm == 0] == [], name


@pytest.mark.parametrize("family", FAMILIES)
def test_smoke_size_gradients_are_finite_and_not_zero_for_one_network_per_structure(family):
    for name in one_per_structure(family).values():
        torch.manual_seed(0)
        model = model_zoo.build_model(name, tier="smoke").train()
        width, height = model_zoo.input_size(name, tier="smoke")
        expected = model_zoo.expected_output(name, tier="smoke", batch=2)
        check_values(name, model, torch.randn(2, 3, height, width), expected)


@pytest.mark.slow
@pytest.mark.parametrize("family", FAMILIES)
def test_full_size_gradients_are_finite_and_not_zero_for_one_network_per_structure(family):
    """On small images."""
    for name in one_per_structure(family).values():
        torch.manual_seed(0)
        model, (width, height) = build_small(name)
        full = dict(shapes_only(name).named_parameters())
        small = dict(model.named_parameters())
        assert small.keys() <= full.keys(), name
        assert small.keys() == full.keys() or family == "querypose"
        other = [key for key in small if full[key].shape != small[key].shape]
        assert [key for key in other if not any(part in key for part in OF_THE_SIZE)] == [], name
        images = torch.randn(2, 3, height, width)
        check_values(name, without_dropout(model), images, model_zoo.expected_output(name))


@pytest.mark.parametrize("name", model_zoo.names())
def test_an_interrupted_smoke_training_loses_little(name):
    cfg = model_zoo.config(name, tier="smoke")
    saved = cfg.default_hooks.checkpoint
    assert not saved.by_epoch
    length = cfg.train_cfg.max_iters
    assert length or "-at-" in name  # evaluated at another input size: nothing is trained
    assert not length or saved.interval * 5 <= length
