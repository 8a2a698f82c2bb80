import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from bench.catalog.load import Catalog, load_catalog
from bench.fetch.sources import sources
from bench.paths import ROOT, config_files
from bench.pipeline.fingerprints import COMMITTED, _of_run, fingerprints, measured_runs
from bench.pipeline.stages import (
    DVC,
    FETCH,
    RELEASED,
    rendered,
    stages,
)
from bench.results import inputs, manifest
from bench.results.inputs import count_inputs, dataset_inputs, judge_inputs, released_inputs


@pytest.fixture(scope="module")
def loaded() -> Catalog:
    return load_catalog()


@pytest.fixture(scope="module")
def every(loaded: Catalog) -> dict[str, Any]:
    return stages(loaded)


@pytest.fixture(scope="module")
def digests(loaded: Catalog) -> dict[str, Any]:
    return fingerprints(loaded)


@pytest.fixture(scope="module")
def texts(loaded: Catalog) -> dict[str, str]:
    return rendered(loaded)


def test_the_committed_pipeline_is_what_the_ledger_says(texts):
    assert (ROOT / "dvc.yaml").read_text() == texts[DVC]


def test_every_table_is_a_stage_and_depends_on_the_runs_of_its_own_rows_and_their_stand_ins(
    loaded, texts
):
    every = yaml.safe_load(texts[DVC])["stages"]
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


def measuring(every: dict) -> dict:
    return {n: s for n, s in every.items() if n.startswith(("run@", "count-", "time-", "data@"))}


def test_measuring_stages_depend_on_digests_and_on_what_other_stages_make(every, digests):
    made = {out for stage in every.values() for out in stage["outs"] if isinstance(out, str)}
    for name, stage in measuring(every).items():
        assert set(stage.get("deps", [])) <= made, name
        [keys] = [p["build/inputs.json"] for p in stage["params"] if isinstance(p, dict)]
        for key in keys:
            entry = digests
            for part in key.replace("${tier}", "lab").split("."):
                entry = entry[part]
            assert len(entry) == 64, (name, key)


def test_captions_templates_notes_and_drawings_are_no_stages_business(every):
    deps = every["inputs"]["deps"]
    named = {dep for stage in every.values() for dep in stage.get("deps", [])}
    shown = ("reports", "model_zoo/figures", "bench/measure/gallery", "tests", "docs")
    named -= {"reports/measured/public_counts.json", COMMITTED}  # measured, and shown at cells
    assert not [dep for dep in named if dep.startswith(shown) or dep.endswith(".md")]
    assert not {"bench", "bench/papers", "bench/measure", "model_zoo"} & set(deps)


def test_every_digest_is_made_of_files_that_the_first_stage_depends_on(every):
    deps = every["inputs"]["deps"]
    names = {name for model in config_files() for name in released_inputs(model)}
    names |= {*judge_inputs(), *dataset_inputs(), *count_inputs("lofr-r50"), COMMITTED}
    for name in names:
        assert any(name == dep or name.startswith(f"{dep}/") for dep in deps), name


def test_a_change_of_one_family_reaches_its_own_runs_only(loaded, digests, monkeypatch):
    before = digests["run"]
    real = inputs.digest

    def changed(name: str, root: Path | None = None) -> str:
        return "other" if name == "model_zoo/tfpose/codec.py" else real(name, root)

    monkeypatch.setattr(inputs, "digest", changed)
    after = fingerprints(loaded)["run"]
    differ = {name for name in before if before[name] != after[name]}
    assert differ == {name for name in before if name.startswith("tfpose-")}


def test_what_a_run_is_asked_for_decides_it_and_a_remark_does_not(loaded):
    run = loaded.run("lofr-r50-ws05-coco")
    seeds = run.seeds.model_copy(update={"lab": (7, 8)})
    plain = _of_run(run)
    assert _of_run(run.model_copy(update={"note": "a remark"})) == plain
    other = _of_run(run.model_copy(update={"seeds": seeds}))
    assert (other["smoke"], other["full"]) == (plain["smoke"], plain["full"])
    assert other["lab"] != plain["lab"]
    assert _of_run(run.model_copy(update={"options": {}}))["full"] != plain["full"]


