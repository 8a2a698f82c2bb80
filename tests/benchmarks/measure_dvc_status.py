"""CPU seconds of `dvc status` in two checkouts, in turn within one run.

    python -m tests.benchmarks.measure_dvc_status BEFORE AFTER [--rounds 7]

Both need a dvc.lock in which a few stages are recorded. CPU seconds and not wall time, as other work on the machine
disturbs them less; the two checkouts take turns, so that what disturbs one disturbs the other.
"""

import argparse
import os
import subprocess
import sys
from pathlib import Path
from statistics import median

import psutil


def cpu_seconds(checkout: Path) -> float:
    """User and system time of one `dvc status`, of the process and all it started."""
    command = [sys.executable, "-m", "dvc", "status", "--json"]
    process = subprocess.Popen(command, cwd=checkout, stdout=subprocess.DEVNULL)
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"dvc status failed in {checkout}")
    return used.ru_utime + used.ru_stime


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("before", type=Path)
    parser.add_argument("after", type=Path)
    parser.add_argument("--rounds", type=int, default=7)
    given = parser.parse_args()
    for checkout in (given.before, given.after):
        if not (checkout / "dvc.lock").is_file():
            raise SystemExit(f"{checkout} has no dvc.lock; run `dvc repro data@coco` there first")
        cpu_seconds(checkout)  # to warm the caches of DVC and of the disk
    print(f"{psutil.cpu_count()} cores, load {os.getloadavg()[0]:.1f}")
    pairs = []
    for _ in range(given.rounds):
        before, after = cpu_seconds(given.before), cpu_seconds(given.after)
        pairs.append((before, after))
        print(f"before {before:.2f} s, after {after:.2f} s, ratio {before / after:.2f}", flush=True)
    ratios = sorted(before / after for before, after in pairs)
    print(
        f"median: before {median(b for b, _ in pairs):.2f} s, after {median(a for _, a in pairs):.2f} s; "
        f"ratio {median(ratios):.2f}, from {ratios[0]:.2f} to {ratios[-1]:.2f}"
    )


if __name__ == "__main__":
    main()
