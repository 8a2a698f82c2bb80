"""What the public counters return for one operator each, beside the count by hand: why their totals differ.

The figures are those of the pinned versions (extra `counters` in pyproject.toml).
"""

import time
from pathlib import Path

import pytest
import torch
from torch import nn

from bench.errors import UnknownName
from bench.measure.count import adapters, processes
from bench.measure.count.beside import COLUMNS, beside
from bench.measure.count.counters import COUNTERS, chosen, installed
from bench.measure.count.processes import count_publicly
from bench.paths import ROOT
from bench.results.public_counts import read_public_counts
from model_zoo import compat
from tests.bench.measure.count.operators import (
    DIM,
    ELEMENTS,
    LENGTH,
    PLACES,
    PRODUCTS,
    PROJECTIONS,
    SHAPE,
    Fused,
    MultiHead,
    cases,
)

DECONV = PLACES * 8 * 8 * 16
TOKENS = LENGTH * DIM * 5
SQUARE = LENGTH * LENGTH * DIM


pytestmark = pytest.mark.process  # one for each counter and setting
compat.import_mmpose()  # makes torchvision importable where its compiled operators do not load


def answers(counter: str, network: nn.Module) -> dict[str, int | str | None]:
    """Setting -> multiply-accumulates that the counter gives, or its error."""
    if installed(counter) is None:
        pytest.skip(f"{counter} is not installed: pip install '.[counters]'")
    found = count_publicly(network, SHAPE, [counter])
    return {one.setting: one.failed or one.macs for one in found}


def built(name: str) -> nn.Module:
    with torch.device("meta"):
        return cases()[name].network


def first(counter: str, name: str) -> int | str | None:
    return next(iter(answers(counter, built(name)).values()))


def test_torch_counts_fused_attention_on_the_cpu_only_with_dropout():
    with torch.device("meta"):
        network = Fused(dropout=0.5, contiguous=True)
    assert answers("torch", network) == {
        "eval mode on the CPU": 0,
        "eval mode under no_grad on the CPU": 0,
        "train mode on the CPU": PRODUCTS,
        "eval mode on the meta device": PRODUCTS,
    }


def test_torch_counts_fused_attention_of_queries_that_are_not_contiguous():
    """The CPU's fused kernel needs a contiguous last dimension; else the products are computed one by one."""
    assert first("torch", "fused attention") == PRODUCTS


class Learned(nn.Module):
    """A layer whose input is a view of a parameter, as learned queries are in a batch."""

    def __init__(self) -> None:
        super().__init__()
        self.queries, self.layer = nn.Parameter(torch.zeros(3, DIM)), nn.Linear(DIM, DIM)

    def forward(self, image):
        return self.layer(self.queries.expand(2, -1, -1)) + image.sum()


def test_torch_fails_under_no_grad_where_a_view_of_a_parameter_is_an_input():
    with torch.device("meta"):
        network = Learned()
    found = answers("torch", network)
    assert found["eval mode on the CPU"] == 6 * DIM * DIM
    assert (
        found["eval mode under no_grad on the CPU"]
        == "AssertionError: Expected gradient function to be set"
    )


def test_torch_counts_nothing_of_multi_head_attention_under_no_grad():
    with torch.device("meta"):
        network = MultiHead(weights=True)
    found = answers("torch", network)
    assert found["eval mode on the CPU"] == PRODUCTS + PROJECTIONS
    assert found["eval mode under no_grad on the CPU"] == 0


