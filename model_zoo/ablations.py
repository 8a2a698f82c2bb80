"""Ablation arms: the rows of `configs/<family>/ablations.yaml`.

A row is a model that differs from another one, its base, by a few entries:

    lofr-r50-e2d2: {base: lofr-r50, model.head.encoder_layers: 2, model.head.decoder_layers: 2}

Entries are written as for MMEngine's `--cfg-options`: dotted keys, `(48, 64)` for a tuple,
`_delete_: true` in a mapping that replaces instead of being merged; `smoke.` and `lab.` reach the
tiers. An entry that the base does not have begins with a plus sign (`+start_from: ...`), so that a
misspelt key is an error. The base is a config file or another row, of any family. A changed `codec`
is carried to the decoder, the target generator and the crop by the registry.
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
        """The entries as nested dicts, to be merged over the config `base`.

        Raises `InvalidRow` if an entry without a plus sign is not in `base`. The entries `smoke` and
        `lab` of a config are dicts with dotted keys: an entry of a tier changes the key that has it
        there, else it is a key of its own; it is known if that key or the config itself has it.
        """
        found: dict[str, Any] = {}
        for written, entry in self.entries.items():
            for path, value in _leaves(written.removeprefix("+").split("."), entry):
                shown, known = path, _has(base, path)
                if path[0] in ("smoke", "lab"):
                    known = _has(base, path[1:])
                    path = [path[0], *_as_tier_keys(path[1:], base.get(path[0], {}))]
                    known = known or _has(base, path)
                if not known and not written.startswith("+"):
                    raise self.error(
                        f"'{'.'.join(shown)}' is not in '{self.base}'; a new entry begins with '+'"
                    )
                _put(found, path, value)
        return found


def _leaves(path: list[str], value: Any) -> Iterator[tuple[list[str], Any]]:
    """Path and value of all that an entry sets: inside a mapping, unless that replaces all."""
    if isinstance(value, dict) and value and not value.get("_delete_"):
        for key, one in value.items():
            yield from _leaves([*path, key], one)
    else:
        yield path, copy.deepcopy(value)


def _as_tier_keys(path: list[str], tier: Mapping[str, Any]) -> list[str]:
    """A path inside a tier's dict of dotted keys: the longest key that is there, then the rest."""
    for length in range(len(path), 0, -1):
        key = ".".join(path[:length])
        if key in tier and (length == len(path) or isinstance(tier[key], dict | list)):
            return [key, *path[length:]]
    return [".".join(path)]


def _put(node: dict[str, Any], path: list[str], value: Any) -> None:
    for key in path[:-1]:
        node = node.setdefault(key, {})
    node[path[-1]] = value


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
    try:
        node = yaml.compose(file.read_text(encoding="utf-8"), yaml.SafeLoader)
        table = yaml.safe_load(file.read_text(encoding="utf-8")) or {}
    except yaml.YAMLError as error:
        raise _error(file, None, " ".join(str(error).split())) from error
    if not isinstance(table, dict):
        raise _error(file, None, "expected a mapping from names to rows")
    for name, entries in node.value if node else []:
        if [key.value for key, _ in node.value].count(name.value) > 1:
            raise _error(file, name.value, "this name is used twice")
        keys = [key.value for key, _ in entries.value] if isinstance(entries.value, list) else []
        for key in keys:
            if keys.count(key) > 1:
                raise _error(file, name.value, f"'{key}' is given twice")
    return {name: _row(file, name, entries) for name, entries in table.items()}


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
