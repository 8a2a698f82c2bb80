"""Results: the one place that reads and writes them.

    results/counted/<model>.json                        parameters and operations
    results/timed/<group>.json                          latencies measured side by side
    results/<tier>/<run>/seed-<n>.json                  metrics of one training
    results/released/<run>/<boxes>.json                 metrics of released weights (tier full)
    results/submitted/<name>/<dataset>-<tier>.json      metrics of a stranger's predictions
    .../<same stem>.predictions.json.gz                 the predictions behind the metrics

Committed results (they cost a GPU or real data) lie under `reports/measured/` in the same layout, timings one
folder deeper: `timed/<machine>/<group>.json`. Both places count as evidence. If both hold the same measurement, the
newer (by the volatile `date`) is used, the generated one if the dates do not tell; `Stored.note` says so.
"""

import gzip
import hashlib
import json
import re
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, Generic, NamedTuple, NoReturn, TypeVar

from pydantic import TypeAdapter, ValidationError

from bench.catalog.schema import TIERS, Tier
from bench.errors import DataError, ResultError
from bench.files import gunzip, parse_json, write_atomically
from bench.results.records import (
    AccuracyResult,
    AnyResult,
    CountResult,
    Predictions,
    Provenance,
    SpeedResult,
    SubmissionResult,
)

PROJECT = Path(__file__).parents[2]
FORMAT = 1
Anything = CountResult | SpeedResult | AccuracyResult | SubmissionResult
_ADAPTER: TypeAdapter[Anything] = TypeAdapter(AnyResult)
_SLUG = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_EVIDENCE = {
    "smoke": {"smoke"},
    "lab": {"lab"},
    "full": {"released-weights", "full-1", "full-3"},
}
R = TypeVar("R", CountResult, SpeedResult, AccuracyResult, SubmissionResult)


class Stored(NamedTuple, Generic[R]):
    """A result, where it lies, and what is to be said about the choice of this file."""

    result: R
    path: Path
    file: str
    note: str = ""


def slug(text: str) -> str:
    """'Tesla T4 (16 GB)' -> 'tesla-t4-16-gb'."""
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")


def _checked(kind: str, name: str) -> str:
    if not _SLUG.fullmatch(name):
        raise ResultError(
            f"{kind} name {name!r} cannot be a file name; allowed are small letters, digits and single hyphens"
        )
    return name


def place_of(result: Anything, committed: bool = False) -> Path:
    """Where a result lies below its root. Raises `ResultError` for names that are no names."""
    if isinstance(result, CountResult):
        return Path("counted", f"{_checked('model', result.model)}.json")
    if isinstance(result, SpeedResult):
        group = f"{_checked('group', result.group)}.json"
        machine = _checked("machine", slug(f"{result.machine}-{result.device}"))
        return Path("timed", machine, group) if committed else Path("timed", group)
    if isinstance(result, SubmissionResult):
        name = _checked("submission", result.card.name)
        return Path("submitted", name, f"{result.dataset}-{result.tier}.json")
    if result.evidence not in _EVIDENCE[result.tier]:
        allowed = ", ".join(sorted(_EVIDENCE[result.tier]))
        raise ResultError(
            f"run '{result.run}': tier '{result.tier}' cannot give evidence '{result.evidence}', only {allowed}"
        )
    run = _checked("run", result.run)
    if result.evidence == "released-weights":
        return released_place(run, result.protocol.get("boxes", "any boxes"))
    return Path(result.tier, run, f"seed-{result.seed}.json")


def released_place(run: str, boxes: str) -> Path:
    """Where the evaluation of released weights lies: beside the tiers, since a training empties its own folder."""
    return Path("released", run, f"{slug(boxes)}.json")


def to_bytes(result: Anything) -> bytes:
    """Stable bytes: sorted keys, two spaces, one newline at the end; no NaN, no infinity."""
    try:
        text = json.dumps(
            result.model_dump(mode="json"),
            sort_keys=True,
            indent=2,
            ensure_ascii=False,
            allow_nan=False,
        )
    except ValueError as error:
        raise ResultError(
            f"a {result.kind} result holds a number that is not finite: {error}"
        ) from None
    return (text + "\n").encode()


