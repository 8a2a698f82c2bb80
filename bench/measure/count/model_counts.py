"""Counted columns: parameters and multiply-accumulates of a model, and FLOPs by named rules.

A model is built on PyTorch's meta device (shapes without numbers) and run once in eval mode on one
image of the config's input size while its operations are recorded (`trace`) and counted (`rules`).
"""

from collections.abc import Iterable, Iterator
from typing import Any

import model_zoo
from bench.measure.count.rules import RULES, Op, Shape, macs
from bench.results.inputs import count_inputs, digests
from bench.results.provenance import provenance
from bench.results.records import CountResult


def count(name: str) -> dict[str, Any]:
    """Counts a zoo model at its full size: batch 1, eval mode, no flip test, no decoding.

    Returns `parameters` {total, trainable, position_embedding} (the last: fixed, part of total and
    not of trainable), `macs`, `flops` {rule: value} and `by_module` {part: {parameters, macs}}.
    Raises `model_zoo.UnknownModel`.
    """
    import torch

    from bench.measure.count.meta import MetaOperations

    with torch.device("meta"), MetaOperations():
        model = model_zoo.build_model(name)
    width, height = model_zoo.input_size(name)
    ops = record(model, (1, 3, height, width))
    return {
        "parameters": parameters(model),
        "macs": macs(ops),
        "flops": {rule: value(ops) for rule, value in RULES.items()},
        "by_module": {
            part: {
                "parameters": sum(p.numel() for p in module.parameters()),
                "macs": macs(op for op in ops if op.module.partition(".")[0] == part),
            }
            for part, module in model.named_children()
            if any(True for _ in module.parameters())
        },
    }


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

    from bench.measure.count.trace import Recorder

    with Recorder(model) as recorder, torch.no_grad():
        model(torch.zeros(shape, device="meta"), None, mode="tensor")
    return recorder.ops


def forward_only(model: Any) -> None:
    """Makes `model(images)` do what counts are about: the network alone, without decoding."""
    forward = model.forward
    model.forward = lambda images: forward(images, None, mode="tensor")


def measure_counts(names: Iterable[str]) -> Iterator[CountResult]:
    """Count zoo models at full size, one result each. Raises `model_zoo.UnknownModel`."""
    for name in names:
        counted = count(name)
        counted["flops"] = {rule: value / 1e9 for rule, value in counted["flops"].items()}
        yield CountResult(
            model=name,
            input_size=model_zoo.input_size(name),
            provenance=provenance(inputs=digests(count_inputs(name))),
            **counted,
        )
