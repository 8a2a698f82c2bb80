"""Train a run, predict, evaluate: one path for every tier, through mmengine's Runner.

The same command resumes an interrupted training (`bench.measure.work_dir`); with torchrun several processes share
the batch of one training (`model_zoo.training`), and only the first evaluates and stores.
"""

import gc
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from bench.catalog.load import Catalog
from bench.catalog.schema import Run, Tier, layout
from bench.datasets.prepare import manifest_of, require_training_images
from bench.datasets.splits import annotation_file
from bench.errors import DataError, EnvironmentProblem
from bench.evaluate.metrics import evaluate, evaluate_with_diagnosis
from bench.measure import work_dir
from bench.measure.failures import disk_problem, lacks_memory, out_of_memory
from bench.measure.measured_protocol import batch, protocol, trained_on
from bench.measure.method_metrics import constant_poses, measures
from bench.measure.predict import predict
from bench.measure.run_config import (
    config_digest,
    finds_people,
    in_groups,
    length,
    local_pretrained,
    longer,
    portable,
    resolved_config,
    shared,
    training_settings,
)
from bench.measure.runner import build, load_start, runner, set_threads
from bench.measure.untrained import predictions_before
from bench.results.inputs import combined, digests, run_inputs, training_inputs
from bench.results.locations import CONFIG, UNTRAINED
from bench.results.provenance import provenance, sha256
from bench.results.records import AccuracyResult, Evidence
from bench.results.store import Store, pack

EVIDENCE: dict[Tier, Evidence] = {"smoke": "smoke", "lab": "lab", "full": "full-1"}


class TrainingJob(NamedTuple):
    """One training: what it is, its config and work folder, what it is made from, where it starts from.

    inputs: digests of the files that decide its result. data: the data set's fingerprint. key: `training_key`.
    trained_on: names of its training sets.
    """

    name: str
    run: Run
    tier: Tier
    seed: int
    cfg: Any
    work: Path
    inputs: dict[str, str]
    data: str
    start: Path | None
    key: str
    trained_on: str

    def result(self, *, seconds: float | None = None, **fields: Any) -> AccuracyResult:
        """A result of this training, made from its inputs."""
        took = {} if seconds is None else {"seconds": round(seconds, 1)}
        return AccuracyResult(
            run=self.name,
            tier=self.tier,
            seed=self.seed,
            evidence=EVIDENCE[self.tier],
            provenance=provenance(inputs=self.inputs, **took),
            **fields,
        )


def finished(catalog: Catalog, name: str, tier: Tier, seed: int) -> tuple[Any, Any]:
    """Config and model of a finished training of a run.

    Raises `DataError` if there is none, or if code, data or settings that decide it have changed since.
    """
    work = work_dir.of(tier, name, seed)
    run = in_groups(catalog.run(name), tier, work_dir.batch(work).get("together"))
    job = _job(catalog, name, run, tier, seed, verify=False)
    if not (work / "final.pth").is_file() or work_dir.key_of(work) != job.key:
        raise DataError(
            f"{work} holds no finished training with the current code; run `repropose measure {name} --tier {tier}`"
        )
    set_threads(job.cfg)
    return job.cfg, build(job.cfg, work / "final.pth")


def measure(
    catalog: Catalog,
    store: Store,
    name: str,
    tier: Tier,
    micro_batch: int | None = None,
    seeds: Sequence[int] = (),
    times: int = 1,
) -> Iterator[AccuracyResult]:
    """Train and evaluate every seed of a run, yielding each result once it is stored.

    micro_batch: images that go through the network together, where memory does not suffice for the config's. seeds: by
    default those in runs.yaml. times: how many times as long as the tier's schedule.

    A training that breaks is stored as a failed result before re-raising. One that cannot start, because data,
    weights or disk space are missing, leaves no result.
    """
    for seed in seeds or getattr(catalog.run(name).seeds, tier):
        with work_dir.own(tier, name, seed):
            run = longer(catalog.run(name), times)
            result = _measure_one(catalog, store, name, run, tier, seed, micro_batch)
        if result:
            yield result


def _measure_one(
    catalog: Catalog,
    store: Store,
    name: str,
    run: Run,
    tier: Tier,
    seed: int,
    micro_batch: int | None,
) -> AccuracyResult | None:
    _refuse_other_groups(catalog, name, run, tier, seed, micro_batch)
    job = _prepare(catalog, name, in_groups(run, tier, micro_batch), tier, seed)
    try:
        return _train_and_evaluate(store, job)
    except (EnvironmentProblem, work_dir.DamagedWork):
        raise
    except Exception as error:
        if problem := disk_problem(error, job.work):
            raise problem from None
        reason = (str(error).splitlines() or [""])[0] or type(error).__name__
        if not lacks_memory(error):
            _store_failure(store, job, reason)
            raise
    failure = out_of_memory(job.cfg, name, tier, reason)  # here what the error held is free
    _store_failure(store, job, str(failure))
    raise failure


def _store_failure(store: Store, job: TrainingJob, reason: str) -> None:
    if work_dir.rank() == 0:
        store.write(job.result(protocol={}, metrics={}, failed=reason))


def measure_seed(
    catalog: Catalog, store: Store, name: str, run: Run, tier: Tier, seed: int
) -> AccuracyResult | None:
    """Train (or resume, or take what is finished), predict on the test split, evaluate, store.

    None in every process but the first.
    """
    with work_dir.own(tier, name, seed):
        return _train_and_evaluate(store, _prepare(catalog, name, run, tier, seed))