@pytest.mark.parametrize(
    ("counter", "name", "macs"),
    [
        # transposed convolutions at their output positions: stride 2, four times as many
        ("thop", "transposed convolution", 4 * DECONV),
        ("torchinfo", "transposed convolution", 4 * DECONV),
        ("torchprofile", "transposed convolution", 4 * DECONV),
        ("fvcore", "transposed convolution", DECONV),
        ("ptflops", "transposed convolution", DECONV),
        ("torch", "transposed convolution", DECONV),
        ("mmengine", "transposed convolution", DECONV),
        ("mmcv", "transposed convolution", DECONV),
        ("calflops", "transposed convolution", DECONV),
        # groups, times that
        ("torchprofile", "transposed convolution, 4 groups to 4", 16 * PLACES * 8 * 16),
        ("calflops", "transposed convolution, depthwise", 0),
        # attention
        ("thop", "multi-head attention", 0),
        ("thop", "fused attention", 0),
        ("fvcore", "fused attention", 0),
        ("torchinfo", "fused attention", 0),
        ("mmcv", "multi-head attention", 0),
        # products outside layers
        ("thop", "operator @", 0),
        ("torchinfo", "operator @", 0),
        ("mmcv", "operator @", 0),
        ("fvcore", "operator @", SQUARE),
        ("torch", "operator @", SQUARE),
        ("calflops", "linear layer on tokens, then @", TOKENS),
        ("ptflops", "linear layer on tokens, then @", TOKENS + LENGTH * 5),
        ("torchinfo", "linear layer on tokens, then @", DIM * 5 + 5),
        ("torchprofile", "operator @", SQUARE),
        # norms and activations
        ("thop", "batch norm", 4 * ELEMENTS),
        ("fvcore", "batch norm", 2 * ELEMENTS),
        ("ptflops", "batch norm", 2 * ELEMENTS),
        ("torchprofile", "batch norm", ELEMENTS),
        ("mmcv", "batch norm", 2 * ELEMENTS),
        ("torchinfo", "batch norm", 2 * 8),
        ("torch", "batch norm", 0),
        ("calflops", "batch norm", 0),
        ("thop", "layer norm", 4 * ELEMENTS),
        ("fvcore", "layer norm", 5 * ELEMENTS),
        ("ptflops", "activation", 2 * ELEMENTS),
        ("mmcv", "activation", ELEMENTS),
        ("thop", "activation", 0),
        # torchinfo multiplies a linear layer by the batch, not by the tokens
        ("torchinfo", "linear layer on tokens", DIM * 5 + 5),
        ("thop", "linear layer on tokens", TOKENS),
        ("fvcore", "linear layer on tokens", TOKENS),
    ],
)
def test_what_a_counter_makes_of_an_operator(counter, name, macs):
    assert first(counter, name) == macs


def test_fvcore_rounds_an_einsum_to_four_digits():
    assert first("fvcore", "einsum of 102,152 products") == 102_150


def test_thop_and_ptflops_skip_the_layers_of_mmcv():
    """Their tables are of exact classes; MMCV's `ConvTranspose2d` extends that of PyTorch."""
    from mmcv.cnn.bricks.wrappers import ConvTranspose2d

    with torch.device("meta"):
        layer = nn.Sequential(ConvTranspose2d(8, 8, 4, stride=2, padding=1, bias=False))
    for counter, here in (("thop", 4 * DECONV), ("ptflops", DECONV)):
        found = list(answers(counter, layer).values())
        assert found[:2] == [0, here]


def test_a_rewritten_attention_has_the_shapes_and_the_exact_count_of_the_original():
    torch.manual_seed(0)
    x, y = torch.rand(2, 5, DIM), torch.rand(2, 7, DIM)
    for batch_first in (True, False):
        known = nn.MultiheadAttention(DIM, 2, batch_first=batch_first).eval()
        written = adapters.LinearAttention(known)
        weights = known.in_proj_weight.chunk(3)
        for layer, weight in zip((written.query, written.key, written.value), weights, strict=True):
            layer.weight.data, layer.bias.data = weight.data, torch.zeros(DIM)
        written.out.load_state_dict(known.out_proj.state_dict())
        inputs = (x, y, y) if batch_first else tuple(t.transpose(0, 1) for t in (x, y, y))
        torch.testing.assert_close(written(*inputs)[0], known(*inputs)[0])


# ---------------------------------------------------------------- processes


