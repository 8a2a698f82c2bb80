"""Recompute what a result says of its network: counts from the model, protocol and constant poses from its config."""

import contextlib
import functools
import io
import json
import math
import warnings
from pathlib import Path
from typing import Any

from bench.catalog.load import Catalog
from bench.catalog.schema import Layout, Run, layout
from bench.datasets.splits import annotation_file
from bench.errors import DataError
from bench.evaluate.verify import SAME, Recheck
from bench.measure.count.model_counts import measure_counts
from bench.measure.measured_protocol import batch, protocol, trained_on
from bench.measure.method_metrics import constant_poses
from bench.measure.run_config import (
    TIMES,
    finds_people,
    length,
    longer,
    plain_config,
    portable,
    stored_config,
)
from bench.paths import config_files
from bench.results.inputs import changed
from bench.results.records import AccuracyResult, CountResult
from bench.results.store import Stored

#: Of a protocol: depends on the data and on installed versions, and not on the config.
_ELSEWHERE = {"data", "split", "subset", "fingerprint", "evaluator", "opencv", "batch"}


def recheck(catalog: Catalog, stored: Stored[Any]) -> Recheck:
    """What of a result follows from its model or its stored config; nothing for timings and submissions."""
    result = stored.result
    if isinstance(result, CountResult):
        return _counts(result)
    if isinstance(result, AccuracyResult) and result.failed is None:
        return _config(catalog, stored)
    return Recheck()


def _counts(result: CountResult) -> Recheck:
    if result.model not in config_files():
        return Recheck(left=(f"counts, as the zoo has no model {result.model}",))
    [again] = measure_counts([result.model])
    names = ("input_size", "parameters", "macs", "flops", "by_module")
    wrong = [
        f"its {name} are not what the model gives"
        for name in names
        if not _same(getattr(result, name), getattr(again, name))
    ]
    return Recheck((f"{len(names)} counts of the model",), tuple(wrong))


def _config(catalog: Catalog, stored: Stored[AccuracyResult]) -> Recheck:
    result = stored.result
    if not stored.config.is_file():
        return Recheck(left=("protocol, no config is stored",))
    if result.run not in catalog.runs:
        return Recheck(left=(f"protocol, no paper has a run {result.run}",))
    run = catalog.run(result.run)
    try:
        cfg = stored_config(stored.config, result.tier)
        run = longer(run, int(cfg.get(TIMES, 1)))
        stated = protocol(cfg, run, result.tier, "", trained_on(catalog, run, result.tier))
        facts = {key: value for key, value in stated.items() if key not in _ELSEWHERE}
        trained = result.evidence != "released-weights"
        if trained:
            facts["batch"] = batch(cfg)
    except (DataError, AttributeError, LookupError, TypeError, ValueError) as error:
        return Recheck(wrong=(f"{stored.config.name} is no config of a run: {error}",))
    says = {key: result.protocol.get(key) for key in facts}
    wrong = [
        f"its protocol states {key} '{says[key]}', its config '{facts[key]}'"
        for key in facts
        if says[key] != facts[key]
    ]
    more = sorted(result.protocol.keys() - facts.keys() - _ELSEWHERE)
    if more:  # would be judged apart from what is measured alike
        wrong.append(f"its protocol states {', '.join(more)}, which its config does not")
    if trained and result.training.get("length") != length(cfg):
        wrong.append(f"it states {result.training.get('length')}, its config {length(cfg)}")
    if not list(changed(result.provenance.inputs.items())):
        wrong += _other_settings(cfg, run, result)
    return _poses(cfg, run, result, wrong)


