"""What `repropose plan` predicts against what each stage takes, in wall and CPU seconds.

    repropose plan --calibrate                                        # a minute; or leave it out
    python -m tests.benchmarks.predicted_times -- make repro          # or: repropose repro transpose-2

Takes the plan, runs the command, and looks every 2 s at the processes it started: since when each stage's command
runs, when it is last seen, and its CPU time until then. The wall time of a job is from work/jobs, and holds DVC's
start too. Everything is written to build/predicted_times.json. The ratio is measured / predicted.
"""

import argparse
import json
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import psutil

from bench.paths import ROOT
from bench.pipeline.executors import recorded

LOOK_S = 2.0
#: Command of `repropose` -> the stage it carries out, by its first argument.
STAGES = {"measure": "run@{}", "prepare": "data@{}", "count": "count-{}", "time": "time-{}"}


class Seen(NamedTuple):
    """When a stage's process began and was last seen (seconds), and its CPU seconds up to then."""

    first: float
    last: float
    cpu: float


def stage_of(command: list[str]) -> str | None:
    """'.../repropose measure a --tier smoke' -> 'run@a'; None for what is no measuring stage."""
    at = next((i for i, one in enumerate(command) if Path(one).name == "repropose"), None)
    words = [one for one in command[at + 1 :] if one != "--paper"] if at is not None else []
    return STAGES[words[0]].format(words[1]) if len(words) > 1 and words[0] in STAGES else None


def look(parent: int, seen: dict[str, Seen]) -> None:
    """One look at all processes below `parent`."""
    for process in psutil.Process(parent).children(recursive=True):
        try:
            stage = stage_of(process.cmdline())
            if stage is None:
                continue
            family = [process, *process.children(recursive=True)]
            cpu = sum(sum(one.cpu_times()[:4]) for one in family)  # of it, and of ended children
            seen[stage] = Seen(process.create_time(), time.time(), cpu)
        except psutil.Error:  # it ended meanwhile
            continue


def watched(command: list[str]) -> tuple[dict[str, Seen], float, float, int]:
    """Run a command; what was seen, when it began, how long it took, and its exit status."""
    seen: dict[str, Seen] = {}
    begun, done = time.time(), threading.Event()
    process = subprocess.Popen(command, cwd=ROOT)

    def keep_looking() -> None:
        while not done.wait(LOOK_S):
            try:
                look(process.pid, seen)
            except psutil.NoSuchProcess:
                return

    looker = threading.Thread(target=keep_looking)
    looker.start()
    status = process.wait()
    done.set()
    looker.join()
    return seen, begun, time.time() - begun, status


def compared(
    plan: list[Mapping[str, Any]], seen: Mapping[str, Seen], walls: Mapping[str, float]
) -> Iterator[dict[str, Any]]:
    """One row for every planned stage. walls: seconds of its job, where it was one."""
    for one in plan:
        stage, hours = one["stage"], one["hours"]
        sight = seen.get(stage)
        wall = walls.get(stage, sight.last - sight.first if sight else None)
        predicted = hours and 3600 * hours
        yield {
            "stage": stage,
            "basis": one["basis"],
            "predicted": predicted and round(predicted, 1),
            "wall": wall and round(wall, 1),
            "cpu": sight and round(sight.cpu, 1),
            "ratio": round(wall / predicted, 2) if wall and predicted else None,
        }


def shown(rows: list[dict[str, Any]], predicted: float, took: float) -> Iterator[str]:
    """The table, sums by kind of stage and by basis, and the total."""
    for row in rows:
        yield "  ".join(str(value if value is not None else "-") for value in row.values())
    for key in ("kind", "basis"):
        groups: dict[str, list[dict[str, Any]]] = {}
        for row in rows:
            name = row["stage"].replace("-", "@").partition("@")[0] if key == "kind" else row[key]
            if row["ratio"] is not None:
                groups.setdefault(name, []).append(row)
        for name, members in groups.items():
            sums = [sum(one[what] for one in members) for what in ("predicted", "wall")]
            middle = statistics.median(one["ratio"] for one in members)
            yield (
                f"{key} {name}: {len(members)} stages, predicted {sums[0]:.0f} s, took {sums[1]:.0f} s, "
                f"ratio {sums[1] / sums[0]:.2f}, median of ratios {middle:.2f}"
            )
    yield (
        f"total: predicted {predicted:.0f} s, took {took:.0f} s (tables and the site among them), ratio "
        f"{took / predicted:.2f}"
    )


def main() -> None:
    """Plan, run, compare."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--names", nargs="*", default=[], help="what is planned; the quickstart")
    parser.add_argument("--jobs", type=int, default=2, help="stages at a time, for the total")
    parser.add_argument("command", nargs=argparse.REMAINDER, help="-- COMMAND that runs them")
    given = parser.parse_args()
    command = [one for one in given.command if one != "--"] or ["make", "repro"]
    repropose = str(Path(sys.executable).with_name("repropose"))
    answer = subprocess.run(
        [repropose, "plan", *given.names, "--json"], cwd=ROOT, check=True, stdout=subprocess.PIPE
    )
    plan = json.loads(answer.stdout)
    seen, begun, took, status = watched(command)
    walls = {
        job.stage: job.ended - job.submitted
        for job in recorded(ROOT)
        if job.submitted >= begun and job.exit == 0 and job.ended
    }
    rows = list(compared(plan, seen, walls))
    total = total_seconds(plan, given.jobs)
    lines = list(shown(rows, total, took))
    print("\n".join(["stage  basis  predicted  wall  cpu  ratio", *lines]))
    file = ROOT / "build" / "predicted_times.json"
    file.parent.mkdir(exist_ok=True)
    record = {
        "command": command,
        "status": status,
        "predicted": total,
        "took": took,
        "stages": rows,
    }
    file.write_text(json.dumps(record, indent=1) + "\n")
    print(f"kept in {file.relative_to(ROOT)}; {' '.join(command)} ended with {status}")


def total_seconds(plan: list[Mapping[str, Any]], jobs: int) -> float:
    """Seconds that all planned stages take, `jobs` at a time, as `repropose plan` says it."""
    from bench.pipeline.durations import Estimate
    from bench.pipeline.plan import Planned, wall_hours

    stages = [Planned(p["stage"], "", Estimate(p["hours"], p["basis"]), 0, 0, 0) for p in plan]
    return 3600 * wall_hours(stages, jobs)


if __name__ == "__main__":
    main()
