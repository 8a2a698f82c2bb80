"""Names to configs to models.

A model that someone trains by name is a stock MMPose config, `configs/<family>/<name>.py` (files that begin with an
underscore are shared pieces); its ablation arms are rows of `configs/<family>/ablations.yaml`, each a base model and
the entries that differ, written as for `--cfg-options` (see `model_zoo/ablations.py`). `repropose config NAME` writes
any model as one flat MMPose config file. The family's components, where stock MMPose has none, are in
`model_zoo/<family>/model.py`.
"""

from __future__ import annotations

import copy
import difflib
import functools
import logging
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from . import ablations, compat
from .ablations import Row
from .errors import UnknownModel, ZooError
from .quiet import quietly

if TYPE_CHECKING:
    from mmengine.config import Config
    from mmpose.models.pose_estimators.base import BasePoseEstimator

TIERS = ("smoke", "lab", "full")
_KEYPOINT_KEYS = ("num_keypoints", "num_joints", "out_channels")
_PACKAGE = Path(__file__).parent


@functools.cache
def _models() -> dict[str, Path | Row]:
    """Every model: its config file or its row, by name; sorted by family, then by name."""
    configs = _PACKAGE / "configs"
    found: dict[str, Path | Row] = {file.stem: file for file in configs.glob("[!_]*/[!_]*.py")}
    for file in sorted(configs.glob(f"*/{ablations.FILE}")):
        for name, row in ablations.read(file).items():
            if name in found:
                raise row.error(f"this name is also defined in {_file(found[name]).name}")
            found[name] = row
    for row in found.values():
        if isinstance(row, Row):
            _check_bases(row, found)
    return dict(sorted(found.items(), key=lambda item: (_file(item[1]).parent.name, item[0])))


def _file(model: Path | Row) -> Path:
    return model.file if isinstance(model, Row) else model


def _check_bases(row: Row, models: dict[str, Path | Row]) -> None:
    """Raises `InvalidRow` if the bases of a row do not end in a config file."""
    chain = [row.name]
    base = row
    while isinstance(base, Row):
        if base.base not in models:
            raise base.error(f"unknown base '{base.base}'; {_nearest(base.base, list(models))}")
        chain.append(base.base)
        if base.base in chain[:-1]:
            raise row.error(f"its bases form a cycle: {' -> '.join(chain)}")
        base = models[base.base]


def names() -> list[str]:
    """Names of all models, sorted by family, then by name. Needs neither PyTorch nor MMPose.

    Raises `InvalidRow` if an `ablations.yaml` is wrong.
    """
    return list(_models())


def config_path(name: str) -> Path:
    """The file that defines a model: its config, or the `ablations.yaml` that has its row.

    Raises `UnknownModel`.
    """
    return _file(_model(name))


def _model(name: str) -> Path | Row:
    if name not in _models():
        raise UnknownModel(f"unknown model '{name}'; {_nearest(str(name), names())}")
    return _models()[name]


def _nearest(name: str, known: list[str]) -> str:
    near = difflib.get_close_matches(name, known, n=5, cutoff=0.4)
    meant = f"did you mean {', '.join(near)}? " if near else ""
    return f"{meant}`repropose models` lists all {len(known)}"


def family(name: str) -> str:
    """The architecture family of a model, such as "transpose" or "baselines"."""
    return config_path(name).parent.name


def register() -> None:
    """Makes the components of every family known to MMPose; each is imported when a config names it."""
    compat.import_mmpose()


def config(name: str, *, tier: str = "full") -> Config:
    """The resolved config of a model.

    For the tiers smoke and lab the config's own entry of that name, a dict with dotted keys, is merged over it, a
    changed `codec` is carried to the decoder, the target generator and the crop, and data are read from `data/<tier>/`.
    Raises `UnknownModel` for an unknown name or tier.
    """
    return copy.deepcopy(_config(name, tier))


@functools.cache
def _config(name: str, tier: str) -> Config:
    """`config` for reading."""
    if tier not in TIERS:
        raise UnknownModel(f"unknown tier '{tier}'; allowed are {', '.join(TIERS)}")
    cfg = copy.deepcopy(_with_tiers(name))
    overrides = {key: cfg.pop(key, {}) for key in ("smoke", "lab")}.get(tier)
    if overrides is not None:
        _merge(cfg, overrides)
        for node, key, value in _entries(cfg._cfg_dict):
            if isinstance(value, str) and value.startswith("data/full/"):
                node[key] = value.replace("full", tier, 1)
    return cfg


@functools.cache
def _with_tiers(name: str) -> Config:
    """A model's config at the paper's size, with the entries `smoke` and `lab`."""
    model = _model(name)
    if isinstance(model, Row):
        cfg = copy.deepcopy(_with_tiers(model.base))
        overrides = model.overrides(cfg._cfg_dict)
        tiers = {tier: cfg.pop(tier) for tier in ("smoke", "lab") if tier in cfg}
        for tier, entries in tiers.items():  # the row's come last
            own = [key for key in overrides if key.startswith(f"{tier}.")]
            entries |= {key.removeprefix(f"{tier}."): overrides.pop(key) for key in own}
        _merge(cfg, overrides)
        cfg.update(tiers)
        return cfg
    with quietly():
        from mmengine.config import Config

    return Config.fromfile(
        model,
        use_predefined_variables=False,
        import_custom_modules=False,
        use_environment_variables=False,
    )


