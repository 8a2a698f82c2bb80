"""Kills `dvc repro` and `repropose repro` in a clone of the checkout: part of `kill_campaign`."""

import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Set
from pathlib import Path

from tests.benchmarks.kill_outcome import Seen, torn
from tests.conftest import ROOT


def of_dvc(folder: Path, kills: int, done: Set[tuple[str, int]]) -> Iterator[Seen]:
    """`dvc repro` and `repropose repro` in a clone, killed after random times; not those that are done."""
    clone = folder / "clone"
    subprocess.run(["git", "clone", "-q", str(ROOT), str(clone)], check=True)
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
    environment = {**os.environ, "PYTHONPATH": str(clone), "PATH": path, "OMP_NUM_THREADS": "1"}
    environment.pop("REPROPOSE_WORKSPACE", None)
    (clone / "params.yaml").unlink(missing_ok=True)
    settings = (clone / "bench" / "params.yaml").read_text()
    (clone / "params.yaml").write_text(smaller(settings))
    stages = ("data@coco", "data@mpii")
    commands = {
        "dvc repro": [sys.executable, "-m", "dvc", "repro", *stages],
        "repropose repro": [sys.executable, "-m", "bench.cli", "repro", "--jobs", "2"],
    }
    for name, command in commands.items():
        left = [number for number in range(kills) if (name, number) not in done]
        if not left:
            continue
        clean(clone)
        begun = time.monotonic()
        started(clone, environment, command).wait()
        seconds = time.monotonic() - begun
        for number in left:
            clean(clone)
            dice = random.Random(f"{name} {number}")
            whole_group, at = bool(number % 2), dice.uniform(0.2, seconds)
            process = started(clone, environment, command)
            time.sleep(at)
            if whole_group:
                os.killpg(process.pid, signal.SIGKILL)
            else:
                process.kill()
            process.wait()
            faults = list(torn(clone))
            if status := started(clone, environment, command).wait():
                last = (clone / "campaign.log").read_text(errors="replace")[-500:]
                faults.append(f"unfinished: {status}: {last}")
            faults += torn(clone)
            what = "all processes" if whole_group else "the command alone"
            yield Seen(name, number, f"{what} after {at:.1f} of {seconds:.1f} s", tuple(faults))


def smaller(settings: str) -> str:
    """The project's settings with a few images, and data sets only."""
    import yaml

    found = yaml.safe_load(settings)
    for one in found["synthetic"]["smoke"].values():
        one |= {"train": 8, "val": 4}
    found["quickstart"] = ["data@coco", "data@mpii"]
    return yaml.safe_dump(found)


def clean(clone: Path) -> None:
    for name in ("data", "results", "build", "work", "history", "dvc.lock", ".dvc/tmp"):
        path = clone / name
        shutil.rmtree(path, ignore_errors=True)
        path.unlink(missing_ok=True)


def started(
    clone: Path, environment: dict[str, str], command: list[str]
) -> subprocess.Popen[bytes]:
    with (clone / "campaign.log").open("wb") as log:
        return subprocess.Popen(
            command, cwd=clone, env=environment, stdout=log, stderr=log, start_new_session=True
        )
