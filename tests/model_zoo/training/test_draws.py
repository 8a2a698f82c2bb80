"""The order of samples and the numbers that their augmentations draw: nothing but seed and position decides them."""

import itertools
import random

import numpy as np
import pytest
import torch
from mmengine.registry import DefaultScope
from torch.utils.data import DataLoader

import model_zoo
from bench.catalog.load import load_catalog
from bench.datasets.prepare import prepare
from model_zoo.querypose.data import AspectRatioBatches
from model_zoo.training.batch import Share
from model_zoo.training.draws import (
    SeededSamples,
    StepBatches,
    Stream,
    hashed,
    order,
    seed_generators,
)
from model_zoo.training.loop import training_loader


class Numbers:
    """A data set whose samples are their index and a number of each global generator."""

    def __init__(self, size: int) -> None:
        self.size = size

    def __len__(self) -> int:
        return self.size

    def __getitem__(self, index: int) -> tuple:
        return index, random.random(), float(np.random.rand()), float(torch.rand(()))


def batches(size, share, *, seed=0, rank=0, endless=False, begin=0, groups=None):
    stream = Stream(Numbers(size), seed, 1 if endless else share.total)
    found = StepBatches(stream, share, rank, endless=endless, groups=groups and groups(stream))
    found.begin = begin
    return found


