"""The ledger as a DVC pipeline: `repropose pipeline` writes dvc.yaml, nobody edits it.

One stage per data set, per paper for what is counted and timed, per run, and per table; each names exactly the files it
depends on, so that editing one model reruns only what uses it. `${tier}` comes from params.yaml.
"""

import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import yaml

from bench.catalog.load import Catalog
from bench.catalog.schema import Paper, Run, Table
from bench.fetch.sources import sources
from bench.paths import ROOT, config_files
from bench.results.inputs import measuring_inputs, model_inputs
from bench.results.locations import MATCHES, PEOPLE, PREDICTIONS, released_path

HEADER = """\
# Generated from bench/papers by `repropose pipeline`; do not edit. Try:
#   dvc repro transpose-2          one table (with whatever it needs)
#   dvc repro run-transpose-r-a4-coco   one run
#   dvc repro                      everything, then the site
# The tier (smoke, lab, full) is set in params.yaml.
"""
RELEASED_HEADER = """\
# Generated from bench/papers by `repropose pipeline`; do not edit. Needs the real data and the authors' files:
#   repropose fetch coco-annotations coco-val coco-detections transpose-weights
#   repropose prepare coco --tier full
#   dvc repro released/dvc.yaml                               every released checkpoint
#   dvc repro released/dvc.yaml:transpose-r-a4-coco-detector  one, with one kind of boxes
# A plain `dvc repro` leaves these stages alone.
"""
FETCH_HEADER = """\
# Generated from bench/fetch/sources.yaml by `repropose pipeline`; do not edit. Real data, apart from the root's
# dvc.yaml so that no `dvc repro` there downloads anything. Try:
#   dvc repro fetch/dvc.yaml:coco-val
"""
COUNTING = [f"bench/measure/count/{part}.py" for part in ("model_counts", "trace", "rules")]
# What a verdict rests on.
JUDGES = [
    f"bench/{name}.py"
    for name in (
        "catalog/schema",
        "results/records",
        "results/store",
        "judge/records",
        "judge/evidence",
        "judge/counts",
        "judge/protocol",
        "judge/tolerance",
        "judge/cells",
    )
]
Stage = dict[str, Any]


def _from_root(path: Path) -> str:
    """As DVC wants it: relative to the project, also for papers that lie elsewhere."""
    return os.path.relpath(path, ROOT)


def _relative(paths: Iterable[Path]) -> list[str]:
    return sorted(_from_root(path) for path in paths)


def paper_models(catalog: Catalog) -> dict[str, list[str]]:
    """Paper -> zoo models that its cells are about; each model with the first paper naming it."""
    known = config_files()
    seen: set[str] = set()
    owned: dict[str, list[str]] = {paper: [] for paper in catalog.papers}
    for cell in catalog.cells():
        if cell.model in known and cell.model not in seen:
            seen.add(cell.model)
            owned[cell.paper].append(cell.model)
    return {paper: sorted(models) for paper, models in owned.items()}


def _measure_stages(catalog: Catalog) -> dict[str, Stage]:
    stages: dict[str, Stage] = {}
    for paper, models in paper_models(catalog).items():
        if not models:
            continue
        code = _relative({p for model in models for p in model_inputs(model)})
        stages[f"count-{paper}"] = {
            "desc": f"parameters and operations of the models in {paper}'s tables",
            "cmd": f"repropose count --paper {paper}",
            "deps": [*code, *COUNTING],
            "outs": [f"results/counted/{model}.json" for model in models],
        }
        if speed_models(catalog, paper):
            stages[f"time-{paper}"] = {
                "desc": f"latencies of the timed columns of {paper}, side by side",
                "cmd": f"repropose time {paper}",
                "deps": [
                    *_relative({p for m in speed_models(catalog, paper) for p in model_inputs(m)}),
                    "bench/measure/speed.py",
                ],
                "outs": [f"results/timed/{paper}.json"],
            }
    return stages


def speed_models(catalog: Catalog, paper: str) -> list[str]:
    """Zoo models of a paper's rows that have a timed cell, in printed order, each once; then those timed beside."""
    models = [c.model for c in catalog.cells(paper) if c.column.kind == "speed"]
    if models:
        models += catalog.papers[paper].timed_beside
    return list(dict.fromkeys(m for m in models if m in config_files()))


def _run_stages(catalog: Catalog) -> dict[str, Stage]:
    stages: dict[str, Stage] = {}
    for name, run in catalog.runs.items():
        if run.config not in config_files():
            continue
        folder = catalog.folders[catalog.run_papers[name]]
        start = [f"results/${{tier}}/{run.start}"] if run.start else []
        stages[f"run-{name}"] = {
            "desc": f"train and evaluate {run.config} on {run.dataset}",
            "cmd": f"repropose measure {name} --tier ${{tier}}",
            "deps": [
                *_relative(model_inputs(run.config)),
                *_relative(measuring_inputs()),
                "bench/evaluate/error_diagnosis.py",
                "bench/evaluate/per_person.py",
                f"data/${{tier}}/{run.dataset}.json",
                *start,
            ],
            "params": [{_from_root(folder / "runs.yaml"): [name]}],
            "outs": [f"results/${{tier}}/{name}"],
        }
    return stages