def _merge(cfg: Config, overrides: dict) -> None:
    """Merges entries with dotted keys over `cfg`, in their order. In a list of steps a key names the `type` of one
    (`pipeline.RandomFlip.prob`). A changed `codec` replaces the old one wherever that
    is used, and its `input_size` that of the crop."""
    old = copy.deepcopy(cfg.get("codec"))
    for key, value in overrides.items():
        cfg.merge_from_dict({_placed(cfg, key): value})
    if old is None or old == cfg.codec:
        return
    size = tuple(old["input_size"])
    for node, key, value in _entries(cfg._cfg_dict):
        if isinstance(value, dict) and value == old:
            node[key] = copy.deepcopy(cfg.codec)
        elif key == "input_size" and tuple(value) == size:
            node[key] = cfg.codec["input_size"]


def _placed(cfg: Config, key: str) -> str:
    """A dotted key with the place of each step that it names. Raises `ZooError` if a list has no such step."""
    node, path = cfg._cfg_dict, []
    for part in key.split("."):
        if isinstance(node, list | tuple) and not part.isdigit():
            kinds = [str(step.get("type")) for step in node]
            if part not in kinds:
                raise ZooError(f"'{key}': no step is a '{part}'; steps are {', '.join(kinds)}")
            part = str(kinds.index(part))
        path.append(part)
        if isinstance(node, dict):
            node = node.get(part)
        elif isinstance(node, list | tuple):
            node = node[int(part)]
    return ".".join(path)


def _entries(node: Any) -> Iterator[tuple[Any, Any, Any]]:
    """Every entry inside dicts and lists: what holds it, its key or index, its value. Entries may be replaced."""
    for key, value in list(node.items() if isinstance(node, dict) else enumerate(node)):
        yield node, key, value
        if isinstance(value, dict | list):
            yield from _entries(value)


def build_model(
    name: str, *, tier: str = "full", num_keypoints: int | None = None
) -> BasePoseEstimator:
    """Builds a model with freshly initialised weights, in eval mode, on the current default device.

    Nothing is downloaded: pretrained weights that the config names are left out. Under
    `torch.device("meta")` only shapes are made, in milliseconds. `num_keypoints` replaces the K of
    the config. With images [B, 3, H, W] normalised as the config's data preprocessor does,
    `model(images, None, mode="tensor")` gives the head's raw output. Raises `UnknownModel`.
    """
    model_cfg = config(name, tier=tier).model
    register()
    from mmengine.registry import DefaultScope
    from mmpose.registry import MODELS

    for node, key, init in _entries(model_cfg):
        if key == "init_cfg" and isinstance(init, list):
            node[key] = [entry for entry in init if entry.get("type") != "Pretrained"]
        elif key == "init_cfg" and (init or {}).get("type") == "Pretrained":
            del node[key]
    if num_keypoints is not None:
        _set_keypoints(name, model_cfg.head, num_keypoints)
    with DefaultScope.overwrite_default_scope("mmpose"):
        model = MODELS.build(model_cfg)
    if not any(parameter.is_meta for parameter in model.parameters()):
        _init_quietly(model)
    return model.eval()


def _init_quietly(model: BasePoseEstimator) -> None:
    """`model.init_weights()` without MMEngine's log line per parameter."""
    from mmengine.logging import MMLogger

    logger = MMLogger.get_current_instance()
    level = logger.level
    logger.setLevel(logging.WARNING)
    try:
        model.init_weights()
    finally:
        logger.setLevel(level)


def input_size(name: str, *, tier: str = "full") -> tuple[int, int]:
    """(width, height) in pixels of a model's input: the config's `input_size`, else its codec's."""
    cfg = _config(name, tier)
    width, height = cfg.get("input_size") or cfg.codec["input_size"]
    return width, height


def expected_output(name: str, *, tier: str = "full", batch: int = 1) -> dict[str, tuple[int, ...]]:
    """Shape of each output of `mode="tensor"`, by the config's `expected_output`.

    That entry names the outputs in their order (a tensor, a tuple, or the keys of a dict) and
    gives every axis as a number or as a letter: B batch, K keypoints, S stages, Q queries, H W input
    height and width in pixels, "H/4" and so on.
    """
    cfg = _config(name, tier)
    width, height = input_size(name, tier=tier)
    head = cfg.model.head
    keypoints = next(head[key] for key in _KEYPOINT_KEYS if key in head)
    letters = {"B": batch, "K": keypoints, "H": height, "W": width}
    letters |= {"S": head.get("num_stages"), "Q": head.get("num_queries")}

    def size(axis: int | str) -> int:
        if isinstance(axis, int):
            return axis
        letter, _, divisor = axis.partition("/")
        return letters[letter] // int(divisor or 1)

    return {key: tuple(map(size, axes)) for key, axes in cfg.expected_output.items()}


def _set_keypoints(name: str, head: dict, num_keypoints: int) -> None:
    keys = [key for key in _KEYPOINT_KEYS if key in head]
    if not keys:
        raise ZooError(f"the head of '{name}' has no option for the number of keypoints")
    if num_keypoints < 1:
        raise ZooError(f"num_keypoints is {num_keypoints}; it must be at least 1")
    head.update(dict.fromkeys(keys, num_keypoints))