def test_groups_are_written_out_under_the_names_that_dvc_gives_them(every, texts):
    """DVC's own resolver is the oracle."""
    from dvc.parsing import DataResolver
    from dvc.repo import Repo

    with Repo(str(ROOT)) as repo:
        document = yaml.safe_load(texts[DVC])
        resolved = DataResolver(repo, str(ROOT), document).resolve()["stages"]
    tier = yaml.safe_load((ROOT / "params.yaml").read_text())["tier"]
    ours = json.loads(json.dumps(every).replace("${tier}", tier))
    assert resolved == ours


def test_every_stage_of_before_is_here_under_a_name_as_short(loaded, every, texts):
    assert {f"run@{name}" for name in measured_runs(loaded)} <= set(every)
    assert {"data@coco", "data@mpii", "count-lofr", "time-transpose", "site"} <= set(every)
    assert set(loaded.tables) <= set(every)
    assert len(texts[DVC].splitlines()) <= 600


def test_a_run_that_starts_from_another_comes_after_it(every):
    wanted = "results/${tier}/transpose-h-a6-coco"
    assert wanted in every["run@transpose-h-a6-mpii-finetuned"]["deps"]
    assert every["run@transpose-r-a4-coco"]["deps"] == ["data/${tier}/coco.json"] * 2


def test_every_file_a_stage_names_in_the_source_tree_exists(every):
    for name, stage in every.items():
        for path in stage.get("deps", []):
            if path.startswith(("bench", "model_zoo", "reports")):
                assert (ROOT / path).exists(), (name, path)


def test_released_weights_have_a_pipeline_of_their_own_that_no_other_stage_needs(texts, every):
    committed = (ROOT / RELEASED).read_text()
    assert committed == texts[RELEASED]
    apart = yaml.safe_load(committed)["stages"]
    assert {"transpose-r-a4-coco-detector", "transpose-h-a6-coco-ground-truth"} <= set(apart)
    assert "querypose-hrw32-light-coco" in apart
    outs = {out for stage in apart.values() for out in stage["outs"]}
    for name, stage in every.items():
        needed = {*stage.get("deps", []), *map(str, stage["outs"])}
        assert not needed & outs, name
        assert not [p for p in needed if p.startswith(("results/released", "data/full"))], name


def test_fetching_is_apart_and_has_a_stage_for_every_source(texts, every):
    text = (ROOT / FETCH).read_text()
    assert text == texts[FETCH]
    apart = yaml.safe_load(text)["stages"]
    assert set(apart) == set(sources())
    assert apart["coco-val"]["cmd"] == "repropose fetch coco-val"
    assert not [s for s in every.values() if "repropose fetch" in str(s["cmd"])]


def test_a_changed_claim_rebuilds_the_site_and_measures_nothing(loaded, digests, every):
    paper = loaded.papers["transpose"]
    claims = (paper.claims[0].model_copy(update={"claimed": "99.8"}), *paper.claims[1:])
    papers = {**loaded.papers, "transpose": paper.model_copy(update={"claims": claims})}
    after = fingerprints(Catalog(papers=papers, folders=loaded.folders))
    assert {key for key in after if after[key] != digests[key]} == {"site"}
    assert every["site"]["params"] == [{"build/inputs.json": ["site"]}]
    deps = every["inputs"]["deps"]
    for part in ("claims.yaml", "paper.yaml"):
        assert f"bench/papers/transpose/{part}" in deps


def test_a_manifest_is_in_no_output_so_that_no_line_changes_one(every: dict[str, Any]):
    outputs = [Path(str(out)) for stage in every.values() for out in stage.get("outs", [])]
    assert Path("results/counted/transpose-r-a3.json") in outputs
    assert not [out for out in outputs if Path("results", manifest.NAME).is_relative_to(out)]


def test_another_committed_result_changes_tables_and_the_site_and_no_run(
    loaded, digests, monkeypatch
):
    read = inputs.digest
    committed = {COMMITTED: "other"}
    monkeypatch.setattr(inputs, "digest", lambda name: committed.get(name) or read(name))
    after = fingerprints(loaded)
    assert {kind for kind in after if after[kind] != digests[kind]} == {"tables", "site"}
