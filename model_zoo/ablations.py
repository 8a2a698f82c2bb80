"""Ablation arms: the rows of `configs/<family>/ablations.yaml`.

A row is a model that differs from another one, its base, by a few entries:

    lofr-r50-e2d2: {base: lofr-r50, model.head.context.layers: 2, model.head.pose.layers: 2}

Entries are written as for MMEngine's `--cfg-options`: dotted keys, `(48, 64)` for a tuple, `_delete_: true` in a
mapping that replaces instead of being merged; `smoke.` and `lab.` reach the tiers. An entry that the base does not have
begins with a plus sign (`+start_from: ...`), so that a misspelt key is an error. The base is a config file or another
row, of any family. A changed `codec` is carried to the decoder, the target generator and the crop by the registry.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from .errors import InvalidRow

FILE = "ablations.yaml"
_FLOAT = re.compile(r"[-+]?\d+(\.\d*)?[eE][-+]?\d+")


@dataclass(frozen=True)
class Row:
    """One entry of an `ablations.yaml`: a model named by its base and what it changes."""

    name: str
    file: Path
    base: str
    entries: dict[str, Any] = field(repr=False)

    def error(self, message: str) -> InvalidRow:
        return _error(self.file, self.name, message)

    def overrides(self, base: Mapping[str, Any]) -> dict[str, Any]:
        """What the row sets in the config `base`, by dotted key; a tier's entries begin with its name.

        Raises `InvalidRow` if an entry without a plus sign is not in `base`; a tier's entry may be in the tier only.
        """
        found: dict[str, Any] = {}
        for written, entry in self.entries.items():
            for key, value in _leaves(written.removeprefix("+"), entry):
                first, *path = key.split(".")
                if first not in ("smoke", "lab"):
                    known = _has(base, [first, *path])
                else:  # the keys of a tier have dots
                    starts = ([".".join(path[:n]), *path[n:]] for n in range(1, len(path) + 1))
                    known = _has(base, path) or any(_has(base, [first, *own]) for own in starts)
                if not known and not written.startswith("+"):
                    raise self.error(
                        f"'{key}' is not in '{self.base}'; a new entry begins with '+'"
                    )
                found[key] = copy.deepcopy(value)
        return found


def _leaves(key: str, value: Any) -> Iterator[tuple[str, Any]]:
    """Dotted key and value of all that an entry sets. A mapping that replaces all, or has keys with dots, is one."""
    if (
        isinstance(value, dict)
        and value
        and not value.get("_delete_")
        and "." not in "".join(value)
    ):
        for inner, one in value.items():
            yield from _leaves(f"{key}.{inner}", one)
    else:
        yield key, value


def _has(node: Any, path: list[str]) -> bool:
    for key in path:
        if isinstance(node, list | tuple) and key.isdigit() and int(key) < len(node):
            node = node[int(key)]
        elif isinstance(node, Mapping) and key in node:
            node = node[key]
        else:
            return False
    return True


def read(file: Path) -> dict[str, Row]:
    """The rows of one file, by name. Raises `InvalidRow` for what is not a row."""
    text = file.read_text(encoding="utf-8")
    try:
        node, table = yaml.compose(text, yaml.SafeLoader), yaml.safe_load(text) or {}
    except yaml.YAMLError as error:
        raise _error(file, None, " ".join(str(error).split())) from error
    if not isinstance(table, dict):
        raise _error(file, None, "expected a mapping from names to rows")
    rows = node.value if node else []
    for name in _twice(rows):
        raise _error(file, name, "this name is used twice")
    for name, entries in rows:
        for key in _twice(entries.value):
            raise _error(file, name.value, f"'{key}' is given twice")
    return {name: _row(file, name, entries) for name, entries in table.items()}


def _twice(pairs: Any) -> list[str]:
    """Keys that a mapping node's pairs have more than once."""
    keys = [key.value for key, _ in pairs] if isinstance(pairs, list) else []
    return [key for key in keys if keys.count(key) > 1]


def _row(file: Path, name: str, entries: Any) -> Row:
    if not isinstance(entries, dict) or not isinstance(entries.get("base"), str):
        raise _error(file, name, "expected `base: <model>` and the entries that differ from it")
    values = {str(key): _value(value) for key, value in entries.items() if key != "base"}
    return Row(name, file, entries["base"], values)


def _error(file: Path, name: str | None, message: str) -> InvalidRow:
    place = "/".join(file.parts[-4:])
    return InvalidRow(f"{place}: {name}: {message}" if name else f"{place}: {message}")


def _value(value: Any) -> Any:
    """A YAML value with `(a, b)` as a tuple and `1e-4`, a string in YAML 1.1, as a number."""
    if isinstance(value, dict):
        return {str(key): _value(one) for key, one in value.items()}
    if isinstance(value, list):
        return [_value(one) for one in value]
    if isinstance(value, str) and value.startswith("(") and value.endswith(")"):
        return tuple(_value(one) for one in yaml.safe_load(f"[{value[1:-1]}]"))
    return float(value) if isinstance(value, str) and _FLOAT.fullmatch(value) else value
