"""Batch norm when a step takes several passes or processes.

Statistics are those of a group (model_zoo/training/batch.py). The running statistics move once a step, by the mean over
all groups, on every process: what they are does not depend on the number of processes.
"""

from collections.abc import Iterator
from contextlib import contextmanager

import torch
import torch.distributed as dist
import torch.distributed.nn.functional as differentiable
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm

PLAIN = (nn.BatchNorm1d, nn.BatchNorm2d, nn.BatchNorm3d)


class SharedBatchNorm(_BatchNorm):
    """Batch norm whose statistics in training are those of the inputs of several processes, equally many each.

    In place of PyTorch's SyncBatchNorm, which has no CPU version. `share_statistics` makes it of a plain one.
    """

    processes: dist.ProcessGroup

    def _check_input_dim(self, input: Tensor) -> None:
        """Any input with channels."""

    def forward(self, input: Tensor) -> Tensor:
        if not self.training:
            return super().forward(input)
        count = input.numel() / input.shape[1] * self.processes.size()
        if count == 1:
            raise ValueError(
                f"batch norm needs more than one value per channel, got {list(input.shape)}"
            )
        x = input.float()
        dims = [0, *range(2, x.dim())]
        shape = [1, -1, *[1] * (x.dim() - 2)]
        mean = self._mean(x.mean(dims))
        x = x - mean.view(shape)
        variance = self._mean(x.square().mean(dims))
        if self.track_running_stats:
            self.num_batches_tracked += 1
            self.running_mean.lerp_(mean.detach(), self.momentum)
            self.running_var.lerp_(variance.detach() * count / (count - 1), self.momentum)
        x = x * (variance + self.eps).rsqrt().view(shape)
        if self.affine:
            x = x * self.weight.view(shape) + self.bias.view(shape)
        return x.to(input.dtype)

    def _mean(self, own: Tensor) -> Tensor:
        """Mean over the processes, with gradients to all of them."""
        return differentiable.all_reduce(own, group=self.processes) / self.processes.size()


def share_statistics(model: nn.Module, sharers: int) -> None:
    """Each `sharers` processes in a row take batch norm's statistics together.

    In place, as the model is already wrapped for several processes and its parameters have to stay.
    """
    if sharers == 1:
        return
    processes, _ = dist.new_subgroups(group_size=sharers)
    for module in model.modules():
        if type(module) in PLAIN:
            module.__class__ = SharedBatchNorm
            module.processes = processes


class RunningStatistics:
    """The running statistics of a model's batch norms over a step of `passes` passes.

    with statistics.step():
        for each pass:
            with statistics.one_pass(): ...
    """

    def __init__(self, model: nn.Module, passes: int) -> None:
        self.passes = passes
        self.norms = [m for m in model.modules() if isinstance(m, _BatchNorm)]
        self.processes = dist.get_world_size() if dist.is_initialized() else 1
        self.trivial = passes == self.processes == 1

    @contextmanager
    def step(self) -> Iterator[None]:
        moving = [m for m in self.norms if m.training and m.track_running_stats]
        if self.trivial or not moving:
            self.buffers: list[Tensor] = []
            yield
            return
        self.buffers = [b for m in moving for b in (m.running_mean, m.running_var)]
        self.before = [b.clone() for b in self.buffers]
        self.total = [torch.zeros_like(b) for b in self.buffers]
        yield
        flat = torch.cat(self.total)
        if self.processes > 1:
            dist.all_reduce(flat)
        means = flat.div_(self.passes * self.processes).split([len(b) for b in self.buffers])
        torch._foreach_copy_(self.buffers, list(means))
        for module in moving:
            module.num_batches_tracked -= self.passes - 1

    @contextmanager
    def one_pass(self) -> Iterator[None]:
        if self.buffers:
            torch._foreach_copy_(self.buffers, self.before)
        yield
        if self.buffers:
            torch._foreach_add_(self.total, self.buffers)
