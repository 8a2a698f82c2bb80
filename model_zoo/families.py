"""From a model to what mirrors its family: `figures/<family>.py`, `released/<family>.py`."""

import importlib
import importlib.util
from types import ModuleType
from typing import Any


def family_module(folder: str, model: Any) -> ModuleType | None:
    """The module of `folder` named after the family that defines the class of the model's head (or of the model
    itself if it has none); None where there is no such module."""
    for kind in type(getattr(model, "head", model)).__mro__:
        root, _, rest = kind.__module__.partition(".")
        name = f"{__package__}.{folder}.{rest.partition('.')[0]}"
        if root == __package__ and importlib.util.find_spec(name):
            return importlib.import_module(name)
    return None
