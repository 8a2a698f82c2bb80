"""Run the pipeline: stages that can run in parallel do, and DVC records what was done.

DVC itself runs one stage after the other. Data, trainings and counts are started here as `dvc repro --single-item`,
as many at a time as there are cores, each after the stages it needs; timings and tables are left to the plain
`dvc repro` that follows, so that nothing disturbs a timing.
"""

import itertools
import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from graphlib import TopologicalSorter
from pathlib import Path
from typing import Any

from bench.catalog.load import Catalog
from bench.catalog.schema import Tier
from bench.catalog.yaml_lines import read_yaml
from bench.errors import ReproPoseError, UnknownName
from bench.files import write_if_changed
from bench.paths import ROOT, workspace
from bench.pipeline.stages import DVC, rendered, stages
from bench.results.provenance import GIT_FIX, repository


def reproduce(
    catalog: Catalog,
    tier: Tier,
    *,
    everything: bool,
    jobs: int,
    first_page: Callable[[], object] | None = None,
) -> None:
    """Run the quickstart (params.yaml), or every table. Raises `ReproPoseError` if a stage fails.

    DVC reads the tier from params.yaml, so another tier is written there first. Counts come first; `first_page`, which
    builds the site, is called once they are there.
    """
    if workspace() != ROOT:
        raise ReproPoseError(
            "`repropose repro` works in the checkout only: unset REPROPOSE_WORKSPACE, or use `repropose measure`"
        )
    _check_repository()
    write_if_changed(ROOT / DVC, rendered(catalog)[DVC].encode())
    _set_tier(tier)
    targets = list(catalog.tables) if everything else quickstart(catalog)
    if _dvc_repro("inputs"):
        raise ReproPoseError(f"stage inputs failed; see {_log('inputs').relative_to(ROOT)}")
    failed = _in_parallel(_needed(catalog, targets), jobs, first_page)
    _print("timings and tables, one after the other:")
    unaffected = [one for one in targets if not set(failed) & set(_needed(catalog, [one]))]
    status = _dvc("repro", "--keep-going", *unaffected).returncode
    if failed:
        logs = ", ".join(str(_log(name).relative_to(ROOT)) for name in failed)
        raise ReproPoseError(
            f"failed: {', '.join(failed)}; see {logs}, then run the same command again"
        )
    if status:
        raise ReproPoseError("a stage failed (see above); fix it and run the same command again")


def _first(name: str) -> bool:
    """Whether a stage needs no data and no training: counts, which decide most cells of the first page."""
    return name.startswith("count-")


def _report(page: Future[object]) -> None:
    """A line about the first page; an error there stops no training, the site at the end raises it again."""
    error = page.exception()
    _print(f"first page failed: {error}" if error else "first page: counts and claims on print")


def _check_repository() -> None:
    """Raises `ReproPoseError` without a git repository, which DVC needs; a line if results can name no commit."""
    found = repository()
    if found.problem and not found.top:
        raise ReproPoseError(f"{found.problem}, which DVC needs: {GIT_FIX}")
    if found.problem:
        _print(f"note: {found.problem}: results name no commit; {GIT_FIX}")


def quickstart(catalog: Catalog) -> list[str]:
    """The stages that params.yaml lists under `quickstart`. Raises `UnknownName` for one that dvc.yaml has not.

    For one release the key's old name `first_look` and old names of stages (`run-...`) are still understood.
    """
    every = stages(catalog)
    settings = read_yaml(ROOT / "params.yaml")
    if "quickstart" not in settings and "first_look" in settings:
        _print("note: rename the key first_look in params.yaml to quickstart")
    listed: list[str] = settings.get("quickstart") or settings.get("first_look") or []
    found = []
    for name in listed:
        today = re.sub("^(run|data)-", r"\1@", name)
        if name not in every and today in every:
            _print(f"note: stage {name} in params.yaml is now called {today}")
            name = today
        if name not in every:
            raise UnknownName("stage under quickstart in params.yaml", name, every)
        found.append(name)
    return found


def _set_tier(tier: Tier) -> None:
    path = ROOT / "params.yaml"
    text = path.read_text()
    wanted = re.sub(r"(?m)^tier:.*$", f"tier: {tier}", text)
    if wanted != text:
        path.write_text(wanted)
        _print(f"params.yaml now says tier: {tier}")


