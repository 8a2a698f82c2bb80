"""The house: how many loose modules, who may share a name, how long a file is. Each failure says what to do.

The lists below name the exceptions of today and may only get shorter: an entry that is no longer needed fails too.
"""

import ast
import subprocess
import tomllib
from collections import defaultdict
from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import grimp
import pytest

from tests.conftest import ROOT

PACKAGES = ("bench", "reports", "model_zoo")
LOOSE = {"bench": 10, "reports": 4}
LONGEST = 300
#: Folders whose modules are named after something else on purpose.
NAMED_AFTER = {
    "bench/commands": "the package or module whose functions the commands call",
    "model_zoo/figures": "the family whose figures it draws",
    "model_zoo/released": "the family whose checkpoints it reads",
    "reports/pages": "what the page shows",
    "reports/views": "the records that it prepares for pages",
}
#: Modules of one name that mirror each other.
MIRRORS = {
    "keypoints": "names in bench, and those that the zoo takes from MMPose, as it imports nothing of bench",
    "codec": "a family's keypoint codec",
    "counts": "parameters and operations, for cells and for claims",
    "data": "a family's data transforms",
    "encoder": "the shared encoder, and a family's own",
    "errors": "the error trees of bench and of the zoo, which imports nothing of bench",
    "model": "the network of each family",
    "records": "what a result holds, what a verdict holds",
}
#: Files above LONGEST: lines that they may have at most.
LONG = {
    "tests/bench/datasets/test_synthetic.py": 508,
    "tests/bench/fetch/test_download.py": 322,
    "tests/bench/fetch/test_fetcher.py": 305,
    "tests/bench/judge/claims/test_claims.py": 541,
    "tests/model_zoo/lofr/test_lofr.py": 471,
    "tests/model_zoo/tfpose/test_tfpose.py": 345,
    "tests/factories.py": 395,
}


def files(*folders: str) -> Iterator[Path]:
    """Python files, relative to the checkout."""
    for folder in folders:
        yield from sorted(p.relative_to(ROOT) for p in (ROOT / folder).rglob("*.py"))


def modules() -> list[Path]:
    """Modules and packages of the code; model configs are data."""
    found = [path for path in files(*PACKAGES) if "configs" not in path.parts]
    return [path.parent if path.name == "__init__.py" else path for path in found]


@pytest.mark.parametrize(("package", "most"), LOOSE.items())
def test_few_modules_are_loose_at_the_top(package, most):
    loose = [path.name for path in (ROOT / package).glob("*.py") if path.name != "__init__.py"]
    assert len(loose) <= most, f"{package}/ has {len(loose)} loose modules: move one into a folder"


def test_every_family_of_the_zoo_is_a_folder():
    families = [path.name for path in (ROOT / "model_zoo/configs").glob("[!_.]*") if path.is_dir()]
    assert families
    missing = [name for name in families if not (ROOT / "model_zoo" / name / "model.py").is_file()]
    assert not missing, f"model_zoo/<family>/model.py is missing for {missing}"


def contract() -> tuple[set[str], set[str]]:
    """Modules that the import contracts are about: those of the layers, those of all contracts."""
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]
    layers: set[str] = set()
    others: set[str] = set()
    for one in settings["contracts"]:
        layers |= {name.strip() for line in one.get("layers", []) for name in line.split("|")}
        others |= {*one.get("source_modules", []), *one.get("modules", [])}
    return layers, layers | others


def test_every_module_is_covered_by_the_import_contract():
    layers, named = contract()
    uncovered = []
    for path in modules():
        name = ".".join(path.with_suffix("").parts)
        allowed = named if name.startswith("model_zoo") else layers
        above = {name.rsplit(".", cut)[0] for cut in range(name.count(".") + 1)}
        if name not in PACKAGES and not above & allowed:
            uncovered.append(name)
    assert not uncovered, (
        f"no line of [tool.importlinter] in pyproject.toml covers {uncovered}: "
        "move the module into a folder that has one, or add a line for its folder"
    )


def test_the_import_contract_names_no_module_that_is_gone():
    here = {".".join(path.with_suffix("").parts) for path in modules()}
    assert {name for name in contract()[1] if name.partition(".")[0] in PACKAGES} <= here


