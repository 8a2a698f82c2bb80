"""What all tests share: the folder of reference material, where it is present."""

import os
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]


def shared_folder(*parts: str) -> Path:
    """A folder of the reference material beside the checkout (or REPROPOSE_SHARED); skips where absent."""
    base = Path(os.environ.get("REPROPOSE_SHARED", ROOT.parent / "shared"))
    found = base.joinpath(*parts)
    if not found.exists():
        pytest.skip(f"reference material {'/'.join(parts)} is not here (REPROPOSE_SHARED)")
    return found


@pytest.fixture(scope="session")
def samples() -> Path:
    """Real sample images and annotations: coco/, mpii/, crowdpose/."""
    if own := os.environ.get("REPROPOSE_SAMPLES"):
        return Path(own)
    return shared_folder("data")
