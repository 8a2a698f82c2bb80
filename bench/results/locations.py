"""Where results are stored, relative to the root of a store; the layout is described in `bench.results.store`."""

import re
from collections.abc import Mapping
from pathlib import Path

from bench.errors import DataError, ResultError
from bench.results.records import AnyResult, CountResult, SpeedResult, SubmissionResult

#: Endings of the files next to a result, after its own stem.
PREDICTIONS, PEOPLE, MATCHES = ".predictions.json.gz", ".people.npz", ".matches.npz"
GALLERY = ".gallery"
CONFIG, UNTRAINED = ".config", ".untrained.json.gz"
#: Folder of the results that other machines measured; each machine has a whole store there.
MACHINES = "machines"
#: Letters of a machine's name.
LONGEST = 60
_SLUG = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_EVIDENCE = {"smoke": {"smoke"}, "lab": {"lab"}, "full": {"released-weights", "full-1", "full-3"}}


def slug(text: str) -> str:
    """'Tesla T4 (16 GB)' -> 'tesla-t4-16-gb'."""
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")


def machine_name(hardware: Mapping[str, str]) -> str:
    """A name for the hardware of a provenance: its first GPU, else its processor and cores."""
    cpu = f"{hardware.get('cpu', 'unknown')} {hardware.get('cores', 'some')} cores"
    return slug(hardware.get("gpu0", cpu))[:LONGEST].strip("-") or "unnamed"


def names_machine(name: str) -> bool:
    """Whether a name is one of `machine_name`, fit for a folder."""
    return 0 < len(name) <= LONGEST and slug(name) == name


def require_machine_name(name: str) -> None:
    """Raises `DataError` for a name that is none of a machine."""
    if not names_machine(name):
        raise DataError(
            f"machine name {name!r:.80} is not valid; allowed are up to {LONGEST} lowercase letters, digits and "
            "single hyphens"
        )


def _checked(kind: str, name: str) -> str:
    if not _SLUG.fullmatch(name):
        raise ResultError(
            f"{kind} name {name!r} is not a valid file name; allowed are lowercase letters, digits and single hyphens"
        )
    return name


def relative_path(result: AnyResult, committed: bool = False) -> Path:
    """Where a result is stored below its root. Raises `ResultError` for invalid names."""
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
        return released_path(run, result.protocol.get("boxes", "any boxes"))
    return Path(result.tier, run, f"seed-{result.seed}.json")


def released_path(run: str, boxes: str) -> Path:
    """Where the evaluation of released weights is: outside the tiers, since a training empties its own folder."""
    return Path("released", run, f"{slug(boxes)}.json")
