"""Results of another machine, checked and kept beside ours: `repropose merge`.

Each is compared with this checkout: code and configuration by the digests in its provenance, data by their fingerprint,
protocol by its stored config and the evaluator here; and its metrics are recomputed from its predictions
(`bench.evaluate.verify`). What passes is kept in results/machines/<machine>/, a store of its own that no pipeline
writes; where two machines measured the same run and seed, both stay, and the judge says whether they agree.

A result's JSON is written last and, where it replaces one, removed first: a kill leaves whole results only, and the
same command continues.
"""

from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Literal, NamedTuple

from bench.catalog.load import Catalog
from bench.catalog.schema import layout
from bench.errors import ReproPoseError, ResultError, UnknownName
from bench.evaluate.incoming import Incoming
from bench.evaluate.metrics import EVALUATORS
from bench.evaluate.verify import Recheck, verify
from bench.files import write_atomically
from bench.paths import config_files
from bench.results import inputs, manifest
from bench.results.locations import (
    MACHINES,
    machine_name,
    names_machine,
    relative_path,
    require_machine_name,
)
from bench.results.records import (
    AccuracyResult,
    AnyResult,
    CountResult,
    SpeedResult,
    SubmissionResult,
)
from bench.results.store import Store, Stored

#: What of a provenance may differ between two equal measurements on the same hardware.
_VOLATILE = {"volatile", "commit", "dirty", "command"}
State = Literal["merged", "equal", "refused"]


class Outcome(NamedTuple):
    """What became of one result: its file as it arrived, and why; also: where it or its equal is kept here."""

    state: State
    file: str
    reason: str
    kept: str = ""


def merge(
    catalog: Catalog,
    store: Store,
    received: Path,
    recheck: Callable[[Catalog, Stored[AnyResult]], Recheck],
    *,
    machine: str | None = None,
    installed: Callable[[], str] | None = None,
) -> Iterator[Outcome]:
    """Check every result of the store at `received` and keep what passes in `store`, one after the other.

    machine: name for its hardware, by default that of its provenance. installed: the OpenCV here.
    """
    if machine is not None:
        require_machine_name(machine)
    came = Incoming(received, received / "none")
    for base in came.folders:
        if base.parent.name == MACHINES and not names_machine(base.name):
            yield Outcome("refused", f"{MACHINES}/{base.name}", "is no name of a machine")
            continue
        for path in sorted(_results(base)):
            file = path.relative_to(received).as_posix()
            try:
                stored = Stored(came.read(path, base), path, f"results/{file}")
                reason = _checked(catalog, came, stored, recheck, installed)
            except ReproPoseError as error:
                yield Outcome("refused", file, str(error))
                continue
            named = base.name if base.parent.name == MACHINES else None
            yield _kept(store, stored, machine or named, reason)


def _results(base: Path) -> Iterator[Path]:
    for folder in manifest.FOLDERS:
        if folder != MACHINES:
            for pattern in ("*.json", "*/*.json"):
                yield from (base / folder).glob(pattern)


# ---------------------------------------------------------------- does it fit this checkout?


def _checked(
    catalog: Catalog,
    came: Store,
    stored: Stored[AnyResult],
    recheck: Callable[[Catalog, Stored[AnyResult]], Recheck],
    installed: Callable[[], str] | None,
) -> str:
    """What was verified of a result. Raises `ReproPoseError` with the reason and what to do, if it does not fit."""
    result = stored.result
    _same_code(catalog, result)
    date, tomorrow = result.provenance.date, datetime.now(UTC) + timedelta(days=1)
    if date and date > tomorrow:  # newer than all that could replace it
        raise ResultError(
            f"its date is {date:%Y-%m-%d}, which is to come; set the clock there right"
        )
    if isinstance(result, AccuracyResult):
        if result.failed is not None:
            raise ResultError(f"the run failed there: {result.failed}; measure it again")
        if not stored.config.is_file():
            raise ResultError(
                f"{stored.config.name} is missing beside it; send the whole folder of the run"
            )
        _same_versions(catalog, result, installed)
    found: list[Recheck] = []

    def also(catalog: Catalog, one: Stored[AnyResult]) -> Recheck:
        try:
            found.append(recheck(catalog, one))
        except (AttributeError, LookupError, TypeError, ValueError) as error:
            raise ResultError(f"{one.config.name} is no config of a run: {error!r:.120}") from None
        return found[-1]

    [check] = verify(catalog, came, [stored], also)
    if check.state == "mismatch":
        raise ResultError(f"{check.reason}; what was sent is not what was measured here or there")
    left = [words for one in found for words in one.left]
    if check.state == "unchecked" and not isinstance(result, SpeedResult):
        left.append(check.reason)
    if left:
        raise ResultError(
            f"cannot be recomputed here: {'; '.join(left)}; prepare the data (`repropose prepare`) "
            "and run this again"
        )
    return "; ".join(filter(None, (check.reason, _believed(result))))


def _believed(result: AnyResult) -> str:
    """What of a result nothing here can compute again."""
    if isinstance(result, SpeedResult):
        return "latencies as they are stated there"
    if isinstance(result, AccuracyResult) and result.measures:
        return f"as stated there: {', '.join(sorted(result.measures))}"
    return ""


