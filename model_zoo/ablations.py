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

        Raises `InvalidRow` if an entry without a plus sign is not in `base`. An entry of a tier is
        known if the tier's own overrides or the config itself have it.
        """
        nested: dict[str, Any] = {}
        for dotted, value in self.entries.items():
            keys = dotted.removeprefix("+").split(".")
            if not dotted.startswith("+"):
                self._check(keys, value, base)
            node = nested
            for key in keys[:-1]:
                node = node.setdefault(key, {})
            node[keys[-1]] = copy.deepcopy(value)
        return nested

    def _check(self, keys: list[str], value: Any, base: Mapping[str, Any]) -> None:
        for path in _leaves(keys, value):
            if path[0] in ("smoke", "lab") and _has(base, path[1:]):
                continue
            if not _has(base, path):
                dotted = ".".join(path)
                raise self.error(
                    f"'{dotted}' is not in '{self.base}'; write '+{dotted}' if it is new"
                )


def read(file: Path) -> dict[str, Row]:
    """The rows of one file, by name. Raises `InvalidRow` for what is not a row."""
    try:
        node = yaml.compose(file.read_text(encoding="utf-8"), yaml.SafeLoader)
        table = yaml.safe_load(file.read_text(encoding="utf-8")) or {}
    except yaml.YAMLError as error:
        raise _error(file, None, " ".join(str(error).split())) from error
    if not isinstance(table, dict):
        raise _error(file, None, "expected a mapping from names to rows")
    written = [key.value for key, _ in node.value] if node else []
    for name in written:
        if written.count(name) > 1:
            raise _error(file, name, "this name is used twice")
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


def _leaves(keys: list[str], value: Any) -> Iterator[list[str]]:
    """The paths that an entry must find in its base: below a mapping, unless it replaces all."""
    if isinstance(value, dict) and value and not value.get("_delete_"):
        for key, one in value.items():
            yield from _leaves([*keys, key], one)
    else:
        yield keys


def _has(node: Any, path: list[str]) -> bool:
    for key in path:
        if isinstance(node, list | tuple) and key.isdigit() and int(key) < len(node):
            node = node[int(key)]
        elif isinstance(node, Mapping) and key in node:
            node = node[key]
        else:
            return False
    return True