def test_a_counter_that_fails_hangs_or_dies_is_shown_as_such(monkeypatch):
    def fails(*_):
        raise ValueError("no such layer (/home/somebody/thop.py)\nsecond line")

    def dies(*_):
        import os

        os._exit(7)

    failures = {"fails": fails, "hangs": lambda *_: time.sleep(60), "dies": dies}
    monkeypatch.setattr(processes, "installed", lambda counter: "1.0")
    said = []
    for function in failures.values():
        monkeypatch.setitem(adapters.ADAPTERS, "mmengine", function)
        (found,) = count_publicly(built("operator @"), SHAPE, ["mmengine"], limit_s=0.5)
        assert found.operations is None
        said.append(found.failed)
    assert said == [
        "ValueError: no such layer",
        "no answer within 0.5 s",
        "its process ended with status 7",
    ]


def test_a_counter_that_is_not_installed_is_one_line_with_the_command(monkeypatch):
    monkeypatch.setattr(processes, "installed", lambda counter: None)
    (found,) = count_publicly(built("operator @"), SHAPE, ["calflops"])
    assert found.failed == "not installed: pip install 'repropose[counters]'"


def test_another_version_is_found_in_its_folder(tmp_path: Path):
    (tmp_path / "thop").mkdir()
    (tmp_path / "thop" / "__init__.py").write_text("def profile(*_, **__):\n    return 12.0, 3.0\n")
    dist = tmp_path / "thop-0.0.1.dist-info"
    dist.mkdir()
    (dist / "METADATA").write_text("Metadata-Version: 2.1\nName: thop\nVersion: 0.0.1\n")
    one, *_ = count_publicly(built("operator @"), SHAPE, ["thop"], package=tmp_path)
    assert (one.name, one.operations, one.parameters) == ("thop 0.0.1", 12, 3)


@pytest.mark.parametrize("text", ["flopco", "thop,flopco", "", ","])
def test_an_unknown_counter_is_one_clear_line(text):
    with pytest.raises(UnknownName) as rejected:
        chosen(text)
    assert "unknown counter" in str(rejected.value)


def test_each_counter_is_run_once_in_the_given_order():
    assert chosen(" thop, fvcore,thop") == ["thop", "fvcore"]
    assert set(COUNTERS) == set(adapters.ADAPTERS)


def test_a_network_is_shown_with_its_exact_count_and_what_is_not_installed(monkeypatch):
    monkeypatch.setattr(processes, "installed", lambda counter: None)
    exact, missing = beside("transpose-r-a3", ["thop"])
    assert list(exact) == list(COLUMNS)
    assert (exact["counter"], round(exact["GMACs"], 3)) == ("exact", 5.414)
    assert exact["note"] == "parameters with 196,608 of a fixed position embedding"
    assert missing["GMACs"] is None
    assert missing["note"] == "not installed: pip install 'repropose[counters]'"


@pytest.mark.parametrize(
    ("name", "counter", "setting", "gmacs"),
    [  # what readers' own counters show (docs/zoo.md)
        ("transpose-h-s", "thop", "eval mode", 4.959),
        ("transpose-h-s", "torchinfo", "eval mode", 4.695),
        ("transpose-h-s", "torch", "eval mode on the CPU", 5.097),
        ("transpose-h-s", "torch", "eval mode on the meta device", 9.929),
        ("transpose-h-s", "ptflops", "backend pytorch", 10.033),
        ("transpose-h-s", "mmengine", "eval mode", 5.134),
        ("lightpose-r50", "thop", "eval mode", 3.609),
        ("lightpose-r50", "torchinfo", "eval mode", 3.266),
        ("lightpose-r50", "torch", "eval mode on the CPU", 3.868),
        ("lightpose-r50", "ptflops", "backend pytorch", 4.026),
        ("lightpose-r50", "mmengine", "eval mode", 3.892),
    ],
)
def test_the_committed_counts_are_what_the_docs_say(name, counter, setting, gmacs):
    counts = read_public_counts(ROOT / "reports" / "measured")[name].counts
    (macs,) = (
        one.macs
        for one in counts
        if (one.counter, one.setting) == (counter, setting) and not one.version.startswith("0.0")
    )
    assert round(macs / 1e9, 3) == gmacs
