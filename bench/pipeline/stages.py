"""The ledger as a DVC pipeline: `repropose pipeline` writes dvc.yaml, nobody edits it.

DVC compares bytes. What decides a result is compared by content, so the first stage, `inputs`, writes one digest for
each measuring stage and table to build/inputs.json (`bench.pipeline.fingerprints`), and they depend on their entry:
after a change of comments only `inputs` runs again. `${tier}` comes from params.yaml.
"""

import os
from pathlib import Path
from typing import Any

import yaml

from bench.catalog.load import Catalog
from bench.catalog.schema import Paper, Run, Table
from bench.fetch.sources import sources
from bench.paths import ROOT, config_files
from bench.results.inputs import (
    count_inputs,
    dataset_inputs,
    judge_inputs,
    released_inputs,
    time_inputs,
)
from bench.results.locations import MATCHES, PEOPLE, PREDICTIONS, released_path

INPUTS = "build/inputs.json"
FINGERPRINTS = "bench/pipeline/fingerprints.py"
RELEASED = "bench/pipeline/released/dvc.yaml"
FETCH = "bench/fetch/dvc.yaml"
HEADER = """\
# Generated from bench/papers by `repropose pipeline`; do not edit. Try:
#   dvc repro transpose-2                one table (with whatever it needs)
#   dvc repro run@transpose-r-a4-coco    one run
#   dvc repro                            everything, then the site
# The tier (smoke, lab, full) is set in params.yaml. What the site looks like is no stage's business: after a change
# of templates or notes, `repropose site` builds it again.
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


def _from_root(path: Path) -> str:
    """As DVC wants it: relative to the project, also for papers in other folders."""
    return os.path.relpath(path, ROOT)


def _digests(*keys: str) -> list[dict[str, list[str]]]:
    """A dependency on entries of the file that the stage `inputs` writes."""
    return [{INPUTS: list(keys)}]


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


def speed_models(catalog: Catalog, paper: str) -> list[str]:
    """Zoo models of a paper's rows that have a timed cell, in printed order, each once; then those timed beside."""
    models = [c.model for c in catalog.cells(paper) if c.column.kind == "speed"]
    if models:
        models += catalog.papers[paper].timed_beside
    return list(dict.fromkeys(m for m in models if m in config_files()))


def measured_runs(catalog: Catalog) -> dict[str, Run]:
    """Runs whose model is in the zoo."""
    return {name: run for name, run in catalog.runs.items() if run.config in config_files()}


def _inputs_stage(catalog: Catalog) -> Stage:
    """Depends on folders and files that hold what the digests are made of, and on nothing that is only shown."""
    every = {
        name for model in config_files() for name in (*count_inputs(model), *released_inputs(model))
    }
    every |= {*time_inputs([]), *judge_inputs(), *dataset_inputs(), FINGERPRINTS}
    code = {_folder_or_file(name.partition("#")[0]) for name in every}
    for folder in catalog.folders.values():
        code |= {_from_root(folder / "runs.yaml"), _from_root(folder / "tables.yaml")}
    return {
        "desc": "what decides each result, as digests: comments and docstrings do not count",
        "cmd": "repropose inputs",
        "deps": sorted(code),
        "outs": [{INPUTS: {"cache": False, "persist": True}}],
    }


def _folder_or_file(name: str) -> str:
    """The folder of the zoo or of the data sets that a file is in, else the file."""
    top, folder, *_ = parts = name.split("/")
    whole = (top == "model_zoo" and len(parts) > 2) or (top, folder) == ("bench", "datasets")
    return f"{top}/{folder}" if whole else name


def _count_stages(catalog: Catalog) -> dict[str, Stage]:
    return {
        f"count-{paper}": {
            "desc": f"parameters and operations of the models in {paper}'s tables",
            "cmd": f"repropose count --paper {paper}",
            "params": _digests(f"count.{paper}"),
            "outs": [f"results/counted/{model}.json" for model in models],
        }
        for paper, models in paper_models(catalog).items()
        if models
    }


def _time_stages(catalog: Catalog) -> dict[str, Stage]:
    return {
        f"time-{paper}": {
            "desc": f"latencies of the timed columns of {paper}",
            "cmd": f"repropose time {paper}",
            "params": _digests(f"time.{paper}"),
            "outs": [f"results/timed/{paper}.json"],
        }
        for paper in catalog.papers
        if speed_models(catalog, paper)
    }


