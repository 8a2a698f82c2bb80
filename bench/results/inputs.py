"""What decides a result: which files, and what of them counts. Found without importing the zoo.

An input is named by its path in the project, an entry of a YAML file as `path#entry`. Python is compared by its
syntax tree and YAML by its content: comments, docstrings and layout decide nothing, a changed number does.
"""

import ast
import functools
import hashlib
import json
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import yaml

from bench.errors import UnknownName
from bench.paths import ROOT, config_files, config_rows

# How MMPose is imported, not what is computed with it.
_IMPORTING = (
    "model_zoo/compat.py",
    "model_zoo/errors.py",
    "model_zoo/later.py",
    "model_zoo/lazy_mmpose.py",
    "model_zoo/quiet.py",
)
# What runs every training. Their codecs belong to the families.
_LOOP = ("model_zoo/training/", "model_zoo/inputs/")
# Begins a digest of content. A bare SHA-256, as in results of earlier versions, is one of the file's bytes.
CONTENT = "content:"
_CODE = {".py", ".yaml", ".yml", ".toml"}


def training_inputs(config: str) -> list[str]:
    """Code that decides a training beside its resolved config: the family's, and what runs the training."""
    running = _modules("measure", "train", "run_config", "runner", "hooks")
    chain = map(_name, module_chain(ROOT / "model_zoo/training/loop.py", ROOT / "model_zoo"))
    loop = [name for name in chain if name.startswith(_LOOP)]
    return [*running, "model_zoo/checkpoint.py", *loop, *_family_code(config)]


def run_inputs(config: str) -> list[str]:
    """What decides the result of a run: its model, its training, its predictions and their evaluation."""
    evaluating = module_chain(ROOT / "bench/evaluate/metrics.py", ROOT / "bench/evaluate")
    reading = [
        *_modules("datasets", "keypoints", "matlab"),
        *_modules("catalog", "quantities", "schema"),
    ]
    predicting = _modules("measure", "predict", "untrained", "method_metrics", "measured_protocol")
    return [
        *model_inputs(config),
        *training_inputs(config),
        *predicting,
        *map(_name, evaluating),
        *reading,
    ]


def count_inputs(config: str) -> list[str]:
    """What decides the counts of a zoo model."""
    return [*model_inputs(config), *_modules("measure/count", "model_counts", "trace", "rules")]


def time_inputs(configs: Iterable[str]) -> list[str]:
    """What decides the latencies of zoo models that are timed together."""
    return [*_modules("measure", "speed"), *{one for name in configs for one in model_inputs(name)}]


def released_inputs(config: str) -> list[str]:
    """What decides the evaluation of released weights: also how they are loaded."""
    loading = map(_name, (ROOT / "model_zoo/released").glob("*.py"))
    return [*run_inputs(config), *_modules("measure", "released"), *loading]


def dataset_inputs() -> list[str]:
    """What decides a data set below the full tier."""
    return [_name(path) for path in (ROOT / "bench/datasets").rglob("*.py")]


def judge_inputs() -> list[str]:
    """What decides a cell's verdict beside results and printed numbers; what only records verdicts does not.

    What public counters return is part of it: committed, and no result of a stage.
    """
    code = [*ROOT.glob("bench/judge/**/[!_]*.py"), *ROOT.glob("bench/results/[!_]*.py")]
    code = [path for path in code if path.stem not in ("changes", "history", "recorder")]
    reading = _modules("catalog", "cells", "numbers", "quantities", "same_config", "schema")
    data = ["bench/papers/same_config.yaml", "reports/measured/public_counts.json"]
    return [*map(_name, code), *reading, *data]


def model_inputs(config: str) -> list[str]:
    """What decides a zoo model: its config and what that inherits, their resolution, its family's code."""
    resolving = ["model_zoo/registry.py", "model_zoo/ablations.py"]
    return [*config_inputs(config), *resolving, *_family_code(config)]


def config_inputs(config: str) -> list[str]:
    """A zoo model's config (a file, or a row of its family's ablations) and all it inherits. Raises `UnknownName`."""
    file = _config_file(config)
    if config in config_rows():
        return [f"{_name(file)}#{config}", *config_inputs(config_rows()[config][1]["base"])]
    return [_name(path) for path in inherited_configs(file)]


def config_chain(config: str) -> list[Path]:
    """The files that decide a zoo model's config: of its row and of what that is based on."""
    names = (name.partition("#")[0] for name in config_inputs(config))
    return [ROOT / name for name in dict.fromkeys(names)]


def _config_file(config: str) -> Path:
    known = config_files()
    if config not in known:
        raise UnknownName("model", config, known, "`repropose models` lists them all")
    return known[config]


@functools.cache
def inherited_configs(path: Path) -> list[Path]:
    """A config file and everything it inherits from, by its `_base_` entries."""
    found = [path]
    for node in ast.parse(path.read_bytes()).body:
        if isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") == "_base_":
            bases = ast.literal_eval(node.value)
            for base in [bases] if isinstance(bases, str) else bases:
                found += inherited_configs((path.parent / base).resolve())
    return list(dict.fromkeys(found))


