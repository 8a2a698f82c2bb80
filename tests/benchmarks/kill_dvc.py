"""Kills `dvc repro` and `repropose repro` in a clone of the checkout: part of `kill_campaign`."""

import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence, Set
from pathlib import Path

from tests.benchmarks.kill_outcome import Seen, outcome, torn
from tests.conftest import ROOT

#: Name -> command; the settings of the clone say what `repropose repro` does first.
OF_DVC = {
    "dvc repro": [sys.executable, "-m", "dvc", "repro", "data@coco", "data@mpii"],
    "repropose repro": [sys.executable, "-m", "bench.cli", "repro", "--jobs", "2"],
}


def of_dvc(
    folder: Path, names: Sequence[str], kills: int, done: Set[tuple[str, int]]
) -> Iterator[Seen]:
    """Commands of `OF_DVC` in a clone, killed after random times; not those that are done."""
    if not names or not kills:
        return
    clone = folder / "clone"
    subprocess.run(["git", "clone", "-q", str(ROOT), str(clone)], check=True)
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
    environment = {**os.environ, "PYTHONPATH": str(clone), "PATH": path, "OMP_NUM_THREADS": "1"}
    environment.pop("REPROPOSE_WORKSPACE", None)
    settings = (clone / "params.yaml").read_text()
    (clone / "params.yaml").write_text(smaller(settings))
    for name in names:
        command = OF_DVC[name]
        left = [number for number in range(kills) if (name, number) not in done]
        if not left:
            continue
        clean(clone)
        begun = time.monotonic()
        if status := started(clone, environment, command).wait():
            raise RuntimeError(f"{name}: {status}: {end_of_log(clone)}")
        seconds, wanted = time.monotonic() - begun, outcome(clone)
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
                faults.append(f"unfinished: {status}: {end_of_log(clone)}")
            faults += torn(clone)
            found = {} if faults else outcome(clone)
            odd = [k for k in {*found, *wanted} if found.get(k, "-") != wanted.get(k, "-")]
            faults += [f"different: {one}" for one in sorted(odd)[:3]] if found else []
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
    for name in ("data", "results", "build", "work", "dvc.lock", ".dvc/tmp", ".dvc/cache"):
        path = clone / name
        shutil.rmtree(path, ignore_errors=True)
        path.unlink(missing_ok=True)


def end_of_log(clone: Path) -> str:
    return (clone / "campaign.log").read_text(errors="replace")[-500:]


def started(
    clone: Path, environment: dict[str, str], command: list[str]
) -> subprocess.Popen[bytes]:
    with (clone / "campaign.log").open("wb") as log:
        return subprocess.Popen(
            command, cwd=clone, env=environment, stdout=log, stderr=log, start_new_session=True
        )
