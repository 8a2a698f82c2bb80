"""The folder of one training: `work/<tier>/<run>/seed-<n>`.

It holds checkpoints, the loss curve and the untrained network's predictions, and survives an interruption. Its key
identifies everything that decides the training; when that changes, the old folder is renamed and nothing is lost.
"""

import io
import itertools
import json
import os
import pickle
import shutil
import time
import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from bench.errors import DataError, EnvironmentProblem
from bench.files import parse_json, read_json, write_atomically
from bench.locks import alone
from bench.paths import workspace

# What a finished training leaves beside its key: the batch, the loss, LOFR's split of located samples, the weights.
TAKEN_OVER = ("batch.json", "curve.jsonl", "located.json", "final.pth")
UNREADABLE = (
    RuntimeError,
    EOFError,
    ValueError,
    TypeError,
    LookupError,
    OSError,
    pickle.UnpicklingError,
)


class DamagedWork(DataError):
    """A file of a work folder is damaged, or not of this training: no failure of the training, so none is stored."""


def rank() -> int:
    """This process's number among those that torchrun started; 0 alone. Raises `EnvironmentProblem`."""
    return _set_by_torchrun("RANK", alone=0)


def processes() -> int:
    """How many processes torchrun started to share a training; 1 without it. Raises `EnvironmentProblem`."""
    return _set_by_torchrun("WORLD_SIZE", alone=1)


def _set_by_torchrun(name: str, *, alone: int) -> int:
    """A number in the environment that torchrun sets, together with those of the other names."""
    names = ("RANK", "LOCAL_RANK", "WORLD_SIZE", "MASTER_ADDR", "MASTER_PORT")
    given = {one: os.environ[one] for one in names if one in os.environ}
    if "LOCAL_RANK" not in given and "RANK" not in given:
        return alone
    if missing := [one for one in names if one not in given]:
        raise EnvironmentProblem(
            f"{', '.join(given)} set and {', '.join(missing)} not: start several processes with torchrun, or unset them"
        )
    counts = ("RANK", "LOCAL_RANK", "WORLD_SIZE")
    if wrong := [f"{one}={given[one]}" for one in counts if not given[one].isdecimal()]:
        raise EnvironmentProblem(
            f"{wrong[0]} is not a number: torchrun sets it; unset it to train alone"
        )
    return int(given[name])


def of(tier: str, run: str, seed: int) -> Path:
    """The folder of a training."""
    return workspace() / "work" / tier / run / f"seed-{seed}"


def trained(tier: str, run: str, seed: int, why: str = "") -> Path:
    """The weights of a finished training. Raises `DataError` if there is none."""
    path = of(tier, run, seed) / "final.pth"
    if not path.is_file():
        command = f"`repropose measure {run} --tier {tier}`"
        raise DataError(f"{path} is missing: {why}train it first with {command}")
    return path


def start_weights(tier: str, run: str, seed: int, planned: Sequence[int]) -> Path:
    """Weights of the run that another one starts from: of its own seed, else of the first of those in runs.yaml."""
    same = seed in planned or (of(tier, run, seed) / "final.pth").is_file()
    return trained(tier, run, seed if same else planned[0], f"this run starts from {run}; ")


@contextmanager
def own(tier: str, run: str, seed: int) -> Iterator[None]:
    """Work alone on a training: of several processes of one torchrun the first holds the lock for all.

    Raises `EnvironmentProblem` that names the process that works on it already.
    """
    work = of(tier, run, seed)
    if rank():
        yield
        return
    with alone(work.with_name(f".{work.name}.lock"), f"{run} seed {seed} at tier {tier}"):
        yield


def claim(work: Path, key: str) -> None:
    """Make `work` the folder of `key`; the first process does it, the others wait for it.

    A finished training of another run with the same key (one configuration at this tier) is taken over: it is the same.

    Raises `EnvironmentProblem` if the folder cannot be written, or the disk is nearly full and there is something to
    train.
    """
    if rank():
        _wait_for(work, key)
        return
    try:
        _claim(work, key)
    except OSError as error:
        raise EnvironmentProblem(
            f"{error.filename or work}: cannot be written: {error.strerror}; free some space or allow access, then run "
            "it again"
        ) from None


def _claim(work: Path, key: str) -> None:
    if work.exists() and key_of(work) != key:
        asides = (work.with_name(f"{work.name}.old-{number}") for number in itertools.count(1))
        work.rename(next(path for path in asides if not path.exists()))
    work.parent.mkdir(parents=True, exist_ok=True)
    same = None if work.exists() else _finished(work, key)
    trained = same or (work / "final.pth").is_file()
    if not trained and shutil.disk_usage(work.parent).free < 2**30:
        raise EnvironmentProblem(f"less than 1 GB is free at {work}; free some before training")
    if not work.exists():
        for left in work.parent.glob(f".{work.name}.*/"):  # of a process that was killed here
            shutil.rmtree(left)
        fresh = work.with_name(f".{work.name}.{uuid.uuid4().hex}")
        fresh.mkdir()
        (fresh / "key").write_text(key)
        if same:
            for name in TAKEN_OVER:
                if (same / name).is_file():
                    shutil.copy(same / name, fresh / name)
            (fresh / "taken_from").write_text(same.parent.name)
        fresh.rename(work)


