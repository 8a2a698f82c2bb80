"""Two trainings one after the other (pack 1) against side by side in one job (pack 2), on the cores of one job.

    python -m tests.benchmarks.measure_packing [--cores 1] [--rounds 3] [--steps 20]

Short smoke trainings of one thread each, in processes of their own as a job starts them; the two ways take turns, so
that what else runs on the machine disturbs both. The ratio is pack 1 / pack 2: above 1, packing is faster. CPU time is
given beside the wall's: on a busy machine it says more.
"""

import argparse
import os
import resource
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator
from multiprocessing import get_context
from pathlib import Path
from typing import NamedTuple

from bench.measure import selfcheck

SETTINGS = selfcheck.SETTINGS.replace("train: 32", "train: 256").replace("val: 8", "val: 100")


def train(workspace: Path, steps: int, cores: Iterable[int]) -> None:
    """What a process does: data, and a training with its evaluation; 0 steps: only the data."""
    os.sched_setaffinity(0, cores)
    os.environ |= {"REPROPOSE_WORKSPACE": str(workspace), "OMP_NUM_THREADS": "1"}
    for stream in (1, 2):
        os.dup2(os.open(workspace / "log", os.O_WRONLY | os.O_CREAT | os.O_APPEND), stream)
    from bench.catalog.load import load_catalog
    from bench.datasets.prepare import prepare
    from bench.measure.train import measure_seed
    from bench.results.store import Store

    prepare("coco", "smoke")
    if steps:
        catalog = load_catalog()
        run = catalog.run(selfcheck.NAME)
        run = run.model_copy(update={"options": {**run.options, "train_cfg.max_iters": steps}})
        store = Store(workspace / "results", workspace / "none")
        measure_seed(catalog, store, selfcheck.NAME, run, "smoke", 0)


class Took(NamedTuple):
    """Seconds."""

    wall: float
    cpu: float


def trained(base: Path, pack: int, steps: int, cores: Iterable[int]) -> Took:
    """Two trainings, `pack` of them at a time."""
    folders = [base.with_name(f"{base.name}-{number}") for number in (1, 2)]
    for folder in folders:
        shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(base, folder)
    begun, used = time.perf_counter(), _used()
    for first in range(0, 2, pack):
        processes = [
            get_context("spawn").Process(target=train, args=(folder, steps, cores))
            for folder in folders[first : first + pack]
        ]
        for process in processes:
            process.start()
        for process in processes:
            process.join()
            if process.exitcode:
                raise SystemExit(f"a training failed: {(folders[0] / 'log').read_text()[-500:]}")
    return Took(time.perf_counter() - begun, _used() - used)


def _used() -> float:
    """CPU seconds of the processes that have ended."""
    found = resource.getrusage(resource.RUSAGE_CHILDREN)
    return found.ru_utime + found.ru_stime


def rounds(base: Path, count: int, steps: int, cores: Iterable[int]) -> Iterator[Took]:
    """The ratios of each round; every second one begins with pack 2."""
    for number in range(count):
        order = (1, 2) if number % 2 == 0 else (2, 1)
        took = {pack: trained(base, pack, steps, cores) for pack in order}
        for pack in (1, 2):
            print(f"pack {pack}: {took[pack].wall:.1f} s, {took[pack].cpu:.1f} of CPU", flush=True)
        yield Took(*(one / two for one, two in zip(took[1], took[2], strict=True)))


def main() -> None:
    """Print each round, then the ratios."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--cores", type=int, default=1)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--steps", type=int, default=20)
    given = parser.parse_args()
    cores = sorted(os.sched_getaffinity(0))[: given.cores]
    with tempfile.TemporaryDirectory() as name:
        base = Path(name, "base")
        base.mkdir()
        (base / "params.yaml").write_text(SETTINGS)
        first = get_context("spawn").Process(target=train, args=(base, 0, cores))
        first.start()
        first.join()
        if first.exitcode:
            sys.exit((base / "log").read_text()[-500:])
        found = list(rounds(base, given.rounds, given.steps, cores))
    for name, ratios in zip(Took._fields, zip(*found, strict=True), strict=True):
        print(
            f"{len(cores)} cores, {name}: pack 1 / pack 2 = {statistics.median(ratios):.2f} (median of {len(found)} "
            f"rounds, {min(ratios):.2f} to {max(ratios):.2f})"
        )


if __name__ == "__main__":
    main()