def _family_code(config: str) -> list[str]:
    """A family's model and all it imports of the zoo, but for what reads the authors' checkpoints."""
    zoo = ROOT / "model_zoo"
    families = {path.parent.name for path in config_chain(config)}
    chain = {path for one in families for path in module_chain(zoo / one / "model.py", zoo)}
    names = [name for name in map(_name, sorted(chain)) if name not in _IMPORTING]
    return [name for name in names if not name.startswith("model_zoo/released/")]


@functools.cache
def module_chain(module: Path, folder: Path) -> list[Path]:
    """A module and every module below `folder` that it imports, directly or not."""
    found: dict[Path, None] = {}
    queue = [module]
    while queue:
        path = queue.pop()
        if path not in found and path.is_file() and path.is_relative_to(folder):
            found[path] = None
            queue += _imported(path)
    return list(found)


def _imported(module: Path) -> Iterator[Path]:
    """Where the modules would be that import statements name, if they were of the project."""
    for node in ast.walk(ast.parse(module.read_bytes())):
        named: list[Path] = []
        if isinstance(node, ast.ImportFrom):
            above = module.parents[node.level - 1] if node.level else ROOT
            base = above.joinpath(*(node.module or "").split("."))
            named = [base, *(base / alias.name for alias in node.names)]
        elif isinstance(node, ast.Import):
            named = [ROOT.joinpath(*alias.name.split(".")) for alias in node.names]
        for path in named:
            yield from (path.with_suffix(".py"), path / "__init__.py")


def _modules(folder: str, *names: str) -> list[str]:
    return [f"bench/{folder}/{name}.py" for name in names]


@functools.cache
def _name(path: Path) -> str:
    return path.resolve().relative_to(ROOT).as_posix()


# ---------------------------------------------------------------- digests


def digests(names: Iterable[str]) -> dict[str, str]:
    """Input -> digest of what counts of it."""
    return {name: digest(name) for name in sorted(set(names))}


def combined(names: Iterable[str], *facts: Any) -> str:
    """One digest of many inputs and of plain facts (anything that JSON takes)."""
    return _sha256(json.dumps([digests(names), *facts], sort_keys=True))


def changed(recorded: Iterable[tuple[str, str]], root: Path | None = None) -> Iterator[str]:
    """Which of (input, digest) is code or configuration that is different now; data and weights are not looked at.

    A bare SHA-256 is compared with that of the file's bytes, as it was made: there a comment counts.
    """
    for name, before in recorded:
        if Path(name.partition("#")[0]).suffix in _CODE:
            now = digest(name, root, of_bytes=not before.startswith(CONTENT))
            if now != before:
                yield name


def digest(name: str, root: Path | None = None, *, of_bytes: bool = False) -> str:
    """Digest of what counts of an input; 'gone' where there is no such file or entry."""
    file, _, entry = name.partition("#")
    path = (root or ROOT) / file
    if not path.is_file():
        return "gone"
    state = path.stat()
    return _read(path, None if of_bytes else entry, (state.st_mtime_ns, state.st_size))


@functools.cache
def _read(path: Path, entry: str | None, state: tuple[int, int]) -> str:
    """`digest` of a file in one state; of its bytes if `entry` is None."""
    content = path.read_bytes()
    if entry is None:
        return hashlib.sha256(content).hexdigest()
    try:
        if path.suffix == ".py":
            return CONTENT + _sha256(_syntax_tree(content))
        if path.suffix in (".yaml", ".yml"):
            whole = yaml.load(content, Loader=yaml.CSafeLoader)
            if entry and entry not in whole:
                return "gone"
            return CONTENT + _sha256(json.dumps(whole[entry] if entry else whole, default=str))
    except (SyntaxError, ValueError, yaml.YAMLError):
        pass  # cannot be parsed: every other byte is a change
    return CONTENT + hashlib.sha256(content).hexdigest()


#: Python 3.13 leaves empty lists out if it is not told to show them, as those before do.
SHOW_EMPTY: dict[str, Any] = {"show_empty": True} if sys.version_info >= (3, 13) else {}


def _syntax_tree(code: bytes) -> str:
    """Python code without comments, layout and statements that do nothing; alike under Python 3.11 to 3.13."""
    tree = ast.parse(code)
    _strip(tree)
    return ast.dump(tree, **SHOW_EMPTY).replace(", type_params=[]", "")  # a field that 3.12 added


def _strip(node: ast.AST) -> None:
    """Take out the statements that do nothing; expressions hold no statements and are not gone through."""
    for name in ("body", "orelse", "finalbody", "handlers", "cases"):
        value = getattr(node, name, None)
        if isinstance(value, list):  # the body of a lambda is an expression
            kept = [one for one in value if not _does_nothing(one)]
            setattr(node, name, kept)
            for one in kept:
                _strip(one)


def _does_nothing(node: Any) -> bool:
    """A docstring, another constant that stands alone, or `pass`."""
    plain = isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    return plain or isinstance(node, ast.Pass)


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
