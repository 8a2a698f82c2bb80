"""Modules that are imported when something of them is used, not when another module merely imports them.

MMPose's chain of imports executes SciPy's statistics for one distribution and matplotlib for a drawing that nothing
here makes, and MMEngine's the sharded trainings that no config here names: a quarter of the start-up time.
"""

import importlib
import sys
from collections.abc import Sequence
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any

# Module -> names that are taken from it at once; each is looked up when it is first used.
_NAMES = {
    "scipy.stats": ("truncnorm",),  # mmpose.datasets.transforms
    "matplotlib.pyplot": (),  # xtcocotools.coco, for showAnns
    "matplotlib.collections": ("PatchCollection",),
    "matplotlib.patches": ("Polygon",),
    "munkres": ("Munkres",),  # mmpose.codecs
    "mmengine.optim.optimizer.zero_optimizer": ("ZeroRedundancyOptimizer",),
    "mmengine.model.wrappers.fully_sharded_distributed": ("MMFullyShardedDataParallel",),
    "mmengine.runner._flexible_runner": ("FlexibleRunner",),
}


def install() -> None:
    """Puts the modules off that are not yet imported."""
    for name, names in _NAMES.items():
        if name not in sys.modules:
            sys.modules[name] = _Later(name, names)


class _Later(ModuleType):
    """Stands for a module until something of it is used."""

    def __init__(self, name: str, names: Sequence[str]) -> None:
        super().__init__(name, "Imported when it is used; see model_zoo/later.py.")
        self.__spec__ = ModuleSpec(name, loader=None)
        self._given = {one: _Named(self, one) for one in names}

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):  # `inspect` looks at every module's __file__
            raise AttributeError(name)
        if name in self._given and sys.modules.get(self.__name__) is self:
            return self._given[name]
        return getattr(self.imported(), name)

    def imported(self) -> ModuleType:
        """The module itself."""
        if sys.modules.get(self.__name__) is self:
            del sys.modules[self.__name__]
        return importlib.import_module(self.__name__)


class _Named:
    """Something of a module that is imported when it is first used."""

    def __init__(self, module: _Later, name: str) -> None:
        self._of = module, name

    def _found(self) -> Any:
        module, name = self._of
        return getattr(module.imported(), name)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return self._found()(*args, **kwargs)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._found(), name)
