"""OpenMMLab's and torchvision's known import warnings."""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def quietly() -> Iterator[None]:
    """Silences the known import warnings of OpenMMLab and torchvision, nothing else."""
    with warnings.catch_warnings():
        for message in (
            r"`torch\.jit\.\w+` is deprecated",  # from torchvision's decorators
            r"Fail to import ``MultiScaleDeformableAttention``",  # mmcv-lite
            r"pkg_resources is deprecated as an API",  # MMEngine 0.10.7
            r"Deprecated call to `pkg_resources\.declare_namespace",
        ):
            warnings.filterwarnings("ignore", message=message)
        yield
