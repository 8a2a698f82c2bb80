"""The mmengine config of a run at a tier: as it is everywhere, then as this machine trains it."""

import difflib
import hashlib
import json
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from bench.catalog.schema import Run, Tier
from bench.errors import CatalogError, DataError
from bench.fetch.sources import providing
from bench.files import read_json
from bench.paths import workspace

# What MMEngine's loaders and loops understand whether or not a config says it.
NEW_OPTIONS = {
    *("group_size", "num_workers", "persistent_workers", "indices", "bbox_file"),
    *("max_epochs", "max_iters", "interval", "by_epoch", "dropout", "init_cfg", "val_cfg"),
}
GROUP_SIZE = "train_dataloader.group_size"
#: Option of a run: how many times as long as its config's the training is.
TIMES = "schedule_times"


def plain_config(run: Run, tier: Tier) -> Any:
    """The run's config at a tier with its options merged; no path, device or setting of this machine."""
    import model_zoo

    cfg = model_zoo.config(run.config, tier=tier)
    options = {option: value for option, value in run.options.items() if option != TIMES}
    if options:
        _check_options(run.config, options, cfg)
        cfg.merge_from_dict(options)
    if TIMES in run.options:
        _lengthen(cfg, int(run.options[TIMES]))
    return cfg


def _lengthen(cfg: Any, times: int) -> None:
    """Train so many times as long, the rate going the same way."""
    cfg[TIMES] = times
    for part in (cfg.train_cfg, *cfg.param_scheduler):
        for key in ("max_iters", "max_epochs", "val_interval", "begin", "end", "T_max"):
            if part.get(key):
                part[key] *= times
        if part.get("milestones"):
            part["milestones"] = [times * one for one in part["milestones"]]


def longer(run: Run, times: int) -> Run:
    """The run trained so many times as long."""
    return run.model_copy(update={"options": {**run.options, TIMES: times}}) if times > 1 else run


def _check_options(config: str, options: Mapping[str, Any], cfg: Any) -> None:
    """Raises `CatalogError` for an option that the config does not have, or that it has as another kind of value."""
    for option, value in options.items():
        *path, name = option.split(".")
        node: Any = cfg._cfg_dict
        for step in path:
            node = node[int(step)] if isinstance(node, list) and step.isdigit() else node.get(step)
            if not isinstance(node, dict | list):
                raise CatalogError(
                    f"option '{option}' is not in the config '{config}': it has no {step}"
                )
        if isinstance(node, list) or name in (*node, *NEW_OPTIONS):
            old = node[int(name)] if isinstance(node, list) else node.get(name)
            if _kind(old) == _kind(value) or None in (old, value):
                continue
            raise CatalogError(
                f"option '{option}' is {value!r:.60}, the config '{config}' has {old!r:.60}: give {_kind(old)}"
            )
        near = difflib.get_close_matches(name, node, n=3, cutoff=0.5)
        raise CatalogError(
            f"option '{option}' is not in the config '{config}'; did you mean: {', '.join(near or node)}"
        )


def _kind(value: Any) -> str:
    """What kind of value an option is; numbers are alike, and so are lists and tuples."""
    if isinstance(value, bool):
        return "true or false"
    kinds = {int | float: "a number", str: "text", dict: "a mapping", list | tuple: "a list"}
    return next((name for kind, name in kinds.items() if isinstance(value, kind)), "another value")


def in_groups(run: Run, tier: Tier, images: int | None) -> Run:
    """The run with so many images that go through the network together; None: as many as its config says.

    If that says otherwise, it is an option like others, and part of the training's key.
    """
    if images is None or images == shared(plain_config(run, tier)).group:
        return run
    return run.model_copy(update={"options": {**run.options, GROUP_SIZE: images}})


def shared(cfg: Any, processes: int = 1) -> Any:
    """The batch of a config, a `model_zoo.training.batch.Share`.

    Raises `model_zoo.training.batch.BadBatch` if this many processes cannot share it.
    """
    from model_zoo.training.batch import share

    return share(cfg.train_dataloader, processes)


def config_digest(run: Run, tier: Tier) -> str:
    """SHA-256 of the resolved config: model, data, schedule and options; the order of entries does not count."""
    text = json.dumps(plain_config(run, tier).to_dict(), sort_keys=True, default=repr)
    return hashlib.sha256(text.encode()).hexdigest()


