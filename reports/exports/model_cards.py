"""Descriptions of models for other tools: MMPose's model-index.yml, model cards.

Results are given only for networks trained on real data: those of the smoke and lab tiers are different networks.
"""

from collections.abc import Iterable
from typing import Any

import yaml

from bench.results.records import AccuracyResult
from reports.exports.tables import markdown, pipe_table
from reports.pages.model import ModelView
from reports.views.words import clean

REAL = ("released-weights", "full-1", "full-3")
DATASETS = {"coco": "COCO", "coco-scenes": "COCO", "mpii": "MPII", "crowdpose": "CrowdPose"}


def to_yaml(data: Any) -> str:
    """YAML in the order given, without characters that are invalid in HTML."""
    return str(
        yaml.dump(
            _plain(data), Dumper=yaml.CSafeDumper, sort_keys=False, allow_unicode=True, width=100
        )
    )


def _plain(data: Any) -> Any:
    if isinstance(data, dict):
        return {str(clean(key)): _plain(value) for key, value in data.items()}
    if isinstance(data, list | tuple):
        return [_plain(item) for item in data]
    return clean(data)


def _results(view: ModelView) -> list[tuple[str, AccuracyResult]]:
    """Data set and result of every training or released checkpoint evaluated on real data."""
    return [
        (run.run.dataset, result)
        for run in view.runs
        for result in (stored.result for stored in run.results)
        if not result.failed and result.metrics and result.evidence in REAL
    ]


def model_index(views: list[ModelView]) -> str:
    """All models in the format of MMPose's model-index.yml."""
    models = []
    for view in views:
        metadata: dict[str, Any] = {
            "Training Data": sorted({DATASETS[r.run.dataset] for r in view.runs})
        }
        if view.count:
            metadata["Parameters"] = view.count.parameters.get("total")
            metadata["Multiply-accumulates"] = view.count.macs
        entry: dict[str, Any] = {"Name": view.name, "Config": view.name, "Metadata": metadata}
        results = [
            {"Task": "Body 2D Keypoint", "Dataset": DATASETS[data], "Metrics": result.metrics}
            for data, result in _results(view)
        ]
        models.append(entry | ({"Results": results} if results else {}))
    return to_yaml({"Models": models})


def model_card(view: ModelView) -> str:
    """A Markdown model card with the metadata block that model hubs read."""
    results = [
        {
            "task": {"type": "keypoint-detection"},
            "dataset": {"name": DATASETS[data], "type": data},
            "metrics": [
                {
                    "type": key,
                    "value": value,
                    "name": f"{key}, {result.tier} tier, seed {result.seed}",
                }
                for key, value in result.metrics.items()
            ],
        }
        for data, result in _results(view)
    ]
    head: dict[str, Any] = {"tags": ["pose-estimation"], "pipeline_tag": "keypoint-detection"}
    if results:
        head["model-index"] = [{"name": view.name, "results": results}]
    lines = ["---", to_yaml(head).rstrip(), "---", f"# {markdown(view.name)}", ""]
    if view.count:
        total = view.count.parameters.get("total", 0)
        size = " × ".join(map(str, view.count.input_size))
        lines += [
            f"{total:,} parameters, {view.count.macs / 1e9:.2f} G multiply-accumulates at {size} pixels.",
            "",
        ]
    lines += pipe_table(
        ("Printed in", "Metric", "Printed", "Measured here", "Verdict"), _rows(view)
    )
    return "\n".join([*lines, "", "Accuracies are in percent.", ""])


def _rows(view: ModelView) -> Iterable[tuple[str, ...]]:
    """Every printed value of the model: where, metric, printed, measured here, verdict."""
    for table, row, cells in view.appearances:
        where = f"{table.paper.method} Table {table.table.table}, {row.row.label}"
        for cell in cells:
            printed = cell.cell.printed or "–"
            yield where, cell.cell.column.label, printed, cell.here or "–", cell.word.label
