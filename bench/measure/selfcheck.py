"""Does this machine give equal numbers? Two short trainings, one that is killed and resumed, and a verification.

Each is a process of its own in a temporary workspace. The second has as many threads as there are cores; the third is
killed after a checkpoint and begun again. What each leaves is compared in the order in which it is made, so the first
difference names what is not deterministic.
"""

import json
import os
import signal
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from multiprocessing import get_context
from pathlib import Path
from typing import Any, NamedTuple

from bench.catalog.load import Catalog, load_catalog
from bench.catalog.schema import Run
from bench.errors import EnvironmentProblem
from bench.files import write_atomically

NAME = "transpose-r-a3-coco"
STEPS, CHECKPOINT, KILLED = 6, 2, 3
OPTIONS = {
    "train_cfg.max_iters": STEPS,
    "train_dataloader.total_batch_size": 8,
    "default_hooks.checkpoint.interval": CHECKPOINT,
    "default_hooks.checkpoint.by_epoch": False,
}
SETTINGS = """\
tier: smoke
synthetic:
  smoke:
    coco: {kind: crops, difficulty: easy, seed: 1, train: 32, val: 8}
"""
DATA = "data/smoke/coco.json"


class Outcome(NamedTuple):
    """One comparison: what was compared, whether it is equal, and what differs."""

    what: str
    equal: bool
    detail: str = ""


def selfcheck(folder: Path) -> Iterator[Outcome]:
    """Compare three trainings in an empty folder. Raises `EnvironmentProblem` if one of them breaks."""
    every = {name: folder / name for name in ("first", "second", "resumed")}
    for where in every.values():
        where.mkdir()
        (where / "params.yaml").write_text(SETTINGS)
    cores = len(os.sched_getaffinity(0))
    with ThreadPoolExecutor(2) as pool:  # each waits for a process
        whole = pool.submit(_run, every["first"], 1, None)
        killed = pool.submit(_run, every["resumed"], 1, KILLED)
        whole.result()
        killed.result()
        again = pool.submit(_run, every["second"], cores, None)
        rest = pool.submit(_run, every["resumed"], 1, None)
        again.result()
        rest.result()
    names = {"second": f"a second process with {cores} threads", "resumed": "killed and resumed"}
    for name, described in names.items():
        yield from _compared(every["first"], every[name], described)
    state, reason = json.loads((every["first"] / "verified.json").read_text())
    yield Outcome("verify", state == "verified", reason)


def _run(folder: Path, threads: int, dies_after: int | None) -> None:
    """One training in a process of its own."""
    process = get_context("spawn").Process(target=_train, args=(folder, threads, dies_after))
    process.start()
    process.join()
    expected = 0 if dies_after is None else -signal.SIGKILL
    if process.exitcode != expected:
        raise EnvironmentProblem(
            f"a training of the self-check ended with status {process.exitcode}; see above, and `repropose doctor`"
        )


def _train(folder: Path, threads: int, dies_after: int | None) -> None:
    """What the process does: data, training, result, verification; or up to a step, where it is killed."""
    os.environ |= {"REPROPOSE_WORKSPACE": str(folder), "OMP_NUM_THREADS": str(threads)}
    os.dup2(2, 1)  # what evaluators print is no answer
    import torch

    from bench.datasets.prepare import prepare
    from bench.evaluate.verify import checkable, verify
    from bench.measure.recheck import recheck
    from bench.measure.train import measure_seed
    from bench.results.store import Store

    torch.set_num_threads(threads)
    if dies_after:
        _die_after(dies_after)
    prepare("coco", "smoke")
    catalog, store = short_catalog(), Store(folder / "results", folder / "measured")
    measure_seed(catalog, store, NAME, catalog.run(NAME), "smoke", 0)
    [check] = verify(catalog, store, checkable(store, []), recheck)
    write_atomically(folder / "verified.json", json.dumps([check.state, check.reason]).encode())


def short_catalog() -> Catalog:
    """The papers, with a run that takes a few steps."""
    catalog = load_catalog()
    paper = catalog.papers[catalog.run_papers[NAME]]
    run = Run(config=catalog.run(NAME).config, dataset="coco", options=OPTIONS)
    short = paper.model_copy(update={"runs": {**paper.runs, NAME: run}})
    return replace(catalog, papers={**catalog.papers, paper.id: short})


def _die_after(step: int) -> None:
    """Let the loss hook kill this process after a step, as a power cut would."""
    from bench.measure.hooks import LossCurve

    plain = LossCurve.after_train_iter

    def after(self: Any, runner: Any, *arguments: Any, **named: Any) -> None:
        plain(self, runner, *arguments, **named)
        if runner.iter + 1 == step:
            os.kill(os.getpid(), signal.SIGKILL)

    LossCurve.after_train_iter = after  # type: ignore[method-assign]


def _compared(first: Path, other: Path, described: str) -> Iterator[Outcome]:
    """In the order in which a training makes them: data, untrained network, weights, predictions, metrics."""
    work = Path("work/smoke") / NAME / "seed-0"
    stem = Path("results/smoke") / NAME
    for what, path in (
        ("data", Path(DATA)),
        ("untrained network", work / "untrained.json"),
        ("trained weights", work / "final.pth"),
        ("predictions", stem / "seed-0.predictions.json.gz"),
        ("people", stem / "seed-0.people.npz"),
        ("matches", stem / "seed-0.matches.npz"),
    ):
        equal = (first / path).read_bytes() == (other / path).read_bytes()
        detail = "" if equal else _difference(first / path, other / path)
        yield Outcome(f"{what}, {described}", equal, detail)
    results = [json.loads((one / stem / "seed-0.json").read_bytes()) for one in (first, other)]
    fields = ("metrics", "untrained", "constant_poses", "diagnosis", "protocol")
    unlike = [name for name in fields if results[0].get(name) != results[1].get(name)]
    yield Outcome(f"metrics, {described}", not unlike, ", ".join(unlike))


def _difference(first: Path, other: Path) -> str:
    """Of weights: how many tensors differ, which is the first and by how much; else the name of the file."""
    if first.suffix != ".pth":
        return f"{first.name} differs"
    from bench.measure.work_dir import weights

    one, two = weights(first), weights(other)
    apart = [name for name in one if name not in two or not bool((one[name] == two[name]).all())]
    if not apart:
        return f"{first.name} differs in its bytes, not in its weights"
    most = max(float((one[name] - two[name]).abs().max()) for name in apart if name in two)
    return f"{len(apart)} of {len(one)} tensors, first {apart[0]}, by up to {most:.2g}"


def timed(folder: Path) -> tuple[list[Outcome], float]:
    """All outcomes, and the seconds that they took."""
    started = time.monotonic()
    return list(selfcheck(folder)), time.monotonic() - started
