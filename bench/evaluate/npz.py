"""Dataclasses of arrays that are stored as .npz files."""

import io
import zlib
from pathlib import Path
from typing import Self
from zipfile import BadZipFile

import numpy as np

from bench.errors import ResultError
from bench.files import write_atomically


class NpzFile:
    """Base of a dataclass whose fields are all arrays; a field is an array of the file."""

    def packed(self) -> bytes:
        """The bytes of the file."""
        file = io.BytesIO()
        np.savez_compressed(file, **vars(self))
        return file.getvalue()

    def save(self, path: Path) -> None:
        """Write the whole file or none of it. Raises `EnvironmentProblem` if it cannot be written."""
        write_atomically(path, self.packed())

    @classmethod
    def load(cls, path: Path) -> Self:
        """Raises `ResultError` for any other file; nothing is unpickled."""
        try:
            with np.load(path, allow_pickle=False) as data:
                return cls(**{name: data[name] for name in cls.__annotations__})
        except (OSError, ValueError, LookupError, TypeError, EOFError, BadZipFile, zlib.error) as e:
            kind = cls.__name__.lower()
            raise ResultError(f"{path}: no stored {kind}: {e}; evaluate the run again") from None
