"""Checkpoints as authors' programs write them, at reduced size: names, containers, counters."""

import functools

import numpy as np
import torch

import model_zoo
from model_zoo.families import family_module

#: Networks of both families with released weights: every backbone, full and light decoder.
FAMILIES = (
    *("transpose-r-a2", "transpose-h-s"),
    *("querypose-r50", "querypose-hrw32-light", "querypose-hrw48-light", "querypose-swinl-light"),
)


@functools.cache
def _built(name):
    torch.manual_seed(0)
    model = model_zoo.build_model(name, tier="smoke")
    return model, {key: value.clone() for key, value in model.state_dict().items()}


def network(name):
    """A network at reduced size with its random weights; one object, set back at every call."""
    model, initial = _built(name)
    model.load_state_dict(initial)
    return model


@functools.cache
def released_names(name):
    model = _built(name)[0]
    return family_module("released", model).released_names(model)


@functools.cache
def authors_state(name):
    """A bare state_dict under the authors' names whose values are not those of `network`."""
    own = _built(name)[1]
    generator = torch.Generator().manual_seed(1)
    return {
        theirs: own[ours] + 0.01 * torch.rand(own[ours].shape, generator=generator)
        if own[ours].is_floating_point()
        else own[ours] + 0
        for theirs, ours in released_names(name).items()
    }


def parallel(state):
    return {f"module.{name}": value for name, value in state.items()}


def without_counters(state):
    return {n: value for n, value in state.items() if not n.endswith("num_batches_tracked")}


def detectron2(state):
    """As fvcore's Checkpointer writes it, with what trains beside the model."""
    optimizer = {"state": {}, "param_groups": [{"lr": 2.5e-5, "betas": (0.9, 0.999)}]}
    return {"model": state, "optimizer": optimizer, "iteration": 279999}


def hrnet_code(state, perf):
    """As the code that TransPose's authors took over writes `checkpoint.pth` after every epoch."""
    optimizer = {"state": {}, "param_groups": [{"lr": 1e-5}]}
    return {
        "epoch": 230,
        "model": "transpose_r",
        "state_dict": parallel(state),
        "best_state_dict": state,
        "perf": perf,
        "optimizer": optimizer,
    }


#: What a file holds -> the bare state_dict to that. Those with NumPy values are in NUMPY.
LAYOUTS = {
    "bare": lambda state: state,
    "DataParallel": parallel,
    "state_dict": lambda state: {"state_dict": state},
    "state_dict, DataParallel": lambda state: {"state_dict": parallel(state), "epoch": 1},
    "detectron2": detectron2,
    "detectron2, DataParallel": lambda state: detectron2(parallel(state)),
    "no counters": without_counters,
    "no counters, detectron2, DataParallel": lambda s: detectron2(parallel(without_counters(s))),
    "compiled": lambda state: {f"_orig_mod.{name}": value for name, value in state.items()},
    "compiled in DataParallel": lambda s: {f"module._orig_mod.{name}": v for name, v in s.items()},
    "model_state_dict": lambda state: {"model_state_dict": state, "loss": 0.5},
    "wrapped twice": lambda state: {"model": {"state_dict": parallel(state)}},
    "HRNet's code": lambda state: hrnet_code(state, 0.75),
}
NUMPY = {
    "NumPy scalar": lambda state: hrnet_code(state, np.float64(0.75)),
    "NumPy integer and flag": lambda s: {"model": s, "iteration": np.int64(3), "best": np.bool_(1)},
    "NumPy float32": lambda state: {"state_dict": state, "perf": np.float32(0.75)},
    "NumPy arrays": lambda s: {"state_dict": s, "ap": np.arange(3.0), "name": np.array(["AP"])},
}
