"""Records which operations a model executes, through PyTorch's dispatcher, with the module each
belongs to."""

from __future__ import annotations

from typing import Any

import torch
from torch.utils.flop_counter import flop_registry

from bench.measure.count.meta import MetaOperations
from bench.measure.count.rules import Op, Shape

aten = torch.ops.aten
KINDS = {
    aten.mm: "linear",
    aten.addmm: "linear",
    aten.bmm: "matmul",
    aten.baddbmm: "matmul",
    aten.native_batch_norm: "batch_norm",
    aten.cudnn_batch_norm: "batch_norm",
    aten.native_layer_norm: "layer_norm",
    aten.relu: "relu",
    aten.relu_: "relu",
    aten._softmax: "softmax",
    aten._safe_softmax: "softmax",
    aten.add: "add",
    aten.add_: "add",
}


class Recorder(MetaOperations):
    """Context in which `ops` collects what `model` does. Multiply-accumulates come from PyTorch's
    own formulas (`torch.utils.flop_counter`, halved); operations without a formula have none."""

    def __init__(self, model: torch.nn.Module) -> None:
        super().__init__()
        self.ops: list[Op] = []
        self._model = model
        self._path: list[str] = [""]
        self._hooks: list[Any] = []

    def __enter__(self) -> Recorder:
        for name, module in self._model.named_modules():
            self._hooks += [
                module.register_forward_pre_hook(lambda *_, name=name: self._path.append(name)),
                module.register_forward_hook(self._leaves, with_kwargs=True),
            ]
        super().__enter__()
        return self

    def __exit__(self, *exception: Any) -> None:
        super().__exit__(*exception)
        for hook in self._hooks:
            hook.remove()

    def _leaves(self, module: torch.nn.Module, args: Any, kwargs: Any, out: Any) -> None:
        if isinstance(module, torch.nn.Dropout) and module.p > 0:
            self._mark("dropout", tuple(out.shape))
        elif isinstance(module, torch.nn.MultiheadAttention):
            query, key = (*args, *kwargs.values())[:2]
            batch, length = query.shape[:2] if module.batch_first else query.shape[1::-1]
            keys = key.shape[1] if module.batch_first else key.shape[0]
            self._mark("attention_query", (batch, length, module.embed_dim))
            if module.dropout > 0:
                self._mark("attention_weights", (batch, module.num_heads, length, keys))
        self._path.pop()

    def _mark(self, kind: str, out: Shape) -> None:
        self.ops.append(Op(kind=kind, module=self._path[-1], shapes=(), out=out))

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        out = super().__torch_dispatch__(func, types, args, kwargs)
        packet = func._overloadpacket
        kind = self._kind(packet, args)
        if kind != "other" or packet in flop_registry:
            first = next(item for item in torch.utils._pytree.tree_leaves(out) if _is_tensor(item))
            counter = flop_registry.get(packet)
            macs = counter(*args, **(kwargs or {}), out_val=out) // 2 if counter else 0
            self.ops.append(
                Op(
                    kind=kind,
                    module=self._path[-1],
                    shapes=tuple(tuple(arg.shape) for arg in args if _is_tensor(arg)),
                    out=tuple(first.shape),
                    macs=macs,
                    bias=packet is aten.addmm,
                )
            )
        return out

    @staticmethod
    def _kind(packet: Any, args: Any) -> str:
        if packet in (aten.convolution, aten._convolution):
            return "deconv" if args[6] else "conv"
        if "scaled_dot_product" in str(packet):
            return "attention"
        if packet in (aten.add, aten.add_):
            tensors = [arg for arg in args[:2] if _is_tensor(arg)]
            return "add" if len(tensors) == 2 and min(t.dim() for t in tensors) > 0 else "other"
        return KINDS.get(packet, "other")


def _is_tensor(value: Any) -> bool:
    return isinstance(value, torch.Tensor)
