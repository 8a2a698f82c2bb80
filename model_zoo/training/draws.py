"""Which sample comes when, and what its augmentations draw: a function of seed and position, and of nothing else.

The order of an epoch follows from (seed, epoch), the random numbers of a sample from (seed, its position in the
training), those of a pass through the network (dropout) from (seed, step, its first image). So 0 or n data workers,
persistent or not, one or n processes, whole or resumed trainings draw the same numbers, and no two seeds, epochs or
workers share any. Dropout alone is another where processes split a group: each makes a pass of its own.

MMEngine 0.10.7 instead shuffles by seed + epoch (epoch 1 of seed 0 is epoch 0 of seed 1), seeds workers by
workers x rank + worker + seed, and begins the first epoch's augmentations again after a resume.
"""

import functools
import hashlib
import itertools
import random
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np
import torch
from torch.utils.data import Dataset, Sampler

from .batch import Share


class Draw(NamedTuple):
    """A sample that is drawn: its index in the data set, and its position in the training, counted from 0."""

    index: int
    position: int


def hashed(*what: str | int) -> int:
    """A number of 128 bits for a purpose and its numbers; equal for equal arguments only."""
    return int.from_bytes(hashlib.blake2b(repr(what).encode(), digest_size=16).digest(), "big")


def words(number: int) -> list[int]:
    """A number of 128 bits as NumPy's legacy generator takes it for a seed."""
    return [number >> shift & 0xFFFFFFFF for shift in (0, 32, 64, 96)]


def seed_generators(*what: str | int) -> None:
    """Start Python's, NumPy's and PyTorch's global generators (on the CPU and on GPUs) from `hashed(*what)`."""
    number = hashed(*what)
    random.seed(number)
    np.random.seed(words(number))
    torch.default_generator.manual_seed(
        number & 0x7FFFFFFFFFFFFFFF
    )  # torch.manual_seed takes 0.25 ms
    if torch.cuda.is_initialized():  # not in data workers
        torch.cuda.manual_seed_all(number & 0x7FFFFFFFFFFFFFFF)


def order(size: int, seed: int, epoch: int) -> list[int]:
    """The samples 0 to size - 1 in the order of an epoch."""
    return (
        np.random.Generator(np.random.PCG64(hashed("order", seed, epoch)))
        .permutation(size)
        .tolist()
    )


class SeededSamples(Dataset):
    """A data set whose samples are asked for by `Draw`s and draw the same augmentations wherever they are loaded.

    Samples of a top-down data set come as a batch at once (`model_zoo.inputs.topdown`), equal to those one by one.
    """

    def __init__(self, dataset: Any, seed: int) -> None:
        self.dataset, self.seed = dataset, seed
        self.generator = np.random.RandomState(0)

    def __len__(self) -> int:
        return len(self.dataset)

    def __getitem__(self, draw: Draw) -> Any:
        seed_generators("sample", self.seed, draw.position)
        return self.dataset[draw.index]

    def __getitems__(self, draws: Sequence[Draw]) -> Any:
        """What the collate function takes: a whole batch, or a list of samples."""
        if not hasattr(type(self.dataset), "batch"):
            return [self[draw] for draw in draws]
        randoms = [functools.partial(self._seeded, draw.position) for draw in draws]
        return self.dataset.batch([draw.index for draw in draws], randoms)

    def _seeded(self, position: int) -> np.random.RandomState:
        """The generator of one sample, in the state that `seed_generators` gives NumPy's own."""
        self.generator.seed(words(hashed("sample", self.seed, position)))
        return self.generator

    def __getattr__(self, name: str) -> Any:
        """Everything else is the data set's."""
        if name == "dataset" or name.startswith("__"):
            raise AttributeError(name)
        return getattr(self.dataset, name)


class Stream:
    """The draws of a training, from `start` on, without end.

    `rounded` (trainings by epochs): each epoch is filled up with its first samples to a multiple of that number.
    """

    def __init__(self, dataset: Any, seed: int, rounded: int = 1) -> None:
        self.dataset, self.seed = dataset, seed
        self.size = len(dataset)
        self.length = -(-self.size // rounded) * rounded

    def __iter__(self) -> Iterator[Draw]:
        return self.start(0)

    def start(self, position: int) -> Iterator[Draw]:
        for epoch in itertools.count(position // self.length):
            indices = order(self.size, self.seed, epoch)
            begin = position - epoch * self.length if epoch == position // self.length else 0
            for place in range(begin, self.length):
                yield Draw(indices[place % self.size], epoch * self.length + place)


class StepBatches(Sampler):
    """The draws of one process, a list for each step, from the step `begin` on: its share of the common order.

    endless: without epochs. groups: makes groups of the stream's draws (QueryPose's `AspectRatioBatches`); without it
    they are taken as they come. The step's groups are dealt to the processes in their order, so all together take the
    same images for any number of processes.
    """

    def __init__(
        self, stream: Stream, share: Share, rank: int, *, endless: bool, groups: Any = None
    ) -> None:
        self.stream, self.share, self.rank = stream, share, rank
        self.endless, self.groups = endless, groups
        self.begin = 0

    def __len__(self) -> int:
        """Steps of an epoch."""
        return -(-self.stream.size // self.share.total)

    def __iter__(self) -> Iterator[list[Draw]]:
        ours = slice(self.rank * self.share.images, (self.rank + 1) * self.share.images)
        draws = self._draws()
        left = itertools.count() if self.endless else range(self.begin % len(self), len(self))
        for _ in left:
            yield list(itertools.islice(draws, self.share.total))[ours]

    def _draws(self) -> Iterator[Draw]:
        first = self.begin * self.share.total
        if self.groups is None:
            return self.stream.start(first)
        return itertools.islice(itertools.chain.from_iterable(self.groups), first, None)
