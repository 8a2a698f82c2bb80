"""Run the pipeline: stages that can run in parallel do, and DVC records what was done.

DVC itself runs one stage after the other. Data, trainings and counts are jobs here, each a `dvc repro --single-item`
after the stages it needs: on this machine as many at a time as there are cores, or on Slurm (`executors`). Timings on
this machine, and tables, are left to the plain `dvc repro` that follows, so that nothing disturbs a timing.
"""

import json
import re
from collections.abc import Iterable, Mapping
from graphlib import TopologicalSorter
from types import MappingProxyType

from bench.catalog.load import Catalog
from bench.catalog.schema import Tier
from bench.catalog.yaml_lines import read_mapping
from bench.errors import CatalogError, ReproPoseError, UnknownName
from bench.files import write_atomically, write_if_changed
from bench.judge.evidence import Measurements
from bench.judge.verdicts import judge_all
from bench.paths import ROOT, workspace
from bench.pipeline import calibration
from bench.pipeline.cluster import Cluster
from bench.pipeline.durations import Durations
from bench.pipeline.dvc import is_busy, log_of, run_dvc, run_stage
from bench.pipeline.executors import Job, Session, alive, recorded
from bench.pipeline.live_page import Build, LivePage
from bench.pipeline.plan import Planned, State, by_claims, claims_of, estimates, planned, within
from bench.pipeline.stages import DVC, rendered, stages
from bench.pipeline.watch import Watch, say
from bench.results.index import ResultIndex
from bench.results.provenance import GIT_FIX, repository
from bench.results.store import Store


def reproduce(
    catalog: Catalog,
    tier: Tier,
    targets: list[str],
    *,
    cluster: Cluster,
    jobs: int,
    page: Build | None = None,
) -> None:
    """Run tables or other stages with all they need. Raises `ReproPoseError` if a stage fails.

    jobs: stages at a time on this machine. page: builds the site beside the trainings, first when the counts are there.

    DVC reads the tier from params.yaml, so another tier is written there first. Counts come first.
    """
    if workspace() != ROOT:
        raise ReproPoseError(
            "`repropose repro` works in the checkout only: unset REPROPOSE_WORKSPACE, or use `repropose measure`"
        )
    _check_repository()
    session = Session(ROOT, cluster, tier)
    write_if_changed(ROOT / DVC, rendered(catalog)[DVC].encode())
    _set_tier(tier)
    _update_inputs()
    graph = _needed(catalog, targets)
    known = Durations(catalog, tier, _results(catalog).index, calibration.of_this_machine(ROOT))
    hours = estimates(known, graph)
    failed = _carry_out(graph, session, jobs, page, hours)
    say("timings and tables, one after the other:")
    unaffected = [one for one in targets if not set(failed) & set(_needed(catalog, [one]))]
    status = run_dvc(ROOT, "repro", "--keep-going", *unaffected).returncode
    if failed:
        logs = ", ".join(str(log_of(ROOT, name).relative_to(ROOT)) for name in failed)
        raise ReproPoseError(
            f"failed: {', '.join(failed)}; see {logs}, then run the same command again"
        )
    if status:
        raise ReproPoseError("a stage failed (see above); fix it and run the same command again")


def _results(catalog: Catalog) -> Measurements:
    return Measurements(catalog, ResultIndex(Store(root=ROOT / "results")))


def trainings(catalog: Catalog, targets: list[str]) -> list[str]:
    """The runs that the targets need."""
    names = _needed(catalog, targets)
    return sorted(name.removeprefix("run@") for name in names if name.startswith("run@"))


def plan(
    catalog: Catalog,
    tier: Tier,
    targets: list[str],
    budget: float | None = None,
    *,
    claims_first: bool = False,
) -> list[Planned]:
    """What `reproduce` would measure; with a budget of hours, what settles most claims in it. Measures nothing.

    claims_first: trainings in the order in which they settle most claims per hour.
    """
    graph = _needed(catalog, targets)
    measurements = _results(catalog)
    snapshot = judge_all(measurements)
    state = State(
        catalog, tier, snapshot, measurements.index, ROOT, calibration.of_this_machine(ROOT)
    )
    _update_inputs()
    found = planned(state, graph, _downstream(_changed(), graph), stages(catalog))
    found = by_claims(found, claims_of(state)) if claims_first else found
    return found if budget is None else within(found, claims_of(state), budget)


def _update_inputs() -> None:
    """Raises `ReproPoseError` if the stage fails, or DVC refuses it since stages run here that read its output."""
    if not run_stage(ROOT, "inputs"):
        return
    log = log_of(ROOT, "inputs")
    if is_busy(log.read_text(errors="replace")):
        raise ReproPoseError(
            "stages run in this checkout; `repropose status` shows them, run the same command when they have ended"
        )
    raise ReproPoseError(f"stage inputs failed; see {log.relative_to(ROOT)}")


def _check_repository() -> None:
    """Raises `ReproPoseError` without a git repository, which DVC needs; a line if results can name no commit."""
    found = repository()
    if found.problem and not found.top:
        raise ReproPoseError(f"{found.problem}, which DVC needs: {GIT_FIX}")
    if found.problem:
        say(f"note: {found.problem}: results name no commit; {GIT_FIX}")


