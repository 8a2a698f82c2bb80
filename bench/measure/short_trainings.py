"""A few steps of many trainings, timed: what `repropose plan --calibrate` measures, in a workspace of its own.

As many processes as trainings run side by side here, since they slow each other down; seconds are of the wall.
"""

import os
import time
from collections.abc import Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from multiprocessing import get_context
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from bench.catalog.load import Catalog, load_catalog
from bench.catalog.yaml_lines import read_mapping
from bench.paths import params_file

#: People or images of a training set that are made, and the part of a test set.
TRAINED, PART = 32, 4
#: Steps after the first, which only warms up.
STEPS = 4
_imported = 0.0


class Timed(NamedTuple):
    """One run. steps: what its training has. step: seconds of one.

    rest: of all else (the network made, and predictions of all test images evaluated, before training and after it).
    imports: of a process before its first training.
    """

    run: str
    step: float
    rest: float
    steps: int
    imports: float


def time_runs(
    catalog: Catalog, names: Iterable[str], folder: Path, seconds: float, processes: int
) -> Iterator[Timed]:
    """Time the runs one after the other, at the smoke tier, until `seconds` are over, each once it is done.

    folder: an empty one. A run is begun while the longest so far would still be done in time.
    """
    until, longest = time.monotonic() + seconds, 0.0
    queue = list(names)
    settings = read_mapping(params_file())
    for kind in settings["synthetic"]["smoke"].values():
        kind |= {"train": min(kind["train"], TRAINED), "val": max(kind["val"] // PART, 1)}
    (folder / "params.yaml").write_text(yaml.safe_dump({**settings, "tier": "smoke"}))
    context = get_context("spawn")
    with ProcessPoolExecutor(processes, context, _begin, (folder,)) as pool:
        data = {catalog.run(name).dataset for name in queue}
        for made in [pool.submit(_prepare, one) for one in sorted(data)]:
            made.result()
        begun: dict[Future[Timed | None], float] = {}
        while queue or begun:
            while queue and len(begun) < processes and time.monotonic() + longest < until:
                begun[pool.submit(_time, queue.pop(0))] = time.monotonic()
            if not begun:
                break
            for future in wait(begun, return_when=FIRST_COMPLETED).done:
                longest = max(longest, time.monotonic() - begun.pop(future))
                if timed := future.result():
                    yield timed


def _begin(folder: Path) -> None:
    """What each process does first: it imports what a training does."""
    global _imported
    os.environ |= {"REPROPOSE_WORKSPACE": str(folder), "OMP_NUM_THREADS": "1"}
    null = os.open(os.devnull, os.O_WRONLY)
    for stream in (1, 2):  # progress bars and evaluators; an error comes back as an exception
        os.dup2(null, stream)
    started = time.perf_counter()
    import bench.measure.train  # noqa: F401
    import model_zoo

    model_zoo.register()
    _imported = time.perf_counter() - started


def _prepare(dataset: Any) -> None:
    from bench.datasets.prepare import prepare

    prepare(dataset, "smoke")


def _time(name: str) -> Timed | None:
    """None for a run whose length is not given in steps."""
    import torch

    from bench.catalog.schema import layout
    from bench.datasets.splits import annotation_file
    from bench.evaluate.metrics import evaluate_with_diagnosis
    from bench.measure import work_dir
    from bench.measure.predict import predict
    from bench.measure.run_config import resolved_config
    from bench.measure.runner import build

    run = load_catalog().run(name)
    cfg = resolved_config(run, "smoke", 0)
    steps = cfg.train_cfg.get("max_iters")
    if steps is None:
        return None
    work = work_dir.of("smoke", name, 0)
    work.mkdir(parents=True, exist_ok=True)
    cfg.work_dir = str(work)
    torch.set_num_threads(cfg.threads)
    started = time.perf_counter()
    model = build(cfg)
    model.init_weights()
    made = time.perf_counter() - started
    step = _step(cfg, model) if steps else 0.0
    took = []
    for images in (1, None):  # what predicting costs before its first image, and all
        cfg.test_dataloader.dataset.indices = images
        started = time.perf_counter()
        entries = predict(cfg, model, work)
        took.append(time.perf_counter() - started)
    started = time.perf_counter()
    evaluate_with_diagnosis(layout(run.dataset), annotation_file(run.dataset, "smoke"), entries)
    evaluated = time.perf_counter() - started
    predicted = took[0] + PART * max(took[1] - took[0], 0.0)
    return Timed(name, step, 2 * (made + predicted + PART * evaluated), steps, _imported)


def _step(cfg: Any, model: Any) -> float:
    """Seconds of one training step: the mean of `STEPS` after the first."""
    from mmengine.hooks import Hook

    from bench.measure.run_config import training_settings
    from bench.measure.runner import runner

    ended: list[float] = []

    class Ended(Hook):  # type: ignore[misc]
        def after_train_iter(self, *_: Any, **__: Any) -> None:
            ended.append(time.perf_counter())

    cfg.train_cfg.max_iters = 1 + STEPS
    loop = runner(model, training_settings(cfg))
    loop.register_hook(Ended())
    loop.train()
    return (ended[-1] - ended[0]) / STEPS
