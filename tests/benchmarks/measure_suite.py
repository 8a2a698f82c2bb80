"""Processor time of the tests of two checkouts, and the ratio.

    python -m tests.benchmarks.measure_suite OLD NEW [PYTEST ARGUMENT ...]

Each checkout needs its own `.venv`. Its tests run in one process, one thread, old before new; user and system time of
pytest and of all that it starts are counted, so that other work on the machine matters little. Without arguments the
whole suite runs; arguments (folders, `-k`, `--quick`) go to pytest in both checkouts, after `--` also options.
"""

import argparse
import os
import resource
import subprocess
from pathlib import Path


def seconds(checkout: Path, arguments: list[str]) -> float:
    """User and system seconds of the tests of `checkout`, children included. Raises if a test fails."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    command = [str(checkout / ".venv/bin/python"), "-m", "pytest", "-p", "no:cacheprovider"]
    subprocess.run(
        [*command, *arguments],
        cwd=checkout,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
        check=True,
    )
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return (after.ru_utime - before.ru_utime) + (after.ru_stime - before.ru_stime)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("old", type=Path)
    parser.add_argument("new", type=Path)
    parser.add_argument("arguments", nargs="*", help="for pytest, in both")
    given = parser.parse_args()
    old, new = (seconds(one.resolve(), given.arguments) for one in (given.old, given.new))
    print(f"old {old:.0f} s, new {new:.0f} s of CPU; ratio {new / old:.2f}")


if __name__ == "__main__":
    main()
