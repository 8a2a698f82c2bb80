"""What decides a result: which files, and what of them counts. Found without importing the zoo.

An input is named by its path in the project, an entry of a YAML file as `path#entry`. Python is compared by its
syntax tree and YAML by its content: comments, docstrings and layout decide nothing, a changed number does.
"""

import ast
import functools
import hashlib
import json
from collections.abc import Callable, Iterable, Iterator
from itertools import chain
from pathlib import Path
from typing import Any

import yaml

from bench.errors import UnknownName
from bench.paths import ROOT, config_files, config_rows

# Begins a digest of content. A bare SHA-256, as in results of earlier versions, is one of the file's bytes.
CONTENT = "content:"
TRAINING = ("train", "run_config", "runner", "hooks")
COUNTING = ("count/model_counts", "count/trace", "count/rules")
_CODE = {".py", ".yaml", ".yml", ".toml"}
_NOT_DECISIVE = ("figures", "released")  # what a network shows of itself; the authors' checkpoints
_VERSIONED = ("ctx", "kind", "type_comment", "type_ignores")


def training_inputs(config: str) -> list[str]:
    """Code that decides a training beside its resolved config: the family's, and what runs the training."""
    return [*_bench("measure", *TRAINING), *_family_code(config)]


def run_inputs(config: str) -> list[str]:
    """What decides the result of a run: its model, its training, its predictions and their evaluation."""
    evaluating = module_chain(ROOT / "bench/evaluate/metrics.py", ROOT / "bench/evaluate")
    return [
        *model_inputs(config),
        *_bench("measure", *TRAINING, "predict", "method_metrics"),
        *map(_name, evaluating),
    ]


def count_inputs(config: str) -> list[str]:
    """What decides the counts of a zoo model."""
    return [*model_inputs(config), *_bench("measure", *COUNTING)]


def time_inputs(configs: Iterable[str]) -> list[str]:
    """What decides the latencies of zoo models that are timed together."""
    return [
        *{name for config in configs for name in model_inputs(config)},
        *_bench("measure", "speed"),
    ]


def released_inputs(config: str) -> list[str]:
    """What decides the evaluation of released weights: also how they are loaded."""
    loading = sorted((ROOT / "model_zoo" / "released").glob("*.py"))
    return [*run_inputs(config), *_bench("measure", "released"), *map(_name, loading)]


def dataset_inputs() -> list[str]:
    """What decides a data set below the full tier."""
    return [_name(path) for path in sorted((ROOT / "bench" / "datasets").rglob("*.py"))]


def judge_inputs() -> list[str]:
    """What decides a cell's verdict beside results and printed numbers."""
    code = [*ROOT.glob("bench/judge/[!_]*.py"), *ROOT.glob("bench/results/[!_]*.py")]
    return [
        *sorted(map(_name, code)),
        *(f"bench/catalog/{one}.py" for one in ("cells", "numbers", "schema")),
    ]


def model_inputs(config: str) -> list[str]:
    """What decides a zoo model: its config and what that inherits, their resolution, its family's code."""
    resolving = [path for path in map(_zoo, ("registry.py", "ablations.py")) if path.is_file()]
    return [*config_inputs(config), *map(_name, resolving), *_family_code(config)]


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
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") == "_base_":
            bases = ast.literal_eval(node.value)
            for base in [bases] if isinstance(bases, str) else bases:
                found += inherited_configs((path.parent / base).resolve())
    return list(dict.fromkeys(found))


def _zoo(*parts: str) -> Path:
    return ROOT.joinpath("model_zoo", *parts)


def _family_code(config: str) -> list[str]:
    """A family's model and all it imports of the zoo, without figures and released weights."""
    zoo, model = _zoo(), _zoo(_config_file(config).parent.name, "model.py")
    if not model.is_file():
        return []
    return [
        _name(path)
        for path in module_chain(model, zoo)
        if path.relative_to(zoo).parts[0] not in _NOT_DECISIVE
    ]


@functools.cache
def module_chain(path: Path, folder: Path) -> list[Path]:
    """A module and every module below `folder` that it imports, directly or not; drawing code is not followed."""
    found: dict[Path, None] = {}
    queue = [path]
    while queue:
        module = queue.pop()
        if module not in found:
            found[module] = None
            if module.parent.name not in _NOT_DECISIVE:
                queue += [file for file in _imported(module) if file.is_relative_to(folder)]
    return list(found)


def _imported(module: Path) -> list[Path]:
    """Files of the project that a module's import statements name."""
    named = []
    for node in ast.walk(ast.parse(module.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom):
            above = module.parents[node.level - 1] if node.level else ROOT
            base = above.joinpath(*(node.module or "").split("."))
            named += [base, *(base / alias.name for alias in node.names)]
        elif isinstance(node, ast.Import):
            named += [ROOT.joinpath(*alias.name.split(".")) for alias in node.names]
    files = [
        candidate for one in named for candidate in (one.with_suffix(".py"), one / "__init__.py")
    ]
    return [file for file in files if file.is_file()]


def _bench(folder: str, *modules: str) -> list[str]:
    return [f"bench/{folder}/{module}.py" for module in modules]


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
        path = (root or ROOT) / name.partition("#")[0]
        if path.suffix in _CODE:
            now = digest(name, root) if before.startswith(CONTENT) else _cached(_bytes, path, "")
            if now != before:
                yield name


def digest(name: str, root: Path | None = None) -> str:
    """Digest of what counts of an input; 'gone' where there is no such file or entry."""
    file, _, entry = name.partition("#")
    return _cached(_content, (root or ROOT) / file, entry)


def _cached(read: Callable[[Path, str], str], path: Path, entry: str) -> str:
    if not path.is_file():
        return "gone"
    state = path.stat()
    return _read(read, path, entry, state.st_mtime_ns, state.st_size)


@functools.cache
def _read(read: Callable[[Path, str], str], path: Path, entry: str, changed: int, size: int) -> str:
    return read(path, entry)


def _bytes(path: Path, _: str) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _content(path: Path, entry: str) -> str:
    try:
        if path.suffix == ".py":
            return CONTENT + _sha256("".join(_tokens(ast.parse(path.read_bytes()))))
        if path.suffix in (".yaml", ".yml"):
            whole = yaml.load(path.read_bytes(), Loader=yaml.CSafeLoader)
            if entry and entry not in whole:
                return "gone"
            return CONTENT + _sha256(json.dumps(whole[entry] if entry else whole, default=str))
    except (SyntaxError, ValueError, yaml.YAMLError):
        pass  # cannot be parsed: every other byte is a change
    return CONTENT + _bytes(path, entry)


def _tokens(node: Any) -> list[str]:
    """A syntax tree as text, without positions, statements that do nothing, and fields that are empty.

    The same under every version of Python that reads the code alike: versions add empty fields.
    """
    if isinstance(node, list):
        kept = (one for one in node if not _does_nothing(one))
        return ["[", *chain.from_iterable(map(_tokens, kept)), "]"]
    if not isinstance(node, ast.AST):
        return [repr(node), " "]
    found = ["(", type(node).__name__]
    for name in node._fields:
        value = getattr(node, name, None)
        if name not in _VERSIONED and value not in (None, []):
            found += (" ", name, "=", *_tokens(value))
    return [*found, ")"]


def _does_nothing(node: Any) -> bool:
    """A docstring, another constant that stands alone, or `pass`."""
    plain = isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    return plain or isinstance(node, ast.Pass)


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
