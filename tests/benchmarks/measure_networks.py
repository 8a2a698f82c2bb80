"""Operators of the networks beside the papers' equations written out: `python -m tests.benchmarks.measure_networks`.

At the papers' sizes, batch 1 and 8, forward (inference) and training step (forward and backward), on one thread. The
two sides get the same weights and inputs, must return the same values, and alternate in one process; the ratio is of
CPU times. Peak memory is that of a process of its own above what it holds with weights and inputs.
"""

import argparse
import json
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn

from model_zoo.layers.deformable import DeformableAttention
from model_zoo.layers.roi_align import RoIPyramid
from model_zoo.querypose.interaction import DynamicMLP, SpatialPartEmbedding
from tests.benchmarks import literal_networks
from tests.benchmarks.measure_evaluation import spread

LEVELS = ((32, 24), (16, 12), (8, 6))  # TFPose-R50 at 256x192
STRIDES = (4, 8, 16, 32)  # QueryPose's pyramid
PEOPLE = 100  # its queries an image
SIDES, BATCHES, STEPS = ("ours", "literal"), (1, 8), ("forward", "training")


class Case(NamedTuple):
    """One operator: `ours` and `literal` return the same; `module` has the weights, `inputs` get gradients, too."""

    ours: Callable[[], Tensor]
    literal: Callable[[], Tensor]
    module: nn.Module
    inputs: list[Tensor]

    def run(self, side: str, step: str) -> Tensor:
        self.module.train(step == "training")
        if step == "forward":
            with torch.inference_mode():
                return getattr(self, side)()
        for tensor in (*self.inputs, *self.module.parameters()):
            tensor.grad = None
        out = getattr(self, side)()
        out.square().sum().backward()
        return out.detach()


def random(*shape: int) -> Tensor:
    return torch.randn(shape).requires_grad_()


def global_attention(batch: int, *, tokens: int, dim: int, heads: int, dropout: float) -> Case:
    layer = nn.MultiheadAttention(dim, heads, dropout=dropout, batch_first=True)
    query, value = random(batch, tokens, dim), random(batch, tokens, dim)
    return Case(
        lambda: layer(query, query, value, need_weights=False)[0],
        lambda: literal_networks.attention(layer, query, value),
        layer,
        [query, value],
    )


def sampling(batch: int, *, queries: int | None = None) -> Case:
    layer = DeformableAttention(dim=256, heads=8, levels=len(LEVELS), points=4)
    layer.reset_parameters()
    tokens = sum(height * width for height, width in LEVELS)
    count = queries or tokens
    query, memory = random(batch, count, 256), random(batch, tokens, 256)
    reference = torch.rand(batch, count, 2)
    arguments = (query, reference, memory, LEVELS)
    return Case(
        lambda: layer(*arguments),
        lambda: literal_networks.deformable(layer, *arguments),
        layer,
        [query, memory],
    )


def interaction(batch: int) -> Case:
    layer = DynamicMLP(query_dim=256, channels=256, hidden=64, size=7, dim=256)
    query, features = random(batch * PEOPLE, 1, 256), random(batch * PEOPLE, 256, 7, 7)
    return Case(
        lambda: layer(query, features),
        lambda: literal_networks.dynamic_mlp(layer, query, features),
        layer,
        [query, features],
    )


def parts(batch: int) -> Case:
    layer = SpatialPartEmbedding(channels=256, parts=7, dim=128)
    people = 10 * batch  # in a training step as many as there are people, about
    query, features = random(people, 7, 128), random(people, 256, 14, 14)
    return Case(
        lambda: layer(query, features),
        lambda: literal_networks.part_embedding(layer, query, features),
        layer,
        [features],
    )


