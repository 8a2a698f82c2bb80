"""For each stage one digest of everything its result depends on: build/inputs.json, which DVC compares."""

import json
import os
from typing import Any

from bench.catalog.load import Catalog
from bench.catalog.schema import TIERS, Run
from bench.catalog.yaml_lines import read_yaml
from bench.paths import ROOT, config_files
from bench.results import inputs

#: Which results are committed, and what they hold.
COMMITTED = "reports/measured/manifest.txt"


def paper_models(catalog: Catalog) -> dict[str, list[str]]:
    """Paper -> zoo models that its cells are about; each model with the first paper naming it."""
    owner: dict[str, str] = {}
    for cell in catalog.cells():
        if cell.model in config_files():
            owner.setdefault(cell.model, cell.paper)
    return {paper: sorted(m for m in owner if owner[m] == paper) for paper in catalog.papers}


def speed_models(catalog: Catalog, paper: str) -> list[str]:
    """Zoo models of a paper's rows that have a timed cell, in printed order, each once; then those timed beside."""
    models = [c.model for c in catalog.cells(paper) if c.column.kind == "speed"]
    if models:
        models += catalog.papers[paper].timed_beside
    return list(dict.fromkeys(m for m in models if m in config_files()))


def measured_runs(catalog: Catalog) -> dict[str, Run]:
    """Runs whose model is in the zoo."""
    return {name: run for name, run in catalog.runs.items() if run.config in config_files()}


def fingerprints(catalog: Catalog) -> dict[str, Any]:
    """By kind of stage; of runs also by tier, as the seeds differ."""
    runs = measured_runs(catalog)
    judging = [*inputs.judge_inputs(), COMMITTED]
    return {
        "datasets": inputs.combined(inputs.dataset_inputs()),
        "count": {
            paper: inputs.combined(
                {name for model in models for name in inputs.count_inputs(model)}, models
            )
            for paper, models in paper_models(catalog).items()
        },
        "time": {
            paper: inputs.combined(inputs.time_inputs(models), models)
            for paper in catalog.papers
            if (models := speed_models(catalog, paper))
        },
        "run": {name: _of_run(run) for name, run in runs.items()},
        "released": {
            name: inputs.combined(
                inputs.released_inputs(run.config), run.dataset, run.options, run.released
            )
            for name, run in runs.items()
            if run.released
        },
        "tables": {
            paper: inputs.combined(judging, read_yaml(folder / "tables.yaml"))
            for paper, folder in catalog.folders.items()
        },
        "site": inputs.combined(
            judging,
            [paper.model_dump(mode="json", exclude={"notes"}) for paper in catalog.papers.values()],
        ),
    }


def _of_run(run: Run) -> dict[str, str]:
    files = inputs.combined(inputs.run_inputs(run.config))
    plain = [run.dataset, run.options, run.start]
    return {tier: inputs.combined([], files, *plain, getattr(run.seeds, tier)) for tier in TIERS}


def rendered(catalog: Catalog) -> bytes:
    """build/inputs.json: one entry a line, so that a difference can be read."""
    return (json.dumps(fingerprints(catalog), indent=1) + "\n").encode()


def sources(catalog: Catalog) -> list[str]:
    """Files and folders, from the project's root, that hold all that the digests are made of."""
    names = {*inputs.time_inputs([]), *inputs.judge_inputs(), *inputs.dataset_inputs()}
    for model in config_files():
        names.update(inputs.count_inputs(model), inputs.released_inputs(model))
    parts = ("paper.yaml", "runs.yaml", "tables.yaml", "claims.yaml")
    papers = [folder / part for folder in catalog.folders.values() for part in parts]
    return sorted(
        {
            "bench/pipeline/fingerprints.py",
            COMMITTED,
            *(_folder_or_file(name.partition("#")[0]) for name in names),
            *(os.path.relpath(path, ROOT) for path in papers),
        }
    )


def _folder_or_file(name: str) -> str:
    """The folder of the zoo or of the data sets that a file is in, else the file."""
    top, folder, *_ = parts = name.split("/")
    whole = (top == "model_zoo" and len(parts) > 2) or (top, folder) == ("bench", "datasets")
    return f"{top}/{folder}" if whole else name