def _needed(catalog: Catalog, targets: list[str]) -> dict[str, set[str]]:
    """The targets and all stages they need, directly or not -> the stages each of them needs."""
    every = stages(catalog)
    maker = {str(out): name for name, stage in every.items() for out in stage.get("outs", [])}
    graph: dict[str, set[str]] = {}
    queue = list(targets)
    while queue:
        name = queue.pop()
        if name not in graph:
            graph[name] = {maker[dep] for dep in every[name].get("deps", []) if dep in maker}
            queue += graph[name]
    return graph


def _changed() -> set[str]:
    """Stages that DVC would run again."""
    answer = _dvc("status", "--json", "dvc.yaml", capture_output=True, text=True)
    if answer.returncode:
        raise ReproPoseError(f"dvc status failed: {answer.stderr.strip()}")
    return set(json.loads(answer.stdout or "{}"))


def _in_parallel(
    graph: dict[str, set[str]], jobs: int, first_page: Callable[[], object] | None = None
) -> list[str]:
    """Run the changed data, count and run stages of `graph`, `jobs` at a time, each after those it needs.

    Counts come first; when they are done and others are left, `first_page` is called beside these. Returns the stages
    that failed; those that do not need them are run all the same.
    """
    several = {name for name in graph if name.startswith(("data@", "count-", "run@"))}
    todo = _downstream(_changed(), graph) & several
    started = time.monotonic()
    order = TopologicalSorter({name: graph[name] & several for name in several})
    order.prepare()
    running: dict[Future[int], str] = {}
    ready: list[str] = []
    failed: list[str] = []
    done = itertools.count(1)
    if not any(map(_first, todo)) or all(map(_first, todo)):
        first_page = None
    with ThreadPoolExecutor(jobs + 1) as pool:
        while order.is_active():
            for name in order.get_ready():
                if name in todo:
                    ready.append(name)
                else:
                    order.done(name)
            ready.sort(key=lambda name: not _first(name))
            if first_page and not any(_first(name) for name in (*ready, *running.values())):
                pool.submit(first_page).add_done_callback(_report)
                first_page = None
            while ready and len(running) < jobs:  # no queue in the pool: Ctrl-C starts no more
                name = ready.pop(0)
                running[pool.submit(_dvc_repro, name)] = name
                _print(f"  starting: {name}")
            if running:
                for future in wait(running, return_when=FIRST_COMPLETED).done:
                    name, status = running.pop(future), future.result()
                    minutes = (time.monotonic() - started) / 60
                    shown = f"FAILED {name}" if status else name
                    _print(f"[{next(done)}/{len(todo)}] {shown} ({minutes:.1f} min)")
                    if status:
                        failed.append(name)
                    else:
                        order.done(name)
            elif failed:
                break  # what is left needs what failed
    return failed


def _downstream(changed: set[str], graph: dict[str, set[str]]) -> set[str]:
    """The changed stages of `graph` and all that need them."""
    found = changed & set(graph)
    while more := {name for name, needs in graph.items() if needs & found} - found:
        found |= more
    return found


def _dvc_repro(name: str) -> int:
    """Run one stage with DVC, its output in its own log; one thread, since the cores are shared. The exit status."""
    log = _log(name)
    log.parent.mkdir(parents=True, exist_ok=True)
    one = ("--wait-for-lock", "repro", "--single-item", name)
    with log.open("w") as stream:
        return _dvc(*one, threads="1", stdout=stream, stderr=subprocess.STDOUT).returncode


def _dvc(
    *arguments: str, threads: str | None = None, **options: Any
) -> subprocess.CompletedProcess[str]:
    """Run DVC. Its stages call `repropose`: the one of this Python's environment comes first."""
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
    environment = {**({"OMP_NUM_THREADS": threads} if threads else {}), **os.environ, "PATH": path}
    command = [sys.executable, "-m", "dvc", *arguments]
    return subprocess.run(command, cwd=ROOT, env=environment, **options)


def _print(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


def _log(name: str) -> Path:
    return ROOT / "work" / "logs" / f"{name}.log"
