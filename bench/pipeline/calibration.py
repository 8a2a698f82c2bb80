"""How fast this machine trains, measured in a minute before anything was: `repropose plan --calibrate`.

Kept in work/calibration.json. `bench.measure.short_trainings` measures; what follows from it is computed here.
"""

import random
import statistics
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

from pydantic import Field, ValidationError

from bench.catalog.load import Catalog
from bench.catalog.schema import Strict
from bench.errors import DataError, ReproPoseError
from bench.files import read_bytes, write_atomically
from bench.judge.cost import schedule
from bench.paths import config_files
from bench.pipeline.dvc import run_dvc
from bench.results.locations import machine_name
from bench.results.provenance import hardware

#: Seconds that a calibration may take.
LIMIT_S = 60.0
#: Drawing a gallery takes about as long as the imports: 4.1 and 4.6 s of CPU time of transpose-r-a3-coco.
GALLERY = 0.9


class Timing(Strict):
    """Of a run: its steps, seconds of one, and of what comes beside (networks made, predictions, evaluation)."""

    steps: int = Field(ge=0)
    step: float = Field(ge=0)
    rest: float = Field(ge=0)


class Calibration(Strict):
    """What was measured on `machine`, in `took` seconds, `side_by_side` trainings at a time.

    start: seconds of a stage beside its trainings: DVC, imports, the gallery.
    """

    date: datetime
    machine: str
    took: float
    side_by_side: int
    start: float
    runs: Mapping[str, Timing]

    def seconds(self, catalog: Catalog, name: str, steps: int | None) -> tuple[float, str] | None:
        """Seconds of one training of a run, and what they are from: its own timing, else those of its family.

        steps: of the training, where it is not among the timed. None if nothing of its family was timed.
        """
        day = f"{self.date:%Y-%m-%d}"
        if own := self.runs.get(name):
            return own.steps * own.step + own.rest, f"calibration of {day}"
        wanted = family(catalog.run(name).config)
        alike = [
            one
            for other, one in self.runs.items()
            if other in catalog.runs and family(catalog.run(other).config) == wanted
        ]
        alike = [one for one in alike if (one.steps == 0) == (steps == 0)] or alike
        trained = [one.step for one in alike if one.steps]
        if steps is None or not alike or (steps and not trained):
            return None
        rest = statistics.fmean(one.rest for one in alike)
        basis = f"calibration of {day}, mean of {len(alike)} of this family"
        return steps * (statistics.fmean(trained) if steps else 0.0) + rest, basis

    def __str__(self) -> str:
        """What it measured and when, as `repropose plan` says it."""
        return (
            f"calibration of {self.date:%Y-%m-%d %H:%M} UTC: a few steps of {len(self.runs)} trainings, "
            f"{self.side_by_side} at a time, in {self.took:.0f} s"
        )


def family(config: str) -> str:
    """The folder of a config: networks of one paper, or the stock ones."""
    return config_files()[config].parent.name


def file_of(root: Path) -> Path:
    """Where the calibration of a checkout is kept."""
    return root / "work" / "calibration.json"


def of_this_machine(root: Path) -> Calibration | None:
    """The calibration of a checkout; None if there is none, or that of another machine. Raises `DataError`."""
    path = file_of(root)
    if not path.is_file():
        return None
    try:
        found = Calibration.model_validate_json(read_bytes(path))
    except ValidationError as error:
        raise DataError(
            f"{path} is no calibration of this version ({error.error_count()} errors); delete it, or run "
            "`repropose plan --calibrate`"
        ) from None
    return found if found.machine == machine_name(hardware()) else None


def calibrate(
    root: Path,
    catalog: Catalog,
    runs: Sequence[str],
    at_a_time: int,
    time_runs: Callable[[list[str], float], Iterable[tuple[str, Timing, float]]],
) -> Calibration:
    """Measure, in about a minute, how fast this machine trains; kept in place of an earlier calibration.

    time_runs: times runs for some seconds; gives each with its timing and the seconds of imports before the first.
    Raises `ReproPoseError` if none was timed.
    """
    begun, date = time.monotonic(), datetime.now(UTC)
    run_dvc(root, "status", "--json", "dvc.yaml", capture_output=True)
    dvc = time.monotonic() - begun
    timed = list(time_runs(in_turn(catalog, runs), LIMIT_S - dvc))
    if not timed:
        raise ReproPoseError(
            f"no training was timed in {LIMIT_S:.0f} s: none of these is trained, or this machine is too busy"
        )
    found = Calibration(
        date=date,
        machine=machine_name(hardware()),
        took=time.monotonic() - begun,
        side_by_side=at_a_time,
        start=dvc + (1 + GALLERY) * statistics.median(imports for _, _, imports in timed),
        runs={name: timing for name, timing, _ in timed},
    )
    write_atomically(file_of(root), found.model_dump_json(indent=1).encode())
    return found


def in_turn(catalog: Catalog, runs: Iterable[str]) -> list[str]:
    """Runs of each family in turn, those that train and those that only evaluate, so that each is timed early.

    Within a family in a random order, always the same: the first few then stand for all.
    """
    found: dict[tuple[str, bool], list[str]] = {}
    names = sorted(runs)
    random.Random(0).shuffle(names)
    for name in names:
        config = catalog.run(name).config
        trains = schedule(config, "smoke").get("max_iters") != 0
        found.setdefault((family(config), trains), []).append(name)
    most = max(map(len, found.values()), default=0)
    groups = sorted(found.values(), key=len, reverse=True)  # time may end: what counts most first
    return [names[at] for at in range(most) for names in groups if at < len(names)]
