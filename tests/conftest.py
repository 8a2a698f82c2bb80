"""What all tests share: the reference material, where it is present, and what a quick test may not do.

Marks are given here, by folder and by fixture. `pytest --quick` (`make quick`) leaves out what builds networks, opens
a browser or starts processes; a test without the mark that does so all the same fails.
"""

import gc
import os
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from multiprocessing import util
from pathlib import Path
from typing import Any

import pytest

from bench import forks

ROOT = Path(__file__).resolve().parents[1]
NETWORKS = (  # what builds or trains networks, or imports MMPose
    "model_zoo",
    "bench/measure",
    "bench/evaluate/test_metrics_official.py",
    "bench/evaluate/test_metrics_traps.py",
)
PROCESS_FIXTURES = {  # a browser; a DVC project; a wheel
    "debian": "browser",
    "project": "process",
    "installed": "process",
}
NOT_QUICK = ("network", "browser", "process", "slow")
STARTS_PROCESS = {
    "subprocess.Popen",
    "os.fork",
    "os.forkpty",
    "os.posix_spawn",
    "os.exec",
    "os.system",
    "multiprocessing.spawn",  # raised by `spawn` below
}


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--quick", action="store_true", help="no networks, no browser, no child processes"
    )


def builds_networks(path: Path) -> bool:
    here = path.relative_to(ROOT / "tests").as_posix() if path.is_relative_to(ROOT) else ""
    return any(f"{here}/".startswith(f"{folder}/") for folder in NETWORKS)


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Their modules import torch, which alone takes seconds."""
    return (config.getoption("--quick") and builds_networks(collection_path)) or None


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    for item in items:
        if builds_networks(item.path):
            item.add_marker("network")
            item.add_marker("process")  # data loaders, and `git` for provenance
        for fixture in PROCESS_FIXTURES.keys() & set(getattr(item, "fixturenames", ())):
            item.add_marker(PROCESS_FIXTURES[fixture])
            item.add_marker("process")
    if config.getoption("--quick"):
        slow = [item for item in items if any(map(item.get_closest_marker, NOT_QUICK))]
        config.hook.pytest_deselected(items=slow)
        items[:] = [item for item in items if item not in set(slow)]


def pytest_collection_finish() -> None:
    """What was imported and collected stays: the garbage collector need not walk through it again and again."""
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="session", autouse=True)
def papers_read_once() -> Iterator[None]:
    """The project's papers, methods and third-party figures are parsed and validated once; most commands load them all.

    What lies in other folders is not kept.
    """
    from bench.catalog import load

    papers, known = ROOT / "bench" / "papers", {}

    def once(read: Callable[..., Any], *names: Path, given: Any, more: tuple[Any, ...] = ()) -> Any:
        if not all(name.is_relative_to(papers) for name in names):
            return read(given, *more)
        if (read, names) not in known:
            known[read, names] = read(given, *more)
        return known[read, names]

    paper, methods, third_party = load.load_paper, load.load_methods, load.load_third_party

    def methods_once(paths: Iterable[Path]) -> Any:
        return once(methods, *(every := list(paths)), given=every)

    def third_party_once(files: Mapping[Path, Any], cells: Mapping[Any, Any]) -> Any:
        return once(third_party, *files, given=files, more=(cells,))

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(load, "load_paper", lambda folder: once(paper, folder, given=folder))
        patch.setattr(load, "load_methods", methods_once)
        patch.setattr(load, "load_third_party", third_party_once)
        yield


@pytest.fixture(scope="session", autouse=True)
def committed_results_left_out() -> Iterator[None]:
    """A test's workspace holds its own results alone; those of reports/measured are for processes of their own."""
    from bench.results.store import Store

    every = Store.folders.fget
    committed = ROOT / "reports" / "measured"
    with pytest.MonkeyPatch.context() as patch:
        own = property(lambda store: [one for one in every(store) if one != committed])
        patch.setattr(Store, "folders", own)
        yield


_running: list[pytest.Item] = []


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Iterator[Any]:
    _running[:] = [item]
    forks.MOST = 4 if item.get_closest_marker("process") else 1
    try:
        return (yield)
    finally:
        _running.clear()


def _watch(event: str, arguments: tuple[Any, ...]) -> None:
    if not _running:
        return
    [item] = _running
    if event in STARTS_PROCESS and not item.get_closest_marker("process"):
        pytest.fail(f"starts a process without the mark `process`: {arguments[:2]}")
    if event == "import" and arguments[0] == "torch" and not item.get_closest_marker("network"):
        pytest.fail("imports torch without the mark `network`")


def spawn(path: bytes, arguments: Any, kept: Any) -> int:
    """What multiprocessing starts its processes with, which no audit event of Python's tells of."""
    sys.audit("multiprocessing.spawn", path, arguments)
    return spawn_unseen(path, arguments, kept)


spawn_unseen = util.spawnv_passfds
util.spawnv_passfds = spawn
sys.addaudithook(_watch)


def shared_folder(*parts: str) -> Path:
    """A folder of the reference material beside the checkout (or REPROPOSE_SHARED); skips where absent."""
    base = Path(os.environ.get("REPROPOSE_SHARED", ROOT.parent / "shared"))
    found = base.joinpath(*parts)
    if not found.exists():
        pytest.skip(f"reference material {'/'.join(parts)} is not here (REPROPOSE_SHARED)")
    return found


@pytest.fixture(scope="session")
def samples() -> Path:
    """Real sample images and annotations: coco/, mpii/, crowdpose/."""
    if own := os.environ.get("REPROPOSE_SAMPLES"):
        return Path(own)
    return shared_folder("data")


def pytest_make_parametrize_id(config: pytest.Config, val: object, argname: str) -> str | None:
    """No bytes in names of tests: packed files hold the time, and the workers have to agree on the names."""
    return argname if isinstance(val, bytes) else None
