"""Where things lie, and which files decide what a zoo model is (found without importing the zoo)."""

import functools
import os
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parents[1]
CONFIGS = ROOT / "model_zoo" / "configs"


def workspace() -> Path:
    """Where data/, work/, results/ and build/ lie: the checkout, or REPROPOSE_WORKSPACE."""
    return Path(os.environ.get("REPROPOSE_WORKSPACE", ROOT)).resolve()


def params_file() -> Path:
    """params.yaml of the workspace if it has one, else the project's."""
    own = workspace() / "params.yaml"
    return own if own.is_file() else ROOT / "params.yaml"


@functools.cache
def config_rows() -> dict[str, tuple[Path, dict[str, Any]]]:
    """Zoo model -> its `ablations.yaml` and its row there, for the models that are rows."""
    return {
        name: (file, row)
        for file in sorted(CONFIGS.glob("*/ablations.yaml"))
        for name, row in yaml.safe_load(file.read_text(encoding="utf-8")).items()
    }


@functools.cache
def config_files() -> dict[str, Path]:
    """Zoo model -> the file that defines it (a config, or the `ablations.yaml` that has its row).

    Sorted by family, then by name, as `model_zoo.names()`, without importing the zoo.
    """
    files = {path.stem: path for path in CONFIGS.glob("[!_]*/[!_]*.py")}
    files |= {name: file for name, (file, _) in config_rows().items()}
    return dict(sorted(files.items(), key=lambda item: (item[1].parent.name, item[0])))
