"""MMPose and the zoo on demand: a config's components are imported when it names them, and nothing else.

`import mmpose.models` executes every network MMPose has, and with them plotting, statistics and PyTorch's compiler.
Two things replace that. A package of MMPose that only collects names (`mmpose/models/__init__.py`) is an empty package
that imports a name from its module when it is asked for it. A registry knows from the source text which module
registers which name, and imports that one. Both are read from the installed files, so nothing is listed here.
"""

import ast
import importlib
import importlib.util
import re
import sys
from collections.abc import Iterator, Sequence
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder
from pathlib import Path
from types import ModuleType
from typing import Any

from .quiet import quietly

ZOO = __name__.rpartition(".")[0]
# Packages of MMPose that are imported as they are: their modules are asked for one by one.
_WHOLE = {"mmpose", "mmpose.apis"}
_REGISTERED = re.compile(
    r"^@(\w+)\.register_module\((?:[^)]*name='([^']+)')?[^)]*\)\n(?:@.*\n)*class (\w+)"
    r'|^(\w+)\.register_module\("(\w+)"',
    re.MULTILINE,
)
_REGISTRIES = re.compile(
    r"^from (mm(?:engine|pose)\.registry) import ([^\n(#]+|\([^)]+\))", re.MULTILINE
)


def install() -> None:
    """Makes MMPose's collecting packages and the registries lazy; what is already imported stays as it is."""
    if any(isinstance(finder, _Collectors) for finder in sys.meta_path):
        return
    sys.meta_path.insert(0, _Collectors())
    found: dict[tuple[str, str], dict[str, str]] = {}
    for package in ("mmpose", ZOO):
        for home, registry, name, module in registered(package):
            found.setdefault((home, registry), {})[name] = module
    for (home, registry), modules in found.items():
        one = getattr(importlib.import_module(home), registry)
        one._module_dict = _Entries(one._module_dict, modules)


def registered(package: str) -> Iterator[tuple[str, str, str, str]]:
    """(module of the registry, its name there, registered name, module that registers it), by the source text."""
    spec = importlib.util.find_spec(package)
    assert spec is not None, package
    assert spec.submodule_search_locations, package
    root = Path(spec.submodule_search_locations[0])
    for path in sorted(root.rglob("*.py")):
        parts = path.relative_to(root).with_suffix("").parts
        if parts[0].startswith(".") or parts[0] == "configs":
            continue
        text = path.read_text(encoding="utf-8")
        homes = {
            name.split(" as ")[-1].strip(): (home, name.split(" as ")[0].strip())
            for home, names in _REGISTRIES.findall(text)
            for name in names.strip("()").split(",")
        }
        for decorator, given, kind, called, literal in _REGISTERED.findall(text):
            if (decorator or called) in homes:
                module = ".".join((package, *parts))
                yield *homes[decorator or called], given or kind or literal, module


def _imported(module: str) -> ModuleType:
    """A module, without OpenMMLab's known import warnings."""
    with quietly():
        return importlib.import_module(module)


class _Entries(dict[str, Any]):
    """A registry's entries; a name that it is asked for is imported first."""

    def __init__(self, entries: dict[str, Any], modules: dict[str, str]) -> None:
        super().__init__(entries)
        self.modules = modules

    def __contains__(self, name: object) -> bool:
        if not super().__contains__(name) and name in self.modules:
            _imported(self.modules[str(name)])
        return super().__contains__(name)


class _Collectors(MetaPathFinder):
    """Finds the packages of MMPose whose `__init__.py` imports names and does nothing else."""

    def find_spec(
        self, name: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if not name.startswith("mmpose.") or name in _WHOLE:
            return None
        spec = PathFinder.find_spec(name, path, target)
        if spec is None or not spec.submodule_search_locations or not spec.origin:
            return None
        imports = ast.parse(Path(spec.origin).read_bytes()).body
        if all(_collects(node) for node in imports):
            spec.loader = _Collecting(spec, imports)
        return spec


def _collects(node: ast.stmt) -> bool:
    """A relative import, `__all__`, or a docstring."""
    named = isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") == "__all__"
    return (
        named
        or isinstance(node, ast.Expr)
        or (isinstance(node, ast.ImportFrom) and node.level == 1)
    )


class _Collecting(Loader):
    """Loads a package that imports its names when they are asked for."""

    def __init__(self, spec: ModuleSpec, body: Sequence[ast.stmt]) -> None:
        self.spec, self.body = spec, body

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        return _Package(spec.name, self.body)

    def exec_module(self, module: ModuleType) -> None:
        """Nothing is imported yet."""


class _Package(ModuleType):
    """A package with the names that its `__init__.py` imports."""

    def __init__(self, package: str, body: Sequence[ast.stmt]) -> None:
        super().__init__(package)
        imports = [node for node in body if isinstance(node, ast.ImportFrom)]
        listed = [ast.literal_eval(node.value) for node in body if isinstance(node, ast.Assign)]
        self.__dict__["_starred"] = [node.module for node in imports if node.names[0].name == "*"]
        self.__dict__["_origin"] = {
            alias.asname or alias.name: (node.module, alias.name)
            for node in imports
            for alias in node.names
        }
        if listed:
            self.__all__ = listed[0]

    def __getattr__(self, name: str) -> Any:
        if name in self._origin:
            home, original = self._origin[name]
            if home is None:
                return _imported(f"{self.__name__}.{original}")
            found = getattr(_imported(f"{self.__name__}.{home}"), original)
            self.__dict__[name] = found
            return found
        for home in () if name.startswith("__") else self._starred:
            module = _imported(f"{self.__name__}.{home}")
            if hasattr(module, name):
                return getattr(module, name)
        raise AttributeError(f"module '{self.__name__}' has no attribute '{name}'")

    def __setattr__(self, name: str, value: Any) -> None:
        """Python sets an imported module; one of the same name as a function in it would hide that."""
        if not (isinstance(value, ModuleType) and self._origin.get(name, (None,))[0]):
            super().__setattr__(name, value)