@dataclass(frozen=True)
class Store:
    """Generated and committed results. Missing folders are empty ones."""

    root: Path = PROJECT / "results"
    measured: Path = PROJECT / "reports" / "measured"

    def counts(self) -> list[Stored[CountResult]]:
        """Counts, one per model, by name."""
        return self._collect(CountResult, ["counted/*.json"], lambda r: r.model)

    def speeds(self) -> list[Stored[SpeedResult]]:
        """Timings, one per group, machine, device and precision."""
        return self._collect(
            SpeedResult,
            ["timed/*.json", "timed/*/*.json"],
            lambda r: (r.group, slug(r.machine), r.device, r.precision, r.batch),
        )

    def accuracies(self, tier: Tier | None = None) -> list[Stored[AccuracyResult]]:
        """Accuracies of one tier or of all, by tier, run and seed."""
        tiers = [tier] if tier else list(TIERS)
        return self._collect(
            AccuracyResult,
            [f"{one}/*/*.json" for one in tiers] + ["released/*/*.json"] * ("full" in tiers),
            lambda r: (
                TIERS.index(r.tier),
                r.run,
                r.evidence == "released-weights",
                r.seed,
                place_of(r).as_posix(),
            ),
        )

    def submissions(self) -> list[Stored[SubmissionResult]]:
        """Strangers' submissions, by name, data set and tier."""
        return self._collect(
            SubmissionResult,
            ["submitted/*/*.json"],
            lambda r: (r.card.name, r.dataset, TIERS.index(r.tier)),
        )

    def path_of(self, result: Anything) -> Path:
        """Where a generated result is written; its folder is made."""
        path = self.root / place_of(result)
        path.parent.mkdir(parents=True, exist_ok=True)
        return path

    def write(
        self,
        result: R,
        predictions: Sequence[dict[str, Any]] | None = None,
        *,
        committed: bool = False,
    ) -> Stored[R]:
        """Store a result; `predictions` (COCO result records) go beside it and are hashed into it."""
        place = place_of(result, committed)
        base = self.measured if committed else self.root
        if predictions is not None:
            if not isinstance(result, AccuracyResult | SubmissionResult):
                raise ResultError(f"a {result.kind} result has no predictions")
            content = _pack(predictions)
            beside = place.with_suffix(".predictions.json.gz")
            write_atomically(base / beside, content)
            record = Predictions(
                file=beside.name,
                sha256=hashlib.sha256(content).hexdigest(),
                images=len({one["image_id"] for one in predictions}),
                instances=len(predictions),
            )
            result = result.model_copy(update={"predictions": record})
        write_atomically(base / place, to_bytes(result))
        return Stored(result, base / place, self._shown(base / place))

    def predictions(
        self, stored: Stored[AccuracyResult] | Stored[SubmissionResult]
    ) -> list[dict[str, Any]]:
        """The predictions behind an accuracy, after checking their hash."""
        record = stored.result.predictions
        if record is None:
            raise ResultError(f"{stored.file}: no predictions were stored with this result")
        if Path(record.file).name != record.file or record.file in ("", ".", ".."):
            raise ResultError(
                f"{stored.file}: predictions '{record.file}' must lie beside the result"
            )
        path = stored.path.parent / record.file
        try:
            content = path.read_bytes()
        except OSError as error:
            self._refuse(path, f"cannot be read: {error.strerror}")
        if hashlib.sha256(content).hexdigest() != record.sha256:
            self._refuse(path, f"its SHA-256 is not the one in {stored.file}")
        try:
            data = parse_json(gunzip(content, path.name), path.name)
        except DataError as error:
            self._refuse(path, f"is not gzip-packed JSON: {error}")
        if not isinstance(data, list):
            self._refuse(path, f"expected a list, found {type(data).__name__}")
        return data

    # ------------------------------------------------------------ reading

    def _collect(
        self, kind: type[R], patterns: list[str], key: Callable[[R], Hashable]
    ) -> list[Stored[R]]:
        chosen: dict[Any, Stored[R]] = {}
        for base in (self.root, self.measured):
            for path in sorted(p for pattern in patterns for p in base.glob(pattern)):
                new = Stored(self._read(path, base, kind), path, self._shown(path))
                old = chosen.get(key(new.result))
                chosen[key(new.result)] = _newer(old, new) if old else new
        return [chosen[one] for one in sorted(chosen)]

    def _read(self, path: Path, base: Path, kind: type[R]) -> R:
        try:
            data = json.loads(path.read_bytes(), parse_constant=_not_finite)
        except (OSError, ValueError, RecursionError) as error:
            self._refuse(path, f"is not readable JSON: {error}")
        if not isinstance(data, dict):
            self._refuse(path, f"expected a JSON object, found {type(data).__name__}")
        found = data.get("format")
        if isinstance(found, int) and found > FORMAT:
            raise ResultError(
                f"{self._shown(path)}: format {found} is newer than format {FORMAT} of this program; "
                "run `git pull` and `make setup`, or delete the file and run `dvc repro`"
            )
        try:
            result = _ADAPTER.validate_python(data)
        except ValidationError as error:
            first = error.errors(include_url=False)[0]
            where = " > ".join(map(str, first["loc"])) or "the file"
            self._refuse(path, f"{where}: {first['msg']} ({error.error_count()} problem(s) in all)")
        if not isinstance(result, kind):
            self._refuse(path, f"is a {result.kind} result, which does not belong here")
        try:
            date_of(result.provenance)
        except ValueError as error:
            self._refuse(path, f"provenance > volatile > date: {error}")
        place = path.relative_to(base)
        if place not in (place_of(result), place_of(result, committed=True)):
            self._refuse(path, f"its content belongs to {place_of(result, base == self.measured)}")
        return result

    def _refuse(self, path: Path, found: str) -> NoReturn:
        mend = (
            f"run `git checkout -- {self._shown(path)}`"
            if path.is_relative_to(self.measured)
            else "delete it and run `dvc repro`"
        )
        raise ResultError(f"{self._shown(path)}: {found}; {mend}")

    def _shown(self, path: Path) -> str:
        """The same words on every machine: from `results/` or `reports/measured/` on."""
        if path.is_relative_to(self.measured):
            return f"reports/measured/{path.relative_to(self.measured).as_posix()}"
        return f"results/{path.relative_to(self.root).as_posix()}"


