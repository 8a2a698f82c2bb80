"""Counted columns: parameters and multiply-accumulates of a model, and FLOPs by named rules.

A model is built on PyTorch's meta device (shapes without numbers) and run once in eval mode on one
image of the config's input size while its operations are recorded. Every rule is a pure function
of that record, so a paper that counts differently is one more function in `RULES`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import model_zoo
from bench.measure.environment import provenance
from bench.records import CountResult
from bench.sources import model_inputs

Shape = tuple[int, ...]


@dataclass(frozen=True)
class Op:
    """One recorded operation. `shapes` are those of its tensor inputs, `out` that of its (first)
    output.

    Kinds that PyTorch executes: conv, deconv, linear, matmul (any other matrix product), attention
    (a fused kernel), batch_norm, layer_norm, relu, softmax, add (of two tensors), other. Kinds
    that only mark what a module does and repeat nothing of the former: dropout (out: what it is
    applied to), attention_weights (out: [B, heads, Lq, Lk] of a multi-head attention with dropout)
    and attention_query ([B, Lq, D]).
    """

    kind: str
    module: str
    shapes: tuple[Shape, ...]
    out: Shape
    macs: int = 0
    bias: bool = False

    @property
    def elements(self) -> int:
        return math.prod(self.out)


Rule = Callable[[list[Op]], int]
CONV_LINEAR = ("conv", "deconv", "linear")


def macs(ops: Iterable[Op]) -> int:
    """Exact multiply-accumulates of convolutions (a transposed one at its input positions), linear
    layers and matrix products, attention's two included. Biases, norms, activations, pooling,
    resizing: 0."""
    return sum(op.macs for op in ops)


def conv_linear(ops: Iterable[Op]) -> int:
    """Multiply-accumulates of convolutions, transposed convolutions and linear layers only."""
    return sum(op.macs for op in ops if op.kind in CONV_LINEAR)


def conv_linear_at_outputs(ops: Iterable[Op]) -> int:
    """Weight elements times output positions of convolution-like layers plus linear layers: counts
    a transposed convolution of stride s s^2 times too high (HRNet's published counter, from
    general knowledge)."""
    return sum(_at_outputs(op) for op in ops if op.kind in CONV_LINEAR)


def hrnet_authors(ops: Iterable[Op]) -> int:
    """`conv_linear_at_outputs` in units of 2^30 instead of 10^9, as HRNet's published counter
    prints its "G"; given here times 10^9, so that G means 10^9 for every rule."""
    return round(conv_linear_at_outputs(ops) * 1e9 / 2**30)


def flops_2x(ops: Iterable[Op]) -> int:
    """Two floating-point operations for each exact multiply-accumulate."""
    return 2 * macs(ops)


def transpose_authors(ops: Iterable[Op]) -> int:
    """The counter of TransPose's authors, in training mode: a multiply-accumulate 1, transposed
    convolutions at their output positions, batch norm 4 per element, softmax 5, ReLU, dropout, the
    scaling of queries and additions (of a bias too) 1; layer norm, pooling and resizing 0. Their
    tracer also sees 8 scalar operations per attention layer and the step counter of each batch
    norm."""
    per_element = {"batch_norm": 4, "relu": 1, "add": 1, "softmax": 5, "dropout": 1}
    total = 0
    for op in ops:
        if op.kind in (*CONV_LINEAR, "matmul", "attention"):
            total += _at_outputs(op)
        total += per_element.get(op.kind, 0) * op.elements
        if op.kind == "linear" and op.bias:
            total += op.elements
        elif op.kind == "batch_norm":
            total += 1
        elif op.kind == "attention":
            total += 5 * _attention_weights(op)
        elif op.kind == "attention_weights":
            total += op.elements
        elif op.kind == "attention_query":
            total += op.elements + 8
    return total


def macs_bn_relu(ops: Iterable[Op]) -> int:
    """Exact multiply-accumulates, 2 per element of a batch norm and 1 per element of a ReLU on a
    feature map [B, C, H, W]; ReLUs on tokens, layer norms, biases: 0. The convention of the counter
    that MMCV took over (from general knowledge); it returns the printed digits of DeepPose in
    TFPose, Table 6."""
    ops = list(ops)
    norms = sum(op.elements for op in ops if op.kind == "batch_norm")
    activations = sum(op.elements for op in ops if op.kind == "relu" and len(op.out) == 4)
    return macs(ops) + 2 * norms + activations


def lightpose_authors(ops: Iterable[Op]) -> int:
    """Convolutions and linear layers, and 2 per element of a batch norm; attention products 0. Found by
    trying rules until the printed digits came out (LightPose's NOTES-model.md)."""
    ops = list(ops)
    norms = sum(op.elements for op in ops if op.kind == "batch_norm")
    return conv_linear(ops) + 2 * norms


RULES: dict[str, Rule] = {
    "macs": macs,
    "conv-linear": conv_linear,
    "conv-linear-at-outputs": conv_linear_at_outputs,
    "hrnet-authors": hrnet_authors,
    "transpose-authors": transpose_authors,
    "macs-bn-relu": macs_bn_relu,
    "lightpose-authors": lightpose_authors,
    "flops-2x": flops_2x,
}


def count(name: str) -> dict[str, Any]:
    """Counts a zoo model at its full size: batch 1, eval mode, no flip test, no decoding.

    Returns `parameters` {total, trainable, position_embedding} (the last: fixed, part of total and
    not of trainable), `macs`, `flops` {rule: figure} and `by_module` {part: {parameters, macs}}.
    Raises `model_zoo.UnknownModel`.
    """
    import torch

    with torch.device("meta"):
        model = model_zoo.build_model(name)
    ops = record(model, (1, 3, *input_size(name)[::-1]))
    parts = dict(model.named_children())
    return {
        "parameters": parameters(model),
        "macs": macs(ops),
        "flops": {rule: figure(ops) for rule, figure in RULES.items()},
        "by_module": {
            part: {
                "parameters": sum(p.numel() for p in module.parameters()),
                "macs": macs(op for op in ops if op.module.partition(".")[0] == part),
            }
            for part, module in parts.items()
            if any(True for _ in module.parameters())
        },
    }


def input_size(name: str) -> tuple[int, int]:
    """(width, height) in pixels of the images a zoo model is made for."""
    width, height = model_zoo.input_size(name)
    return int(width), int(height)


def parameters(model: Any) -> dict[str, int]:
    """Numbers of parameters: all, the trainable ones, and the fixed position embeddings among the
    others."""
    named = dict(model.named_parameters())
    return {
        "total": sum(p.numel() for p in named.values()),
        "trainable": sum(p.numel() for p in named.values() if p.requires_grad),
        "position_embedding": sum(
            p.numel()
            for key, p in named.items()
            if not p.requires_grad and "pos_embed" in key.rpartition(".")[2]
        ),
    }


def record(model: Any, shape: Shape) -> list[Op]:
    """Runs `model` (on the meta device, eval mode) on an image batch of `shape` and returns its
    operations."""
    import torch

    from bench.measure.recorder import Recorder

    with Recorder(model) as recorder, torch.no_grad():
        model(torch.zeros(shape, device="meta"), None, mode="tensor")
    return recorder.ops


def _at_outputs(op: Op) -> int:
    """Multiply-accumulates if the weights were applied at every output position."""
    if op.kind != "deconv":
        return op.macs
    weight, batch = op.shapes[1], op.out[0]
    return batch * math.prod(weight) * math.prod(op.out[2:])


def _attention_weights(op: Op) -> int:
    """Elements of the attention matrices inside a fused kernel: [..., Lq, Lk]."""
    query, key = op.shapes[:2]
    return math.prod(query[:-1]) * key[-2]


def measure_counts(names: Iterable[str]) -> Iterator[CountResult]:
    """Count zoo models at full size, one result each. Raises `model_zoo.UnknownModel`."""
    for name in names:
        counted = count(name)
        yield CountResult(
            model=name,
            input_size=input_size(name),
            parameters=counted["parameters"],
            macs=counted["macs"],
            flops={rule: figure / 1e9 for rule, figure in counted["flops"].items()},
            by_module=counted["by_module"],
            provenance=provenance(inputs=model_inputs(name)),
        )
