"""`repropose fetch`: what is missing is linked, downloaded side by side, unpacked, checked, and gets a receipt."""

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from tqdm import tqdm

from bench.errors import DataError
from bench.fetch import layout
from bench.fetch.download import Arrived, download
from bench.fetch.retry import Patience
from bench.fetch.sources import RemoteFile, Source, named, sources
from bench.fetch.unpack import room_for, unpack

Say = Callable[[str], object]


@dataclass(frozen=True)
class Options:
    """How to fetch."""

    data_root: Path | None = None
    offline: bool = False
    jobs: int = 4
    keep_archives: bool = False
    patience: Patience | None = None


class Job(NamedTuple):
    """A file to download."""

    name: str
    source: Source
    file: RemoteFile


def fetch(names: Sequence[str], options: Options, say: Say) -> None:
    """Bring the named sources. Whatever can be had is had before the first problem is raised.

    Raises `DataError` with one line that names every source that is not complete, and why.
    """
    wanted = {name: named(name) for name in dict.fromkeys(names)}
    problems: list[str] = []
    jobs: list[Job] = []
    for name, source in wanted.items():
        try:
            jobs += _plan(name, source, options, say)
        except DataError as problem:
            problems.append(f"{name}: {problem}")
    failed = {problem.partition(":")[0] for problem in problems}
    jobs = [job for job in jobs if job.name not in failed]
    if jobs and options.offline:
        listed = ", ".join(f"{job.name}/{job.file.name}" for job in jobs)
        problems.append(f"offline, and not here: {listed}")
        failed |= {job.name for job in jobs}
    elif jobs:
        _room(jobs)
        for name, why in _download(jobs, options).items():
            problems.append(f"{name}: {why}")
            failed.add(name)
    for name, source in wanted.items():
        if name not in failed:
            try:
                _finish(name, source, options, say)
            except DataError as problem:
                problems.append(f"{name}: {problem}")
    if problems:
        raise DataError("; ".join(problems))


def _plan(name: str, source: Source, options: Options, say: Say) -> list[Job]:
    """What has to be downloaded; what lies elsewhere or was brought by hand is taken first."""
    if options.data_root and layout.missing(source):
        for place in layout.adopt(name, source, options.data_root):
            say(f"{name}: {place} linked from {options.data_root}")
    if not layout.missing(source):
        return []
    jobs, by_hand = [], []
    for file in source.files:
        target = layout.final(name, source, file)
        if target.is_file():
            _take_given(name, source, file, target)
        elif (waiting := layout.waiting_room(name, file)).is_file():
            _take_given(name, source, file, waiting)
            target.parent.mkdir(parents=True, exist_ok=True)
            waiting.replace(target)
        elif file.addresses:
            jobs.append(Job(name, source, file))
        else:
            by_hand.append(f"get {file.name} from {file.page} and put it at {waiting}")
    if by_hand:
        raise DataError(f"{source.by_hand}: {', '.join(by_hand)}; then run this command again")
    return jobs


def _take_given(name: str, source: Source, file: RemoteFile, path: Path) -> None:
    """A file that is there already: brought by hand, or downloaded before an interruption."""
    known = layout.known_sha256(name, file)
    digest = layout.verified(path, file, known)
    if known is None:
        entry = {"size": path.stat().st_size, "sha256": digest, "from": "found here"}
        layout.write_receipt(name, source, {"files": {file.name: entry}})


def _room(jobs: Sequence[Job]) -> None:
    """Room for what is still to come, twice for archives: packed and unpacked."""
    for job in jobs:
        layout.final(*job).parent.mkdir(parents=True, exist_ok=True)
    parts = [layout.final(*job) for job in jobs]
    have = sum(p.stat().st_size for t in parts if (p := t.with_name(t.name + ".part")).is_file())
    needed = sum((job.file.size or 0) * (2 if job.file.unpack else 1) for job in jobs)
    room_for(parts[0].parent, needed - have)


def _download(jobs: Sequence[Job], options: Options) -> dict[str, str]:
    """All files, `options.jobs` side by side; source -> why it failed."""
    stop = threading.Event()
    patience = options.patience or Patience(sleep=lambda seconds: _nap(stop, seconds))
    sizes = [job.file.size for job in jobs]
    bar = tqdm(
        total=sum(s for s in sizes if s) if all(sizes) else None,
        unit="B", unit_scale=True, desc="fetching", mininterval=0.5, dynamic_ncols=True,
    )  # fmt: skip
    lock = threading.Lock()

    def gained(count: int) -> None:
        if stop.is_set():
            raise DataError("interrupted; run the same command to go on")
        with lock:
            bar.update(count)

    def one(job: Job) -> Arrived:
        known = layout.known_sha256(job.name, job.file)
        target = layout.final(*job)
        return download(job.file, target, known_sha256=known, patience=patience, progress=gained)

    problems: dict[str, str] = {}
    with bar, ThreadPoolExecutor(options.jobs) as pool:
        running: dict[Future[Arrived], Job] = {pool.submit(one, job): job for job in jobs}
        try:
            for done in as_completed(running):
                job = running[done]
                try:
                    came = done.result()
                except DataError as problem:
                    before = problems.get(job.name)
                    problems[job.name] = f"{before}; {problem}" if before else str(problem)
                    continue
                entry = {"size": came.size, "sha256": came.sha256, "from": came.address}
                layout.write_receipt(job.name, job.source, {"files": {job.file.name: entry}})
        except BaseException:  # Ctrl-C: the others stop at their next byte, their parts stay
            stop.set()
            pool.shutdown(cancel_futures=True)
            raise
    return problems


def _nap(stop: threading.Event, seconds: float) -> None:
    if stop.wait(seconds):
        raise DataError("interrupted; run the same command to go on")


def _finish(name: str, source: Source, options: Options, say: Say) -> None:
    """Unpack what came, look whether all is there, and write the receipt."""
    if layout.missing(source):
        for file in source.files:
            if file.unpack:
                _unpack(name, source, file, options)
    if lacking := layout.missing(source):
        raise DataError(f"{layout.home(source)} still lacks {', '.join(lacking)}")
    layout.write_receipt(name, source, {"complete": True})
    say(f"{name}: {source.title} is at {layout.home(source)} (licence: {source.licence})")


def _unpack(name: str, source: Source, file: RemoteFile, options: Options) -> None:
    archive = layout.waiting_room(name, file)
    room_for(layout.home(source), archive.stat().st_size)
    with tqdm(desc=f"unpacking {file.name}", unit="B", unit_scale=True, mininterval=0.5) as bar:
        unpack(archive, layout.home(source), file.unpack, progress=bar.update)
    if not options.keep_archives and not layout.missing(source):
        archive.unlink()


def listing() -> list[dict[str, object]]:
    """All sources with their size and state, for `repropose fetch --list`."""
    rows: list[dict[str, object]] = []
    for name, source in sources().items():
        lacking = layout.missing(source)
        parts = [layout.final(name, source, file) for file in source.files]
        begun = sum(
            p.stat().st_size for t in parts if (p := t.with_name(t.name + ".part")).is_file()
        )
        state = "here" if not lacking else "begun" if begun else "not here"
        if lacking and any(not file.addresses for file in source.files):
            state = "by hand"
        rows.append(
            {
                "source": name,
                "title": source.title,
                "bytes": source.size,
                "begun_bytes": begun,
                "licence": source.licence,
                "state": state,
                "missing": lacking,
                "linked": layout.receipt(name).get("linked", {}),
            }
        )
    return rows
