"""Networks of which only the shapes are made, on the meta device, and quickly.

There PyTorch computes most shapes by Python kernels, a fifth as fast as its C++ kernels for the same operators; and
modules spend most of their construction on initial values that do not exist.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from unittest import mock

import torch
from torch import _meta_registrations
from torch._decomp import global_decomposition_table
from torch.library import Library

import model_zoo

# as in torch._meta_registrations.activate_meta
NO_KERNEL = {
    f"aten::{name}"
    for name in (
        *("empty_strided", "clone", "_to_copy", "copy_", "constant_pad_nd", "rot90"),
        "as_strided_scatter",
    )
}
HOLDER = "_meta_lib_dont_use_me_use_register_meta"
INITIALISERS = [
    name for name in dir(torch.nn.init) if name.endswith("_") and not name.startswith("_")
]


def _register(*, where_no_other: bool) -> None:
    """Registers PyTorch's Python kernels of the meta device: all, or those of operators without one in C++."""
    found = {}
    for kind in ("meta", "post_autograd", "pre_autograd"):
        found = global_decomposition_table[kind] | found
    library = Library("aten", "IMPL", "Meta")
    for operator, kernel in found.items():
        if not isinstance(operator, torch._ops.OpOverload) or operator.is_view:
            continue
        name = operator.name()
        other = (
            ("CompositeImplicitAutograd", "Meta")
            if where_no_other
            else ("CompositeImplicitAutograd",)
        )
        has = any(torch._C._dispatch_has_kernel_for_dispatch_key(name, key) for key in other)
        if name.startswith("aten::") and name not in NO_KERNEL and not has:
            library.impl(operator, kernel)
    setattr(_meta_registrations, HOLDER, library)


@contextmanager
def no_initial_values() -> Iterator[None]:
    """Within, `torch.nn.init` does nothing."""
    nothing = {name: lambda tensor, *_, **__: tensor for name in INITIALISERS}
    with mock.patch.multiple(torch.nn.init, **nothing):
        yield


@contextmanager
def quick_shapes() -> Iterator[None]:
    """`no_initial_values`, and the meta device takes C++ kernels where there are any."""
    getattr(_meta_registrations, HOLDER)._destroy()
    _register(where_no_other=True)
    try:
        with no_initial_values():
            yield
    finally:
        getattr(_meta_registrations, HOLDER)._destroy()
        _register(where_no_other=False)


def shapes_only(name: str, tier: str = "full") -> torch.nn.Module:
    """A model on the meta device, in eval mode."""
    with torch.device("meta"), no_initial_values():
        return model_zoo.build_model(name, tier=tier)