def resolved_config(run: Run, tier: Tier, seed: int) -> Any:
    """The run's config as it is trained here: data folder of the workspace, seed, launcher."""
    cfg = _located(plain_config(run, tier), tier)
    if tier == "smoke":
        # runs go in parallel, one to a core, and passing samples between processes costs more
        for loader in ("train_dataloader", "val_dataloader", "test_dataloader"):
            if cfg.get(loader):
                cfg[loader].update(num_workers=0, persistent_workers=False)
        cfg.log_level = "WARNING"  # a progress bar instead of mmengine's log
    data = cfg.get("train_dataloader", {}).get("dataset", {})
    if "located_seed" in data and data.located_seed is None:
        data.located_seed = seed  # the split differs from training to training
    cfg.randomness = {"seed": seed, "deterministic": tier == "smoke"}
    cfg.launcher = "pytorch" if "LOCAL_RANK" in os.environ else "none"
    return cfg


def _located(cfg: Any, tier: Tier) -> Any:
    """The config with its paths of data in the workspace."""
    for node in _containers(cfg._cfg_dict):
        for key, value in list(node.items() if isinstance(node, dict) else enumerate(node)):
            if isinstance(value, str) and value.startswith(f"data/{tier}/"):
                node[key] = f"{workspace()}/{value}"
    return cfg


def portable(cfg: Any) -> bytes:
    """A resolved config as it is stored beside a result: JSON, paths relative to the workspace."""
    text = json.dumps(cfg.to_dict(), sort_keys=True, indent=1, default=repr)
    return (text.replace(f"{workspace()}/", "") + "\n").encode()


def stored_config(path: Path, tier: Tier) -> Any:
    """A config that `portable` stored, with its paths in this workspace. Raises `DataError`."""
    from mmengine.config import Config

    data = read_json(path)
    if not isinstance(data, dict):
        raise DataError(f"{path} is no config: expected a JSON object")
    return _located(Config(data), tier)


def _containers(node: Any) -> Iterator[Any]:
    """A mapping or list of a config and all that are in it."""
    yield node
    for value in list(node.values() if isinstance(node, dict) else node):
        if isinstance(value, dict | list):
            yield from _containers(value)


def local_pretrained(model: Any) -> None:
    """Take pretrained weights from data/full/weights: MMEngine would download and unpickle them.

    Raises `DataError` naming the address of a file that is not there.
    """
    for node in _containers(model):
        init = node.get("init_cfg") if isinstance(node, dict) else None
        if isinstance(init, dict) and init.get("type") == "Pretrained":
            address = str(init["checkpoint"])
            name = address.rsplit("/", 1)[-1].removesuffix(".pth") + ".pth"
            path = workspace() / "data" / "full" / "weights" / name
            if not path.is_file():
                source = providing(f"weights/{name}")
                get = (
                    f"`repropose fetch {source}` downloads it"
                    if source
                    else f"get it from {address}"
                )
                raise DataError(f"{path} is missing: the training starts from it; {get}")
            init["checkpoint"] = str(path)


def training_settings(cfg: Any) -> dict[str, Any]:
    """The Runner's view of the config: resume if there is something, the loss curve, no test loop."""
    settings = {k: v for k, v in cfg.to_dict().items() if not k.startswith("test_")}
    settings["train_cfg"] = {k: v for k, v in settings["train_cfg"].items() if v is not None}
    short = "max_iters" in settings["train_cfg"]
    if short or settings.get("val_cfg") is None:  # evaluated once, at the end
        settings = {k: v for k, v in settings.items() if not k.startswith("val_")}
    hooks = settings.get("default_hooks", {})
    settings["default_hooks"] = {k: v for k, v in hooks.items() if k != "visualization"}
    curve = {"type": "LossCurve", "file": str(Path(cfg.work_dir) / "curve.jsonl"), "every": 20}
    finite = {"type": "FiniteLoss", "every": 20}
    bar = [{"type": "ProgressBar"}] if cfg.log_level == "WARNING" else []
    return {
        **settings,
        "custom_hooks": [*settings.get("custom_hooks", []), finite, curve, *bar],
        "resume": True,
    }


def finds_people(cfg: Any) -> bool:
    """Whether the network detects people itself and takes no boxes."""
    return "Topdown" not in str(cfg.model.type)


def length(cfg: Any) -> str:
    """'230 epochs' or '250 iterations'; '0 epochs' of a network that is only evaluated."""
    schedule = cfg.train_cfg
    if schedule.get("max_epochs") is not None:
        return f"{schedule.max_epochs} epochs"
    return f"{schedule.max_iters} iterations"
