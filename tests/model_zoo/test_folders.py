"""Which folder of the zoo may import which, and that any module may be the first one imported."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import model_zoo

ZOO = Path(model_zoo.__file__).parent
MIRRORS = ("figures", "released")
DECIDING = sorted(  # what decides a training: families, layers, losses
    folder.name
    for folder in ZOO.iterdir()
    if (folder / "__init__.py").exists() and folder.name not in (*MIRRORS, "configs")
)
FAMILIES = sorted({model_zoo.family(name) for name in model_zoo.names()})


def imported(module: Path) -> set[Path]:
    """Modules of the zoo that the import statements of a module name, with their packages."""
    found = set()
    for node in ast.walk(ast.parse(module.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom):
            base = module.parents[node.level - 1] if node.level else ZOO.parent
            base = base.joinpath(*(node.module or "").split("."))
            names = [base, *(base / alias.name for alias in node.names)]
        elif isinstance(node, ast.Import):
            names = [ZOO.parent.joinpath(*alias.name.split(".")) for alias in node.names]
        else:
            continue
        for name in names:
            found |= {name.with_suffix(".py"), name / "__init__.py", name.parent / "__init__.py"}
    found.discard(ZOO / "__init__.py")  # the zoo's public names; no module depends on them
    return {file for file in found if file.is_file() and file.is_relative_to(ZOO)}


def chain(module: Path) -> set[Path]:
    """A module and all that it imports, directly or not."""
    found, queue = set(), [module]
    while queue:
        if (one := queue.pop()) not in found:
            found.add(one)
            queue += imported(one)
    return found


@pytest.mark.parametrize("folder", DECIDING)
def test_what_decides_a_training_imports_neither_figures_nor_released(folder):
    for module in (ZOO / folder).glob("*.py"):
        names = {file.relative_to(ZOO).parts[0] for file in chain(module)}
        assert not names & set(MIRRORS), module


@pytest.mark.parametrize("folder", MIRRORS)
def test_a_mirror_is_named_after_the_family_it_imports(folder):
    shared = {"__init__", "loading", "panel", "reading", "weights"}
    names = {file.stem for file in (ZOO / folder).glob("*.py")} - shared
    assert names
    assert names <= set(FAMILIES)


@pytest.mark.parametrize("folder", [*FAMILIES, "losses"])
def test_a_folder_that_builds_on_mmpose_prepares_its_import(folder):
    assert ZOO / "compat.py" in imported(ZOO / folder / "__init__.py")


def test_a_module_of_a_family_can_be_the_first_import():
    """In a fresh process, without `register()`, as in a script or a notebook."""
    code = "import warnings; warnings.simplefilter('ignore'); import model_zoo.querypose.model"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
