"""Loads the authors' checkpoints by the authors' own entry names: all entries are compared, then all copied."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from os import PathLike
from types import ModuleType
from typing import TYPE_CHECKING, Any

from ..errors import WeightsMismatch, ZooError
from ..families import family_module

if TYPE_CHECKING:
    from torch import Tensor, nn

StateDict = Mapping[str, "Tensor"]
COUNTER = ".num_batches_tracked"  # of BatchNorm: no output depends on it


def load_released_weights(
    model: nn.Module, source: str | PathLike[str] | Mapping[str, Any]
) -> None:
    """Loads the authors' checkpoint into a model of the zoo.

    `source` is a file or a state_dict with the authors' entry names; either may be wrapped ("state_dict", "model", as
    HRNet's code and detectron2 store it) and have the prefix "module." of DataParallel. Files are read with
    `weights_only=True`, so nothing in them is executed. Either every entry fits and all are copied, or the model is
    left as it was and `WeightsMismatch` says what does not fit.

    `released/<family>.py` defines the names: `released_names(model)` maps each of the authors' entries to ours;
    `optional_entry(name)`, if it has one, says on which entries no output depends, so that they may be missing or left
    over, as BatchNorm's counters always may; `describe_checkpoint(state)` says in words which network a state_dict
    belongs to.
    """
    model.load_state_dict(released_state(model, source))


def released_state(
    model: nn.Module, source: str | PathLike[str] | Mapping[str, Any]
) -> dict[str, Tensor]:
    """The whole state_dict of `model`, under our names, with the values of the authors' checkpoint.

    `source` is as for `load_released_weights`, which also names the errors.
    """
    family = family_module("released", model)
    if family is None:
        kind = type(getattr(model, "head", model)).__name__
        raise ZooError(f"no released weights are known for a model with the head {kind}")
    # imports PyTorch, which importing the zoo does not
    reading = importlib.import_module(f"{__package__}.reading")
    if isinstance(source, Mapping):
        state: dict[str, Tensor] = reading.entries(source, "the mapping")
    else:
        state = reading.entries(reading.read_checkpoint(source), f"'{source}'")
    own, names = model.state_dict(), family.released_names(model)
    names = {t: ours for t, ours in names.items() if t in state or not _optional(t, family)}
    state = {t: value for t, value in state.items() if t in names or not _optional(t, family)}
    problems = _problems(state, {theirs: own[ours] for theirs, ours in names.items()}, reading.some)
    if problems:
        guess = family.describe_checkpoint(state)
        raise WeightsMismatch(
            f"this checkpoint does not belong to the model: {'; '.join(problems)}. "
            + (f"It looks like {guess}. " if guess else "")
            + "Build the model the file was made for, or give another file."
        )
    return {**own, **{names[theirs]: value for theirs, value in state.items()}}


def _optional(name: str, family: ModuleType) -> bool:
    """Whether no output depends on an entry of the authors."""
    more = getattr(family, "optional_entry", None)
    return name.endswith(COUNTER) or (more is not None and more(name))


def _problems(state: StateDict, expected: StateDict, some: Any) -> list[str]:
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
    endless = [n for n, v in state.items() if v.is_floating_point() and not v.isfinite().all()]
    found = {"missing": missing, "unexpected": unexpected}
    found |= {"with a different shape": shapes, "with a different data type": kinds}
    found |= {"with values that are not finite": endless}
    return [f"{len(items)} {label} ({some(items)})" for label, items in found.items() if items]
