"""A result in the formats of others: Hugging Face evaluation results, Every Eval Ever, RO-Crate.

Each says what the result says and no more: a result on synthetic people names these as its data set, never COCO.
Names of data sets and models begin with "repropose/": on a hub, replace them by the names there.
"""

import json
from datetime import UTC, date
from typing import Any

from bench.catalog.load import Catalog
from bench.results.records import AccuracyResult
from reports.exports.model_cards import to_yaml
from reports.pages.evidence import ResultView
from reports.views.urls import crate_file, result_page
from reports.views.words import clean

EEE_VERSION = "0.2.1"
CRATE = "https://w3id.org/ro/crate/1.1"
#: Metrics here are in percent.
LOW, HIGH = 0.0, 100.0


def exported(view: ResultView) -> AccuracyResult | None:
    """The result, if it is an accuracy that was measured to the end: the first two formats hold nothing else."""
    result = view.stored.result
    if isinstance(result, AccuracyResult) and result.metrics and not result.failed:
        return result
    return None


def files_of(view: ResultView, catalog: Catalog, made: date | None) -> dict[str, str | bytes]:
    """Address in the site -> content, of a result in all formats that can hold it."""
    file = view.stored.file
    found: dict[str, str | bytes] = {
        crate_file(file, "ro-crate-metadata.json"): ro_crate(
            view, made.isoformat() if made else None
        ),
        crate_file(file, "result.json"): view.content,
    }
    if result := exported(view):
        found[result_page(file, "hf.yaml")] = hugging_face(result)
        found[result_page(file, "eee.json")] = every_eval_ever(result, catalog, file)
    return found


def _data(result: AccuracyResult) -> str:
    named = [result.protocol.get("data", ""), result.protocol.get("split", "")]
    return "-".join("-".join(filter(None, named)).split()) or "unnamed"


def _remarks(result: AccuracyResult) -> str:
    remarks = f"run {result.run}, tier {result.tier}, seed {result.seed}, boxes {result.protocol.get('boxes', 'none')}"
    synthetic = "; synthetic people, not comparable with results on the real data"
    return remarks + (synthetic if result.tier != "full" else "")


def hugging_face(result: AccuracyResult) -> str:
    """A file for the folder `.eval_results` of a model repository (huggingface.co/docs/hub/eval-results)."""
    day = result.provenance.date
    entries = []
    for metric, value in result.metrics.items():
        entry: dict[str, Any] = {
            "dataset": {"id": f"repropose/{_data(result)}", "task_id": metric},
            "value": value,
        }
        if day:
            entry["date"] = day.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        entries.append(entry | {"notes": _remarks(result)})
    return to_yaml(entries)


def every_eval_ever(result: AccuracyResult, catalog: Catalog, file: str) -> str:
    """A record of the shared schema of the EvalEval Coalition (evalevalai.com), version `EEE_VERSION`."""
    day = result.provenance.date
    stamp = str(int(day.timestamp())) if day else "0"
    run = catalog.runs.get(result.run)
    model = run.config if run else result.run
    name, _, version = result.protocol.get("evaluator", "").partition(" ")
    details = {key: str(value) for key, value in result.protocol.items()}
    record = {
        "schema_version": EEE_VERSION,
        "evaluation_id": f"{_data(result)}/repropose/{model}/{result.tier}-seed-{result.seed}/{stamp}",
        "retrieved_timestamp": stamp,
        "source_metadata": {
            "source_name": "ReproPose",
            "source_type": "evaluation_run",
            "source_organization_name": "ReproPose",
            "evaluator_relationship": "third_party",
            "additional_details": {"result": file, "commit": result.provenance.commit},
        },
        "eval_library": {"name": name or "ReproPose", "version": version or "unknown"},
        "model_info": {
            "name": model,
            "id": f"repropose/{model}",
            "additional_details": {"run": result.run, "evidence": result.evidence},
        },
        "evaluation_results": [
            {
                "evaluation_name": f"{_data(result)}, {metric}",
                "source_data": {
                    "dataset_name": _data(result),
                    "source_type": "other",
                    "additional_details": details,
                },
                "metric_config": {
                    "evaluation_description": _remarks(result),
                    "lower_is_better": False,
                    "score_type": "continuous",
                    "min_score": LOW,
                    "max_score": HIGH,
                },
                "score_details": {"score": value},
            }
            for metric, value in result.metrics.items()
        ],
    }
    return _json(record)


def ro_crate(view: ResultView, made: str | None) -> str:
    """`ro-crate-metadata.json` (RO-Crate 1.1) of a folder that holds the result as `result.json`.

    made: the day of the snapshot, for results without a date.
    """
    origin = view.stored.result.provenance
    day = origin.date.astimezone(UTC).date().isoformat() if origin.date else made
    software = {f"#{name}": version for name, version in sorted(origin.environment.items())}
    action = {
        "@id": "#measurement",
        "@type": "CreateAction",
        "name": f"Measurement of {view.trace.subject}",
        "description": origin.command,
        "instrument": [{"@id": "#repropose"}, *({"@id": one} for one in software)],
        "result": {"@id": "result.json"},
    }
    if origin.date:
        action["endTime"] = origin.date.isoformat()
    graph: list[dict[str, Any]] = [
        {
            "@id": "ro-crate-metadata.json",
            "@type": "CreativeWork",
            "conformsTo": {"@id": CRATE},
            "about": {"@id": "./"},
        },
        {
            "@id": "./",
            "@type": "Dataset",
            "name": view.trace.subject,
            "description": f"Result of ReproPose: {view.stored.file}. Machine: {view.trace.machine}.",
            **({"datePublished": day} if day else {}),
            "license": {"@id": "#license"},
            "hasPart": [{"@id": "result.json"}],
            "mentions": [{"@id": "#measurement"}],
        },
        {
            "@id": "#license",
            "@type": "CreativeWork",
            "name": "No licence stated",
            "description": "The project states no licence for its results; ask its authors.",
        },
        {
            "@id": "result.json",
            "@type": "File",
            "name": view.stored.file,
            "description": "Values, protocol and provenance, as ReproPose stores them",
            "encodingFormat": "application/json",
            "contentSize": str(len(view.content)),
            "sha256": view.sha256,
        },
        action,
        {
            "@id": "#repropose",
            "@type": "SoftwareApplication",
            "name": "ReproPose",
            "softwareVersion": origin.commit
            + (" with uncommitted changes" if origin.dirty else ""),
        },
        *(
            {
                "@id": one,
                "@type": "SoftwareApplication",
                "name": one.removeprefix("#"),
                "softwareVersion": version,
            }
            for one, version in software.items()
        ),
    ]
    return _json({"@context": f"{CRATE}/context", "@graph": graph})


def _json(data: Any) -> str:
    return json.dumps(_plain(data), indent=1, ensure_ascii=False, allow_nan=False) + "\n"


def _plain(data: Any) -> Any:
    if isinstance(data, dict):
        return {str(clean(key)): _plain(value) for key, value in data.items()}
    return [_plain(one) for one in data] if isinstance(data, list | tuple) else clean(data)