def test_there_is_no_import_circle():
    graph = grimp.build_graph(*PACKAGES, exclude_type_checking_imports=True, cache_dir=None)
    imports = {name: graph.find_modules_directly_imported_by(name) for name in graph.modules}
    try:
        TopologicalSorter(imports).prepare()
    except CycleError as error:
        pytest.fail(f"import circle: {' -> '.join(reversed(error.args[1]))}")


def test_own_modules_are_imported_by_their_names():
    """`import bench.x as y` and `from bench import x as y` dodge a name; rename one of the two instead."""
    aliases = []
    for path in files(*PACKAGES, "tests"):
        for node in ast.walk(ast.parse((ROOT / path).read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom):
                own = node.level > 0 or (node.module or "").partition(".")[0] in (
                    *PACKAGES,
                    "tests",
                )
                found = node.names if own else []
            elif isinstance(node, ast.Import):
                found = [one for one in node.names if one.name.partition(".")[0] in PACKAGES]
            else:
                continue
            aliases += [f"{path}:{node.lineno}: as {one.asname}" for one in found if one.asname]
    assert not aliases, f"import these by their own names: {aliases}"


def same_names() -> dict[str, list[str]]:
    """Name -> the modules that have it, but for those named after something else."""
    found = defaultdict(list)
    for path in modules():
        if path.suffix and path.parent.as_posix() not in NAMED_AFTER:
            found[path.stem].append(path.as_posix())
    return {name: paths for name, paths in found.items() if len(paths) > 1}


def test_no_two_modules_have_one_name_unless_they_mirror_each_other():
    shared = same_names()
    new = {name: paths for name, paths in shared.items() if name not in MIRRORS}
    assert not new, f"rename one of each, or give the reason in MIRRORS if they mirror: {new}"
    assert set(MIRRORS) <= set(shared), f"take off MIRRORS: {sorted(set(MIRRORS) - set(shared))}"


def test_files_are_short_and_the_long_ones_do_not_grow():
    lines = {
        path.as_posix(): len((ROOT / path).read_text(encoding="utf-8").splitlines())
        for path in [*files(*PACKAGES, "tests"), Path("repropose.py")]
    }
    long = {path: count for path, count in lines.items() if count > LONG.get(path, LONGEST)}
    assert not long, f"split these (at most {LONGEST} lines, or what LONG allows): {long}"
    done = sorted(path for path in LONG if lines.get(path, 0) <= LONGEST)
    assert not done, f"take off LONG, they are short or gone: {done}"


def asked_for_perfection(tree: ast.AST) -> list[str]:
    """Comparisons with exactly 1.0 or 100."""
    return [
        ast.unparse(node)
        for node in ast.walk(tree)
        if isinstance(node, ast.Compare)
        for side in (node.left, *node.comparators)
        if isinstance(side, ast.Constant) and repr(side.value) in ("1.0", "100", "100.0")
    ]


def test_no_comparison_and_no_badge_asks_for_exactly_1_or_100():
    """A perfect AP of pycocotools is 0.9999999999999998."""
    no_metrics = [
        "0 <= margin <= 100",
        "timing.fps >= 100",
    ]  # a bound on input; decimals of a speed
    found = [
        one
        for folder in ("judge", "evaluate", "measure", "results", "../reports")
        for file in (ROOT / "bench" / folder).rglob("*.py")
        for one in asked_for_perfection(ast.parse(file.read_text("utf-8")))
    ]
    assert sorted(found) == no_metrics
    assert asked_for_perfection(ast.parse("ap == 100.0 or ap >= 1.0")) == [
        "ap == 100.0",
        "ap >= 1.0",
    ]


@pytest.mark.process
def test_what_a_run_leaves_here_is_not_committed():
    """DVC refuses a dvc.lock that git ignores, so `git add -A` takes it."""
    if not (ROOT / ".git").exists():
        pytest.skip("no git checkout")
    listed = subprocess.run(
        ["git", "ls-files", "dvc.lock", "results", "build", "work", "data"],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    )
    assert listed.stdout == ""
