"""The model card of a submission: its author's description of the network."""

from datetime import date, datetime
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from bench.errors import DataError
from bench.evaluate.entry_errors import MAX_REPORTED
from bench.files import read_text
from bench.results.records import ModelCard

_CARD_BYTES = 20_000
_YAML_KINDS = {
    int: "a number",
    float: "a number",
    bool: "yes or no",
    date: "a date",
    datetime: "a date",
}


def read_card(path: Path) -> ModelCard:
    """A model card in YAML. Raises `DataError` with the lines of the first errors."""
    text = read_text(path, _CARD_BYTES)
    try:
        if any(isinstance(token, yaml.AliasToken) for token in yaml.scan(text)):
            raise DataError(f"{path}: aliases (*name) are not allowed in a model card")
        data = yaml.safe_load(text)
        _refuse_twice(path, text)
    except (yaml.YAMLError, ValueError, RecursionError) as error:
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


def _refuse_twice(path: Path, text: str) -> None:
    node = yaml.compose(text, Loader=yaml.SafeLoader)
    pairs = node.value if isinstance(node, yaml.MappingNode) else []
    seen: set[str] = set()
    for key, _ in pairs:
        if str(key.value) in seen:
            raise DataError(f"{path}:{key.start_mark.line + 1}: key '{key.value}' is given twice")
        seen.add(str(key.value))


def _field_error(error: Any, text: str) -> str:
    field = str(error["loc"][0]) if error["loc"] else "the card"
    lines = {n: one for n, one in enumerate(text.splitlines(), 1) if one.startswith(f"{field}:")}
    number = next(iter(lines), 0)
    place = f"line {number}, {field}" if lines else field
    if error["type"] == "extra_forbidden":
        return f"{place[:60]}: unknown field; allowed are {', '.join(ModelCard.model_fields)}"
    wanted = ModelCard.model_fields[field].description if field in ModelCard.model_fields else ""
    if error["type"] == "missing":
        return f"{field} is missing: {wanted}"
    if error["type"] == "value_error":
        return f"{place}: {error['ctx']['error']}"
    if error["type"] == "string_type" and lines and (kind := _YAML_KINDS.get(type(error["input"]))):
        written = lines[number].partition(":")[2].partition(" #")[0].strip()[:60]
        return f'{place}: YAML reads {written} as {kind}; put it in quotes: {field}: "{written}"'
    return f"{place}: got {str(error['input'])[:60]!r}, expected {wanted}"
