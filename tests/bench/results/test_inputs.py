"""What decides a result: a number in code or configuration does; a comment, a docstring or a drawing does not."""

import ast
import hashlib
import itertools
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from bench import paths
from bench.errors import CatalogError, UnknownName
from bench.results import inputs

FAMILIES = {
    "transpose": "transpose-r-a4",
    "tfpose": "tfpose-r50-e6d6",
    "lightpose": "lightpose-w48",
    "lofr": "lofr-r50",
    "querypose": "querypose-r50",
    "baselines": "hrnet-w32",
}
EDITED = "\nEDITED = 1\n"
MOMENTS = itertools.count(10**18)  # times of modification, in nanoseconds
CODE = '''"""A module."""

def area(width: int) -> float:
    """Its area."""
    return 2.5 * width  # in pixels
'''


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("original")
    for part in ("bench", "model_zoo"):
        ignore = shutil.ignore_patterns("__pycache__", "*.md")
        shutil.copytree(paths.ROOT / part, folder / part, ignore=ignore)
    return folder


@pytest.fixture
def tree(original: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A copy of the source tree that the inputs are looked up in; edits are undone by `edited`."""
    monkeypatch.setattr(inputs, "ROOT", original)
    monkeypatch.setattr(paths, "CONFIGS", original / "model_zoo" / "configs")
    _forget()
    yield original
    monkeypatch.undo()
    _forget()


def _forget() -> None:
    for function in (
        paths.config_rows,
        paths.config_files,
        inputs.inherited_configs,
        inputs.module_chain,
    ):
        function.cache_clear()


def digest_after(path: Path, text: str) -> str:
    """The digest of a file of the tree while it holds `text`; no two of its states have one time."""
    before, state = path.read_bytes(), path.stat()
    path.write_text(text)
    os.utime(path, ns=(state.st_atime_ns, next(MOMENTS)))
    try:
        return inputs.digest(path.relative_to(inputs.ROOT).as_posix())
    finally:
        path.write_bytes(before)
        os.utime(path, ns=(state.st_atime_ns, state.st_mtime_ns))


def other_number(source: str) -> str:
    """The code with its first number changed, or with a number more if it has none."""
    numbers = [
        node
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Constant) and type(node.value) in (int, float)
    ]
    if not numbers:
        return source + EDITED
    first = min(numbers, key=lambda node: (node.lineno, node.col_offset))
    lines = source.splitlines(keepends=True)
    line = lines[first.lineno - 1]
    changed = f"{line[: first.col_offset]}{first.value + 1}{line[first.end_col_offset :]}"
    return "".join([*lines[: first.lineno - 1], changed, *lines[first.lineno :]])


@pytest.mark.parametrize("family", FAMILIES)
def test_comments_docstrings_and_drawings_decide_nothing(tree: Path, family: str) -> None:
    training = inputs.training_inputs(FAMILIES[family])
    run = inputs.run_inputs(FAMILIES[family])
    assert set(training) <= set(run)
    for name in run:
        text = (tree / name).read_text()
        if text.startswith('"""'):
            text = text.replace('"""', '"""Other words. ', 1)
        assert digest_after(tree / name, f"# a comment\n{text}") == inputs.digest(name), name
    outside = ("model_zoo/figures", "model_zoo/released", "bench/measure/gallery")
    assert not [name for name in run if name.startswith(outside)]


@pytest.mark.parametrize("family", FAMILIES)
def test_a_number_in_a_familys_code_decides_its_trainings_and_results(
    tree: Path, family: str
) -> None:
    name = f"model_zoo/{family}/model.py"
    model = FAMILIES[family]
    assert name in inputs.training_inputs(model)
    assert name in inputs.run_inputs(model)
    text = other_number((tree / name).read_text())
    assert digest_after(tree / name, text) != inputs.digest(name)


@pytest.mark.parametrize("family", FAMILIES)
def test_layers_losses_and_training_code_decide_the_trainings_that_use_them(
    tree: Path, family: str
) -> None:
    training = inputs.training_inputs(FAMILIES[family])
    for name in training:
        text = (tree / name).read_text() + EDITED
        assert digest_after(tree / name, text) != inputs.digest(name), name
    folders = {name.rsplit("/", 1)[0] for name in training}
    assert {"bench/measure", f"model_zoo/{family}"} <= folders
    assert ("model_zoo/layers" in folders) == (family != "baselines")
    assert ("model_zoo/losses" in folders) == (family in ("lofr", "querypose", "tfpose"))
    assert not {f"model_zoo/{other}" for other in FAMILIES if other != family} & folders


def test_a_digest_of_many_inputs_changes_with_each_of_them(tree: Path, monkeypatch) -> None:
    names = inputs.run_inputs("transpose-r-a4")
    before = inputs.combined(names)
    assert inputs.combined(reversed(names)) == before != inputs.combined(names, "a fact")
    each = inputs.digests(names)
    for changed in names:
        monkeypatch.setattr(inputs, "digests", lambda _, c=changed: {**each, c: "other"})
        assert inputs.combined(names) != before


@pytest.mark.parametrize("name", ["train", "runner", "hooks", "run_config"])
def test_what_runs_a_training_decides_it(name: str) -> None:
    assert f"bench/measure/{name}.py" in inputs.training_inputs("transpose-r-a4")


@pytest.mark.parametrize("name", ["evaluate/metrics", "evaluate/oks", "measure/predict"])
def test_code_that_only_evaluates_decides_results_and_no_training(name: str) -> None:
    assert f"bench/{name}.py" in inputs.run_inputs("transpose-r-a4")
    assert f"bench/{name}.py" not in inputs.training_inputs("transpose-r-a4")


def test_an_unknown_model_is_named_with_the_nearest() -> None:
    with pytest.raises(UnknownName, match="transpose-r-a4"):
        inputs.model_inputs("transpose-r-a44")


@pytest.mark.parametrize(
    ("text", "same"),
    [
        (CODE.replace("in pixels", "in square pixels"), True),
        (CODE.replace("Its area.", "What it covers."), True),
        (CODE.replace('"""A module."""\n', ""), True),
        (CODE.replace("2.5 * width", "(2.50 *\n        width)"), True),
        (CODE.replace("2.5", "2.6"), False),
        (CODE.replace("width:", "height:"), False),
        (CODE.replace("2.5 * width", "None"), False),
        (CODE + "x = 1\n", False),
        ("def (", False),
    ],
)
def test_python_is_compared_by_its_syntax_tree(tmp_path: Path, text: str, same: bool) -> None:
    (tmp_path / "one.py").write_text(CODE)
    (tmp_path / "two.py").write_text(text)
    assert (inputs.digest("one.py", tmp_path) == inputs.digest("two.py", tmp_path)) == same


def test_code_has_one_syntax_tree_under_every_python() -> None:
    """3.12 added type parameters, 3.13 leaves out empty lists: results would go stale with either."""
    shown = inputs._syntax_tree(b"def f() -> None:\n    g()\n")
    assert shown == (
        "Module(body=[FunctionDef(name='f', args=arguments(posonlyargs=[], args=[], kwonlyargs=[], kw_defaults=[], "
        "defaults=[]), body=[Expr(value=Call(func=Name(id='g', ctx=Load()), args=[], keywords=[]))], "
        "decorator_list=[], returns=Constant(value=None))], type_ignores=[])"
    )


def test_yaml_is_compared_by_content_and_by_entry(tmp_path: Path) -> None:
    file = tmp_path / "rows.yaml"

    def digests(text: str) -> list[str]:
        file.write_text(text)
        inputs._read.cache_clear()
        return [inputs.digest(f"rows.yaml{entry}", tmp_path) for entry in ("", "#a", "#b")]

    before = digests("a: {base: x, layers: 3}\nb: {base: x}\n")
    assert digests("# rows\na:\n  base: x\n  layers: 3  # few\nb: {base: x}\n") == before
    whole, first, second = digests("a: {base: x, layers: 4}\nb: {base: x}\n")
    assert (whole != before[0], first != before[1], second == before[2]) == (True, True, True)
    assert digests("b: {base: x}\n")[1] == "gone"


def test_a_row_of_the_ablations_is_decided_by_itself_and_what_it_builds_on(tree: Path) -> None:
    stem = "model_zoo/configs/transpose/ablations.yaml"
    before = (tree / stem).read_text() if (tree / stem).is_file() else ""
    rows = "arm: {base: transpose-r-a4, model.head.dim: 64}\nlater: {base: arm}\n"
    (tree / stem).write_text(f"{before}\n{rows}")
    _forget()
    try:
        wanted = [f"{stem}#later", f"{stem}#arm", *inputs.config_inputs("transpose-r-a4")]
        assert inputs.config_inputs("later") == wanted
        assert inputs.config_chain("later")[0] == tree / stem
        assert inputs.training_inputs("later") == inputs.training_inputs("transpose-r-a4")
    finally:
        (tree / stem).write_text(before) if before else (tree / stem).unlink()


def test_changes_are_found_by_content_and_those_of_older_results_by_bytes(tmp_path: Path) -> None:
    for name in ("new.py", "old.py", "weights.pth"):
        (tmp_path / name).write_text(CODE)
    recorded = {
        "new.py": inputs.digest("new.py", tmp_path),
        "old.py": hashlib.sha256(CODE.encode()).hexdigest(),
        "weights.pth": "0" * 64,
    }
    assert list(inputs.changed(recorded.items(), tmp_path)) == []
    for name in recorded:
        (tmp_path / name).write_text(f"# a comment\n{CODE}")
    assert list(inputs.changed(recorded.items(), tmp_path)) == ["old.py"]
    (tmp_path / "new.py").write_text(CODE.replace("2.5", "2.6"))
    assert list(inputs.changed(recorded.items(), tmp_path)) == ["new.py", "old.py"]
    (tmp_path / "new.py").unlink()
    assert "new.py" in inputs.changed(recorded.items(), tmp_path)


def test_what_evaluators_read_and_what_is_saved_decide_results(tree: Path) -> None:
    run = inputs.run_inputs("querypose-hrw48-crowdpose")
    assert {"bench/datasets/keypoints.py", "bench/catalog/schema.py"} <= set(
        run
    )  # OKS sigmas, PCKh
    sigmas = tree / "bench/datasets/keypoints.py"
    text = other_number(sigmas.read_text())
    assert digest_after(sigmas, text) != inputs.digest("bench/datasets/keypoints.py")
    training = inputs.training_inputs("lofr-r50")
    assert "model_zoo/checkpoint.py" in training
    assert not {"model_zoo/compat.py", "model_zoo/errors.py"} & set(training)


def test_a_row_on_a_model_of_another_family_depends_on_that_familys_code(tree: Path) -> None:
    rows = tree / "model_zoo/configs/baselines/ablations.yaml"
    before = rows.read_text()
    rows.write_text(before + "\nacross: {base: transpose-r-a4}\n")
    _forget()
    try:
        assert "model_zoo/transpose/model.py" in inputs.training_inputs("across")
    finally:
        rows.write_text(before)
        _forget()


@pytest.mark.parametrize("text", ["- a list", "row: 3", "row: {model.head.layers: 3}"])
def test_malformed_rows_are_one_line_with_the_file(tree: Path, text: str) -> None:
    rows = tree / "model_zoo/configs/baselines/ablations.yaml"
    before = rows.read_text()
    rows.write_text(text)
    _forget()
    try:
        with pytest.raises(CatalogError, match=r"ablations\.yaml: "):
            paths.config_rows()
    finally:
        rows.write_text(before)
        _forget()
