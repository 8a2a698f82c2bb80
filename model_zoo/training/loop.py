"""The training loop: by epochs or by iterations, in groups, on any number of processes."""

from collections.abc import Mapping
from typing import Any

import torch
from mmengine.dist import get_dist_info
from mmengine.registry import DATA_SAMPLERS, DATASETS, LOOPS
from mmengine.runner import BaseLoop
from torch.utils.data import DataLoader

from ..inputs.topdown import CropBatches, batch_collate, steps_of
from ..losses.step_counts import counted
from .batch import share
from .batch_norm import RunningStatistics, share_statistics
from .draws import SeededSamples, StepBatches, Stream, seed_generators


def training_loader(settings: Mapping[str, Any], *, seed: int, endless: bool = False) -> DataLoader:
    """The loader of this process's share of the batch that `settings`, a config's `train_dataloader`, states.

    Raises `BadBatch` if this number of processes cannot share it.
    """
    rank, processes = get_dist_info()
    own = share(settings, processes)
    given = dict(settings)
    for name in ("total_batch_size", "group_size"):
        given.pop(name, None)
    if not given.get("num_workers"):
        given["persistent_workers"] = False
    data = DATASETS.build(given.pop("dataset"))
    if steps_of(data):
        data = CropBatches(data)
    data = SeededSamples(data, seed)
    stream = Stream(data, seed, 1 if endless else own.total)
    groups = given.pop("batch_sampler", None)
    if groups is not None:
        groups = DATA_SAMPLERS.build(
            groups, default_args=dict(sampler=stream, batch_size=own.group)
        )
    batches = StepBatches(stream, own, rank, endless=endless, groups=groups)
    return DataLoader(data, batch_sampler=batches, collate_fn=batch_collate, **given)


@LOOPS.register_module()
class GroupedTrainLoop(BaseLoop):
    """MMEngine's loops by epochs and by iterations, with the batch of `model_zoo.training.batch`.

    One iteration is one step of the optimiser on the whole batch, for any number of processes and groups. A resumed
    training goes on where it stopped, in the middle of an epoch too, and loads nothing that it has seen.

    Args:
        dataloader: a config's `train_dataloader`.
        max_epochs or max_iters: the length; val_begin, val_interval: as MMEngine's, in the same unit.
    """

    def __init__(
        self,
        runner: Any,
        dataloader: Mapping[str, Any],
        *,
        max_epochs: int | None = None,
        max_iters: int | None = None,
        val_begin: int = 1,
        val_interval: int = 1,
    ) -> None:
        if (max_epochs is None) == (max_iters is None):
            raise ValueError("train_cfg needs either max_epochs or max_iters")
        by_epoch = max_epochs is not None
        loader = training_loader(dataloader, seed=runner.seed, endless=not by_epoch)
        super().__init__(runner, loader)
        self.batches = loader.batch_sampler
        self.share = self.batches.share
        self.by_epoch = by_epoch
        self.max_epochs = int(max_epochs or 0) if by_epoch else 1
        self.max_iters = self.max_epochs * len(self.batches) if by_epoch else int(max_iters or 0)
        self.val_begin, self.val_interval = val_begin, val_interval
        self.stop_training = False
        self._epoch = self._iter = 0  # the runner sets both when it resumes
        if hasattr(loader.dataset, "metainfo"):
            runner.visualizer.dataset_meta = loader.dataset.metainfo

    @property
    def epoch(self) -> int:
        return self._epoch

    @property
    def iter(self) -> int:
        return self._iter

    def run(self) -> torch.nn.Module:
        """Train from the epoch or iteration that is reached to the last."""
        share_statistics(self.runner.model, self.share.sharers)
        self.statistics = RunningStatistics(self.runner.model, self.share.passes)
        self._add_up_gradients()
        self.runner.call_hook("before_train")
        if self.by_epoch:
            if self._iter == (self._epoch + 1) * len(self.batches):
                raise ValueError(
                    "a training by epochs cannot resume from a checkpoint that was saved by iterations "
                    "at the end of an epoch; set default_hooks.checkpoint.by_epoch"
                )
            while self._epoch < self.max_epochs and not self.stop_training:
                self._run_epoch()
                self._epoch += 1
                self._validate(self._epoch, self.max_epochs)
        else:
            self._run_epoch()
        self.runner.call_hook("after_train")
        return self.runner.model

    def _run_epoch(self) -> None:
        """One epoch, or all iterations."""
        self.runner.call_hook("before_train_epoch")
        self.batches.begin = self._iter
        if self._iter < self.max_iters and not self.stop_training:
            for number, batch in enumerate(self.dataloader, self._iter % len(self.batches)):
                self.runner.model.train()
                self.run_iter(number if self.by_epoch else self._iter, batch)
                if not self.by_epoch:
                    self._validate(self._iter, self.max_iters)
                    if self._iter >= self.max_iters or self.stop_training:
                        break
        self.runner.call_hook("after_train_epoch")

    def run_iter(self, number: int, batch: dict[str, Any]) -> None:
        """One step of the optimiser: a pass for each group of this process. batch: lists, one entry an image."""
        self.runner.call_hook("before_train_iter", batch_idx=number, data_batch=batch)
        samples = batch["data_samples"]
        size = len(samples) // self.share.passes
        first = self.batches.rank * self.share.images
        outputs = []
        with counted(samples, self.share.passes), self.statistics.step():
            for begin in range(0, len(samples), size):
                seed_generators("pass", self.runner.seed, self._iter, first + begin)
                group = {key: value[begin : begin + size] for key, value in batch.items()}
                with self.statistics.one_pass():
                    outputs.append(
                        self.runner.model.train_step(group, optim_wrapper=self.runner.optim_wrapper)
                    )
        means = {name: sum(one[name] for one in outputs) / len(outputs) for name in outputs[0]}
        self.runner.call_hook("after_train_iter", batch_idx=number, data_batch=batch, outputs=means)
        self._iter += 1

    def _add_up_gradients(self) -> None:
        """The optimiser steps, and processes exchange gradients, after the last pass of a step."""
        wrapper, passes = self.runner.optim_wrapper, self.share.passes
        wrapper._accumulative_counts = passes
        wrapper._inner_count, wrapper._max_counts = self._iter * passes, self.max_iters * passes
        wrapper._remainder_counts = 0

    def _validate(self, done: int, last: int) -> None:
        due = done % self.val_interval == 0 or done == last
        if self.runner.val_loop is not None and done >= self.val_begin and due:
            self.runner.val_loop.run()
