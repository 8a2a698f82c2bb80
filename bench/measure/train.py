"""Train a run, predict, evaluate: one path for every tier, through mmengine's Runner.

The same command resumes an interrupted training (`bench.measure.work_dir`); with torchrun several processes share
one training, and only the first evaluates and stores.
"""

import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from bench.catalog.load import Catalog
from bench.catalog.schema import Run, Tier, layout
from bench.datasets.prepare import manifest_of, require_training_images
from bench.datasets.splits import annotation_file
from bench.errors import DataError, EnvironmentProblem
from bench.evaluate.metrics import evaluate, evaluate_with_diagnosis, evaluated_on
from bench.fetch.sources import providing
from bench.measure import work_dir
from bench.measure.method_metrics import constant_poses, measures
from bench.measure.predict import predict
from bench.measure.runner import build, runner
from bench.paths import ROOT, workspace
from bench.results.inputs import measuring_inputs, model_inputs
from bench.results.provenance import provenance, sha256
from bench.results.records import AccuracyResult, Evidence
from bench.results.store import Store

DETECTORS = {
    "COCO_val2017_detections_AP_H_56_person.json": "detector-56.4",
    "COCO_test-dev2017_detections_AP_H_609_person.json": "detector-60.9",
}
TRAINS = ("train.py", "runner.py", "hooks.py")
EVIDENCE: dict[Tier, Evidence] = {"smoke": "smoke", "lab": "lab", "full": "full-1"}


def finished(catalog: Catalog, name: str, tier: Tier, seed: int) -> tuple[Any, Any]:
    """Config and model of a finished training of a run.

    Raises `DataError` if there is none, or if it was made by other code, data or settings than today's.
    """
    run = catalog.run(name)
    work = workspace() / "work" / tier / name / f"seed-{seed}"
    data = str(manifest_of(run.dataset, tier, verify=False)["fingerprint"])
    start = _start_weights(catalog, run, tier, seed)
    key = _key(run, tier, seed, data, _input_files(run), start)
    if not (work / "final.pth").is_file() or (work / "key").read_text() != key:
        raise DataError(
            f"{work} holds no finished training by today's code; run `repropose measure {name} --tier {tier}`"
        )
    cfg = resolved_config(run, tier, seed)
    model = build(cfg)
    model.load_state_dict(work_dir.weights(work / "final.pth"))
    return cfg, model


def measure(catalog: Catalog, store: Store, name: str, tier: Tier) -> Iterator[AccuracyResult]:
    """Train and evaluate every seed of a run, yielding each result once it is stored.

    A training that breaks is stored as a failed result before the error goes on its way. One that cannot begin, for
    want of data, weights or room, leaves no result.
    """
    run = catalog.run(name)
    for seed in getattr(run.seeds, tier):
        begun = _begin(catalog, name, run, tier, seed)
        try:
            result = _carry_out(store, name, run, tier, seed, begun)
        except EnvironmentProblem:
            raise
        except Exception as error:
            if work_dir.rank() == 0:
                store.write(_failed(name, run, tier, seed, error))
            raise
        if result:
            yield result


def _failed(name: str, run: Run, tier: Tier, seed: int, error: Exception) -> AccuracyResult:
    return AccuracyResult(
        run=name,
        tier=tier,
        seed=seed,
        evidence=EVIDENCE[tier],
        protocol={},
        metrics={},
        failed=(str(error).splitlines() or [""])[0] or type(error).__name__,
        provenance=provenance(inputs=_input_files(run)),
    )


class _Begun(NamedTuple):
    """What a training needs and found: its config and folder, the files and data behind it, where it starts from."""

    cfg: Any
    work: Path
    inputs: list[Path]
    data: str
    start: Path | None


def measure_seed(
    catalog: Catalog, store: Store, name: str, run: Run, tier: Tier, seed: int
) -> AccuracyResult | None:
    """Train (or resume, or take what is finished), predict on the test split, evaluate, store.

    None in every process but the first.
    """
    return _carry_out(store, name, run, tier, seed, _begin(catalog, name, run, tier, seed))


