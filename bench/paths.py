"""Where the package and the workspace are, and the zoo's config files (found without importing the zoo)."""

import functools
import os
from pathlib import Path
from typing import Any

import yaml

from bench.errors import CatalogError, EnvironmentProblem

ROOT = Path(__file__).resolve().parents[1]
CONFIGS = ROOT / "model_zoo" / "configs"


def checkout() -> Path | None:
    """The checkout of the project that this package runs from; None for an installed wheel."""
    return ROOT if (ROOT / "pyproject.toml").is_file() and (ROOT / "ci").is_dir() else None


def require_checkout(command: str, instead: str = "") -> Path:
    """The checkout. Raises `EnvironmentProblem` naming the command and what can be done `instead`."""
    if found := checkout():
        return found
    raise EnvironmentProblem(
        f"{command} needs a checkout of the project, and this package is installed in {ROOT}; "
        f"{instead and f'{instead}, or '}clone the repository and run `make setup` in it"
    )


def workspace() -> Path:
    """Where data/, work/, results/ and build/ are: REPROPOSE_WORKSPACE, else the checkout, else the current folder."""
    return Path(os.environ.get("REPROPOSE_WORKSPACE") or checkout() or Path.cwd()).resolve()


def params_file() -> Path:
    """params.yaml of the workspace if it has one, else the package's own."""
    own = workspace() / "params.yaml"
    return own if own.is_file() else Path(__file__).with_name("params.yaml")


@functools.cache
def config_rows() -> dict[str, tuple[Path, dict[str, Any]]]:
    """Zoo model -> its `ablations.yaml` and its row there, for the models that are rows."""
    found: dict[str, tuple[Path, dict[str, Any]]] = {}
    for file in sorted(CONFIGS.glob("*/ablations.yaml")):
        rows = yaml.safe_load(file.read_text(encoding="utf-8")) or {}
        if not isinstance(rows, dict):
            raise CatalogError(f"{file}: expected rows of the form `name: {{base: model, ...}}`")
        for name, row in rows.items():
            if not isinstance(row, dict) or not isinstance(row.get("base"), str):
                raise CatalogError(f"{file}: row '{name}' needs `base`, the name of a model")
            found[name] = (file, row)
    return found


@functools.cache
def config_files() -> dict[str, Path]:
    """Zoo model -> the file that defines it (a config, or the `ablations.yaml` that has its row).

    Sorted by family, then by name, as `model_zoo.names()`, without importing the zoo.
    """
    files = {path.stem: path for path in CONFIGS.glob("[!_]*/[!_]*.py")}
    files |= {name: file for name, (file, _) in config_rows().items()}
    return dict(sorted(files.items(), key=lambda item: (item[1].parent.name, item[0])))
