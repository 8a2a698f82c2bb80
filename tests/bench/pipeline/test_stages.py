import pytest
import yaml

from bench.catalog.load import load_catalog
from bench.fetch.sources import sources
from bench.paths import ROOT, config_files
from bench.pipeline.stages import render, render_fetch, render_released, stages


@pytest.fixture(scope="module")
def every() -> dict:
    return stages(load_catalog())


def test_the_committed_pipeline_is_what_the_ledger_says():
    assert (ROOT / "dvc.yaml").read_text() == render(load_catalog())


def test_every_table_is_a_stage_and_depends_on_the_runs_of_its_own_rows_and_their_stand_ins():
    loaded = load_catalog()
    every = yaml.safe_load(render(loaded))["stages"]
    known = config_files()
    for name, (paper, table) in loaded.tables.items():
        runs = {
            c.run
            for c in loaded.cells(paper.id, table.table)
            if c.run and c.column.kind in ("accuracy", "measure")
        }
        runs |= {c.instead[run] for c in paper.claims for run in runs & c.instead.keys()}
        wanted = {f"results/${{tier}}/{run}" for run in runs if loaded.run(run).config in known}
        found = {d for d in every[name]["deps"] if d.startswith("results/${tier}/")}
        assert found == wanted, name


def test_no_measuring_stage_depends_on_templates_or_verdicts(every):
    for name, stage in every.items():
        if name.startswith(("run-", "count-", "time-", "data-")):
            assert not [
                d for d in stage["deps"] if d.startswith(("reports", "build", "bench/judge"))
            ], name


def test_a_run_depends_on_its_own_family_and_no_other(every):
    runs = {name: stage for name, stage in every.items() if name.startswith("run-transpose-")}
    assert runs
    for stage in runs.values():
        families = [
            d
            for d in stage["deps"]
            if d.startswith("model_zoo/") and d.count("/") == 2 and d.endswith(".py")
        ]
        assert "model_zoo/transpose/model.py" in families
        assert not {"model_zoo/lightpose/model.py", "model_zoo/tfpose/model.py"} & set(families)


def test_every_file_a_stage_names_in_the_source_tree_exists(every):
    for name, stage in every.items():
        for path in stage["deps"]:
            if path.startswith(("bench", "model_zoo", "reports")):
                assert (ROOT / path).exists(), (name, path)


def test_editing_what_one_family_imports_reaches_that_family_only(every):
    using = {
        name.split("-")[1] for name, s in every.items() if "model_zoo/tfpose/codec.py" in s["deps"]
    }
    assert "tfpose" in using
    assert not {"transpose", "querypose"} & using


def test_released_weights_have_a_pipeline_of_their_own_that_no_other_stage_needs():
    loaded = load_catalog()
    committed = (ROOT / "released" / "dvc.yaml").read_text()
    assert committed == render_released(loaded)
    apart = yaml.safe_load(committed)["stages"]
    assert {"transpose-r-a4-coco-detector", "transpose-h-a6-coco-ground-truth"} <= set(apart)
    assert "querypose-hrw32-light-coco" in apart
    outs = {out for stage in apart.values() for out in stage["outs"]}
    for name, stage in stages(loaded).items():
        needed = set(stage["deps"]) | set(stage.get("outs", []))
        assert not needed & outs, name
        assert not [p for p in needed if p.startswith(("results/released", "data/full"))], name


def test_fetching_is_apart_and_has_a_stage_for_every_source():
    text = (ROOT / "fetch" / "dvc.yaml").read_text()
    assert text == render_fetch()
    every = yaml.safe_load(text)["stages"]
    assert set(every) == set(sources())
    assert every["coco-val"]["cmd"] == "repropose fetch coco-val"
    assert not [s for s in stages(load_catalog()).values() if "repropose fetch" in s["cmd"]]
