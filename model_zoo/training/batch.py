"""The batch of a training: how many images a step takes in all, and which of them belong together.

A config states both in `train_dataloader`: `total_batch_size`, the images of one step over all processes, and
`group_size`, the images that go through the network together (the whole batch if it is not given). Batch norm takes its
statistics over a group, and images of several sizes are padded to the largest of their group, so a group is what one
of the authors' GPUs saw at a time. A process that has several groups of a step takes one after the other and adds up
their gradients.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ..errors import ZooError


class BadBatch(ZooError):
    """A batch that is not stated, or that this many processes cannot share; the message lists what is allowed."""


@dataclass(frozen=True)
class Share:
    """What each of `processes` does in a step of `total` images in groups of `group`."""

    total: int
    group: int
    processes: int = 1

    @property
    def images(self) -> int:
        """Images of one process in a step."""
        return self.total // self.processes

    @property
    def passes(self) -> int:
        """Passes through the network that one process makes in a step, one for each of its groups."""
        return max(1, self.images // self.group)

    @property
    def sharers(self) -> int:
        """Processes that share one group: they take batch norm's statistics together."""
        return max(1, self.group // self.images)


def share(loader: Mapping[str, Any], processes: int = 1) -> Share:
    """How `processes` share the batch that a config's `train_dataloader` states.

    Groups are split between processes only if all images have one size (no `batch_sampler`, which pads). Raises
    `BadBatch`.
    """
    for name in ("batch_size", "sampler"):
        if name in loader:
            raise BadBatch(
                f"train_dataloader.{name} is not used here: state total_batch_size, the images of a step over all "
                "processes, and group_size, those that go through the network together"
            )
    total, group = loader.get("total_batch_size"), loader.get("group_size")
    group = total if group is None else group
    for name, value in (("total_batch_size", total), ("group_size", group)):
        if not isinstance(value, int) or isinstance(value, bool) or value < 1:
            raise BadBatch(
                f"train_dataloader.{name} is {value!r}; it must be a whole number above 0"
            )
    if total % group:
        divisors = [n for n in range(1, total + 1) if total % n == 0]
        raise BadBatch(
            f"a batch of {total} images does not consist of groups of {group}; allowed are {_listed(divisors)}"
        )
    allowed = _allowed(total, group, whole="batch_sampler" in loader)
    if processes not in allowed:
        raise BadBatch(
            f"a batch of {total} images in groups of {group} cannot be shared by {processes} processes; "
            f"allowed are {_listed(allowed)}"
        )
    return Share(total, group, processes)


def allowed_processes(loader: Mapping[str, Any]) -> list[int]:
    """All numbers of processes that can share the batch. Raises `BadBatch` if it is not stated rightly."""
    one = share(loader)
    return _allowed(one.total, one.group, whole="batch_sampler" in loader)


def _allowed(total: int, group: int, *, whole: bool) -> list[int]:
    groups = total // group
    each = [n for n in range(1, groups + 1) if groups % n == 0]
    split = [n for n in range(2 * groups, total + 1, groups) if total % n == 0]
    return each if whole else each + split


def _listed(numbers: list[int]) -> str:
    return ", ".join(map(str, numbers))
