"""Files of data sets and predictions, read with clear errors."""

import gzip
import json
from pathlib import Path
from typing import Any

from bench.errors import DataError


def replace_file(path: Path, content: bytes) -> None:
    """The whole file or none of it."""
    part = path.with_name(path.name + ".part")
    part.write_bytes(content)
    part.replace(path)


def read_json(path: Path) -> Any:
    """JSON from a plain or gzipped file; `DataError` says which file and where it breaks."""
    try:
        raw = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
        return json.loads(raw)
    except FileNotFoundError:
        raise DataError(f"{path} is missing; `repropose prepare` makes or checks it") from None
    except (OSError, EOFError, ValueError) as error:
        raise DataError(f"{path} is not readable JSON: {error}") from None
