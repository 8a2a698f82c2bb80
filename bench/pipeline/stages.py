"""The ledger as a DVC pipeline: `repropose pipeline` writes dvc.yaml, nobody edits it.

DVC compares bytes. What decides a result is compared by content, so the first stage, `inputs`, writes one digest for
each measuring stage and table to build/inputs.json (`bench.pipeline.fingerprints`), and they depend on their entry:
after a change of comments only `inputs` runs again. `${tier}` comes from params.yaml.
"""

import json
from typing import Any

import yaml

from bench.catalog.load import Catalog
from bench.catalog.schema import Paper, Run, Table
from bench.fetch.sources import sources
from bench.paths import config_files
from bench.pipeline import fingerprints
from bench.results.locations import CONFIG, MATCHES, PEOPLE, PREDICTIONS, released_path

INPUTS = "build/inputs.json"
DVC = "dvc.yaml"
RELEASED = "bench/pipeline/released/dvc.yaml"
FETCH = "bench/fetch/dvc.yaml"
HEADER = """\
# Generated from bench/papers by `repropose pipeline`; do not edit. Try:
#   dvc repro transpose-2                one table, and what it depends on
#   dvc repro run@transpose-r-a4-coco    one run
#   dvc repro                            everything, then the site
# The tier (smoke, lab, full) is set in params.yaml. No stage depends on the look of the site: after a change
# of templates or notes, run `repropose site` to rebuild it.
"""
RELEASED_HEADER = f"""\
# Generated from bench/papers by `repropose pipeline`; do not edit. Needs the real data and the authors' files:
#   repropose fetch coco-annotations coco-val coco-detections transpose-weights
#   repropose prepare coco --tier full
#   dvc repro {RELEASED}                               every released checkpoint
#   dvc repro {RELEASED}:transpose-r-a4-coco-detector  one, with one kind of boxes
# A plain `dvc repro` leaves these stages alone.
"""
FETCH_HEADER = f"""\
# Generated from bench/fetch/sources.yaml by `repropose pipeline`; do not edit. Real data, apart from the root's
# dvc.yaml so that no `dvc repro` there downloads anything. Try:
#   dvc repro {FETCH}:coco-val
"""
Stage = dict[str, Any]


def _digest(key: str) -> dict[str, list[str]]:
    """A dependency on an entry of the file that the stage `inputs` writes."""
    return {INPUTS: [key]}


def _count_stages(catalog: Catalog) -> dict[str, Stage]:
    return {
        f"count-{paper}": {
            "desc": f"parameters and operations of the models in {paper}'s tables",
            "cmd": f"repropose count --paper {paper}",
            "params": [_digest(f"count.{paper}")],
            "outs": [f"results/counted/{model}.json" for model in models],
        }
        for paper, models in fingerprints.paper_models(catalog).items()
        if models
    }


def _time_stages(catalog: Catalog) -> dict[str, Stage]:
    return {
        f"time-{paper}": {
            "desc": f"latencies of the timed columns of {paper}",
            "cmd": f"repropose time {paper}",
            "params": [_digest(f"time.{paper}")],
            "outs": [f"results/timed/{paper}.json"],
        }
        for paper in catalog.papers
        if fingerprints.speed_models(catalog, paper)
    }


def _run_group(catalog: Catalog) -> Stage:
    """All runs as one group. DVC has no optional dependency: a run that starts from no other names its data twice."""
    return {
        "foreach": {
            name: {
                "data": run.dataset,
                "after": f"results/${{tier}}/{run.start}" if run.start else _manifest(run.dataset),
            }
            for name, run in fingerprints.measured_runs(catalog).items()
        },
        "do": {
            "desc": "train ${key} on ${item.data} and evaluate it",
            "cmd": "repropose measure ${key} --tier ${tier}",
            "deps": [_manifest("${item.data}"), "${item.after}"],
            "params": [_digest("run.${key}.${tier}")],
            "outs": ["results/${tier}/${key}"],
        },
    }


def _manifest(dataset: str) -> str:
    return f"data/${{tier}}/{dataset}.json"


def _table_stage(catalog: Catalog, paper: Paper, table: Table) -> Stage:
    known = config_files()
    deps: set[str] = set()
    for cell in catalog.cells(paper.id, table.table):
        model, kind = cell.model, cell.column.kind
        if kind == "count" and model in known:
            deps.add(f"results/counted/{model}.json")
        if kind == "speed" and model in known:
            deps.add(f"results/timed/{paper.id}.json")
        if kind in ("accuracy", "measure") and cell.run and catalog.run(cell.run).config in known:
            stand_ins = [c.instead[cell.run] for c in paper.claims if cell.run in c.instead]
            deps |= {f"results/${{tier}}/{run}" for run in (cell.run, *stand_ins)}
    name = f"{paper.id}-{table.table}"
    return {
        "desc": table.title,
        "cmd": f"repropose table {name} --tier ${{tier}}",
        "deps": sorted(deps),
        "params": [_digest(f"tables.{paper.id}")],
        "outs": [f"build/verdicts/${{tier}}/{name}.json"],
    }


