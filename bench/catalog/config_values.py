"""The literal entries of a zoo config, read from its files: nothing is run, no MMEngine is needed."""

import ast
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from bench.paths import config_files, config_rows


@cache
def config_values(model: str) -> dict[str, Any]:
    """The literal entries of a model's config, a row's over those of its base; {} of a model without config."""
    if model not in config_files():
        return {}
    if model not in config_rows():
        return _merged(config_files()[model])
    _, row = config_rows()[model]
    base = config_values(row["base"])
    own: dict[str, Any] = {}
    for dotted, value in row.items():
        *above, last = dotted.removeprefix("+").split(".")
        node = own
        for key in above:
            node = node.setdefault(key, {})
        node[last] = value
    merged = dict(_over(base, _plain(own)))
    old, new = (one.get("codec", {}).get("input_size") for one in (base, merged))
    if old != new:
        merged["model"] = _resized(merged["model"], old, new)
    return merged


def _plain(value: Any) -> Any:
    """A row's value with `(48, 64)` as a tuple."""
    if isinstance(value, dict):
        return {key: _plain(one) for key, one in value.items()}
    if isinstance(value, str) and value.startswith("("):
        return tuple(yaml.safe_load(f"[{value[1:-1]}]"))
    return value


def _resized(node: Any, old: Any, new: Any) -> Any:
    """`node` with a changed codec's input size wherever the old one was, as the registry does it."""
    if not isinstance(node, dict):
        return node
    sizes = {"input_size": new} if node.get("input_size") == old else {}
    return {key: _resized(value, old, new) for key, value in node.items()} | sizes


@cache
def _merged(path: Path) -> dict[str, Any]:
    """The config's literal entries over those it inherits, as mmengine merges them; others are left out."""
    merged: dict[str, Any] = {}
    own: dict[str, Any] = {}
    for node in ast.parse(path.read_text("utf-8")).body:
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            name = node.targets[0].id
            if name == "_base_":
                bases = ast.literal_eval(node.value)
                for base in [bases] if isinstance(bases, str) else bases:
                    merged = _over(merged, _merged((path.parent / base).resolve()))
            else:
                value = _literal(node.value, own)
                if value is not None:
                    own[name] = value
    return dict(_over(merged, own))


def _over(below: Any, above: Any) -> Any:
    if not isinstance(below, dict) or not isinstance(above, dict) or above.get("_delete_"):
        return above
    return {**below, **{key: _over(below.get(key), value) for key, value in above.items()}}


def _literal(node: ast.expr, names: Mapping[str, Any]) -> Any:
    """The value of `dict(...)`, `{...}`, a literal or a name assigned above, without entries that are none of these."""
    if isinstance(node, ast.Name):
        return names.get(node.id)
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "dict":
        found: dict[str, Any] = {}
        for whole in [*node.args, *(word.value for word in node.keywords if not word.arg)]:
            value = _literal(whole, names)
            found |= value if isinstance(value, dict) else {}
        found |= {word.arg: _literal(word.value, names) for word in node.keywords if word.arg}
        return {key: value for key, value in found.items() if value is not None}
    if isinstance(node, ast.Dict):
        pairs = zip(node.keys, node.values, strict=True)
        found = {
            str(key.value): _literal(one, names)
            for key, one in pairs
            if isinstance(key, ast.Constant)
        }
        return {key: value for key, value in found.items() if value is not None}
    try:
        return ast.literal_eval(node)
    except ValueError:
        return None
