"""The model card of a submission: its author's description of the network."""

from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from bench.errors import DataError
from bench.evaluate.predictions import MAX_REPORTED
from bench.files import read_bytes
from bench.results.records import ModelCard

_CARD_BYTES = 20_000


def read_card(path: Path) -> ModelCard:
    """A model card in YAML. Raises `DataError` with the lines of the first errors."""
    raw = read_bytes(path, _CARD_BYTES)
    try:
        text = raw.decode("utf-8")
        if any(isinstance(token, yaml.AliasToken) for token in yaml.scan(text)):
            raise DataError(f"{path}: aliases (*name) are not allowed in a model card")
        data = yaml.safe_load(text)
    except (UnicodeDecodeError, yaml.YAMLError, ValueError, RecursionError) as error:
        mark = getattr(error, "problem_mark", None)
        place = f"{path}:{mark.line + 1}" if mark else str(path)
        problem = getattr(error, "problem", None) or type(error).__name__
        raise DataError(f"{place}: not readable YAML: {problem}") from None
    if not isinstance(data, dict):
        raise DataError(f"{path}: a model card is a list of `field: value` lines")
    try:
        return ModelCard.model_validate(data)
    except ValidationError as error:
        errors = [_field_error(one, text) for one in error.errors(include_url=False)[:MAX_REPORTED]]
        raise DataError(f"{path}: {'; '.join(errors)}") from None


def _field_error(error: Any, text: str) -> str:
    field = str(error["loc"][0]) if error["loc"] else "the card"
    lines = [n for n, line in enumerate(text.splitlines(), 1) if line.startswith(f"{field}:")]
    place = f"line {lines[0]}, {field}" if lines else field
    if error["type"] == "extra_forbidden":
        return f"{place[:60]}: unknown field; allowed are {', '.join(ModelCard.model_fields)}"
    wanted = ModelCard.model_fields[field].description if field in ModelCard.model_fields else ""
    if error["type"] == "missing":
        return f"{field} is missing: {wanted}"
    if error["type"] == "value_error":
        return f"{place}: {error['ctx']['error']}"
    return f"{place}: got {str(error['input'])[:60]!r}, expected {wanted}"