def _begin(catalog: Catalog, name: str, run: Run, tier: Tier, seed: int) -> _Begun:
    """Claim the work folder. Raises `DataError` or `EnvironmentProblem` naming what is missing."""
    cfg = resolved_config(run, tier, seed)
    work = workspace() / "work" / tier / name / f"seed-{seed}"
    inputs = _input_files(run)
    data = str(manifest_of(run.dataset, tier, verify=work_dir.rank() == 0)["fingerprint"])
    require_training_images(run.dataset, tier)
    start = _start_weights(catalog, run, tier, seed)
    work_dir.claim(work, _key(run, tier, seed, data, inputs, start))
    cfg.work_dir = str(work)
    if not (work / "final.pth").is_file():
        _local_pretrained(cfg.model)
    return _Begun(cfg, work, inputs, data, start)


def _carry_out(
    store: Store, name: str, run: Run, tier: Tier, seed: int, begun: _Begun
) -> AccuracyResult | None:
    started = time.monotonic()
    cfg, work, inputs, data, start = begun
    model, untrained = _train(cfg, work, start, want_untrained=tier != "full")
    entries = predict(cfg, model, work)
    if work_dir.rank():
        return None
    truth = annotation_file(run.dataset, tier)
    found = evaluate_with_diagnosis(layout(run.dataset), truth, entries)
    result = AccuracyResult(
        run=name,
        tier=tier,
        seed=seed,
        evidence=EVIDENCE[tier],
        protocol=protocol(cfg, run, tier, data),
        metrics=found.metrics,
        measures=measures(cfg, model),
        chance=_chance(cfg, run, truth, model),
        untrained=evaluate(layout(run.dataset), truth, untrained) if untrained else {},
        training={"loss": work_dir.curve(work), "length": _length(cfg)},
        diagnosis=found.diagnosis,
        provenance=provenance(inputs=inputs, seconds=round(time.monotonic() - started, 1)),
    )
    found.save(store.path_of(result))
    return store.write(result, entries).result


def _chance(cfg: Any, run: Run, truth: Path, model: Any) -> dict[str, float]:
    """Constant poses beside a method that is trained without locations."""
    blind = hasattr(model.head, "measure")
    return constant_poses(cfg, layout(run.dataset), truth) if blind else {}


def resolved_config(run: Run, tier: Tier, seed: int) -> Any:
    """The run's mmengine Config at a tier: options merged, data folder of the tier, seed set."""
    import model_zoo

    cfg = model_zoo.config(run.config, tier=tier)
    if run.options:
        cfg.merge_from_dict(dict(run.options))
    _retarget(cfg._cfg_dict, f"data/{tier}/", f"{workspace()}/data/{tier}/")
    if tier == "smoke":
        # runs go side by side, one to a core, and passing samples between processes costs more
        for loader in ("train_dataloader", "val_dataloader", "test_dataloader"):
            if cfg.get(loader):
                cfg[loader].update(num_workers=0, persistent_workers=False)
        cfg.log_level = "WARNING"  # a progress bar instead of mmengine's log
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
    """Files that decide what is trained and evaluated: configs, model code, measuring code."""
    return [*measuring_inputs(), *model_inputs(run.config)]


def _key(run: Run, tier: Tier, seed: int, data: str, inputs: list[Path], start: Path | None) -> str:
    """What decides a training; neither other seeds nor notes, nor code that only evaluates."""
    decisive = [
        path for path in inputs if path.name in TRAINS or not path.is_relative_to(ROOT / "bench")
    ]
    facts = [run.config, run.dataset, repr(sorted(run.options.items())), tier, str(seed), data]
    begun = [sha256(start)] if start else []
    return work_dir.key_of(*facts, *(sha256(path) for path in decisive), *begun)


def _length(cfg: Any) -> str:
    """'230 epochs' or '250 iterations'."""
    schedule = cfg.train_cfg
    if schedule.get("max_epochs"):
        return f"{schedule.max_epochs} epochs"
    return f"{schedule.max_iters} iterations"


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
    from mmengine.logging import MMLogger
    from mmengine.runner.utils import set_random_seed

    MMLogger.get_current_instance().setLevel(cfg.log_level)
    final, untrained = work / "final.pth", work / "untrained.json"
    if final.is_file():
        model = build(cfg)
        model.load_state_dict(work_dir.weights(final))
        return model, work_dir.entries(untrained)
    set_random_seed(cfg.randomness["seed"])
    model = build(cfg)
    model.init_weights()
    if start:
        _load_start(model, start)
    if want_untrained and not untrained.is_file():
        work_dir.write_entries(untrained, predict(cfg, model, work))
    work_dir.drop_damaged_checkpoints(work)
    loop = runner(model, _training_settings(cfg))
    loop.train()
    trained = getattr(loop.model, "module", loop.model)
    if loop.rank == 0:
        work_dir.save_weights(trained, final)
    return trained, work_dir.entries(untrained)