def _other_settings(cfg: Any, run: Run, result: AccuracyResult) -> list[str]:
    """Entries of the network and its schedule that differ from the zoo's, whose code is the same."""
    stored, zoo = (json.loads(portable(one)) for one in (cfg, plain_config(run, result.tier)))
    names = ("model", "codec", "train_cfg", "optim_wrapper", "param_scheduler")
    wrong = [
        f"its config has another {name} than the zoo's {run.config}"
        for name in names
        if not _same(*(_by_file_name(one.get(name)) for one in (stored, zoo)))
    ]
    loaders = [one.get("train_dataloader", {}) for one in (stored, zoo)]
    if result.evidence != "released-weights":
        wrong += [
            f"its config trains with another {name} than the zoo's {run.config}"
            for name in ("total_batch_size", "sampler")
            if not _same(*(one.get(name) for one in loaders))
        ]
        steps = [_by_file_name(_without_paths(one.get("dataset", {}))) for one in loaders]
        if steps[1].get("located_seed", 0) is None:  # LOFR's split is drawn anew for each seed
            steps[1]["located_seed"] = result.seed
        if not _same(*steps):
            wrong.append(
                f"its config prepares training images otherwise than the zoo's {run.config}"
            )
    seed = stored.get("randomness", {}).get("seed")
    if result.evidence != "released-weights" and seed != result.seed:
        wrong.append(f"it states seed {result.seed}, its config {seed}")
    return wrong


def _without_paths(node: Any) -> Any:
    """A data set as configured, without where its files are on a machine."""
    if isinstance(node, list):
        return [_without_paths(one) for one in node]
    if not isinstance(node, dict):
        return node
    where = ("data_root", "ann_file", "data_prefix", "bbox_file", "backend_args")
    return {key: _without_paths(value) for key, value in node.items() if key not in where}


def _by_file_name(node: Any) -> Any:
    """With the names of checkpoints in place of addresses: pretrained weights are taken from a local file."""
    if isinstance(node, list):
        return [_by_file_name(one) for one in node]
    if not isinstance(node, dict):
        return node
    plain = {key: _by_file_name(value) for key, value in node.items()}
    if isinstance(address := plain.get("checkpoint"), str):
        plain["checkpoint"] = address.rpartition("/")[2].removesuffix(".pth")
    return plain


def _poses(cfg: Any, run: Run, result: AccuracyResult, wrong: list[str]) -> Recheck:
    right = ("protocol and length of its config",)
    if finds_people(cfg) or result.evidence == "released-weights":
        return Recheck(right, tuple(wrong))
    try:
        truth = annotation_file(run.dataset, result.tier)
        again = _of_data(layout(run.dataset), truth, truth.stat().st_mtime_ns, _Data(cfg))
    except (DataError, OSError) as error:
        return Recheck(right, tuple(wrong), (f"constant poses: {error}",))
    if not _same(result.constant_poses, again):
        wrong.append("its constant poses have other metrics")
    return Recheck((*right, f"{len(again)} constant poses"), tuple(wrong))


class _Data:
    """A config by its data sets, which alone decide its constant poses: equal for all runs on the same data."""

    def __init__(self, cfg: Any) -> None:
        self.cfg = cfg
        parts = (cfg[f"{name}_dataloader"]["dataset"] for name in ("train", "test"))
        kept = [{key: one[key] for key in one if key != "pipeline"} for one in parts]
        self.key = json.dumps(kept, sort_keys=True, default=repr)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Data) and self.key == other.key

    def __hash__(self) -> int:
        return hash(self.key)


@functools.cache
def _of_data(
    form: Layout, truth: Path, changed_at: int, data: _Data
) -> dict[str, dict[str, float]]:
    import model_zoo

    model_zoo.register()  # LOFR's data sets
    # xtcocotools prints what it loads, MMPose where it finds its own files
    with contextlib.redirect_stdout(io.StringIO()), warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="The metainfo config file")
        return constant_poses(data.cfg, form, truth)


def _same(kept: Any, again: Any) -> bool:
    """Equal but for the last bits of floats, and for tuples that JSON makes lists."""
    if isinstance(kept, dict) and isinstance(again, dict):
        return kept.keys() == again.keys() and all(_same(kept[key], again[key]) for key in kept)
    if isinstance(kept, list | tuple) and isinstance(again, list | tuple):
        return len(kept) == len(again) and all(map(_same, kept, again))
    if isinstance(kept, float) and isinstance(again, float | int):
        return math.isclose(kept, again, rel_tol=SAME, abs_tol=SAME)
    return bool(kept == again)
