"""PyTorch's meta device, whose tensors have shapes and no numbers, at a fraction of its price.

Most of its kernels are Python and take up to a millisecond each, while networks repeat few of them.
"""

from collections.abc import Callable, Hashable
from typing import Any, ClassVar, NamedTuple

import torch
from torch.utils._python_dispatch import TorchDispatchMode

META = torch.device("meta")


class Layout(NamedTuple):
    """All that a tensor of the meta device is."""

    shape: tuple[int, ...]
    stride: tuple[int, ...]
    dtype: torch.dtype

    @classmethod
    def of(cls, tensor: torch.Tensor) -> "Layout":
        """Raises `ValueError` for a tensor of another device, which has numbers."""
        if not _on_meta(tensor):
            raise ValueError(tensor.device)
        return cls(tuple(tensor.shape), tensor.stride(), tensor.dtype)

    def new(self) -> torch.Tensor:
        """A tensor of this layout."""
        return torch.empty_strided(self.shape, self.stride, dtype=self.dtype, device=META)


class MetaOperations(TorchDispatchMode):  # type: ignore[misc]
    """Context in which an operation runs once for all arguments of the same layout in this process; then it only makes
    tensors of the layout of its results. Views run each time, and so does what has numbers."""

    _results: ClassVar[dict[Hashable, Callable[[Any], Any]]] = {}

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        kwargs = kwargs or {}
        try:
            key = (func, _layouts(args), _layouts(tuple(kwargs.items())))
            result = self._results.get(key)
        except (ValueError, TypeError):  # has numbers; an argument without hash
            return func(*args, **kwargs)
        if result is not None:
            return result(args)
        out = func(*args, **kwargs)
        if remembered := _remembered(func, args, out, key[1]):
            self._results[key] = remembered
        return out


def _layouts(value: Any) -> Hashable:
    if isinstance(value, torch.Tensor):
        return Layout.of(value)
    if isinstance(value, list | tuple):
        return tuple(_layouts(item) for item in value)
    return type(value), value


def _remembered(func: Any, args: Any, out: Any, before: Hashable) -> Callable[[Any], Any] | None:
    """What gives the same result again, or None for a view, a changed layout or a result that is no tensor."""
    aliases = [returned.alias_info for returned in func._schema.returns]
    if not any(aliases):
        found = [out] if isinstance(out, torch.Tensor) else out
        if not isinstance(found, tuple | list) or not all(map(_on_meta, found)):
            return None
        layouts = [Layout.of(item) for item in found]
        if isinstance(out, torch.Tensor):
            return lambda _: layouts[0].new()
        return lambda _: type(out)(layout.new() for layout in layouts)
    if args and out is args[0] and func._schema.is_mutable and _layouts(args) == before:
        return lambda args: args[0]
    return None


def _on_meta(value: Any) -> bool:
    return isinstance(value, torch.Tensor) and value.device == META
