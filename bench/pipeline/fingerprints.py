"""One digest for each stage of what decides its result: the file build/inputs.json that DVC looks at."""

import json
from typing import Any

from bench.catalog.load import Catalog
from bench.catalog.schema import TIERS, Run
from bench.catalog.yaml_lines import read_yaml
from bench.pipeline.stages import measured_runs, paper_models, speed_models
from bench.results.inputs import (
    combined,
    count_inputs,
    dataset_inputs,
    judge_inputs,
    released_inputs,
    run_inputs,
    time_inputs,
)


def fingerprints(catalog: Catalog) -> dict[str, Any]:
    """By kind of stage; of runs also by tier, as the seeds differ."""
    runs = measured_runs(catalog)
    return {
        "datasets": combined(dataset_inputs()),
        "count": {
            paper: combined({name for model in models for name in count_inputs(model)}, models)
            for paper, models in paper_models(catalog).items()
        },
        "time": {
            paper: combined(time_inputs(models), models)
            for paper in catalog.papers
            if (models := speed_models(catalog, paper))
        },
        "run": {name: _of_run(run) for name, run in runs.items()},
        "released": {
            name: combined(released_inputs(run.config), run.dataset, run.options, run.released)
            for name, run in runs.items()
            if run.released
        },
        "tables": {
            paper: combined(judge_inputs(), read_yaml(folder / "tables.yaml"))
            for paper, folder in catalog.folders.items()
        },
    }


def _of_run(run: Run) -> dict[str, str]:
    files = combined(run_inputs(run.config))
    plain = [run.dataset, run.options, run.start]
    return {tier: combined([], files, *plain, getattr(run.seeds, tier)) for tier in TIERS}


def rendered(catalog: Catalog) -> bytes:
    """build/inputs.json: one entry a line, so that a difference can be read."""
    return (json.dumps(fingerprints(catalog), indent=1) + "\n").encode()
