"""`import repropose`: documented columns, and a documentation page whose examples run as printed."""

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

import repropose
from tests.conftest import ROOT

FIXTURES = ROOT / "tests" / "fixtures"
PAGE = ROOT / "docs" / "python-api.md"
POINTS = [v for joint in range(17) for v in (10.0 + 5 * joint, 20.0 + 9 * (joint % 4), 2)]
TRUTH = {
    "images": [{"id": 1, "width": 200, "height": 200, "file_name": "1.jpg"}],
    "annotations": [
        {
            "id": 1,
            "image_id": 1,
            "category_id": 1,
            "iscrowd": 0,
            "num_keypoints": 17,
            "bbox": [5, 15, 100, 60],
            "area": 6000.0,
            "keypoints": POINTS,
        }
    ],
    "categories": [
        {"id": 1, "name": "person", "keypoints": [str(i) for i in range(17)], "skeleton": []}
    ],
}
FOUND = [{"image_id": 1, "category_id": 1, "keypoints": POINTS, "score": 0.9}]
TABLES = ("cells", "runs", "models", "results", "verdicts", "claims", "conflicts", "coverage")
TABLES += ("third_party",)


@pytest.fixture
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current folder: results of the tiny paper, a predictions file and annotations for it."""
    shutil.copytree(FIXTURES / "results", tmp_path / "results")
    (tmp_path / "found.json").write_text(json.dumps(FOUND))
    (tmp_path / "truth.json").write_text(json.dumps(TRUTH))
    monkeypatch.setenv("REPROPOSE_PAPERS", str(FIXTURES / "papers"))
    monkeypatch.setenv("REPROPOSE_WORKSPACE", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    return tmp_path


def documented(name: str) -> set[str]:
    """Every name that the docstring of a table mentions."""
    return set(re.findall(r"\w+", getattr(repropose, name).__doc__))


@pytest.fixture(scope="module")
def snapshot() -> repropose.Snapshot:
    """All papers judged in an empty workspace."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("REPROPOSE_WORKSPACE", str(FIXTURES / "nothing"))
        return repropose.judge()


@pytest.mark.parametrize("name", TABLES)
def test_the_columns_of_a_table_are_documented(name, workspace, snapshot, monkeypatch):
    judged = name in ("verdicts", "claims", "conflicts", "coverage")
    if judged:  # the snapshot has no cells of the tiny paper
        monkeypatch.delenv("REPROPOSE_PAPERS")
    table = getattr(repropose, name)(*[snapshot] * judged)
    assert isinstance(table, pd.DataFrame)
    assert len(table)
    columns = {re.sub("^on_(paper|reproduced)_", "", column) for column in table.columns}
    assert columns <= documented(name)


def test_tables_without_a_record_have_their_columns(snapshot, tmp_path, monkeypatch):
    monkeypatch.setenv("REPROPOSE_WORKSPACE", str(tmp_path))
    assert not len(repropose.results())
    assert {"file", "kind", "metrics", "date"} <= set(repropose.results().columns)
    assert {"name", "parameters", "macs"} <= set(repropose.models().columns)
    nothing = snapshot.model_copy(update={"conflicts": ()})
    assert list(repropose.conflicts(nothing).columns) == ["what", "cells", "printed", "reason"]


def test_nested_values_are_python_objects_and_missing_numbers_nan(workspace):
    results = repropose.results().set_index("file")
    run = results.loc["results/smoke/tiny-a-coco/seed-0.json"]
    assert run["metrics"]["AP"] == json.loads((workspace / run.name).read_text())["metrics"]["AP"]
    cells = repropose.cells("tinypaper")
    assert cells["number"].isna().any()
    assert pd.api.types.is_float_dtype(cells["number"])


def test_a_snapshot_judges_the_results_of_the_workspace(workspace):
    snapshot = repropose.judge()
    verdicts = repropose.verdicts(snapshot)
    assert len(verdicts) == len(repropose.cells()) == len(snapshot.verdicts)
    tiny = verdicts[verdicts["paper"] == "tinypaper"]
    assert set(tiny["verdict"]) >= {"reproduced", "deviates", "quoted"}
    others = verdicts[(verdicts["paper"] != "tinypaper") & verdicts["run"].notna()]
    assert not set(others["verdict"]) & {"reproduced", "better", "deviates"}


def test_a_wrong_name_is_an_error_of_the_tree(workspace):
    with pytest.raises(repropose.errors.UnknownName, match="did you mean: transpose"):
        repropose.cells("transpos")
    with pytest.raises(repropose.ReproPoseError, match="unknown split"):
        repropose.evaluate("found.json", "coco-vla")
    with pytest.raises(repropose.errors.DataError, match="repropose fetch coco-annotations"):
        repropose.evaluate("found.json")
    with pytest.raises(repropose.ZooError, match="unknown model"):
        repropose.build_model("transpose-r-a99")


@pytest.mark.process
def test_the_import_is_light():
    heavy = ("torch", "mmpose", "mmengine", "mmcv", "pandas", "matplotlib", "pycocotools")
    code = f"import sys, repropose; print([m for m in {heavy} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT)
    assert done.stdout.strip() == "[]", done.stderr


def test_every_public_name_is_on_the_page():
    page = PAGE.read_text()
    assert [
        name for name in repropose.__all__ if f"`{name}" not in page and f".{name}" not in page
    ] == []


@pytest.mark.network
def test_the_examples_of_the_page_run_and_print_what_it_says(workspace, capsys):
    """Blocks run one after the other in one namespace; a line `# ...` after a print is its output."""
    names: dict = {}
    blocks = re.findall(r"```python\n(.*?)```", PAGE.read_text(), re.DOTALL)
    assert len(blocks) >= 5
    for block in blocks:
        exec(compile(block, str(PAGE), "exec"), names)
        printed = capsys.readouterr().out.split()
        promised = " ".join(re.findall(r"^print\(.*\)  # (.*)$", block, re.MULTILINE)).split()
        assert printed == promised
