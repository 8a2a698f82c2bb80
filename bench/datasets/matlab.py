"""Arrays from MATLAB files (.mat, version 5).

SciPy's reader can crash on a damaged file, so it runs in a separate process with limits on memory and time, and its
output is checked.
"""

import io
import resource
import subprocess
import sys
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bench.errors import DataError
from bench.paths import ROOT

MAX_VALUES = 5_000_000  # of one array; predictions of 100,000 people have fewer
_MEMORY, _SECONDS = 4 << 30, 120
_NUMERIC = frozenset({"double", "single", "logical"}) | {
    f"{sign}int{bits}" for sign in ("", "u") for bits in (8, 16, 32, 64)
}
Arrays = dict[str, NDArray[np.float64]]


def read_arrays(raw: bytes, what: str, names: Sequence[str]) -> Arrays:
    """The arrays `names` of a .mat file's bytes; `what` names the file in messages.

    Raises `DataError` if it is not a .mat file, or one of the arrays is missing or is not an array of real numbers.
    """
    command = [sys.executable, "-m", __name__, *names]
    try:
        done = subprocess.run(command, input=raw, capture_output=True, cwd=ROOT, timeout=_SECONDS)
    except subprocess.TimeoutExpired:
        raise DataError(
            f"{what} is not a readable .mat file: reading takes too long; give JSON"
        ) from None
    if done.returncode < 0:
        raise DataError(
            f"{what} is not a readable .mat file: it crashes the reader; give version 5 or JSON"
        )
    if done.returncode:
        last = (done.stderr.decode(errors="replace").strip().splitlines() or ["no output"])[-1]
        raise DataError(f"{what}: {last[:300]}")
    with np.load(io.BytesIO(done.stdout), allow_pickle=False) as found:
        return {name: found[name] for name in names}


def read_here(raw: bytes, names: Sequence[str]) -> Arrays:
    """`read_arrays` in this process. Raises `DataError`."""
    from scipy.io import loadmat, whosmat

    try:
        there = {name: (shape, kind) for name, shape, kind in whosmat(io.BytesIO(raw))}
        for name in names:
            _check(name, there)
        content = loadmat(io.BytesIO(raw), variable_names=list(names))
    except DataError:
        raise
    except Exception as error:  # scipy raises anything on a file that is not a .mat file
        raise DataError(f"not a readable .mat file: {error}; give version 5 or JSON") from None
    if complex_ones := [name for name in names if not np.isrealobj(content[name])]:
        raise DataError(f"{complex_ones[0]} holds complex numbers; real numbers are expected")
    return {name: content[name].astype(np.float64) for name in names}


def _check(name: str, there: dict[str, tuple[tuple[int, ...], str]]) -> None:
    if name not in there:
        held = ", ".join(f"{one} {shape}" for one, (shape, _) in there.items()) or "nothing"
        raise DataError(f"holds {held}; {name} is expected")
    shape, kind = there[name]
    if kind not in _NUMERIC:
        raise DataError(f"{name} is of class {kind}; real numbers are expected")
    if np.prod(shape, dtype=float) > MAX_VALUES:
        raise DataError(f"{name} has the shape {shape}; at most {MAX_VALUES} numbers are read")


def mat_file(arrays: Mapping[str, Any], origin: str) -> bytes:
    """A .mat file of the arrays. Its 116 bytes of free text, which usually hold a date, name the origin instead."""
    from scipy.io import savemat

    out = io.BytesIO()
    savemat(out, dict(arrays), format="5")
    return f"MATLAB 5.0 MAT-file, {origin}".encode().ljust(116) + out.getvalue()[116:]


def main() -> None:
    """Bytes of a .mat file in, an .npz out; or an error in one line and status 3."""
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
