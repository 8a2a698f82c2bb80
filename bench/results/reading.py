"""One result file: its JSON, its format, its shape, and whether it is where its content belongs."""

from collections.abc import Callable
from pathlib import Path
from typing import NoReturn

from pydantic import TypeAdapter, ValidationError

from bench.errors import DataError, ResultError
from bench.files import parse_json, read_bytes
from bench.results.locations import relative_path
from bench.results.records import AnyResult

FORMAT = 1
_ADAPTER: TypeAdapter[AnyResult] = TypeAdapter(AnyResult)


def read_result(path: Path, base: Path, shown: str, reject: Callable[[str], NoReturn]) -> AnyResult:
    """The result in a file below `base`; reject: raises `ResultError` with what was found. shown: its name."""
    try:
        content = read_bytes(path)
        data = parse_json(content, path.name)
    except DataError as error:
        reject(f"cannot be read: {error}")
    if not isinstance(data, dict):
        reject(f"expected a JSON object, found {type(data).__name__}")
    found = data.get("format")
    if type(found) is not int or found < FORMAT:
        reject(f"its format is {found!r:.40}, not {FORMAT}")
    if found > FORMAT:
        raise ResultError(
            f"{shown}: format {found} is newer than format {FORMAT} of this program; "
            "run `git pull` and `make setup`, or delete the file and run `dvc repro`"
        )
    try:
        result = _ADAPTER.validate_json(content, strict=True)  # a number in quotes is none
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        where = " > ".join(map(str, first["loc"])) or "the file"
        reject(f"{where}: {first['msg']} ({error.error_count()} problem(s) in all)")
    try:
        _ = result.provenance.date
    except ValueError as error:
        reject(f"provenance > volatile > date: {error}")
    try:
        committed = relative_path(result, committed=True)
        allowed = (relative_path(result), committed)
    except ResultError as error:
        reject(str(error))
    if path.relative_to(base) not in allowed:
        reject(f"its content belongs to {committed if base.name == 'measured' else allowed[0]}")
    return result
