"""Train a run, predict, evaluate: one path for every tier, through mmengine's Runner.

Work folders (`work/<tier>/<run>/seed-<n>`) hold checkpoints and the loss curve and survive an
interruption: the same command resumes. Their key says what they were trained from; when that
changes, the old folder is moved aside.
"""

import hashlib
import json
import os
import shutil
import time
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path
from typing import Any

from bench.catalog import Catalog
from bench.datasets import annotation_file, fingerprint
from bench.datasets.files import read_json
from bench.errors import DataError, EnvironmentProblem
from bench.measure.accuracy import coco_matches, evaluate
from bench.measure.environment import provenance, sha256
from bench.measure.loop import build, runner
from bench.measure.predict import predict
from bench.records import AccuracyResult, Evidence
from bench.schema import Run, Tier
from bench.sources import model_inputs, workspace
from bench.store import Store

EVALUATORS = {
    "coco": f"pycocotools {version('pycocotools')}",
    "crowdpose": f"xtcocotools {version('xtcocotools')}",
    "mpii": "PCKh, 1-based, 0.6 head box diagonal",
}
SPLITS = {"coco": "coco-val2017", "mpii": "mpii-val", "crowdpose": "crowdpose-test"}
DETECTORS = {
    "COCO_val2017_detections_AP_H_56_person.json": "detector-56.4",
    "COCO_test-dev2017_detections_AP_H_609_person.json": "detector-60.9",
}
EVIDENCE: dict[Tier, Evidence] = {"smoke": "smoke", "lab": "lab", "full": "full-1"}


def measure(catalog: Catalog, store: Store, name: str, tier: Tier) -> Iterator[AccuracyResult]:
    """Train and evaluate every seed of a run, yielding each result once it is stored."""
    run = catalog.run(name)
    for seed in getattr(run.seeds, tier):
        yield measure_seed(catalog, store, name, run, tier, seed)


def measure_seed(
    catalog: Catalog, store: Store, name: str, run: Run, tier: Tier, seed: int
) -> AccuracyResult:
    """Train (or resume, or take what is finished), predict on the test split, evaluate, store."""
    started = time.monotonic()
    cfg = resolved_config(run, tier, seed)
    work = workspace() / "work" / tier / name / f"seed-{seed}"
    inputs = _input_files(run)
    data = fingerprint(run.dataset, tier)
    key = _key(inputs, run, tier, seed, data)
    _claim_folder(work, key)
    cfg.work_dir = str(work)
    start = _start_weights(catalog, run, tier, seed)

    model, untrained = _train(cfg, work, start, want_untrained=tier != "full")
    entries = predict(cfg, model, work)
    if int(os.environ.get("RANK", "0")) != 0:
        raise SystemExit(0)
    truth = annotation_file(run.dataset, tier)
    metrics = evaluate(run.dataset, truth, entries)
    result = AccuracyResult(
        run=name,
        tier=tier,
        seed=seed,
        evidence=EVIDENCE[tier],
        protocol=protocol(cfg, run, tier, data),
        metrics=metrics,
        untrained=evaluate(run.dataset, truth, untrained) if untrained else {},
        training={"loss": _curve(work)},
        predictions=None,
        provenance=provenance(inputs=inputs, seconds=round(time.monotonic() - started, 1)),
    )
    stored = store.write(result, entries)
    if run.dataset == "coco" and entries:
        coco_matches(truth, entries).save(stored.path.with_suffix(".matches.npz"))
    return stored.result


def resolved_config(run: Run, tier: Tier, seed: int) -> Any:
    """The run's mmengine Config at a tier: options merged, data folder of the tier, seed set."""
    import model_zoo

    cfg = model_zoo.config(run.config, tier=tier)
    if run.options:
        cfg.merge_from_dict(dict(run.options))
    _retarget(cfg._cfg_dict, f"data/{tier}/", f"{workspace()}/data/{tier}/")
    if (
        tier == "smoke"
    ):  # runs go side by side, one to a core, and passing samples between processes costs more
        for loader in ("train_dataloader", "val_dataloader", "test_dataloader"):
            if cfg.get(loader):
                cfg[loader].update(num_workers=0, persistent_workers=False)
    cfg.randomness = {"seed": seed, "deterministic": tier == "smoke"}
    cfg.launcher = "pytorch" if "LOCAL_RANK" in os.environ else "none"
    return cfg


def _retarget(node: Any, old: str, new: str) -> None:
    """Point every path below `old` to the same place below `new`, in place."""
    items = node.items() if isinstance(node, dict) else enumerate(node)
    for key, value in list(items):
        if isinstance(value, str) and value.startswith(old):
            node[key] = new + value.removeprefix(old)
        elif isinstance(value, dict | list):
            _retarget(value, old, new)


def _input_files(run: Run) -> list[Path]:
    """Files that decide what is trained: configs, model code, this module."""
    return [Path(__file__), *model_inputs(run.config)]


def _key(inputs: list[Path], run: Run, tier: Tier, seed: int, data: str) -> str:
    facts = [run.model_dump_json(), tier, str(seed), data, *(sha256(path) for path in inputs)]
    return hashlib.sha256("\n".join(facts).encode()).hexdigest()


