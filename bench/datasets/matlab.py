"""Numbers from MATLAB files (.mat, version 5). SciPy's reader can crash on a damaged file: it works in a process of its
own, within bounds of memory and time, and what it answers is checked.
"""

import io
import resource
import subprocess
import sys
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from bench.errors import DataError
from bench.paths import ROOT

MOST_VALUES = 5_000_000  # in one array; the predictions of 100,000 people have fewer
_MEMORY, _SECONDS = 4 << 30, 120
_NUMERIC = frozenset({"double", "single", "logical"}) | {
    f"{sign}int{bits}" for sign in ("", "u") for bits in (8, 16, 32, 64)
}
Arrays = dict[str, NDArray[np.float64]]


def read_arrays(raw: bytes, what: str, names: Sequence[str]) -> Arrays:
    """The arrays `names` of a .mat file's bytes; `what` is the file in messages.

    Raises `DataError` for a file that is none, lacks one of them, or holds something else than real numbers there.
    """
    command = [sys.executable, "-m", __name__, *names]
    try:
        done = subprocess.run(command, input=raw, capture_output=True, cwd=ROOT, timeout=_SECONDS)
    except subprocess.TimeoutExpired:
        raise DataError(f"{what} is no readable .mat file: it takes too long; give JSON") from None
    if done.returncode < 0:
        raise DataError(
            f"{what} is no readable .mat file: it crashes the reader; give version 5 or JSON"
        )
    if done.returncode:
        last = (done.stderr.decode(errors="replace").strip().splitlines() or ["no answer"])[-1]
        raise DataError(f"{what}: {last[:300]}")
    with np.load(io.BytesIO(done.stdout), allow_pickle=False) as found:
        return {name: found[name] for name in names}


def read_here(raw: bytes, names: Sequence[str]) -> Arrays:
    """`read_arrays` in this process. Raises `DataError`."""
    from scipy.io import loadmat, whosmat

    try:
        there = {name: (shape, kind) for name, shape, kind in whosmat(io.BytesIO(raw))}
        for name in names:
            _judge(name, there)
        content = loadmat(io.BytesIO(raw), variable_names=list(names))
    except DataError:
        raise
    except Exception as error:  # scipy raises whatever it stumbles over in a file that is none
        raise DataError(f"no readable .mat file: {error}; give version 5 or JSON") from None
    if strange := [name for name in names if not np.isrealobj(content[name])]:
        raise DataError(f"{strange[0]} holds complex numbers; wanted are real numbers")
    return {name: content[name].astype(np.float64) for name in names}


def _judge(name: str, there: dict[str, tuple[tuple[int, ...], str]]) -> None:
    if name not in there:
        held = ", ".join(f"{one} {shape}" for one, (shape, _) in there.items()) or "nothing"
        raise DataError(f"holds {held}; wanted is {name}")
    shape, kind = there[name]
    if kind not in _NUMERIC:
        raise DataError(f"{name} is of class {kind}; wanted are real numbers")
    if np.prod(shape, dtype=float) > MOST_VALUES:
        raise DataError(f"{name} has the shape {shape}; at most {MOST_VALUES} numbers are read")


def main() -> None:
    """Bytes of a .mat file in, an .npz out; or one line of complaint and status 3."""
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))
    packed = io.BytesIO()
    try:
        np.savez(packed, **read_here(sys.stdin.buffer.read(), sys.argv[1:]))  # type: ignore[arg-type]
    except DataError as problem:
        print(" ".join(str(problem).split()), file=sys.stderr)
        raise SystemExit(3) from None
    sys.stdout.buffer.write(packed.getvalue())


if __name__ == "__main__":
    main()
