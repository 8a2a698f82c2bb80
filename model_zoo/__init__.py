"""The model zoo: pose estimators of five papers and their baselines as MMPose components.

    names()                               every model's name
    config(name, tier="full")             its resolved mmengine Config
    build_model(name)                     an MMPose pose estimator, initialised, in eval mode
    load_released_weights(model, file)    the authors' checkpoint, by the authors' entry names
    input_size(name)                      (width, height) in pixels
    expected_output(name)                 the shapes that mode="tensor" gives
    register()                            makes the zoo's components known to MMPose

Importing the zoo is light: PyTorch and MMPose are imported by the first call that needs them.
"""

from .errors import InvalidRow, MissingPackage, UnknownModel, WeightsMismatch, ZooError
from .registry import (
    TIERS,
    build_model,
    config,
    config_path,
    expected_output,
    family,
    input_size,
    names,
    register,
)
from .released.weights import load_released_weights

__all__ = [
    "TIERS",
    "InvalidRow",
    "MissingPackage",
    "UnknownModel",
    "WeightsMismatch",
    "ZooError",
    "build_model",
    "config",
    "config_path",
    "expected_output",
    "family",
    "input_size",
    "load_released_weights",
    "names",
    "register",
]