def _refuse_other_groups(
    catalog: Catalog, name: str, run: Run, tier: Tier, seed: int, micro_batch: int | None
) -> None:
    """Raises `DataError` for a training that was begun in other groups of images and would begin anew in these."""
    work = work_dir.of(tier, name, seed)
    begun = work_dir.batch(work).get("together")
    if begun is None or in_groups(run, tier, begun) == in_groups(run, tier, micro_batch):
        return
    there = _job(catalog, name, in_groups(run, tier, begun), tier, seed, verify=False)
    if work_dir.key_of(work) == there.key:
        raise DataError(
            f"{work} was begun with {begun} images at a time: go on with --micro-batch {begun}, or remove that "
            "folder to train anew"
        )


def _job(
    catalog: Catalog, name: str, run: Run, tier: Tier, seed: int, *, verify: bool
) -> TrainingJob:
    data = str(manifest_of(run.dataset, tier, verify=verify)["fingerprint"])
    starts = getattr(catalog.run(run.start).seeds, tier) if run.start else ()
    start = work_dir.start_weights(tier, run.start, seed, starts) if run.start else None
    return TrainingJob(
        name,
        run,
        tier,
        seed,
        cfg=resolved_config(run, tier, seed),
        work=work_dir.of(tier, name, seed),
        inputs=digests(run_inputs(run.config)),
        data=data,
        start=start,
        key=training_key(run, tier, seed, config_digest(run, tier), data, start),
        trained_on=trained_on(catalog, run, tier),
    )


def _prepare(catalog: Catalog, name: str, run: Run, tier: Tier, seed: int) -> TrainingJob:
    """Claim the work folder, and set the number of threads, on which the last bits of a training depend.

    Raises `DataError` or `EnvironmentProblem` naming what is missing, `model_zoo.training.batch.BadBatch` if this
    number of processes cannot share the batch.
    """
    job = _job(catalog, name, run, tier, seed, verify=work_dir.rank() == 0)
    require_training_images(run.dataset, tier)
    shared(job.cfg, work_dir.processes())
    work_dir.claim(job.work, job.key)
    job.cfg.work_dir = str(job.work)
    set_threads(job.cfg)
    if not (job.work / "final.pth").is_file():
        local_pretrained(job.cfg.model)
    return job


def _train_and_evaluate(store: Store, job: TrainingJob) -> AccuracyResult | None:
    started = time.monotonic()
    cfg, run, tier = job.cfg, job.run, job.tier
    whole = not any((job.work / file).is_file() for file in ("final.pth", "last_checkpoint"))
    model = _train(cfg, job.work, job.start)
    untrained = (
        predictions_before(job.cfg, job.work, job.inputs, lambda: _initial(job.cfg, job.start))
        if tier != "full"
        else []
    )
    entries = predict(cfg, model, job.work)
    if work_dir.rank():
        return None
    kind, truth = layout(run.dataset), annotation_file(run.dataset, tier)
    found = evaluate_with_diagnosis(kind, truth, entries)
    result = job.result(
        seconds=time.monotonic() - started if whole else None,
        protocol={
            **protocol(cfg, run, tier, job.data, job.trained_on),
            "batch": batch(cfg),
        },
        metrics=found.metrics,
        measures=measures(cfg, model),
        constant_poses={} if finds_people(cfg) else constant_poses(cfg, kind, truth),
        untrained=evaluate(kind, truth, untrained) if untrained else {},
        training={
            "loss": work_dir.curve(job.work / "curve.jsonl"),
            "length": length(cfg),
            "batch": work_dir.batch(job.work),
            **({"taken_from": source} if (source := work_dir.taken_from(job.work)) else {}),
        },
        diagnosis=found.diagnosis,
    )
    before = {UNTRAINED: pack(untrained)} if untrained else {}
    beside = {**found.files(), **before, CONFIG: portable(cfg)}
    return store.write(result, entries, beside=beside).result


def training_key(
    run: Run, tier: Tier, seed: int, config: str, data: str, start: Path | None
) -> str:
    """What decides a training: digests of its resolved config, code and data, its seed, its start weights.

    Neither other seeds nor notes, nor comments, nor code that only evaluates or draws.
    """
    facts = [config, data, tier, seed, sha256(start) if start else ""]
    return combined(training_inputs(run.config), *facts)


def _train(cfg: Any, work: Path, start: Path | None) -> Any:
    """The trained model. A finished `final.pth` is taken as it is; an unfinished training resumes from its last
    checkpoint."""
    from mmengine.logging import MMLogger

    MMLogger.get_current_instance().setLevel(cfg.log_level)
    final = work / "final.pth"
    if final.is_file():
        return build(cfg, final)
    model = _initial(cfg, start)
    work_dir.drop_damaged_checkpoints(work, model.state_dict())
    work_dir.record_batch(work, shared(cfg, work_dir.processes()))
    loop = runner(model, training_settings(cfg))
    gc.collect()
    gc.freeze()  # what is there stays until the end, so that no collection looks through it
    loop.train()
    gc.unfreeze()
    trained = getattr(loop.model, "module", loop.model)
    if loop.rank == 0:
        work_dir.save_weights(trained, final)
    return trained


def _initial(cfg: Any, start: Path | None) -> Any:
    """The network as it is before training."""
    from mmengine.runner.utils import set_random_seed

    set_random_seed(cfg.randomness["seed"])
    model = build(cfg)
    model.init_weights()
    if start:
        load_start(model, start)
    return model
