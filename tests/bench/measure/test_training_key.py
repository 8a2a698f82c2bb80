"""The key of a training: what a change of it trains again."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from bench import paths
from bench.catalog.schema import Run
from bench.measure.run_config import config_digest, in_groups, longer, plain_config
from bench.measure.train import training_key
from bench.paths import config_files
from bench.results.inputs import config_inputs
from model_zoo import registry
from tests.bench.results.test_inputs import FAMILIES, original, tree  # noqa: F401

NUMBER = re.compile(r"\blr=([0-9.e-]+)")
RUN = Run(config="lofr-r50-ws", dataset="coco")


@pytest.fixture
def configs(tree: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:  # noqa: F811
    """The zoo reads its configs from a copy."""
    monkeypatch.setattr(registry, "_PACKAGE", tree / "model_zoo")
    _forget_configs()
    yield tree
    monkeypatch.undo()
    _forget_configs()


def _forget_configs() -> None:
    for function in vars(registry).values():
        if hasattr(function, "cache_clear"):
            function.cache_clear()


@pytest.mark.parametrize("family", FAMILIES)
def test_a_comment_in_a_config_is_no_other_config_and_a_number_is(
    configs: Path, family: str
) -> None:
    run = Run(config=FAMILIES[family], dataset="coco")
    before = config_digest(run, "full")
    files = {configs / name: (configs / name).read_text() for name in config_inputs(run.config)}
    assert any(NUMBER.search(text) for text in files.values())
    for edit, same in (
        (lambda text: f'"""Words."""\n# a comment\n{text}', True),
        (lambda text: NUMBER.sub("lr=0.123", text), False),
    ):
        for path, text in files.items():
            path.write_text(edit(text))
        _forget_configs()
        try:
            assert (config_digest(run, "full") == before) == same
        finally:
            for path, text in files.items():
                path.write_text(text)


def test_options_decide_the_config_and_its_tiers_differ() -> None:
    share = {"train_dataloader.dataset.located_share": 0.05}
    other = RUN.model_copy(update={"options": share})
    assert config_digest(RUN, "smoke") != config_digest(other, "smoke")
    assert config_digest(RUN, "smoke") != config_digest(RUN, "full")


def test_no_path_of_this_machine_decides_a_config(monkeypatch, tmp_path: Path) -> None:
    before = config_digest(RUN, "smoke")
    monkeypatch.setenv("REPROPOSE_WORKSPACE", str(tmp_path))
    monkeypatch.setenv("LOCAL_RANK", "0")
    assert config_digest(RUN, "smoke") == before
    assert paths.workspace() == tmp_path


def test_seed_data_config_code_and_start_weights_decide_a_training(monkeypatch, tmp_path) -> None:
    weights = tmp_path / "start.pth"
    weights.write_bytes(b"one")
    keys = [
        training_key(RUN, "smoke", 0, "config", "data", None),
        training_key(RUN, "lab", 0, "config", "data", None),
        training_key(RUN, "smoke", 1, "config", "data", None),
        training_key(RUN, "smoke", 0, "other config", "data", None),
        training_key(RUN, "smoke", 0, "config", "other data", None),
        training_key(RUN, "smoke", 0, "config", "data", weights),
    ]
    weights.write_bytes(b"two")
    keys.append(training_key(RUN, "smoke", 0, "config", "data", weights))
    monkeypatch.setattr("bench.measure.train.training_inputs", lambda config: ["pyproject.toml"])
    keys.append(training_key(RUN, "smoke", 0, "config", "data", None))
    assert len(set(keys)) == len(keys)


@pytest.mark.parametrize(("images", "same"), [(None, True), (32, True), (16, False), (64, False)])
def test_smaller_groups_are_another_training_and_those_of_the_config_are_not(images, same) -> None:
    other = in_groups(RUN, "full", images)
    assert (config_digest(other, "full") == config_digest(RUN, "full")) == same
    assert plain_config(other, "full").train_dataloader.group_size == (images or 32)


@pytest.mark.parametrize("tier", ["smoke", "full"])
@pytest.mark.parametrize("config", sorted(config_files()))
def test_a_longer_training_has_the_same_schedule_stretched(config, tier) -> None:
    run = Run(config=config, dataset="coco")
    assert config_digest(longer(run, 1), tier) == config_digest(run, tier)
    usual, long = (plain_config(one, tier) for one in (run, longer(run, 3)))
    assert long.pop("schedule_times") == 3
    several = {"max_iters", "max_epochs", "val_interval", "begin", "end", "T_max", "milestones"}
    for part, stretched in zip(
        (usual.train_cfg, *usual.param_scheduler),
        (long.train_cfg, *long.param_scheduler),
        strict=True,
    ):
        for key in several & part.keys():
            once = part[key]
            thrice = [3 * one for one in once] if isinstance(once, list) else once and 3 * once
            assert stretched[key] == thrice, key
            stretched[key] = once
    assert long.to_dict() == usual.to_dict()


def test_the_number_of_processes_decides_no_training(monkeypatch) -> None:
    before = training_key(RUN, "full", 0, config_digest(RUN, "full"), "data", None)
    monkeypatch.setenv("WORLD_SIZE", "4")
    assert training_key(RUN, "full", 0, config_digest(RUN, "full"), "data", None) == before
