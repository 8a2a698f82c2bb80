"""Our exact count of every kind of operator that public counters miss, in eval mode and in train mode."""

import pytest
import torch

from bench.measure.count.model_counts import record
from bench.measure.count.rules import macs
from tests.bench.measure.count.operators import SHAPE, cases


class Zoo(torch.nn.Module):
    """Called as a model of the zoo."""

    def __init__(self, network: torch.nn.Module) -> None:
        super().__init__()
        self.network = network

    def forward(self, images, data_samples, mode):
        return self.network(images)


@pytest.mark.parametrize("mode", ["eval", "train"])
@pytest.mark.parametrize("name", cases())
def test_every_operator_is_counted_exactly(name, mode):
    with torch.device("meta"):
        network, expected = cases()[name]
    model = Zoo(network).train(mode == "train")
    assert macs(record(model, SHAPE)) == expected  # under no_grad
