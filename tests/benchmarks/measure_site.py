"""What `repropose site` costs beside an older commit: the first time, with nothing changed, with one result touched.

    git worktree add --detach ../old COMMIT
    python -m tests.benchmarks.measure_site ../old RESULTS --rounds 3      # RESULTS: the results folder of a checkout

Old and new in turn, each in a workspace of its own with these results. CPU seconds, also of forks, and wall seconds.
"""

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from bench.paths import ROOT
from tests.benchmarks.measure_before import environment
from tests.benchmarks.measure_evaluation import spread

#: Imports the checkout that the environment names, whatever is installed.
CHILD = """
import sys
sys.path.insert(0, sys.argv[1])
import bench
assert bench.__file__.startswith(sys.argv[1]), bench.__file__
from bench.cli import main
main(["site"])
"""


def built(checkout: Path, workspace: Path) -> tuple[float, float]:
    """CPU and wall seconds of one build."""
    before, begun = os.times(), time.perf_counter()
    subprocess.run(
        [sys.executable, "-c", CHILD, str(checkout)],
        cwd=workspace,
        env=environment(checkout, workspace),
        stdout=subprocess.DEVNULL,
        check=True,
    )
    wall, after = time.perf_counter() - begun, os.times()
    system = after.children_system - before.children_system
    return after.children_user - before.children_user + system, wall


def three(checkout: Path, results: Path) -> dict[str, tuple[float, float]]:
    with tempfile.TemporaryDirectory() as name:
        workspace = Path(name)
        shutil.copytree(results, workspace / "results")
        took = {what: built(checkout, workspace) for what in ("first", "nothing changed")}
        os.utime(next((workspace / "results").rglob("*.json")))
        return {**took, "one result touched": built(checkout, workspace)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("old", type=lambda text: Path(text).resolve(), help="an older checkout")
    parser.add_argument("results", type=Path, help="a folder of results")
    parser.add_argument("--rounds", type=int, default=3)
    given = parser.parse_args()
    pairs = [
        (three(given.old, given.results), three(ROOT, given.results)) for _ in range(given.rounds)
    ]
    for what in pairs[0][0]:
        for unit, number in (("CPU", 0), ("wall", 1)):
            old, new = ([pair[side][what][number] for pair in pairs] for side in (0, 1))
            ratios = [a / b for a, b in zip(old, new, strict=True)]
            print(f"{what}, {unit}: {spread(old, '.2f')} s and {spread(new, '.2f')} s; ", end="")
            print(f"old / new {spread(ratios, '.2f')}", flush=True)


if __name__ == "__main__":
    main()
