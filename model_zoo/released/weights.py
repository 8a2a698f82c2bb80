"""Loads the authors' checkpoints by the authors' own entry names: all entries are compared, then all copied."""

from __future__ import annotations

import pickle
import warnings
from collections.abc import Mapping
from os import PathLike
from typing import TYPE_CHECKING, Any

from ..errors import WeightsMismatch, ZooError
from ..families import family_module

if TYPE_CHECKING:
    from torch import Tensor, nn

StateDict = Mapping[str, "Tensor"]


def load_released_weights(model: nn.Module, source: str | PathLike[str] | StateDict) -> None:
    """Loads the authors' checkpoint into a model of the zoo.

    `source` is a file or a state_dict with the authors' entry names, with or without the prefix "module." of
    DataParallel. Files are read with `weights_only=True`, so nothing in them is executed. Either every entry fits and
    all are copied, or the model is left as it was and `WeightsMismatch` says what does not fit. `released/<family>.py`
    defines the names: `released_names(model)` maps each of the authors' entries to ours; `optional_entry(name)`, if it
    has one, says on which entries no output depends, so that they may be missing or left over;
    `describe_checkpoint(state)` says in words which network a state_dict belongs to.
    """
    family = family_module("released", model)
    if family is None:
        kind = type(getattr(model, "head", model)).__name__
        raise ZooError(f"no released weights are known for a model with the head {kind}")
    names: dict[str, str] = family.released_names(model)
    state = (
        _read(source) if isinstance(source, str | PathLike) else _state_dict(source, "the mapping")
    )
    own = model.state_dict()
    optional = getattr(family, "optional_entry", lambda name: False)
    names = {
        theirs: ours for theirs, ours in names.items() if theirs in state or not optional(theirs)
    }
    state = {name: value for name, value in state.items() if name in names or not optional(name)}
    problems = _problems(state, {theirs: own[ours] for theirs, ours in names.items()})
    if problems:
        guess = family.describe_checkpoint(state)
        raise WeightsMismatch(
            f"this checkpoint does not belong to the model: {'; '.join(problems)}. "
            + (f"It looks like {guess}. " if guess else "")
            + "Build the model the file was made for, or give another file."
        )
    model.load_state_dict({**own, **{names[theirs]: value for theirs, value in state.items()}})


def _read(path: str | PathLike[str]) -> dict[str, Tensor]:
    import torch

    try:
        with warnings.catch_warnings():  # the error that follows says enough
            warnings.filterwarnings("ignore", message="Detected pickle protocol")
            content = torch.load(path, map_location="cpu", weights_only=True)
    except FileNotFoundError:
        raise WeightsMismatch(f"no checkpoint at '{path}'; give the path of a .pth file") from None
    except (pickle.UnpicklingError, RuntimeError, EOFError, ValueError, KeyError) as error:
        first = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
        raise WeightsMismatch(
            f"'{path}' is not a checkpoint that can be read safely ({first[:120]}); "
            "download it again, and do not switch weights_only off"
        ) from error
    return _state_dict(content, f"'{path}'")


def _state_dict(content: Any, what: str) -> dict[str, Tensor]:
    """The entries of a bare or wrapped ("state_dict") state_dict without the prefix "module."."""
    import torch

    if isinstance(content, Mapping) and isinstance(content.get("state_dict"), Mapping):
        content = content["state_dict"]
    if not isinstance(content, Mapping) or not content:
        raise WeightsMismatch(f"{what} holds no state_dict but {type(content).__name__}")
    wrong = [key for key, value in content.items() if not isinstance(value, torch.Tensor)]
    if wrong:
        raise WeightsMismatch(f"{what} holds entries that are not tensors: {_some(wrong)}")
    return {str(key).removeprefix("module."): value for key, value in content.items()}


def _problems(state: StateDict, expected: StateDict) -> list[str]:
    """What keeps `state` from being loaded as `expected`, each kind of problem as one phrase."""
    missing = [name for name in expected if name not in state]
    unexpected = [name for name in state if name not in expected]
    shapes = [
        f"{name} is {list(state[name].shape)} instead of {list(value.shape)}"
        for name, value in expected.items()
        if name in state and state[name].shape != value.shape
    ]
    kinds = [
        f"{name} is {state[name].dtype}"
        for name, value in expected.items()
        if name in state and state[name].is_floating_point() != value.is_floating_point()
    ]
    found = {"missing": missing, "unexpected": unexpected}
    found |= {"with a different shape": shapes, "with a different data type": kinds}
    return [f"{len(items)} {label} ({_some(items)})" for label, items in found.items() if items]


def _some(items: list[str], n: int = 3) -> str:
    return ", ".join(map(str, items[:n])) + (", ..." if len(items) > n else "")
