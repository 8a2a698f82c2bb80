"""Networks of which only the shapes are made, on the meta device, and quickly.

There PyTorch computes most shapes by Python kernels, four times as slow as its C++ kernels for the same operators; and
modules spend most of their construction on initial values that do not exist.
"""

import functools
from unittest import mock

import torch
from torch import _meta_registrations
from torch._decomp import global_decomposition_table
from torch.library import Library

import model_zoo

WITHOUT = {  # a Python kernel; as in torch._meta_registrations.activate_meta
    f"aten::{name}"
    for name in (
        *("empty_strided", "clone", "_to_copy", "copy_", "constant_pad_nd", "rot90"),
        "as_strided_scatter",
    )
}
OTHER_KERNELS = ("Meta", "CompositeImplicitAutograd")
INITIALISERS = [
    name for name in dir(torch.nn.init) if name.endswith("_") and not name.startswith("_")
]


@functools.cache
def prefer_native_kernels() -> Library:
    """From now on the meta device takes PyTorch's Python kernels only for operators without one in C++."""
    _meta_registrations._meta_lib_dont_use_me_use_register_meta._destroy()
    found = {}
    for kind in ("meta", "post_autograd", "pre_autograd"):
        found = global_decomposition_table[kind] | found
    library = Library("aten", "IMPL", "Meta")
    for operator, kernel in found.items():
        if not isinstance(operator, torch._ops.OpOverload) or operator.is_view:
            continue
        name = operator.name()
        has = torch._C._dispatch_has_kernel_for_dispatch_key
        if (
            name.startswith("aten::")
            and name not in WITHOUT
            and not any(has(name, key) for key in OTHER_KERNELS)
        ):
            library.impl(operator, kernel)
    return library


def shapes_only(name: str, tier: str = "full") -> torch.nn.Module:
    """A model on the meta device, in eval mode; meanwhile `torch.nn.init` does nothing."""
    nothing = {one: lambda tensor, *_, **__: tensor for one in INITIALISERS}
    with torch.device("meta"), mock.patch.multiple(torch.nn.init, **nothing):
        return model_zoo.build_model(name, tier=tier)
