"""Reads checkpoint files of others: tensors by name, whatever lies around them, and nothing executed."""

import json
import math
import pickle
import re
import warnings
from collections.abc import Mapping
from os import PathLike
from typing import Any, BinaryIO

import torch
from torch import Tensor

from ..errors import WeightsMismatch

#: Entries of a checkpoint that hold its state_dict: MMEngine's and HRNet's, detectron2's, PyTorch's tutorials'.
WRAPPERS = ("state_dict", "model", "model_state_dict")
#: What DataParallel and torch.compile put before every name.
PREFIX = re.compile(r"^(?:(?:module|_orig_mod)\.)+")
SAFETENSORS = dict(
    F64=torch.float64,
    F32=torch.float32,
    F16=torch.float16,
    BF16=torch.bfloat16,
    I64=torch.int64,
    I32=torch.int32,
    I16=torch.int16,
    I8=torch.int8,
    U8=torch.uint8,
    BOOL=torch.bool,
)


class _Unused:
    """Stands for any NumPy value beside the weights (an accuracy, a learning rate): it keeps nothing."""

    def __init__(self, *_: Any) -> None: ...

    def __setstate__(self, state: Any) -> None: ...


#: What a pickled NumPy scalar or array names, all of it replaced by a class that does nothing.
NUMPY = [
    (_Unused, name)
    for name in (
        "numpy.dtype",
        "numpy.ndarray",
        *(
            f"numpy.{core}.multiarray.{n}"
            for core in ("core", "_core")
            for n in ("scalar", "_reconstruct")
        ),
    )
]


def read_checkpoint(path: str | PathLike[str]) -> Any:
    """What a file holds, on the CPU: of `torch.save` in either format, or safetensors; its content decides which.

    Read with `weights_only=True`; NumPy values in it are skipped. Raises `WeightsMismatch`.
    """
    try:
        with open(path, "rb") as file:
            # torch.load goes by a path's ending; of an open file it sees the content
            return _read_safetensors(file) if _is_safetensors(file) else _read_torch(file)
    except (FileNotFoundError, IsADirectoryError):
        raise WeightsMismatch(f"no checkpoint at '{path}'; give the path of a .pth file") from None
    except (
        pickle.UnpicklingError, RuntimeError, EOFError, ValueError, LookupError, TypeError, AttributeError, OSError,
    ) as error:  # fmt: skip
        first = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
        raise WeightsMismatch(
            f"'{path}' is not a checkpoint that can be read safely ({_other_kind(path) or first[:120]}); "
            "download it again, and do not switch weights_only off"
        ) from error


#: How files that are no checkpoints begin.
OTHERS = {
    b"<": "it is an HTML page",
    b"version https://git-lfs": "it is a Git LFS pointer, not the file itself",
    b"\x1f\x8b": "it is packed with gzip: unpack it",
    b"\x08": "it is an ONNX graph, which has no state_dict",
}


def _other_kind(path: str | PathLike[str]) -> str:
    """What a file is that people take for a checkpoint; '' if its beginning does not say."""
    with open(path, "rb") as file:
        start = file.read(32)
    if start.startswith(b"\x08") and b"\x12" not in start[:4]:
        return ""
    return next((kind for first, kind in OTHERS.items() if start.startswith(first)), "")


def _read_torch(file: BinaryIO) -> Any:
    with warnings.catch_warnings(), torch.serialization.safe_globals(NUMPY):
        # the error that follows says enough
        warnings.filterwarnings("ignore", message="Detected pickle protocol")
        return torch.load(file, map_location="cpu", weights_only=True)


def _is_safetensors(file: BinaryIO) -> bool:
    """Whether the file begins with the length of a header, and the header with a JSON object."""
    start = file.read(9)
    file.seek(0)
    return len(start) == 9 and start[8:] == b"{"


def _read_safetensors(file: BinaryIO) -> dict[str, Tensor]:
    """The tensors of a file in the safetensors format: the header's length (8 bytes), a JSON header, raw data."""
    content = file.read()
    begin = 8 + int.from_bytes(content[:8], "little")
    header = json.loads(content[8:begin].decode())
    header.pop("__metadata__", None)
    data = bytearray(content[begin:])
    tensors = {}
    for name, entry in header.items():
        kind, shape, (first, last) = (
            SAFETENSORS[entry["dtype"]],
            entry["shape"],
            entry["data_offsets"],
        )
        count = math.prod(shape)
        if not 0 <= first <= last <= len(data) or last - first != count * kind.itemsize:
            raise ValueError(f"entry {name} does not fit the file")
        values = (
            torch.frombuffer(data, dtype=kind, count=count, offset=first)
            if count
            else torch.empty(0, dtype=kind)
        )
        tensors[name] = values.reshape(shape).clone()
    return tensors


def entries(content: Any, what: str) -> dict[str, Tensor]:
    """The entries of a bare or wrapped state_dict without the prefixes of DataParallel and torch.compile.

    `what` names it in the error. Raises `WeightsMismatch` if it is no state_dict.
    """
    while isinstance(content, Mapping):
        wrapped = [content[n] for n in WRAPPERS if isinstance(content.get(n), Mapping)]
        if not wrapped:
            break
        content = wrapped[0]
    if not isinstance(content, Mapping) or not content:
        raise WeightsMismatch(f"{what} holds no state_dict but {type(content).__name__}")
    wrong = [key for key, value in content.items() if not isinstance(value, Tensor)]
    if wrong:
        raise WeightsMismatch(
            f"{what} holds entries that are not tensors: {some(wrong)}; "
            f"the weights are looked for in {', '.join(WRAPPERS)} or at the top"
        )
    plain = {PREFIX.sub("", str(key)): value for key, value in content.items()}
    if len(plain) != len(content):
        twice = [
            key
            for key in map(str, content)
            if PREFIX.sub("", key) in set(map(str, content)) - {key}
        ]
        raise WeightsMismatch(
            f"{what} holds {len(content) - len(plain)} entries both with and without the prefix of DataParallel or "
            f"torch.compile ({some(twice)}); keep one of the two"
        )
    return plain


def some(items: list[Any], n: int = 3) -> str:
    """The first `n` items in words."""
    return ", ".join(map(str, items[:n])) + (", ..." if len(items) > n else "")
