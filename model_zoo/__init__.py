"""The model zoo: pose estimators of five papers and their baselines as MMPose components.

    model_zoo.names()                            every model's name
    model_zoo.config(name, tier="full")          its resolved mmengine Config
    model_zoo.build_model(name)                  an MMPose pose estimator, initialised, in eval mode
    model_zoo.load_released_weights(model, file) the authors' checkpoint, by the authors' entry names
    model_zoo.register()                         makes the zoo's components known to MMPose

Importing the zoo is light: PyTorch and MMPose are imported by the first call that needs them.
"""

from .errors import MissingPackage, UnknownModel, WeightsMismatch, ZooError
from .registry import TIERS, build_model, config, config_path, family, names, register
from .weights import load_released_weights

__all__ = [
    "TIERS",
    "MissingPackage",
    "UnknownModel",
    "WeightsMismatch",
    "ZooError",
    "build_model",
    "config",
    "config_path",
    "family",
    "load_released_weights",
    "names",
    "register",
]