def regions(batch: int) -> Case:
    features = [random(batch, 256, 512 // stride, 768 // stride) for stride in STRIDES]
    corner = torch.rand(batch, PEOPLE, 2) * torch.tensor([500.0, 300.0])
    boxes = torch.cat([corner, corner + 20 + 250 * torch.rand(batch, PEOPLE, 2)], dim=2)
    return Case(
        lambda: RoIPyramid(features, STRIDES).pool(boxes, 7),
        lambda: literal_networks.roi_align(features, STRIDES, boxes, 7),
        nn.Identity(),
        features,
    )


def cases() -> dict[str, Callable[[int], Case]]:
    def attention(**sizes: Any) -> Callable[[int], Case]:
        return lambda batch: global_attention(batch, **sizes)

    ra4, ha6 = {"tokens": 768, "dim": 256, "heads": 8}, {"tokens": 3072, "dim": 96, "heads": 1}
    return {
        "attention at 1/8 (TransPose-R-A4), dropout 0.1": attention(**ra4, dropout=0.1),
        "attention at 1/8, without dropout": attention(**ra4, dropout=0.0),
        "attention at 1/4 (TransPose-H-A6), dropout 0.1": attention(**ha6, dropout=0.1),
        "attention at 1/4, without dropout": attention(**ha6, dropout=0.0),
        "deformable sampling, encoder (TFPose-R50)": sampling,
        "deformable sampling, decoder": lambda batch: sampling(batch, queries=17),
        "dynamic interaction (QueryPose)": interaction,
        "part embedding (QueryPose)": parts,
        "RoIAlign (QueryPose)": regions,
    }


def made(name: str, batch: int) -> Case:
    torch.manual_seed(0)
    return cases()[name](batch)


def check(case: Case) -> None:
    """The two sides return the same values and, where nothing is drawn, the same gradients."""
    values = [case.run(side, "forward") for side in SIDES]
    torch.testing.assert_close(*values, rtol=1e-4, atol=1e-4)
    if getattr(case.module, "dropout", 0.0):
        return
    found = []
    for side in SIDES:
        case.run(side, "training")
        grads = ((one, one.grad) for one in case.inputs)  # none where no box reads a map
        found.append([torch.zeros_like(one) if g is None else g.clone() for one, g in grads])
    torch.testing.assert_close(*found, rtol=1e-3, atol=1e-2)


def ratios(case: Case, step: str, rounds: int) -> list[float]:
    found = []
    for _ in range(rounds):
        seconds = {}
        for side in SIDES:
            start = time.process_time()
            case.run(side, step)
            seconds[side] = time.process_time() - start
        found.append(seconds["literal"] / seconds["ours"])
    return found


def memory(entry: str) -> int:
    """Kilobytes of this process: VmRSS now, VmHWM at most since the last reset (Linux)."""
    lines = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines())
    return int(lines[entry].split()[0])


def peak(case: Case, side: str, step: str) -> float:
    """Megabytes above those of weights and inputs."""
    Path("/proc/self/clear_refs").write_text("5")
    held = memory("VmRSS")
    case.run(side, step)
    return (memory("VmHWM") - held) / 1024


def peak_elsewhere(*names: str) -> float:
    command = [sys.executable, "-m", "tests.benchmarks.measure_networks", "--peak", *names]
    return float(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout)


def main() -> None:
    torch.set_num_threads(1)
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--only", default="", help="part of an operator's name")
    parser.add_argument("--batches", type=int, nargs="+", default=BATCHES)
    parser.add_argument("--peak", nargs=4, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.peak:
        name, batch, side, step = options.peak
        print(json.dumps(peak(made(name, int(batch)), side, step)))
        return
    print("| operator | batch | step | time | memory, ours | literal |\n|---|---|---|---|---|---|")
    for name in (one for one in cases() if options.only in one):
        for batch in options.batches:
            case = made(name, batch)
            check(case)
            for step in STEPS:
                time_ratio = spread(ratios(case, step, options.rounds), ".1f")
                ours, theirs = (peak_elsewhere(name, str(batch), side, step) for side in SIDES)
                print(
                    f"| {name} | {batch} | {step} | {time_ratio} | {ours:.0f} MB | {theirs:.0f} MB |",
                    flush=True,
                )


if __name__ == "__main__":
    main()
