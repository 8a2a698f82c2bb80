"""Which files decide a result: of a model, and of how it is measured. Found without importing the zoo."""

import ast
import functools
from pathlib import Path

from bench.errors import UnknownName
from bench.paths import ROOT, config_files, config_rows


def measuring_inputs() -> list[Path]:
    """Files that decide how a run is trained, predicted, evaluated and drawn."""
    names = (
        *("evaluate/metrics", "evaluate/oks", "measure/hooks", "measure/predict"),
        *("measure/runner", "measure/train", "measure/work_dir", "measure/gallery/build"),
        *("measure/gallery/drawing", "measure/gallery/annotated_images"),
    )
    return [ROOT / "bench" / f"{name}.py" for name in names]


def config_chain(model: str) -> list[Path]:
    """The files that decide a zoo model's config: of its row and the rows and configs it is based on."""
    if model in config_rows():
        file, row = config_rows()[model]
        return list(dict.fromkeys([file, *config_chain(row["base"])]))
    return inherited_configs(config_files()[model])


@functools.cache
def inherited_configs(path: Path) -> list[Path]:
    """A config file and everything it inherits from, by its `_base_` entries."""
    chain = [path]
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") == "_base_":
            bases = ast.literal_eval(node.value)
            for base in [bases] if isinstance(bases, str) else bases:
                chain += inherited_configs((path.parent / base).resolve())
    return list(dict.fromkeys(chain))


@functools.cache
def module_chain(path: Path) -> list[Path]:
    """A module of the zoo and every module of the zoo that it imports, directly or not."""
    chain: dict[Path, None] = {}
    queue = [path]
    while queue:
        module = queue.pop()
        if module not in chain:
            chain[module] = None
            queue += _imported(module)
    return list(chain)


@functools.cache
def _imported(module: Path) -> list[Path]:
    """Files below model_zoo that a module's import statements name."""
    found = []
    for node in ast.walk(ast.parse(module.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom):
            above = module.parents[node.level - 1] if node.level else ROOT
            base = above.joinpath(*(node.module or "").split("."))
            found += [base, *(base / alias.name for alias in node.names)]
        elif isinstance(node, ast.Import):
            found += [ROOT.joinpath(*alias.name.split(".")) for alias in node.names]
    files = [
        candidate for one in found for candidate in (one.with_suffix(".py"), one / "__init__.py")
    ]
    return [file for file in files if file.is_file() and file.is_relative_to(ROOT / "model_zoo")]


def model_inputs(config: str) -> list[Path]:
    """Files that decide what a zoo model is: its configs, its family's code, what that imports."""
    known = config_files()
    if config not in known:
        raise UnknownName("model", config, known, "`repropose models` lists them all")
    path = known[config]
    family = ROOT / "model_zoo" / path.parent.name / "model.py"
    code = module_chain(family) if family.is_file() else []
    return [*config_chain(config), ROOT / "model_zoo" / "registry.py", *code]