def drawn(*, seed=0, epochs=2, workers=0, persistent=False, processes=1, size=10, total=4):
    """Samples of several epochs, in the order of the steps, by all processes together."""
    steps: dict[int, list] = {}
    for rank in range(processes):
        own = batches(size, Share(total, total // processes, processes), seed=seed, rank=rank)
        loader = DataLoader(
            SeededSamples(Numbers(size), seed),
            batch_sampler=own,
            num_workers=workers,
            persistent_workers=persistent,
            collate_fn=list,
        )
        for epoch in range(epochs):
            own.begin = epoch * len(own)
            for step, batch in enumerate(loader, own.begin):
                steps.setdefault(step, []).extend(batch)
    return [steps[number] for number in sorted(steps)]


@pytest.mark.parametrize(
    "how",
    [
        dict(workers=1),
        dict(workers=2),
        dict(workers=2, persistent=True),
        dict(processes=2),
        dict(processes=4),
        dict(processes=2, workers=2, persistent=True),
    ],
)
def test_workers_and_processes_draw_what_one_process_draws(how):
    assert drawn(**how) == drawn()


def test_no_two_seeds_epochs_or_samples_share_numbers():
    """Of what MMEngine 0.10.7 draws, seed 1 repeats seed 0 an epoch or a worker later."""
    seen = [
        numbers
        for seed in range(5)
        for batch in drawn(seed=seed, epochs=6)
        for _, *numbers in batch
    ]
    for generator in zip(*seen, strict=True):
        assert len(set(generator)) == len(seen)


def seeds_of_all_runs(tier):
    found = {seed for run in load_catalog().runs.values() for seed in getattr(run.seeds, tier)}
    return sorted(found | {0, 1, 2, 7})


@pytest.mark.parametrize("tier", model_zoo.TIERS)
def test_no_two_seeds_of_any_run_share_a_stream(tier):
    """Neither of a sample's augmentations nor of a pass through the network (dropout), at any position."""
    starts, numbers = [], []
    for seed, position in itertools.product(seeds_of_all_runs(tier), range(300)):
        for purpose in (("sample", seed, position), ("pass", seed, position, 32 * position)):
            starts.append(hashed(*purpose))
            seed_generators(*purpose)
            drawn = torch.rand((), dtype=torch.float64)
            numbers.append((random.random(), float(np.random.rand()), float(drawn)))
    assert len(set(starts)) == len(starts)
    for generator in zip(*numbers, strict=True):
        assert len(set(generator)) == len(numbers)


@pytest.mark.parametrize("tier", model_zoo.TIERS)
def test_no_two_seeds_of_any_run_share_an_order(tier):
    orders = [
        tuple(order(50, seed, epoch)) for seed in seeds_of_all_runs(tier) for epoch in range(240)
    ]
    assert len(set(orders)) == len(orders)
    assert all(sorted(one) == list(range(50)) for one in orders)


def test_an_epoch_has_every_sample_and_is_filled_up_to_whole_batches():
    steps = list(batches(10, Share(4, 4)))
    indices = [draw.index for step in steps for draw in step]
    assert [len(step) for step in steps] == [4, 4, 4]
    assert indices[:10] == order(10, 0, 0)
    assert indices[10:] == indices[:2]
    assert len({draw.position for step in steps for draw in step}) == 12


def test_a_stream_without_epochs_repeats_nothing_before_all_are_seen():
    steps = itertools.islice(batches(10, Share(4, 4), endless=True), 5)
    draws = [draw for step in steps for draw in step]
    assert [draw.index for draw in draws] == order(10, 0, 0) + order(10, 0, 1)
    assert [draw.position for draw in draws] == list(range(20))


@pytest.mark.parametrize("endless", [False, True])
def test_a_stream_begins_at_any_step(endless):
    share = Share(4, 4)
    whole = batches(10, share, endless=endless)
    steps = list(itertools.islice(whole, 3))
    if not endless:
        whole.begin = 3
        steps += list(whole)
    later = batches(10, share, endless=endless, begin=1)
    assert list(itertools.islice(later, 2)) == steps[1:3]
    if not endless:
        later.begin = 4
        assert list(later) == steps[4:]


class Shapes(Numbers):
    def get_data_info(self, index):
        return {"image_size": np.array([[30, 20] if index % 3 else [20, 30]])}


@pytest.mark.parametrize("begin", [0, 3])
@pytest.mark.parametrize("processes", [1, 2, 4])
def test_groups_of_one_shape_are_dealt_to_the_processes(processes, begin):
    """A group is all wide or all tall; a step's groups are the same for any number of processes."""

    def steps(processes, begin):
        every = []
        for rank in range(processes):
            stream = Stream(Shapes(11), 0)
            groups = AspectRatioBatches(stream, 2)
            own = StepBatches(stream, Share(8, 2, processes), rank, endless=True, groups=groups)
            own.begin = begin
            every.append(itertools.islice(own, 4))
        return [list(itertools.chain.from_iterable(one)) for one in zip(*every, strict=True)]

    found = steps(processes, begin)
    assert found == steps(1, 0)[begin : begin + 4] + steps(1, 4)[: max(0, begin)]
    for step in found:
        for group in zip(step[::2], step[1::2], strict=True):
            assert len({draw.index % 3 == 0 for draw in group}) == 1


def test_all_generators_start_from_the_whole_hash():
    first = [
        (seed_generators("a", n), random.random(), np.random.rand(), torch.rand(()))[1:]
        for n in (1, 2, 1)
    ]
    assert first[0] == first[2] != first[1]
    seed_generators("b", 1)
    assert random.random() != first[0][0]


@pytest.mark.parametrize("config", ["transpose-r-a4", "lofr-r50", "querypose-r50"])
def test_a_real_pipeline_draws_anew_for_each_seed_and_epoch(config, tmp_path, monkeypatch):
    scenes = config.startswith("querypose")
    kind = "coco-scenes: {kind: scenes" if scenes else "coco: {kind: crops"
    (tmp_path / "params.yaml").write_text(
        f"tier: smoke\nsynthetic:\n  smoke:\n    {kind}, difficulty: easy, seed: 5, train: 4, val: 2}}\n"
    )
    monkeypatch.setenv("REPROPOSE_WORKSPACE", str(tmp_path))
    prepare("coco-scenes" if scenes else "coco", "smoke")
    model_zoo.register()
    settings = model_zoo.config(config, tier="smoke").train_dataloader.to_dict()
    settings["dataset"]["data_root"] = str(tmp_path / settings["dataset"]["data_root"])
    settings |= dict(total_batch_size=4, group_size=2)

    def inputs(seed, workers=0):
        with DefaultScope.overwrite_default_scope("mmpose"):
            loader = training_loader(settings | dict(num_workers=workers), seed=seed, endless=True)
        steps = itertools.islice(loader, 2)
        return [image for step in steps for image in step["inputs"]]

    def same(a, b):
        return len(a) == len(b) and all(map(torch.equal, a, b))

    first = inputs(0)
    assert same(first, inputs(0))
    assert same(first, inputs(0, workers=2))
    assert not same(first, inputs(1))
    if not scenes:  # whose first epoch may leave images over
        assert not any(torch.equal(a, b) for a in first[:4] for b in first[4:])
