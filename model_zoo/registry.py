"""Names to configs to models.

A model is a file `configs/<family>/<name>.py`; files that begin with an underscore are shared
pieces. The family's components, where stock MMPose has none, live in `model_zoo/<family>/model.py`.
"""

from __future__ import annotations

import copy
import difflib
import functools
import importlib
import logging
from pathlib import Path
from typing import TYPE_CHECKING, Any

from . import compat
from .errors import UnknownModel, ZooError

if TYPE_CHECKING:
    from mmengine.config import Config
    from mmpose.models.pose_estimators.base import BasePoseEstimator

TIERS = ("smoke", "lab", "full")
_KEYPOINT_KEYS = ("num_keypoints", "num_joints", "out_channels")
_PACKAGE = Path(__file__).parent


@functools.cache
def _paths() -> dict[str, Path]:
    files = (_PACKAGE / "configs").glob("[!_]*/[!_]*.py")
    return {
        file.stem: file for file in sorted(files, key=lambda file: (file.parent.name, file.stem))
    }


def names() -> list[str]:
    """Names of all models, sorted by family, then by name. Needs neither PyTorch nor MMPose."""
    return list(_paths())


def config_path(name: str) -> Path:
    """The config file of a model. Raises `UnknownModel`."""
    if name not in _paths():
        near = difflib.get_close_matches(str(name), names(), n=5, cutoff=0.4)
        listed = f"did you mean {', '.join(near)}?" if near else f"known are {', '.join(names())}"
        raise UnknownModel(f"unknown model '{name}'; {listed}")
    return _paths()[name]


def family(name: str) -> str:
    """The architecture family of a model, such as "transpose" or "baselines"."""
    return config_path(name).parent.name


def register() -> None:
    """Imports MMPose (`compat.import_mmpose`) and registers the components of every family with
    it."""
    compat.import_mmpose()
    families = {path.parent.name for path in _paths().values()}
    for family in sorted(families):
        if (_PACKAGE / family / "model.py").exists():
            importlib.import_module(f"{__package__}.{family}.model")
    importlib.import_module(f"{__package__}.checkpoint")


def config(name: str, *, tier: str = "full") -> Config:
    """The resolved config of a model.

    For the tiers smoke and lab the config's own entry of that name is merged over it, a changed
    `codec` is carried to the decoder, the target generator and the crop, and data are read from
    `data/<tier>/`.
    Raises `UnknownModel` for an unknown name or tier.
    """
    if tier not in TIERS:
        raise UnknownModel(f"unknown tier '{tier}'; allowed are {', '.join(TIERS)}")
    cfg = copy.deepcopy(_parsed(config_path(name)))
    overrides = {key: cfg.pop(key, {}) for key in ("smoke", "lab")}.get(tier)
    if overrides is not None:
        codec = copy.deepcopy(cfg.get("codec"))
        cfg.merge_from_dict(overrides)
        if codec is not None and codec != cfg.codec:
            _carry(cfg._cfg_dict, codec, cfg.codec)
        _move(cfg._cfg_dict, "data/full/", f"data/{tier}/")
    return cfg


@functools.cache
def _parsed(path: Path) -> Config:
    compat.install()
    from mmengine.config import Config

    return Config.fromfile(path, import_custom_modules=False)


def _carry(node: Any, old: dict, new: dict) -> None:
    """Replaces every use of the codec `old` inside `node` by `new`, the crop's size included."""
    for key, value in node.items() if isinstance(node, dict) else enumerate(node):
        if isinstance(value, dict) and value == old:
            node[key] = copy.deepcopy(new)
        elif key == "input_size" and tuple(value) == tuple(old["input_size"]) and node is not new:
            node[key] = new["input_size"]
        elif isinstance(value, dict | list):
            _carry(value, old, new)


def _move(node: Any, old: str, new: str) -> None:
    """Replaces the prefix `old` by `new` in every string inside `node`."""
    for key, value in node.items() if isinstance(node, dict) else enumerate(node):
        if isinstance(value, str) and value.startswith(old):
            node[key] = new + value.removeprefix(old)
        elif isinstance(value, dict | list):
            _move(value, old, new)


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

    _drop_pretrained(model_cfg)
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
    cfg = config(name, tier=tier)
    width, height = cfg.get("input_size") or cfg.codec["input_size"]
    return width, height


def expected_output(name: str, *, tier: str = "full", batch: int = 1) -> dict[str, tuple[int, ...]]:
    """Shape of each output of `mode="tensor"`, by the config's `expected_output`.

    That entry names the outputs in their order (a tensor, a tuple, or the keys of a dict) and
    gives every axis as a number or as a letter: B batch, K keypoints, S stages, Q queries, H W input
    height and width in pixels, "H/4" and so on.
    """
    cfg = config(name, tier=tier)
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


def _drop_pretrained(node: Any) -> None:
    """Removes every `init_cfg` of the type Pretrained inside `node`."""
    if isinstance(node, dict):
        init = node.get("init_cfg")
        if isinstance(init, dict) and init.get("type") == "Pretrained":
            del node["init_cfg"]
        elif isinstance(init, list):
            node["init_cfg"] = [entry for entry in init if entry.get("type") != "Pretrained"]
    for value in node.values() if isinstance(node, dict) else node:
        if isinstance(value, dict | list):
            _drop_pretrained(value)


def _set_keypoints(name: str, head: dict, num_keypoints: int) -> None:
    keys = [key for key in _KEYPOINT_KEYS if key in head]
    if not keys:
        raise ZooError(f"the head of '{name}' takes no number of keypoints")
    if num_keypoints < 1:
        raise ZooError(f"num_keypoints is {num_keypoints}; it must be at least 1")
    head.update(dict.fromkeys(keys, num_keypoints))
