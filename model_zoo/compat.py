"""Makes stock MMPose 1.3.2 importable where compiled pieces are missing.

MMPose imports three things that no model of the zoo uses: `mmcv.ops` (absent from mmcv-lite),
`mmdet.utils` (for RTMO) and torchvision (whose compiled extension does not load with a CPU build
of PyTorch). `install` does nothing for a piece that is present. For a missing piece it installs a
stand-in that can only be imported: any use of it raises `MissingPackage`.
"""

import functools
import importlib
import importlib.util
import sys
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any, NoReturn

from . import later, lazy_mmpose
from .errors import MissingPackage
from .quiet import quietly

_ADVICE = {
    "mmcv.ops": "the compiled operators of MMCV are missing (mmcv-lite has none); "
    "install the full 'mmcv' package (build it with: pip install --no-build-isolation mmcv)",
    "mmdet": "MMDetection is missing; install the 'mmdet' package",
    "torchvision": "torchvision's compiled operators do not load with this PyTorch; "
    "install the 'torchvision' build that matches it (see https://pytorch.org)",
}
_libraries: list[Any] = []  # a torch.library.Library undoes its declarations when it is collected


def install() -> list[str]:
    """Installs a stand-in for every missing piece, and only for those. Can be called repeatedly.

    Returns the names of the pieces that now have a stand-in, of "mmcv.ops", "mmdet" and
    "torchvision". An installation that is present but broken raises its own error.
    """
    with quietly():
        _torchvision()
        _mmcv_ops()
        _mmdet()
    return installed()


def import_mmpose() -> None:
    """Makes MMPose importable, on demand (`model_zoo/lazy_mmpose.py`); a repeated call costs nothing."""
    later.install()
    with quietly():
        _mmcv_ops()
        _mmdet()
        lazy_mmpose.install()


def import_torchvision() -> None:
    """torchvision, whether its compiled operators load or not. Two families use what of it is Python."""
    with quietly():
        _torchvision()


def installed() -> list[str]:
    """Names of the pieces that have a stand-in."""
    named = ("mmcv.ops", "mmdet")
    modules = [name for name in named if isinstance(sys.modules.get(name), _StandInModule)]
    return modules + (["torchvision"] if _libraries else [])


def _refuse(piece: str, used: str, *_: Any, **__: Any) -> NoReturn:
    raise MissingPackage(f"'{used}' was used, but {_ADVICE[piece]}.", name=piece)


class _StandInModule(ModuleType):
    """A module with the few names that MMPose imports; any other name raises."""

    def __init__(self, name: str, piece: str) -> None:
        super().__init__(name, f"Stand-in for {piece}; see model_zoo/compat.py.")
        self.__spec__ = ModuleSpec(name, loader=None, origin="model_zoo.compat")
        self._piece = piece

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(f"module '{self.__name__}' has no attribute '{name}'")
        _refuse(self._piece, f"{self.__name__}.{name}")


def _stand_in_class(piece: str, name: str) -> type:
    """A class that can be named in annotations and isinstance checks, but not instantiated or read."""

    class Refusing(type):
        def __call__(cls, *args: Any, **kwargs: Any) -> Any:
            _refuse(piece, name)

        def __getattr__(cls, attribute: str) -> Any:
            if attribute.startswith("__"):
                raise AttributeError(attribute)
            _refuse(piece, f"{name}.{attribute}")

    return Refusing(name.rpartition(".")[2], (), {"__module__": name.rpartition(".")[0]})


def _mmcv_ops() -> None:
    try:
        importlib.import_module("mmcv.ops")
    except ModuleNotFoundError as error:
        if error.name != "mmcv._ext":
            raise
    else:
        return
    for name in [name for name in sys.modules if name.startswith("mmcv.ops.")]:
        del sys.modules[name]
    ops = _StandInModule("mmcv.ops", "mmcv.ops")
    name = "MultiScaleDeformableAttention"
    setattr(ops, name, _stand_in_class("mmcv.ops", f"mmcv.ops.{name}"))
    sys.modules["mmcv.ops"] = ops
    sys.modules["mmcv"].ops = ops  # type: ignore[attr-defined]


def _mmdet() -> None:
    if "mmdet" in sys.modules or importlib.util.find_spec("mmdet") is not None:
        return
    mmdet, utils = (_StandInModule(name, "mmdet") for name in ("mmdet", "mmdet.utils"))
    for name in ("ConfigType", "reduce_mean"):
        setattr(utils, name, _stand_in_class("mmdet", f"mmdet.utils.{name}"))
    mmdet.utils = utils  # type: ignore[attr-defined]
    sys.modules.update({"mmdet": mmdet, "mmdet.utils": utils})


def _torchvision() -> None:
    if _imports_torchvision():
        return
    import torch

    library = torch.library.Library("torchvision", "DEF")
    for name in ("nms", "qnms"):
        library.define(f"{name}(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
        operator = functools.partial(_refuse, "torchvision", f"torchvision.ops.{name}")
        library.impl(name, operator, "CompositeExplicitAutograd")
    _libraries.append(library)
    importlib.import_module("torchvision")


def _imports_torchvision() -> bool:
    try:
        importlib.import_module("torchvision")
    except RuntimeError as error:  # "operator torchvision::nms does not exist"
        if "operator torchvision::" not in str(error):
            raise
        for name in [n for n in sys.modules if n == "torchvision" or n.startswith("torchvision.")]:
            del sys.modules[name]
        return False
    return True
