"""Where things lie, and which files decide what a zoo model is (found without importing the zoo)."""

import functools
import os
from pathlib import Path

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
def config_files() -> dict[str, Path]:
    """Zoo model -> its config file, without importing the zoo."""
    return {p.stem: p for p in sorted(CONFIGS.glob("[!_]*/[!_]*.py"))}