def _local_pretrained(node: Any) -> None:
    """Take pretrained weights from data/full/weights: MMEngine would download and unpickle them.

    Raises `DataError` naming the address of a file that is not there.
    """
    init = node.get("init_cfg") if isinstance(node, dict) else None
    if isinstance(init, dict) and init.get("type") == "Pretrained":
        address = str(init["checkpoint"])
        name = address.rsplit("/", 1)[-1].removesuffix(".pth") + ".pth"
        path = workspace() / "data" / "full" / "weights" / name
        if not path.is_file():
            raise DataError(
                f"{path} is missing: the training starts from it; {_how_to_get(name, address)}"
            )
        init["checkpoint"] = str(path)
    for value in node.values() if isinstance(node, dict) else node:
        if isinstance(value, dict | list):
            _local_pretrained(value)


def _how_to_get(name: str, address: str) -> str:
    source = providing(f"weights/{name}")
    return f"`repropose fetch {source}` brings it" if source else f"get it from {address}"


def _training_settings(cfg: Any) -> dict[str, Any]:
    """The Runner's view of the config: resume if there is something, the loss curve, no test loop."""
    settings = {k: v for k, v in cfg.to_dict().items() if not k.startswith("test_")}
    settings["train_cfg"] = {k: v for k, v in settings["train_cfg"].items() if v is not None}
    short = not settings["train_cfg"].get("by_epoch", True)
    if short or settings.get("val_cfg") is None:  # evaluated once, at the end
        settings = {k: v for k, v in settings.items() if not k.startswith("val_")}
    curve = {"type": "LossCurve", "file": str(Path(cfg.work_dir) / "curve.jsonl"), "every": 20}
    bar = [{"type": "ProgressBar"}] if cfg.log_level == "WARNING" else []
    return {
        **settings,
        "custom_hooks": [*settings.get("custom_hooks", []), curve, *bar],
        "resume": True,
    }


def _without_file(cfg: Any) -> str:
    """Boxes of a run without a detector file: the truth's for top-down models, none for the others."""
    return "ground-truth" if "Topdown" in str(cfg.model.type) else "none"


def _scene_size(test: Any) -> str:
    """How whole images are resized: 'short-side-800', as papers say it."""
    sides = [step["short"] for step in test.get("pipeline", []) if step["type"] == "SceneResize"]
    return f"short-side-{sides[0][0]}" if sides else "whole image"


def _load_start(model: Any, path: Path) -> None:
    """Copy every weight of the start run that has the same shape here; what differs (a final layer
    for other keypoints, position embeddings of another size) keeps its fresh initialisation."""
    given = work_dir.weights(path)
    own = model.state_dict()
    fitting = {k: v for k, v in given.items() if k in own and own[k].shape == v.shape}
    if not fitting:
        raise DataError(f"{path} shares no weight with this model; is it the right start run?")
    model.load_state_dict(fitting, strict=False)


def protocol(cfg: Any, run: Run, tier: Tier, data: str) -> dict[str, str]:
    """What makes two accuracies comparable, read from the resolved config."""
    test = cfg.test_dataloader.dataset
    boxes = Path(test["bbox_file"]) if test.get("bbox_file") else None
    width, height = cfg.codec.input_size if "codec" in cfg else (0, 0)
    return {
        **evaluated_on(run.dataset, tier, data),
        "boxes": DETECTORS.get(boxes.name, "detector") if boxes else _without_file(cfg),
        **({"boxes_sha256": sha256(boxes)} if boxes else {}),
        "input_size": f"{height}x{width}" if width else _scene_size(test),
        "flip_test": "yes" if cfg.model.get("test_cfg", {}).get("flip_test") else "no",
        "decoder": str(cfg.codec.type) if "codec" in cfg else str(cfg.model.type),
    }