def _same_code(catalog: Catalog, result: AnyResult) -> None:
    """Raises `ResultError` unless a result was measured with this code and configuration."""
    if isinstance(result, SubmissionResult):
        return
    recorded = result.provenance.inputs
    lacking = (name for name in _expected(catalog, result) if name not in recorded)
    differ = [*inputs.changed(recorded.items()), *lacking]
    if differ:
        more = f" and {len(differ) - 5} more" if len(differ) > 5 else ""
        raise ResultError(
            f"code or configuration differ from this checkout's: {', '.join(differ[:5])}{more}; check out "
            f"what it was measured with (`git checkout {result.provenance.commit[:12]}`), or measure it again there "
            f"with this code (`{_again(result)}`)"
        )


def _expected(catalog: Catalog, result: AnyResult) -> list[str]:
    """The inputs that a result of this checkout names. Raises `UnknownName` for what no paper or zoo here has."""
    if isinstance(result, AccuracyResult):
        config = catalog.run(result.run).config
        released = result.evidence == "released-weights"
        return inputs.released_inputs(config) if released else inputs.run_inputs(config)
    models = [result.model] if isinstance(result, CountResult) else list(_timings(result))
    for model in models:
        if model not in config_files():
            raise UnknownName("model", model, config_files(), "`repropose models` lists them all")
    if isinstance(result, CountResult):
        return inputs.count_inputs(result.model)
    return inputs.time_inputs(models)


def _timings(result: Any) -> Iterable[str]:
    return result.timings if isinstance(result, SpeedResult) else ()


def _again(result: AnyResult) -> str:
    if isinstance(result, AccuracyResult):
        command = "released" if result.evidence == "released-weights" else "measure"
        tier = f" --tier {result.tier}" if command == "measure" else ""
        return f"repropose {command} {result.run}{tier}"
    if isinstance(result, SpeedResult):
        return f"repropose time {result.group}"
    return "repropose count"


def _same_versions(
    catalog: Catalog, result: AccuracyResult, installed: Callable[[], str] | None
) -> None:
    """Raises `ResultError` unless evaluator and OpenCV, which crops the images, are those of this checkout."""
    here = {"evaluator": EVALUATORS[layout(catalog.run(result.run).dataset)]}
    if installed:
        here["opencv"] = installed()
    for key, version in here.items():
        there = result.protocol.get(key, "")
        if there != version:
            raise ResultError(
                f"its protocol differs: {key} {there or 'not stated'}, here {version}; run `make setup` there, which "
                f"installs the tested versions, and `{_again(result)}` again"
            )


# ---------------------------------------------------------------- where it is kept


def _kept(store: Store, stored: Stored[AnyResult], machine: str | None, reason: str) -> Outcome:
    """Keep a checked result unless its equal is here."""
    result = stored.result
    file = stored.file.removeprefix("results/")
    inside = relative_path(result)
    for base in store.folders:
        path = base / relative_path(result, committed=base == store.measured)
        if not path.is_file():
            continue
        if _same(store.read(path, base), result):
            return Outcome("equal", file, "the same is here already", store.shown(path))
        if isinstance(result, SubmissionResult):  # of one name there is one, wherever evaluated
            words = f"another submission has its name, {store.shown(path)}"
            return Outcome("refused", file, words)
    if other := _repeated(store, result):
        words = f"its predictions are byte by byte those of another seed, {other}: one training is no two"
        return Outcome("refused", file, words)
    name = machine or machine_name(result.provenance.hardware)
    target = store.root / MACHINES / name / inside
    before = store.read(target, store.root / MACHINES / name) if target.is_file() else None
    if before and not _later(before, result):
        words = f"a later measurement of it on {name} is here; name this machine apart with --machine NAME"
        return Outcome("refused", file, words)
    _write(store, stored, target)
    if before:
        reason = f"replaces an earlier measurement of it on {name}; {reason}"
    return Outcome("merged", file, reason, store.shown(target))


def _repeated(store: Store, result: AnyResult) -> str:
    """The file of a training here with another seed and the same predictions; empty if there is none."""
    if not isinstance(result, AccuracyResult):
        return ""
    for base in store.folders:
        for path in sorted((base / relative_path(result).parent).glob("*.json")):
            if result.repeats(store.read(path, base)):
                return store.shown(path)
    return ""


def _same(one: AnyResult, other: AnyResult) -> bool:
    first, second = (
        r.model_dump(mode="json", exclude={"provenance": _VOLATILE}) for r in (one, other)
    )
    return bool(first == second)


def _later(before: AnyResult, now: AnyResult) -> bool:
    dates = before.provenance.date, now.provenance.date
    return None not in dates and dates[1] > dates[0]  # type: ignore[operator]


def _write(store: Store, stored: Stored[AnyResult], target: Path) -> None:
    """Put a result and what lies beside it in place of what is there: listed in the manifest first, its JSON last."""
    stem = f"{stored.path.stem}."
    gallery = stored.gallery.glob("*") if stored.gallery.is_dir() else ()
    beside = [p for p in stored.path.parent.glob(f"{stem}*") if p.is_file() and p != stored.path]
    files = {
        target.parent / path.relative_to(stored.path.parent): path.read_bytes()
        for path in (*sorted(beside), *sorted(gallery))
    }
    files[target] = stored.path.read_bytes()
    target.unlink(missing_ok=True)
    old = [p for p in target.parent.glob(f"{stem}*") if p.is_file()]
    old += target.parent.glob(f"{stored.gallery.name}/*")
    listed: dict[str, bytes | None] = {
        p.relative_to(store.root).as_posix(): None for p in old if p not in files
    }
    for path in old:
        path.unlink(missing_ok=True)
    listed |= {path.relative_to(store.root).as_posix(): one for path, one in files.items()}
    manifest.record(store.root, listed)
    for path, content in files.items():
        write_atomically(path, content)
