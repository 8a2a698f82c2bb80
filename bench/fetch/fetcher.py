"""`repropose fetch`: link, download in parallel, unpack and verify what is missing, and write receipts."""

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from tqdm import tqdm

from bench.errors import DataError
from bench.fetch import layout
from bench.fetch.download import Downloaded, download, partial_size
from bench.fetch.retry import RetryPolicy
from bench.fetch.sources import RemoteFile, Source, named, sources
from bench.fetch.unpack import require_space, unpack

Say = Callable[[str], object]


@dataclass(frozen=True)
class Options:
    """How to fetch."""

    data_root: Path | None = None
    offline: bool = False
    jobs: int = 4
    keep_archives: bool = False
    retry: RetryPolicy | None = None


class Job(NamedTuple):
    """A file to download."""

    name: str
    source: Source
    file: RemoteFile


def fetch(names: Sequence[str], options: Options, say: Say) -> None:
    """Fetch the named sources. One that fails does not stop the others.

    Raises `DataError` with one line that names every incomplete source and the reason.
    """
    wanted = {name: named(name) for name in dict.fromkeys(names)}
    problems: list[str] = []
    jobs: list[Job] = []
    for name, source in wanted.items():
        try:
            jobs += _missing_files(name, source, options, say)
        except DataError as problem:
            problems.append(f"{name}: {problem}")
    failed = {problem.partition(":")[0] for problem in problems}
    if jobs and options.offline:
        listed = ", ".join(f"{job.name}/{job.file.name}" for job in jobs)
        problems.append(f"offline, and missing here: {listed}")
        failed |= {job.name for job in jobs}
    elif jobs:
        _check_space(jobs)
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


def _missing_files(name: str, source: Source, options: Options, say: Say) -> list[Job]:
    """The files to download, after linking what is in `data_root` and accepting what is here already."""
    if options.data_root and layout.missing(source):
        for path in layout.link_existing(name, source, options.data_root):
            say(f"{name}: {path} linked from {options.data_root}")
    if not layout.missing(source):
        return []
    jobs, by_hand = [], []
    for file in source.files:
        target = layout.target_path(name, source, file)
        root = options.data_root if file.unpack else None
        if root and (archive := layout.link_archive(name, file, root)):
            say(f"{name}: {archive} is unpacked where it is; it is neither copied nor deleted")
        if target.is_file():
            _accept_existing(name, source, file, target)
        elif (manual := layout.download_path(name, file)).is_file():
            _accept_existing(name, source, file, manual)
            target.parent.mkdir(parents=True, exist_ok=True)
            manual.replace(target)
        elif file.addresses:
            jobs.append(Job(name, source, file))
        else:
            by_hand.append(f"download {file.name} from {file.page} to {manual}")
    if by_hand:
        raise DataError(f"{source.by_hand}: {', '.join(by_hand)}; then run it again")
    return jobs


def _accept_existing(name: str, source: Source, file: RemoteFile, path: Path) -> None:
    """Verify and record a file that exists already: downloaded by hand, or before an interruption."""
    known = layout.known_sha256(name, file)
    try:
        digest = layout.verify_file(path.resolve(), file, known)
    except DataError:
        if path.is_symlink():
            path.unlink()
        raise
    if known is None:
        entry = {"size": path.stat().st_size, "sha256": digest, "from": "found here"}
        layout.write_receipt(name, source, {"files": {file.name: entry}})


def _check_space(jobs: Sequence[Job]) -> None:
    """Check for space for the missing bytes, twice for archives: packed and unpacked."""
    for job in jobs:
        layout.target_path(*job).parent.mkdir(parents=True, exist_ok=True)
    targets = [layout.target_path(*job) for job in jobs]
    have = sum(map(partial_size, targets))
    needed = sum((job.file.size or 0) * (2 if job.file.unpack else 1) for job in jobs)
    require_space(targets[0].parent, needed - have)


def _download(jobs: Sequence[Job], options: Options) -> dict[str, str]:
    """Download all files, `options.jobs` in parallel; source -> why it failed."""
    stop = threading.Event()
    retry = options.retry or RetryPolicy(sleep=lambda seconds: _wait(stop, seconds))
    sizes = [job.file.size for job in jobs]
    bar = tqdm(
        total=sum(s for s in sizes if s) if all(sizes) else None,
        unit="B", unit_scale=True, desc="fetching", mininterval=0.5, dynamic_ncols=True,
    )  # fmt: skip
    lock = threading.Lock()

    def received(count: int) -> None:
        if stop.is_set():
            raise DataError("interrupted; run it again to resume")
        with lock:
            bar.update(count)

    def one(job: Job) -> Downloaded:
        known = layout.known_sha256(job.name, job.file)
        target = layout.target_path(*job)
        return download(job.file, target, known_sha256=known, retry=retry, progress=received)

    problems: dict[str, str] = {}
    with bar, ThreadPoolExecutor(options.jobs) as pool:
        running: dict[Future[Downloaded], Job] = {pool.submit(one, job): job for job in jobs}
        try:
            for done in as_completed(running):
                job = running[done]
                try:
                    file = done.result()
                except DataError as problem:
                    before = problems.get(job.name)
                    problems[job.name] = f"{before}; {problem}" if before else str(problem)
                    continue
                entry = {"size": file.size, "sha256": file.sha256, "from": file.address}
                layout.write_receipt(job.name, job.source, {"files": {job.file.name: entry}})
        except BaseException:  # Ctrl-C: the others stop at their next byte, partial files are kept
            stop.set()
            pool.shutdown(cancel_futures=True)
            raise
    return problems


def _wait(stop: threading.Event, seconds: float) -> None:
    if stop.wait(seconds):
        raise DataError("interrupted; run it again to resume")


def _finish(name: str, source: Source, options: Options, say: Say) -> None:
    """Unpack the archives, check that nothing is missing, and write the receipt."""
    if layout.missing(source):
        for file in source.files:
            if file.unpack:
                _unpack(name, source, file, options)
    if lacking := layout.missing(source):
        raise DataError(f"{layout.source_folder(source)} still lacks {', '.join(lacking)}")
    layout.write_receipt(name, source, {"complete": True})
    say(f"{name}: {source.title} is at {layout.source_folder(source)} (licence: {source.licence})")


def _unpack(name: str, source: Source, file: RemoteFile, options: Options) -> None:
    archive = layout.download_path(name, file)
    require_space(layout.source_folder(source), archive.stat().st_size)
    with tqdm(desc=f"unpacking {file.name}", unit="B", unit_scale=True, mininterval=0.5) as bar:
        unpack(archive, layout.source_folder(source), file.unpack, progress=bar.update)
    if not options.keep_archives and not layout.missing(source):
        archive.unlink()


def listing() -> list[dict[str, object]]:
    """All sources with their size and state, for `repropose fetch --list`."""
    rows: list[dict[str, object]] = []
    for name, source in sources().items():
        lacking = layout.missing(source)
        targets = [layout.target_path(name, source, file) for file in source.files]
        begun = sum(map(partial_size, targets))
        state = "here" if not lacking else "partial" if begun else "not here"
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