def _claim_folder(work: Path, key: str) -> None:
    """Make `work` ours: keep what was trained from the same inputs, move anything else aside."""
    stamp = work / "key"
    if work.exists() and (not stamp.is_file() or stamp.read_text() != key):
        number = 1
        while (aside := work.with_name(f"{work.name}.old-{number}")).exists():
            number += 1
        work.rename(aside)
    work.mkdir(parents=True, exist_ok=True)
    if shutil.disk_usage(work).free < 2**30:
        raise EnvironmentProblem(f"less than 1 GB is free at {work}; free some before training")
    stamp.write_text(key)


def _start_weights(catalog: Catalog, run: Run, tier: Tier, seed: int) -> Path | None:
    """Checkpoint of the run this one starts from, at the same tier."""
    if run.start is None:
        return None
    seeds = getattr(catalog.run(run.start).seeds, tier)
    base = seed if seed in seeds else seeds[0]
    path = workspace() / "work" / tier / run.start / f"seed-{base}" / "final.pth"
    if not path.is_file():
        raise DataError(
            f"{path} is missing: this run starts from {run.start}; train it first with "
            f"`repropose measure {run.start} --tier {tier}`"
        )
    return path


def _train(
    cfg: Any, work: Path, start: Path | None, *, want_untrained: bool
) -> tuple[Any, list[dict[str, Any]]]:
    """The trained model, and what the same network predicted before training.

    A finished `final.pth` is taken as it is; an unfinished training resumes from its last checkpoint.
    """
    import torch
    from mmengine.runner.utils import set_random_seed

    final, untrained = work / "final.pth", work / "untrained.json"
    model = build(cfg)
    if final.is_file():
        model.load_state_dict(_weights(final))
        return model, _stored(untrained)
    set_random_seed(cfg.randomness["seed"])
    model.init_weights()
    if start:
        _load_start(model, start)
    if want_untrained and not untrained.is_file():
        untrained.write_text(json.dumps(predict(cfg, model, work)))
    loop = runner(model, _training_settings(cfg))
    loop.train()
    trained = getattr(loop.model, "module", loop.model)
    if loop.rank == 0:
        part = final.with_suffix(".part")
        torch.save({k: v.cpu() for k, v in trained.state_dict().items()}, part)
        part.rename(final)
    return trained, _stored(untrained)


def _training_settings(cfg: Any) -> dict[str, Any]:
    """The Runner's view of the config: resume if there is something, the loss curve, no test loop."""
    settings = {k: v for k, v in cfg.to_dict().items() if not k.startswith("test_")}
    settings["train_cfg"] = {k: v for k, v in settings["train_cfg"].items() if v is not None}
    short = not settings["train_cfg"].get("by_epoch", True)
    if short or settings.get("val_cfg") is None:  # evaluated once, at the end
        settings = {k: v for k, v in settings.items() if not k.startswith("val_")}
    curve = {"type": "LossCurve", "file": str(Path(cfg.work_dir) / "curve.jsonl"), "every": 20}
    return {
        **settings,
        "custom_hooks": [*settings.get("custom_hooks", []), curve],
        "resume": True,
    }


def _without_file(cfg: Any) -> str:
    """Boxes of a run without a detector file: the truth's for top-down models, none for the others."""
    return "ground-truth" if "Topdown" in str(cfg.model.type) else "none"


def _weights(path: Path) -> dict[str, Any]:
    """A state_dict, read without unpickling code. Raises `DataError` for a damaged file."""
    import pickle

    import torch

    try:
        return dict(torch.load(path, map_location="cpu", weights_only=True))
    except (RuntimeError, EOFError, ValueError, pickle.UnpicklingError) as error:
        reason = str(error).splitlines()[0]
        raise DataError(
            f"{path} is damaged ({reason}); delete it and run the command again"
        ) from None


def _load_start(model: Any, path: Path) -> None:
    """Copy every weight of the start run that has the same shape here; what differs (a final layer
    for other keypoints, position embeddings of another size) keeps its fresh initialisation."""
    given = _weights(path)
    own = model.state_dict()
    fitting = {k: v for k, v in given.items() if k in own and own[k].shape == v.shape}
    if not fitting:
        raise DataError(f"{path} shares no weight with this model; is it the right start run?")
    model.load_state_dict(fitting, strict=False)


def _stored(untrained: Path) -> list[dict[str, Any]]:
    return list(read_json(untrained)) if untrained.is_file() else []


def _curve(work: Path) -> list[list[float]]:
    """[[iteration, loss], ...] as the hook wrote it."""
    file = work / "curve.jsonl"
    return [json.loads(line) for line in file.read_text().splitlines()] if file.is_file() else []


def protocol(cfg: Any, run: Run, tier: Tier, data: str) -> dict[str, str]:
    """What makes two accuracies comparable, read from the resolved config."""
    test = cfg.test_dataloader.dataset
    boxes = Path(test["bbox_file"]) if test.get("bbox_file") else None
    width, height = cfg.codec.input_size if "codec" in cfg else (0, 0)
    return {
        "data": f"{run.dataset}-{'synthetic' if tier != 'full' else 'real'}",
        "split": SPLITS[run.dataset],
        "fingerprint": data,
        "boxes": DETECTORS.get(boxes.name, "detector") if boxes else _without_file(cfg),
        **({"boxes_sha256": sha256(boxes)} if boxes else {}),
        "input_size": f"{height}x{width}" if width else "whole image",
        "flip_test": "yes" if cfg.model.get("test_cfg", {}).get("flip_test") else "no",
        "decoder": str(cfg.codec.type) if "codec" in cfg else str(cfg.model.type),
        "evaluator": EVALUATORS[run.dataset],
    }