def quickstart(catalog: Catalog) -> list[str]:
    """The stages that params.yaml lists under `quickstart`. Raises `UnknownName` for one that dvc.yaml has not.

    For one release the key's old name `first_look` and old names of stages (`run-...`) are still understood.
    """
    every = stages(catalog)
    settings = read_mapping(ROOT / "params.yaml")
    if "quickstart" not in settings and "first_look" in settings:
        say("note: rename the key first_look in params.yaml to quickstart")
    listed: list[str] = settings.get("quickstart") or settings.get("first_look") or []
    if not isinstance(listed, list) or not all(isinstance(name, str) for name in listed):
        raise CatalogError(f"{ROOT / 'params.yaml'}: quickstart is not a list of stages")
    found = []
    for name in listed:
        today = re.sub("^(run|data)-", r"\1@", name)
        if name not in every and today in every:
            say(f"note: stage {name} in params.yaml is now called {today}")
            name = today
        if name not in every:
            raise UnknownName("stage under quickstart in params.yaml", name, every)
        found.append(name)
    return found


def targets_of(catalog: Catalog, names: Iterable[str], *, everything: bool = False) -> list[str]:
    """The stages that tables, papers, runs or stages are made by; the quickstart if nothing is named.

    Raises `UnknownName` for what is none of them.
    """
    if everything:
        return list(catalog.tables)
    every = stages(catalog)
    found: list[str] = []
    for name in names:
        if name in catalog.papers:
            found += [table for table, pair in catalog.tables.items() if pair[0].id == name]
        elif name in every:
            found.append(name)
        elif f"run@{name}" in every:
            found.append(f"run@{name}")
        else:
            raise UnknownName("table, paper, run or stage", name, [*every, *catalog.papers])
    return found or quickstart(catalog)


def _set_tier(tier: Tier) -> None:
    path = ROOT / "params.yaml"
    text = path.read_text()
    wanted = re.sub(r"(?m)^tier:.*$", f"tier: {tier}", text)
    if wanted != text:
        write_atomically(path, wanted.encode())
        say(f"params.yaml now says tier: {tier}")


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


def _changed(every: Iterable[str] = ()) -> set[str]:
    """Stages that DVC would run again; `every` one while outputs are being written, as DVC then refuses to say it."""
    answer = run_dvc(ROOT, "status", "--json", "dvc.yaml", capture_output=True, text=True)
    if answer.returncode and is_busy(answer.stderr):
        return set(every)
    if answer.returncode:
        raise ReproPoseError(f"dvc status failed: {answer.stderr.strip()}")
    return set(json.loads(answer.stdout or "{}"))


def _first(name: str) -> bool:
    """Whether a stage needs no data and no training: counts, which decide most cells of the first page."""
    return name.startswith("count-")


def _carry_out(
    graph: dict[str, set[str]],
    session: Session,
    jobs: int,
    page: Build | None = None,
    hours: Mapping[str, float] = MappingProxyType({}),
) -> list[str]:
    """Run the changed data, count and run stages of `graph`, each after those it needs; timings too on a cluster.

    On this machine `jobs` run at a time. Slurm gets all of them at once, and starts each after those it needs.
    Counts come first; when they are done `page` is built, and again as results arrive. Returns what failed.
    """
    slurm = session.cluster.executor == "slurm"
    kinds = ("data@", "count-", "run@", "time-") if slurm else ("data@", "count-", "run@")
    several = {name for name in graph if name.startswith(kinds)}
    todo = _downstream(_changed(several), graph) & several
    watch = Watch(ROOT, todo, recorded(ROOT), hours)
    session.expect({name: hours.get(name, 0.0) for name in todo})
    order = TopologicalSorter({name: graph[name] & several for name in several})
    order.prepare()
    ready: list[str] = []
    live = LivePage(page)
    try:
        while order.is_active():
            for name in order.get_ready():
                if name not in todo:
                    order.done(name)
                elif name in watch.running:  # submitted before the last interruption
                    if slurm:
                        order.done(name)
                else:
                    ready.append(name)
            ready.sort(key=lambda name: not _first(name))
            free = len(ready) if slurm else jobs - len(watch.running)
            start, ready = ready[: max(free, 0)], ready[max(free, 0) :]
            for needs, members in _by_needs(start, graph, watch.running):
                watch.started(session.submit(members, hours, [watch.running[one] for one in needs]))
            _show(live, watch)
            if slurm:
                order.done(*start)
                continue
            if not watch.running:
                break  # what is left needs what failed
            order.done(*watch.wait())
        while watch.running:
            watch.wait()
            _show(live, watch)
    finally:
        session.stop()
        live.stop()
    return watch.failed


def _show(live: LivePage, watch: Watch) -> None:
    """Build the page once the counts are there, and again with each result, while anything runs."""
    if watch.running and not any(map(_first, watch.left)):
        states = alive(watch.running.values())
        running = sorted(stage for stage, state in states.items() if state == "running")
        live.ask(running, len(watch.left) - len(running))


def _by_needs(
    stages: list[str], graph: dict[str, set[str]], running: dict[str, Job]
) -> list[tuple[list[str], list[str]]]:
    """Stages by which of the running ones they need."""
    found: dict[tuple[str, ...], list[str]] = {}
    for name in stages:
        found.setdefault(tuple(sorted(graph[name] & set(running))), []).append(name)
    return [(list(needs), members) for needs, members in found.items()]


def _downstream(changed: set[str], graph: dict[str, set[str]]) -> set[str]:
    """The changed stages of `graph` and all that need them."""
    found = changed & set(graph)
    while more := {name for name, needs in graph.items() if needs & found} - found:
        found |= more
    return found