def _table_stage(catalog: Catalog, paper: Paper, table: Table) -> Stage:
    known = config_files()
    owners = {model: owner for owner, models in paper_models(catalog).items() for model in models}
    deps = {_from_root(catalog.folders[paper.id] / "tables.yaml"), *JUDGES}
    for cell in catalog.cells(paper.id, table.table):
        model, kind = cell.model, cell.column.kind
        if kind == "count" and model in owners:
            deps.add(f"results/counted/{model}.json")
        if kind == "speed" and model in known:
            deps.add(f"results/timed/{paper.id}.json")
        if kind in ("accuracy", "measure") and cell.run and catalog.run(cell.run).config in known:
            deps.add(f"results/${{tier}}/{cell.run}")
            deps |= {
                f"results/${{tier}}/{claim.instead[cell.run]}"
                for claim in paper.claims
                if cell.run in claim.instead
            }
    name = f"{paper.id}-{table.table}"
    return {
        "desc": table.title,
        "cmd": f"repropose table {name} --tier ${{tier}}",
        "deps": sorted(deps),
        "outs": [f"build/verdicts/${{tier}}/{name}.json"],
    }


def stages(catalog: Catalog) -> dict[str, Stage]:
    """All stages of the pipeline, in order: data, counts and timings, runs, tables, site."""
    datasets = sorted({run.dataset for run in catalog.runs.values()})
    found: dict[str, Stage] = {
        f"data-{dataset}": {
            "desc": f"{dataset} as the tier wants it: synthetic for smoke and lab, the real one for full",
            "cmd": f"repropose prepare {dataset} --tier ${{tier}}",
            "deps": ["bench/datasets"],
            "params": ["synthetic"],
            "outs": [f"data/${{tier}}/{dataset}.json"],
        }
        for dataset in datasets
    }
    found |= _measure_stages(catalog) | _run_stages(catalog)
    tables = {name: _table_stage(catalog, *pair) for name, pair in catalog.tables.items()}
    found |= tables
    found["site"] = {
        "desc": "the leaderboard, build/site/index.html",
        "cmd": "repropose site",
        "deps": ["reports", *(stage["outs"][0] for stage in tables.values())],
        "always_changed": True,
    }
    return found


def released_stages(catalog: Catalog) -> dict[str, Stage]:
    """One stage for each released checkpoint and kind of boxes; a pipeline of its own, so that nothing drags it in."""
    found: dict[str, Stage] = {}
    for name, run in catalog.runs.items():
        if run.released is None or run.config not in config_files():
            continue
        for boxes, stored in _boxes_of(run).items():
            stem = released_path(name, stored).with_suffix("").as_posix()
            ask = f" --boxes {boxes}" if boxes else ""
            found[f"{name}-{boxes}" if boxes else name] = {
                "desc": f"the authors' {run.released}" + (f" with {boxes} boxes" if boxes else ""),
                "cmd": f"repropose released {name}{ask}",
                "wdir": "..",
                "deps": [
                    *_relative([*model_inputs(run.config), *measuring_inputs()]),
                    "bench/evaluate/error_diagnosis.py",
                    "bench/evaluate/per_person.py",
                    "bench/measure/released.py",
                    f"data/full/{run.dataset}.json",
                    f"data/full/weights/{run.released}",
                ],
                "outs": [
                    f"results/{stem}{ending}" for ending in (".json", PREDICTIONS, PEOPLE, MATCHES)
                ],
            }
    return found


def _boxes_of(run: Run) -> dict[str, str]:
    """What `repropose released --boxes` takes for a run ('' for nothing) -> boxes as the protocol names them."""
    family = config_files()[run.config].parent.name
    if family == "querypose":  # finds people itself
        return {"": "none"}
    return {"ground-truth": "ground-truth", "detector": "detector-56.4"}


def render(catalog: Catalog) -> str:
    """dvc.yaml as text."""
    return HEADER + _yaml(stages(catalog))


def render_released(catalog: Catalog) -> str:
    """released/dvc.yaml as text."""
    return RELEASED_HEADER + _yaml(released_stages(catalog))


def render_fetch() -> str:
    """fetch/dvc.yaml as text: one stage per source, whose output is its receipt."""
    found: dict[str, Stage] = {
        name: {
            "desc": source.title,
            "wdir": "..",
            "cmd": f"repropose fetch {name}",
            "params": [{"bench/fetch/sources.yaml": [name]}],
            "outs": [{f"data/fetched/{name}.json": {"cache": False, "persist": True}}],
        }
        for name, source in sources().items()
    }
    return FETCH_HEADER + _yaml(found)


def _yaml(found: dict[str, Stage]) -> str:
    return yaml.safe_dump({"stages": found}, sort_keys=False, width=110, allow_unicode=True)
