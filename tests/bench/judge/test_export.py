"""Coverage and export: complete, with the documented names, readable by pandas."""

import json
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

from bench.errors import CatalogError, UnknownName
from bench.judge import export
from bench.judge.coverage import coverage
from bench.judge.evidence import Measurements
from bench.judge.verdicts import judge_all
from bench.results.index import ResultIndex
from bench.results.store import Store

RESULTS = Path(__file__).parents[2] / "fixtures" / "results"


@pytest.fixture
def judged(tiny):
    """Measurements and snapshot of the stored results."""
    measurements = Measurements(tiny, ResultIndex(Store(RESULTS, RESULTS / "none")))
    return measurements, judge_all(measurements)


def test_coverage_counts_every_cell(judged) -> None:
    first, second = coverage(*judged)
    assert (first["paper"], first["table"], first["rows"], first["cells"]) == (
        "tinypaper",
        "1",
        4,
        28,
    )
    assert first["numbers"] == 28 - 4 - 3  # settings, dashes
    assert first["with_run"] == 12
    assert first["with_model"] == 18
    assert first["evidence"] == {
        "counted": 4,
        "full-1": 2,
        "released-weights": 2,
        "smoke": 4,
        "timed": 2,
    }
    assert first["verdicts"] == {
        "deviates": 2,
        "inconclusive": 2,  # one training
        "not-comparable": 4,
        "not-run": 1,
        "reproduced": 4,
        "setting": 2,
    }
    assert first["verdicts_quoted"] == {"empty": 3, "quoted": 8, "setting": 2}
    assert first["rows_without_run"] == {
        "rival": "model rival-w32: counts and speed only",
        "other": "no code was published",
    }
    assert (second["verdicts"], second["verdicts_quoted"]) == (
        {"better": 1, "failed": 1},
        {"quoted": 1},
    )


def test_coverage_distinguishes_what_is_named_from_what_can_run(judged) -> None:
    first, second = coverage(*judged, zoo=["tiny-a"])
    # table 1: of rival its three counts and speed (no accuracy), of tiny-a and tiny-b six numbers each
    assert first["with_runnable"] == 6
    assert first["missing_configs"] == {"rival": ["rival-w32"], "tiny-b": ["tiny-b"]}
    # table 2: rival names nothing, plain is tiny-c
    assert second["with_runnable"] == 1
    assert second["missing_configs"] == {"plain": ["tiny-c"]}
    both = coverage(*judged, zoo=["tiny-a", "tiny-b", "rival-w32", "tiny-c"])
    assert [(one["with_runnable"], one["missing_configs"]) for one in both] == [(15, {}), (2, {})]
    (unknown, _) = coverage(*judged)  # the real zoo holds none of the tiny paper's
    assert (unknown["with_run"], unknown["with_runnable"]) == (12, 0)


def test_a_cell_without_a_verdict_is_an_error(judged) -> None:
    measurements, snapshot = judged
    short = snapshot.model_copy(update={"verdicts": snapshot.verdicts[1:]})
    with pytest.raises(CatalogError, match="tinypaper/1/rival/input-size has no verdict"):
        coverage(measurements, short)


def test_cells_have_the_documented_fields(tiny) -> None:
    records = export.cells(tiny, "tinypaper", "1")
    assert len(records) == 28
    found = next(r for r in records if r["row_key"] == "rival" and r["column_key"] == "fps")
    assert found["row"] == "Rival-W32 [3]"
    assert (found["paper"], found["table"], found["column"], found["printed"]) == (
        "tinypaper",
        "1",
        "FPS",
        "30",
    )
    assert (found["unit"], found["origin"], found["model"], found["run"]) == (
        "frames/s",
        "rerun",
        "rival-w32",
        None,
    )


@pytest.mark.parametrize(
    ("asked", "says"),
    [
        (("tinypaper", "9"), "unknown table '9'"),
        ((None, "9"), "unknown table '9'"),
        (("tinypape", None), "unknown paper 'tinypape'; did you mean: tinypaper"),
    ],
)
def test_cells_of_an_unknown_table_are_an_error_and_not_an_empty_list(tiny, asked, says) -> None:
    with pytest.raises(UnknownName, match=says):
        export.cells(tiny, *asked)


def test_claims_carry_both_judgements(judged) -> None:
    records = {r["id"]: r for r in export.claims(judged[1])}
    found = records["a-is-smaller"]
    assert {
        "paper",
        "id",
        "where",
        "claim",
        "expression",
        "claimed",
        "on_paper",
        "on_reproduced",
    } <= set(found)
    assert found["on_paper"]["value"] == 20.0
    assert found["on_paper"]["holds"] == "holds"
    assert (found["on_reproduced"]["holds"], found["on_reproduced"]["evidence"]) == (
        "fails",
        "counted",
    )
    assert records["b-above-a"]["on_reproduced"]["evidence"] == "smoke"
    assert records["b-above-a"]["on_reproduced"]["holds"] == "supports"
    assert records["small-and-good"]["on_reproduced"]["evidence"] == "mixed"
    assert records["above-75"]["on_reproduced"]["holds"] == "inconclusive"  # one training
    assert records["fewer-parameters"]["on_reproduced"]["holds"] == "open"


def test_models_runs_results_and_verdicts_are_listed(judged) -> None:
    measurements, snapshot = judged
    catalog, index = measurements.catalog, measurements.index
    (first, _) = export.models(index)
    assert (first["name"], first["input_size"], first["flops"]) == (
        "tiny-a",
        [192, 256],
        {"conv-linear": 8.02},
    )
    assert {"total", "trainable"} <= set(first["parameters"])
    assert [r["measured"] for r in export.runs(catalog, index)] == [
        ["full", "smoke"],
        ["full", "smoke"],
        [],
    ]
    kinds = [r["kind"] for r in export.results(index)]
    assert sorted(set(kinds)) == ["accuracy", "count", "speed"]
    assert len(kinds) == len(list(RESULTS.rglob("*.json")))
    assert len(export.verdicts(catalog, snapshot)) == len(snapshot.verdicts)


def test_every_record_is_json(judged) -> None:
    for records in export.everything(*judged).values():
        json.dumps(records, allow_nan=False)


def test_csv_and_parquet_are_read_back_by_pandas(judged, tmp_path: Path) -> None:
    tables = export.everything(*judged)
    for write, read, ending in (
        (export.to_csv, pd.read_csv, "csv"),
        (export.to_parquet, pd.read_parquet, "parquet"),
    ):
        paths = write(tmp_path / ending, tables)
        assert [p.name for p in paths] == [f"{name}.{ending}" for name in tables]
        for path, records in zip(paths, tables.values(), strict=True):
            assert len(read(path)) == len(records)
    cells = pd.read_csv(tmp_path / "csv" / "cells.csv", dtype=str)
    assert list(cells["printed"]) == [r["printed"] for r in tables["cells"]]
    claims = pd.read_parquet(tmp_path / "parquet" / "claims.parquet")
    assert set(claims["on_paper_holds"]) <= {"holds", "fails", "inconclusive"}


@pytest.mark.process
def test_judging_and_exporting_never_import_torch_mmpose_or_matplotlib() -> None:
    names = ("verdicts", "claims.on_results", "bootstrap", "conflicts", "coverage", "export")
    heavy = ("torch", "mmpose", "mmengine", "mmcv", "matplotlib", "pycocotools", "pandas")
    modules = ", ".join(f"bench.judge.{name}" for name in names)
    program = f"import sys, {modules}; print([m for m in {heavy} if m in sys.modules])"
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"