def _run_group(catalog: Catalog) -> Stage:
    """All runs as one group. DVC has no optional dependency: a run that starts from no other names its data twice."""
    return {
        "foreach": {
            name: {
                "data": run.dataset,
                "after": f"results/${{tier}}/{run.start}" if run.start else _manifest(run.dataset),
            }
            for name, run in measured_runs(catalog).items()
        },
        "do": {
            "desc": "train ${key} on ${item.data} and evaluate it",
            "cmd": "repropose measure ${key} --tier ${tier}",
            "deps": [_manifest("${item.data}"), "${item.after}"],
            "params": _digests("run.${key}.${tier}"),
            "outs": ["results/${tier}/${key}"],
        },
    }


def _manifest(dataset: str) -> str:
    return f"data/${{tier}}/{dataset}.json"


def _table_stage(catalog: Catalog, paper: Paper, table: Table) -> Stage:
    known = config_files()
    owners = {model: owner for owner, models in paper_models(catalog).items() for model in models}
    deps: set[str] = set()
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
        "params": _digests(f"tables.{paper.id}"),
        "outs": [f"build/verdicts/${{tier}}/{name}.json"],
    }


def pipeline(catalog: Catalog) -> dict[str, Stage]:
    """The stages as dvc.yaml holds them, in order: inputs, data, counts and timings, runs, tables, site."""
    tables = {name: _table_stage(catalog, *pair) for name, pair in catalog.tables.items()}
    return {
        "inputs": _inputs_stage(catalog),
        "data": {
            "foreach": sorted({run.dataset for run in catalog.runs.values()}),
            "do": {
                "desc": "${item}: synthetic for smoke and lab, the real one for full",
                "cmd": "repropose prepare ${item} --tier ${tier}",
                "params": ["synthetic", *_digests("datasets")],
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


def _written_out(node: Any, key: str, item: Any) -> Any:
    """A group's stage with `${key}` and `${item...}` replaced by what they stand for."""
    if isinstance(node, dict):
        return {name: _written_out(value, key, item) for name, value in node.items()}
    if isinstance(node, list):
        return [_written_out(value, key, item) for value in node]
    values = (
        {f"item.{name}": value for name, value in item.items()} if isinstance(item, dict) else {}
    )
    for name, value in {"key": key, "item": item, **values}.items():
        node = node.replace(f"${{{name}}}", str(value))
    return node


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
                "params": _digests(f"released.{name}"),
                "deps": [
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
    return HEADER + _yaml(pipeline(catalog))


def render_released(catalog: Catalog) -> str:
    """The pipeline of released weights as text."""
    return RELEASED_HEADER + _yaml(released_stages(catalog))


def render_fetch() -> str:
    """The pipeline of real data as text: one stage per source, whose output is its receipt."""
    found: dict[str, Stage] = {
        name: {
            "desc": source.title,
            "wdir": "../..",
            "cmd": f"repropose fetch {name}",
            "params": [{"bench/fetch/sources.yaml": [name]}],
            "outs": [{f"data/fetched/{name}.json": {"cache": False, "persist": True}}],
        }
        for name, source in sources().items()
    }
    return FETCH_HEADER + _yaml(found)


class _Dumper(yaml.SafeDumper):
    """Writes lists and one-line mappings in flow style: file names, a run of the group, the flags of an output."""

    def represent_sequence(
        self, tag: str, sequence: Any, flow_style: bool | None = None
    ) -> yaml.SequenceNode:
        return super().represent_sequence(tag, sequence, flow_style=True)

    def represent_mapping(
        self, tag: str, mapping: Any, flow_style: bool | None = None
    ) -> yaml.MappingNode:
        node = super().represent_mapping(tag, mapping, flow_style)
        node.flow_style = len(node.value) < 3 and all(
            isinstance(value, yaml.ScalarNode) for _, value in node.value
        )
        return node

    def ignore_aliases(self, data: Any) -> bool:
        return True


def _yaml(found: dict[str, Stage]) -> str:
    document = {"stages": found}
    return yaml.dump(document, Dumper=_Dumper, sort_keys=False, width=118, allow_unicode=True)