def _not_finite(word: str) -> NoReturn:
    raise ValueError(f"{word} is not a number")


def _pack(predictions: Sequence[dict[str, Any]]) -> bytes:
    try:
        text = json.dumps(list(predictions), sort_keys=True, separators=(",", ":"), allow_nan=False)
    except (TypeError, ValueError) as error:
        raise ResultError(f"predictions cannot be stored: {error}") from None
    return gzip.compress(text.encode(), compresslevel=6, mtime=0)


def date_of(source: Provenance) -> datetime | None:
    """When it was measured, with time zone (UTC if none is given); None if that is not recorded.

    Raises ValueError for a date that is none; the store lets no such result in.
    """
    text = source.volatile.get("date")
    if text is None:
        return None
    if not isinstance(text, str):
        raise ValueError(f"{text!r} is no text")
    when = datetime.fromisoformat(text)
    return when.replace(tzinfo=when.tzinfo or UTC)


def newest_date(results: Iterable[Stored[Any]]) -> date | None:
    """The day (UTC) of the newest of these results; None if none is dated."""
    dates = [found for one in results if (found := date_of(one.result.provenance))]
    return max(dates).astimezone(UTC).date() if dates else None


def _newer(old: Stored[R], new: Stored[R]) -> Stored[R]:
    """The newer of two files of one measurement; the first (generated) one if dates do not tell."""
    dates = date_of(old.result.provenance), date_of(new.result.provenance)
    later = dates[0] is not None and dates[1] is not None and dates[1] > dates[0]
    kept, left = (new, old) if later else (old, new)
    told = "the newer one" if None not in dates else "the generated one; the dates do not tell"
    return kept._replace(note=f"also measured in {left.file}; this is {told}")


def all_results(store: Store) -> Iterator[Stored[Any]]:
    """Every result of every kind."""
    yield from store.counts()
    yield from store.speeds()
    yield from store.accuracies()
