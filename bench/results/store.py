"""Results: the one place that reads and writes them.

    results/counted/<model>.json                        parameters and operations
    results/timed/<group>.json                          latencies measured in one run
    results/<tier>/<run>/seed-<n>.json                  metrics of one training
    results/released/<run>/<boxes>.json                 metrics of released weights (tier full)
    results/submitted/<name>/<dataset>-<tier>.json      metrics of external predictions

Files next to an accuracy share its stem: `Stored.predictions`, `.people`, `.matches`, `.gallery`, `.config` (resolved),
`.untrained` (predictions before training). `manifest.txt` lists all files (`bench.results.manifest`).

Committed results (they need a GPU or real data) are under `reports/measured/` in the same layout, timings one
folder deeper: `timed/<machine>/<group>.json`; results of another machine (`repropose merge`) in the same layout under
`results/machines/<machine>/`. All folders count as evidence. If several hold the same measurement, the newer (by the
volatile `date`) is used, the generated one if the dates do not decide; `Stored.note` says so, `Stored.also` has the
others.
"""

import gzip
import hashlib
import json
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Generic, NamedTuple, NoReturn, TypeVar, cast

from bench.catalog.schema import TIERS, Tier
from bench.errors import DataError, ResultError
from bench.files import gunzip, parse_json, require_regular, write_atomically
from bench.paths import ROOT, workspace
from bench.results import manifest
from bench.results.locations import (
    CONFIG,
    GALLERY,
    MACHINES,
    MATCHES,
    PEOPLE,
    PREDICTIONS,
    UNTRAINED,
    relative_path,
    slug,
)
from bench.results.reading import read_result
from bench.results.records import (
    AccuracyResult,
    AnyResult,
    CountResult,
    Predictions,
    SpeedResult,
    SubmissionResult,
)

R = TypeVar("R", bound=AnyResult)
R_co = TypeVar("R_co", bound=AnyResult, covariant=True)


class Stored(NamedTuple, Generic[R_co]):
    """A result and where it is stored: `path` on this machine, `file` as shown, the same on every machine.

    note: why this file was chosen among several; also: the others. The paths of the files next to it are given
    whether or not they exist.
    """

    result: R_co
    path: Path
    file: str
    note: str = ""
    also: tuple[Any, ...] = ()

    @property
    def machine(self) -> str:
        """The machine that it was merged from (`repropose merge`); empty of any other."""
        above, folder, name, *_ = [*Path(self.file).parts, "", ""]
        return name if (above, folder) == ("results", MACHINES) else ""

    @property
    def here(self) -> bool:
        """Whether this checkout measured it: neither committed nor merged."""
        return self.file.startswith("results/") and not self.machine

    @property
    def base(self) -> Path:
        """The folder of the store, which has the manifest."""
        inside = self.file.removeprefix("reports/measured/").removeprefix("results/")
        return self.path.parents[inside.count("/")]

    @property
    def predictions(self) -> Path:
        """The predictions behind the metrics; `Store.predictions` reads and checks them."""
        return self.path.with_suffix(PREDICTIONS)

    @property
    def people(self) -> Path:
        """What became of every person (`bench.evaluate.per_person.People`)."""
        return self.path.with_suffix(PEOPLE)

    @property
    def matches(self) -> Path:
        """The evaluator's matching, for the paired bootstrap (`bench.evaluate.matches.Matches`)."""
        return self.path.with_suffix(MATCHES)

    @property
    def gallery(self) -> Path:
        """The folder of its pictures."""
        return self.path.with_suffix(GALLERY)

    @property
    def config(self) -> Path:
        """The resolved config that it was measured with."""
        return self.path.with_suffix(CONFIG)

    @property
    def untrained(self) -> Path:
        """What the network predicted before training."""
        return self.path.with_suffix(UNTRAINED)


def to_bytes(result: AnyResult) -> bytes:
    """Stable bytes: sorted keys, two spaces, one newline at the end; no NaN, no infinity."""
    data = result.model_dump(mode="json")
    try:
        text = json.dumps(data, sort_keys=True, indent=2, ensure_ascii=False, allow_nan=False)
    except ValueError as error:
        raise ResultError(
            f"a {result.kind} result holds a number that is not finite: {error}"
        ) from None
    return (text + "\n").encode()


