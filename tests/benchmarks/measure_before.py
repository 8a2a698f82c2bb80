"""What `repropose measure RUN --tier smoke` costs beside an older commit.

    git worktree add --detach ../old COMMIT
    python -m tests.benchmarks.measure_before ../old transpose-r-a4-coco --rounds 3         # whole runs
    python -m tests.benchmarks.measure_before ../old --sample --steps 40                    # `repropose repro --all`

Each measurement is a process of its own in a fresh workspace, old and new in turn; data are made beforehand and not
counted. With --steps a training stops early: its other steps count as those taken after the fifth, its other seeds as
the first, imports and gallery once; what was predicted, evaluated and drawn is whole. CPU seconds: user and system.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from statistics import median
from typing import NamedTuple

from bench.catalog.load import load_catalog
from bench.paths import ROOT
from tests.benchmarks.measure_evaluation import spread

#: Run -> how many of the 133 runs of the smoke tier it stands for (family, backbone), and their trainings (seeds).
#: Nine runs are left out: they train nothing and evaluate another run's weights.
SAMPLE = {
    "transpose-r-a2-coco": (4, 4),
    "transpose-r-a4-coco": (5, 5),
    "transpose-h-a6-coco": (9, 9),
    "darkpose-hrnet-w32-coco": (3, 3),
    "tfpose-r18-e6d6-coco": (12, 36),
    "tfpose-r50-e6d6-coco": (4, 4),
    "lightpose-w48-coco": (12, 32),
    "lightpose-r50-coco": (3, 3),
    "lofr-r50-coco": (35, 43),
    "lofr-hrw32-coco": (12, 12),
    "querypose-r50-1x-coco": (20, 26),
    "querypose-hrw48-coco": (5, 5),
}

#: What a process runs. It notes its CPU seconds after its imports, at each step, before it draws and at the end.
CHILD = """
import json, os, sys, time
run, steps, notes = sys.argv[1], int(sys.argv[2]), sys.argv[3]
import bench.catalog.load as catalogs
load = catalogs.load_catalog
def one_seed():
    catalog = load()
    if steps >= 0:
        chosen = catalog.run(run)
        object.__setattr__(chosen.seeds, "smoke", chosen.seeds.smoke[:1])
        if steps:
            chosen.options["train_cfg.max_iters"] = steps
    return catalog
catalogs.load_catalog = one_seed
import model_zoo
model_zoo.register()
import bench.measure.train, bench.measure.gallery.build as gallery, bench.measure.hooks as hooks
from bench.cli import main
cpu = lambda: sum(os.times()[:4])
took = {"steps": [], "start": cpu(), "from": bench.__file__}
draw, after = gallery.make_gallery, hooks.LossCurve.after_train_iter
def drawn(*given):
    took["draw"] = cpu()
    return draw(*given)
def stepped(self, *given, **named):
    took["steps"].append(cpu())
    return after(self, *given, **named)
gallery.make_gallery, hooks.LossCurve.after_train_iter = drawn, stepped
main(["measure", run, "--tier", "smoke"], standalone_mode=False)
took["end"] = cpu()
open(notes, "w").write(json.dumps(took))
"""


class Took(NamedTuple):
    """CPU and wall seconds of one process; CPU seconds of its imports and drawing, of one training, of one step."""

    cpu: float
    wall: float
    once: float
    training: float
    step: float


def measured(checkout: Path, data: Path, run: str, steps: int, length: int) -> Took:
    """One process of a checkout. length: the steps of a whole training."""
    with tempfile.TemporaryDirectory() as place:
        shutil.copytree(data, Path(place, "data"), copy_function=os.link)
        notes, log = Path(place, "notes.json"), Path(place, "log")
        begun = time.perf_counter()
        with log.open("w") as stream:
            child = subprocess.Popen(
                [sys.executable, "-c", CHILD, run, str(steps), str(notes)],
                cwd=checkout,
                env=environment(checkout, Path(place)),
                stdout=subprocess.DEVNULL,
                stderr=stream,
            )
            _, status, used = os.wait4(child.pid, 0)
        wall = time.perf_counter() - begun
        if status:
            raise SystemExit(log.read_text()[-3000:])
        took = json.loads(notes.read_text())
    assert Path(took["from"]).is_relative_to(checkout), took["from"]
    cpu, at = used.ru_utime + used.ru_stime, took["steps"]
    step = (at[-1] - at[5]) / (len(at) - 6) if len(at) > 6 else 0.0
    training = took["draw"] - took["start"]
    left = length - len(at) if steps >= 0 else 0
    return Took(cpu, wall, cpu - training, training + step * left, step)


def environment(checkout: Path, workspace: Path) -> dict[str, str]:
    """That of a process which imports a checkout and writes to a workspace, with one thread."""
    own = {"PYTHONPATH": str(checkout), "REPROPOSE_WORKSPACE": str(workspace)}
    return {**os.environ, **own, "OMP_NUM_THREADS": "1"}


def prepared(checkout: Path, folder: Path, datasets: set[str]) -> Path:
    """A folder of data made by a checkout."""
    for dataset in sorted(datasets):
        command = [sys.executable, "-m", "bench.cli", "prepare", dataset, "--tier", "smoke"]
        subprocess.run(command, cwd=checkout, env=environment(checkout, folder), check=True)
    return folder / "data"


def rounds(old: Path, runs: list[str], number: int, steps: int) -> Iterator[tuple[str, Took, Took]]:
    """Run, old and new, one after the other."""
    from bench.measure.run_config import plain_config

    catalog = load_catalog()
    with tempfile.TemporaryDirectory() as place:
        datasets = {str(catalog.run(run).dataset) for run in runs}
        data = [
            prepared(one, Path(place, name), datasets)
            for one, name in ((old, "old"), (ROOT, "new"))
        ]
        for _ in range(number):
            for name in runs:
                run = catalog.run(name)
                length = plain_config(run, "smoke").train_cfg.max_iters
                given = name, min(steps, length), length
                yield name, measured(old, data[0], *given), measured(ROOT, data[1], *given)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("old", type=lambda text: Path(text).resolve(), help="an older checkout")
    parser.add_argument("runs", nargs="*", help="as `repropose runs` lists them")
    parser.add_argument("--sample", action="store_true", help="12 runs, and the sum of all")
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--steps", type=int, default=-1, help="of each training, one seed; all")
    given = parser.parse_args()
    runs = list(SAMPLE) if given.sample else given.runs
    found: dict[str, list[tuple[Took, Took]]] = {}
    for name, old, new in rounds(given.old, runs, given.rounds, given.steps):
        found.setdefault(name, []).append((old, new))
        line = ", ".join(
            f"{what} {getattr(old, what):.2f} and {getattr(new, what):.2f}" for what in Took._fields
        )
        print(f"{name}: {line} s", flush=True)
    for name, pairs in found.items():
        ratios = [(a.once + a.training) / (b.once + b.training) for a, b in pairs]
        print(f"{name}: old / new {spread(ratios, '.2f')}, CPU of a run")
    if given.sample:
        sums = [
            sum(_all(name, [pair[side] for pair in pairs]) for name, pairs in found.items())
            for side in (0, 1)
        ]
        print(f"124 runs: CPU {sums[0]:.0f} and {sums[1]:.0f} s, new / old {sums[1] / sums[0]:.2f}")


def _all(name: str, measurements: list[Took]) -> float:
    """CPU seconds of all runs that a run of the sample stands for."""
    runs, trainings = SAMPLE[name]
    return median(runs * one.once + trainings * one.training for one in measurements)


if __name__ == "__main__":
    main()