def _finished(work: Path, key: str) -> Path | None:
    """The folder of another run's finished training with this key and seed, if there is one."""
    others = (path.parent for path in work.parents[1].glob(f"*/{work.name}/final.pth"))
    return next((one for one in others if key_of(one) == key), None)


def key_of(work: Path) -> str:
    """The key of a work folder; empty if it has none that can be read."""
    try:
        return (work / "key").read_text()
    except (FileNotFoundError, NotADirectoryError, IsADirectoryError, UnicodeDecodeError):
        return ""


def taken_from(work: Path) -> str | None:
    """The run whose finished training this one was taken over from."""
    file = work / "taken_from"
    return file.read_text() if file.is_file() else None


def _wait_for(work: Path, key: str, seconds: float = 1800.0) -> None:
    end = time.monotonic() + seconds
    while key_of(work) != key:
        if time.monotonic() > end:
            raise EnvironmentProblem(f"the first process has not prepared {work}; see its log")
        time.sleep(1.0)


def weights(path: Path) -> dict[str, Any]:
    """A state_dict, read without unpickling code, whatever the file's ending. Raises `DamagedWork`."""
    import torch

    try:
        with path.open(
            "rb"
        ) as file:  # torch.load takes a path that ends in .safetensors for another format
            return dict(torch.load(file, map_location="cpu", weights_only=True))
    except UNREADABLE as error:
        reason = (str(error).splitlines() or [type(error).__name__])[0]
        raise DamagedWork(
            f"{path} is damaged ({reason}); delete it and run the command again"
        ) from None


def save_weights(model: Any, path: Path) -> None:
    """The whole state_dict or nothing. Raises `EnvironmentProblem` if it cannot be written."""
    import torch

    buffer = io.BytesIO()
    torch.save({k: v.cpu() for k, v in model.state_dict().items()}, buffer)
    write_atomically(path, buffer.getbuffer())


def drop_damaged_checkpoints(work: Path, own: Mapping[str, Any]) -> None:
    """Leave the newest checkpoint of this training as the one to resume from; others are renamed.

    own: the network's state_dict. A checkpoint has its names and shapes, the state of the optimiser, and says how far
    it is.
    """
    last = work / "last_checkpoint"
    if rank() or not last.is_file():
        return
    found = [*work.glob("iter_*.pth"), *work.glob("epoch_*.pth")]
    for path in sorted(found, key=lambda p: -int(f"0{p.stem.split('_')[1]}")):
        if not _resumable(path, own):
            path.rename(path.with_suffix(".damaged"))
            continue
        write_atomically(last, str(path).encode())
        return
    last.unlink()


def _resumable(path: Path, own: Mapping[str, Any]) -> bool:
    try:
        found = weights(path)
        reached = {"iter", "epoch"} <= found["meta"].keys()
        shapes = {name: value.shape for name, value in found["state_dict"].items()}
    except (DataError, *UNREADABLE, AttributeError):
        return False
    whole = reached and {"optimizer", "message_hub"} <= found.keys()
    return whole and shapes == {name: value.shape for name, value in own.items()}


def record_batch(work: Path, shared: Any) -> None:
    """Note how the processes share the batch (`model_zoo.training.batch.Share`); the first process does it.

    A training that goes on with another number of processes lists them all.
    """
    if not rank():
        earlier = batch(work).get("processes", [])
        if shared.processes not in earlier[-1:]:
            earlier = [*earlier, shared.processes]
        facts = {"images": shared.total, "together": shared.group, "processes": earlier}
        write_atomically(work / "batch.json", json.dumps(facts).encode())


def batch(work: Path) -> dict[str, Any]:
    """The images of a step, those that went through the network together, and the numbers of processes, in order.

    Raises `DamagedWork`.
    """
    file = work / "batch.json"
    if not file.is_file():
        return {}
    try:
        found = read_json(file)
        return {**found, "processes": [int(one) for one in found["processes"]]}
    except (DataError, TypeError, LookupError, ValueError):
        raise DamagedWork(
            f"{file} does not say how the batch was shared; delete {work} and run the command again"
        ) from None


def curve(file: Path) -> list[list[float]]:
    """[[iteration, loss], ...] of curve.jsonl; what an interruption damaged at its end is left out.

    Raises `DamagedWork` naming another line that is none.
    """
    text = file.read_text(errors="replace") if file.is_file() else ""
    found = [_point(line) for line in text.splitlines()]
    while found and found[-1] is None:
        found.pop()
    if None in found:
        raise DamagedWork(
            f"{file}:{found.index(None) + 1}: not [iteration, loss]; delete the line and run the command again"
        )
    return [point for point in found if point]


def _point(line: str) -> list[float] | None:
    """An entry of the curve; None for any other line."""
    try:
        iteration, loss = parse_json(line.encode(), "the curve")
    except (DataError, TypeError, ValueError):
        return None
    whole = type(iteration) is int and type(loss) in (int, float)
    return [iteration, loss] if whole else None