def pipeline(catalog: Catalog) -> dict[str, Stage]:
    """The stages as dvc.yaml holds them, in order: inputs, data, counts and timings, runs, tables, site."""
    tables = {name: _table_stage(catalog, *pair) for name, pair in catalog.tables.items()}
    return {
        "inputs": {
            "desc": "digests of everything each result depends on; comments and docstrings do not count",
            "cmd": "repropose inputs",
            "deps": fingerprints.sources(catalog),
            "outs": [{INPUTS: {"cache": False, "persist": True}}],
        },
        "data": {
            "foreach": sorted({run.dataset for run in catalog.runs.values()}),
            "do": {
                "desc": "${item}: synthetic for smoke and lab, the real data set for full",
                "cmd": "repropose prepare ${item} --tier ${tier}",
                "params": ["synthetic", _digest("datasets")],
                "outs": [_manifest("${item}")],
            },
        },
        **_count_stages(catalog),
        **_time_stages(catalog),
        "run": _run_group(catalog),
        **tables,
        "site": {
            "desc": "the leaderboard, build/site/index.html",
            "cmd": ["repropose site", "touch build/site/.built"],
            "deps": [stage["outs"][0] for stage in tables.values()],
            "params": [_digest("site")],
            "outs": [{"build/site/.built": {"cache": False}}],
        },
    }


def stages(catalog: Catalog) -> dict[str, Stage]:
    """Every stage under the name that DVC gives it, groups written out: `run@transpose-r-a4-coco`."""
    found: dict[str, Stage] = {}
    for name, stage in pipeline(catalog).items():
        if "foreach" not in stage:
            found[name] = stage
            continue
        each = stage["foreach"]
        for key in each:
            item = each[key] if isinstance(each, dict) else key
            found[f"{name}@{key}"] = _written_out(stage["do"], key, item)
    return found


def _written_out(stage: Stage, key: str, item: Any) -> Stage:
    """A group's stage with `${key}` and `${item...}` replaced by what they stand for."""
    values = {"key": key, "item": item}
    if isinstance(item, dict):
        values |= {f"item.{name}": value for name, value in item.items()}
    text = json.dumps(stage)
    for name, value in values.items():
        text = text.replace(f"${{{name}}}", str(value))
    return dict(json.loads(text))


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
                "wdir": "../../..",
                "params": [_digest(f"released.{name}")],
                "deps": [f"data/full/{run.dataset}.json", f"data/full/weights/{run.released}"],
                "outs": [
                    f"results/{stem}{ending}"
                    for ending in (".json", PREDICTIONS, PEOPLE, MATCHES, CONFIG)
                ],
            }
    return found


def _boxes_of(run: Run) -> dict[str, str]:
    """What `repropose released --boxes` takes for a run ('' for nothing) -> boxes as the protocol names them."""
    family = config_files()[run.config].parent.name
    if family == "querypose":  # finds people itself
        return {"": "none"}
    return {"ground-truth": "ground-truth", "detector": "detector-56.4"}


def _fetch_stages() -> dict[str, Stage]:
    """One stage per source of real data; its output is the receipt."""
    return {
        name: {
            "desc": source.title,
            "wdir": "../..",
            "cmd": f"repropose fetch {name}",
            "params": [{"bench/fetch/sources.yaml": [name]}],
            "outs": [{f"data/fetched/{name}.json": {"cache": False, "persist": True}}],
        }
        for name, source in sources().items()
    }


def rendered(catalog: Catalog) -> dict[str, str]:
    """Every file of the pipeline, from the project's root -> its text."""
    return {
        DVC: HEADER + _yaml(pipeline(catalog)),
        RELEASED: RELEASED_HEADER + _yaml(released_stages(catalog)),
        FETCH: FETCH_HEADER + _yaml(_fetch_stages()),
    }


def _yaml(found: dict[str, Stage]) -> str:
    """Lists and mappings of plain values take one line each: file names, a run of the group."""
    return yaml.safe_dump(
        {"stages": found}, default_flow_style=None, sort_keys=False, width=130, allow_unicode=True
    )
