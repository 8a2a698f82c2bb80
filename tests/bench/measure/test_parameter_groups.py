"""Groups of parameters with equal settings are joined, which changes no weight and no order."""

import torch

from bench.measure.runner import _join_groups


def trained(*, joined: bool) -> tuple[list[torch.Tensor], list[int]]:
    """Weights after five steps of AdamW with a group for each parameter, and how many each group holds."""
    draws = torch.Generator().manual_seed(0)
    weights = [
        torch.nn.Parameter(torch.randn(size, generator=draws)) for size in (3, (17, 5), 1, 40, 8)
    ]
    rates = (1e-3, 1e-3, 1e-2, 1e-3, 1e-3)
    groups = [{"params": [one], "lr": rate} for one, rate in zip(weights, rates, strict=True)]
    optimizer = torch.optim.AdamW(groups, weight_decay=0.1)
    if joined:
        _join_groups(optimizer)
    for _ in range(5):
        for one in weights:
            one.grad = torch.randn(one.shape, generator=draws)
        optimizer.step()
    return weights, [len(group["params"]) for group in optimizer.param_groups]


def test_groups_with_equal_settings_that_follow_each_other_are_joined() -> None:
    separate, one_each = trained(joined=False)
    together, sizes = trained(joined=True)
    assert one_each == [1, 1, 1, 1, 1]
    assert sizes == [2, 1, 2]
    assert all(map(torch.equal, separate, together))
