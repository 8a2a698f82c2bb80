"""Counted networks have shapes only; those are the same whichever kernels of the meta device compute them."""

from collections.abc import Iterator

import pytest

from tests.model_zoo.shapes import quick_shapes


@pytest.fixture(scope="module", autouse=True)
def quickly() -> Iterator[None]:
    with quick_shapes():
        yield
