"""Carry the pipeline out: what can run side by side does, DVC keeps the books.

DVC itself runs one stage after the other. Trainings and counts are started here as
`dvc repro --single-item`, as many at a time as there are cores, each after the stages it needs; timings
and tables are left to the plain `dvc repro` that follows, undisturbed.
"""

import json
import os
import re
import subprocess
import sys
import time
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from graphlib import TopologicalSorter
from pathlib import Path

from bench.catalog import Catalog, read_yaml
from bench.errors import ReproPoseError
from bench.pipeline import render, stages
from bench.schema import Tier
from bench.sources import ROOT

_DVC = [sys.executable, "-m", "dvc"]


def reproduce(catalog: Catalog, tier: Tier, *, everything: bool, jobs: int) -> None:
    """Regenerate the first-look tables (params.yaml), or every table. Raises `ReproPoseError` if a stage fails.

    DVC reads the tier from params.yaml, so another tier is written there first.
    """
    pipeline = ROOT / "dvc.yaml"
    if not pipeline.is_file() or pipeline.read_text() != render(catalog):
        pipeline.write_text(render(catalog))
    _set_tier(tier)
    targets = list(catalog.tables) if everything else read_yaml(ROOT / "params.yaml")["first_look"]
    for target in targets:
        catalog.table(target)
    _side_by_side(_needed(catalog, targets), jobs)
    if subprocess.run([*_DVC, "repro", *targets], cwd=ROOT, env=_environment()).returncode:
        raise ReproPoseError("a stage failed (see above); mend it and run the same command again")


def _set_tier(tier: Tier) -> None:
    path = ROOT / "params.yaml"
    text = path.read_text()
    wanted = re.sub(r"(?m)^tier:.*$", f"tier: {tier}", text)
    if wanted != text:
        path.write_text(wanted)
        print(f"params.yaml now says tier: {tier}", file=sys.stderr)


def _needed(catalog: Catalog, targets: list[str]) -> dict[str, set[str]]:
    """Stages that the targets rest on -> the stages each of them needs."""
    every = stages(catalog)
    maker = {out: name for name, stage in every.items() for out in stage.get("outs", [])}
    graph: dict[str, set[str]] = {}
    queue = list(targets)
    while queue:
        name = queue.pop()
        if name not in graph:
            graph[name] = {maker[dep] for dep in every[name]["deps"] if dep in maker}
            queue += graph[name]
    return graph


def _changed() -> set[str]:
    """Stages that DVC would run again."""
    answer = subprocess.run([*_DVC, "status", "--json"], cwd=ROOT, capture_output=True, text=True)
    if answer.returncode:
        raise ReproPoseError(f"dvc status failed: {answer.stderr.strip()}")
    return set(json.loads(answer.stdout or "{}"))


def _side_by_side(graph: dict[str, set[str]], jobs: int) -> None:
    """Run the changed data, count and run stages of `graph`, `jobs` at a time, in order of need."""
    alone = {name for name in graph if not name.startswith(("data-", "count-", "run-"))}
    changed = _changed() - alone
    todo = [name for name in graph if name in changed]
    if not todo:
        return
    started = time.monotonic()
    order = TopologicalSorter(
        {name: needs - alone for name, needs in graph.items() if name not in alone}
    )
    order.prepare()
    running: dict[Future[int], str] = {}
    done, failed = 0, []
    with ThreadPoolExecutor(jobs) as pool:
        while order.is_active():
            for name in order.get_ready():
                if name in todo:
                    running[pool.submit(_stage, name)] = name
                else:
                    order.done(name)
            if not running:
                continue
            for future in wait(running, return_when=FIRST_COMPLETED).done:
                name = running.pop(future)
                done += 1
                minutes = (time.monotonic() - started) / 60
                print(
                    f"[{done}/{len(todo)}] {name} ({minutes:.1f} min)", file=sys.stderr, flush=True
                )
                if future.result():
                    failed.append(name)
                else:
                    order.done(name)
            if failed and not running:
                break
    if failed:
        logs = ", ".join(str(_log(name).relative_to(ROOT)) for name in failed)
        raise ReproPoseError(
            f"failed: {', '.join(failed)}; see {logs}, then run the same command again"
        )


def _stage(name: str) -> int:
    """One stage through DVC, its output in a log of its own; one thread, since the cores are shared."""
    log = _log(name)
    log.parent.mkdir(parents=True, exist_ok=True)
    environment = {**_environment(), "OMP_NUM_THREADS": os.environ.get("OMP_NUM_THREADS", "1")}
    with log.open("w") as stream:
        return subprocess.run(
            [*_DVC, "--wait-for-lock", "repro", "--single-item", name],
            cwd=ROOT,
            stdout=stream,
            stderr=subprocess.STDOUT,
            env=environment,
        ).returncode


def _environment() -> dict[str, str]:
    """Stages call `repropose`: the one beside this Python comes first."""
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
    return {**os.environ, "PATH": path}


def _log(name: str) -> Path:
    return ROOT / "work" / "logs" / f"{name}.log"
