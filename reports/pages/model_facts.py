"""What a model is made of, read from its config files: nothing is run, no MMPose is needed."""

import ast
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from bench.paths import ROOT, config_files, config_rows
from bench.results.inputs import config_chain

LEFT_OUT = (
    "init_cfg",
    "test_cfg",
    "train_cfg",
    "data_preprocessor",
    "decoder",
    "_scope_",
    "_delete_",
)
PARTS = ("backbone", "neck", "head")
LONGEST = 90


def facts(model: str) -> list[tuple[str, str]]:
    """(part, what it is) of a zoo model at the paper's size: ('head', 'TransPoseHead: dim 256, heads 8')."""
    if model not in config_files():
        return []
    config = _of(model)
    model_cfg = config.get("model", {})
    found = [
        (name.replace("_", " "), _words(model_cfg[name]))
        for name in dict.fromkeys([*PARTS, *model_cfg])
        if isinstance(model_cfg.get(name), dict) and name not in LEFT_OUT
    ]
    codec = config.get("codec")
    return [*found, ("keypoint codec", _words(codec))] if isinstance(codec, dict) else found


def family(model: str) -> str | None:
    """The docstring of the model family's module, without its headline; None if there is no such module."""
    known = config_files()
    path = ROOT / "model_zoo" / known[model].parent.name / "model.py" if model in known else None
    if path is None or not path.is_file():
        return None
    return ast.get_docstring(ast.parse(path.read_text("utf-8")))


def files(model: str) -> list[tuple[str, str]]:
    """(name, text) of what decides the model: its row and its bases' rows, then config files.

    A row's name is that of its file with `: <model>`, its text the base and the entries that differ.
    """
    if model not in config_files():
        return []
    if model in config_rows():
        file, row = config_rows()[model]
        text = yaml.safe_dump({model: row}, sort_keys=False, allow_unicode=True)
        return [(f"{file.relative_to(ROOT).as_posix()}: {model}", text), *files(row["base"])]
    return [
        (path.relative_to(ROOT).as_posix(), path.read_text("utf-8")) for path in config_chain(model)
    ]


def _words(part: Mapping[str, Any]) -> str:
    """'ResNetS: depth 50, stage blocks 3 4' of a part's plain entries."""
    said = []
    for key, value in part.items():
        if key == "type" or key in LEFT_OUT:
            continue
        text = _value(value, " × " if key.endswith("size") else " ")
        if text and len(text) <= LONGEST:
            said.append(f"{key.replace('_', ' ')} {text}")
    return ": ".join(filter(None, (str(part.get("type", "")), ", ".join(said)))) or "as inherited"


def _value(value: Any, between: str = " ") -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, dict):  # a component by its type, a group of plain entries by these
        return str(value["type"]) if "type" in value else f"({_words(value)})" if value else ""
    if isinstance(value, list | tuple):
        return between.join(_value(one) for one in value)
    return "" if value is None else str(value)


@cache
def _of(model: str) -> dict[str, Any]:
    """The literal entries of a model's config, a row's over those of its base."""
    if model not in config_rows():
        return _merged(config_files()[model])
    _, row = config_rows()[model]
    base = _of(row["base"])
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
    """The value of `dict(...)`, of a literal or of a name assigned above; None for anything else."""
    if isinstance(node, ast.Name):
        return names.get(node.id)
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "dict":
        found: dict[str, Any] = {}
        for whole in [*node.args, *(word.value for word in node.keywords if not word.arg)]:
            value = _literal(whole, names)
            found |= value if isinstance(value, dict) else {}
        found |= {word.arg: _literal(word.value, names) for word in node.keywords if word.arg}
        return {key: value for key, value in found.items() if value is not None}
    try:
        return ast.literal_eval(node)
    except ValueError:
        return None
