"""The batches that configs state, and who can share them."""

import pytest

import model_zoo
from model_zoo.training.batch import BadBatch, Share, allowed_processes, share

# What the papers or their authors' files say, or else the notes of the paper: images in all, images on one GPU.
BATCHES = {
    "transpose-r-a2": (28, 28),
    "transpose-r-a3": (28, 28),
    "transpose-r-a3s": (28, 28),
    "transpose-r-a3-nope": (28, 28),
    "transpose-r-a4": (20, 20),
    "transpose-r-a5": (20, 20),
    "transpose-r-a4-mpii": (20, 20),
    "transpose-h-s": (32, 16),
    "transpose-h-a4": (14, 14),
    "transpose-h-a5": (14, 14),
    "transpose-h-a6": (56, 14),
    "transpose-h-a4-d64": (28, 28),
    "transpose-h-a4-d192": (60, 15),
    "transpose-h-a6-mpii": (56, 14),
    "transpose-h-a6-mpii-trainval-finetuned": (56, 14),
    "tfpose-r50-e6d6": (512, 64),
    "tfpose-r50-e6d6-mpii": (512, 64),
    "tfpose-r18-e6d6-noaux": (512, 64),
    "lightpose-r50": (128, 32),
    "lightpose-w48-mpii": (128, 32),
    "lofr-r50": (128, 32),
    "lofr-r50-mpii": (128, 32),
    "lofr-r50-crowdpose": (128, 32),
    "lofr-hrw32-sup": (128, 32),
    "querypose-r50": (16, 2),
    "querypose-swinl-crowdpose": (16, 2),
    "hrnet-w32": (512, 64),
    "simplebaseline-r152-mpii": (512, 64),
    "darkpose-r50": (512, 64),
    "darkpose-hrnet-w32-mpii-finetuned": (56, 14),
    "deeppose-r101": (512, 64),
    "cpm-mpii": (512, 64),
    "mspn-4x-r50-384x288": (256, 32),
}
NO_TRAINING = {"ae-hrnet-w48"}


@pytest.mark.parametrize(("name", "batch"), BATCHES.items())
def test_a_config_states_the_batch_of_its_recipe(name, batch):
    found = share(model_zoo.config(name).train_dataloader)
    assert (found.total, found.group) == batch


@pytest.mark.parametrize("tier", model_zoo.TIERS)
def test_every_config_states_a_batch_and_scales_no_rate(tier):
    for name in model_zoo.names():
        cfg = model_zoo.config(name, tier=tier)
        assert "auto_scale_lr" not in cfg, name
        if "train_dataloader" in cfg and name not in NO_TRAINING:
            assert 1 in allowed_processes(cfg.train_dataloader), name
            assert cfg.train_cfg.type == "GroupedTrainLoop", name


@pytest.mark.parametrize(
    ("total", "group", "processes", "images", "passes", "sharers"),
    [
        (56, 14, 1, 56, 4, 1),
        (56, 14, 2, 28, 2, 1),
        (56, 14, 4, 14, 1, 1),
        (56, 14, 8, 7, 1, 2),
        (56, 14, 56, 1, 1, 14),
        (20, 20, 1, 20, 1, 1),
        (20, 20, 4, 5, 1, 4),
        (16, 2, 8, 2, 1, 1),
        (20, None, 1, 20, 1, 1),
    ],
)
def test_processes_take_equal_parts(total, group, processes, images, passes, sharers):
    found = share(dict(total_batch_size=total, group_size=group), processes)
    assert found == Share(total, group or total, processes)
    assert (found.images, found.passes, found.sharers) == (images, passes, sharers)
    assert found.images * found.processes == total
    assert found.images * found.sharers == found.group * found.passes


@pytest.mark.parametrize(
    ("loader", "processes", "message"),
    [
        (
            dict(total_batch_size=56, group_size=14),
            3,
            "by 3 processes; allowed are 1, 2, 4, 8, 28, 56$",
        ),
        (dict(total_batch_size=20), 8, "by 8 processes; allowed are 1, 2, 4, 5, 10, 20$"),
        (dict(total_batch_size=20), 0, "by 0 processes"),
        (dict(total_batch_size=16, group_size=2, batch_sampler={}), 16, "allowed are 1, 2, 4, 8$"),
        (
            dict(total_batch_size=56, group_size=15),
            1,
            "groups of 15; allowed are 1, 2, 4, 7, 8, 14, 28, 56$",
        ),
        (dict(total_batch_size=14, group_size=28), 1, "groups of 28; allowed are 1, 2, 7, 14$"),
        (
            dict(batch_size=32),
            1,
            "train_dataloader.batch_size is not used here: state total_batch_size",
        ),
        (dict(total_batch_size=8, sampler={}), 1, "train_dataloader.sampler is not used here"),
        (dict(num_workers=4), 1, "total_batch_size is None; it must be a whole number above 0"),
        (dict(total_batch_size=0), 1, "total_batch_size is 0"),
        (dict(total_batch_size="56"), 1, "total_batch_size is '56'"),
        (dict(total_batch_size=5.6), 1, "total_batch_size is 5.6"),
        (dict(total_batch_size=True), 1, "total_batch_size is True"),
        (dict(total_batch_size=8, group_size=-2), 1, "group_size is -2"),
    ],
)
def test_another_number_is_refused_with_what_is_allowed(loader, processes, message):
    with pytest.raises(BadBatch, match=message) as caught:
        share(loader, processes)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "name", ["transpose-h-a6", "transpose-r-a4", "querypose-r50", "tfpose-r50-e6d6"]
)
def test_every_allowed_number_is_taken_and_no_other(name):
    loader = model_zoo.config(name).train_dataloader
    allowed = allowed_processes(loader)
    for processes in range(1, loader.total_batch_size + 2):
        if processes in allowed:
            share(loader, processes)
        else:
            with pytest.raises(BadBatch):
                share(loader, processes)
