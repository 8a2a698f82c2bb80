"""Modules that are imported when something of them is used, not when another module merely imports them.

MMPose's chain of imports executes SciPy's statistics for one distribution, matplotlib for a drawing that nothing here
makes, and PyTorch's compiler for two functions that do nothing where nothing is compiled: half of the start-up time.
"""

import importlib
import importlib.util
import sys
from collections.abc import Callable, Mapping
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import ModuleType
from typing import Any

# Module -> names that are taken from it at once; each is looked up when it is first used.
_NAMES = {
    "scipy.stats": ("truncnorm",),  # mmpose.datasets.transforms
    "matplotlib.pyplot": (),  # xtcocotools.coco, for showAnns
    "matplotlib.collections": ("PatchCollection",),
    "matplotlib.patches": ("Polygon",),
    "munkres": ("Munkres",),  # mmpose.codecs
    "torch._dynamo.utils": ("is_compile_supported",),  # torchvision.ops
    # sharded training, which no config here names; each imports a part of PyTorch as large as the rest
    "mmengine.optim.optimizer.zero_optimizer": ("ZeroRedundancyOptimizer",),
    "mmengine.model.wrappers.fully_sharded_distributed": ("MMFullyShardedDataParallel",),
    "mmengine.runner._flexible_runner": ("FlexibleRunner",),
}


_LOADED_WITH_PARTS = ("torch._dynamo", "torch._inductor")


def install() -> None:
    """Puts the modules off that are not yet imported."""
    for name, names in _NAMES.items():
        _put_off(name, {one: _Named(name, one) for one in names})
    _put_off("torch._dynamo", {"graph_break": _nothing, "disable": _itself})
    # torch.use_deterministic_algorithms sets an entry of its configuration
    _put_off("torch._inductor.config", {})
    _put_off("torch._inductor", {"config": sys.modules["torch._inductor.config"]})


def _nothing() -> None:
    """`torch._dynamo.graph_break` where nothing is compiled."""


def _itself(function: Callable[..., Any], *_: Any, **__: Any) -> Callable[..., Any]:
    """`torch._dynamo.disable` where nothing is compiled."""
    return function


def _put_off(name: str, given: Mapping[str, Any]) -> None:
    if name not in sys.modules:
        sys.modules[name] = _Later(name, given)


class _Later(ModuleType):
    """Stands for a module until something of it is asked for that is not `given`."""

    def __init__(self, name: str, given: Mapping[str, Any]) -> None:
        super().__init__(name, "Imported when it is used; see model_zoo/later.py.")
        self.__spec__ = ModuleSpec(name, loader=None)
        self._given = given

    def __getattr__(self, name: str) -> Any:
        if name in self._given and self.__name__ in sys.modules:
            return self._given[name]
        if (
            name == "__path__" and self.__name__ != "torch._dynamo"
        ):  # asked for by `from ... import`
            return self._folder()
        if (
            name.startswith("__") and name != "__path__"
        ):  # `inspect` looks at every module's __file__
            raise AttributeError(name)
        return getattr(self._load(), name)

    def _load(self) -> ModuleType:
        """The module, with what was set of it before."""
        if sys.modules.get(self.__name__) is not self:
            return importlib.import_module(self.__name__)
        del sys.modules[self.__name__]
        found = importlib.import_module(self.__name__)
        for name, value in vars(self).items():
            if not name.startswith("_"):
                setattr(found, name, value)
        return found

    def _folder(self) -> list[str]:
        """Where the modules of a package are, found without importing anything. Raises `AttributeError`."""
        top, *rest = self.__name__.split(".")
        spec = importlib.util.find_spec(top)
        roots = (spec.submodule_search_locations or []) if spec else []
        found = [str(path) for root in roots if (path := Path(root, *rest)).is_dir()]
        if not found:
            raise AttributeError("__path__")
        return found


class _Named:
    """Something of a module that is imported when it is first used."""

    def __init__(self, module: str, name: str) -> None:
        self._of = module, name

    def _found(self) -> Any:
        module, name = self._of
        found = sys.modules.get(module)
        return getattr(
            found._load() if isinstance(found, _Later) else importlib.import_module(module), name
        )

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return self._found()(*args, **kwargs)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._found(), name)