@dataclass(frozen=True)
class Store:
    """Generated and committed results. Missing folders are empty ones."""

    root: Path = field(default_factory=lambda: workspace() / "results")
    measured: Path = ROOT / "reports" / "measured"

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
        """Accuracies of one tier or of all, by tier, run and seed, released weights after all seeds."""
        tiers = [tier] if tier else list(TIERS)
        return self._collect(
            AccuracyResult,
            [f"{one}/*/*.json" for one in tiers] + ["released/*/*.json"] * ("full" in tiers),
            lambda r: (
                *(TIERS.index(r.tier), r.run, r.evidence == "released-weights", r.seed),
                relative_path(r).stem,
            ),
        )

    def submissions(self) -> list[Stored[SubmissionResult]]:
        """Submissions of external predictions, by name, data set and tier."""
        return self._collect(
            SubmissionResult,
            ["submitted/*/*.json"],
            lambda r: (r.card.name, r.dataset, TIERS.index(r.tier)),
        )

    def write(
        self,
        result: R,
        predictions: Sequence[dict[str, Any]] | None = None,
        *,
        beside: Mapping[str, bytes] | None = None,
        committed: bool = False,
    ) -> Stored[R]:
        """Store a result; `predictions` (COCO result records) are stored next to it, with their hash in it.

        beside: ending -> content of the other files next to it. All are first listed in the manifest.
        """
        base = self.measured if committed else self.root
        path = base / relative_path(result, committed)
        files = {path.with_suffix(ending): content for ending, content in (beside or {}).items()}
        if predictions is not None:
            if isinstance(result, CountResult | SpeedResult):
                raise ResultError(f"a {result.kind} result has no predictions")
            content = pack(predictions)
            packed = path.with_suffix(PREDICTIONS)
            files[packed] = content
            record = Predictions(
                file=packed.name,
                sha256=hashlib.sha256(content).hexdigest(),
                images=len({one["image_id"] for one in predictions}),
                instances=len(predictions),
            )
            result = cast(R, result.model_copy(update={"predictions": record}))
        files[path] = to_bytes(result)  # the last: names the others
        manifest.record(base, {one.relative_to(base).as_posix(): files[one] for one in files})
        for one, content in files.items():
            write_atomically(one, content)
        return Stored(result, path, self.shown(path))

    def predictions(
        self, stored: Stored[AccuracyResult] | Stored[SubmissionResult]
    ) -> list[dict[str, Any]]:
        """The predictions behind an accuracy, after checking their hash."""
        record = stored.result.predictions
        if record is None:
            raise ResultError(f"{stored.file}: no predictions were stored with this result")
        if Path(record.file).name != record.file or record.file in ("", ".", ".."):
            raise ResultError(
                f"{stored.file}: predictions '{record.file}' must be in the folder of the result"
            )
        path = stored.path.parent / record.file
        try:
            require_regular(path)
            content = path.read_bytes()
        except (DataError, OSError) as error:
            self._reject(path, f"cannot be read: {error}")
        if hashlib.sha256(content).hexdigest() != record.sha256:
            self._reject(path, f"its SHA-256 is not the one in {stored.file}")
        try:
            data = parse_json(gunzip(content, path.name), path.name)
        except DataError as error:
            self._reject(path, f"is not gzip-packed JSON: {error}")
        if not isinstance(data, list):
            self._reject(path, f"expected a list, found {type(data).__name__}")
        return data

    # ------------------------------------------------------------ reading

    def _collect(
        self, kind: type[R], patterns: list[str], key: Callable[[R], Hashable]
    ) -> list[Stored[R]]:
        chosen: dict[Any, Stored[R]] = {}
        for base in self.folders:
            for path in sorted(p for pattern in patterns for p in base.glob(pattern)):
                found = self.read(path, base)
                if not isinstance(found, kind):
                    wrong = f"is a {found.kind} result, which does not belong in this folder"
                    self._reject(path, wrong)
                new = Stored(found, path, self.shown(path))
                old = chosen.get(key(new.result))
                chosen[key(new.result)] = _newer(old, new) if old else new
        return [chosen[one] for one in sorted(chosen)]

    def read(self, path: Path, base: Path) -> AnyResult:
        """The result in a file of `base`, one of `folders`. Raises `ResultError`."""
        return read_result(path, base, self.shown(path), lambda found: self._reject(path, found))

    @property
    def folders(self) -> list[Path]:
        """Folders that have the layout: generated results, those of other machines, committed ones."""
        return [self.root, *sorted((self.root / MACHINES).glob("*/")), self.measured]

    def _reject(self, path: Path, found: str) -> NoReturn:
        fix = (
            f"run `git checkout -- {self.shown(path)}`"
            if path.is_relative_to(self.measured)
            else "delete it and run `dvc repro`"
        )
        raise ResultError(f"{self.shown(path)}: {found}; {fix}")

    def shown(self, path: Path) -> str:
        """The path from `results/` or `reports/measured/` on: the same on every machine."""
        if path.is_relative_to(self.measured):
            return f"reports/measured/{path.relative_to(self.measured).as_posix()}"
        return f"results/{path.relative_to(self.root).as_posix()}"


def pack(predictions: Sequence[dict[str, Any]]) -> bytes:
    """Predictions as they are stored: gzipped JSON, the same bytes for the same entries."""
    try:
        text = json.dumps(list(predictions), sort_keys=True, separators=(",", ":"), allow_nan=False)
    except (TypeError, ValueError) as error:
        raise ResultError(f"predictions cannot be stored: {error}") from None
    return gzip.compress(text.encode(), compresslevel=6, mtime=0)


def _newer(old: Stored[R], new: Stored[R]) -> Stored[R]:
    """Of two files of one measurement what did not fail, else the newer, else the first (generated) one."""
    dates = old.result.provenance.date, new.result.provenance.date
    later = dates[0] is not None and dates[1] is not None and dates[1] > dates[0]
    which = "the newer one" if None not in dates else "the generated one; the dates do not decide"
    failed = [bool(getattr(one.result, "failed", None)) for one in (old, new)]
    if failed[0] != failed[1]:
        later, which = failed[0], "the one that did not fail"
    kept, left = (new, old) if later else (old, new)
    note = f"also measured in {left.file}; this is {which}"
    return kept._replace(note=note, also=(*kept.also, left._replace(also=()), *left.also))
