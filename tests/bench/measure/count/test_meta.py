"""Operations that run once on the meta device and are remembered: the same tensors and counts as when all run."""

import pytest
import torch
from torch.utils._pytree import tree_leaves

import model_zoo
from bench.measure.count.meta import Layout, MetaOperations
from bench.measure.count.trace import Recorder


class Forgetful(dict):
    """Remembers nothing, so that every operation runs."""

    def get(self, key, default=None):
        return default


@pytest.fixture
def memory(monkeypatch):
    found = {}
    monkeypatch.setattr(MetaOperations, "_results", found)
    return found


def counted(name):
    """Layouts of a small network's weights and of its output, and what it did."""
    with torch.device("meta"), MetaOperations():
        model = model_zoo.build_model(name, tier="smoke").eval()
    width, height = model_zoo.input_size(name, tier="smoke")
    with Recorder(model) as recorder, torch.no_grad():
        out = model(torch.zeros(1, 3, height, width, device="meta"), None, mode="tensor")
    weights = {key: Layout.of(value) for key, value in model.state_dict().items()}
    return weights, [Layout.of(value) for value in tree_leaves(out)], recorder.ops


@pytest.mark.parametrize(
    "name",
    [
        "transpose-h-a4",
        "tfpose-r50-e6d6",
        "lightpose-r50",
        "lofr-r50",
        "querypose-r50",
        "hrnet-w32",
    ],
)
def test_a_network_is_the_same(memory, monkeypatch, name):
    first, again = counted(name), counted(name)
    assert memory
    monkeypatch.setattr(MetaOperations, "_results", Forgetful())
    assert counted(name) == first == again


def test_an_operation_runs_once_for_a_layout(memory):
    with MetaOperations():
        a = torch.empty(3, 4, device="meta")
        before = len(memory)
        first, second = a.exp(), a.exp()
        assert len(memory) == before + 1
        assert first is not second
        assert Layout.of(first) == Layout.of(second) == Layout((3, 4), (4, 1), torch.float32)
        a.t().contiguous().exp()
        a.double().exp()
        a.softmax(0), a.softmax(1)
        assert Layout.of(a.t().exp()) == Layout((4, 3), (1, 4), torch.float32)
        assert [tuple(part.shape) for part in a.sort(dim=1)] == [(3, 4), (3, 4)]
        assert a.sum(dtype=torch.float64).dtype == torch.float64
        assert a.add(1).dtype == torch.float32
        assert a.long().add(True).dtype == a.long().add(1).dtype == torch.int64
        assert a.bool().add(True).dtype == torch.bool
        assert a.bool().add(1).dtype == torch.int64  # True and 1 are equal and not the same


def test_views_and_changes_in_place_keep_their_tensors(memory):
    for _ in range(2):
        with MetaOperations():
            a = torch.empty(2, 3, device="meta")
            assert a.add_(1) is a
            assert a.view(6)._base is a
            a.unsqueeze_(0)
            assert a.shape == (1, 2, 3)
            out = torch.empty(2, 3, device="meta")
            torch.exp(torch.empty(2, 3, device="meta"), out=out)
            assert out.shape == (2, 3)


def test_numbers_are_computed_each_time(memory):
    with MetaOperations():
        assert torch.tensor([1.0, 2.0]).sum().item() == 3
        assert torch.tensor([1.0, 3.0]).sum().item() == 4
        torch.manual_seed(0)
        assert not torch.equal(torch.rand(3, device="cpu"), torch.rand(3, device="cpu"))


def test_wrong_shapes_are_refused_each_time(memory):
    for _ in range(2):
        with MetaOperations(), pytest.raises(RuntimeError):
            torch.empty(2, 3, device="meta") @ torch.empty(2, 3, device="meta")
