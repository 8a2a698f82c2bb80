"""What each public counter is asked, and what it answers. Runs in the counter's own process (`processes`)."""

import functools
from collections.abc import Callable
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn

from bench.measure.count.counters import WRAPPERS, Setting
from bench.measure.count.rules import Shape


class Answer(NamedTuple):
    """What a counter says, in its own unit; None for what it does not count."""

    operations: int
    parameters: int | None = None


def ask(counter: str, model: nn.Module, shape: Shape, setting: Setting) -> Answer:
    """Runs a counter on a model of the meta device, whose weights are made zeros where they are needed.

    shape: of the batch of one image, [1, C, H, W]. The model is changed; use it once.
    """
    if setting.rewritten != "nothing":
        model = rewritten(model, attention=setting.rewritten == "attention")
    if setting.device == "cpu":
        model = with_zeros(model)
    model.train(setting.mode == "train")
    image = torch.zeros(shape, device=setting.device)
    with torch.set_grad_enabled(setting.grad):
        return ADAPTERS[counter](model, image, setting)


def with_zeros(model: nn.Module) -> nn.Module:
    """The model on the CPU, every weight and buffer zero."""
    model.to_empty(device="cpu")
    with torch.no_grad():
        for tensor in [*model.parameters(), *model.buffers()]:
            tensor.zero_()
    return model


class LinearAttention(nn.Module):  # type: ignore[misc]
    """`nn.MultiheadAttention` from four linear layers and two `torch.matmul`; shapes [B, L, D] or [L, B, D]."""

    def __init__(self, known: nn.MultiheadAttention) -> None:
        super().__init__()
        self.heads, self.batch_first = known.num_heads, known.batch_first
        dim, bias = known.embed_dim, known.in_proj_bias is not None
        maps = functools.partial(nn.Linear, bias=bias, device=known.out_proj.weight.device)
        self.query, self.out = maps(dim, dim), maps(dim, dim)
        self.key, self.value = maps(known.kdim, dim), maps(known.vdim, dim)

    def forward(self, query: Tensor, key: Tensor, value: Tensor, **_: Any) -> tuple[Tensor, None]:
        """Masks are ignored: they change no count."""
        inputs = [query, key, value]
        if not self.batch_first:
            inputs = [one.transpose(0, 1) for one in inputs]
        maps = (self.query, self.key, self.value)
        q, k, v = (self._split(layer(x)) for layer, x in zip(maps, inputs, strict=True))
        weights = torch.matmul(q, k.transpose(-1, -2)).mul(q.shape[-1] ** -0.5).softmax(-1)
        mixed = self.out(torch.matmul(weights, v).transpose(1, 2).flatten(2))
        return (mixed if self.batch_first else mixed.transpose(0, 1)), None

    def _split(self, x: Tensor) -> Tensor:
        return x.unflatten(-1, (self.heads, -1)).transpose(1, 2)


def rewritten(model: nn.Module, *, attention: bool) -> nn.Module:
    """The model with MMCV's layer classes as the classes of `torch.nn` that they extend; attention: see `Setting`."""
    if attention and isinstance(model, nn.MultiheadAttention):
        return LinearAttention(model)
    kind = type(model)
    if kind.__module__ == WRAPPERS:
        model.__class__ = next(one for one in kind.__mro__ if one.__module__.startswith("torch."))
    for name, module in list(model.named_children()):
        setattr(model, name, rewritten(module, attention=attention))
    return model


# ---------------------------------------------------------------- one function per counter


def _torch(model: nn.Module, image: Tensor, setting: Setting) -> Answer:
    from torch.utils.flop_counter import FlopCounterMode

    with FlopCounterMode(display=False) as counter:
        model(image)
    return Answer(counter.get_total_flops())


def _fvcore(model: nn.Module, image: Tensor, setting: Setting) -> Answer:
    from fvcore.nn import FlopCountAnalysis, parameter_count

    return Answer(int(FlopCountAnalysis(model, image).total()), parameter_count(model)[""])


def _thop(model: nn.Module, image: Tensor, setting: Setting) -> Answer:
    from thop import profile

    operations, parameters = profile(model, inputs=(image,), verbose=False)
    return Answer(int(operations), int(parameters))


def _ptflops(model: nn.Module, image: Tensor, setting: Setting) -> Answer:
    from ptflops import get_model_complexity_info

    quiet: dict[str, Any] = {"as_strings": False, "print_per_layer_stat": False}
    if setting.option != "pytorch":
        quiet["backend"] = setting.option
    found = get_model_complexity_info(model, tuple(image.shape[1:]), **quiet)
    if found[0] is None:
        raise RuntimeError("it returned nothing; its own message went to the terminal")
    return Answer(*map(int, found))


def _torchinfo(model: nn.Module, image: Tensor, setting: Setting) -> Answer:
    from torchinfo import summary

    found = summary(model, input_data=image, verbose=0, mode=setting.mode)
    return Answer(int(found.total_mult_adds), int(found.total_params))


def _torchprofile(model: nn.Module, image: Tensor, setting: Setting) -> Answer:
    from torchprofile import profile_macs

    return Answer(int(profile_macs(model, image)))


def _calflops(model: nn.Module, image: Tensor, setting: Setting) -> Answer:
    from calflops import calculate_flops

    flops, macs, parameters = calculate_flops(
        model, input_shape=tuple(image.shape), print_results=False, output_as_string=False
    )
    return Answer(int(flops if setting.option == "flops" else macs), int(parameters))


def _mmengine(model: nn.Module, image: Tensor, setting: Setting) -> Answer:
    from mmengine.analysis import get_model_complexity_info

    found = get_model_complexity_info(
        model, tuple(image.shape[1:]), show_table=False, show_arch=False
    )
    return Answer(int(found["flops"]), int(found["params"]))


def _mmcv(model: nn.Module, image: Tensor, setting: Setting) -> Answer:
    from mmcv.cnn import get_model_complexity_info

    quiet = {"as_strings": False, "print_per_layer_stat": False}
    return Answer(*map(int, get_model_complexity_info(model, tuple(image.shape[1:]), **quiet)))


ADAPTERS: dict[str, Callable[[nn.Module, Tensor, Setting], Answer]] = {
    "torch": _torch,
    "fvcore": _fvcore,
    "thop": _thop,
    "ptflops": _ptflops,
    "torchinfo": _torchinfo,
    "torchprofile": _torchprofile,
    "calflops": _calflops,
    "mmengine": _mmengine,
    "mmcv": _mmcv,
}
