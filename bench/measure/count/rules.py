"""Rules by which papers count: pure functions of the operations that a model executed.

A paper that counts differently is one more function in `RULES`.
"""

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass

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
